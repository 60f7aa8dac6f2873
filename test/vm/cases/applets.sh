# SPDX-License-Identifier: ISC
# applets.sh - the applets of this machine's busybox do inside what they do outside
# shellcheck shell=sh
. /vm/checks

mkdir -p /area
chmod 777 /area
cd /area || exit
sh /vm/applets busybox >/tmp/want
[ "$(wc -l </tmp/want)" -gt 100 ] || failed "little is said: $(cat /tmp/want)"
for how in '' --init=no '--user 1000'; do
	rm -rf /area/* # it is the working directory
	# shellcheck disable=SC2086
	nook $how sh /vm/applets busybox >/tmp/got 2>/tmp/err
	diff /tmp/want /tmp/got >/tmp/differ || failed "inside, $how: $(cat /tmp/differ)"
	[ ! -s /tmp/err ] || failed "inside, $how, it says: $(cat /tmp/err)"
done
cd /tmp || exit
finish
