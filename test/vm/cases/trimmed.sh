# SPDX-License-Identifier: ISC
# trimmed.sh - a kernel without cgroups and namespaces: all is refused by name, or excused
# shellcheck shell=sh
. /vm/checks

expect 125 '' 'nook: cannot load the filter of system calls (seccomp): Invalid argument
nook: hint: it needs CONFIG_SECCOMP_FILTER' true
while read -r option value controller config; do
	expect 125 '' "nook: cannot limit $option: this kernel offers no $controller controller
nook: hint: it needs CONFIG_$config*" --seccomp off "--$option" "$value" true
done <<-\END
	memory 32m memory MEMCG
	memory-high 32m memory MEMCG
	memory-reservation 32m memory MEMCG
	swap 32m memory SWAP
	cpus 0.5 cpu CFS_BANDWIDTH
	cpu-shares 512 cpu FAIR_GROUP_SCHED
	cpuset-cpus 0 cpuset CPUSETS
	cpuset-mems 0 cpuset CPUSETS
	pids-limit 10 pids CGROUP_PIDS
	device-read-bps /dev/null:1m blkio BLK_DEV_THROTTLING
END
excused='' warned=''
for name in pid:PID_NS ipc:IPC_NS uts:UTS_NS network:NET_NS; do
	expect 125 '' "${warned}nook: cannot make a private ${name%:*} namespace: this kernel has none
nook: hint: it needs CONFIG_${name#*:}" --seccomp off ${excused:+--allow-missing "$excused"} true
	excused=$excused${excused:+,}${name%:*}
	warned="${warned}nook: warning: ${name%:*} is missing here*
"
done
expect 125 '' 'nook: cannot make a group: this kernel offers no cgroup hierarchy
nook: hint: it needs CONFIG_CGROUPS*' --seccomp off --name vm-a true
expect 125 '' '*
*
nook: cannot make a private uts namespace: this kernel has none
nook: hint: it needs CONFIG_UTS_NS' --seccomp off --allow-missing pid,ipc,network --hostname inside true

# a supervisor with ulimits
all='--allow-missing seccomp,pid,ipc,uts,network,memory,cpus,pids-limit'
# ... but not without an init: nothing would end the tree
expect 125 '' '*
*
*
*
nook: cannot use init = no: without a PID namespace nothing would end the tree if nook is killed' --init=no --seccomp off \
	--allow-missing pid,ipc,uts,network true
# shellcheck disable=SC2086
set -- $all
warned='*
*
*
*
*'
expect 3 '' "$warned" "$@" -- sh -c 'exit 3'
expect 0 77 "$warned" "$@" --ulimit nofile=77 -- sh -c 'ulimit -n'
expect 124 '' "$warned
nook: ended by the timeout of 300 ms" "$@" --timeout 300ms sleep 60
expect 0 '' "$warned
*
*
*" "$@" -m 32m --cpus 0.5 --pids-limit 10 --report report true
is 'missing' "$(figure missing | tr , '\n' | sort | tr '\n' ,)" cpus,ipc,memory,network,pid,pids-limit,seccomp,uts,
expect 0 'CapEff:?0000000000000000' "$warned" "$@" grep CapEff /proc/self/status
expect 1 '' "$warned
*Read-only file system" "$@" --rootfs scratch -v /bin:/bin:ro touch /bin/x
up "$@" -- sh -c 'echo up; exec sleep 60'
kill -TERM "$pid"
down 143
up "$@" -- sh -c 'echo up; exec sleep 61'
kill -KILL "$pid"
soon none_runs || failed "after SIGKILL: left: $(pidof sleep)"
# what has forked away, with neither a group nor a PID namespace
# shellcheck disable=SC2086
expect 0 '' "$warned" $all -- sh -c 'sleep 62 & (setsid sleep 63 &); exit 0'
nothing_left 'after a background process'
up "$@" -- sh -c '(setsid sleep 64 &); echo up; exec sleep 61'
kill -KILL "$pid"
soon none_runs || failed "after SIGKILL: what forked away is left: $(pidof sleep)"

# what it would need, all of it
nook check -m 32m --cpus 0.5 --cpuset-cpus 0 --pids-limit 10 --name vm-a >needs
is 'check' "$?" 1
grep -qx 'missing  seccomp: needs CONFIG_SECCOMP_FILTER' needs || failed "check lacks seccomp: $(cat needs)"
while read -r need; do
	grep -qxF "missing  $need" needs || failed "check lacks: $need; says: $(cat needs)"
done <<-END
	pid namespace: needs CONFIG_PID_NS
	ipc namespace: needs CONFIG_IPC_NS
	uts namespace: needs CONFIG_UTS_NS
	net namespace: needs CONFIG_NET_NS
	memory: needs CONFIG_MEMCG, and no cgroup_disable=memory; on a Raspberry Pi, cgroup_enable=memory in cmdline.txt
	cpus: needs CONFIG_CFS_BANDWIDTH, and no cgroup_disable=cpu
	cpuset-cpus: needs CONFIG_CPUSETS, and no cgroup_disable=cpuset
	pids-limit: needs CONFIG_CGROUP_PIDS, and no cgroup_disable=pids
	a group: needs CONFIG_CGROUPS and a controller, e.g. CONFIG_CGROUP_PIDS
END
# shellcheck disable=SC2086
nook check $all -m 32m --cpus 0.5 --pids-limit 10 >needs || failed "check, all excused: $(cat needs)"
finish
