# SPDX-License-Identifier: ISC
# cold.sh - inside the machine that `cold` boots: the rows of one kernel and one layout of cgroup file systems
# shellcheck shell=sh

mkdir -p /root/proc /root/sys /root/dev
cp /bin/cold /root/cold
row()
{
	printf '  %-26s' "$1"
	shift
	cold 10 "$@" || echo 'failed'
}
row 'fork and execve alone' /bin/cold
[ ! -e /bin/floor ] || [ ! -d /sys/fs/cgroup/memory ] || row 'floor -i -w' /bin/floor -i -w /root /cold
row 'nook, no limit' /bin/nook --rootfs /root /cold
row 'nook' /bin/nook -m 64m --pids-limit 20 --rootfs /root /cold
row 'nook init=no' /bin/nook -m 64m --pids-limit 20 --init=no --rootfs /root /cold
# the trap, to show that it is one here: a process that is put into a group by its number
for procs in /sys/fs/cgroup/memory/cgroup.procs /sys/fs/cgroup/cgroup.procs; do
	[ ! -e $procs ] || row 'a write to cgroup.procs' /bin/sh -c "echo 0 >$procs; exec /bin/cold"
done
