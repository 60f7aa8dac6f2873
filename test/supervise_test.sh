#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# supervise_test.sh - the end of a run, whatever brings it about: status, signals, time, left-over processes
# shellcheck shell=sh disable=SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"


clean_up()
{
	sweep supervise-
	sweep many-
}

# said MESSAGE: what start began has said just that, on standard error
said()
{
	atf_check -s exit:0 -o "${1:-empty}" -e empty cat err
}

# gone COMMAND-LINE: at this moment nothing of it runs; unlike no_process it does not wait
gone()
{
	atf_check -s exit:1 -o empty -e empty pgrep -fx "$1"
}

# taken PID: it has no signal pending, so it has taken what was sent
taken()
{
	poll_until 10 grep -q '^ShdPnd:.0*$' "/proc/$1/status"
}

# ---- status ---------------------------------------------------------------------------------------

root_case status__own 'the status of the workload, also where nook has a meaning for it; nothing is said'
status__own_body()
{
	for status in 0 1 2 3 7 42 63 64 77 100 123 124 125 126 127 128 129 130 137 139 143 200 254 255; do
		for init in yes no; do
			atf_check -s exit:$status -o empty -e empty "$nook" --init=$init -- sh -c "exit $status"
		done
	done
	nothing_ours_left
}

root_case status__signal '128+N for signal N, which is said with its name'
status__signal_body()
{
	for each in 1:HUP 2:INT 3:QUIT 4:ILL 5:TRAP 6:ABRT 7:BUS 8:FPE 9:KILL 10:USR1 11:SEGV 12:USR2 13:PIPE \
	    14:ALRM 15:TERM 24:XCPU 25:XFSZ 31:SYS; do
		number=${each%:*}
		hint=
		[ "$number" != 31 ] || hint='nook: hint: so the filter ends a system call of another ABI, or under a kill rule\n'
		atf_check -s exit:$((128 + number)) -o empty -e inline:"nook: killed by signal $number (${each#*:})\n$hint" \
		    "$nook" --ulimit core=0 -- sh -c "kill -$number \$\$"
	done
	for number in 34 64; do
		atf_check -s exit:$((128 + number)) -o empty -e inline:"nook: killed by signal $number\n" \
		    "$nook" -- busybox sh -c "kill -$number \$\$"
	done
	nothing_ours_left
}

root_case status__inside_alone 'what goes on inside reaches neither the init nor nook'
status__inside_alone_body()
{
	atf_check -s exit:5 -o inline:'here\n' -e empty "$nook" -- \
	    sh -c 'sleep 331 & kill -9 1; kill -9 -1; echo here; exit 5'
	gone 'sleep 331'
	nothing_ours_left
}

# ---- timeout --------------------------------------------------------------------------------------

root_case timeout__ends 'over its time it is ended, with 124 and a message'
timeout__ends_body()
{
	atf_check -s exit:124 -o empty -e inline:'nook: ended by the timeout of 300 ms\n' \
	    "$nook" --timeout 300ms --report report -- sleep 331
	at_least "$(figure wall-seconds report)" 0.3
	atf_check -s exit:0 -o inline:'reason=timeout\nstatus=124\n' -e empty grep -E '^(reason|status)=' report
	nothing_ours_left
}

root_case timeout__not_reached 'within its time nothing is said'
timeout__not_reached_body()
{
	atf_check -s exit:3 -o empty -e empty "$nook" --timeout 30s -- sh -c 'exit 3'
	nothing_ours_left
}

root_case timeout__term_ignored 'who ignores SIGTERM is killed stop-timeout later'
timeout__term_ignored_body()
{
	atf_check -s exit:124 -o empty -e inline:'nook: ended by the timeout of 200 ms\n' \
	    "$nook" --timeout 200ms --stop-timeout 300ms --report report -- sh -c 'trap "" TERM; sleep 331; sleep 331'
	at_least "$(figure wall-seconds report)" 0.5
	gone 'sleep 331'
	nothing_ours_left
}

root_case timeout__term_handled 'who ends well at SIGTERM has run out of time all the same'
timeout__term_handled_body()
{
	atf_check -s exit:124 -o inline:'bye\n' -e inline:'nook: ended by the timeout of 200 ms\n' \
	    "$nook" --timeout 200ms --stop-timeout 60s -- sh -c 'trap "echo bye; exit 3" TERM; sleep 331 & wait'
	gone 'sleep 331'
	nothing_ours_left
}

root_case timeout__stop_signal 'stop-signal is what is sent'
timeout__stop_signal_body()
{
	for signal in INT SIGQUIT 10; do
		atf_check -s exit:124 -o inline:'caught\n' -e inline:'nook: ended by the timeout of 200 ms\n' \
		    "$nook" --timeout 200ms --stop-timeout 60s --stop-signal $signal -- \
		    sh -c 'trap "echo caught; exit 3" INT QUIT USR1; trap "" TERM; sleep 331 & wait'
	done
	nothing_ours_left
}

root_case timeout__without_init 'PID 1 inside, which no SIGTERM ends, is killed stop-timeout later'
timeout__without_init_body()
{
	atf_check -s exit:124 -o empty -e inline:'nook: ended by the timeout of 200 ms\n' \
	    "$nook" --init=no --timeout 200ms --stop-timeout 300ms -- sleep 331
	gone 'sleep 331'
	nothing_ours_left
}

root_case timeout__stopped 'a workload that has stopped itself is ended as well, and its stopped time counts'
timeout__stopped_body()
{
	atf_check -s exit:124 -o empty -e inline:'nook: ended by the timeout of 300 ms\n' \
	    "$nook" --timeout 300ms --stop-timeout 60s -- sh -c 'kill -STOP $$; exec sleep 331'
	atf_check -s exit:124 -o empty -e inline:'nook: ended by the timeout of 300 ms\n' \
	    "$nook" --timeout 300ms --stop-timeout 200ms -- sh -c 'trap "" TERM CONT; kill -STOP $$; kill -STOP $$'
	nothing_ours_left
}

root_case timeout__nobody_reads 'a full pipe as standard error does not stop the time'
timeout__nobody_reads_body()
{
	mkfifo pipe
	exec 5<>pipe
	# to the last byte, by an opening of its own: ours must go on to block
	dd if=/dev/zero of=pipe bs=4096 count=256 oflag=nonblock status=none 2>/dev/null
	dd if=/dev/zero of=pipe bs=1 count=4096 oflag=nonblock status=none 2>/dev/null
	"$nook" --timeout 300ms --report report -- sleep 331 >out 2>&5 5>&- </dev/null &
	pid=$!
	echo '(a full pipe)' >err
	ended 124
	exec 5>&-
	atf_check -s exit:0 -o inline:'reason=timeout\n' -e empty grep '^reason=' report
	gone 'sleep 331'
	nothing_ours_left
}

root_case timeout__reader_gone 'nor does one whose reader has gone, or none at all'
timeout__reader_gone_body()
{
	{ "$nook" --timeout 300ms -- sleep 331 2>&1; echo $? >status; } | :
	atf_check -s exit:0 -o inline:'124\n' -e empty cat status
	# shellcheck disable=SC2016 # the inner shell's
	atf_check -s exit:124 -o empty -e empty sh -c 'exec "$@" 0<&- 1>&- 2>&-' sh "$nook" --timeout 300ms -- sleep 331
	nothing_ours_left
}

# ---- stop -----------------------------------------------------------------------------------------

root_case stop__term 'SIGTERM to nook is passed on, and the end it brings is a stop'
stop__term_body()
{
	start --report report -- sh -c 'echo up; exec sleep 331'
	is_up
	kill -TERM "$pid"
	ended 143
	said
	atf_check -s exit:0 -o inline:'reason=stopped\nstatus=143\nsignal=15\n' -e empty \
	    grep -E '^(reason|status|signal)=' report
	gone 'sleep 331'
	nothing_ours_left
}

root_case stop__term_handled 'the status is the own of a workload that handles it'
stop__term_handled_body()
{
	start --report report -- sh -c 'trap "echo bye; exit 9" TERM; sleep 331 & echo up; wait'
	is_up
	kill -TERM "$pid"
	ended 9
	said
	atf_check -s exit:0 -o inline:'up\nbye\n' -e empty cat out
	atf_check -s exit:0 -o inline:'reason=stopped\nstatus=9\n' -e empty grep -E '^(reason|status|signal)=' report
	nothing_ours_left
}

root_case stop__term_ignored 'who ignores it is killed stop-timeout later, with all it has started'
stop__term_ignored_body()
{
	start --stop-timeout 300ms --report report -- sh -c 'trap "" TERM; echo up; setsid sleep 331 & sleep 331; sleep 331'
	is_up
	kill -TERM "$pid"
	ended 137
	said
	gone 'sleep 331'
	atf_check -s exit:0 -o inline:'reason=stopped\nstatus=137\n' -e empty grep -E '^(reason|status)=' report
	nothing_ours_left
}

root_case stop__third_term 'a second SIGTERM changes nothing, the third does not wait any longer'
stop__third_term_body()
{
	start --stop-timeout 10m -- sh -c 'trap "echo term" TERM; sleep 331 & echo up; while :; do wait; done'
	is_up
	kill -TERM "$pid"
	poll_until 10 grep -qx term out
	kill -TERM "$pid"
	taken "$pid"
	! is_over "$pid" || atf_fail "the second SIGTERM ended it"
	kill -TERM "$pid"
	ended 137
	said
	nothing_ours_left
}

root_case stop__stop_signal 'stop-signal instead of SIGTERM'
stop__stop_signal_body()
{
	start --stop-signal QUIT -- sh -c 'trap "echo quit; exit 6" QUIT; trap "echo term" TERM; sleep 331 & echo up; wait'
	is_up
	kill -TERM "$pid"
	ended 6
	said
	atf_check -s exit:0 -o inline:'up\nquit\n' -e empty cat out
	nothing_ours_left
}

root_case stop__stopped 'a workload that has been stopped ends by it'
stop__stopped_body()
{
	start --stop-timeout 10m -- sh -c 'echo up; exec sleep 331'
	is_up
	workload=$(child_of "$(child_of "$pid")")
	kill -STOP "$workload"
	poll_until 10 grep -q '^State:.T' "/proc/$workload/status"
	kill -TERM "$pid"
	ended 143
	said
	nothing_ours_left
}

root_case stop__without_init 'PID 1 inside that handles SIGTERM gets it; one that does not is killed'
stop__without_init_body()
{
	start --init=no --stop-timeout 10m -- sh -c 'trap "echo bye; exit 9" TERM; sleep 331 & echo up; wait'
	is_up
	kill -TERM "$pid"
	ended 9
	said
	start --init=no --stop-timeout 200ms -- sh -c 'echo up; exec sleep 331'
	is_up
	kill -TERM "$pid"
	ended 137
	said
	gone 'sleep 331'
	nothing_ours_left
}

# ---- signals --------------------------------------------------------------------------------------

root_case signal__forwarded 'all others are passed on as they are'
signal__forwarded_body()
{
	for init in yes no; do
		# shellcheck disable=SC2016 # the inner shell's
		start --init=$init -- sh -c 'for s in HUP INT QUIT USR1 USR2 PIPE ALRM CONT TSTP URG XCPU WINCH IO PWR; do
			trap "echo $s" $s; done; sleep 331 & echo up; while :; do wait; done'
		is_up
		for signal in HUP INT QUIT USR1 USR2 PIPE ALRM CONT TSTP URG XCPU WINCH IO PWR; do
			kill -$signal "$pid"
			poll_until 10 grep -qx $signal out
		done
		# each just once
		atf_check -s exit:0 -o inline:'15\n' -e empty grep -c '' out
		kill -KILL "$(child_of "$pid")"
		ended 137
		nothing_ours_left
	done
}

root_case signal__ends_workload 'a signal that was passed on and that ends it is told as the signal it was'
signal__ends_workload_body()
{
	for each in 1:HUP 2:INT 10:USR1; do
		start --report report -- sh -c 'echo up; exec sleep 331'
		is_up
		kill -"${each#*:}" "$pid"
		ended $((128 + ${each%:*}))
		said inline:"nook: killed by signal ${each%:*} (${each#*:})\n"
		atf_check -s exit:0 -o inline:'reason=signaled\n' -e empty grep '^reason=' report
	done
	nothing_ours_left
}

root_case signal__burst 'a thousand signals in a burst lose no SIGTERM, and hurt nobody'
signal__burst_body()
{
	start -- sh -c 'trap "echo usr1" USR1; sleep 331 & echo up; while :; do wait; done'
	is_up
	burst 1000
	poll_until 10 grep -qx usr1 out
	burst 100
	kill -TERM "$pid"
	ended 143
	said
	nothing_ours_left
}

# burst N: of signals to nook, each of which it passes on or swallows
burst()
{
	n=0
	while [ $n -lt "$1" ]; do
		kill -USR1 "$pid"
		kill -CHLD "$pid"
		n=$((n + 1))
	done
}

root_case signal__during_start 'SIGTERM at 40 moments of the start ends it, and nothing is left'
signal__during_start_body()
{
	for init in yes no; do
		n=0
		while [ $n -lt 20 ]; do
			start --init=$init --stop-timeout 300ms -m 64m --pids-limit 8 -- sleep 332
			sleep "$(printf '0.%04d' $((n * 5)))"
			kill -TERM "$pid"
			poll_until 10 is_over "$pid"
			got=0
			wait "$pid" || got=$?
			# 143; without init the workload is PID 1, which SIGTERM does not end
			case $init$got in
			yes143 | no143 | no137) ;;
			*) atf_fail "moment $n, init=$init: ended with $got" ;;
			esac
			said
			gone 'sleep 332'
			n=$((n + 1))
		done
	done
	nothing_ours_left
}

root_case signal__storm_during_start 'nor does a storm of others during the start keep it from ending'
signal__storm_during_start_body()
{
	n=0
	while [ $n -lt 10 ]; do
		start -m 64m -- sleep 332
		poll_until 10 grep -qx nook "/proc/$pid/comm"
		m=0
		while [ $m -lt 100 ] && kill -WINCH "$pid" 2>/dev/null; do
			kill -CONT "$pid"
			kill -CHLD "$pid"
			m=$((m + 1))
		done
		kill -TERM "$pid"
		poll_until 10 is_over "$pid"
		wait "$pid"
		gone 'sleep 332'
		n=$((n + 1))
	done
	nothing_ours_left
}

# unhindered OPTION: what env(1) does to the signals with it reaches neither the workload nor nook
unhindered()
{
	atf_check -s exit:7 -o inline:'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n' -e empty \
	    env "$1" "$nook" -- sh -c 'grep -E "^Sig(Blk|Ign):" /proc/self/status; exit 7'
	env "$1" "$nook" -- sh -c 'echo up; exec sleep 331' >out 2>err </dev/null &
	pid=$!
	is_up
	kill -TERM "$pid"
	ended 143
	said
	nothing_ours_left
}

root_case signal__ignored_by_caller 'what the caller ignores is neither ignored inside nor missed by nook'
signal__ignored_by_caller_body()
{
	unhindered --ignore-signal
}

root_case signal__blocked_by_caller 'nor is what the caller blocks'
signal__blocked_by_caller_body()
{
	unhindered --block-signal
}

# ---- nothing outlives it --------------------------------------------------------------------------

daemons='setsid sleep 331 & (sleep 331 &) ; (setsid sh -c "trap \"\" TERM HUP; sleep 331" &) ; sleep 331 & exit 4'

root_case daemons__dead_at_return 'what forked away, and holds its output open, is dead when nook returns'
daemons__dead_at_return_body()
{
	for how in '--init=yes' '--init=no' '--pid=host'; do
		atf_check -s exit:4 -o empty -e empty "$nook" $how -- sh -c "$daemons"
		gone 'sleep 331'
	done
	nothing_ours_left
}

root_case daemons__many 'five hundred orphans leave no zombie while it runs'
daemons__many_body()
{
	# shellcheck disable=SC2016 # the inner shell's
	start -- sh -c 'n=0; while [ $n -lt 500 ]; do (true &); n=$((n + 1)); done; echo up; exec sleep 331'
	is_up
	init=$(child_of "$pid")
	poll_until 10 only_child "$init"
	kill -TERM "$pid"
	ended 143
	nothing_ours_left
}

only_child()
{
	[ "$(pgrep -c -P "$1")" = 1 ]
}

root_case init__killed 'SIGKILL of the init ends all, and is told as that'
init__killed_body()
{
	for pid in private host; do
		start --pid=$pid -m 64m --report report -- sh -c 'setsid sleep 331 & echo up; exec sleep 331'
		is_up
		kill -KILL "$(child_of "$pid")"
		ended 137
		said inline:'nook: killed by signal 9 (KILL)\n'
		gone 'sleep 331'
		nothing_ours_left
	done
}

root_case nook__killed 'SIGKILL of nook ends all within two seconds'
nook__killed_body()
{
	for init in yes no; do
		start --init=$init -m 64m --name supervise-killed -- sh -c 'setsid sleep 331 & echo up; exec sleep 331'
		is_up
		kill -KILL "$pid"
		ended 137
		poll_until 2 no_process_now 'sleep 331'
		poll_until 2 no_process_now '.*--name supervise-killed .*'
		# the left-over goes with the next start
		atf_check -s exit:0 -o empty -e empty "$nook" -m 64m --name supervise-killed -- true
		nothing_ours_left
	done
}

root_case nook__killed_pid_host 'the same in the PID namespace of the host'
nook__killed_pid_host_body()
{
	start --pid=host --name supervise-killed -- sh -c 'setsid sleep 333 & echo up; exec sleep 333'
	is_up
	kill -KILL "$pid"
	ended 137
	# not at once in the case of a failure, so that nothing stays
	poll_for_end=0
	while [ $poll_for_end -lt 100 ] && pgrep -fx 'sleep 333' >alive; do
		sleep 0.02
		poll_for_end=$((poll_for_end + 1))
	done
	[ ! -s alive ] || pkill -KILL -fx 'sleep 333'
	atf_check -s exit:0 -o empty -e empty cat alive
	poll_until 2 no_process_now '.*--name supervise-killed .*'
	atf_check -s exit:0 -o empty -e empty "$nook" --name supervise-killed -- true
	nothing_ours_left
}

# ---- nothing happens ------------------------------------------------------------------------------

root_case killed__before_all_is_up 'in the namespace of the host, before the init has begun to wait: all ends all the same'
killed__before_all_is_up_body()
{
	strace -f -qq -o trace -e trace=clone,clone3 -e inject=clone,clone3:delay_exit=1000000 "$nook" --pid=host --name supervise-early -- \
	    sh -c 'echo up; setsid sleep 334 & wait' >out 2>err </dev/null &
	tracer=$!
	poll_until 10 grep -qx up out
	kill -KILL "$(pgrep -P "$tracer" -x nook)"
	no_process 'sleep 334'
	poll_until 10 is_over "$tracer"
	says '' --name supervise-early -- true
	nothing_ours_left
}

root_case killed__after_the_end 'in the namespace of the host, after the workload and before it has taken note: all has ended already'
killed__after_the_end_body()
{
	mkfifo go
	start --pid=host --name supervise-late -- sh -c 'setsid sleep 335 & echo up; read -r go <go; exit 7'
	is_up
	init=$(child_of "$pid")
	kill -STOP "$pid"
	echo >go
	poll_until 10 is_over "$init"
	kill -KILL "$pid"
	ended 137
	no_process 'sleep 335'
	says '' --name supervise-late -- true
	nothing_ours_left
}

root_case watchdog__device 'fed twice in its time, and closed by the letter that stops it; what it cannot do is said'
watchdog__device_body()
{
	# on a file, with which ioctl(2) is content; vm_test has a true one
	set -- strace -qq -o trace -e trace=ioctl -e inject=ioctl:retval=0 "$nook" --watchdog-timeout 1s
	touch device
	atf_check -s exit:3 -o empty -e empty "$@" --watchdog "$PWD/device" -- sh -c 'sleep 1.2; exit 3'
	atf_check -s exit:0 -o match:'^\.\.\.*V$' -e empty tr '\0' . <device
	atf_check -s exit:0 -o match:'WDIOC_SETTIMEOUT, \[1\]' -e empty cat trace
	atf_check -s exit:3 -o empty -e match:'^nook: warning: cannot feed the watchdog: No space left on device$' \
	    "$@" --watchdog /dev/full -- sh -c 'sleep 0.7; exit 3'
	: >device
	fails 125 'nook: cannot set watchdog-timeout to 2 s: Inappropriate ioctl for device\n' \
	    --watchdog "$PWD/device" --watchdog-timeout 2s echo ran
	atf_check -s exit:0 -o inline:V -e empty cat device
	nothing_ours_left
}

root_case soak__half_a_minute 'services killed at random moments for half a minute: restarts counted right, nothing grows, nothing is left'
soak__half_a_minute_body()
{
	atf_check -s exit:0 -o match:'^30 s, 8 services: [1-9][0-9]* kills, ' -e empty "$(atf_get_srcdir)/soak" 30 8
}

root_case kills__at_random_moments 'SIGKILL to nooks at work and on their way, for a while: nothing outlives them, the next start works, nothing is left'
kills__at_random_moments_body()
{
	atf_check -s exit:0 -o match:'^[0-9]+ s, 6 nooks: [1-9][0-9]+ killed, ' -e empty "$(atf_get_srcdir)/kills" "${NOOK_KILLS:-20}"
}

root_case many__at_a_time 'twenty at a time, of names that collide, ended at random for twenty seconds: nothing is left, each name works again'
many__at_a_time_body()
{
	atf_check -s exit:0 -o match:'^20 s, 20 at a time: [1-9][0-9]* runs: ' -e empty "$(atf_get_srcdir)/many" 20 20
}

root_case idle__no_system_call 'while nothing happens neither nook nor its init makes a system call, or wakes'
idle__no_system_call_body()
{
	start --name supervise-idle -m 64m --cpus 1 --pids-limit 8 --report report -- sh -c 'echo up; exec sleep 331'
	is_up
	init=$(child_of "$pid")
	poll_until 10 grep -qx sleep "/proc/$(child_of "$init")/comm"
	# both asleep for long before the count begins
	poll_until 10 at_rest "$pid"
	poll_until 10 at_rest "$init"
	grep -h ctxt_switches "/proc/$pid/status" "/proc/$init/status" >before
	sleep 2
	atf_check -s exit:0 -o file:before -e empty grep -h ctxt_switches "/proc/$pid/status" "/proc/$init/status"
	strace -f -o trace -p "$pid" -p "$init" 2>strace.err &
	tracer=$!
	# the attachment itself wakes them once; then both wait again
	poll_until 10 grep -qE "^$pid .*(poll|restart_syscall)\(" trace
	poll_until 10 rests_again
	cp trace at_first
	sleep 3
	atf_check -s exit:0 -o file:at_first -e empty cat trace
	kill -INT "$tracer"
	wait "$tracer"
	kill -TERM "$pid"
	ended 143
	said
	nothing_ours_left
}

rests_again()
{
	awk -v init="$init" '$1 == init { last = given && /rt_sigtimedwait/; given += /MADV_DONTNEED/ } END { exit !last }' trace
}

root_case idle__memory 'a second later, supervisor and inner init together hold at most 100 KiB, and what they need comes back'
idle__memory_body()
{
	start --name supervise-memory -m 64m --report report -- sh -c 'trap "echo hup" HUP; echo up; while :; do sleep 331 & wait; done'
	is_up
	init=$(child_of "$pid")
	for round in 1 2; do
		poll_until 10 at_rest "$pid"
		poll_until 10 at_rest "$init"
		atf_check -s exit:0 -o match:'^[0-9]{2,3} KiB$' -e empty \
			awk '/^Pss:/ { kib += $2 } END { print kib " KiB"; exit kib > 100 }' "/proc/$pid/smaps_rollup" "/proc/$init/smaps_rollup"
		kill -HUP "$pid"
		poll_until 10 hups "$round"
	done
	kill -TERM "$pid"
	ended 143
	atf_check -s exit:0 -o inline:'reason=stopped\nstatus=143\n' -e empty grep -E '^(reason|status)=' report
	nothing_ours_left
}

hups()
{
	[ "$(grep -cx hup out)" = "$1" ]
}

root_case idle__timeout_set 'a timeout far away changes nothing of that'
idle__timeout_set_body()
{
	start --timeout 1d --stop-timeout 1d -- sh -c 'echo up; exec sleep 331'
	is_up
	init=$(child_of "$pid")
	poll_until 10 at_rest "$pid"
	poll_until 10 at_rest "$init"
	grep -h ctxt_switches "/proc/$pid/status" "/proc/$init/status" >before
	sleep 2
	atf_check -s exit:0 -o file:before -e empty grep -h ctxt_switches "/proc/$pid/status" "/proc/$init/status"
	kill -TERM "$pid"
	ended 143
	nothing_ours_left
}

atf_init_test_cases()
{
	add_cases
}
