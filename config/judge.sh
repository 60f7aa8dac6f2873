#!/bin/sh
# SPDX-License-Identifier: ISC
# judge.sh - compile what somebody has handed in, run it on each test under limits, and say the verdict
#
# usage: judge.sh SOURCE.c TESTS		TESTS is a directory of pairs NAME.in, NAME.out
#
# A line for each test, with CPU seconds and bytes, then the verdict. Status 0: accepted, 1: not, 2: cannot judge.

set -u
if [ $# -ne 2 ] || [ ! -r "$1" ] || [ ! -d "$2" ]; then
	echo "usage: $0 SOURCE.c TESTS" >&2
	exit 2
fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

# The source is as little to be trusted as the program: compilers can be made to read files, and to go on
# for ever. The program leaves through standard output, as nothing there can be written to but memory.
# shellcheck disable=SC2016 # of the shell inside
nook -m 256m --pids-limit 16 --timeout 20s --read-only --user 65534:65534 --env TMPDIR=/dev/shm \
	--stdin "$(realpath "$1")" --stdout "$work/program" --output-limit 16m --stderr "$work/said" -- \
	sh -c 'cc -O2 -static -x c -o /dev/shm/program - && exec cat /dev/shm/program' || {
	echo 'compile error'
	exit 1
}
chmod 755 "$work" "$work/program"

# verdict_of REPORT ANSWER RIGHT-ANSWER
verdict_of()
{
	case $(sed -n 's/^reason=//p' "$1") in
	exited)
		if ! grep -qx status=0 "$1"; then
			echo 'runtime error'
		elif cmp -s "$2" "$3"; then
			echo accepted
		else
			echo 'wrong answer'
		fi ;;
	signaled) echo 'runtime error' ;;
	timeout | cpu-time) echo 'time limit' ;;
	oom) echo 'memory limit' ;;
	output) echo 'output limit' ;;
	*) echo 'cannot judge' ;;
	esac
}

# One process, on a root of nothing but itself. By CPU time, so that a busy machine is fair; by the clock
# as well, as who sleeps uses none.
all=accepted
for input in "$(realpath "$2")"/*.in; do
	nook -m 64m --pids-limit 1 --cpu-time 1s --timeout 10s --ulimit core=0 --output-limit 1m \
		--rootfs scratch --read-only --user 65534:65534 -v "$work/program:/program:ro" \
		--stdin "$input" --stdout "$work/answer" --stderr null --report "$work/report" -- /program 2>"$work/said"
	verdict=$(verdict_of "$work/report" "$work/answer" "${input%.in}.out")
	printf '%s: %s, %s s, %s bytes\n' "$(basename "$input" .in)" "$verdict" \
		"$(sed -n 's/^cpu-seconds=//p' "$work/report")" "$(sed -n 's/^memory-peak=//p' "$work/report")"
	[ "$verdict" != 'cannot judge' ] || { cat "$work/said" >&2; exit 2; }
	[ "$all" != accepted ] || all=$verdict
done
echo "$all"
[ "$all" = accepted ]
