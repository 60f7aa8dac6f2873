#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# boot_test.sh - other kernels: a machine or two for each, as part of every run of the tests
#
# vm_test.sh has all the others.
# shellcheck shell=sh disable=SC1091,SC2154

. "$(atf_get_srcdir)/helpers.sh"
. "$(atf_get_srcdir)/vm/machines.sh"

contract 5.10 v2
contract 6.1 none
contract 6.12 v2
contract arm64 v2
ordinary 6.1

for kernel in 5.10 6.1 6.12 arm64; do
	name=$(echo "$kernel" | tr . _)
	vm_case "pid1__experiments_$name" "kernel $kernel: the three experiments as PID 1"
	eval "pid1__experiments_${name}_body() { experiments_pid1 $kernel; }"
done

vm_case confine__6_1 "kernel 6.1: nothing gets out of a root that is reached by chroot"
confine__6_1_body()
{
	confines 6.1 short
}

vm_case pid1__mistakes "wrong or no settings, no command, no mount: a clear line, the result, no panic"
pid1__mistakes_body()
{
	printf '%s\n' 'memory = lots' >conf
	end="${nl}nook: status=125 reason=failed"
	boot 0 "nook: /etc/nook.conf:1: memory=lots: not a size*$end" 6.1 '' -f conf:/etc/nook.conf
	boot 0 "nook: cannot open settings file /nonesuch: No such file or directory$end" 6.1 'nook.conf=/nonesuch'
	boot 0 "nook: no command to run${nl}nook: hint: *$end" 6.1 ''
	boot 0 "nook: --nonesuch: unknown setting*$end" 6.1 '-- --nonesuch true'
	boot 0 "nook: cannot run /nonesuch: No such file or directory${nl}nook: status=127 reason=failed" 6.1 '-- /nonesuch'
	boot 0 "nook: cannot mount none on /var: No such device${nl}nook: hint: *$end" 6.1 \
		'-- --mount type=9p,src=none,dst=/var true'
}

atf_init_test_cases()
{
	add_cases
}
