#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# logs_test.sh - output that passes through nook: syslog, the kernel's log, files that rotate, and the limit
# shellcheck shell=sh disable=SC2016,SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin # the same python3 everywhere

clean_up()
{
	end_started
	sweep logs-
}

# The daemon: binds ./log, and adds each datagram to the file received, as a line. It ends with this program.
daemon='import os, socket, sys
parent = os.getppid()
if os.path.exists("log"):
    os.unlink("log")
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.settimeout(0.5)
s.bind("log")
open("listening", "w").write("yes")
while os.getppid() == parent:
    try:
        got = s.recv(65536)
        open("received", "ab").write(got + b"\n")
    except socket.timeout:
        pass'

# daemon_begins, daemon_ends: the file log is its socket
daemon_begins()
{
	rm -f listening
	python3 -c "$daemon" &
	daemon_pid=$!
	poll_until 20 test -s listening
}

daemon_ends()
{
	kill "$daemon_pid"
	wait "$daemon_pid"
	rm -f log
}

# in_dev: makes a script of that name, which runs a command where /dev/log is the file log here. The
# machine's own is never touched.
in_dev()
{
	: >received
	printf '#! /bin/sh\nexec unshare -m --propagation private sh -euc '\''
	mkdir -p dev
	mount -t tmpfs dev dev
	mknod dev/null c 1 3; mknod dev/zero c 1 5; mknod dev/full c 1 7; mknod dev/random c 1 8; mknod dev/urandom c 1 9; mknod dev/tty c 5 0
	mkdir dev/pts dev/shm
	ln -s "$PWD/log" dev/log
	mount --move dev /dev
	exec "$@"'\'' sh "$@"\n' >in_dev
	chmod +x in_dev
}

# logged NOOK-ARGUMENT...: in the background as start does it, with /dev/log as said; sets pid
logged()
{
	: >out
	: >err
	./in_dev "$nook" "$@" >out 2>err </dev/null &
	pid=$!
	echo "$pid" >>started
}

# was_received LINE...: just these came, soon, with TAG for the name and pid of the run
was_received()
{
	printf '%s\n' "$@" >expected
	tries=0
	while sed "s/^\\(<[0-9]*>\\)$tag\\[$pid\\]: /\\1TAG: /" received >got; ! cmp -s expected got && [ $tries -lt 100 ]; do
		tries=$((tries + 1))
		sleep 0.02
	done
	atf_check -s exit:0 -o file:expected -e empty cat got
	: >received
}

said()
{
	if [ $# -gt 0 ]; then printf '%s\n' "$@"; fi >expected
	atf_check -s exit:0 -o file:expected -e empty cat err
}

# ---- syslog -----------------------------------------------------------------------------------------

root_case syslog__lines 'one datagram a line, with the priority of the stream, the name, and the pid of nook'
syslog__lines_body()
{
	in_dev
	daemon_begins
	for init in yes no; do
		logged --init=$init --name logs-lines --stdout syslog --stderr syslog -- \
		    sh -c 'echo first; sleep 0.2; echo wrong >&2; sleep 0.2; printf "a\nb b \n\n\tc"; printf "\nno end"'
		ended 0
		said
		tag=logs-lines
		was_received '<30>TAG: first' '<27>TAG: wrong' '<30>TAG: a' '<30>TAG: b b ' "<30>TAG: $(printf '\tc')" '<30>TAG: no end'
		atf_check -s exit:0 -o empty -e empty cat out
	done
	# joined, it is all of one stream; without a name, the group's
	logged --stdout syslog --stderr stdout -- sh -c 'echo 1; echo 2 >&2'
	ended 0
	tag=$pid
	was_received '<30>TAG: 1' '<30>TAG: 2'
	# what nook itself says goes where it always goes
	logged --stderr syslog --ulimit core=0 -- sh -c 'echo plain; echo last >&2; kill -SEGV $$'
	ended 139
	said 'nook: killed by signal 11 (SEGV)'
	tag=$pid
	was_received '<27>TAG: last'
	atf_check -s exit:0 -o inline:'plain\n' -e empty cat out
	daemon_ends
	nothing_ours_left
}

root_case syslog__long 'a line that is too long comes in pieces, of which none is lost'
syslog__long_body()
{
	in_dev
	daemon_begins
	logged --name logs-long --stdout syslog -- \
	    python3 -c 'import os; [os.write(1, b"".join(b"%07d," % n for n in range(size // 8)) + b"\n") for size in (1016, 1024, 5000, 20000)]'
	ended 0
	said
	poll_until 10 grep -q '0002499,' received
	python3 -c 'print("".join("".join("%07d," % n for n in range(size // 8)) for size in (1016, 1024, 5000, 20000)))' >expected
	sed "s/^<30>logs-long\\[$pid\\]: //" received | tr -d '\n' >got
	echo >>got
	atf_check -s exit:0 -o empty -e empty cmp expected got
	atf_check -s exit:0 -o empty -e empty awk 'length > 1024' received
	daemon_ends
	nothing_ours_left
}

root_case syslog__binary 'what is no text does no harm'
syslog__binary_body()
{
	in_dev
	daemon_begins
	logged --name logs-binary --stdout syslog -- sh -c 'head -c 100000 /dev/urandom; echo; echo %s%n%d; echo end'
	ended 0
	said
	tag=logs-binary
	poll_until 10 grep -qa ': end$' received
	atf_check -s exit:0 -o inline:"<30>logs-binary[$pid]: %s%n%d\n<30>logs-binary[$pid]: end\n" -e empty tail -n 2 received
	daemon_ends
	nothing_ours_left
}

root_case syslog__daemon_restarted 'a daemon that is started anew gets what follows'
syslog__daemon_restarted_body()
{
	in_dev
	daemon_begins
	mkfifo go on
	logged --name logs-again --stdout syslog -- sh -c 'echo before; read -r x <go; echo after; read -r x <on; echo later'
	tag=logs-again
	was_received '<30>TAG: before'
	daemon_ends
	daemon_begins
	echo >go
	was_received '<30>TAG: after'
	echo >on
	ended 0
	said
	was_received '<30>TAG: later'
	daemon_ends
	nothing_ours_left
}

root_case syslog__daemon_away 'while there is none the run goes on; what was lost is told, to the daemon or in the end'
syslog__daemon_away_body()
{
	in_dev
	mkfifo go
	logged --name logs-away --stdout syslog -- sh -c 'echo 1; echo 2; sleep 0.2; echo up >&2; read -r x <go; echo 3; exit 6'
	poll_until 10 grep -qx up err
	daemon_begins
	echo >go
	ended 6
	said up
	tag=logs-away
	was_received '<30>TAG: (2 lines lost) 3'
	daemon_ends
	logged --name logs-away --stdout syslog --stderr syslog -- sh -c 'echo 1; echo 2; echo 3 >&2; exit 6'
	ended 6
	said 'nook: warning: 2 lines of its output are lost' 'nook: warning: 1 lines of its output are lost'
	nothing_ours_left
}

root_case syslog__daemon_stuck 'a daemon that takes nothing holds up neither the workload nor nook'
syslog__daemon_stuck_body()
{
	in_dev
	daemon_begins
	kill -STOP "$daemon_pid"
	logged --name logs-stuck --stdout syslog -- sh -c 'n=0; while [ $n -lt 2000 ]; do n=$((n + 1)); echo line $n; done; exit 6'
	ended 6
	atf_check -s exit:0 -o match:'^nook: warning: [0-9]+ lines of its output are lost$' -e empty cat err
	lost=$(tr -dc 0-9 <err)
	kill -CONT "$daemon_pid"
	poll_until 10 all_came
	daemon_ends
	nothing_ours_left
}

all_came()
{
	[ $(($(grep -c '' received) + lost)) = 2000 ]
}

root_case syslog__restart 'each run goes on in the same log'
syslog__restart_body()
{
	in_dev
	daemon_begins
	logged --name logs-runs --stdout syslog --restart on-failure:2 --restart-delay 1ms -- sh -c 'echo run; exit 3'
	ended 3
	tag=logs-runs
	was_received '<30>TAG: run' '<30>TAG: run' '<30>TAG: run'
	daemon_ends
	nothing_ours_left
}

# ---- kmsg -------------------------------------------------------------------------------------------

# kernel_log: what is in it of this run, without what the kernel adds
kernel_log()
{
	dd if=/dev/kmsg iflag=nonblock bs=8k 2>/dev/null | grep -a -F "logs-kmsg[$pid]: " | sed 's/,[^;]*;.*]: /,/'
}

root_case kmsg__lines 'one record a line'
kmsg__lines_body()
{
	[ -w /dev/kmsg ] || atf_skip 'no kernel log'
	start --name logs-kmsg --stdout kmsg --stderr kmsg -- sh -c 'printf "one\ntwo"; sleep 0.2; echo three >&2; exit 3'
	ended 3
	said
	poll_until 10 in_kernel_log three
	kernel_log >got
	# 30 and 27: daemon.info and daemon.err
	atf_check -s exit:0 -o inline:'27,three\n30,one\n30,two\n' -e empty sort got
	nothing_ours_left
}

root_case kmsg__long 'a line too long for a record comes in pieces'
kmsg__long_body()
{
	[ -w /dev/kmsg ] || atf_skip 'no kernel log'
	start --name logs-kmsg --stdout kmsg -- python3 -c 'print("".join("%07d," % n for n in range(375))); print("end")'
	ended 0
	said
	poll_until 10 in_kernel_log end
	python3 -c 'print("".join("%07d," % n for n in range(375)) + "end")' >expected
	kernel_log | sed 's/^30,//' | tr -d '\n' >got
	echo >>got
	atf_check -s exit:0 -o file:expected -e empty cat got
	nothing_ours_left
}

in_kernel_log()
{
	kernel_log | grep -q "$1"
}

# ---- rotation ---------------------------------------------------------------------------------------

# numbered FROM TO: lines of many lengths, each beginning with its number
numbered='import sys
for n in range(int(sys.argv[1]), int(sys.argv[2]) + 1):
    sys.stdout.write("%d %s\n" % (n, "x" * (n * 7919 % 150)))'

# whole_and_in_order FIRST-AT-MOST LAST: both files together have each line, from one at most that number on
whole_and_in_order()
{
	cat log.1 log >both
	first=$(sed 's/ .*//; q' both)
	at_most "$first" "$1"
	python3 -c "$numbered" "$first" "$2" >expected
	atf_check -s exit:0 -o empty -e empty cmp expected both
}

root_case rotate__whole_lines 'the file becomes FILE.1 at its size; no line is torn, and none is lost in between'
rotate__whole_lines_body()
{
	for init in yes no; do
		atf_check -s exit:0 -o empty -e empty "$nook" --init=$init --stdout ./log --log-max-size 32k -- python3 -c "$numbered" 1 5000
		whole_and_in_order 4800 5000
		at_least "$(stat -c %s log.1)" 24576
		at_most "$(stat -c %s log.1)" 45056
		at_most "$(stat -c %s log)" 45056
		rm log log.1
	done
	nothing_ours_left
}

root_case rotate__slow_lines 'also when they come one by one, and the last has no end'
rotate__slow_lines_body()
{
	atf_check -s exit:0 -o empty -e empty "$nook" --stdout ./log --log-max-size 4k --stderr stdout -- python3 -uc "$numbered
sys.stdout.write('end')" 1 600
	cat log.1 log >both
	first=$(sed 's/ .*//; q' both)
	{ python3 -c "$numbered" "$first" 600; printf end; } >expected
	atf_check -s exit:0 -o empty -e empty cmp expected both
	at_most "$(stat -c %s log.1)" 8400
	nothing_ours_left
}

root_case rotate__no_lines 'a stream without lines is cut where it must be, and nothing of it is lost'
rotate__no_lines_body()
{
	# shellcheck disable=SC2094
	atf_check -s exit:0 -o empty -e empty "$nook" --stdout ./log --log-max-size 16k -- python3 -c 'import sys
sys.stdout.write("".join("%07d," % n for n in range(5000)))'
	cat log.1 log >both
	first=$(head -c 7 both | sed 's/^0*//')
	python3 -c 'import sys; sys.stdout.write("".join("%07d," % n for n in range(int(sys.argv[1]), 5000)))' "${first:-0}" >expected
	atf_check -s exit:0 -o empty -e empty cmp expected both
	nothing_ours_left
}

root_case rotate__append 'what was in the file before counts, with append:, and is kept'
rotate__append_body()
{
	python3 -c "$numbered" 1 100 >log
	atf_check -s exit:0 -o empty -e empty "$nook" --stdout append:./log --log-max-size 8k -- python3 -uc "$numbered" 101 140
	whole_and_in_order 1 140
	[ -e log.1 ] || atf_fail 'it was not rotated'
	# without append: it begins anew
	rm log.1
	atf_check -s exit:0 -o empty -e empty "$nook" --stdout ./log --log-max-size 64k -- echo new
	atf_check -s exit:0 -o inline:'new\n' -e empty cat log
	[ ! -e log.1 ] || atf_fail 'it was rotated'
	nothing_ours_left
}

root_case rotate__over_restarts 'the size is that of the file, over all runs'
rotate__over_restarts_body()
{
	start --stdout ./log --log-max-size 4k --restart on-failure:5 --restart-delay 1ms -- \
	    sh -c 'echo >>runs; n=$(grep -c "" runs); python3 -c "$1" $((n * 20 - 19)) $((n * 20)); exit 1' sh "$numbered"
	ended 1
	whole_and_in_order 100 120
	nothing_ours_left
}

root_case rotate__no_file 'a device or a fifo is not moved away'
rotate__no_file_body()
{
	mknod device c 1 3 || atf_skip 'no devices can be made here'
	mkfifo fifo
	cat fifo >"$PWD/read" &
	exec 8>fifo
	atf_check -s exit:0 -o empty -e empty "$nook" --stdout ./device --stderr ./fifo --log-max-size 4k -- \
	    sh -c 'head -c 50000 /dev/zero; head -c 50000 /dev/zero >&2'
	exec 8>&-
	wait $!
	atf_check -s exit:0 -o inline:'character special file\nfifo\n' -e empty stat -c %F device fifo
	atf_check -s exit:0 -o inline:'50000\n' -e empty stat -c %s read
	atf_check -s exit:1 -o empty -e empty -x 'ls | grep "\.1"'
	nothing_ours_left
}

# ---- the limit --------------------------------------------------------------------------------------

root_case limit__exact 'just so many bytes are delivered, of both streams together; then it is ended, and why is said'
limit__exact_body()
{
	for init in yes no; do
		for limit in 1 10 4095 4096 4097 100000; do
			start --init=$init --output-limit $limit --stop-timeout 50ms --report report -- cat /dev/zero
			poll_until 20 is_over "$pid"
			wait "$pid"
			atf_check_equal "$limit" "$(stat -c %s out)"
			atf_check -s exit:0 -o match:'^nook: ended by the output-limit of [0-9]+k?$' -e empty cat err
			atf_check -s exit:0 -o inline:"reason=output\noutput-bytes=$limit\n" -e empty grep -E '^(reason|output)' report
		done
	done
	start --output-limit 1000 --report report -- sh -c 'head -c 600 /dev/zero; head -c 600 /dev/zero >&2; echo; exec sleep 331'
	ended 143
	atf_check_equal 1000 $(($(stat -c %s out) + $(stat -c %s err) - $(echo 'nook: ended by the output-limit of 1000' | wc -c)))
	nothing_ours_left
}

root_case limit__not_over 'exactly the limit is not over it'
limit__not_over_body()
{
	atf_check -s exit:3 -o inline:'123456789\n' -e empty "$nook" --output-limit 10 --report report -- sh -c 'echo 123456789; exit 3'
	atf_check -s exit:0 -o inline:'reason=exited\noutput-bytes=10\n' -e empty grep -E '^(reason|output)' report
	atf_check -s exit:3 -o inline:'123456789\n' -e empty "$nook" --output-limit max --report report -- sh -c 'echo 123456789; exit 3'
	nothing_ours_left
}

root_case limit__status 'the status is that of the workload, which SIGTERM ends, or SIGKILL'
limit__status_body()
{
	start --output-limit 10 --report report -- sh -c 'echo 12345678901; exec sleep 331'
	ended 143
	said 'nook: ended by the output-limit of 10'
	atf_check -s exit:0 -o inline:'reason=output\nstatus=143\n' -e empty grep -E '^(reason|status)' report
	start --output-limit 10 --stop-timeout 100ms -- sh -c 'trap "" TERM; echo 12345678901; sleep 331; sleep 331'
	ended 137
	start --output-limit 0 -- sh -c 'echo; exec sleep 331'
	ended 143
	atf_check -s exit:0 -o empty -e empty cat out
	nothing_ours_left
}

root_case limit__at_the_end 'who writes too much and ends by itself has been over the limit all the same'
limit__at_the_end_body()
{
	n=0
	while [ $n -lt 20 ]; do
		start --output-limit 10 --report report -- sh -c 'echo 12345678901'
		poll_until 10 is_over "$pid"
		wait "$pid"
		said 'nook: ended by the output-limit of 10'
		atf_check -s exit:0 -o inline:'reason=output\noutput-bytes=10\n' -e empty grep -E '^(reason|output)' report
		n=$((n + 1))
	done
	nothing_ours_left
}

root_case limit__restart 'each run has the whole of it, and the delays are kept'
limit__restart_body()
{
	start --output-limit 10 --restart on-failure:2 --restart-delay 300ms --report report -- \
	    sh -c 'cut -d " " -f 1 /proc/uptime >>runs; echo 12345678901; exec sleep 331'
	ended 143
	atf_check -s exit:0 -o inline:'123456789012345678901234567890' -e empty cat out
	at_least "$(awk 'NR == 3 { print $1 - last } { last = $1 }' runs)" 0.58
	nothing_ours_left
}

root_case limit__file_and_syslog 'files count too'
limit__file_and_syslog_body()
{
	start --output-limit 100 --stdout ./log --stderr ./log2 --report report -- sh -c 'cat /dev/zero & cat /dev/zero >&2'
	poll_until 10 is_over "$pid"
	wait "$pid"
	atf_check_equal 100 $(($(stat -c %s log) + $(stat -c %s log2)))
	atf_check -s exit:0 -o inline:'output-bytes=100\n' -e empty grep ^output report
	nothing_ours_left
}

# ---- whom it hinders --------------------------------------------------------------------------------

root_case reader__stuck 'who never reads: nook obeys, ends in bounded time, and says how much was lost'
reader__stuck_body()
{
	mkfifo fifo
	exec 8<>fifo
	for init in yes no; do
		"$nook" --init=$init --output-limit 100m --stop-timeout 300ms --report report -- head -c 1000000 /dev/zero >fifo 2>err </dev/null &
		pid=$!
		echo "$pid" >>started
		poll_until 10 is_held_up
		kill -TERM "$pid"
		poll_until 4 is_over "$pid"
		wait "$pid"
		atf_check -s exit:0 -o match:'^nook: warning: [0-9]+ bytes of its output are lost$' -e empty cat err
		atf_check -s exit:0 -o inline:'reason=stopped\n' -e empty grep ^reason report
		# what was taken of the workload is delivered or told as lost
		timeout 1 cat <&8 >delivered
		at_least $(($(stat -c %s delivered) + $(tr -dc 0-9 <err))) 131072
	done
	exec 8<&-
	nothing_ours_left
}

# is_held_up: the workload waits for room in its pipe
is_held_up()
{
	workload=$(child_of "$pid")
	[ "$init" = no ] || workload=$(child_of "$workload")
	grep -qx head "/proc/$workload/comm" && grep -q pipe_write "/proc/$workload/stack" "/proc/$workload/wchan"
}

root_case reader__gone 'a reader that has gone is no reason to end the workload, and what it did not take is told'
reader__gone_body()
{
	mkfifo fifo
	for init in yes no; do
		cat fifo >/dev/null &
		reader=$!
		exec 9>fifo
		"$nook" --init=$init --output-limit 1m -- sh -c 'until [ -e go ]; do sleep 0.02; done; echo lost; sleep 0.3; exit 6' >&9 2>err </dev/null &
		pid=$!
		exec 9>&-
		kill "$reader"
		wait "$reader"
		: >go
		ended 6
		said 'nook: warning: 5 bytes of its output are lost'
		rm go
	done
	nothing_ours_left
}

root_case reader__full 'neither is a full disk'
reader__full_body()
{
	atf_check -s exit:6 -o empty -e inline:'nook: warning: 5 bytes of its output are lost\n' -x \
	    '"'"$nook"'" --output-limit 1m -- sh -c "echo lost; sleep 0.2; exit 6" >/dev/full'
	nothing_ours_left
}

root_case reader__slow 'a slow reader gets all of it'
reader__slow_body()
{
	atf_check -s exit:0 -o inline:'1000000\n' -e empty -x \
	    '"'"$nook"'" --output-limit 100m -- head -c 1000000 /dev/zero | { sleep 0.5; wc -c; }'
	"$nook" --output-limit 1g -- head -c 20000000 /dev/urandom | tee passed | sha256sum >sum
	atf_check -s exit:0 -o file:sum -e empty -x 'sha256sum <passed'
	nothing_ours_left
}

root_case plain__not_in_the_way 'without these settings no byte of output passes through nook'
plain__not_in_the_way_body()
{
	for how in '' '--stdout ./log' '--stderr stdout' '--log-max-size 64k' '--stdout append:./log --stderr ./log2'; do
		# shellcheck disable=SC2086 # options
		atf_check -s exit:0 -o ignore -e ignore strace -f -qq -o trace -e trace=read,write,readv,writev,sendto,splice,pipe2 -s 64 \
		    "$nook" $how -- sh -c 'echo the-data; echo the-data >&2'
		atf_check -s exit:0 -o match:'^[0-9]+ +write\(1, "the-data' -e empty grep the-data trace
		# by the workload alone, and one pipe, of which the first words come back
		atf_check -s exit:0 -o inline:'1\n' -e empty -x "grep the-data trace | cut -d ' ' -f 1 | sort -u | grep -c ''"
		atf_check -s exit:0 -o inline:'1\n' -e empty grep -c pipe2 trace
	done
	atf_check -s exit:0 -o empty -e empty "$nook" --report report -- sh -c 'exit 0'
	atf_check -s exit:1 -o empty -e empty grep output-bytes report
	nothing_ours_left
}

atf_init_test_cases()
{
	add_cases
}
