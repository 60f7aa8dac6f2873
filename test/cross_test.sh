#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# cross_test.sh - the other architectures: each builds without a warning, and reads settings as this one does
# shellcheck shell=sh disable=SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

top=$(cd "$(atf_get_srcdir)/.." && pwd)
# kyua gives each case a HOME of its own; what was fetched and built once is in the user's
export NOOK_CACHE="${NOOK_CACHE:-$(getent passwd "$(id -u)" | cut -d : -f 6)/.cache/nook-vm}"

clean_up()
{
	end_started
	sweep cross-
}

# cross_case NAME DESCRIPTION: a case for anybody; what is missing is fetched the first time, hence the time
cross_case()
{
	cases="$cases $1"
	atf_test_case "$1"
	eval "${1}_head() { atf_set descr '$2'; atf_set timeout 600; }"
}

# cross_build ARCH: builds it anew; sets other, the program, and run, what runs it here
cross_build()
{
	"$top/test/packages" cross >packages.log 2>&1 || atf_skip "no cross compilers here, and none to be had"
	tools=$("$top/test/cross" "$1" 2>cross.log) || atf_fail "test/cross $1: $(tail -n 1 cross.log)"
	other=$top/build/$1/nook
	run=$(cat "$tools/run")
	rm -f "$other"
	atf_check -s exit:0 -o ignore -e empty make -s -C "$top" CROSS="$1" WERROR=-Werror
}

# same NOOK-ARGUMENT...: the other program says what this one says, on both outputs, and ends the same; but for
# the system calls, of which each architecture has its own
same()
{
	status=0
	"$nook" "$@" >all.out 2>want.err || status=$?
	sed '/^# [a-z]* @/d' all.out >want.out
	# shellcheck disable=SC2086	# an emulator and its options
	atf_check -s exit:"$status" -o save:all.out -e file:want.err $run "$other" "$@"
	atf_check -s exit:0 -o file:want.out -e empty sed '/^# [a-z]* @/d' all.out
}

# calls ARCH: each call that the headers have a number of, by its name, in the order of the numbers; group by group
calls()
{
	table=$top/syscalls.tab
	sed -n 's/^#define SYS_\([a-z0-9_]*\) .*/CALL \1 SYS_\1/p' "$top/build/$1/defines" |
		cpp -w -undef -imacros "$top/build/$1/defines" | sed -n 's/^CALL //p' | while read -r name number; do
			echo "$((number)) $name"
		done >numbers
	for group in $(awk '/^@/ && !seen[$1]++ { print $1 }' "$table"); do
		awk -v group="$group" -v i386="$([ "$1" != i386 ] || echo 1)" '
			FNR == NR && /^@/ { on = $1 == group }
			FNR == NR && /^[a-z_]/ { for (i = 1; i <= NF; i++) { n = split($i, a, "="); for (; n; n--) { all[a[n]]; if (on) name[a[n]] = a[1] } } }
			FNR == NR { next }
			{
				c = $2
				if (!(c in all)) { sub(/(32|64)$/, "", c); sub(/_time$/, "", c) }
				if (c in name && c != "clone3" && (c != "socketcall" || i386)) print $1, name[c]
			}' "$table" numbers | sort -un | awk -v head="# kill $group:" '
			{ line = line " " $2 } END { if (line) print head line }'
	done >want
	{ printf kill; sed -n 's/^\(@[a-z]*\).*/ \1/p' "$table" | tr -d '\n'; } >policy
	# shellcheck disable=SC2086
	atf_check -s exit:0 -o save:all.out -e empty $run "$other" explain --seccomp ./policy true
	[ "$(tr ' ' '\n' <want | wc -l)" -gt 250 ] || atf_fail 'the calls were not found'
	atf_check -s exit:0 -o file:want -e empty grep '^# kill @' all.out
}

# reads ARCH: the settings and their readers, what is right and what is wrong
reads()
{
	cross_build "$1"
	same --version
	same --help
	same --help all
	same explain -m 64m --ulimit nofile=100 --stop-signal USR1 true
	for file in "$top"/config/*.conf; do
		same explain -f "$file"
	done
	same explain --cpus 0.1234567 --memory 12q --timeout 9999999999999999d --ulimit nofile=2:1 --cpuset-cpus 3-1
	same explain --memory 9223372036854775807 --timeout 24d --cpus 2147483647 --cpuset-cpus 0,63-64,1023 true
	same explain --nonesuch
	calls "$1"
}

# static_pie ARCH: it needs nothing at run time, and its place in memory is the kernel's choice
static_pie()
{
	atf_check -s exit:0 -o match:'Type: +DYN' -e empty readelf -h "$other"
	atf_check -s exit:0 -o not-match:'INTERP|TEXTREL' -e empty readelf -ldW "$other"
}

for arch in $("$top/test/cross" -l); do
	cross_case "${arch}__builds_and_reads" "$arch: no warning, a static PIE, the same answers as from this machine"
	eval "${arch}__builds_and_reads_body() { reads $arch; static_pie; }"
done

cross_case pages__of_64k "arm64, mips and mipsel have kernels with pages of 16 and 64 KiB"
pages__of_64k_body()
{
	for arch in arm64 mips mipsel; do
		cross_build "$arch"
		atf_check -s exit:0 -o save:loads -e empty readelf -lW "$other"
		atf_check -s exit:0 -o match:' 0x10000$' -o not-match:' 0x[1-8]?000$' -e empty \
			sed -n 's/ *$//; /^ *LOAD/p' loads
	done
}

cross_case sizes__one_line_each "make size: every architecture, and this one"
sizes__one_line_each_body()
{
	cross_build mips
	{ echo nook && "$top/test/cross" -l | sed 's,.*,build/&/nook,'; } >want
	atf_check -s exit:0 -o save:got -e empty make -s -C "$top" size
	# shellcheck disable=SC2016
	atf_check -s exit:0 -o file:want -e empty awk '$1 > 30000 { print $2 }' got
}

cross_case names__unknown "an architecture that is none: the names there are"
names__unknown_body()
{
	atf_check -s exit:1 -o empty \
		-e inline:"cross: no architecture z80; there are: $("$top/test/cross" -l | tr '\n' ' ')\n" \
		"$top/test/cross" z80
	atf_check -s exit:2 -o empty -e match:'no architecture z80' -e match:'cannot build for z80' \
		make -s -C "$top" CROSS=z80
}

# ---- 32 bits for real: this machine runs them itself, when it is an x86 that still can -------------

here_32()
{
	cross_build i386
	"$other" --version >/dev/null 2>&1 || atf_skip "this machine runs no 32-bit programs"
}

# report_says LINE...: of the run before
report_says()
{
	for line; do
		atf_check -s exit:0 -o inline:"$line\n" -e empty grep -Fx "$line" report
	done
}

root_case i386__runs "on 32 bits: status, time limit, signal and rights of a workload"
i386__runs_body()
{
	here_32
	# the programs here are of another ABI than this nook, and its filter knows only its own
	atf_check -s exit:159 -o empty -e inline:'nook: killed by signal 31 (SYS)\nnook: hint: so the filter ends a system call of another ABI, or under a kill rule\n' "$other" -- true
	for init in yes no; do
		atf_check -s exit:3 -o empty -e empty "$other" --seccomp off --init=$init --report report --name cross-a -- sh -c 'exit 3'
		report_says reason=exited status=3 name=cross-a
		atf_check -s exit:124 -o empty -e match:'ended by the timeout of 300 ms' \
			"$other" --seccomp off --init=$init --timeout 300ms --stop-timeout 100ms --report report sleep 60
		report_says reason=timeout status=124
		atf_check -s exit:0 -o inline:'Uid:\t70000\t70000\t70000\t70000\nCapEff:\t0000000000000400\n' -e empty \
			"$other" --seccomp off --init=$init --user 70000 --cap-add net_bind_service grep -E 'Uid|CapEff' /proc/self/status
	done
	# shellcheck disable=SC2016
	atf_check -s exit:138 -o empty -e match:'killed by signal 10 .USR1.' "$other" --seccomp off -- sh -c 'kill -USR1 $$'
}

root_case i386__walls "on 32 bits nothing gets out, and through an opened wall just what is its own"
i386__walls_body()
{
	here_32
	. "$(atf_get_srcdir)/walls.sh"
	# shellcheck disable=SC2046	# a compiler and its options
	atf_check -s exit:0 -o empty -e empty $(cat "$tools/cc") -static -nostdinc -isystem "$tools/include" -nostdlib \
		-o probe "$tools/lib/crt1.o" "$tools/lib/crti.o" "$top/test/probe.c" "$tools/lib/libc.a" -lgcc \
		"$tools/lib/libc.a" "$tools/lib/crtn.o"
	nook=$other
	tiny_root root
	make_probes ./probe
	echo "$victim" >started
	# the family of a socket that is asked for so cannot be looked at, and Debian's libc of i386 knows no other way
	grep -vx socket-by-number names >others
	mv others names
	hindered='terminal-input terminal-input-high'
	for init in yes no; do
		closed '' --rootfs root --init=$init
		closed '' --rootfs root --init=$init --user 1000 -m 64m
	done
	outside ./probe
	for section in $sections; do
		"walls_of_$section" | opened
	done
	exec 8>&-
	ended 0 "$victim"
}

wrong()
{
	atf_fail "$1"
}

root_case i386__on_old_and_new_kernels "32-bit kernels have the calls for times of 64 bits, those of 32, or both"
i386__on_old_and_new_kernels_body()
{
	here_32
	for call in clock_gettime64 rt_sigtimedwait rt_sigtimedwait_time64 statx clone3; do
		atf_check -s exit:4 -o empty -e empty timeout 20 strace -f -qq -o trace -e trace=$call \
			-e inject=$call:error=ENOSYS "$other" --seccomp off --timeout 10s -- sh -c 'exit 4'
	done
}

cross_case i386__beyond_32_bits "a ulimit that a 32-bit kernel would take for unlimited is refused"
i386__beyond_32_bits_body()
{
	cross_build i386
	# shellcheck disable=SC2086
	atf_check -s exit:125 -o empty -e match:'ulimit=fsize=9g: too large' $run "$other" explain --ulimit fsize=9g
	# shellcheck disable=SC2086
	atf_check -s exit:0 -o match:'ulimit = fsize=3g' -e empty $run "$other" explain --ulimit fsize=3g
}

atf_init_test_cases()
{
	add_cases
}
