# SPDX-License-Identifier: ISC
# watchdog.sh - a watchdog is fed, closed in the end, and bites when nook is stopped: then this does not end
# shellcheck shell=sh
. /vm/checks

expect 125 '' 'nook: cannot open /dev/nonesuch: No such file or directory*' --watchdog /dev/nonesuch true
expect 0 '' '' --watchdog /dev/watchdog --watchdog-timeout 2s sleep 5
echo fed
sleep 4
echo closed
nook --watchdog /dev/watchdog --watchdog-timeout 2s sleep 100 &
sleep 1
kill -STOP $!
sleep 20
echo 'it did not bite'
