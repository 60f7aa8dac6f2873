#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# fuzz_test.sh - each reader under libFuzzer for some seconds; `make check-fuzz` is the long run
# shellcheck shell=sh disable=SC1091,SC2154

. "$(atf_get_srcdir)/helpers.sh"

fuzz_run=$(atf_get_srcdir)/fuzz/run
FUZZ_DIR=$PWD
export FUZZ_DIR

clean_up()
{
	:
}

# fuzz_case TARGET DESCR
fuzz_case()
{
	fuzz_cases="$fuzz_cases $1__some_seconds"
	atf_test_case "$1__some_seconds"
	eval "$1__some_seconds_head() { atf_set descr '$2'; atf_set require.progs clang; }"
	eval "$1__some_seconds_body() { some_seconds $1; }"
}

# some_seconds TARGET: it has run, something was accepted, and nothing found
some_seconds()
{
	atf_check -s exit:0 -o save:table -e empty flock "$fuzz_run" "$fuzz_run" -t 4 "$1"
	atf_check -s exit:0 -o match:'^1 readers, [1-9][0-9]{3,} executions, 0 bad$' -e empty cat table
	atf_check -s exit:0 -o match:"^$1 +[1-9][0-9]{3,} +[0-9]+ +[1-9][0-9]* +0\$" -e empty cat table
}

fuzz_cases=
fuzz_case settings 'a settings file: accepted, it is in force as it reads; refused, each message has its line'
fuzz_case argv 'a command line: likewise'
fuzz_case policy 'a policy: the filter does with each call what the lines say'
fuzz_case mountinfo '/proc/self/mountinfo: the mounts that it lists, and paths that it names'
fuzz_case cgroup 'files of a group: figures, limits, controllers, processes'
fuzz_case passwd '/etc/passwd and /etc/group: who a user is'
fuzz_case cmdline 'what PID 1 reads: the command line of the kernel, the list of consoles'
fuzz_case notify 'datagrams of sd_notify: what they change, and what is passed on'

atf_test_case planted__found
planted__found_head()
{
	atf_set descr 'a reader that sees other bytes than there are is found out within seconds'
	atf_set require.progs clang
}
planted__found_body()
{
	for target in settings policy mountinfo cgroup passwd cmdline notify; do
		atf_check -s exit:1 -o match:"^$target .* 1\$" -o match:'1 bad$' -e match:'^BROKEN: ' env FUZZ_PLANTED=yes flock "$fuzz_run" "$fuzz_run" -t 20 $target
	done
}

atf_init_test_cases()
{
	for case in $fuzz_cases planted__found; do
		atf_add_test_case "$case"
	done
}
