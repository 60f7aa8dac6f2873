# SPDX-License-Identifier: ISC
# checks.sh - what the scripts in a test machine share; sourced by each
# shellcheck shell=sh disable=SC2034
#
# Each failed check is one line on standard output, and a script that prints nothing and exits 0 is content.

cd /tmp || exit
exec 2>noise # the shell's word on each that was killed, among it
failures=0
layout=$(sed -n 's/^layout=//p' /vm/conf)
hog='dd if=/dev/zero of=/dev/null count=1' # and bs=SIZE: holds that much, every page of it written

failed()
{
	failures=$((failures + 1))
	echo "FAILED: $*" | tr '\n' '|'
	echo
}

# matches TEXT PATTERN: of the shell, for all of the text
matches()
{
	# shellcheck disable=SC2254	# a pattern it is
	case $1 in
	$2) return 0 ;;
	*) return 1 ;;
	esac
}

# expect STATUS OUT ERR NOOK-ARGUMENT...: it ends so; OUT and ERR are patterns; ERR has no more lines than its pattern
expect()
{
	status=$1 out=$2 err=$3
	shift 3
	got=0
	rm -f report # what is looked at must not be of the one before
	nook "$@" >out 2>err </dev/null || got=$?
	[ "$got" = "$status" ] || failed "nook $*: ended with $got, not $status; said: $(cat out err)"
	matches "$(cat out)" "$out" || failed "nook $*: printed: $(cat out); not: $out"
	matches "$(cat err)" "$err" || failed "nook $*: said: $(cat err); not: $err"
	[ "$(wc -l <err)" -le "$(echo "$err" | wc -l)" ] || failed "nook $*: said more: $(cat err)"
}

# is WHAT GOT WANTED: WANTED is a pattern
is()
{
	matches "$2" "$3" || failed "$1: $2; not: $3"
}

# more WHAT NUMBER NUMBER: the first is there and is larger
more()
{
	awk -v a="$2" -v b="$3" 'BEGIN { exit !(a != "" && a + 0 > b + 0) }' || failed "$1: '$2' is not over $3"
}

# figure KEY: of the report in the file report
figure()
{
	sed -n "s/^$1=//p" report
}

# soon COMMAND...: it succeeds within some seconds
soon()
{
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 40 ] || return 1
		sleep 0.1
	done
}

# up NOOK-ARGUMENT...: in the background, until the workload has written a first line; sets pid
up()
{
	: >out
	rm -f report
	nook "$@" >out 2>err </dev/null &
	pid=$!
	soon test -s out || failed "nook $*: not up; said: $(cat err)"
}

# down STATUS: what up began ends by itself with it
down()
{
	got=0
	wait "$pid" || got=$?
	[ "$got" = "$1" ] || failed "the one before ended with $got, not $1; said: $(cat out err)"
}

groups()
{
	find /sys/fs/cgroup -type d -path '*/nook*' 2>/dev/null
}

none_runs()
{
	! pidof nook sleep dd
}

none_here()
{
	[ -z "$(groups)" ]
}

# nothing_left WHEN: no process, no mount and no group
nothing_left()
{
	soon none_runs || failed "$1: processes are left: $(pidof nook sleep dd)"
	soon none_here || failed "$1: groups are left: $(groups)"
	[ "$(cat /proc/self/mountinfo)" = "$mounts" ] || failed "$1: the mounts have changed: $(cat /proc/self/mountinfo)"
}

# hidden_groups: where nothing is mounted, mount it now and look
hidden_groups()
{
	mkdir -p /tmp/look
	if mount -t cgroup2 look /tmp/look; then
		find /tmp/look -type d -path '*/nook*'
		umount /tmp/look
	fi 2>/dev/null
	for controller in $(awk '!/^#/ { print $1 }' /proc/cgroups 2>/dev/null); do
		mount -t cgroup -o "$controller" look /tmp/look 2>/dev/null || continue
		find /tmp/look -type d -path '*/nook*'
		umount /tmp/look
	done
}

# file_of GROUP NAME...: what the first of these files of /nook/GROUP holds, where it can be seen
file_of()
{
	group=$1
	shift
	for name; do
		found=$(find /sys/fs/cgroup -path "*/nook/$group/$name" 2>/dev/null)
		# shellcheck disable=SC2086	# one or none
		[ -z "$found" ] || { cat $found && return; }
	done
}

finish()
{
	nothing_left "at the end"
	if [ "$layout" = none ]; then
		left=$(hidden_groups)
		[ -z "$left" ] || failed "groups are left where nothing is mounted: $left"
	fi
	strange=$(grep -vE '^(Killed|Terminated)$' noise)
	[ -z "$strange" ] || failed "the script itself: $strange"
	[ "$failures" = 0 ]
	exit
}

mounts=$(cat /proc/self/mountinfo)
