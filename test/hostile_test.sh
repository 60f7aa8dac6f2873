#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# hostile_test.sh - workloads that take all there is and do not want to go: the end is as told, and nothing is left
#
# test/hostile.c is what does it. The bounds are generous, as it is the order of magnitude that matters.
# shellcheck shell=sh disable=SC2034,SC2086,SC2154

. "$(atf_get_srcdir)/helpers.sh"

clean_up()
{
	end_started
	sweep hostile-
}

# hostile: the program, and what the host is like before
hostile()
{
	atf_check -s exit:0 -o empty -e empty musl-gcc -O1 -Wall -Wextra -Werror -static -o hostile "$(atf_get_srcdir)/hostile.c"
	note_host
}

# takes MODE NOOK-ARGUMENT...: it has all that it can get; the supervisor holds no more than ever
takes()
{
	mode=$1
	shift
	start --name "hostile-$$" --report report --stop-timeout 300ms "$@" -- "$PWD/hostile" $mode
	is_up
	at_most "$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status")" 1024
	began=$(date +%s)
}

# gone STATUS REASON MESSAGE: so it ended, within some seconds, and nothing is left
gone()
{
	ended "$1"
	at_most $(($(date +%s) - began)) 10
	atf_check -s exit:0 -o "$3" -e empty cat err
	atf_check -s exit:0 -o inline:"reason=$2\nstatus=$1\n" -e empty grep -E '^(reason|status)=' report
	host_as_noted
}

# stopped STATUS: told to end, it does
stopped()
{
	kill -TERM "$pid"
	gone "$1" stopped empty
}

# ends STATUS REASON MESSAGE MODE NOOK-ARGUMENT...: by itself
ends()
{
	status=$1 reason=$2 message=$3 mode=$4
	shift 4
	began=$(date +%s)
	start --name "hostile-$$" --report report "$@" -- "$PWD/hostile" $mode
	gone "$status" "$reason" "$message"
}

root_case forks__all 'a fork bomb, that ignores all signals'
forks__all_body()
{
	hostile
	for how in --init=yes --init=no --pid=host; do
		takes forks --pids-limit 64 $how
		stopped 137
		atf_check -s exit:0 -o match:'^pids-peak=6[0-4]$' -e empty cat report
	done
	ends 124 timeout inline:'nook: ended by the timeout of 300 ms\n' forks --pids-limit 64 --timeout 300ms --stop-timeout 100ms
}

root_case signals__at_init 'each signal, a thousand times, at the init: the status is the workload''s own'
signals__at_init_body()
{
	hostile
	ends 7 exited empty signals
}

root_case signals__at_supervisor 'each signal, a hundred times, at the supervisor'
signals__at_supervisor_body()
{
	hostile
	takes 'states 0' # which ignores them
	for _ in $(seq 100); do
		for signal in 1 2 3 10 12 14 17 18 20 21 22 23 28 34 50 64; do
			kill -$signal "$pid" || atf_fail "it is gone: $(cat err)"
		done
	done
	stopped 137
}

root_case orphans__reaped 'a thousand processes whose parent is gone'
orphans__reaped_body()
{
	hostile
	ends 7 exited empty orphans
	ends 7 exited empty orphans --pid host
}

root_case states__all 'stopped, traced, zombies, running, asleep in vfork: all end'
states__all_body()
{
	hostile
	for how in --init=yes --init=no --pid=host; do
		takes states --seccomp off --cap-add sys_ptrace $how
		stopped 137
	done
}

root_case states__supervisor_killed 'the same when the supervisor is killed, or the init'
states__supervisor_killed_body()
{
	hostile
	takes states --seccomp off --cap-add sys_ptrace
	kill -KILL "$pid"
	ended 137
	no_process "$PWD/hostile states"
	"$nook" -- true # which sweeps the groups
	takes states --seccomp off --cap-add sys_ptrace
	kill -KILL "$(child_of "$pid")"
	gone 137 signaled inline:'nook: killed by signal 9 (KILL)\n'
}

root_case memory__all 'memory of all kinds, by many processes'
memory__all_body()
{
	hostile
	for how in --init=yes --init=no --pid=host; do
		ends 137 oom match:'^nook: killed by the memory limit of 32m, peak 3[12]m$' memory -m 32m $how
	done
}

root_case descriptors__all 'all descriptors that can be had, and more under way in sockets'
descriptors__all_body()
{
	hostile
	takes descriptors --ulimit nofile=1000
	stopped 143
}

root_case threads__thousands 'three thousand threads'
threads__thousands_body()
{
	hostile
	takes threads
	stopped 143
	takes threads --pid host
	stopped 143
}

root_case tree__deep 'ten thousand directories, one in the other and side by side'
tree__deep_body()
{
	hostile
	for mode in tree directories; do
		takes $mode --tmpfs /mnt -w /mnt
		stopped 143
	done
}

root_case mounts__thousands 'as many mounts as the kernel gives'
mounts__thousands_body()
{
	hostile
	for mode in mounts doubles; do
		takes $mode --cap-add sys_admin --seccomp off --tmpfs /mnt -w /mnt
		stopped 143
	done
}

root_case namespaces__many 'fifty of each kind'
namespaces__many_body()
{
	hostile
	takes namespaces --cap-add sys_admin --seccomp off
	stopped 143
}

# in_groups MODE NOOK-ARGUMENT...: as takes, in its own group, which it can only reach with the rights of a root
in_groups()
{
	type=cgroup2
	grep -q ' - cgroup2 ' /proc/self/mountinfo || type='cgroup -o pids'
	mode=$1
	shift
	cat >inside <<-END
	mount -t $type none /mnt || exit 9
	cd /mnt && exec $PWD/hostile $mode
	END
	start --name "hostile-$$" --report report --pids-limit 8 --cap-add sys_admin --seccomp off "$@" -- sh "$PWD/inside"
	is_up
	began=$(date +%s)
}

root_case groups__deep 'groups below its own, deeper than there are descriptors, or stack for each'
groups__deep_body()
{
	hostile
	prlimit --pid $$ --nofile=100 --stack=262144
	in_groups 'tree 300'
	stopped 143
	# and those that nobody was left to remove
	in_groups 'tree 300'
	kill -KILL "$pid"
	ended 137
	no_process "$PWD/hostile tree 300"
	says 'again\n' --name "hostile-$$" --report report --pids-limit 8 -- echo again
	host_as_noted
}

root_case groups__thousands 'side by side'
groups__thousands_body()
{
	hostile
	in_groups 'directories 3000'
	stopped 143
}

root_case output__floods 'output without end: files that rotate, a limit, nobody who reads'
output__floods_body()
{
	hostile
	start --name "hostile-$$" --report report --log-max-size 64k --stdout "$PWD/log" --stderr "$PWD/log.err" --timeout 1s \
	    --stop-timeout 100ms -- "$PWD/hostile" output
	began=$(date +%s)
	gone 124 timeout match:'timeout of 1000 ms'
	at_least "$(stat -c %s log.1)" 60000
	for file in log log.1 log.err log.err.1; do
		at_most "$(stat -c %s $file)" 69632
	done
	mkfifo nobody
	exec 7<>nobody # it is never read
	"$nook" --name "hostile-$$" --report report --output-limit 1m --timeout 20s -- "$PWD/hostile" output >log 2>err </dev/null &
	pid=$!
	began=$(date +%s)
	ended 137
	atf_check -s exit:0 -o match:'output-limit' -e empty cat err
	at_most "$(stat -c %s log)" 1048576
	"$nook" --name "hostile-$$" --report report --timeout 500ms --stop-timeout 100ms -- "$PWD/hostile" output >nobody 2>nobody </dev/null &
	pid=$!
	began=$(date +%s)
	ended 124
	host_as_noted
}

atf_init_test_cases()
{
	add_cases
}
