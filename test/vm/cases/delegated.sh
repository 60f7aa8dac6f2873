# SPDX-License-Identifier: ISC
# delegated.sh - cgroup v2: a caller whose own group holds a limit, is delegated to it, or is a container's root.
# /bin/mark GROUP marks one as systemd does for Delegate=yes.
# shellcheck shell=sh
. /vm/checks
v2=/sys/fs/cgroup

# shellcheck disable=SC2016
into='echo 0 >"$0/cgroup.procs" && exec "$@"'

# below GROUP COMMAND...: run in it
below()
{
	sh -c "$into" "$@"
}

# wants STATUS OUT ERR COMMAND...: as expect, of any command
wants()
{
	status=$1 out=$2 err=$3
	shift 3
	got=0
	rm -f report
	"$@" >out 2>err </dev/null || got=$?
	[ "$got" = "$status" ] || failed "$*: ended with $got, not $status; said: $(cat out err)"
	matches "$(cat out)" "$out" || failed "$*: printed: $(cat out); not: $out"
	matches "$(cat err)" "$err" || failed "$*: said: $(cat err); not: $err"
}

echo '+memory +pids' >$v2/cgroup.subtree_control
mkdir $v2/svc
# memory that is kept for it is no limit
echo 8M >$v2/svc/memory.low
wants 0 '0::/nook/vm-low' '' below $v2/svc nook --name vm-low --cgroupns host -m 16m cat /proc/self/cgroup
echo 64M >$v2/svc/memory.max
wants 125 '' "nook: the caller's group /svc holds a limit, and nook will not leave it
nook: hint: have it delegated (systemd-run --scope -p Delegate=yes nook *" below $v2/svc nook -m 16m true
# for the figures of a report alone it makes no group
wants 0 '0::/svc' '' below $v2/svc nook --report report --cgroupns host cat /proc/self/cgroup
is 'memory-peak' "$(figure memory-peak)" ''
# told where, it goes there
wants 0 '0::/nook/vm-told' '' below $v2/svc nook --cgroup-parent /nook --name vm-told --cgroupns host -m 16m cat /proc/self/cgroup

mark $v2/svc || failed 'cannot mark it'
# shellcheck disable=SC2086
wants 137 '' 'nook: killed by the memory limit of 16m, peak *' below $v2/svc nook -m 16m --report report $hog bs=32M
is 'reason' "$(figure reason)" oom
wants 0 '0::/svc/nook/vm-in' '' below $v2/svc nook --name vm-in --cgroupns host -m 16m cat /proc/self/cgroup
# all as it was: no group, nothing handed down, and the next one can
is 'groups in it' "$(find $v2/svc -mindepth 1 -type d)" ''
is 'handed down by it' "$(cat $v2/svc/cgroup.subtree_control)" ''
# without a limit of its own nobody has to move
wants 0 '0::/svc/nook/vm-none' '' below $v2/svc nook --name vm-none --cgroupns host cat /proc/self/cgroup

# where each of them is, while it runs
: >out
sh -c "$into" $v2/svc nook --name vm-up -m 16m -- sh -c 'echo up; exec sleep 60' >out 2>err </dev/null &
pid=$!
soon test -s out || failed "not up: $(cat err)"
is 'group of the workload' "$(cat "/proc/$(pidof sleep)/cgroup")" '0::/svc/nook/vm-up'
for process in $(pidof nook); do
	is 'group of nook and of its init' "$(cat "/proc/$process/cgroup")" "0::/svc/nook/nook-$pid"
done
# a second one beside it, from the outside; it leaves what the first one needs
nook --cgroup-parent /svc/nook --name vm-second -m 16m -- true || failed 'no second one'
is 'memory.max of the first' "$(cat $v2/svc/nook/vm-up/memory.max)" 16777216
kill -TERM "$pid"
down 143
is 'groups left' "$(find $v2/svc -mindepth 1 -type d)" ''
# nor does the first one take it when it ends before
up_in_svc()
{
	: >out
	sh -c "$into" $v2/svc nook --name vm-up -m 16m -- sh -c 'echo up; exec sleep 60' >out 2>err </dev/null &
	pid=$!
	soon test -s out || failed "not up: $(cat err)"
}
up_in_svc
nook --cgroup-parent /svc/nook --name vm-second -m 16m --pids-limit 9 -- sleep 60 &
second=$!
soon grep -q . $v2/svc/nook/vm-second/cgroup.procs || failed 'no second one'
kill -TERM "$pid"
down 143
is 'memory.max of the second' "$(cat $v2/svc/nook/vm-second/memory.max)" 16777216
is 'pids.max of the second' "$(cat $v2/svc/nook/vm-second/pids.max)" 9
kill -TERM $second
wait $second
for group in $(find $v2/svc -mindepth 1 -depth -type d); do
	soon rmdir "$group" || failed "not empty: $group"
done
echo '-memory -pids' >$v2/svc/cgroup.subtree_control
# killed: empty groups are left, which whoever delegated it removes before the next start
up_in_svc
kill -KILL "$pid"
down 137
soon none_runs || failed "left: $(pidof nook sleep)"
for group in $(find $v2/svc -depth -type d); do
	soon rmdir "$group" || failed "not empty: $group"
done
mkdir $v2/svc
mark $v2/svc

# another process in it is not moved, and said to be in the way
sleep 30 &
other=$!
echo $other >$v2/svc/cgroup.procs
wants 125 '' 'nook: cannot hand the memory controller down from /svc: it holds processes of its own
nook: hint: start nook alone in it (systemd-run --scope -p Delegate=yes nook *' below $v2/svc nook -m 16m true
is 'the other process' "$(cat /proc/$other/cgroup)" '0::/svc'
is 'groups after a refusal' "$(find $v2/svc -mindepth 1 -type d)" ''
kill $other
wait $other
soon rmdir $v2/svc || failed 'svc stays'

# as in a container: the root of a cgroup namespace is no real root
# shellcheck disable=SC2016
inside='mount -t cgroup2 c /sys/fs/cgroup && exec "$@"'
expect 0 'vm-inner*' '' -m 64m --name vm-outer --privileged -- sh -c "$inside" - \
	nook -m 16m --name vm-inner --cgroupns host --hostname vm-inner -- sh -c 'hostname; cat /proc/self/cgroup'
# with that root as the parent of its group; and where a shell is in the way it leaves nothing there
expect 0 '0::/vm-inner' '' -m 64m --privileged -- sh -c "$inside" - \
	nook --cgroup-parent / -m 16m --name vm-inner --cgroupns host -- cat /proc/self/cgroup
# shellcheck disable=SC2016
expect 0 '125, left:' 'nook: cannot hand the memory controller down from /: it holds processes of its own
nook: hint: *' -m 64m --privileged -- sh -c 'mount -t cgroup2 c /sys/fs/cgroup && nook --cgroup-parent / -m 16m true
	echo "$?, left:" $(find /sys/fs/cgroup -mindepth 1 -type d)'
# shellcheck disable=SC2086
expect 137 '' 'nook: killed by the memory limit of 16m, peak *' -m 64m --privileged -- sh -c "$inside" - nook -m 16m $hog bs=32M
# ... read-only, as Docker mounts it
expect 125 '' 'nook: cannot make group /nook/*: Read-only file system
nook: hint: *docker run*' -m 64m --privileged --mount type=cgroup2,src=none,dst=/sys/fs/cgroup,opt=ro -- nook -m 16m true
finish
