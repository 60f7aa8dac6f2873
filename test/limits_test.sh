#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# limits_test.sh - the limits of a group, and its figures: each is shown to bite, or to be refused
# shellcheck shell=sh disable=SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

v1=/sys/fs/cgroup

# refused MESSAGE NOOK-ARGUMENT...: it does not start, says just that, and leaves nothing
refused()
{
	message=$1
	shift
	atf_check -s exit:125 -o empty -e inline:"$message" "$nook" "$@" -- echo ran
	nothing_ours_left
}

# in_force NAME FILE VALUE: the file of the running group, seen from outside
in_force()
{
	atf_check -s exit:0 -o inline:"$3\n" -e empty cat "$v1/${2%%/*}/nook/$1/${2#*/}"
}

# runs_with NAME NOOK-ARGUMENT...: starts a workload that sleeps, and waits until it is in its group
runs_with()
{
	name=$1
	shift
	start --name "$name" "$@" -- sh -c 'echo up; exec sleep 300'
	is_up
}

# stopped: and ends it, with nothing said
stopped()
{
	kill -TERM "$pid"
	ended 143
	atf_check -s exit:0 -o empty -e empty cat err
	nothing_ours_left
}

# ---- memory ---------------------------------------------------------------------------------------

root_case memory__kills 'a hog over its limit is killed, which is said once, and the report agrees'
memory__kills_body()
{
	atf_check -s exit:137 -o empty -e save:err "$nook" -m 64m --report report -- tail /dev/zero
	atf_check -s exit:0 -o match:'^nook: killed by the memory limit of 64m, peak 6[34]m$' -e empty cat err
	atf_check -s exit:0 -o inline:'1\n' -e empty grep -c '' err
	atf_check -s exit:0 -o inline:'reason=oom\nstatus=137\n' -e empty grep -E '^(reason|status)=' report
	# v1 tells before it kills: nook may have been the quicker one
	atf_check -s exit:0 -o match:'^memory-limit=67108864$' -o match:'^oom-kills=[01]$' -e empty cat report
	at_least "$(figure memory-peak report)" $((60 << 20))
	at_most "$(figure memory-peak report)" $((64 << 20))
	nothing_ours_left
}

root_case memory__kills_without_init 'the same where the workload is PID 1 inside'
memory__kills_without_init_body()
{
	atf_check -s exit:137 -o empty -e match:'^nook: killed by the memory limit of 64m, peak 6[34]m$' \
	    "$nook" -m 64m --init=no -- tail /dev/zero
	nothing_ours_left
}

root_case memory__lets_pass 'what stays below the limit does not notice it'
memory__lets_pass_body()
{
	atf_check -s exit:0 -o empty -e empty "$nook" -m 64m --report report -- \
	    dd if=/dev/zero of=/dev/null bs=40M count=1 status=none
	atf_check -s exit:0 -o inline:'reason=exited\n' -e empty grep '^reason=' report
	atf_check -s exit:0 -o inline:'oom-kills=0\n' -e empty grep '^oom-kills=' report
	at_least "$(figure memory-peak report)" $((40 << 20))
	nothing_ours_left
}

root_case memory__whole_tree 'three processes below the limit are over it together, and end together'
memory__whole_tree_body()
{
	atf_check -s exit:137 -o ignore -e match:'^nook: killed by the memory limit of 64m, peak 6[34]m$' \
	    "$nook" -m 64m -- stress --vm 3 --vm-bytes 30m --vm-keep -t 20s
	no_process 'stress --vm 3 --vm-bytes 30m --vm-keep -t 20s'
	nothing_ours_left
}

root_case memory__oom_group_no 'oom-group=no: one process is killed, and the rest goes on'
memory__oom_group_no_body()
{
	atf_check -s exit:7 -o inline:'137\n' -e match:'^Killed$' "$nook" -m 64m --oom-group=no --report report -- \
	    sh -c 'tail /dev/zero; echo $?; exit 7'
	atf_check -s exit:0 -o inline:'reason=exited\noom-kills=1\n' -e empty grep -E '^(reason|oom-kills)=' report
	nothing_ours_left
}

root_case memory__oom_group_no_workload 'oom-group=no: when it is the workload that is killed, that is told as such'
memory__oom_group_no_workload_body()
{
	atf_check -s exit:137 -o empty -e match:'^nook: killed by the memory limit of 64m, peak 6[34]m$' \
	    "$nook" -m 64m --oom-group=no --report report -- tail /dev/zero
	atf_check -s exit:0 -o inline:'reason=oom\n' -e empty grep '^reason=' report
	nothing_ours_left
}

root_case memory__too_small_to_exec 'a limit too small to exec anything ends as out of memory, and does end'
memory__too_small_to_exec_body()
{
	for init in yes no; do
		atf_check -s exit:137 -o empty -e inline:'nook: killed by the memory limit of 64k, peak 64k\n' \
		    timeout -s KILL 30 "$nook" -m 64k --init=$init --report report -- echo ran
		atf_check -s exit:0 -o inline:'reason=oom\n' -e empty grep '^reason=' report
		nothing_ours_left
	done
}

root_case memory__scratch 'the limit bites in a root of its own'
memory__scratch_body()
{
	atf_check -s exit:137 -o empty -e match:'^nook: killed by the memory limit of 64m, peak 6[34]m$' \
	    "$nook" -m 64m --rootfs scratch -v /bin/busybox:ro -- /bin/busybox grep x /dev/zero
	nothing_ours_left
}

root_case memory__settings_file 'the limit bites when it comes from a settings file, and the command line wins'
memory__settings_file_body()
{
	printf 'memory = 64m\ncommand = tail /dev/zero\n' >hog.conf
	atf_check -s exit:137 -o empty -e match:'^nook: killed by the memory limit of 64m, peak 6[34]m$' \
	    "$nook" -f hog.conf
	atf_check -s exit:137 -o empty -e match:'^nook: killed by the memory limit of 32m, peak 3[12]m$' \
	    "$nook" -f hog.conf -m 32m
	nothing_ours_left
}

root_case memory_high__v1 'memory-high is refused by name on v1'
memory_high__v1_body()
{
	refused 'nook: cannot limit memory-high: its controller is on cgroup v1, which has no such limit
nook: hint: it needs cgroup v2 (boot with cgroup_no_v1=all)\n' --memory-high 64m
}

root_case memory_high__excused 'allow-missing = memory-high goes on without, says so, and reports it'
memory_high__excused_body()
{
	atf_check -s exit:0 -o inline:'ran\n' \
	    -e inline:'nook: warning: memory-high is missing here, and the command line says to go on\n' \
	    "$nook" --memory-high 64m --allow-missing memory-high --report report -- echo ran
	atf_check -s exit:0 -o inline:'missing=memory-high\n' -e empty grep '^missing=' report
	nothing_ours_left
}

root_case memory_reservation__set 'memory-reservation is the soft limit of v1'
memory_reservation__set_body()
{
	runs_with limits-reservation --memory-reservation 32m
	in_force limits-reservation memory/memory.soft_limit_in_bytes 33554432
	in_force limits-reservation memory/memory.limit_in_bytes 9223372036854771712
	stopped
}

# ---- swap -----------------------------------------------------------------------------------------

root_case swap__without_asking 'once memory is limited, swap is 0'
swap__without_asking_body()
{
	runs_with limits-swap -m 64m
	in_force limits-swap memory/memory.limit_in_bytes 67108864
	in_force limits-swap memory/memory.memsw.limit_in_bytes 67108864
	stopped
}

root_case swap__literal 'swap is what comes on top of memory'
swap__literal_body()
{
	runs_with limits-swap -m 64m --swap 32m
	in_force limits-swap memory/memory.limit_in_bytes 67108864
	in_force limits-swap memory/memory.memsw.limit_in_bytes 100663296
	stopped
}

root_case swap__max 'swap = max is no limit on swap'
swap__max_body()
{
	runs_with limits-swap -m 64m --swap max
	in_force limits-swap memory/memory.limit_in_bytes 67108864
	in_force limits-swap memory/memory.memsw.limit_in_bytes 9223372036854771712
	stopped
}

root_case swap__beyond_counting 'a sum that no number holds is no limit, not another'
swap__beyond_counting_body()
{
	runs_with limits-swap -m 5000000t --swap 5000000t
	in_force limits-swap memory/memory.memsw.limit_in_bytes 9223372036854771712
	stopped
}

root_case swap__without_memory 'swap alone is refused: v1 limits both together only'
swap__without_memory_body()
{
	refused 'nook: cannot limit swap: cgroup v1 limits it only together with memory\n' --swap 64m
}

# ---- cpus, cpu-shares, cpuset ---------------------------------------------------------------------

root_case cpus__throttles 'two busy loops together get a fifth of a CPU'
cpus__throttles_body()
{
	atf_check -s exit:124 -o empty -e inline:'nook: ended by the timeout of 1500 ms\n' \
	    "$nook" --cpus 0.2 --timeout 1500ms --report report -- \
	    sh -c 'while :; do :; done & while :; do :; done'
	# as hundredths of a CPU, over the wall clock
	used=$(awk -v c="$(figure cpu-seconds report)" -v w="$(figure wall-seconds report)" \
	    'BEGIN { print int(100 * c / w) }')
	at_least "$used" 8
	at_most "$used" 30
	at_least "$(figure throttled-seconds report)" 0.001
	nothing_ours_left
}

root_case cpus__quota 'cpus is a quota of a period of 100 ms'
cpus__quota_body()
{
	for each in 0.01:1000 0.5:50000 1:100000 2.25:225000; do
		runs_with limits-cpus --cpus "${each%:*}"
		in_force limits-cpus cpu/cpu.cfs_quota_us "${each#*:}"
		in_force limits-cpus cpu/cpu.cfs_period_us 100000
		stopped
	done
}

root_case cpu_shares__set 'cpu-shares is taken literally on v1'
cpu_shares__set_body()
{
	runs_with limits-shares -c 512
	in_force limits-shares cpu/cpu.shares 512
	in_force limits-shares cpu/cpu.cfs_quota_us -1
	stopped
}

root_case cpuset__pins 'the workload may use just the CPU and node of its set'
cpuset__pins_body()
{
	last=$(sed 's/.*[-,]//' $v1/cpuset/cpuset.cpus)
	atf_check -s exit:0 -o inline:"Cpus_allowed_list:\t$last\nMems_allowed_list:\t0\n" -e empty \
	    "$nook" --cpuset-cpus "$last" --cpuset-mems 0 -- grep -E '^(Cpus|Mems)_allowed_list' /proc/self/status
	nothing_ours_left
}

root_case cpuset__cpus_alone 'a set of CPUs without one of nodes leaves the nodes as they are above'
cpuset__cpus_alone_body()
{
	runs_with limits-cpuset --cpuset-cpus 0
	in_force limits-cpuset cpuset/cpuset.cpus 0
	in_force limits-cpuset cpuset/cpuset.mems "$(cat $v1/cpuset/cpuset.mems)"
	stopped
}

root_case cpuset__impossible 'CPUs and nodes that the machine lacks are refused with the reason'
cpuset__impossible_body()
{
	range='(Invalid argument|Numerical result out of range)$'
	for set in 1000 9999; do
		atf_check -s exit:125 -o empty \
		    -e match:"^nook: cannot write $set to cpuset.cpus of /nook/[0-9]+: $range" \
		    -e match:'^nook: hint: ' "$nook" --cpuset-cpus $set -- echo ran
		nothing_ours_left
	done
	atf_check -s exit:125 -o empty \
	    -e match:"^nook: cannot write 63 to cpuset.mems of /nook/[0-9]+: $range" \
	    -e match:'^nook: hint: ' "$nook" --cpuset-mems 63 -- echo ran
	nothing_ours_left
}

# ---- pids -----------------------------------------------------------------------------------------

root_case pids__refuses_forks 'over the limit fork fails inside, and only there'
pids__refuses_forks_body()
{
	atf_check -s exit:2 -o empty -e match:"can't fork: Resource temporarily unavailable" \
	    "$nook" --pids-limit 4 -- busybox sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 300 & done; exit 0'
	# one below: all of them fit
	atf_check -s exit:0 -o empty -e empty \
	    "$nook" --pids-limit 4 -- busybox sh -c 'for i in 1 2 3; do sleep 300 & done; exit 0'
	no_process 'sleep 300'
	nothing_ours_left
}

root_case pids__fork_bomb 'a fork bomb is held, and ended with all it has made'
pids__fork_bomb_body()
{
	began=$(date +%s)
	start --name limits-bomb --pids-limit 64 --timeout 1s -- \
	    sh -c 'bomb() { while :; do bomb & done; }; (bomb) 2>/dev/null; exec sleep 300'
	poll_until 5 grep -qv 'max 0' $v1/pids/nook/limits-bomb/pids.events
	atf_check -s exit:0 -o match:'^[1-5]?[0-9]$|^6[0-4]$' -e empty cat $v1/pids/nook/limits-bomb/pids.current
	ended 124
	at_most $(($(date +%s) - began)) 5
	no_process 'sh -c bomb\(\).*'
	nothing_ours_left
}

# ---- devices --------------------------------------------------------------------------------------

# loop_device: a block device of our own, of 8 MiB, in $loop
loop_device()
{
	truncate -s 8M image
	losetup --show -f image >loop 2>losetup.err || atf_skip "no loop device: $(cat losetup.err)"
	loop=$(cat loop)
	atf_check -s exit:0 -o ignore -e empty cat $v1/blkio/blkio.throttle.read_bps_device
}

clean_up()
{
	[ ! -s loop ] || losetup -d "$(cat loop)"
	sweep limits-
}

# copies SETTING NOOK-ARGUMENT... -- DD-OPERAND...: takes at least 2 s with it, and less without
slowed()
{
	setting=$1
	rate=$2
	shift 2
	atf_check -s exit:0 -o empty -e empty "$nook" --device "$loop" --report free -- dd status=none "$@"
	at_most "$(figure wall-seconds free)" 1.5
	atf_check -s exit:0 -o empty -e empty "$nook" --device "$loop" "--device-$setting" "$loop:$rate" \
	    --report report -- dd status=none "$@"
	at_least "$(figure wall-seconds report)" 2
	at_most "$(figure wall-seconds report)" 20
}

root_case device_read_bps__slows '4 MiB at 1 MiB a second'
device_read_bps__slows_body()
{
	loop_device
	slowed read-bps 1m if="$loop" of=/dev/null bs=64k count=64 iflag=direct
	at_least "$(figure io-read-bytes report)" $((4 << 20))
	at_most "$(figure io-read-bytes report)" $((5 << 20))
	nothing_ours_left
}

root_case device_write_bps__slows '3 MiB at 1 MiB a second'
device_write_bps__slows_body()
{
	loop_device
	slowed write-bps 1m if=/dev/zero of="$loop" bs=64k count=48 oflag=direct
	at_least "$(figure io-write-bytes report)" $((3 << 20))
	at_most "$(figure io-write-bytes report)" $((4 << 20))
	nothing_ours_left
}

root_case device_read_iops__slows '60 reads at 20 a second'
device_read_iops__slows_body()
{
	loop_device
	slowed read-iops 20 if="$loop" of=/dev/null bs=4k count=60 iflag=direct
	nothing_ours_left
}

root_case device_write_iops__slows '60 writes at 20 a second'
device_write_iops__slows_body()
{
	loop_device
	slowed write-iops 20 if=/dev/zero of="$loop" bs=4k count=60 oflag=direct
	nothing_ours_left
}

root_case device_rates__set 'all four stand in the files of the group, by number, for each device named'
device_rates__set_body()
{
	loop_device
	number=$(cat "/sys/block/${loop#/dev/}/dev")
	runs_with limits-rates --device-read-bps "$loop:1m" --device-write-bps "$loop:2m" \
	    --device-read-iops "$loop:30" --device-write-iops "$loop:40"
	in_force limits-rates blkio/blkio.throttle.read_bps_device "$number 1048576"
	in_force limits-rates blkio/blkio.throttle.write_bps_device "$number 2097152"
	in_force limits-rates blkio/blkio.throttle.read_iops_device "$number 30"
	in_force limits-rates blkio/blkio.throttle.write_iops_device "$number 40"
	stopped
}

root_case device_rates__no_device 'what is no block device, or not there, is refused'
device_rates__no_device_body()
{
	touch file
	refused 'nook: cannot limit device-read-bps: /dev/null is not a block device\n' --device-read-bps /dev/null:1m
	refused 'nook: cannot limit device-write-bps: /dev/null is not a block device\n' --device-write-bps /dev/null:1m
	refused "nook: cannot limit device-write-iops: $PWD/file is not a block device\n" \
	    --device-write-iops "$PWD/file:10"
	refused 'nook: cannot use /nonexistent for device-read-iops: No such file or directory\n' \
	    --device-read-iops /nonexistent:10
}

# ---- all of them ----------------------------------------------------------------------------------

root_case all__in_force 'every limit stands in its file while the workload runs'
all__in_force_body()
{
	runs_with limits-all -m 64m --swap 16m --memory-reservation 32m --cpus 0.5 -c 256 \
	    --cpuset-cpus 0 --cpuset-mems 0 --pids-limit 20
	in_force limits-all memory/memory.limit_in_bytes 67108864
	in_force limits-all memory/memory.memsw.limit_in_bytes 83886080
	in_force limits-all memory/memory.soft_limit_in_bytes 33554432
	in_force limits-all cpu/cpu.cfs_quota_us 50000
	in_force limits-all cpu/cpu.shares 256
	in_force limits-all cpuset/cpuset.cpus 0
	in_force limits-all cpuset/cpuset.mems 0
	in_force limits-all pids/pids.max 20
	stopped
}

root_case all__settings_file_and_scratch 'and the same from a settings file, in a root of its own'
all__settings_file_and_scratch_body()
{
	cat >all.conf <<-END
	name = limits-file
	memory = 64m
	swap = 16m
	memory-reservation = 32m
	cpus = 0.5
	cpu-shares = 256
	cpuset-cpus = 0
	cpuset-mems = 0
	pids-limit = 20
	rootfs = scratch
	volume = /bin/busybox:ro
	command = /bin/busybox sh -c "echo up; exec /bin/busybox sleep 300"
	END
	start -f all.conf
	is_up
	in_force limits-file memory/memory.limit_in_bytes 67108864
	in_force limits-file memory/memory.memsw.limit_in_bytes 83886080
	in_force limits-file memory/memory.soft_limit_in_bytes 33554432
	in_force limits-file cpu/cpu.cfs_quota_us 50000
	in_force limits-file cpu/cpu.shares 256
	in_force limits-file cpuset/cpuset.cpus 0
	in_force limits-file cpuset/cpuset.mems 0
	in_force limits-file pids/pids.max 20
	stopped
}

root_case all__max 'max is no limit, whatever the controller'
all__max_body()
{
	runs_with limits-max -m max --swap max --pids-limit max --memory-reservation max
	in_force limits-max memory/memory.limit_in_bytes 9223372036854771712
	in_force limits-max memory/memory.memsw.limit_in_bytes 9223372036854771712
	in_force limits-max memory/memory.soft_limit_in_bytes 9223372036854771712
	in_force limits-max pids/pids.max max
	stopped
}

root_case group__from_first_instruction 'the first thing that a workload reads finds it in all of its groups'
group__from_first_instruction_body()
{
	atf_check -s exit:0 -o save:groups -e empty "$nook" --name limits-first --cgroupns host -m 64m --cpus 0.5 \
	    --cpuset-cpus 0 --pids-limit 8 -- busybox cat /proc/self/cgroup
	for controller in memory cpu cpuset pids; do
		atf_check -s exit:0 -o inline:"$controller:/nook/limits-first\n" -e empty \
		    sed -n "s/^[0-9]*:\($controller:.*\)/\1/p" groups
	done
	# and in none that nothing asked for
	atf_check -s exit:0 -o inline:'devices:/\n' -e empty sed -n 's/^[0-9]*:\(devices:.*\)/\1/p' groups
	nothing_ours_left
}

root_case group__only_the_workload 'from outside: the workload is in its groups; neither nook nor the init is'
group__only_the_workload_body()
{
	runs_with limits-only -m 64m --cpus 0.5 --cpuset-cpus 0 --pids-limit 8
	init=$(child_of "$pid")
	workload=$(child_of "$init")
	atf_check -s exit:0 -o inline:'sleep\n' -e empty cat "/proc/$workload/comm"
	for controller in memory cpu cpuset pids; do
		atf_check -s exit:0 -o match:"^[0-9]+:$controller:/nook/limits-only$" -e empty \
		    cat "/proc/$workload/cgroup"
		atf_check -s exit:0 -o inline:"$workload\n" -e empty \
		    cat $v1/$controller/nook/limits-only/cgroup.procs
	done
	atf_check -s exit:1 -o empty -e empty grep nook "/proc/$pid/cgroup"
	atf_check -s exit:1 -o empty -e empty grep nook "/proc/$init/cgroup"
	stopped
}

root_case group__private_view 'inside, its own groups are the roots of all it sees'
group__private_view_body()
{
	atf_check -s exit:0 -o match:'^[0-9]+:memory:/$' -o match:'^[0-9]+:pids:/$' -e empty \
	    "$nook" -m 64m --pids-limit 8 -- cat /proc/self/cgroup
	nothing_ours_left
}

# ---- what the kernel lacks ------------------------------------------------------------------------

# without_memory: makes a script of that name, which runs a command on a kernel that has no memory
# controller, as far as the command can tell
without_memory()
{
	printf '2:pids:/\n1:cpu:/\n0::/\n' >controllers
	# shellcheck disable=SC2016 # the inner shell's pid is the command's
	printf '#! /bin/sh\n%s\n' 'exec unshare -m strace -f -o trace -e trace=fsconfig -e inject=fsconfig:error=EINVAL \
	sh -c '"'"'mount --bind controllers /proc/$$/cgroup && exec "$@"'"'"' sh "$@"' >without_memory
	chmod +x without_memory
}

root_case missing__controller 'a controller that the kernel lacks is refused with the option that brings it'
missing__controller_body()
{
	without_memory
	atf_check -s exit:125 -o empty -e inline:'nook: cannot limit memory: this kernel offers no memory controller
nook: hint: it needs CONFIG_MEMCG, and no cgroup_disable=memory; on a Raspberry Pi, cgroup_enable=memory in cmdline.txt\n' \
	    ./without_memory "$nook" -m 64m -- echo ran
	nothing_ours_left
}

root_case missing__controller_excused 'allow-missing goes on without it, says so, and reports no limit that is not in force'
missing__controller_excused_body()
{
	without_memory
	atf_check -s exit:0 -o inline:'ran\n' \
	    -e inline:'nook: warning: memory is missing here, and the command line says to go on\n' \
	    ./without_memory "$nook" -m 64m --allow-missing memory --pids-limit 8 --report report -- echo ran
	atf_check -s exit:0 -o inline:'missing=memory\n' -e empty grep '^missing=' report
	atf_check -s exit:1 -o empty -e empty grep '^memory' report
	nothing_ours_left
}

root_case missing__other_excused 'what allow-missing does not name is refused all the same'
missing__other_excused_body()
{
	without_memory
	atf_check -s exit:125 -o empty -e match:'^nook: cannot limit memory: this kernel offers no memory controller$' \
	    ./without_memory "$nook" -m 64m --allow-missing pids-limit --pids-limit 8 -- echo ran
	nothing_ours_left
}

# For strace -P FILE: a kernel whose groups have no such file.
hide=inject=openat,faccessat:error=ENOENT

root_case missing__file 'a limit whose file the kernel lacks is refused with the option that brings it'
missing__file_body()
{
	atf_check -s exit:125 -o empty -e inline:'nook: cannot limit cpus: this kernel has no cpu.cfs_quota_us
nook: hint: it needs CONFIG_CFS_BANDWIDTH\n' strace -f -o trace -P cpu.cfs_quota_us -e "$hide" "$nook" --cpus 0.5 -- echo ran
	atf_check -s exit:125 -o empty -e inline:'nook: cannot limit swap: this kernel has no memory.memsw.limit_in_bytes
nook: hint: it needs CONFIG_SWAP and the boot option swapaccount=1\n' \
	    strace -f -o trace -P memory.memsw.limit_in_bytes -e "$hide" "$nook" -m 64m --swap 16m -- echo ran
	nothing_ours_left
}

root_case missing__file_excused 'allow-missing excuses that too'
missing__file_excused_body()
{
	atf_check -s exit:0 -o inline:'ran\n' \
	    -e inline:'nook: warning: cpus is missing here, and the command line says to go on\n' \
	    strace -f -o trace -P cpu.cfs_quota_us -e "$hide" "$nook" --cpus 0.5 --allow-missing cpus --report report -- echo ran
	atf_check -s exit:0 -o inline:'missing=cpus\n' -e empty grep '^missing=' report
	nothing_ours_left
}

root_case missing__swap_unasked 'where swap cannot be limited and nobody asked, the limit on memory still holds'
missing__swap_unasked_body()
{
	atf_check -s exit:137 -o empty -e match:'^nook: killed by the memory limit of 64m, peak 6[34]m$' \
	    strace -f -o trace -P memory.memsw.limit_in_bytes -e "$hide" "$nook" -m 64m -- tail /dev/zero
	nothing_ours_left
}

root_case failure__not_excused 'allow-missing excuses absence, never a failure'
failure__not_excused_body()
{
	atf_check -s exit:125 -o empty -e match:'^nook: cannot write 67108864 to memory.limit_in_bytes of /nook/[0-9]+: ' \
	    strace -f -o trace -e trace=write -e inject=write:error=EINVAL:when=1 \
	    "$nook" -m 64m --allow-missing memory -- echo ran
	nothing_ours_left
}

root_case failure__read_back 'a limit that does not read as it was written is refused'
failure__read_back_body()
{
	# the kernel takes it, as far as nook can tell, and did not
	atf_check -s exit:125 -o empty -e match:'^nook: cannot limit pids-limit: pids.max of /nook/[0-9]+ reads max after 8 was written$' \
	    strace -f -o trace -e trace=write -e inject=write:retval=1:when=1 "$nook" --pids-limit 8 -- echo ran
	nothing_ours_left
}

atf_init_test_cases()
{
	add_cases
}
