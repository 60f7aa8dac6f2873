# SPDX-License-Identifier: ISC
# v2.sh - every limit of cgroup v2 bites. /dev/vda is a disk to read from, /dev/vdb one to swap to; two CPUs.
# shellcheck shell=sh
. /vm/checks

case $(uname -r) in
5.*) peak='' ;;
*) peak='[1-9]*' ;;
esac

mkswap /dev/vdb >/dev/null
swapon /dev/vdb || failed 'no swap'

# ---- memory -----------------------------------------------------------------------------------------------
# shellcheck disable=SC2086
expect 137 '' 'nook: killed by the memory limit of 16m, peak *' -m 16m --report report $hog bs=48M
is 'reason' "$(figure reason)" oom
is 'memory-peak' "$(figure memory-peak)" "$peak"
more 'oom-kills' "$(figure oom-kills)" 0
# all of it goes at once
expect 137 '' 'nook: killed by the memory limit of 16m, peak *' -m 16m --report report -- \
	sh -c "sleep 50 & $hog bs=48M; echo survived"
expect 1 survived '*' -m 16m --oom-group=no -- sh -c "$hog bs=48M; echo survived; exit 1"
# shellcheck disable=SC2086
expect 0 '' '' -m 64m --stderr null --report report $hog bs=16M
is 'memory-peak of one that fits' "$(figure memory-peak)" "$peak"
[ -z "$peak" ] || more 'memory-peak of one that fits' "$(figure memory-peak)" 16777216
# swap: none unless given
# shellcheck disable=SC2086
expect 0 '' '' -m 16m --swap 64m --stderr null $hog bs=48M
# shellcheck disable=SC2086
expect 137 '' 'nook: killed by the memory limit of 16m, peak *' -m 16m --swap 8m $hog bs=48M
# memory-high slows down and reclaims, and kills nothing
# shellcheck disable=SC2086
expect 0 '' '' --memory-high 16m --swap max --stderr null --timeout 20s $hog bs=24M

# ---- all in force, seen from the host ---------------------------------------------------------------------
up --name vm-v2 -m 32m --memory-high 24m --memory-reservation 8m --swap 4m --cpus 0.25 --cpu-shares 512 --cpuset-cpus 1 \
	--cpuset-mems 0 --pids-limit 12 --device-read-bps /dev/vda:1m --device-write-iops /dev/vda:77 -- \
	sh -c 'echo up; sleep 60'
while read -r file value; do
	is "$file" "$(file_of vm-v2 "$file")" "$value"
done <<-\END
	memory.max 33554432
	memory.high 25165824
	memory.low 8388608
	memory.swap.max 4194304
	memory.oom.group 1
	cpu.max 25000 100000
	cpu.weight 20
	cpuset.cpus 1
	cpuset.cpus.effective 1
	cpuset.mems 0
	pids.max 12
	io.max *rbps=1048576 *wiops=77
END
workload=$(pidof sleep)
is 'group of the workload, for the host' "$(cat "/proc/$workload/cgroup")" '0::/nook/vm-v2'
for process in $(pidof nook); do
	is 'group of nook and of its init' "$(cat "/proc/$process/cgroup")" '0::/'
done
kill -TERM "$pid"
down 143
nothing_left 'with every limit'

# ---- in the group from the first instruction --------------------------------------------------------------
expect 0 '0::/' '' -m 32m cat /proc/self/cgroup
expect 0 '0::/nook/vm-first' '' --name vm-first -m 32m --cgroupns host cat /proc/self/cgroup
# born there: no move of a process from one group to another
if mount -t tracefs trace /sys/kernel/tracing 2>/dev/null && [ -d /sys/kernel/tracing/events/cgroup/cgroup_attach_task ]; then
	echo 1 >/sys/kernel/tracing/events/cgroup/cgroup_attach_task/enable
	for init in yes no; do
		expect 0 '' '' --init=$init -m 32m true
	done
	is 'moves between groups' "$(grep -v '^#' /sys/kernel/tracing/trace)" ''
	echo $$ >/sys/fs/cgroup/cgroup.procs
	echo 0 >/sys/kernel/tracing/events/cgroup/cgroup_attach_task/enable
	umount /sys/kernel/tracing
elif ! uname -r | grep -q nook; then # the built kernels have no tracing
	failed 'no tracing of cgroup_attach_task'
fi

# ---- CPU --------------------------------------------------------------------------------------------------
# shellcheck disable=SC2016
expect 0 '' '' --cpus 0.1 --report report -- sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done'
more 'throttled-seconds' "$(figure throttled-seconds)" 0
more 'wall-seconds against a tenth of a CPU' "$(figure wall-seconds)" \
	"$(awk -v c="$(figure cpu-seconds)" 'BEGIN { print 4 * c }')"
expect 0 'Cpus_allowed_list:?1' '' --cpuset-cpus 1 grep Cpus_allowed_list /proc/self/status
expect 0 'Cpus_allowed_list:?0' '' --init=no --cpuset-cpus 0 grep Cpus_allowed_list /proc/self/status

# ---- processes --------------------------------------------------------------------------------------------
# shellcheck disable=SC2016
expect 2 '' "*can't fork*" --pids-limit 3 --report report -- sh -c 'for i in 1 2 3 4 5; do sleep 1 & done; wait'

# ---- the disk: 2 MB at 1 MB/s -----------------------------------------------------------------------------
echo 3 >/proc/sys/vm/drop_caches
expect 0 '' '' --device /dev/vda --device-read-bps /dev/vda:1m --stderr null --report report \
	dd if=/dev/vda of=/dev/null bs=256k count=8
more 'wall-seconds of 2 MB at 1 MB/s' "$(figure wall-seconds)" 1.2
more 'io-read-bytes' "$(figure io-read-bytes)" 2000000

swapoff /dev/vdb
finish
