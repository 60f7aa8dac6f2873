#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# notify_test.sh - readiness: what the workload says, what the caller is told, pidfile, and the watchdog
# shellcheck shell=sh disable=SC2016,SC2034,SC2094,SC2154

. "$(atf_get_srcdir)/helpers.sh"

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin # the same python3 outside as inside

clean_up()
{
	end_started
	sweep notify-
}

# The caller's side: binds the socket of that name, and adds each datagram to a file, as a line. It ends
# with this program.
listener='import os, socket, sys
parent = os.getppid()
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.settimeout(0.5)
s.bind("\0" + sys.argv[1][1:] if sys.argv[1][0] == "@" else sys.argv[1])
open("listening", "w").write("yes")
while os.getppid() == parent:
    try:
        got = s.recv(65536).decode(errors="replace")
        open("told", "a").write(got.strip("\n").replace("\n", "|") + "\n")
    except socket.timeout:
        pass'

# The workload, python3 -c "$speaker" WORD...: send:LINES, of which \n and \xNN are meant as in C; big:N bytes;
# fd:NUMBER:TEXT writes there; there:FILE and gone:FILE wait for that; up, sleep:SECONDS, die:STATUS
speaker='import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
where = os.environ.get("NOTIFY_SOCKET")
def until(what):
    end = time.monotonic() + 10
    while not what():
        if time.monotonic() > end:
            sys.exit(99)
        time.sleep(0.01)
raw = lambda text: text.encode().decode("unicode_escape").encode("latin-1")
for word in sys.argv[1:]:
    do, _, value = word.partition(":")
    if do == "send":
        s.sendto(raw(value), where)
    elif do == "big":
        s.sendto(b"STATUS=" + b"x" * int(value), where)
    elif do == "descriptor":
        s.sendmsg([b"FDSTORE=1\nFDNAME=x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, bytes(4))], 0, where)
    elif do == "fd":
        number, _, text = value.partition(":")
        os.write(int(number), raw(text))
    elif do == "there":
        until(lambda: os.path.exists(value))
    elif do == "missing" and os.path.exists(value):
        sys.exit(98)
    elif do == "up":
        print("up", flush=True)
    elif do == "sleep":
        time.sleep(float(value))
    elif do == "die":
        os._exit(int(value))
time.sleep(331)'

# listen NAME: of a socket, by path or @abstract; sets NOTIFY_SOCKET for nook, and listener_pid
listen()
{
	rm -f sock listening
	: >told
	python3 -c "$listener" "$1" &
	listener_pid=$!
	poll_until 20 test -s listening
	case $1 in
	@*) NOTIFY_SOCKET=$1 ;;
	*) NOTIFY_SOCKET=$PWD/$1 ;;
	esac
	export NOTIFY_SOCKET
}

deaf()
{
	kill "$listener_pid"
	wait "$listener_pid"
	unset NOTIFY_SOCKET
}

# was_told LINE...: just these, soon; then the listener begins anew
was_told()
{
	if [ $# -gt 0 ]; then printf '%s\n' "$@"; fi >expected
	tries=0
	while ! cmp -s expected told && [ $tries -lt 100 ]; do
		tries=$((tries + 1))
		sleep 0.02
	done
	atf_check -s exit:0 -o file:expected -e empty cat told
	: >told
}

said()
{
	if [ $# -gt 0 ]; then printf '%s\n' "$@"; fi >expected
	atf_check -s exit:0 -o file:expected -e empty cat err
}

# stop: what start began, which ends by SIGTERM
stop()
{
	kill -TERM "$pid"
	poll_until 10 is_over "$pid"
	wait "$pid"
}

# speak WORD...: it is started with notify = systemd, and with init when that is set
speak()
{
	start --notify systemd ${init:+--init=$init} -- python3 -c "$speaker" "$@"
}

# ---- the caller's socket ----------------------------------------------------------------------------

root_case socket__forwarded 'what the caller can use is passed on, to a socket with a path and to an abstract one'
socket__forwarded_body()
{
	for name in sock "@nook-test-$$"; do
		listen "$name"
		for init in yes no; do
			speak 'send:STATUS=one two' 'send:READY=1\nSTATUS=three' 'send:ERRNO=2\nEXTEND_TIMEOUT_USEC=5' 'send:WATCHDOG=1\n' \
			    'send:STOPPING=1' sleep:0.2 die:0
			ended 0
			said
			was_told 'STATUS=one two' READY=1 STATUS=three 'ERRNO=2|EXTEND_TIMEOUT_USEC=5' WATCHDOG=1 STOPPING=1
		done
		deaf
	done
	nothing_ours_left
}

root_case socket__reload 'after a reload READY is told again, as the caller waits for it'
socket__reload_body()
{
	listen sock
	speak send:READY=1 'send:RELOADING=1\nMONOTONIC_USEC=7' sleep:0.1 send:READY=1 send:READY=1 sleep:0.2 die:0
	ended 0
	was_told READY=1 'RELOADING=1|MONOTONIC_USEC=7' READY=1
	deaf
	nothing_ours_left
}

root_case socket__not_forwarded 'what means nothing outside is not: pids, descriptors, words unknown'
socket__not_forwarded_body()
{
	listen sock
	speak 'send:MAINPID=1\nSTATUS=a\nFDSTORE=1\nFDSTOREREMOVE=1\nFDNAME=x\nBARRIER=1' send:MAINPID=1 'send:X_FOO=1\nSTATUS\nready=1\nREADY=0' \
	    send:NOTIFYACCESS=all send:WATCHDOG=trigger 'send: STATUS=b' descriptor 'send:STATUS=last' up
	is_up
	was_told STATUS=a STATUS=last
	stop
	was_told
	deaf
	nothing_ours_left
}

root_case socket__words_whole 'a word that goes on is another: neither ready nor reloading'
socket__words_whole_body()
{
	listen sock
	start --notify systemd --pidfile "$PWD/pidfile" -- python3 -c "$speaker" send:READY=10 send:RELOADING=10 send:READY=1x up
	is_up
	[ ! -e pidfile ] || atf_fail 'it is ready'
	stop
	start --notify systemd --pidfile "$PWD/pidfile" -- python3 -c "$speaker" send:RELOADING=10 send:READY=1 up
	is_up
	poll_until 10 test -s pidfile
	stop
	deaf
	nothing_ours_left
}

root_case socket__descriptors_dropped 'descriptors that are sent along are closed'
socket__descriptors_dropped_body()
{
	start --notify systemd --pidfile "$PWD/pidfile" -- python3 -c "$speaker" descriptor descriptor descriptor send:READY=1 up
	is_up
	poll_until 10 test -s pidfile
	find "/proc/$pid/fd" -mindepth 1 -printf '%l\n' | sort >have
	stop
	start --notify systemd --pidfile "$PWD/pidfile" -- python3 -c "$speaker" send:READY=1 up
	is_up
	poll_until 10 test -s pidfile
	atf_check_equal "$(grep -c '' have)" "$(find "/proc/$pid/fd" -mindepth 1 | grep -c '')"
	stop
	nothing_ours_left
}

root_case socket__harmless 'empty, binary and oversized datagrams do no harm, and nook still listens'
socket__harmless_body()
{
	listen sock
	for init in yes no; do
		speak send: 'send:\x00\x01\xff\xfe\n\x80' 'send:\n\n\n' 'send:=' big:2040 big:2041 big:60000 'send:READY=1\nSTATUS=still' up
		is_up
		poll_until 10 grep -qx STATUS=still told
		atf_check -s exit:0 -o inline:'READY=1\nSTATUS=still\n' -e empty grep -v '^STATUS=x*$' told
		stop
		said
		: >told
	done
	deaf
	nothing_ours_left
}

root_case socket__other_user 'a workload that is another user can notify too'
socket__other_user_body()
{
	listen sock
	for init in yes no; do
		start --notify systemd --init=$init -u 65534:65534 -w / -- python3 -c "$speaker" send:READY=1 send:STATUS=nobody sleep:0.2 die:0
		ended 0
		was_told READY=1 STATUS=nobody
	done
	deaf
	nothing_ours_left
}

root_case socket__inside 'inside it has the name /dev/notify, and the one of the caller is unknown'
socket__inside_body()
{
	listen sock
	for init in yes no; do
		atf_check -s exit:0 -o inline:'NOTIFY_SOCKET=/dev/notify\nsocket 666\n' -e empty "$nook" --init=$init --notify systemd -- \
		    sh -c 'env | grep -i notify; stat -c "%F %a" /dev/notify'
		was_told
		atf_check -s exit:1 -o empty -e empty "$nook" --init=$init -- sh -c 'env | grep -i notify'
		was_told READY=1
	done
	# systemd's own limits mean nook, too
	atf_check -s exit:1 -o empty -e empty env WATCHDOG_USEC=1 WATCHDOG_PID=1 LISTEN_FDS=1 "$nook" --notify systemd -- sh -c 'env | grep -E "WATCHDOG|LISTEN"'
	deaf
	nothing_ours_left
}

root_case socket__nobody_listens 'a socket of the caller that is gone, or none, hinders nothing'
socket__nobody_listens_body()
{
	for name in "$PWD/no/where" "@nook-gone-$$" relative '' "/$(printf %0200d 0)" @ /dev/null; do
		atf_check -s exit:3 -o empty -e empty env NOTIFY_SOCKET="$name" "$nook" --notify systemd -- \
		    python3 -c "$speaker" send:READY=1 send:STATUS=x die:3
		atf_check -s exit:3 -o empty -e empty env NOTIFY_SOCKET="$name" "$nook" -- sh -c 'exit 3'
	done
	nothing_ours_left
}

root_case socket__last_words 'what it says right before its end is told'
socket__last_words_body()
{
	listen sock
	n=0
	while [ $n -lt 5 ]; do
		speak send:READY=1 send:STATUS=1 send:STATUS=2 send:STATUS=3 send:STATUS=4 send:STATUS=5 die:0
		ended 0
		was_told READY=1 STATUS=1 STATUS=2 STATUS=3 STATUS=4 STATUS=5
		n=$((n + 1))
	done
	deaf
	nothing_ours_left
}

root_case socket__ready_once 'READY is told once, however often it is started again'
socket__ready_once_body()
{
	listen sock
	start --notify systemd --restart on-failure:3 --restart-delay 1ms -- python3 -c "$speaker" send:READY=1 sleep:0.1 die:4
	ended 4
	was_told READY=1
	start --restart on-failure:3 --restart-delay 1ms -- sh -c 'sleep 0.1; exit 4'
	ended 4
	was_told READY=1
	deaf
	nothing_ours_left
}

root_case socket__stopping 'STOPPING is told when nook is told to end, if it had been ready'
socket__stopping_body()
{
	listen sock
	for init in yes no; do
		speak send:READY=1 up
		is_up
		was_told READY=1
		stop
		was_told STOPPING=1
		speak up
		is_up
		stop
		was_told
	done
	deaf
	nothing_ours_left
}

root_case socket__not_stopping 'and is not when the workload is to be started again'
socket__not_stopping_body()
{
	listen sock
	start --notify systemd --timeout 300ms --restart on-failure:1 --restart-delay 1ms -- python3 -c "$speaker" send:READY=1
	ended 124
	was_told READY=1
	deaf
	nothing_ours_left
}

# ---- without notify ---------------------------------------------------------------------------------

root_case plain__ready_when_run 'a workload that says nothing is ready once it runs'
plain__ready_when_run_body()
{
	listen sock
	for init in yes no; do
		start --init=$init --pidfile "$PWD/pidfile" -- sh -c 'until [ -s pidfile ]; do sleep 0.02; done; echo up; exec sleep 331'
		is_up
		was_told READY=1
		stop
		was_told STOPPING=1
		start --init=$init -- true
		ended 0
		was_told READY=1
	done
	deaf
	nothing_ours_left
}

root_case plain__and_descriptors 'that it runs, and its socket, terminal or watched filter, come the same way: each of them works, and it is ready'
plain__and_descriptors_body()
{
	start --cap-add sys_ptrace --notify systemd --pidfile "$PWD/pidfile" -- python3 -c "$speaker" 'send:READY=1' "there:$PWD/pidfile" die:6
	ended 6
	said
	for setting in -t '--seccomp log:./policy'; do
		rm -f policy
		atf_check -s exit:6 -o inline:'up\r\n' -e empty script -qec "timeout 20 $nook --cap-add sys_ptrace $setting --pidfile $PWD/pidfile \
		    -- sh -c 'until [ -s pidfile ]; do sleep 0.02; done; echo up; exit 6'" /dev/null </dev/null
	done
	atf_check -s exit:0 -o match:'write' -e empty cat policy
	nothing_ours_left
}

root_case plain__never_when_it_does_not 'and never when it cannot be run'
plain__never_when_it_does_not_body()
{
	listen sock
	for init in yes no; do
		for each in 127:/no/such 126:/etc/passwd 127:no-such; do
			exec 9>ready
			start --init=$init --pidfile "$PWD/pidfile" --ready-fd 9 -- "${each#*:}"
			exec 9>&-
			ended "${each%%:*}"
			was_told
			atf_check -s exit:0 -o empty -e empty cat ready
			[ ! -e pidfile ] || atf_fail 'there is a pidfile'
		done
		start --init=$init -w /nowhere -- true
		ended 125
		was_told
	done
	deaf
	nothing_ours_left
}

# ---- notify = fd:N ----------------------------------------------------------------------------------

root_case fd__any_number 'any descriptor will do, also one that nook itself uses; it is the only one more'
fd__any_number_body()
{
	for init in yes no; do
		for fd in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 100; do
			start --init=$init --notify fd:$fd --pidfile "$PWD/pidfile" -m 64m --pids-limit 16 --cpus 1 -- python3 -c 'import os, sys, time
os.write('$fd', b"\n")
print(sorted(int(n) for n in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + n)))
for n in range(1000):
    time.sleep(0.01)
    if os.path.exists("pidfile"):
        sys.exit(5)'
			ended 5
			said
			atf_check -s exit:0 -o inline:"[0, 1, 2, $fd]\n" -e empty cat out
		done
	done
	nothing_ours_left
}

root_case fd__with_others 'with a terminal, logs, and descriptors of the caller under the same numbers'
fd__with_others_body()
{
	for init in yes no; do
		for fd in 3 4 5 6 7 8 9; do
			rm -f log ready
			exec 3>ready 4>ready 5>ready 6>ready 7>ready 8>ready 9>ready
			start --init=$init --notify fd:$fd --pidfile "$PWD/pidfile" --ready-fd $fd --stdout ./log --log-max-size 1m --stderr stdout -- \
			    python3 -c "$speaker" fd:$fd:'\n' "there:$PWD/pidfile" up die:6
			exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
			ended 6
			said
			atf_check -s exit:0 -o inline:'up\n' -e empty cat log
			atf_check -s exit:0 -o inline:'\n' -e empty cat ready
		done
	done
	nothing_ours_left
}

root_case fd__newline 'only a newline says so, once; what else is written there is nothing'
fd__newline_body()
{
	listen sock
	for init in yes no; do
		start --init=$init --notify fd:3 --pidfile "$PWD/pidfile" -- \
		    python3 -c "$speaker" fd:3:ready sleep:0.2 "missing:$PWD/pidfile" 'fd:3: now\n' "there:$PWD/pidfile" 'fd:3:\n\n\nSTATUS=x\n' up
		is_up
		stop
		was_told READY=1 STOPPING=1
	done
	deaf
	nothing_ours_left
}

root_case fd__flood 'a workload that never stops writing there does no harm'
fd__flood_body()
{
	start --notify fd:3 --pidfile "$PWD/pidfile" -- sh -c 'echo up; exec cat /dev/zero >&3'
	is_up
	kill -TERM "$pid"
	poll_until 5 is_over "$pid"
	ended 143
	nothing_ours_left
}

root_case fd__too_high 'a number beyond the limit of descriptors is refused'
fd__too_high_body()
{
	fails 125 'nook: cannot set notify to fd:2000000000: Bad file descriptor\n' --notify fd:2000000000 -- echo ran
	nothing_ours_left
}

root_case fd__each_run 'it is there in each run'
fd__each_run_body()
{
	start --notify fd:5 --restart on-failure:2 --restart-delay 1ms --pidfile "$PWD/pidfile" -- \
	    python3 -c "$speaker" 'fd:5:\n' "there:$PWD/pidfile" up die:3
	ended 3
	atf_check -s exit:0 -o inline:'up\nup\nup\n' -e empty cat out
	nothing_ours_left
}

# ---- ready-fd, pidfile ------------------------------------------------------------------------------

root_case ready_fd__one_newline 'it gets one newline, and then is closed while the workload runs on'
ready_fd__one_newline_body()
{
	mkfifo ready
	for how in --init=yes --init=no --pid=host '--notify=fd:3'; do
		cat ready >got &
		reader=$!
		exec 9>ready
		start $how --ready-fd 9 -- sh -c 'ls /proc/self/fd | grep -x 9; { echo >&3; } 2>/dev/null; echo up; exec sleep 331'
		exec 9>&-
		is_up
		poll_until 10 is_over "$reader"
		wait "$reader"
		atf_check -s exit:0 -o inline:'\n' -e empty cat got
		atf_check -s exit:0 -o inline:'up\n' -e empty cat out
		stop
	done
	nothing_ours_left
}

root_case ready_fd__not_open 'one that the caller has not opened is refused, also where nook has one of that number'
ready_fd__not_open_body()
{
	exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
	for fd in 3 4 5 6 7 8 9 99; do
		atf_check -s exit:125 -o empty -e inline:"nook: cannot use ready-fd $fd: Bad file descriptor\n" \
		    timeout -s KILL 10 "$nook" --ready-fd $fd -- echo ran
	done
	nothing_ours_left
}

root_case ready_fd__not_run 'ready is not what cannot be run, whoever waits for its execve, and whatever is sent before that'
ready_fd__not_run_body()
{
	for how in --init=yes --init=no --seccomp=log:./policy '--cap-add sys_ptrace' '--cap-add sys_ptrace --seccomp log:./policy' \
	    '--pid host --cap-add sys_ptrace' '--userns private' '--init=no --userns private'; do
		for command in ./nonesuch /etc/passwd; do
			# shellcheck disable=SC2086 # a list of words
			atf_check -s not-exit:0 -o empty -e match:'^nook: cannot run ' "$nook" --ready-fd 9 $how -- $command 9>ready
			atf_check -s exit:0 -o empty -e empty cat ready
		done
		# shellcheck disable=SC2086
		atf_check -s exit:0 -o empty -e empty "$nook" --ready-fd 9 $how -- true 9>ready
		atf_check -s exit:0 -o inline:'\n' -e empty cat ready
	done
	for how in '' '--cap-add sys_ptrace'; do
		atf_check -s exit:127 -o match:'^nook: cannot run ./nonesuch: ' -e empty \
		    script -qec "timeout 20 $nook --ready-fd 9 -t $how -- ./nonesuch 9>ready" /dev/null </dev/null
		atf_check -s exit:0 -o empty -e empty cat ready
	done
	nothing_ours_left
}

root_case ready_fd__nobody_reads 'nobody reads it: nobody waits'
ready_fd__nobody_reads_body()
{
	mkfifo ready
	exec 8<>ready
	exec 9>ready 8<&-
	start --ready-fd 9 -- sh -c 'echo up; sleep 0.3; exit 4'
	exec 9>&-
	ended 4
	said
	nothing_ours_left
}

root_case pidfile__own_pid 'the pid of nook, from when it is ready to its end, whatever that is'
pidfile__own_pid_body()
{
	for init in yes no; do
		echo 'a line of long ago' >pidfile
		start --init=$init --pidfile "$PWD/pidfile" --notify fd:3 -- sh -c 'sleep 0.2; cp pidfile before; echo >&3
		    until [ "$(wc -l <pidfile)" = 1 ] && ! grep -q ago pidfile; do sleep 0.02; done; echo up; exec sleep 331'
		is_up
		atf_check -s exit:0 -o inline:'a line of long ago\n' -e empty cat before
		atf_check -s exit:0 -o inline:"$pid\n" -e empty cat pidfile
		atf_check -s exit:0 -o inline:'644\n' -e empty stat -c %a pidfile
		stop
		[ ! -e pidfile ] || atf_fail 'it is still there'
		for way in 'exit 0' 'exit 3' 'kill -9 $$' 'exec sleep 331'; do
			start --init=$init --timeout 300ms --stop-timeout 100ms --pidfile "$PWD/pidfile" -- \
			    sh -c 'until [ -s pidfile ]; do sleep 0.02; done; '"$way"
			poll_until 10 is_over "$pid"
			wait "$pid"
			[ ! -e pidfile ] || atf_fail "after $way it is still there"
		done
	done
	nothing_ours_left
}

root_case pidfile__not_ready 'who is never ready leaves none'
pidfile__not_ready_body()
{
	for how in systemd fd:3; do
		atf_check -s exit:3 -o empty -e empty "$nook" --notify $how --pidfile "$PWD/pidfile" -- sh -c 'sleep 0.2; [ ! -e pidfile ] && exit 3'
	done
	echo theirs >pidfile
	atf_check -s exit:127 -o empty -e ignore "$nook" --pidfile "$PWD/pidfile" -- /no/such
	atf_check -s exit:0 -o inline:'theirs\n' -e empty cat pidfile
	nothing_ours_left
}

root_case pidfile__over_restarts 'it stays over restarts, and goes when a later start fails'
pidfile__over_restarts_body()
{
	start --pidfile "$PWD/pidfile" --restart always --restart-delay 1h -- sh -c 'until [ -s pidfile ]; do sleep 0.02; done'
	poll_until 10 grep -q 'starting it again' err
	atf_check -s exit:0 -o inline:"$pid\n" -e empty cat pidfile
	stop
	[ ! -e pidfile ] || atf_fail 'it is still there'
	cp "$(command -v busybox)" busybox
	start --pidfile "$PWD/pidfile" --restart always --restart-delay 1ms -- "$PWD/busybox" rm "$PWD/busybox"
	ended 127
	[ ! -e pidfile ] || atf_fail 'it is still there'
	nothing_ours_left
}

root_case pidfile__link 'a symbolic link is not followed, a fifo not waited for'
pidfile__link_body()
{
	echo precious >target
	ln -s target link
	mkfifo fifo
	atf_check -s exit:4 -o empty -e inline:"nook: warning: cannot write the pidfile to $PWD/link: Too many levels of symbolic links\n" \
	    "$nook" --pidfile "$PWD/link" -- sh -c 'sleep 0.2; exit 4'
	atf_check -s exit:0 -o inline:'precious\n' -e empty cat link
	atf_check -s exit:4 -o empty -e inline:"nook: warning: cannot write the pidfile to $PWD/fifo: No such device or address\n" \
	    timeout -s KILL 10 "$nook" --pidfile "$PWD/fifo" -- sh -c 'sleep 0.2; exit 4'
	atf_check -s exit:4 -o empty -e inline:"nook: warning: cannot write the pidfile to $PWD/no/where: No such file or directory\n" \
	    "$nook" --pidfile "$PWD/no/where" -- sh -c 'sleep 0.2; exit 4'
	atf_check -s exit:0 -o inline:'fifo\nlink\n' -e empty -x 'ls -d fifo link'
	nothing_ours_left
}

root_case pidfile__device 'a device is written to, and not removed; a file that could not be written is'
pidfile__device_body()
{
	mknod null c 1 3 # no device of the host's, which would be missed
	mknod full c 1 7
	for init in yes no; do
		atf_check -s exit:4 -o empty -e empty "$nook" --init=$init --pidfile "$PWD/null" -- sh -c 'exit 4'
		atf_check -s exit:4 -o empty -e inline:"nook: warning: cannot write the pidfile to $PWD/full: No space left on device\n" \
		    "$nook" --init=$init --pidfile "$PWD/full" -- sh -c 'exit 4'
		[ -c null ] && [ -c full ] || atf_fail 'it has been removed'
	done
	strace -qq -o trace -e trace=write "$nook" --pidfile "$PWD/pidfile" -- true
	nth=$(awk '/^write\([0-9]*, "[0-9]*\\n"/ { print NR; exit }' trace)
	atf_check -s exit:0 -o empty -e inline:"nook: warning: cannot write the pidfile to $PWD/pidfile: No space left on device\n" \
	    strace -qq -o trace -e trace=write -e inject=write:error=ENOSPC:when="$nth" "$nook" --pidfile "$PWD/pidfile" -- true
	[ ! -e pidfile ] || atf_fail 'it is still there'
	atf_check -s exit:0 -o empty -e inline:"nook: warning: cannot remove pidfile $PWD/pidfile: Read-only file system\n" \
	    strace -qq -o trace -e trace=unlink -e inject=unlink:error=EROFS "$nook" --pidfile "$PWD/pidfile" -- true
	nothing_ours_left
}

# ---- the watchdog of the workload -------------------------------------------------------------------

root_case watchdog__fed 'fed within its time it stays up; and may be turned off'
watchdog__fed_body()
{
	listen sock
	speak 'send:READY=1\nWATCHDOG_USEC=600000' sleep:0.3 send:WATCHDOG=1 sleep:0.3 send:WATCHDOG=1 sleep:0.3 send:WATCHDOG=1 sleep:0.3 die:6
	ended 6
	said
	was_told READY=1 WATCHDOG=1 WATCHDOG=1 WATCHDOG=1
	speak 'send:WATCHDOG_USEC=200000' 'send:WATCHDOG_USEC=0' sleep:0.6 die:7
	ended 7
	said
	speak 'send:WATCHDOG_USEC=junk' 'send:WATCHDOG_USEC=-1' 'send:WATCHDOG_USEC=99999999999999999999' sleep:0.3 die:8
	ended 8
	said
	speak 'send:WATCHDOG_USEC=9223372036854775807' sleep:0.3 die:8
	ended 8
	said
	speak 'send:WATCHDOG_USEC=5x' sleep:0.3 die:8
	ended 8
	said
	deaf
	nothing_ours_left
}

root_case watchdog__unfed 'not fed it is ended by SIGABRT, and why is said'
watchdog__unfed_body()
{
	n=0
	while [ $n -lt 5 ]; do
		start --notify systemd --ulimit core=0 --report report -- python3 -c "$speaker" send:WATCHDOG_USEC=200000
		ended 134
		said 'nook: its watchdog was not fed for 200 ms' 'nook: killed by signal 6 (ABRT)'
		atf_check -s exit:0 -o inline:'reason=signaled\nstatus=134\nsignal=6\n' -e empty grep -E '^(reason|status|signal)=' report
		n=$((n + 1))
	done
	# busy ones, too, see SIGABRT and no other signal
	start --notify systemd --ulimit core=0 -- python3 -c 'import os, socket, signal
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
signal.signal(signal.SIGTERM, lambda *_: os._exit(15))
s.sendto(b"WATCHDOG_USEC=200000", os.environ["NOTIFY_SOCKET"])
while True: pass'
	ended 134
	nothing_ours_left
}

root_case watchdog__abrt_ignored 'one that does not end by it is killed stop-timeout later'
watchdog__abrt_ignored_body()
{
	for init in yes no; do
		start --init=$init --notify systemd --stop-timeout 200ms -- \
		    sh -c 'trap "" ABRT TERM; exec python3 -c "$@"' sh "$speaker" send:WATCHDOG_USEC=200000
		ended 137
		said 'nook: its watchdog was not fed for 200 ms' 'nook: killed by signal 9 (KILL)'
	done
	nothing_ours_left
}

root_case watchdog__restart 'that is a failure, after which it is started again; and each run begins unwatched'
watchdog__restart_body()
{
	start --notify systemd --ulimit core=0 --restart on-failure:2 --restart-delay 1ms --report report -- \
	    python3 -c "$speaker" sleep:0.5 up send:WATCHDOG_USEC=200000
	ended 134
	atf_check -s exit:0 -o inline:'up\nup\nup\n' -e empty cat out
	atf_check -s exit:0 -o inline:'status=134\nrestarts=2\n' -e empty grep -E '^(status|restarts)=' report
	nothing_ours_left
}

atf_init_test_cases()
{
	add_cases
}
