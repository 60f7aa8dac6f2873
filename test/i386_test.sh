#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# i386_test.sh - the programs and the daemons of a 32-bit Debian, which this machine runs itself, under the nook of 32 bits
# shellcheck shell=sh disable=SC1091,SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"
longest=1200 # the first one fetches
. "$(atf_get_srcdir)/programs.sh"
. "$(atf_get_srcdir)/daemons.sh"

# kyua gives each case a HOME of its own; what was fetched and built once is in the user's
NOOK_CACHE="${NOOK_CACHE:-$(getent passwd "$(id -u)" | cut -d : -f 6)/.cache/nook-vm}"
export NOOK_CACHE
system=$NOOK_CACHE/debian-i386
here=/case
place="--rootfs $system -v $PWD:/case:ro -v $PWD/work:/case/work"
nook=$top/build/i386/nook

clean_up()
{
	[ ! -s nook.pid ] || kill -KILL "$(cat nook.pid)" 2>/dev/null
	sweep none-by-name
	sweep daemons-
}

# have_system: the program and the system, made when they aren't there
have_system()
{
	exec 9>>"$top/build/lock" # cases run side by side
	flock 9
	"$top/test/packages" vm cross daemons >packages.log 2>&1 || atf_skip "no cross compilers here, and none to be had"
	atf_check -s exit:0 -o ignore -e ignore make -s -C "$top" CROSS=i386
	"$nook" --version >/dev/null 2>&1 || atf_skip "this machine runs no 32-bit programs"
	atf_check -s exit:0 -o inline:"$system\n" -e empty "$top/test/debian" i386
	exec 9>&-
}

# outside COMMAND...: by chroot
outside()
{
	# shellcheck disable=SC2016
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 unshare -m --propagation private sh -c 'system=$1 && shift &&
	    mount --rbind /proc "$system/proc" && mount --rbind /dev "$system/dev" && mount --bind . "$system/case" &&
	    exec chroot "$system" sh -c "cd /case/work && exec \"\$@\"" - "$@"' - "$system" "$@"
}

# is_32_bit FILE: its ELF class
is_32_bit()
{
	printf '\177ELF\1' >class
	atf_check -s exit:0 -o empty -e empty cmp -n 5 class "$1"
}

is_of_system()
{
	is_32_bit "/proc/$(the_daemon)/exe"
	atf_check -s exit:0 -o inline:'Seccomp:\t2\n' -e empty grep ^Seccomp: "$status"
}

root_case bits__are_32 'the nook, the programs, and the filter: which kills a program of 64 bits'
bits__are_32_body()
{
	have_system
	chmod 755 .
	mkdir work
	is_32_bit "$nook"
	for program in dash bash python3 perl sqlite3 curl gcc make busybox; do
		is_32_bit "$(realpath "$system/bin/$program")"
	done
	# shellcheck disable=SC2086
	atf_check -s exit:0 -o inline:'4\nSeccomp:\t2\nNoNewPrivs:\t1\n' -e empty "$nook" $place -- python3 -c 'import struct
print(struct.calcsize("P"))
for key in "Seccomp:", "NoNewPrivs:": print(*[line for line in open("/proc/self/status") if line.startswith(key)], end="")'
	cp "$(command -v busybox)" busybox # of 64
	# shellcheck disable=SC2086
	atf_check -s exit:159 -o empty -e match:'killed by signal 31 .SYS.' "$nook" $place -- /case/busybox true
	# shellcheck disable=SC2086
	atf_check -s exit:0 -o empty -e empty "$nook" --seccomp off $place -- /case/busybox true
}

atf_init_test_cases()
{
	add_cases
}
