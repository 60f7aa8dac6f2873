# SPDX-License-Identifier: ISC
# realtime.sh - RT_GROUP_SCHED: a group with the cpu controller gives realtime tasks no time until it is told to
# shellcheck shell=sh
. /vm/checks

expect 0 'policy*: 1' '' --scheduler fifo:1 sed -n 's/^policy *\(: *\)\([0-9]*\)$/policy: \2/p' /proc/self/sched
expect 125 '' 'nook: cannot set scheduler to fifo:1: *
nook: hint: *RT_GROUP_SCHED*' --scheduler fifo:1 --cpus 0.5 true
nothing_left 'after a refusal'
# a realtime process of the host's, outside the root group, does not keep the limit from anybody silently
chrt -f 1 sleep 50 &
expect 0 '' '' --cpus 0.5 --report report true
kill $!
finish
