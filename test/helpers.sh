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
