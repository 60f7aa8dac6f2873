#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# restart_test.sh - a workload that is started again: when, how soon, how fresh, how quietly; and cpu-time
# shellcheck shell=sh disable=SC2016,SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

clean_up()
{
	end_started
	sweep restart-
}

# again STATUS MSEC: what is said once, before the first time
again()
{
	echo "nook: status $1; starting it again, in $2 ms and then twice as long each time, up to 1m; said once until it has been up for 10s"
}

# runs N: so often it has run by now, each run having added a line to the file
runs()
{
	atf_check_equal "$1" "$(grep -c '' runs)"
}

# said LINE...: what start began has said just these, on standard error
said()
{
	if [ $# -gt 0 ]; then printf '%s\n' "$@"; fi >expected
	atf_check -s exit:0 -o file:expected -e empty cat err
}

# reported LINE...: the report says this of how it ended
reported()
{
	printf '%s\n' "$@" >expected
	atf_check -s exit:0 -o file:expected -e empty grep -E '^(reason|status|restarts)=' report
}

# in_backoff: it has said that it starts again, and now waits for that
in_backoff()
{
	poll_until 10 grep -q 'starting it again' err
	poll_until 10 no_child
}

no_child()
{
	[ -z "$(child_of "$pid")" ]
}

# the workload that what start began now runs
workload()
{
	child_of "$(child_of "$pid")"
}

# up_times N: so often it has come so far as to say "up"
up_times()
{
	[ "$(grep -cx up out)" -ge "$1" ]
}

# ---- whether ----------------------------------------------------------------------------------------

root_case restart__no 'without restart it runs once, and the report has no restarts'
restart__no_body()
{
	for status in 0 5; do
		for option in '' '--restart=no'; do
			rm -f runs
			# shellcheck disable=SC2086 # or none
			atf_check -s exit:$status -o empty -e empty "$nook" $option --report report -- sh -c "echo >>runs; exit $status"
			runs 1
			reported reason=exited status=$status
		done
	done
	nothing_ours_left
}

root_case restart__on_failure 'on-failure: until it ends well, which the report counts'
restart__on_failure_body()
{
	start --restart on-failure --restart-delay 1ms --report report -- \
	    sh -c 'echo >>runs; [ $(grep -c "" runs) = 4 ] || exit 7; echo up'
	ended 0
	said "$(again 7 1)"
	runs 4
	reported reason=exited status=0 restarts=3
	rm runs
	start --restart on-failure --restart-delay 1ms --report report -- sh -c 'echo >>runs'
	ended 0
	said
	runs 1
	reported reason=exited status=0 restarts=0
	nothing_ours_left
}

root_case restart__on_failure_limited 'on-failure:N: N times, then it ends with the last status'
restart__on_failure_limited_body()
{
	for init in yes no; do
		rm -f runs
		start --init=$init --restart on-failure:3 --restart-delay 1ms --report report -- \
		    sh -c 'echo >>runs; exit $(grep -c "" runs)'
		ended 4
		said "$(again 1 1)"
		runs 4
		reported reason=exited status=4 restarts=3
	done
	nothing_ours_left
}

root_case restart__always 'always: also when it ended well, until nook is told to end'
restart__always_body()
{
	start --restart always --restart-delay 1ms --report report -- \
	    sh -c 'echo >>runs; [ $(grep -c "" runs) = 5 ] || exit 0; echo up; exec sleep 331'
	is_up
	kill -TERM "$pid"
	ended 143
	said "$(again 0 1)"
	runs 5
	reported reason=stopped status=143 restarts=4
	nothing_ours_left
}

root_case restart__signal 'the end by a signal is a failure, and is said'
restart__signal_body()
{
	start --restart on-failure:2 --restart-delay 1ms --report report --ulimit core=0 -- sh -c 'echo >>runs; kill -SEGV $$'
	ended 139
	said 'nook: killed by signal 11 (SEGV)' "$(again 139 1)" 'nook: killed by signal 11 (SEGV)'
	runs 3
	reported reason=signaled status=139 restarts=2
	nothing_ours_left
}

root_case restart__limits 'so is the end by timeout and by memory, whose limits hold in each run'
restart__limits_body()
{
	start --restart on-failure:1 --restart-delay 1ms --report report --timeout 200ms -- sh -c 'echo >>runs; exec sleep 331'
	ended 124
	said 'nook: ended by the timeout of 200 ms' "$(again 124 1)" 'nook: ended by the timeout of 200 ms'
	runs 2
	reported reason=timeout status=124 restarts=1
	rm runs
	start --restart on-failure:1 --restart-delay 1ms --report report -m 64m -- sh -c 'echo >>runs; exec tail /dev/zero'
	ended 137
	atf_check -s exit:0 -o inline:'2\n' -e empty grep -c '^nook: killed by the memory limit of 64m, peak ' err
	runs 2
	reported reason=oom status=137 restarts=1
	nothing_ours_left
}

root_case restart__cannot_start 'what cannot be started is not started again'
restart__cannot_start_body()
{
	for policy in on-failure always; do
		fails 127 'nook: cannot run /no/such: No such file or directory\n' --restart $policy -- /no/such
		fails 126 'nook: cannot run /etc/passwd: Permission denied
nook: hint: it is not executable, or its file system is mounted noexec\n' --restart $policy -- /etc/passwd
		fails 125 'nook: cannot change to /nowhere: No such file or directory\n' --restart $policy -w /nowhere -- true
	done
	nothing_ours_left
}

root_case restart__cannot_start_later 'nor is what could be started before'
restart__cannot_start_later_body()
{
	cp "$(command -v busybox)" busybox
	start --restart always --restart-delay 1ms --report report -- "$PWD/busybox" rm "$PWD/busybox"
	ended 127
	said "$(again 0 1)" "nook: cannot run $PWD/busybox: No such file or directory"
	reported reason=failed status=127 restarts=1
	nothing_ours_left
}

root_case restart__own_127 '126 and 127 of the workload itself are statuses like others'
restart__own_127_body()
{
	for status in 125 126 127; do
		rm -f runs
		start --restart on-failure:1 --restart-delay 1ms -- sh -c "echo >>runs; exit $status"
		ended $status
		said "$(again $status 1)"
		runs 2
	done
	nothing_ours_left
}

# ---- when -------------------------------------------------------------------------------------------

root_case delay__doubles 'the delay is kept, and doubles each time'
delay__doubles_body()
{
	start --restart on-failure:4 --restart-delay 100ms -- sh -c 'cut -d " " -f 1 /proc/uptime >>runs; exit 1'
	ended 1
	runs 5
	# the clock there has hundredths; a busy machine is later, never earlier
	atf_check -s exit:0 -o empty -e empty awk 'NR > 1 {
		gap = $1 - last; least = 0.1 * 2 ^ (NR - 2)
		if (gap < least - 0.02 || gap > least + 2) print "gap", NR - 1, "is", gap
	} { last = $1 }' runs
	nothing_ours_left
}

root_case delay__reset 'after ten seconds up it starts from the first delay, and is said, again'
delay__reset_body()
{
	start --restart on-failure:4 --restart-delay 300ms -- sh -c 'cut -d " " -f 1 /proc/uptime >>runs
	    [ $(grep -c "" runs) != 3 ] || { sleep 10.1; cut -d " " -f 1 /proc/uptime >fell; }; exit 1'
	ended 1
	runs 5
	said "$(again 1 300)" "$(again 1 300)"
	at_most "$(sed -n 4p runs | awk '{ getline fell <"fell"; print $1 - fell }')" 1.1
	nothing_ours_left
}

root_case delay__over_the_cap 'a first delay over the cap is kept as it is'
delay__over_the_cap_body()
{
	start --restart on-failure --restart-delay 2m -- sh -c 'exit 1'
	in_backoff
	said "$(again 1 120000)"
	kill -TERM "$pid"
	ended 1
	nothing_ours_left
}

root_case delay__said_once 'a crash loop says so once'
delay__said_once_body()
{
	start --restart on-failure:9 --restart-delay 1ms -- sh -c 'exit 1'
	ended 1
	said "$(again 1 1)"
	nothing_ours_left
}

# ---- in between -------------------------------------------------------------------------------------

root_case backoff__ended 'SIGTERM, SIGINT and SIGQUIT end it at once, with the last status'
backoff__ended_body()
{
	for signal in TERM INT QUIT; do
		start --restart on-failure --restart-delay 1h --report report --name restart-backoff -- sh -c 'exit 5'
		in_backoff
		kill -$signal "$pid"
		poll_until 2 is_over "$pid"
		ended 5
		said "$(again 5 3600000)"
		reported reason=stopped status=5 restarts=0
	done
	nothing_ours_left
}

root_case backoff__others 'no other signal ends it, or shortens the time'
backoff__others_body()
{
	start --restart always --restart-delay 2s -- sh -c 'cut -d " " -f 1 /proc/uptime >>runs; [ $(grep -c "" runs) = 1 ] || exec sleep 331'
	in_backoff
	for signal in HUP USR1 USR2 ALRM PIPE CONT CHLD WINCH; do
		kill -$signal "$pid"
		poll_until 10 grep -q '^ShdPnd:.0*$' "/proc/$pid/status"
	done
	poll_until 10 ran_twice
	at_least "$(awk 'NR > 1 { print $1 - last } { last = $1 }' runs)" 1.97
	kill -TERM "$pid"
	ended 143
	nothing_ours_left
}

ran_twice()
{
	[ "$(grep -c '' runs)" = 2 ]
}

root_case backoff__name_kept 'meanwhile its name is its own, and a second start of that name is refused'
backoff__name_kept_body()
{
	start --restart always --restart-delay 1h --name restart-kept -- true
	in_backoff
	atf_check -s exit:125 -o empty -e match:'^nook: restart-kept is already running: ' timeout -k 1 20 "$nook" --name restart-kept -- echo ran
	kill -TERM "$pid"
	ended 0
	nothing_ours_left
}

root_case backoff__idle 'while it waits nook makes no system call'
backoff__idle_body()
{
	start --restart always --restart-delay 1h -- true
	in_backoff
	poll_until 10 at_rest "$pid"
	grep ctxt_switches "/proc/$pid/status" >before
	sleep 1
	atf_check -s exit:0 -o file:before -e empty grep ctxt_switches "/proc/$pid/status"
	kill -TERM "$pid"
	ended 0
	nothing_ours_left
}

root_case signal__hup 'SIGHUP is for the workload, and does not end the service'
signal__hup_body()
{
	start --restart always --restart-delay 1ms --report report -- sh -c 'trap "echo reload" HUP; sleep 331 & echo up; while :; do wait; done'
	is_up
	kill -HUP "$pid"
	poll_until 10 grep -qx reload out
	kill -KILL "$(workload)"
	poll_until 10 up_times 2
	kill -HUP "$pid"
	poll_until 10 two_reloads
	kill -TERM "$pid"
	ended 143
	reported reason=stopped status=143 restarts=1
	# and where the workload does not handle it, it ends that, and is started again
	start --restart always --restart-delay 1ms -- sh -c 'echo up; exec sleep 331'
	is_up
	kill -HUP "$pid"
	poll_until 10 up_times 2
	kill -TERM "$pid"
	ended 143
	said 'nook: killed by signal 1 (HUP)' "$(again 129 1)"
	nothing_ours_left
}

two_reloads()
{
	[ "$(grep -cx reload out)" = 2 ]
}

root_case signal__int 'SIGINT and SIGQUIT, which end the workload, end the service'
signal__int_body()
{
	for each in 2:INT 3:QUIT; do
		start --restart always --restart-delay 1ms --report report --ulimit core=0 -- sh -c 'echo up; exec sleep 331'
		is_up
		kill -"${each#*:}" "$pid"
		ended $((128 + ${each%:*}))
		atf_check -s exit:0 -o inline:'restarts=0\n' -e empty grep ^restarts= report
	done
	nothing_ours_left
}

root_case signal__term_as_it_ends 'SIGTERM in the same moment as the end of the workload starts nothing again'
signal__term_as_it_ends_body()
{
	n=0
	while [ $n -lt 20 ]; do
		rm -f runs
		start --restart always --restart-delay 1ms -- sh -c 'echo up; read -r x <go'
		mkfifo go
		is_up
		{ echo >go & }
		kill -TERM "$pid"
		poll_until 10 is_over "$pid"
		got=0
		wait "$pid" || got=$?
		# by its end, or by the signal, or already waiting; never over and up again
		case $got in
		0 | 143) ;;
		*) atf_fail "ended with $got; it said: $(cat err)" ;;
		esac
		at_most "$(grep -cx up out)" 2
		rm -f go
		n=$((n + 1))
	done
	nothing_ours_left
}

# ---- fresh ------------------------------------------------------------------------------------------

root_case fresh__namespaces 'each run has namespaces of its own'
fresh__namespaces_body()
{
	start --restart always --restart-delay 1ms -- sh -c 'echo up; exec sleep 331'
	is_up
	poll_until 10 grep -qx sleep "/proc/$(workload)/comm"
	first=$(workload)
	# held, so that no number is used again
	exec 3<"/proc/$first/ns/mnt" 4<"/proc/$first/ns/pid" 5<"/proc/$first/ns/net" 6<"/proc/$first/ns/ipc" \
	    7<"/proc/$first/ns/uts" 8<"/proc/$first/ns/cgroup"
	for fd in 3 4 5 6 7 8; do stat -L -c %i /proc/self/fd/$fd; done >numbers
	kill -KILL "$first"
	poll_until 10 up_times 2
	second=$(workload)
	for ns in mnt pid net ipc uts cgroup; do stat -L -c %i "/proc/$second/ns/$ns"; done >>numbers
	for ns in mnt pid net ipc uts cgroup; do stat -L -c %i "/proc/self/ns/$ns"; done >>numbers
	exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&-
	atf_check -s exit:0 -o inline:'18\n' -e empty -x 'sort -u numbers | grep -c ""'
	kill -TERM "$pid"
	ended 143
	nothing_ours_left
}

root_case fresh__group 'each run has a group of its own, with the limits in it, and none of the run before lives on'
fresh__group_body()
{
	start --restart always --restart-delay 1ms --name restart-fresh -m 64m --pids-limit 16 -- \
	    sh -c 'setsid sleep 332 & echo up; exec sleep 331'
	is_up
	find /sys/fs/cgroup -name restart-fresh -printf '%i\n' >numbers
	orphan=$(pgrep -fx 'sleep 332')
	kill -KILL "$(workload)"
	poll_until 10 up_times 2
	find /sys/fs/cgroup -name restart-fresh -printf '%i\n' >>numbers
	atf_check -s exit:0 -o empty -e empty -x 'sort numbers | uniq -d'
	atf_check -s exit:0 -o inline:'67108864\n16\n' -e empty cat /sys/fs/cgroup/memory/nook/restart-fresh/memory.limit_in_bytes \
	    /sys/fs/cgroup/pids/nook/restart-fresh/pids.max
	is_over "$orphan" || atf_fail 'a process of the first run lives on'
	kill -TERM "$pid"
	ended 143
	nothing_ours_left
}

root_case fresh__timeout 'the time that it may take is each time the whole'
fresh__timeout_body()
{
	start --restart always --restart-delay 1ms --timeout 1s --report report -- \
	    sh -c 'echo >>runs; case $(grep -c "" runs) in [12]) exec sleep 0.7;; esac; echo up; exec sleep 331'
	is_up
	kill -TERM "$pid"
	ended 143
	at_most "$(figure wall-seconds report)" 1
	nothing_ours_left
}

# costs: the open files of nook, and its memory in KiB
costs()
{
	find "/proc/$pid/fd" -mindepth 1 -printf '%f\n' | grep -c ''
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status"
}

root_case fresh__no_leak 'many starts cost neither descriptors nor memory'
fresh__no_leak_body()
{
	exec 9>ready
	start --restart always --restart-delay 1ms --name restart-leak -m 64m --cpus 1 --pids-limit 16 --cpu-time 1h --notify systemd \
	    --pidfile "$PWD/pidfile" --ready-fd 9 --stdout ./log --log-max-size 4k --stderr append:./log2 -- \
	    sh -c 'echo $$; echo >>runs; case $(grep -c "" runs) in 3 | 11) exec sleep 331;; esac'
	exec 9>&-
	for each in 3 11; do
		poll_until 20 ran_times $each
		poll_until 10 grep -qx sleep "/proc/$(workload)/comm"
		costs >costs.$each
		kill -KILL "$(workload)"
	done
	atf_check_equal "$(head -n 1 costs.3)" "$(head -n 1 costs.11)"
	at_most "$(tail -n 1 costs.11)" $(($(tail -n 1 costs.3) + 16))
	kill -TERM "$pid"
	poll_until 10 is_over "$pid"
	nothing_ours_left
}

ran_times()
{
	[ "$(grep -c '' runs)" = "$1" ] && [ -n "$(workload)" ]
}

# ---- cpu-time ---------------------------------------------------------------------------------------

burn='while :; do :; done'

root_case cpu_time__ends 'over its CPU time it is ended, soon, with 124 and a message'
cpu_time__ends_body()
{
	for init in yes no; do
		atf_check -s exit:124 -o empty -e inline:'nook: ended by the cpu-time of 300 ms\n' \
		    timeout -k 1 60 "$nook" --init=$init --cpu-time 300ms --stop-timeout 50ms --report report -- sh -c "$burn"
		atf_check -s exit:0 -o inline:'reason=cpu-time\nstatus=124\n' -e empty grep -E '^(reason|status)=' report
		at_least "$(figure cpu-seconds report)" 0.3
		at_most "$(figure cpu-seconds report)" 0.6
	done
	nothing_ours_left
}

root_case cpu_time__tree 'what all of them use together counts, wherever they went'
cpu_time__tree_body()
{
	atf_check -s exit:124 -o empty -e inline:'nook: ended by the cpu-time of 400 ms\n' \
	    timeout -k 1 60 "$nook" --cpu-time 400ms --report report -- \
	    sh -c "sh -c '$burn' & (setsid sh -c '$burn' &) ; sh -c '$burn' & sleep 331"
	at_least "$(figure cpu-seconds report)" 0.4
	at_most "$(figure cpu-seconds report)" 0.7
	no_process_now "sh -c $burn" || atf_fail 'something burns on'
	nothing_ours_left
}

root_case cpu_time__ended_children 'also of those that have ended'
cpu_time__ended_children_body()
{
	atf_check -s exit:124 -o empty -e inline:'nook: ended by the cpu-time of 400 ms\n' \
	    timeout -k 1 60 "$nook" --cpu-time 400ms --report report -- sh -c 'while :; do (n=0; while [ $n -lt 500 ]; do n=$((n + 1)); done); done'
	at_least "$(figure cpu-seconds report)" 0.4
	at_most "$(figure cpu-seconds report)" 0.7
	nothing_ours_left
}

root_case cpu_time__term_ignored 'who ignores SIGTERM is killed stop-timeout later; who handles it has run out all the same'
cpu_time__term_ignored_body()
{
	atf_check -s exit:124 -o empty -e inline:'nook: ended by the cpu-time of 100 ms\n' \
	    timeout -k 1 60 "$nook" --cpu-time 100ms --stop-timeout 200ms --report report -- sh -c "trap '' TERM; $burn"
	at_most "$(figure cpu-seconds report)" 0.6
	atf_check -s exit:124 -o inline:'bye\n' -e inline:'nook: ended by the cpu-time of 100 ms\n' \
	    timeout -k 1 60 "$nook" --cpu-time 100ms --stop-timeout 20s -- sh -c "trap 'echo bye; exit 3' TERM; $burn"
	nothing_ours_left
}

root_case cpu_time__not_reached 'time that passes is not CPU time'
cpu_time__not_reached_body()
{
	atf_check -s exit:3 -o empty -e empty "$nook" --cpu-time 300ms -- sh -c 'sleep 0.8; exit 3'
	nothing_ours_left
}

root_case cpu_time__each_run 'each run has all of it'
cpu_time__each_run_body()
{
	start --restart on-failure:2 --restart-delay 1ms --cpu-time 200ms --report report -- sh -c "echo >>runs; $burn"
	ended 124
	said 'nook: ended by the cpu-time of 200 ms' "$(again 124 1)" 'nook: ended by the cpu-time of 200 ms'
	runs 3
	reported reason=cpu-time status=124 restarts=2
	at_least "$(figure cpu-seconds report)" 0.2
	at_most "$(figure cpu-seconds report)" 0.5
	nothing_ours_left
}

# without_counter: makes a script of that name, which runs a command on a kernel where no group counts CPU
# time, as far as the command can tell
without_counter()
{
	printf '2:pids:/\n1:memory:/\n' >controllers
	printf '#! /bin/sh\n%s\n' 'exec unshare -m strace -f -o trace -e trace=fsconfig -e inject=fsconfig:error=EINVAL \
	sh -c '"'"'umount /sys/fs/cgroup/unified && mount --bind controllers /proc/$$/cgroup && exec "$@"'"'"' sh "$@"' >without_counter
	chmod +x without_counter
}

root_case cpu_time__missing 'where nothing counts it, it is refused, or excused by allow-missing'
cpu_time__missing_body()
{
	without_counter
	atf_check -s exit:125 -o empty -e inline:'nook: cannot limit cpu-time: no group of this kernel counts CPU time
nook: hint: it needs CONFIG_CGROUP_CPUACCT, or cgroup v2\n' ./without_counter "$nook" --cpu-time 1s -- echo ran
	atf_check -s exit:0 -o inline:'ran\n' -e inline:'nook: warning: cpu-time is missing here, and the command line says to go on\n' \
	    ./without_counter "$nook" --cpu-time 1s --allow-missing cpu-time --report report -- echo ran
	atf_check -s exit:0 -o inline:'missing=cpu-time\n' -e empty grep '^missing=' report
	nothing_ours_left
}

atf_init_test_cases()
{
	add_cases
}
