#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# vm_test.sh - other kernels, cgroup layouts and architectures, and nook as PID 1: in machines of their own
# shellcheck shell=sh disable=SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

. "$(atf_get_srcdir)/vm/machines.sh"

# ---- the contract, on each kernel with each layout of cgroup file systems --------------------------------
# boot_test.sh has some of them

contract 5.10 v1 hybrid joint none
contract 6.1 v2 v1 hybrid joint
contract 6.12 v1 hybrid joint none
contract router v2 v1 hybrid joint none
contract legacy v2 v1 hybrid joint none
contract arm64 v1 hybrid joint none

# ---- cgroup v2 ---------------------------------------------------------------------------------------------

for kernel in 5.10 6.1 6.12 router arm64; do
	name=$(echo "$kernel" | tr . _)
	vm_case "v2__limits_bite_$name" "kernel $kernel: every limit of cgroup v2 bites"
	eval "v2__limits_bite_${name}_body() { limits_bite $kernel; }"
done

limits_bite()
{
	truncate -s 8M disk
	truncate -s 96M swap
	# one thread: with two, QEMU lets a CPU run into what the other patches in the kernel's code (an int3 oops, a hang)
	in_vm "$1" v2 v2 -q '-smp 2 -accel tcg,thread=single' -d disk -d swap
}

vm_case v2__delegated "a caller's own group: with a limit, delegated, or a container's root"
v2__delegated_body()
{
	atf_check -s exit:0 -o empty -e empty musl-gcc -static -o mark "$top/test/vm/mark.c"
	for kernel in 5.10 6.1 6.12 router; do
		in_vm $kernel v2 delegated -f mark:/bin/mark
	done
}

vm_case v2__memory_disabled "booted with cgroup_disable=memory: refused with what to do, or excused"
v2__memory_disabled_body()
{
	in_vm 6.1 v2 disabled -a cgroup_disable=memory
	in_vm arm64 none disabled -a cgroup_disable=memory
}

vm_case v2__realtime_groups "RT_GROUP_SCHED: a refused scheduler is named as its doing"
v2__realtime_groups_body()
{
	in_vm router v2 realtime
}

for kernel in 6.1 router arm64; do
	name=$(echo "$kernel" | tr . _)
	vm_case "experiments__$name" "kernel $kernel, nothing mounted: runs, is killed, runs"
	eval "experiments__${name}_body() { in_vm $kernel none experiments -m 1400; }"
done

vm_case small_flash__refused_by_name "no cgroups, no namespaces: refused by CONFIG_ name; excused, a supervisor"
small_flash__refused_by_name_body()
{
	in_vm small-flash none trimmed
}

# ---- PID 1 -------------------------------------------------------------------------------------------------

for kernel in router legacy; do
	name=$(echo "$kernel" | tr . _)
	vm_case "pid1__experiments_$name" "kernel $kernel: the three experiments as PID 1"
	eval "pid1__experiments_${name}_body() { experiments_pid1 $kernel; }"
done

for kernel in 5.10 6.1 6.12 router legacy small-flash arm64; do
	name=$(echo "$kernel" | tr .- __)
	vm_case "pid1__in_order_$name" "kernel $kernel: what is there for a workload, and how the machine ends"
	eval "pid1__in_order_${name}_body() { in_order $kernel; }"
done

in_order()
{
	excused='' warned='' hosts='--pid host'
	if [ "$1" = small-flash ]; then
		excused='--allow-missing pid,ipc,uts,network' warned="*$nl" hosts=''
	fi
	boot 0 "${warned}nook: status=3 reason=exited" "$1" "-- --on-exit reboot $excused sh -c \"exit 3\""
	boot 0 "${warned}nook: killed by signal 15 (TERM)${nl}nook: status=143 reason=signaled" "$1" \
		"-- --on-exit poweroff $excused sh -c \"kill -TERM \$\$\""
	# the host's, seen through: mounts, descriptors, loopback
	cat >look <<-\END
	for dir in /proc /sys /dev /dev/pts /dev/shm /tmp /run; do
		grep -q " $dir " /proc/1/mountinfo || echo "not mounted: $dir"
	done
	for fd in 0 1 2; do
		[ -e /proc/1/fd/$fd ] || echo "not open: $fd"
	done
	ip -o link show lo | grep -q LOOPBACK,UP || echo 'no loopback'
	echo looked
	END
	boot 0 "${warned}looked${nl}nook: status=0 reason=exited" "$1" \
		"-- --on-exit reboot $excused $hosts --network host --uts host --cap-add sys_ptrace sh /look" -f look:/look
	# the pattern for a warning would let it pass
	atf_check -s exit:1 -o empty -e empty grep -E '^(no|not) ' console
}

vm_case pid1__settings "from the arguments, /etc/nook.conf and nook.conf=PATH; argv wins"
pid1__settings_body()
{
	printf '%s\n' '# of the image' 'on-exit = reboot' 'command = sh -c "exit 4"' >conf
	printf '%s\n' 'on-exit = reboot' 'timeout = 200ms' 'command = sleep 60' >other
	boot 0 'nook: status=4 reason=exited' 6.1 '' -f conf:/etc/nook.conf
	boot 0 'nook: status=5 reason=exited' 6.1 '-- sh -c "exit 5"' -f conf:/etc/nook.conf
	boot 0 "nook: ended by the timeout of 200 ms${nl}nook: status=124 reason=timeout" 6.1 'nook.conf=/images/other' \
		-f conf:/etc/nook.conf -f other:/images/other
	boot 0 "nook: ended by the timeout of 100 ms${nl}nook: status=124 reason=timeout" 6.1 \
		'nook.conf=/images/other -- --timeout 100ms' -f other:/images/other
}

vm_case pid1__out_of_memory "the limit, or the whole machine: no panic"
pid1__out_of_memory_body()
{
	for kernel in 5.10 6.1 6.12 router legacy; do
		boot 0 "nook: killed by the memory limit of 16m, peak *${nl}nook: status=137 reason=oom" $kernel \
			'-- -m 16m dd if=/dev/zero of=/dev/null bs=64M count=1'
	done
	half='dd if=/dev/zero bs=150M count=1 | sleep 3'
	boot 0 '*nook: status=0 reason=exited' 6.1 "-- --stderr null sh -c \"$half & $half & wait; exit 0\""
}

vm_case pid1__exit_port "the result reaches the host: isa-debug-exit, a virtio-serial port, a path"
pid1__exit_port_body()
{
	debug_exit='-device isa-debug-exit'
	boot 7 'nook: status=3 reason=exited' 6.1 '-- --exit-port isa-debug-exit sh -c "exit 3"' -q "$debug_exit"
	boot 1 'nook: status=0 reason=exited' 6.12 '-- --exit-port isa-debug-exit:0xf4 true' \
		-q '-device isa-debug-exit,iobase=0xf4,iosize=4'
	boot 251 'nook: *nook: status=125 reason=failed' 6.1 '-- --exit-port isa-debug-exit' -q "$debug_exit"
	for kernel in 6.1 6.12 legacy router; do
		rm -f port
		boot 0 'nook: status=3 reason=exited' $kernel '-- --exit-port virtio:nook.exit sh -c "exit 3"' \
			-M virtio_console -q '-device virtio-serial-pci -chardev file,id=c,path=port -device virtserialport,chardev=c,name=other -device virtserialport,chardev=d,name=nook.exit -chardev file,id=d,path=port2'
		atf_check -s exit:0 -o inline:'status=3 reason=exited\n' -e empty cat port2
		atf_check -s exit:0 -o empty -e empty cat port
	done
	boot 0 'nook: status=3 reason=exited' 6.1 '-- --exit-port /dev/ttyS1 sh -c "exit 3"' -q '-serial file:second'
	atf_check -s exit:0 -o inline:'status=3 reason=exited\n' -e empty sed 's/\r//g' second
	boot 0 "nook: warning: cannot tell virtio:nonesuch: *" 6.1 '-- --exit-port virtio:nonesuch true'
}

vm_case pid1__virtio_streams "standard output and the report go to virtio-serial ports by name, or are refused"
pid1__virtio_streams_body()
{
	ports='-device virtio-serial-pci -chardev file,id=o,path=out -device virtserialport,chardev=o,name=nook.out'
	ports="$ports -chardev file,id=r,path=report -device virtserialport,chardev=r,name=nook.report"
	for kernel in 6.1 router; do
		rm -f out report
		boot 0 'nook: status=3 reason=exited' $kernel \
			'-- --on-exit reboot --stdout virtio:nook.out --report virtio:nook.report sh -c "echo heard; exit 3"' \
			-M virtio_console -q "$ports"
		atf_check -s exit:0 -o inline:'heard\n' -e empty cat out
		atf_check -s exit:0 -o match:'^reason=exited$' -o match:'^status=3$' -e empty cat report
	done
	end="${nl}nook: hint: QEMU gives it by -device virtserialport*${nl}nook: status=125 reason=failed"
	boot 0 "nook: cannot open stdout: no virtio-serial port has this name$end" 6.1 \
		'-- --on-exit reboot --stdout virtio:nonesuch true' -M virtio_console -q "$ports"
	boot 0 "nook: cannot open report: no virtio-serial port has this name$end" 6.1 \
		'-- --on-exit reboot --report virtio:nonesuch true' -M virtio_console -q "$ports"
}

vm_case check__reference "a kernel of tinyconfig and config/kernel.config can do what each sample asks, and does"
check__reference_body()
{
	for layout in none v2; do
		in_vm reference $layout samples -f "$top/config:/config"
	done
}

vm_case pid1__signals "TERM, INT, USR1, USR2 and ctrl-alt-del end it in order, by reboot or power-off"
pid1__signals_body()
{
	for pair in TERM:restart INT:restart USR1:down USR2:down; do
		boot 0 "*nook: status=143 reason=stopped*${pair#*:}*" 6.1 \
			"-- --pid host --on-exit reboot sh -c \"kill -${pair%:*} 1; exec sleep 60\"" -v
	done
	mkfifo keys.in keys.out
	program_for 6.1
	cat keys.out >monitor &
	"$top/test/vm/run" -t 30 -k 6.1 -i "$program" -a '-- --stdout /dev/ttyS1 sh -c "echo up; exec sleep 60"' \
		-q '-serial file:up -chardev pipe,id=keys,path=keys -mon chardev=keys' >console 2>&1 &
	machine=$!
	exec 5>keys.in
	poll_until 20 grep -q up up
	echo 'sendkey ctrl-alt-delete' >&5
	ended 0 $machine
	exec 5>&-
	atf_check -s exit:0 -o inline:'nook: status=143 reason=stopped\n' -e empty cat console
}

vm_case pid1__orphans "what nobody waits for is reaped, the system over"
pid1__orphans_body()
{
	cat >orphans <<-\END
	sh -c 'for i in 1 2 3; do (sleep 0.1 &); done'
	setsid sh -c 'sleep 0.2 &' &
	sleep 1
	grep -l '^State:.Z' /proc/[0-9]*/status
	echo none
	END
	boot 0 "none${nl}nook: status=0 reason=exited" 6.1 '-- --pid host --on-exit reboot sh /orphans' -f orphans:/orphans
	boot 0 "none${nl}nook: status=0 reason=exited" 6.1 '-- --on-exit reboot sh /orphans' -f orphans:/orphans
	boot 0 "*none${nl}nook: status=0 reason=exited" small-flash \
		'-- --allow-missing pid,ipc,uts,network --init=no --on-exit reboot sh /orphans' -f orphans:/orphans
	atf_check -s exit:1 -o empty -e empty grep '^/proc' console
}

vm_case pid1__host_directory "a directory of the host over 9p"
pid1__host_directory_body()
{
	for kernel in 6.12-generic router; do
		rm -rf shared
		mkdir shared
		echo from-the-host >shared/in
		boot 0 "from-the-host${nl}nook: status=0 reason=exited" $kernel '-- --on-exit reboot
			--mount type=9p,src=host,dst=/var,opt=trans=virtio,version=9p2000.L sh -c "cat /var/in; echo back >/var/out"' \
			-9 shared
		atf_check -s exit:0 -o inline:'back\n' -e empty cat shared/out
	done
}

vm_case watchdog__fed_closed_bites "fed while it runs, closed in the end; resets the machine when nook is stopped"
watchdog__fed_closed_bites_body()
{
	program_for router
	atf_check -s exit:99 -o inline:'fed\nclosed\n' -e match:'it ended by itself' "$top/test/vm/run" -t 60 -k router \
		-f "$program:/bin/nook" -f "$scripts/checks.sh:/vm/checks" -q '-device i6300esb' "$scripts/watchdog.sh"
}

vm_case watchdog__as_pid1 "as PID 1: it does not bite while nook is alive"
watchdog__as_pid1_body()
{
	for kernel in legacy router; do
		boot 0 'nook: status=3 reason=exited' $kernel \
			'-- --on-exit reboot --watchdog /dev/watchdog --watchdog-timeout 2s sh -c "sleep 5; exit 3"' -q '-device i6300esb'
	done
}

atf_init_test_cases()
{
	add_cases
}
