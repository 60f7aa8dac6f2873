# SPDX-License-Identifier: ISC
# disabled.sh - booted with cgroup_disable=memory, as the firmware of a Raspberry Pi does
# shellcheck shell=sh
. /vm/checks

expect 125 '' 'nook: cannot limit memory: this kernel offers no memory controller
nook: hint: *cgroup_enable=memory*cmdline.txt*' -m 32m true
expect 0 '' 'nook: warning: *memory*' -m 32m --allow-missing memory --report report true
is 'missing' "$(figure missing)" memory
expect 0 '' 'nook: warning: *memory*' -m 32m --allow-missing memory --pids-limit 20 true
expect 0 '' '' --pids-limit 20 --report report true
is 'memory-peak' "$(figure memory-peak)" ''
finish
