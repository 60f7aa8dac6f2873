# SPDX-License-Identifier: ISC
# core.sh - the contract that holds on every kernel and with every layout of cgroup file systems
# shellcheck shell=sh
. /vm/checks

limits='-m 32m --pids-limit 30 --cpus 0.5'
nl='
'

# a root, and a volume with another file system below it
mkdir -p /r/bin /r/proc /r/sys /r/dev /r/mnt /data
cp /bin/busybox /r/bin/
for applet in sh ls touch; do ln -s busybox /r/bin/$applet; done
mount -t tmpfs data /data
mkdir /data/sub
mount -t tmpfs sub /data/sub
mounts=$(cat /proc/self/mountinfo)

for init in yes no; do
	# shellcheck disable=SC2086	# a list of arguments
	set -- --init=$init $limits
	expect 3 '' '' "$@" -- sh -c 'exit 3'
	expect 3 '' '' --init=$init -- sh -c 'exit 3'
	expect 127 '' '*nonesuch*' "$@" nonesuch

	# shellcheck disable=SC2086
	expect 137 '' 'nook: killed by the memory limit of 16m, peak *' --init=$init -m 16m --report report $hog bs=64M
	is 'reason of an OOM' "$(figure reason)" oom
	is 'status of an OOM' "$(figure status)" 137
	more 'oom-kills' "$(figure oom-kills)" 0

	expect 124 '' 'nook: ended by the timeout of 300 ms' "$@" --timeout 300ms --stop-timeout 100ms --report report sleep 60
	is 'reason of a timeout' "$(figure reason)" timeout

	up "$@" --report report --stop-timeout 20s -- sh -c 'trap "exit 143" TERM; echo up; while :; do sleep 0.1; done'
	kill -TERM "$pid"
	down 143
	is 'said on TERM' "$(cat err)" ''
	is 'reason on TERM' "$(figure reason)" stopped
	nothing_left "after TERM, init=$init"

	# SIGKILL of nook: nothing survives but an empty group, which the next start sweeps
	for pidns in private host; do
		[ $init$pidns != nohost ] || continue
		up "$@" --pid $pidns -- sh -c 'sleep 71 & echo up; sleep 72'
		kill -KILL "$pid"
		wait "$pid"
		soon none_runs || failed "after SIGKILL, init=$init pid=$pidns: left: $(pidof sleep)"
		expect 0 '' '' "$@" --pid $pidns true # in the same hierarchies
		nothing_left "after SIGKILL and one more start, init=$init pid=$pidns"
	done

	[ $init = yes ] || continue
	# no PID namespace to end the tree
	expect 4 '' '' "$@" --pid host -- sh -c 'setsid sleep 73 & (setsid sleep 74 &); exit 4'
	expect 124 '' 'nook: ended by the timeout of 300 ms' "$@" --pid host --timeout 300ms --stop-timeout 0 -- \
		sh -c 'trap "" TERM; setsid sleep 75 & sleep 76'
	nothing_left "after pid=host, init=$init"
done
expect 143 '' 'nook: killed by signal 15 (TERM)' -- sh -c 'kill -TERM $$'
up -- sh -c 'echo up; exec sleep 60'
kill -TERM "$pid"
down 143

# shellcheck disable=SC2016
expect 2 '' "*can't fork*" --pids-limit 3 -- sh -c 'for i in 1 2 3 4 5; do sleep 1 & done; wait'

# ---- the group, from both sides -------------------------------------------------------------------------
# shellcheck disable=SC2086
up --name vm-a $limits --cgroupns host -- sh -c 'cat /proc/self/cgroup; echo up; sleep 60'
soon grep -q up out
is 'its group as the host names it' "$(grep -c ':/nook/vm-a$' out)" '[1-9]'
expect 125 '' 'nook: vm-a is already running: its group /nook/vm-a is in use*' --name vm-a true
if [ "$layout" != none ]; then
	is 'pids limit in force' "$(file_of vm-a pids.max)" 30
	is 'cpus in force' "$(file_of vm-a cpu.cfs_quota_us cpu.max)" '50000*'
	value=$(file_of vm-a memory.limit_in_bytes memory.max)
	[ -z "$value" ] || is 'memory limit in force' "$value" 33554432
	[ -n "$value" ] || ! grep -qs memory /sys/fs/cgroup/cgroup.controllers || failed "no memory limit to be seen"
fi
[ "$(cat /proc/self/mountinfo)" = "$mounts" ] || failed "while it runs the mounts have changed: $(cat /proc/self/mountinfo)"
kill -TERM "$pid"
down 143
# shellcheck disable=SC2086
expect 1 '' '' $limits grep -v ':/$' /proc/self/cgroup
# shellcheck disable=SC2086
expect 0 '' '' --report report $limits true
is 'memory-limit reported' "$(figure memory-limit)" 33554432
is 'cgroup reported' "$(figure cgroup)" '/nook/*'
is 'reason reported' "$(figure reason)" exited
more 'cpu-seconds' "$(figure cpu-seconds)" 0

# ---- the root -------------------------------------------------------------------------------------------
expect 0 "bin${nl}dev${nl}proc${nl}sys" '' --rootfs scratch -v /bin:/bin:ro ls -1 /
expect 0 "bin${nl}data${nl}dev${nl}proc${nl}sys" '' --rootfs scratch --read-only -v /bin -v /data:/data ls -1 /
expect 1 '' '*Read-only file system*' --rootfs /r --read-only touch /mnt/x
expect 0 '' '' --rootfs /r -v /data:/mnt touch /mnt/sub/rw
[ -e /data/sub/rw ] || failed 'a writable volume did not reach the host'
for root in / /r scratch; do
	for place in /mnt/x /mnt/sub/x; do
		case $root in
		/) set -- -v /data:/var:ro touch "/var/${place#/mnt/}" ;;
		/r) set -- --rootfs /r -v /data:/mnt:ro touch $place ;;
		scratch) set -- --rootfs scratch -v /bin -v /data:/mnt:ro touch $place ;;
		esac
		expect 1 '' '*Read-only file system*' "$@"
	done
done
touch /data/sub/y || failed 'the volume became read-only on the host'
expect 1 '' '*Read-only file system*' --read-only touch /x
expect 1 '' '*Read-only file system*' --read-only touch /data/sub/x

# ---- rights, names, network -------------------------------------------------------------------------------
for init in yes no; do
	expect 0 "Uid:*70000*70000*70000*70000${nl}CapEff:?0000000000000400${nl}CapBnd:?0000000000000400${nl}NoNewPrivs:?1" '' \
		--init=$init --user 70000 --cap-add net_bind_service grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs):' /proc/self/status
done
expect 0 'CapEff:?0000000000000000' '' grep CapEff /proc/self/status
expect 0 inside '' --hostname inside hostname
[ "$(hostname)" != inside ] || failed 'the host name has changed outside'
expect 0 '1: lo: <LOOPBACK,UP,*' '' ip -o link show
finish
