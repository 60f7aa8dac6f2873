# SPDX-License-Identifier: ISC
# machines.sh - what the tests that boot machines share; sourced by each after helpers.sh
#
# Each case boots machines with test/vm/run. The checks inside are scripts in test/vm/cases, which print one
# line for each that failed.
# shellcheck shell=sh disable=SC2034,SC2154

top=$(cd "$(atf_get_srcdir)/.." && pwd)
scripts=$top/test/vm/cases
# kyua gives each case a HOME of its own; what was fetched and built once is in the user's
NOOK_CACHE="${NOOK_CACHE:-$(getent passwd "$(id -u)" | cut -d : -f 6)/.cache/nook-vm}"
export NOOK_CACHE NOOK_VM_CACHE="${NOOK_VM_CACHE:-$NOOK_CACHE}"

# vm_case NAME DESCRIPTION: for anybody; what is missing is fetched the first time, hence the time
vm_case()
{
	cases="$cases $1"
	atf_test_case "$1"
	eval "${1}_head() { atf_set descr '$2'; atf_set timeout 1200; }"
}

# program_for KERNEL: sets program, nook for its architecture, built if need be
program_for()
{
	exec 9>>"$top/build/lock" # cases run side by side
	flock 9
	"$top/test/packages" vm >packages.log 2>&1 || atf_skip "no QEMU here, and none to be had"
	program=$nook
	case $1 in
	arm64 | armhf | mipsel | mips)
		"$top/test/packages" cross >packages.log 2>&1 || atf_skip "no cross compilers here, and none to be had"
		atf_check -s exit:0 -o ignore -e ignore make -s -C "$top" CROSS="$1"
		program=$top/build/$1/nook
		;;
	esac
	exec 9>&-
}

# in_vm KERNEL LAYOUT SCRIPT RUN-OPTION...: the script of test/vm/cases is content
in_vm()
{
	kernel=$1 layout=$2 script=$3
	shift 3
	program_for "$kernel"
	atf_check -s exit:0 -o empty -e empty "$top/test/vm/run" -k "$kernel" -g "$layout" -f "$program:/bin/nook" \
		-f "$scripts/checks.sh:/vm/checks" "$@" "$scripts/$script.sh"
}

# probe_for KERNEL: makes ./probe of probe.c for its architecture
probe_for()
{
	program_for "$1"
	case $1 in
	arm64 | armhf | mipsel | mips)
		tools=$("$top/test/cross" "$1" 2>cross.log) || atf_fail "test/cross $1: $(tail -n 1 cross.log)"
		# shellcheck disable=SC2046	# a compiler and its options
		atf_check -s exit:0 -o empty -e empty $(cat "$tools/cc") -static -nostdinc -isystem "$tools/include" -nostdlib \
			-o probe "$tools/lib/crt1.o" "$tools/lib/crti.o" "$top/test/probe.c" "$tools/lib/libc.a" -lgcc \
			"$tools/lib/libc.a" "$tools/lib/crtn.o"
		;;
	*) atf_check -s exit:0 -o empty -e empty musl-gcc -static -o probe "$top/test/probe.c" ;;
	esac
}

# confines KERNEL [SHORT]: the walls, with an initramfs as the machine's root; SHORT: just that they are closed
confines()
{
	probe_for "$1"
	echo "short=${2-}" | cat - "$top/test/walls.sh" >walls
	[ -n "${2-}" ] || sed -i 1d walls
	in_vm "$1" none confine -t 900 -f probe:/bin/probe -f walls:/vm/walls
}

# contract KERNEL LAYOUT...: cases named core__KERNEL_LAYOUT; these names are what test/vm/matrix counts
contract()
{
	kernel=$1
	shift
	for layout; do
		name=$(echo "core__${kernel}_$layout" | tr .- __)
		vm_case "$name" "kernel $kernel, cgroup file systems: $layout: the contract holds"
		eval "${name}_body() { in_vm $kernel $layout core; }"
	done
}

# ordinary KERNEL...: cases named ordinary__KERNEL
ordinary()
{
	for kernel; do
		name=$(echo "$kernel" | tr .- __)
		vm_case "ordinary__$name" "kernel $kernel: user namespaces, ordinary users, the job of make demo as one"
		eval "ordinary__${name}_body() { ordinary_user $kernel; }"
	done
}

ordinary_user()
{
	if [ "$1" = arm64 ]; then # whose programs are not here
		in_vm "$1" v2 ordinary
	else
		atf_check -s exit:0 -o ignore -e empty "$top/rootfs/build" demo stress
		in_vm "$1" v2 ordinary -m 1400 -f demo:/demo
	fi
}

# boot STATUS SAID KERNEL ARGUMENTS RUN-OPTION...: nook is /init and gets the arguments; SAID is a pattern for
# the console; RUN-OPTIONs go before
boot()
{
	status=$1 said=$2 kernel=$3 arguments=$4
	shift 4
	program_for "$kernel"
	atf_check -s exit:"$status" -o save:console -e empty "$top/test/vm/run" -t 60 -k "$kernel" -i "$program" \
		-a "$arguments" "$@"
	# shellcheck disable=SC2254	# a pattern it is
	case $(cat console) in
	$said) ;;
	*) atf_fail "$kernel: $arguments: the console says: $(tr '\n' '|' <console)" ;;
	esac
	atf_check -s exit:1 -o empty -e empty grep -F 'Kernel panic' console
}

nl='
'

experiments_pid1()
{
	hog='--on-exit reboot --stderr null dd if=/dev/zero of=/dev/null count=1'
	boot 0 'nook: status=0 reason=exited' "$1" "-- $hog bs=1000M" -m 1400
	boot 0 "nook: killed by the memory limit of 500m, peak *${nl}nook: status=137 reason=oom" "$1" \
		"-- -m 500m $hog bs=1000M" -m 1400
	boot 0 'nook: status=0 reason=exited' "$1" "-- -m 500m $hog bs=200M" -m 1400
}

add_cases()
{
	for case in $cases; do
		atf_add_test_case "$case"
	done
}
