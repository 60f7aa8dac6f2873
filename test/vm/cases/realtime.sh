# SPDX-License-Identifier: ISC
# realtime.sh - RT_GROUP_SCHED: a group with the cpu controller gives realtime tasks no time until it is told to
# shellcheck shell=sh
. /vm/checks

expect 0 '1 1' '' --scheduler fifo:1 cut -d ' ' -f 40,41 /proc/self/stat
# a realtime task in a group keeps the controller from all groups
up --name vm-rt --scheduler fifo:1 -- sh -c 'echo up; sleep 60'
expect 125 '' 'nook: cannot *
nook: hint: *RT_GROUP_SCHED*' --cpus 0.5 true
kill -TERM "$pid"
down 143
expect 125 '' 'nook: cannot set scheduler to fifo:1: *
nook: hint: *RT_GROUP_SCHED*' --scheduler fifo:1 --cpus 0.5 true
nothing_left 'after a refusal'
finish
