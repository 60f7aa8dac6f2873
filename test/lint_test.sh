#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# lint_test.sh - the analysers that are quick find nothing to say; make lint asks them all
# shellcheck shell=sh disable=SC1091

. "$(atf_get_srcdir)/helpers.sh"

for what in scripts cppcheck gcc; do
	cases="$cases ${what}__silent"
	atf_test_case ${what}__silent
	eval "${what}__silent_head() { atf_set descr 'nothing is found by: test/lint $what'; }"
	eval "${what}__silent_body() { atf_check -s exit:0 -o empty -e empty \"\$(atf_get_srcdir)/lint\" $what; }"
done

atf_init_test_cases()
{
	add_cases
}
