#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# check_test.sh - nook check: says what is there and what is missing, and touches nothing
#
# What other kernels lack is looked at in test/vm_test.sh; here a need is taken away by a mount.
# shellcheck shell=sh disable=SC1091,SC2154

. "$(atf_get_srcdir)/helpers.sh"

samples=$(cd "$(atf_get_srcdir)/../config" && pwd)

root_case samples__pass 'the settings of each sample can be had here'
samples__pass_body()
{
	for sample in "$samples"/*.conf; do
		atf_check -s exit:0 -o save:needs -e empty "$nook" check -f "$sample"
		atf_check -s exit:1 -o empty -e empty grep -vE '^(ok|note) ' needs
		atf_check -s exit:0 -o match:'^ok       memory, on cgroup v[12]$' -e empty cat needs
	done
}

root_case needs__named 'one line a need, and those of what is open are not'
needs__named_body()
{
	atf_check -s exit:0 -o inline:'ok       mnt namespace
ok       pid namespace
ok       ipc namespace
ok       uts namespace
ok       net namespace
ok       cgroup namespace
ok       seccomp
ok       proc
ok       tmpfs
' -e empty "$nook" check
	atf_check -s exit:0 -o inline:'ok       mnt namespace
ok       pid namespace
ok       proc
ok       tmpfs
' -e empty "$nook" check --seccomp off --network host --ipc host --uts host --cgroupns host true
	atf_check -s exit:0 -o match:'^ok       net.ipv4.ip_forward=1$' -e empty \
	    "$nook" check --sysctl net.ipv4.ip_forward=1
	atf_check -s exit:0 -o match:'^ok       /dev/null$' -e empty "$nook" check --device /dev/null
	atf_check -s exit:0 -o match:'^ok       a group$' -e empty "$nook" check --name some
}

root_case file__goes_stale 'a file that is bound alone: what replaces it by rename outside is another file'
file__goes_stale_body()
{
	mkdir there
	echo old >there/file
	atf_check -s exit:0 -o match:"^note     $PWD/there/file: a file put in its place by rename is seen after a restart only\$" \
	    -e empty "$nook" check --volume "$PWD/there/file:/tmp/file"
	atf_check -s exit:0 -o not-match:'^note' -e empty "$nook" check --volume "$PWD/there:/mnt"
	# and so it is
	cat >inside <<-\END
	echo up
	read -r replaced <go
	cat /mnt/there/file /mnt/alone
	END
	mkfifo go
	start --rootfs scratch -v /bin:ro -v /lib:ro -v /lib64:ro,try -v /usr:ro -v "$PWD/there:/mnt/there" \
	    -v "$PWD/there/file:/mnt/alone" -v "$PWD/go:/go" -v "$PWD/inside:/inside" -- sh /inside
	is_up
	echo new >there/next
	mv there/next there/file
	echo >go
	ended 0 "$pid"
	atf_check -s exit:0 -o inline:'up\nnew\nold\n' -e empty cat out
}

root_case missing__named 'with what would bring it, and status 1'
missing__named_body()
{
	atf_check -s exit:1 -o match:'^missing  nonesuch: needs its option \(CONFIG_9P_FS and the like\), or its module loaded$' \
	    -e empty "$nook" check --mount type=nonesuch,src=none,dst=/mnt
	atf_check -s exit:1 -o match:'^missing  /dev/nonesuch: needs the driver of this device$' -e empty \
	    "$nook" check --device /dev/nonesuch
	atf_check -s exit:1 -o match:'^missing  net.none=1: needs CONFIG_SYSCTL and the option that has it$' -e empty \
	    "$nook" check --sysctl net.none=1
}

root_case missing__v2_alone 'what v1 has no file for needs v2; excused, it is no reason to fail'
missing__v2_alone_body()
{
	grep -q 'cgroup .*[ ,]memory' /proc/self/mountinfo || atf_skip 'the memory controller is not on v1 here'
	atf_check -s exit:1 -o \
	    match:'^missing  memory-high, on cgroup v1: needs cgroup v2 \(boot with cgroup_no_v1=all\)$' -e empty \
	    "$nook" check --memory-high 10m
	atf_check -s exit:0 -o match:'^excused  memory-high, on cgroup v1: needs cgroup v2' -e empty \
	    "$nook" check --memory-high 10m --allow-missing memory-high
}

root_case missing__namespace 'a kernel without one'
missing__namespace_body()
{
	# a /proc whose list of namespaces lacks the PID namespace
	mkdir ns
	for name in mnt ipc uts net cgroup; do
		: >ns/$name
	done
	cat >inside <<-END
	mount -t tmpfs none /mnt && cp -r ns /mnt || exit 9
	mount --bind /mnt/ns /proc/\$\$/ns || exit 9
	exec "$nook" check "\$@"
	END
	atf_check -s exit:1 -o match:'^missing  pid namespace: needs CONFIG_PID_NS$' -o match:'^ok       ipc namespace$' \
	    -e empty unshare -m sh inside
	atf_check -s exit:0 -o match:'^excused  pid namespace: needs CONFIG_PID_NS$' -e empty \
	    unshare -m sh inside --allow-missing pid
}

root_case input__refused 'mistakes in the settings are said as for a run, with 125'
input__refused_body()
{
	echo 'memory = lots' >wrong.conf
	atf_check -s exit:125 -o empty -e match:'^nook: wrong.conf:1: memory=lots: not a size' \
	    "$nook" check -f wrong.conf
	atf_check -s exit:125 -o empty -e match:'^nook: cannot write standard output: ' sh -c "\"$nook\" check >/dev/full"
}

root_case nothing__touched 'no group, no mount, no process'
nothing__touched_body()
{
	find /sys/fs/cgroup -type d | sort >groups
	cat /proc/self/mountinfo >mounts
	atf_check -s exit:0 -o ignore -e empty strace -f -o trace -e trace='/mount|mkdir|rmdir|unlink|clone|fork|write|setns|unshare' \
	    "$nook" check --name some -m 32m --cpus 0.5 --pids-limit 9 --cpuset-cpus 0
	# but what it prints
	atf_check -s exit:1 -o empty -e empty grep -vE ' write\(1, "ok | \+\+\+ exited' trace
	find /sys/fs/cgroup -type d | sort | atf_check -s exit:0 -o file:groups -e empty cat
	atf_check -s exit:0 -o file:mounts -e empty cat /proc/self/mountinfo
}

clean_up()
{
	:
}

atf_init_test_cases()
{
	add_cases
}
