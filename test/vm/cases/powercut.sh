# SPDX-License-Identifier: ISC
# powercut.sh - what is on the disk is right, and the next start works; then it is written to until the power goes
# shellcheck shell=sh
. /vm/checks

mkdir -p /disk
mount -t ext4 -o commit=1 /dev/vda /disk || # names come to the disk soon, what is in files later
	 failed 'cannot mount'
cd /disk || exit
[ -d reports ] || mkdir reports
for report in reports/*; do
	case $report in
	'reports/*' | *.new) continue ;;
	esac
	is "the end of $report" "$(tail -c 20 "$report" | tail -n 1)" 'cgroup=*'
	is "the beginning of $report" "$(head -n 1 "$report")" 'name=*'
	is "the reason of $report" "$(sed -n 's/^reason=//p' "$report")" exited
done
for start in 1 2 3; do
	nook --name vm-cut --report reports/always --pidfile /disk/pid --stdout /disk/log --log-max-size 64k -m 16m -- sh -c 'echo whole line; exit 3'
	is 'status of a start' $? 3
	is 'its report' "$(tail -n 1 reports/always)" 'cgroup=/nook/vm-cut'
	[ ! -e pid ] || failed "the pidfile stays: $(cat pid)"
	is 'its line in the log' "$(tail -n 1 log)" 'whole line'
done
rm -f reports/[0-9]* log*
sync
[ "$failures" = 0 ] || finish
echo right
echo up >/dev/ttyS1
n=0
while :; do
	n=$((n + 1))
	nook --name vm-cut --report reports/$n --pidfile /disk/pid --stdout /disk/log --log-max-size 4k -m 16m -- \
		sh -c 'yes whole line | head -n 100; exit 3'
done
