#!/bin/sh
# SPDX-License-Identifier: ISC
# parallel.sh - GNU parallel: one limited run of a program for each input, as many at a time as there are CPUs
#
# usage: parallel.sh PROGRAM INPUT...
#
# Beside each INPUT come INPUT.out and INPUT.report; then a line for each, and the number of those that
# failed is the status, as parallel's. No run sees another, or slows it down.

[ $# -ge 2 ] || { echo "usage: $0 PROGRAM INPUT..." >&2; exit 125; }
program=$(realpath -- "$1") || exit 125
shift

realpath -z -- "$@" | parallel -0 -q nook -m 64m --cpus 1 --timeout 10s --pids-limit 16 --read-only \
	--stdin '{}' --stdout '{}.out' --report '{}.report' -- "$program"
failed=$?

for input; do
	printf '%s:' "$input"
	for key in status reason wall-seconds memory-peak; do
		printf ' %s' "$(grep "^$key=" "$input.report")"
	done
	echo
done
exit $failed
