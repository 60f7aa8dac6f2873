# SPDX-License-Identifier: ISC
# experiments.sh - the three experiments that nook comes from
# shellcheck shell=sh
. /vm/checks

expect 0 '' '' --stderr null $hog bs=1000M
expect 137 '' 'nook: killed by the memory limit of 500m, peak *' --stderr null -m 500m $hog bs=1000M
expect 0 '' '' --stderr null -m 500m $hog bs=200M
finish
