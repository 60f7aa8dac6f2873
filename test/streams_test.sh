#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# streams_test.sh - standard input, output and error, and a terminal of its own
# shellcheck shell=sh disable=SC2016,SC2034,SC2094,SC2154

. "$(atf_get_srcdir)/helpers.sh"

clean_up()
{
	sweep none-by-name
}

# ---- files ------------------------------------------------------------------------------------------

root_case stream__files 'each goes to and comes from a file outside the root, whose path means nothing inside'
stream__files_body()
{
	tiny_root root
	echo given >in
	note_host root in
	for init in yes no; do
		rm -f out err
		says '' --rootfs root --init=$init --stdin ./in --stdout ./out --stderr "$PWD/err" -- \
		    /bin/sh -c 'cat; echo wrong >&2'
		atf_check -s exit:0 -o inline:'given\n' -e empty cat out
		atf_check -s exit:0 -o inline:'wrong\n' -e empty cat err
		atf_check -s exit:0 -o inline:'644\n644\n' -e empty stat -c %a out err
	done
	host_as_noted
}

root_case stream__truncate_and_append 'a file is emptied before, and with append: is not'
stream__truncate_and_append_body()
{
	tiny_root root
	note_host root
	echo 'long before' >out
	says '' --rootfs root --stdout ./out -- /bin/sh -c 'echo new'
	atf_check -s exit:0 -o inline:'new\n' -e empty cat out
	says '' --rootfs root --stdout append:./out --stderr append:./out -- /bin/sh -c 'echo more; echo and >&2; echo more'
	atf_check -s exit:0 -o inline:'new\nmore\nand\nmore\n' -e empty cat out
	says '' --rootfs root --stdout append:./made -- /bin/sh -c 'echo first'
	atf_check -s exit:0 -o inline:'first\n' -e empty cat made
	host_as_noted
}

root_case stream__joined 'stderr = stdout: one file, or one pipe, in the order written'
stream__joined_body()
{
	tiny_root root
	note_host root
	says '' --rootfs root --stdout ./out --stderr stdout -- /bin/sh -c 'echo 1; echo 2 >&2; echo 3'
	atf_check -s exit:0 -o inline:'1\n2\n3\n' -e empty cat out
	says '1\n2\n3\n' --rootfs root --stderr stdout -- /bin/sh -c 'echo 1; echo 2 >&2; echo 3'
	# what nook itself has to say stays where it was
	fails 143 'nook: killed by signal 15 (TERM)\n' --rootfs root --stderr stdout -- /bin/sh -c 'kill -TERM $$'
	host_as_noted
}

root_case stream__null 'null: nothing comes in, nothing comes out'
stream__null_body()
{
	tiny_root root
	note_host root
	atf_check -s exit:7 -o empty -e empty -x 'echo given | "'"$nook"'" --rootfs root --stdin null --stdout null \
	    --stderr null -- /bin/sh -c "cat; echo out; echo err >&2; exit 7"'
	host_as_noted
}

root_case stream__before_anything_changes 'opened as the caller: where the user may not, where the root hides it'
stream__before_anything_changes_body()
{
	tiny_root root
	mkdir secret
	echo given >secret/in
	chmod 700 secret
	chmod 600 secret/in
	note_host root
	says '' --rootfs root -u 1000 --umask 0 --stdin ./secret/in --stdout ./secret/out -- cat
	atf_check -s exit:0 -o inline:'given\n' -e empty cat secret/out
	atf_check -s exit:0 -o inline:'644 0:0\n' -e empty stat -c '%a %u:%g' secret/out
	says "gone\n" --rootfs root -u 1000 --stdin ./secret/in -- /bin/sh -c "[ ! -e '$PWD/secret' ] && echo gone"
	host_as_noted
}

root_case stream__blocking 'what the workload gets is an ordinary, blocking descriptor'
stream__blocking_body()
{
	tiny_root root
	mkfifo fifo
	: >in
	note_host root
	says '0100000\n' --rootfs root --stdin ./in -- /bin/busybox sed -n 's/^flags:.//p' /proc/self/fdinfo/0
	says '' --rootfs root --stdout append:./out -- /bin/busybox sed -n 's/^flags:.//p' /proc/self/fdinfo/1
	atf_check -s exit:0 -o inline:'0102001\n' -e empty cat out
	exec 8<>fifo
	says '' --rootfs root --stdout ./fifo -- /bin/busybox sed -n 's/^flags:.//p' /proc/self/fdinfo/1
	read -r flags <&8
	exec 8>&-
	atf_check_equal 0100001 "$flags"
	host_as_noted
}

root_case stream__refused 'what cannot be opened is refused before anything is made'
stream__refused_body()
{
	tiny_root root
	mkdir directory
	note_host root directory
	for stream in stdin stdout stderr; do
		fails 125 "nook: cannot open $PWD/no/where for $stream: No such file or directory\n" \
		    --rootfs root --$stream "$PWD/no/where" -- true
	done
	fails 125 'nook: cannot open ./nowhere for stdin: No such file or directory\n' --rootfs root --stdin ./nowhere -- true
	fails 125 'nook: cannot open ./directory for stdout: Is a directory\n' --rootfs root --stdout ./directory -- true
	host_as_noted
}

root_case stream__fifo 'a fifo that nobody reads is refused, and does not hang; one that is read works'
stream__fifo_body()
{
	tiny_root root
	mkfifo fifo
	note_host root
	for stream in stdout stderr; do
		for how in ./fifo append:./fifo; do
			atf_check -s exit:125 -o empty -e inline:"nook: cannot open ./fifo for $stream: No such device or address
nook: hint: nobody reads that fifo\n" timeout -k 1 10 "$nook" --rootfs root --$stream $how -- true
		done
	done
	exec 8<>fifo
	says '' --rootfs root --stdout ./fifo -- /bin/sh -c 'echo through'
	read -r line <&8
	exec 8>&-
	atf_check_equal through "$line"
	host_as_noted
}

root_case stream__full 'a full device is the trouble of the workload alone'
stream__full_body()
{
	tiny_root root
	note_host root
	atf_check -s exit:1 -o empty -e inline:'cat: write error: No space left on device\n' \
	    "$nook" --rootfs root --stdout /dev/full -- cat /etc/passwd
	says 'on\n' --rootfs root --stderr /dev/full -- /bin/sh -c 'echo lost >&2; echo on'
	# and nook, with nowhere to say it, still has the status
	atf_check -s exit:143 -o empty -e empty -x '"'"$nook"'" --rootfs root -- /bin/sh -c "kill -TERM \$\$" 2>/dev/full'
	host_as_noted
}

root_case stream__closed 'closed at the start, they are /dev/null inside, and no file of ours gets their number'
stream__closed_body()
{
	tiny_root root
	note_host root
	for init in yes no; do
		rm -f report
		status=0
		"$nook" --rootfs root --init=$init --report report -m 64m --stderr ./err -- /bin/sh -c '
		    echo lost; read -r x || echo $(ls /proc/self/fd) $(readlink /proc/self/fd/0) $(readlink /proc/self/fd/1) >&2
		    exit 7' <&- >&- 2>&- || status=$?
		[ "$status" = 7 ] || atf_fail "status $status"
		atf_check -s exit:0 -o inline:'0 1 2 3 /dev/null pipe\n' -e empty sed 's/pipe:.*/pipe/; s|/[^ ]*/dev/null|/dev/null|' err
		atf_check -s exit:0 -o inline:'status=7\n' -e empty grep ^status= report
	done
	for closed in '<&-' '>&-' '2>&-' '<&- >&-' '>&- 2>&-' '<&- 2>&-'; do
		atf_check -s exit:7 -o empty -e empty -x '"'"$nook"'" --rootfs root -- /bin/sh -c "exit 7" '"$closed"
		atf_check -s exit:125 -o empty -e ignore -x '"'"$nook"'" --rootfs nowhere -- /bin/sh -c "exit 7" '"$closed"
	done
	host_as_noted
}

root_case stream__none_to_be_had 'where one is closed and nothing can be opened in its place, nothing is started'
stream__none_to_be_had_body()
{
	# a static shell: what it has to open itself would be refused as well
	# shellcheck disable=SC2016
	atf_check -s exit:125 -o empty -e empty strace -qq -o trace -e trace=openat,mkdir,clone,clone3 -e inject=openat:error=EMFILE \
	    busybox sh -c 'exec "$0" -m 64m -- echo ran <&-' "$nook"
	atf_check -s exit:0 -o inline:'2\n' -e empty grep -c 'INJECTED' trace
	atf_check -s exit:1 -o empty -e empty grep -v 'INJECTED' trace
}

root_case stream__pipeline 'a pipeline of 64 MiB passes unchanged, and its end is seen on both sides'
stream__pipeline_body()
{
	tiny_root root
	head -c 67108864 /dev/urandom >data
	note_host root
	for init in yes no; do
		"$nook" --rootfs root --init=$init -- cat <data | "$nook" --rootfs root --init=$init -- cat |
		    sha256sum >through
		atf_check -s exit:0 -o file:through -e empty -x 'sha256sum <data'
	done
	atf_check -s exit:0 -o inline:'first\n' -e empty -x 'timeout -k 1 20 sh -c '"'"'
	    "$0" --rootfs root -- /bin/sh -c "echo first; exec /bin/busybox yes" 2>/dev/null | head -n 1'"' '$nook'"
	host_as_noted
}

root_case stream__not_held_open 'what the workload leaves running does not keep a pipe open'
stream__not_held_open_body()
{
	tiny_root root
	note_host root
	atf_check -s exit:0 -o inline:'out\n' -e empty -x 'timeout -k 1 10 sh -c '"'"'
	    "$0" --rootfs root -- /bin/sh -c "sleep 300 & echo out" | cat'"' '$nook'"
	host_as_noted
}

# ---- a terminal -------------------------------------------------------------------------------------

# terminal STEP... -- NOOK-ARGUMENT...: runs nook on a terminal. Steps: see:REGEX waits for it in what
# comes out; key:TEXT types; press:KEY => REGEX types until that is seen; raw waits for other modes;
# size:ROWS,COLUMNS; signal:NUMBER to nook; end and drop wait for
# the end, leave:KEY types until then.
# Prints the exit status, whether the modes of the terminal are as before, and what came out after the
# last see. A step that fails within 10 s says so on standard error.
terminal()
{
	cat >terminal.py <<-'END'
		import fcntl, os, re, select, signal, struct, sys, time
		TCGETS, TIOCSWINSZ, TIOCSCTTY = 0x5401, 0x5414, 0x540e
		steps, command = sys.argv[1:sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1:]
		master, slave = os.openpty()
		fcntl.ioctl(slave, TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
		modes = lambda: fcntl.ioctl(slave, TCGETS, bytes(60))
		before, seen, status = modes(), b"", None
		pid = os.fork()
		if pid == 0:
		    os.setsid()
		    fcntl.ioctl(slave, TIOCSCTTY, 0)
		    for fd in range(3):
		        os.dup2(slave, fd)
		    os.closerange(3, 64)
		    os.execv(command[0], command)
		def pump(seconds):
		    global seen
		    if select.select([master], [], [], seconds)[0]:
		        seen += os.read(master, 65536)
		def ended():
		    global status
		    if status is None:
		        done, got = os.waitpid(pid, os.WNOHANG)
		        if done:
		            status = os.waitstatus_to_exitcode(got)
		    return status is not None
		def until(what, name):
		    end = time.monotonic() + 10
		    while not what():
		        if time.monotonic() > end:
		            sys.stderr.write("never: %s; there was %r\n" % (name, seen))
		            os.kill(pid, signal.SIGKILL)
		            sys.exit(99)
		        pump(0.02)
		for step in steps:
		    name, _, value = step.partition(":")
		    if name == "see":
		        until(lambda: re.search(value.encode(), seen), step)
		        seen = seen[re.search(value.encode(), seen).end():]
		    elif name == "key":
		        os.write(master, value.encode().decode("unicode_escape").encode("latin-1"))
		    elif name == "press": # KEY => REGEX: until it works, for what it is meant for may not be there yet
		        key, regex = value.split(" => ", 1)
		        def press():
		            os.write(master, key.encode().decode("unicode_escape").encode("latin-1"))
		            pump(0.2)
		            return re.search(regex.encode(), seen)
		        until(press, step)
		        seen = seen[re.search(regex.encode(), seen).end():]
		    elif name == "size":
		        fcntl.ioctl(master, TIOCSWINSZ, struct.pack("HHHH", *map(int, value.split(",")), 0, 0))
		    elif name == "signal":
		        os.kill(pid, int(value))
		    elif name == "raw":
		        until(lambda: modes() != before, step)
		    elif name == "leave": # KEY: until it is over
		        key = value.encode().decode("unicode_escape").encode("latin-1")
		        until(lambda: ended() or (os.write(master, key), pump(0.2)) and ended(), step)
		        seen = b""
		    elif name in ("end", "drop"): # drop: what was typed too often is of no interest
		        until(ended, step)
		        pump(0.1)
		        seen = b"" if name == "drop" else seen
		until(ended, "the end")
		pump(0)
		print("status", status, "modes", "kept" if modes() == before else "changed")
		sys.stdout.write(seen.decode(errors="replace").replace("\r\n", "\n"))
	END
	timeout -k 1 60 python3 terminal.py "$@"
}

# on_terminal EXPECTED STEP... -- NOOK-ARGUMENT...
on_terminal()
{
	expected=$1
	shift
	terminal "$@" >terminal.out 2>terminal.err
	atf_check -s exit:0 -o empty -e empty cat terminal.err
	atf_check -s exit:0 -o inline:"$expected" -e empty cat terminal.out
}

root_case terminal__named 'the three streams are the first terminal inside, which has that name there'
terminal__named_body()
{
	tiny_root root
	note_host root
	for init in yes no; do
		on_terminal 'status 0 modes kept\n/dev/pts/0\n/dev/pts/0 /dev/pts/0 /dev/pts/0\n24 80\n620 1000:5\n0 1 2 3\n' end -- \
		    "$nook" -ti --init=$init -u 1000 --rootfs root -- /bin/sh -c 'tty
		    echo $(readlink /proc/self/fd/0) $(readlink /proc/$$/fd/1) $(readlink /proc/self/fd/2)
		    stty size; /bin/busybox stat -c "%a %u:%g" /dev/pts/0; echo $(ls /proc/self/fd)'
	done
	host_as_noted
}

root_case terminal__job_control 'a shell inside has job control: stop, background, foreground'
terminal__job_control_body()
{
	tiny_root root
	note_host
	on_terminal 'status 5 modes kept\n' 'see:[#$] ' 'key:sh -c "echo go; exec /bin/tail -f /dev/null"\n' 'see:\r\ngo\r\n' raw \
	    'press:\x1a => Stopped' 'press:jobs\n => Stopped.*tail' 'press:fg\n => fg\r\nsh -c' 'press:\x03 => # ' \
	    'press:tty\n => /dev/pts/0' 'leave:exit 5\n' -- \
	    "$nook" -ti --rootfs root -- /bin/sh
	host_as_noted
}

root_case terminal__resize 'a new size of the terminal arrives, with its signal'
terminal__resize_body()
{
	tiny_root root
	note_host root
	for init in yes no; do
		on_terminal 'status 0 modes kept\n' 'see:ready' 'size:33,77' 'see:33 77\r\n' 'size:50,132' 'see:50 132\r\n' \
		    'press:\x03 => over' drop -- "$nook" -ti --init=$init --rootfs root -- /bin/sh -c '
		    trap "stty size" WINCH; trap "echo over; exit 0" INT; echo ready
		    /bin/sleep 300 & while :; do wait; done'
	done
	host_as_noted
}

root_case terminal__interrupt '^C and ^\\ reach the workload, and not nook'
terminal__interrupt_body()
{
	tiny_root root
	note_host root
	on_terminal 'status 130 modes kept\nnook: killed by signal 2 (INT)\n' 'see:ready\r\n' 'key:\x03' 'see:\^C' end -- \
	    "$nook" -ti --rootfs root -- /bin/sh -c 'echo ready; exec sleep 300'
	on_terminal 'status 0 modes kept\n' 'see:ready\r\n' 'press:\x03 => got INT' 'press:\x1c => got QUIT' 'press:\x04 => over' drop -- \
	    "$nook" -ti --ulimit core=0 --rootfs root -- /bin/sh -c 'trap "echo got INT" INT; trap "echo got QUIT" QUIT; echo ready
	    until /bin/cat; do :; done; echo over'
	host_as_noted
}

root_case terminal__end_of_file '^D ends the input'
terminal__end_of_file_body()
{
	tiny_root root
	note_host root
	on_terminal 'status 0 modes kept\nover\n' 'see:ready' 'key:line\n' 'see:line\r\nline\r\n' 'key:\x04' 'see:' end -- \
	    "$nook" -ti --rootfs root -- /bin/sh -c 'echo ready; cat; echo over'
	host_as_noted
}

root_case terminal__output_whole 'all that was written is shown, also what was written last'
terminal__output_whole_body()
{
	tiny_root root
	note_host root
	terminal end -- "$nook" -t --rootfs root -- /bin/busybox seq 20000 >terminal.out 2>terminal.err
	atf_check -s exit:0 -o empty -e empty cat terminal.err
	{ echo status 0 modes kept; seq 20000; } >expected
	atf_check -s exit:0 -o empty -e empty cmp expected terminal.out
	host_as_noted
}

root_case terminal__output_after_the_end 'also what nook has not yet read when it learns of the end'
terminal__output_after_the_end_body()
{
	tiny_root root
	note_host root
	terminal end -- "$(command -v strace)" -qq -o trace -e trace=poll,read,wait4 -e inject=poll:delay_enter=100000 \
	    "$nook" -t --rootfs root -- /bin/busybox seq 2000 >terminal.out 2>terminal.err
	atf_check -s exit:0 -o empty -e empty cat terminal.err
	{ echo status 0 modes kept; seq 2000; } >expected
	atf_check -s exit:0 -o empty -e empty cmp expected terminal.out
	sed '1,/^wait4(.*WIFEXITED/d' trace >after
	atf_check -s exit:0 -o match:'^read\([0-9]*, "' -e empty grep -F '\r\n' after
	host_as_noted
}

root_case terminal__without_interactive 'with -t alone no key is passed on'
terminal__without_interactive_body()
{
	tiny_root root
	note_host root
	on_terminal 'status 0 modes kept\nnothing\n' 'see:ready\r\n' 'key:typed\n' end -- \
	    "$nook" -t --rootfs root -- /bin/sh -c 'stty -echo; echo ready; read -r -t 1 line || echo nothing $line'
	host_as_noted
}

root_case terminal__modes_restored 'the modes of the caller come back, however it ends'
terminal__modes_restored_body()
{
	tiny_root root
	note_host root
	on_terminal 'status 143 modes kept\n' 'see:ready\r\n' raw signal:15 end -- \
	    "$nook" -ti --rootfs root -- /bin/sh -c 'echo ready; exec sleep 300'
	on_terminal 'status 124 modes kept\nnook: ended by the timeout of 300 ms\n' 'see:ready\r\n' end -- \
	    "$nook" -ti --timeout 300ms --rootfs root -- /bin/sh -c 'echo ready; exec sleep 300'
	on_terminal 'status 137 modes kept\nnook: killed by signal 9 (KILL)\n' end -- \
	    "$nook" -ti --rootfs root -- /bin/sh -c 'stty raw -echo; kill -9 $$'
	on_terminal "status 127 modes kept\nnook: cannot run /no/such: No such file or directory\n" end -- \
	    "$nook" -ti --rootfs root -- /no/such
	on_terminal "status 125 modes kept\nnook: cannot change to /nowhere: No such file or directory\n" end -- \
	    "$nook" -ti -w /nowhere --rootfs root -- /bin/sh
	on_terminal "status 125 modes kept\nnook: cannot change root to nowhere: No such file or directory
nook: hint: rootfs/build DIR makes a root; rootfs = scratch needs none\n" end -- "$nook" -ti --rootfs nowhere -- /bin/sh
	host_as_noted
}

root_case terminal__untouched_without 'without -t the terminal of the caller is passed as it is, but not as the controlling one'
terminal__untouched_without_body()
{
	tiny_root root
	note_host root
	on_terminal 'status 0 modes kept\nno controlling terminal\n' end -- \
	    "$nook" --rootfs root -- /bin/sh -c '{ true </dev/tty; } 2>/dev/null || echo no controlling terminal'
	host_as_noted
}

root_case terminal__host_not_reachable 'the terminal of the caller is not to be had inside'
terminal__host_not_reachable_body()
{
	tiny_root root
	note_host root
	on_terminal 'status 0 modes kept\n0 ptmx\n' end -- "$nook" -ti --rootfs root -- /bin/sh -c 'echo $(ls /dev/pts)
	    for f in /proc/[0-9]*/fd/*; do
		case $(readlink $f) in
		/dev/pts/0 | /dev/pts/ptmx | /dev/ptmx | /proc/* | pipe:* | "") ;;
		*) echo $f $(readlink $f) ;;
		esac
	    done'
	host_as_noted
}

root_case terminal__none 'without a terminal to pass on -t is refused, and nothing is started'
terminal__none_body()
{
	tiny_root root
	note_host root
	message='nook: cannot set up tty: standard input is not a terminal
nook: hint: leave tty out when nook is started by a script or a service
'
	atf_check -s exit:125 -o empty -e inline:"$message" -x '"'"$nook"'" -ti --rootfs root -- /bin/sh -c "echo ran" </dev/null'
	atf_check -s exit:125 -o empty -e inline:"$message" -x 'echo | "'"$nook"'" -t --rootfs root -- /bin/sh -c "echo ran"'
	host_as_noted
}

root_case terminal__output_redirected 'a terminal as the input and a file as the output'
terminal__output_redirected_body()
{
	tiny_root root
	note_host root
	on_terminal 'status 0 modes kept\n' end -- /bin/sh -c '"$0" -ti --rootfs root -- /bin/sh -c "tty; echo line" >out' "$nook"
	atf_check -s exit:0 -o inline:'/dev/pts/0\r\nline\r\n' -e empty cat out
	host_as_noted
}

root_case terminal__output_not_read 'who was to read has gone: to the workload the terminal hangs up'
terminal__output_not_read_body()
{
	tiny_root root
	note_host root
	# not with init=no: no signal but KILL ends the first process of a namespace
	on_terminal 'status 0 modes kept\nnook: killed by signal 1 (HUP)\n' end -- /bin/sh -c '{ "$0" -ti --rootfs root -- \
	    /bin/sh -c "sleep 0.1; while :; do echo line; done 2>/dev/null"; echo $? >status; } | true' "$nook"
	atf_check -s exit:0 -o inline:'129\n' -e empty cat status
	host_as_noted
}

root_case preserve_fds__set 'descriptors of the caller pass in by number; no other does, and one that is not there is refused'
preserve_fds__set_body()
{
	echo three >three
	echo four >four
	# shellcheck disable=SC2016 # the inner shell's
	probe='cat <&3; cat <&4; for fd in /proc/self/fd/*; do [ ! -e "$fd" ] || echo "${fd##*/}"; done | grep -vx "[012]" | head -n 3 | tr "\n" " "'
	exec 3<three 4<four 5</dev/zero
	for init in yes no; do
		says 'three\nfour\n3 4 ' --init=$init --preserve-fds 2 -m 64m -- sh -c "$probe" 2>/dev/null
		exec 3<three 4<four
	done
	says '3 4 5 ' --preserve-fds 3 --notify no -- sh -c "${probe#*; *; }"
	says '' -- sh -c "${probe#*; *; }"
	exec 4<&- 5<&-
	fails 125 'nook: --preserve-fds=3: descriptor 4 was not handed to nook\nnook: --preserve-fds=3: descriptor 5 was not handed to nook\n' \
	    --preserve-fds 3 -- echo ran
	fails 125 'nook: --notify=fd:3: is among those that are passed on\n' --preserve-fds 1 --notify fd:3 -- echo ran
	exec 3<&-
}

atf_init_test_cases()
{
	add_cases
}
