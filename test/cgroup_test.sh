#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# cgroup_test.sh - the group: where it is made, whose it is, and that it goes
# shellcheck shell=sh disable=SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

v1=/sys/fs/cgroup

# made_in NAME HIERARCHY...: the groups of that name that there are, and no other
made_in()
{
	made_name=$1
	shift
	for hierarchy; do
		echo "$v1/$hierarchy/nook/$made_name"
	done | sort >expected
	find $v1 -type d -name "$made_name" 2>/dev/null | sort >made
	atf_check -s exit:0 -o file:expected -e empty cat made
}

# stopped [PID...]: ends what runs, or each PID, with nothing said
stopped()
{
	kill -TERM "${@:-$pid}"
	for each in "${@:-$pid}"; do
		ended 143 "$each"
	done
}

# our_group PATH: a group made by hand, below the hierarchies; goes with the case
our_group()
{
	atf_check -s exit:0 -o empty -e empty mkdir -p "$v1/$1"
	echo "$v1/$1" >>our_groups
}

# our_process GROUP: a process in that group, in $sleeper
our_process()
{
	# shellcheck disable=SC2016 # the inner shell's
	sh -c 'echo $$ >"$1/cgroup.procs" && exec sleep 321' sh "$v1/$1" &
	sleeper=$!
	echo $sleeper >>our_processes
	poll_until 10 grep -qx sleep "/proc/$sleeper/comm"
}

forget()
{
	if [ -e our_processes ]; then
		# shellcheck disable=SC2046 # a list
		kill -KILL $(cat our_processes) 2>/dev/null
		sleep 0.1
	fi
	[ ! -e our_groups ] || sort -r our_groups | while read -r group; do
		[ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} +
	done
	rm -f our_groups our_processes
	sweep cgroup-
}

clean_up()
{
	forget
	[ ! -e our_directory ] || [ ! -d "$(cat our_directory)" ] || rmdir "$(cat our_directory)" $v1/*"$(cat our_directory)"
}

# ---- where it is made -----------------------------------------------------------------------------

root_case where__unnamed 'a group for each limit, by the number of the process, and nowhere else'
where__unnamed_body()
{
	start -m 64m --pids-limit 8 -- sh -c 'echo up; exec sleep 300'
	is_up
	made_in "$pid" memory pids
	stopped
	nothing_ours_left
}

root_case where__named 'with a name one in the unified hierarchy too'
where__named_body()
{
	start --name cgroup-where --cpus 0.5 -- sh -c 'echo up; exec sleep 300'
	is_up
	made_in cgroup-where cpu unified
	atf_check -s exit:0 -o match:'^0::/nook/cgroup-where$' -e empty cat "/proc/$(child_of "$(child_of "$pid")")/cgroup"
	stopped
	nothing_ours_left
}

root_case where__every_limit 'every limit in the hierarchy of its controller'
where__every_limit_body()
{
	start --name cgroup-where -m 64m -c 512 --cpuset-cpus 0 --cpuset-mems 0 --pids-limit 8 -- \
	    sh -c 'echo up; exec sleep 300'
	is_up
	made_in cgroup-where memory cpu cpuset pids unified
	stopped
	nothing_ours_left
}

root_case where__report 'a report brings in the hierarchies of its figures'
where__report_body()
{
	start --report report -- sh -c 'echo up; exec sleep 300'
	is_up
	made_in "$pid" memory cpuacct
	stopped
	nothing_ours_left
}

root_case where__hybrid 'limits on v1 and the name on v2: the limits bite all the same'
where__hybrid_body()
{
	atf_check -s exit:137 -o empty -e match:'^nook: killed by the memory limit of 64m, peak 6[34]m$' \
	    "$nook" --name cgroup-hybrid -m 64m -- tail /dev/zero
	nothing_ours_left
}

root_case where__parent 'in the group that cgroup-parent names, however deep; a blank in it does not matter'
where__parent_body()
{
	our_group memory/nook-test-parent
	our_group 'memory/nook-test-parent/a b'
	our_group 'memory/nook-test-parent/a b/c'
	start --cgroup-parent '/nook-test-parent/a b/c' -m 64m -- sh -c 'echo up; exec sleep 300'
	is_up
	atf_check -s exit:0 -o inline:'67108864\n' -e empty \
	    cat "$v1/memory/nook-test-parent/a b/c/$pid/memory.limit_in_bytes"
	stopped
	# the parent was there before, and stays
	atf_check -s exit:0 -o inline:"$v1/memory/nook-test-parent/a b/c\n" -e empty \
	    find "$v1/memory/nook-test-parent/a b/c" -type d
	forget
	nothing_ours_left
}

root_case where__parent_made 'a cgroup-parent that was not there is made, and goes again'
where__parent_made_body()
{
	echo $v1/memory/nook-test-made >our_groups
	start --cgroup-parent /nook-test-made/a/b -m 64m -- sh -c 'echo up; exec sleep 300'
	is_up
	atf_check -s exit:0 -o inline:'67108864\n' -e empty \
	    cat "$v1/memory/nook-test-made/a/b/$pid/memory.limit_in_bytes"
	stopped
	nothing_ours_left
}

root_case where__parent_root 'in the root group; list and stop find it there, and it goes, not what has its path on the host'
where__parent_root_body()
{
	name=nook-test-root-$$
	echo "/$name" >our_directory
	atf_check -s exit:0 -o empty -e empty mkdir "/$name"
	start --cgroup-parent / --name "$name" -m 64m -- sh -c 'echo up; exec sleep 300'
	is_up
	atf_check -s exit:0 -o inline:'67108864\n' -e empty cat "$v1/memory/$name/memory.limit_in_bytes"
	atf_check -s exit:0 -o match:"^$name +$pid " -e empty "$nook" list --cgroup-parent /
	atf_check -s exit:0 -o inline:"$name has stopped\n" -e empty "$nook" stop --cgroup-parent / "$name"
	ended 143
	atf_check -s exit:0 -o empty -e empty find $v1 -type d -name "$name"
	atf_check -s exit:0 -o empty -e empty rmdir "/$name"
	nothing_ours_left
}

root_case where__parent_siblings 'what others keep beside it, empty or not, is not touched'
where__parent_siblings_body()
{
	our_group memory/nook-test-beside
	our_group memory/nook-test-beside/empty
	our_group memory/nook-test-beside/full
	our_process memory/nook-test-beside/full
	atf_check -s exit:0 -o inline:'ran\n' -e empty \
	    "$nook" --cgroup-parent /nook-test-beside -m 64m -- echo ran
	find $v1/memory/nook-test-beside -type d | sort >there
	atf_check -s exit:0 -o inline:"$v1/memory/nook-test-beside\n$v1/memory/nook-test-beside/empty
$v1/memory/nook-test-beside/full\n" -e empty cat there
	atf_check -s exit:0 -o empty -e empty kill -0 $sleeper
	forget
	nothing_ours_left
}

root_case where__parent_refused 'a cgroup-parent that leads elsewhere is refused'
where__parent_refused_body()
{
	for parent in /nook/.. /nook/../x /../x x ../x "$(printf '/%0401d' 0)"; do
		atf_check -s exit:125 -o empty \
		    -e inline:"nook: --cgroup-parent=$parent: not a group's path (want a path such as /nook, without ..)\n" \
		    "$nook" --cgroup-parent "$parent" -m 64m -- echo ran
	done
	nothing_ours_left
}

# ---- names ----------------------------------------------------------------------------------------

root_case name__rules 'letters, digits and _ + . -, at most 64, not first . or -'
name__rules_body()
{
	long=$(printf '%064d' 0)
	for name in a 0 A-b_c+d.e x.. "$long"; do
		atf_check -s exit:0 -o inline:'ran\n' -e empty "$nook" --name "$name" -- echo ran
	done
	nothing_ours_left
	for name in . .. .a -a a/b /a a/ 'a b' ' a' 'a%' 'a:b' "${long}0"; do
		atf_check -s exit:125 -o empty \
		    -e inline:"nook: --name=$name: not a name (want at most 64 letters, digits or _ + . -)\n" \
		    "$nook" "--name=$name" -- echo ran
	done
	atf_check -s exit:125 -o empty \
	    -e inline:'nook: --name=: empty (want at most 64 letters, digits or _ + . -)\n' "$nook" --name '' -- echo ran
	atf_check -s exit:125 -o empty \
	    -e inline:'nook: --name=a\\x0ab: not a name (want at most 64 letters, digits or _ + . -)\n' \
	    "$nook" --name 'a
b' -- echo ran
	nothing_ours_left
}

root_case name__running 'a second start of the same name is refused, whatever its limits, and the first goes on'
name__running_body()
{
	start --name cgroup-twice -m 64m -- sh -c 'echo up; exec sleep 300'
	is_up
	for limit in '-m 32m' '--pids-limit 8' '--cpus 0.5' '--read-only'; do
		# shellcheck disable=SC2086 # an option and its value
		atf_check -s exit:125 -o empty \
		    -e inline:'nook: cgroup-twice is already running: its group /nook/cgroup-twice is in use\n' \
		    "$nook" --name cgroup-twice $limit -- echo ran
	done
	made_in cgroup-twice memory unified
	atf_check -s exit:0 -o inline:'67108864\n' -e empty cat $v1/memory/nook/cgroup-twice/memory.limit_in_bytes
	stopped
	atf_check -s exit:0 -o inline:'ran\n' -e empty "$nook" --name cgroup-twice -m 64m -- echo ran
	nothing_ours_left
}

root_case name__two_at_once 'of two starts of one name at the same instant exactly one wins, 20 times'
name__two_at_once_body()
{
	round=0
	while [ $round -lt 20 ]; do
		for n in 1 2; do
			"$nook" --name cgroup-race -m 64m --pids-limit 8 -- sh -c 'echo up; exec sleep 300' \
			    >out$n 2>err$n </dev/null &
			eval "pid$n=$!"
		done
		poll_until 10 one_is_over
		if is_over "$pid1"; then lost=1 won=2 winner=$pid2 loser=$pid1; else lost=2 won=1 winner=$pid1 loser=$pid2; fi
		ended 125 "$loser"
		atf_check -s exit:0 -o match:'^nook: cgroup-race is already running: its group /nook/cgroup-race is in use$' \
		    -e empty cat err$lost
		poll_until 10 grep -qx up out$won
		stopped "$winner"
		round=$((round + 1))
	done
	nothing_ours_left
}

one_is_over()
{
	is_over "$pid1" || is_over "$pid2"
}

root_case name__many_at_once 'different names never stand in the way of each other, 64 at a time, 4 times'
name__many_at_once_body()
{
	for round in 1 2 3 4; do
		many "--name cgroup-many-"
	done
	nothing_ours_left
}

# many [WORDS]: 64 short runs at the same time, all well; the last of the WORDS is made different
many()
{
	pids=
	n=0
	while [ $n -lt 64 ]; do
		# shellcheck disable=SC2086 # words
		"$nook" ${1:+$1$n} -m 64m --pids-limit 16 -- echo ran >"out$n" 2>"err$n" &
		pids="$pids $!"
		n=$((n + 1))
	done
	n=0
	for each in $pids; do
		cp "err$n" err
		ended 0 "$each"
		atf_check -s exit:0 -o inline:'ran\n' -e empty cat "out$n" "err$n"
		n=$((n + 1))
	done
}

root_case unnamed__many_at_once '64 at a time, without names'
unnamed__many_at_once_body()
{
	many
	nothing_ours_left
}

root_case unnamed__many_in_a_row '200 in a row'
unnamed__many_in_a_row_body()
{
	cat >row <<-'END'
	n=0
	while [ $n -lt 200 ]; do
		"$1" -m 64m --pids-limit 16 -- true || exit
		n=$((n + 1))
	done
	END
	atf_check -s exit:0 -o empty -e empty sh row "$nook"
	nothing_ours_left
}

# ---- left-overs, and what belongs to others ---------------------------------------------------------

root_case leftover__empty 'an empty group of the name, in one or all hierarchies, is no hindrance'
leftover__empty_body()
{
	for where in memory pids unified 'memory pids unified'; do
		for each in $where; do
			our_group "$each/nook/cgroup-left"
		done
		# what it held must not hold now
		[ ! -d $v1/memory/nook/cgroup-left ] || echo 1m >$v1/memory/nook/cgroup-left/memory.limit_in_bytes
		atf_check -s exit:0 -o inline:'ran\n' -e empty \
		    "$nook" --name cgroup-left -m 64m --pids-limit 8 -- sh -c 'dd if=/dev/zero of=/dev/null bs=4M count=1 status=none; echo ran'
		nothing_ours_left
	done
}

root_case leftover__of_killed 'what a nook leaves that was killed goes with the next start, of this name or another'
leftover__of_killed_body()
{
	for name in cgroup-killed cgroup-other; do
		start --name cgroup-killed -m 64m --pids-limit 8 -- sh -c 'echo up; exec sleep 322'
		is_up
		kill -KILL "$pid"
		ended 137
		no_process 'sleep 322'
		made_in cgroup-killed memory pids unified
		atf_check -s exit:0 -o inline:'ran\n' -e empty "$nook" --name $name -m 64m --pids-limit 8 -- echo ran
		nothing_ours_left
	done
}

root_case leftover__groups_inside 'an empty group of the name that has empty groups inside is swept as well'
leftover__groups_inside_body()
{
	our_group memory/nook/cgroup-inside
	our_group memory/nook/cgroup-inside/a
	our_group memory/nook/cgroup-inside/a/b
	atf_check -s exit:0 -o inline:'ran\n' -e empty "$nook" --name cgroup-inside -m 64m -- echo ran
	nothing_ours_left
}

root_case made__not_opened 'one that can be made and not opened is refused at once, and goes'
made__not_opened_body()
{
	strace -qq -e trace=openat -o trace "$nook" --name cgroup-shut -m 64m -- true
	for which in 1 2; do # of memory, and of the name in the unified hierarchy
		nth=$(awk -v n=$which '/"cgroup-shut", / && !--n { print NR }' trace)
		atf_check -s exit:125 -o empty -e match:'^nook: cannot make group /nook/cgroup-shut: Permission denied$' timeout -k 1 30 \
		    strace -qq -o shut -e trace=openat -e inject=openat:error=EACCES:when="$nth+" "$nook" --name cgroup-shut -m 64m -- echo ran
		nothing_ours_left
	done
}

root_case foreign__populated 'a group of the name with a process in it is somebody else, in any hierarchy'
foreign__populated_body()
{
	for where in pids memory unified; do
		our_group $where/nook/cgroup-foreign
		our_process $where/nook/cgroup-foreign
		atf_check -s exit:125 -o empty \
		    -e inline:'nook: cgroup-foreign is already running: its group /nook/cgroup-foreign is in use\n' \
		    "$nook" --name cgroup-foreign -m 64m --pids-limit 8 -- echo ran
		# it is left as it was, and nothing was made elsewhere
		atf_check -s exit:0 -o empty -e empty kill -0 $sleeper
		atf_check -s exit:0 -o inline:"$sleeper\n" -e empty cat $v1/$where/nook/cgroup-foreign/cgroup.procs
		made_in cgroup-foreign $where
		forget
		wait $sleeper
	done
	nothing_ours_left
}

root_case foreign__process_comes 'a process that somebody moves in is named; status and process stay'
foreign__process_comes_body()
{
	our_group memory/nook-test-comes
	our_process memory/nook-test-comes
	start --name cgroup-comes -m 64m -- sh -c 'echo up; exec sleep 300'
	is_up
	echo $v1/memory/nook/cgroup-comes >>our_groups
	echo $sleeper >$v1/memory/nook/cgroup-comes/cgroup.procs || atf_fail 'cannot move the process'
	stopped
	atf_check -s exit:0 -o inline:'1\n' -e empty grep -c '' err
	atf_check -s exit:0 -o match:'^nook: warning: cannot remove group /nook/cgroup-comes: Device or resource busy' \
	    -o match:"\\b$sleeper\\b" -e empty cat err
	atf_check -s exit:0 -o empty -e empty kill -0 $sleeper
	forget
	nothing_ours_left
}

root_case foreign__shows_as_0 'where a process of another PID namespace is in it, which v2 has as 0, nook does not end its callers'
foreign__shows_as_0_body()
{
	# to kill(2) 0 is the caller's process group. As before 5.14: without cgroup.kill
	echo $v1/unified/nook/cgroup-other >our_groups
	our_process unified
	cat >called_by <<-'END'
		"$1" --name cgroup-other --pid host -- sh -c 'echo up; exec sleep 300' &
		trap 'kill -TERM $!' TERM
		until [ -e $2/cgroup.kill ]; do sleep 0.02; done
		mount --bind "$0" $2/cgroup.kill
		mount -o remount,bind,ro $2/cgroup.kill
		echo covered
		wait
		wait $!
		echo "nook ended with $?"
	END
	# shellcheck disable=SC2016
	setsid unshare -m -p --fork --mount-proc --propagation private sh called_by "$nook" $v1/unified/nook/cgroup-other >out 2>err &
	pid=$!
	echo "$pid" >>our_processes
	is_up
	poll_until 10 grep -qx covered out
	echo $sleeper >$v1/unified/nook/cgroup-other/cgroup.procs || atf_fail 'cannot move the process'
	kill -TERM "$(child_of "$pid")"
	sleep 0.5
	atf_check -s exit:0 -o empty -e empty kill -0 $sleeper # neither does it end that
	kill -KILL $sleeper
	ended 0
	atf_check -s exit:0 -o inline:'covered\nnook ended with 143\nup\n' -e empty sort out
	nothing_ours_left
}

root_case end__groups_inside 'groups that the workload made inside its own go with it'
end__groups_inside_body()
{
	echo $v1/memory/nook/cgroup-deep >our_groups
	atf_check -s exit:0 -o empty -e empty "$nook" --name cgroup-deep -m 64m -v $v1/memory:/mnt:rw -- \
	    mkdir -p /mnt/nook/cgroup-deep/a/b /mnt/nook/cgroup-deep/c
	nothing_ours_left
}

root_case killed__at_any_moment 'SIGKILL of nook at 30 moments: no process lives on, and the next start sweeps'
killed__at_any_moment_body()
{
	n=0
	while [ $n -lt 30 ]; do
		"$nook" --name cgroup-kill -m 64m --pids-limit 16 -- sh -c 'sleep 323 & setsid sleep 323 & exec sleep 323' \
		    >out 2>err </dev/null &
		pid=$!
		# from before anything is made to well after the workload has started: 0 to 14.5 ms
		sleep "$(printf '0.%04d' $((n * 5)))"
		kill -KILL $pid
		ended 137
		poll_until 2 no_process_now 'sleep 323'
		poll_until 2 no_process_now ".*--name cgroup-kill .*"
		# groups of others may go while find looks
		find $v1 -path '*/nook/cgroup-kill/cgroup.procs' -exec cat {} + >inside 2>/dev/null
		atf_check -s exit:0 -o empty -e empty cat inside
		n=$((n + 1))
	done
	atf_check -s exit:0 -o inline:'ran\n' -e empty "$nook" --name cgroup-kill -m 64m --pids-limit 16 -- echo ran
	nothing_ours_left
}

# ---- whose it is ----------------------------------------------------------------------------------

# called_in GROUP COMMAND...: the command, called by a process of that group of the memory hierarchy
called_in()
{
	cat >called_in <<-END
	#! /bin/sh
	echo \$\$ >"$v1/memory/$1/cgroup.procs" && exec "\$@"
	END
	chmod +x called_in
}

root_case caller__limited 'a caller whose group holds a limit: the group is made below it'
caller__limited_body()
{
	our_group memory/nook-test-caller
	our_group memory/nook-test-caller/inner
	echo 256m >$v1/memory/nook-test-caller/memory.limit_in_bytes
	for group in nook-test-caller nook-test-caller/inner; do
		called_in $group
		./called_in "$nook" --name cgroup-below -m 64m --pids-limit 8 -- sh -c 'echo up; exec sleep 300' \
		    >out 2>err </dev/null &
		pid=$!
		is_up
		find $v1 -type d -name cgroup-below 2>/dev/null | sort >made
		atf_check -s exit:0 -o inline:"$v1/memory/$group/nook/cgroup-below
$v1/pids/nook/cgroup-below\n$v1/unified/nook/cgroup-below\n" -e empty cat made
		stopped
		rm out
		atf_check -s exit:0 -o empty -e empty find $v1/memory/nook-test-caller -mindepth 1 -name 'nook*'
	done
	forget
	nothing_ours_left
}

root_case caller__limit_bites 'the limit above is not left: it kills, and it is said that it was not its own'
caller__limit_bites_body()
{
	our_group memory/nook-test-caller
	echo 64m >$v1/memory/nook-test-caller/memory.limit_in_bytes
	called_in nook-test-caller
	atf_check -s exit:137 -o empty \
	    -e match:'^nook: killed for memory, not by its own limit: the machine or a group above ran out, peak [0-9]+m$' \
	    ./called_in "$nook" -m 512m --report report -- tail /dev/zero
	atf_check -s exit:0 -o inline:'reason=oom\n' -e empty grep '^reason=' report
	forget
	nothing_ours_left
}

root_case caller__not_limited 'a caller whose group holds none, or a soft one: /nook'
caller__not_limited_body()
{
	our_group memory/nook-test-free
	called_in nook-test-free
	for soft in -1 256m; do
		echo $soft >$v1/memory/nook-test-free/memory.soft_limit_in_bytes
		atf_check -s exit:0 -o match:'^[0-9]+:memory:/nook/cgroup-free$' -e empty \
		    ./called_in "$nook" --name cgroup-free --cgroupns host -m 64m -- cat /proc/self/cgroup
	done
	forget
	nothing_ours_left
}

root_case caller__no_root 'who may not make a group is told so, with a hint'
caller__no_root_body()
{
	# where nobody may run it
	chmod 755 . && cp "$nook" nook
	setpriv --reuid 65534 --regid 65534 --clear-groups ./nook --version >/dev/null 2>&1 ||
		atf_skip 'nobody cannot reach the directory of the tests'
	atf_check -s exit:125 -o empty -e match:'^nook: cannot make group /nook/[0-9]+: Permission denied$' \
	    -e match:'^nook: hint: root makes groups, others below one that is theirs: systemd-run --user --scope -p Delegate=yes nook ...$' \
	    setpriv --reuid 65534 --regid 65534 --clear-groups ./nook -m 64m -- echo ran
	nothing_ours_left
}

root_case swept__another_by_then 'who removes a left-over does not remove what somebody made under its name meanwhile, and holds'
swept__another_by_then_body()
{
	[ -d "$v1/unified" ] || atf_skip 'no v2 here'
	our_group unified/nook-swept
	group=$v1/unified/nook-swept/one
	mkdir "$group"
	strace -qq -o trace -e trace=flock -e inject=flock:delay_enter=1000000:when=1 "$nook" --name one --cgroup-parent /nook-swept -- true \
	    >out 2>err </dev/null &
	pid=$!
	poll_until 10 has_open "$group"
	rmdir "$group"
	mkdir "$group"
	exec 9<"$group"
	atf_check -s exit:0 -o empty -e empty flock -n 9
	poll_until 10 tried_again
	atf_check -s exit:0 -o empty -e empty test -e /proc/self/fd/9/cgroup.procs
	exec 9<&-
	ended 0
	atf_check -s exit:0 -o empty -e empty cat err
	atf_check -s exit:1 -o empty -e empty test -e "$group"
}

has_open()
{
	find "/proc/$(child_of "$pid")/fd" -lname "$1" | grep -q .
}

tried_again()
{
	[ "$(grep -c flock trace)" -ge 2 ]
}

# ---- layouts --------------------------------------------------------------------------------------

# in_private: makes a script of that name: what comes on standard input, in a mount namespace of its
# own, and then nook with the arguments. Its process becomes nook.
in_private()
{
	{
		echo 'set -e'
		cat
		echo 'exec "$@"'
	} >layout
	printf '#! /bin/sh\nexec unshare -m sh %s/layout "$@"\n' "$PWD" >in_private
	chmod +x in_private
}

# layout_works: both limits are in force in the host's hierarchies, seen from outside
layout_works()
{
	grep cgroup /proc/self/mountinfo >before
	./in_private "$nook" --name cgroup-layout -m 64m --pids-limit 8 -- sh -c 'echo up; exec sleep 300' \
	    >out 2>err </dev/null &
	pid=$!
	is_up
	atf_check -s exit:0 -o inline:'67108864\n' -e empty cat $v1/memory/nook/cgroup-layout/memory.limit_in_bytes
	atf_check -s exit:0 -o inline:'8\n' -e empty cat $v1/pids/nook/cgroup-layout/pids.max
	workload=$(child_of "$(child_of "$pid")")
	atf_check -s exit:0 -o inline:"$workload\n" -e empty cat $v1/memory/nook/cgroup-layout/cgroup.procs
	atf_check -s exit:0 -o inline:"$workload\n" -e empty cat $v1/pids/nook/cgroup-layout/cgroup.procs
	atf_check -s exit:0 -o file:before -e empty grep cgroup /proc/self/mountinfo
	stopped
	atf_check -s exit:0 -o empty -e empty cat err
	atf_check -s exit:0 -o file:before -e empty grep cgroup /proc/self/mountinfo
	nothing_ours_left
}

root_case layout__odd_places 'mounted anywhere else, under names with blanks and backslashes'
layout__odd_places_body()
{
	in_private <<-'END'
	umount -l /sys/fs/cgroup
	mkdir 'an odd	place\040' pids unified
	mount -t cgroup -o memory none 'an odd	place\040'
	mount -t cgroup -o pids none pids
	mount -t cgroup2 none unified
	END
	layout_works
}

root_case layout__moved 'moved away from the usual places'
layout__moved_body()
{
	in_private <<-'END'
	mkdir all
	mount --move /sys/fs/cgroup all
	END
	layout_works
}

root_case layout__wrong_places 'each in the usual place of the other: the place is no evidence'
layout__wrong_places_body()
{
	in_private <<-'END'
	mkdir all
	mount --move /sys/fs/cgroup all
	mount -t tmpfs none /sys/fs/cgroup
	mkdir /sys/fs/cgroup/memory /sys/fs/cgroup/pids /sys/fs/cgroup/unified
	mount --move all/memory /sys/fs/cgroup/pids
	mount --move all/pids /sys/fs/cgroup/memory
	END
	layout_works
}

root_case layout__one_on_top 'one hierarchy straight on /sys/fs/cgroup, the other elsewhere'
layout__one_on_top_body()
{
	in_private <<-'END'
	umount -l /sys/fs/cgroup
	mount -t cgroup -o memory none /sys/fs/cgroup
	mkdir pids
	mount -t cgroup -o pids none pids
	END
	layout_works
}

root_case layout__links 'the usual places are symbolic links'
layout__links_body()
{
	in_private <<-'END'
	mkdir all
	mount --move /sys/fs/cgroup all
	mount -t tmpfs none /sys/fs/cgroup
	for each in memory pids unified; do
		ln -s "$PWD/all/$each" /sys/fs/cgroup/$each
	done
	END
	layout_works
}

root_case layout__nothing_mounted 'nothing mounted: nook mounts its own, which nobody sees'
layout__nothing_mounted_body()
{
	in_private <<-'END'
	umount -l /sys/fs/cgroup
	cat /proc/self/mountinfo >seen
	END
	layout_works
	# nor does the workload, or the mount namespace that it was started in
	in_private <<-'END'
	umount -l /sys/fs/cgroup
	END
	atf_check -s exit:1 -o empty -e empty ./in_private "$nook" -m 64m -- grep cgroup /proc/self/mountinfo
	# shellcheck disable=SC2016 # the inner shell's
	atf_check -s exit:1 -o inline:'ran\n' -e empty \
	    ./in_private sh -c '"$1" -m 64m -- echo ran && grep cgroup /proc/self/mountinfo' sh "$nook"
	nothing_ours_left
}

root_case layout__v1_frozen 'on v1 alone: what somebody has frozen ends all the same'
layout__v1_frozen_body()
{
	in_private <<-'END'
	umount /sys/fs/cgroup/unified 2>/dev/null || :
	END
	[ -e $v1/freezer/cgroup.procs ] || atf_skip 'the freezer is not on v1 here'
	for how in --pid=private --pid=host; do
		: >out
		./in_private "$nook" --name cgroup-frozen $how --stop-timeout 200ms -- sh -c 'sleep 300 & echo up; exec sleep 300' >out 2>err </dev/null &
		pid=$!
		is_up
		echo FROZEN >$v1/freezer/nook/cgroup-frozen/freezer.state
		poll_until 10 grep -qx FROZEN $v1/freezer/nook/cgroup-frozen/freezer.state
		kill -TERM "$pid"
		ended 137
		nothing_ours_left
	done
}

root_case layout__long_line 'a mount point whose line is longer than nook reads, and one of odd letters'
layout__long_line_body()
{
	in_private <<-'END'
	umount -l /sys/fs/cgroup
	mkdir -p "$(printf 'with\nlines\tand\\others')"
	mount -t tmpfs none "$(printf 'with\nlines\tand\\others')"
	END
	atf_check -s exit:0 -o inline:'ran\n' -e empty ./in_private "$nook" -m 64m -- echo ran
	in_private <<-'END'
	umount -l /sys/fs/cgroup # so that all lines are looked at
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		mkdir "$(printf %250s)"
		cd ./"$(printf %250s)"
	done
	mount -t tmpfs none .
	cd /
	END
	atf_check -s exit:125 -o empty -e inline:'nook: /proc/self/mountinfo: a line is over 8192 bytes\n' \
	    ./in_private "$(realpath "$nook")" -m 64m -- echo ran
	nothing_ours_left
}

root_case layout__odd_lines 'lines of /proc/self/cgroup that lack colons or a path, and others or none beside them, are passed over'
layout__odd_lines_body()
{
	# shellcheck disable=SC2016
	in_mounts "$(printf '%0.sran\\n' 1 2 3 4 5 6 7 8 9 10 11 12)" 'for line in none "" 4 4:memory 4:memory: 0::path; do
		for others in "" "$(cat /proc/self/cgroup)"; do
			sh -euc '\''printf "%s\n%s" "$1" "$2" >lines
				mount --bind lines /proc/$$/cgroup
				exec "$nook" --name cgroup-odd -m 64m -- echo ran'\'' sh "$line" "$others"
		done
	done'
	nothing_ours_left
}

root_case layout__odd_mountinfo 'lines of mountinfo that lack a number or a field are passed over; one that cannot be read is an end'
layout__odd_mountinfo_body()
{
	cat >with <<-'END'
		umount -l /sys/fs/cgroup
		mkdir -p it wrong
		mount -t cgroup -o memory none it
		wrong="rw - cgroup none rw,memory"
		printf '%s\n' '' none '1 2 0:1 / /wrong' "one 2 0:1 / $PWD/wrong $wrong" "1 two 0:1 / $PWD/wrong $wrong" \
		    "1 2 0:1 / $wrong" "1 2 0:1 / $PWD/wrong rw" >lines
		cat /proc/self/mountinfo >>lines
		mount --bind lines /proc/$$/mountinfo
		exec "$@"
	END
	atf_check -s exit:0 -o inline:'ran\n' -e empty unshare -m --propagation private sh -eu with "$nook" -m 64m -- echo ran
	set -- unshare -m --propagation private sh -eu with strace -qq -o trace -e trace=openat,read
	atf_check -s exit:0 -o inline:'ran\n' -e empty "$@" "$nook" -m 64m -- echo ran
	nth=$(awk '/^read/ { n++ } /^read/ && open { print n; exit } /\/mountinfo"/ { open = 1 }' trace)
	atf_check -s exit:125 -o empty -e inline:'nook: cannot read /proc/self/mountinfo: Input/output error\n' \
	    "$@" -e inject=read:error=EIO:when="$nth" "$nook" -m 64m -- echo ran
	atf_check -s exit:0 -o inline:'ran\n' -e empty "$@" -e inject=read:error=EINTR:when="$nth" "$nook" -m 64m -- echo ran
	nothing_ours_left
}

root_case layout__nothing_mounted_old 'the same on a kernel before 5.2, which has no detached mounts'
layout__nothing_mounted_old_body()
{
	in_private <<-'END'
	umount -l /sys/fs/cgroup
	set -- strace -f -o trace -e trace=fsopen -e inject=fsopen:error=ENOSYS "$@"
	END
	grep cgroup /proc/self/mountinfo >before
	atf_check -s exit:137 -o empty -e match:'^nook: killed by the memory limit of 64m, peak 6[34]m$' \
	    ./in_private "$nook" -m 64m --pids-limit 8 -- tail /dev/zero
	atf_check -s exit:0 -o file:before -e empty grep cgroup /proc/self/mountinfo
	# shellcheck disable=SC2016 # the inner shell's
	atf_check -s exit:1 -o inline:'ran\n' -e empty \
	    ./in_private sh -c '"$1" -m 64m -- echo ran && grep cgroup /proc/self/mountinfo' sh "$nook"
	nothing_ours_left
}

root_case layout__part 'only the part of the tree that the caller is in is mounted: a group inside of it'
layout__part_body()
{
	our_group memory/nook-test-part
	called_in nook-test-part
	in_private <<-'END'
	mkdir -p part
	mount --bind /sys/fs/cgroup/memory/nook-test-part part
	umount -l /sys/fs/cgroup
	END
	for limit in -1 256m; do
		echo $limit >$v1/memory/nook-test-part/memory.limit_in_bytes
		part_works
	done
	forget
	nothing_ours_left
}

part_works()
{
	./called_in ./in_private "$nook" --name cgroup-part -m 64m -- sh -c 'echo up; exec sleep 300' \
	    >out 2>err </dev/null &
	pid=$!
	is_up
	find $v1/memory -type d -name cgroup-part >made
	atf_check -s exit:0 -o inline:"$v1/memory/nook-test-part/nook/cgroup-part\n" -e empty cat made
	atf_check -s exit:0 -o inline:'67108864\n' -e empty \
	    cat $v1/memory/nook-test-part/nook/cgroup-part/memory.limit_in_bytes
	stopped
	rm out
	atf_check -s exit:0 -o inline:"$v1/memory/nook-test-part\n" -e empty find $v1/memory/nook-test-part -type d
}

root_case layout__part_in_usual_place 'the same, mounted over the usual place'
layout__part_in_usual_place_body()
{
	our_group memory/nook-test-part
	called_in nook-test-part
	in_private <<-'END'
	mount --bind /sys/fs/cgroup/memory/nook-test-part /sys/fs/cgroup/memory
	END
	for limit in -1 256m; do
		echo $limit >$v1/memory/nook-test-part/memory.limit_in_bytes
		part_works
	done
	forget
	nothing_ours_left
}

root_case layout__container 'in a cgroup namespace, its own part mounted as the whole'
layout__container_body()
{
	our_group memory/nook-test-part
	called_in nook-test-part
	in_private <<-'END'
	umount -l /sys/fs/cgroup
	mount -t tmpfs none /sys/fs/cgroup
	mkdir /sys/fs/cgroup/memory
	set -- unshare -C sh -c 'mount -t cgroup -o memory none /sys/fs/cgroup/memory && exec "$@"' sh "$@"
	END
	part_works
	forget
	nothing_ours_left
}

root_case layout__read_only 'a limit on a read-only hierarchy is refused, with a hint'
layout__read_only_body()
{
	in_private <<-'END'
	mount -o remount,bind,ro /sys/fs/cgroup/memory
	mount -o remount,bind,ro /sys/fs/cgroup/unified
	END
	atf_check -s exit:125 -o empty -e match:'^nook: cannot make group /nook/[0-9]+: Read-only file system$' \
	    -e match:'hint: the file system is read-only' \
	    ./in_private "$nook" -m 64m -- echo ran
	nothing_ours_left
}

root_case layout__read_only_unasked 'without limit or name it runs there: the PID namespace ends the tree'
layout__read_only_unasked_body()
{
	in_private <<-'END'
	mount -o remount,bind,ro /sys/fs/cgroup/unified
	END
	atf_check -s exit:0 -o inline:'ran\n' -e empty ./in_private "$nook" -- echo ran
	nothing_ours_left
}

root_case removed__while_init_ends 'the group of a job that ended well goes while the init ends; else after it'
removed__while_init_ends_body()
{
	# ended ORDER ARGUMENT...: in which order workload, group, init and nook go; each is held as it exits
	ended()
	{
		expected=$1
		shift
		strace -f -o trace -e trace=unlinkat,exit_group -e inject=exit_group:delay_enter=200000 "$nook" --pids-limit 8 "$@" >/dev/null
		order=$(awk '/[+][+][+]/ { printf "exit " } /unlinkat.* = 0$/ && !gone++ { printf "group " }' trace)
		[ "$order" = "$expected" ] || atf_fail "$*: $order"
		nothing_ours_left
	}
	ended 'exit group exit exit ' -- true
	for late in --name=cgroup-late --report=report --restart=on-failure --pid=host; do
		ended 'exit exit group exit ' $late -- true
	done
	ended 'exit exit group exit ' -- false
	# somebody is in it still: until the init ends
	ended 'exit exit exit group exit ' -- sh -c 'setsid sleep 1000 >/dev/null 2>&1 &'
}

# ---- what it costs --------------------------------------------------------------------------------

root_case calls__usual_places 'where the usual places answer, mountinfo is not read; v1 is joined by tasks'
calls__usual_places_body()
{
	atf_check -s exit:0 -o empty -e empty strace -f -o trace -e trace=open,openat,write,fsopen,mount \
	    "$nook" -m 64m --pids-limit 16 -- true
	atf_check -s exit:1 -o empty -e empty grep -E 'mountinfo|fsopen|cgroup\.procs|"cgroup2?"' trace
	atf_check -s exit:0 -o match:'openat\(.*"tasks"' -e empty cat trace
	nothing_ours_left
}

atf_init_test_cases()
{
	add_cases
}
