# SPDX-License-Identifier: ISC
# no_userns.sh - a kernel without user namespaces: refused by name, or excused where root asks for one
# shellcheck shell=sh
. /vm/checks

echo user:x:12345:12345:user:/tmp:/bin/sh >>/etc/passwd
for init in yes no; do
	expect 125 '' 'nook: *userns*
nook: hint: *CONFIG_USER_NS*' --userns private --init=$init true
	expect 0 0 'nook: warning: userns is missing here*' --userns private --init=$init --allow-missing userns -- id -u
	expect 0 '' '' --init=$init -m 16m true
done
cd / && su user -c 'nook true' >/tmp/out 2>/tmp/err && failed 'an ordinary user could'
is 'said to a user' "$(cat /tmp/err)" 'nook: *userns*CONFIG_USER_NS*'
cd /tmp || exit
finish
