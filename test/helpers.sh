# helpers.sh - what all test programs share; sourced by each *_test.sh
# shellcheck shell=sh disable=SC2034

nook=$(atf_get_srcdir)/../nook

# nothing_left: no group, mount, process or file of nook is on the host, in any hierarchy
nothing_left()
{
	atf_check -s exit:0 -o empty -e empty find /sys/fs/cgroup -depth -type d -path '*/nook*'
	atf_check -s exit:1 -o empty -e empty grep -F "$PWD" /proc/self/mountinfo
}

# poll_until SECONDS COMMAND...: until it succeeds; fails the test when it never does
poll_until()
{
	end=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -le "$end" ] || atf_fail "never true: $*"
		sleep 0.02
	done
}

# start NOOK-ARGUMENT...: nook in the background, its output in the files out and err; sets pid
start()
{
	rm -f out err # what is waited for must not be of the one before
	"$nook" "$@" >out 2>err </dev/null &
	pid=$!
}

# is_over PID: it has ended, reaped or not
is_over()
{
	! grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null
}

# is_up: what start began has come so far as to say "up"
is_up()
{
	poll_until 10 up_or_over
	grep -qx up out || atf_fail "it did not come up; it said: $(tr '\n' ' ' <err)"
}

up_or_over()
{
	grep -qx up out || is_over "$pid"
}

# ended STATUS [PID]: what start began, or PID, ends by itself within 30 s, and with that status
ended()
{
	poll_until 30 is_over "${2:-$pid}"
	got=0
	wait "${2:-$pid}" || got=$?
	[ "$got" = "$1" ] || atf_fail "ended with $got, not with $1; it said: $(tr '\n' ' ' <err)"
}

# no_process COMMAND-LINE: nothing of exactly this command line runs within 10 s from now
no_process()
{
	poll_until 10 no_process_now "$1"
}

no_process_now()
{
	! pgrep -fx "$1"
}

# child_of PID: its one child, on standard output
child_of()
{
	pgrep -P "$1"
}

# figure KEY FILE: what a key=value report says of KEY; nothing when it says nothing
figure()
{
	sed -n "s/^$1=//p" "$2"
}

# at_least, at_most NUMBER NUMBER: decimals too; fails with a message when the first is not
at_least()
{
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 >= b + 0) }' || atf_fail "$1 is not at least $2"
}

at_most()
{
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 <= b + 0) }' || atf_fail "$1 is not at most $2"
}
