# SPDX-License-Identifier: ISC
# samples.sh - a kernel with what config/kernel.config names: each sample passes nook check, and limits are had
# shellcheck shell=sh
. /vm/checks

for sample in /config/*.conf; do
	nook check -f "$sample" >needs || failed "nook check -f $sample: $(cat needs)"
	is "needs of $sample" "$(grep -vE '^(ok|note) ' needs)" ''
done
# all that the settings can limit
nook check -m 32m --memory-high 24m --memory-reservation 8m --swap 4m --cpus 0.25 --cpu-shares 512 --cpuset-cpus 0 \
	--cpuset-mems 0 --pids-limit 12 --device-read-bps /dev/null:1m --tty --name vm-a \
	--sysctl net.ipv4.ip_forward=1 --sysctl kernel.shmmax=65536 --sysctl fs.mqueue.msg_max=5 >needs ||
	failed "check: $(cat needs)"
# and it is no empty word
# shellcheck disable=SC2086
expect 137 '' 'nook: killed by the memory limit of 16m, peak *' -m 16m --cpus 0.9 --pids-limit 20 --cpuset-cpus 0 $hog bs=48M
expect 0 '0::/' '' -m 32m --swap 4m --memory-high 24m --sysctl kernel.shmmax=65536 cat /proc/self/cgroup
expect 0 'CapEff:?0000000000000000' '' -f /config/solver.conf --stdout inherit --stderr inherit -- grep CapEff /proc/self/status
finish
