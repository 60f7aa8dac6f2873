#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# daemons_test.sh - the daemons of this architecture
# shellcheck shell=sh disable=SC1091

. "$(atf_get_srcdir)/helpers.sh"
. "$(atf_get_srcdir)/daemons.sh"

atf_init_test_cases()
{
	add_cases
}
