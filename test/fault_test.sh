#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# fault_test.sh - a fault at each system call: refused, or run all the same; and nothing left
#
# A part of what make check-fault does.
# shellcheck shell=sh disable=SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

clean_up()
{
	sweep fault-
}

# played STRIDE FAULT: all cases good
played()
{
	atf_check -s exit:0 -o match:"^$2 supervisor: [1-9][0-9]* runs, 0 bad$" -o match:"^$2 init: [1-9][0-9]* runs, 0 bad$" \
	    -o match:"^$2 workload: [1-9][0-9]* runs, 0 bad$" -o not-match:BAD -e empty "$(atf_get_srcdir)/fault/run" -s "$@"
	# what a killed nook has left, an empty group, goes with the next start once its last process is gone
	poll_until 10 swept
	nothing_ours_left
}

swept()
{
	"$nook" -m 64m --pids-limit 8 --report report -- true
	"$nook" -- true # in whatever hierarchy a run without a limit has its group
	! ls -d /sys/fs/cgroup/*/nook/fault-* >/dev/null 2>&1
}

root_case error__each_call 'a call that fails: refused with a message, or just as confined'
error__each_call_body()
{
	played 29 error
}

root_case short__each_call 'reads and writes of half the length'
short__each_call_body()
{
	played 1 short
}

root_case kill__each_call 'SIGKILL to nook, its init or the workload, at any moment'
kill__each_call_body()
{
	played 22 kill
}

root_case stop__each_call 'stopped first, then killed'
stop__each_call_body()
{
	played 37 stop
}

root_case term__each_call 'SIGTERM at any moment'
term__each_call_body()
{
	played 22 term
}

atf_init_test_cases()
{
	add_cases
}
