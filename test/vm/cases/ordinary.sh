# SPDX-License-Identifier: ISC
# ordinary.sh - cgroup v2: user namespaces of root's, and nook run by an ordinary user with a group of his own and without
#
# /demo, where it is there, is the root of make demo.
# shellcheck shell=sh
. /vm/checks
v2=/sys/fs/cgroup
hint='nook: hint: *systemd-run --user --scope -p Delegate=yes nook *'

echo user:x:12345:12345:user:/tmp:/bin/sh >>/etc/passwd
echo user:x:12345: >>/etc/group
chmod 666 /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty # mdev leaves them to root alone
mkdir -m 777 /free
cd /free || exit
# GROUP COMMAND...: he runs it in that group, in this process
# shellcheck disable=SC2016
echo 'exec "$@"' >as-told
# shellcheck disable=SC2016
echo 'echo 0 >"/sys/fs/cgroup/$1/cgroup.procs" && shift && exec su -- user /free/as-told "$@"' >his

# wants STATUS OUT ERR GROUP NOOK-ARGUMENT...: as expect, for him
wants()
{
	status=$1 out=$2 err=$3 group=$4
	shift 4
	got=0
	rm -f report
	sh his "$group" nook "$@" >out 2>err </dev/null || got=$?
	[ "$got" = "$status" ] || failed "user: nook $*: ended with $got, not $status; said: $(cat out err)"
	matches "$(cat out)" "$out" || failed "user: nook $*: printed: $(cat out); not: $out"
	matches "$(cat err)" "$err" || failed "user: nook $*: said: $(cat err); not: $err"
}

echo '+memory +pids +cpu' >$v2/cgroup.subtree_control
mkdir $v2/other
delegate()
{
	mkdir $v2/his
	chown 12345:12345 $v2/his $v2/his/cgroup.procs $v2/his/cgroup.subtree_control
}
delegate

# ---- a group of his own ----
for init in yes no; do
	# shellcheck disable=SC2086	# a list of arguments
	wants 137 '' 'nook: killed by the memory limit of 16m, peak *' his --init=$init -m 16m --report report $hog bs=64M
	is 'reason' "$(figure reason)" oom
	[ ! -e $v2/his/memory.peak ] || more 'memory-peak' "$(figure memory-peak)" 15000000
	wants 0 '0::/his/nook/vm-in' '' his --init=$init --name vm-in --cgroupns host -m 16m --cpus 0.5 cat /proc/self/cgroup
	# shellcheck disable=SC2016
	wants 0 '*limited' '*fork*' his --init=$init --pids-limit 4 -- \
		sh -c '(for i in 1 2 3 4 5 6; do sleep 1 & done; wait) || echo limited'
	wants 124 '' 'nook: ended by the cpu-time of 300 ms' his --init=$init --cpu-time 300ms -- sh -c 'while :; do :; done'
	wants 0 '0::/his/nook/vm-none' '' his --init=$init --name vm-none --cgroupns host cat /proc/self/cgroup
	is 'groups in it' "$(find $v2/his -mindepth 1 -type d)" ''
	is 'handed down by it' "$(cat $v2/his/cgroup.subtree_control)" ''
done
wants 0 '*ok       memory, on cgroup v2*' '' his check -m 16m
wants 1 "*missing  a group of the caller's: needs systemd-run*" '' other check -m 16m

# where each of them is, while it runs; killed, nothing but empty groups is left
for signal in TERM KILL; do
	: >out
	sh his his nook --name vm-up -m 16m -- sh -c 'echo up; exec sleep 60' >out 2>err </dev/null &
	pid=$!
	soon test -s out || failed "not up: $(cat err)"
	is 'group of the workload' "$(cat "/proc/$(pidof sleep)/cgroup")" '0::/his/nook/vm-up'
	for process in $(pidof nook); do
		is 'group of nook and of its init' "$(cat "/proc/$process/cgroup")" '0::/his/nook/nook-*'
		is 'user of both' "$(grep Uid: "/proc/$process/status" | tr '\t' ' ')" 'Uid: 12345 12345 12345 12345'
	done
	kill -$signal "$pid"
	down "$([ $signal = TERM ] && echo 143 || echo 137)"
	soon none_runs || failed "left: $(pidof nook sleep)"
done
# whoever delegated it removes what was left of the one that was killed
for group in $(find $v2/his -depth -type d); do
	soon rmdir "$group" || failed "not empty: $group"
done
delegate

# ---- none ----
for group in other .; do
	for limit in '-m 16m' '--pids-limit 5' '--name vm-name'; do
		# shellcheck disable=SC2086	# a list of arguments
		wants 125 '' "nook: cannot *: Permission denied
$hint" $group $limit true
	done
	wants 3 '' '' "$group" --report report -- sh -c 'exit 3'
	is 'status' "$(figure status)" 3
	is 'figures' "$(figure memory-peak)" ''
done
wants 0 '0 0' '' other -- sh -c 'echo $(id -u) $(id -g)'
wants 0 '' '' other --read-only true
wants 0 lo '' other --network host -- sh -c 'ls /sys/class/net | grep -x lo'
wants 0 300 '' other --oom-score-adj 300 -- cat /proc/self/oom_score_adj
wants 0 77 '' other --sysctl net.ipv4.ip_default_ttl=77 -- cat /proc/sys/net/ipv4/ip_default_ttl
wants 0 '5' '' other -u 5 -- id -u

# ---- root's ----
for init in yes no; do
	expect 0 0 '' --userns private --init=$init -m 32m -- id -u
	# shellcheck disable=SC2086	# a list of arguments
	expect 137 '' 'nook: killed by the memory limit of 16m, peak *' --userns private --init=$init -m 16m $hog bs=64M
	expect 1 '' '*' --userns private --init=$init -- sh -c 'echo x >/proc/sys/kernel/core_pattern'
	expect 0 300 '' --userns private --init=$init --oom-score-adj 300 -u 7 -- cat /proc/self/oom_score_adj
	expect 0 no '' --userns private --init=$init --read-only -- sh -c 'true 2>/dev/null >/x || echo no'
	expect 0 '0 0' '' --userns private --init=$init --rootfs scratch -v /bin -v /lib:try -- /bin/sh -c 'true >/x; stat -c "%u %g" /x'
done

# ---- the three experiments of make demo ----
if [ -d /demo ]; then
	for limit in '' '-m 500m'; do
		# shellcheck disable=SC2086	# a list of arguments
		wants "$([ "$limit" ] && echo 137 || echo 0)" '*' '*' his $limit --rootfs /demo --report report -- \
			stress --vm-bytes 1000m --vm-keep -m 1 -t "$([ "$limit" ] && echo 60 || echo 3)s"
		is "reason of 1000m ${limit:-without}" "$(figure reason)" "$([ "$limit" ] && echo oom || echo exited)"
	done
	wants 0 '*successful run completed*' '' his -m 500m --rootfs /demo -- stress --vm-bytes 200m --vm-keep -m 1 -t 3s
fi

# ---- not allowed ----
echo 0 >/proc/sys/user/max_user_namespaces
wants 125 '' 'nook: cannot start in * user namespaces: No space left on device
nook: hint: *user.max_user_namespaces*' other true
wants 1 '*missing  user namespaces: needs sysctl user.max_user_namespaces over 0*' '' other check
expect 125 '' 'nook: cannot start in * user namespaces: No space left on device
nook: hint: *user.max_user_namespaces*' --userns private true
expect 0 '' '' true
echo 1000 >/proc/sys/user/max_user_namespaces
if [ -e /proc/sys/kernel/unprivileged_userns_clone ]; then
	echo 0 >/proc/sys/kernel/unprivileged_userns_clone
	wants 125 '' 'nook: cannot start in * user namespaces: Operation not permitted
nook: hint: *kernel.unprivileged_userns_clone=1*' other true
	wants 1 '*missing  user namespaces: needs *kernel.unprivileged_userns_clone=1*' '' other check
	expect 0 '' '' --userns private true
	echo 1 >/proc/sys/kernel/unprivileged_userns_clone
fi
rmdir $v2/his $v2/other
finish
