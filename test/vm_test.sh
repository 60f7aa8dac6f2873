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

# ---- user namespaces ---------------------------------------------------------------------------------------

ordinary 5.10 6.12 router arm64

vm_case ordinary__no_user_namespaces "a kernel without them: refused by name, or excused where root asks for one"
ordinary__no_user_namespaces_body()
{
	in_vm legacy v1 no_userns
}

# ---- the walls, on an initramfs ----------------------------------------------------------------------------

for kernel in 5.10 6.1 6.12 router armhf; do
	name=$(echo "$kernel" | tr . _)
	vm_case "confine__$name" "kernel $kernel: nothing gets out, and through an opened wall just what is its own"
	eval "confine__${name}_body() { confines $kernel; }"
done

for kernel in 5.10 router armhf mips; do
	name=$(echo "$kernel" | tr . _)
	vm_case "applets__$name" "kernel $kernel: a hundred uses of applets do inside what they do outside"
	eval "applets__${name}_body() { in_vm $kernel none applets -t 600 -f '$top/test/applets.sh:/vm/applets'; }"
done

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

vm_case clock__jumps "the wall clock jumps by ten years: timeout, grace and backoff do not notice"
clock__jumps_body()
{
	in_vm 6.1 v2 clock
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
		excused='--allow-missing seccomp,pid,ipc,uts,network' warned="*$nl" hosts=''
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
	boot 0 "nook: status=0 reason=exited${nl}nook: warning: cannot tell isa-debug-exit: No such device or address" 6.1 \
		'-- --exit-port isa-debug-exit true'
	boot 0 "*nook: warning: cannot tell virtio:nonesuch: *" 6.1 '-- --exit-port virtio:nonesuch true'
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
		'-- --allow-missing seccomp,pid,ipc,uts,network --on-exit reboot sh /orphans' -f orphans:/orphans
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

# ---- PID 1 of a disk ---------------------------------------------------------------------------------------

PATH=$PATH:/usr/sbin:/sbin # mke2fs and dumpe2fs, for an ordinary user

# disk_root KERNEL SETTING...: the directory tree becomes a root: busybox, nook as its /sbin/init, the settings
disk_root()
{
	program_for "$1"
	base=$("$top/test/vm/kernel" "$1")/base.cpio || atf_fail "no kernel $1"
	shift
	rm -rf tree
	mkdir tree
	(cd tree && cpio -idm --quiet <"$base") || atf_fail "cannot unpack $base"
	rm tree/sbin/init # a link to busybox
	cp "$program" tree/sbin/init
	printf '%s\n' "$@" >tree/etc/nook.conf
}

squashfs()
{
	rm -f disk
	atf_check -s exit:0 -o ignore -e empty mksquashfs tree disk -all-root -noappend -quiet -no-progress
}

ext4()
{
	rm -f disk
	atf_check -s exit:0 -o ignore -e ignore mke2fs -q -F -t ext4 -d tree disk 16m
}

# boot_disk STATUS SAID KERNEL ro|rw ARGUMENTS RUN-OPTION...: as boot, but from the disk. The built kernels mount it
# themselves; Debian's have its driver as a module: an initramfs loads that, mounts the disk and becomes its /sbin/init
boot_disk()
{
	case $3 in
	router | legacy | small-flash)
		status=$1 said=$2 kernel=$3 arguments="rdinit=/none root=/dev/vda $4 init=/sbin/init $5"
		shift 5
		boot "$status" "$said" "$kernel" "$arguments" -d disk "$@"
		;;
	*)
		cat >first <<-END
		#!/bin/sh
		mount -t proc proc /proc
		mount -t sysfs sysfs /sys
		mount -t devtmpfs dev /dev
		until [ -b /dev/vda ]; do sleep 0.1; done
		mount -o $4 /dev/vda /root
		for dir in proc sys dev; do mount -o move /\$dir /root/\$dir; done
		exec switch_root /root /sbin/init "\$@"
		END
		chmod +x first
		status=$1 said=$2 kernel=$3 arguments=$5
		shift 5
		boot "$status" "$said" "$kernel" "$arguments" -i first -M 'squashfs ext4' -d disk "$@"
		;;
	esac
}

for kernel in 5.10 6.1 6.12 router legacy; do
	name=$(echo "$kernel" | tr . _)
	vm_case "pid1__read_only_disk_$name" "kernel $kernel: /sbin/init of a read-only disk, with its settings and a limit"
	eval "pid1__read_only_disk_${name}_body() { read_only_disk $kernel; }"
done

read_only_disk()
{
	disk_root "$1" 'memory = 16m' 'on-exit = reboot' 'command = sh /job'
	cat >tree/job <<-\END
	grep -q ' / / ro' /proc/self/mountinfo || echo 'root: not read-only'
	for dir in proc sys dev tmp run; do
		grep -q " /$dir " /proc/self/mountinfo || echo "not mounted: $dir"
	done
	touch /x 2>/dev/null && echo 'root: written'
	touch /tmp/x /run/x && echo 'on a disk'
	exec dd if=/dev/zero of=/dev/null bs=64M count=1
	END
	said="on a disk${nl}nook: killed by the memory limit of 16m, peak *${nl}nook: status=137 reason=oom"
	for type in squashfs ext4; do
		$type
		case $1 in
		router | legacy) boot_disk 0 "$said" "$1" ro '' ;;
		# (2 * 137 + 1) mod 256
		*) boot_disk 19 "$said" "$1" ro '-- --exit-port isa-debug-exit' -q '-device isa-debug-exit' ;;
		esac
	done
}

vm_case pid1__disk_without_directories "a read-only root lacks mount points: done without, or refused in one line"
pid1__disk_without_directories_body()
{
	disk_root router 'memory = 16m' 'on-exit = reboot' 'command = dd if=/dev/zero of=/dev/null bs=64M count=1'
	killed="nook: killed by the memory limit of 16m, peak *${nl}nook: status=137 reason=oom"
	hint="${nl}nook: hint: the source or the mount point is missing; make it in the root"
	end="${nl}nook: status=125 reason=failed"
	rmdir tree/tmp tree/run
	squashfs
	boot_disk 0 "$killed" router ro ''
	rmdir tree/sys
	squashfs
	boot_disk 0 "$killed" router ro ''
	rmdir tree/dev
	squashfs
	boot_disk 0 "nook: cannot mount tmpfs on /dev: No such file or directory$hint$end" router ro ''
	rmdir tree/proc
	squashfs
	boot_disk 0 "nook: cannot mount proc on /proc: No such file or directory$hint$end" router ro ''
	rm tree/etc/nook.conf
	squashfs
	boot_disk 0 "nook: no command to run${nl}nook: hint: *$end" router ro '-- --on-exit reboot'
}

vm_case pid1__pivots "a root of its own: by pivot_root on a disk, by chroot on an initramfs"
pid1__pivots_body()
{
	disk_root 6.1 'on-exit = reboot' 'rootfs = /' 'volume = /sys/kernel/tracing:/var' 'command = sed -n s/.*sys_//p /var/trace'
	# what is PID 1 first watches the call, and becomes nook
	cat >traced <<-\END
	#!/bin/sh
	mount -t proc proc /proc 2>/dev/null # moved here before, where it fails
	mount -t sysfs sysfs /sys 2>/dev/null
	mount -t tracefs trace /sys/kernel/tracing
	echo 1 >/sys/kernel/tracing/events/syscalls/sys_exit_pivot_root/enable
	exec /bin/nook "$@"
	END
	chmod +x traced
	mv tree/sbin/init tree/bin/nook
	cp traced tree/sbin/init
	squashfs
	boot_disk 0 "pivot_root -> 0x0${nl}nook: status=0 reason=exited" 6.1 ro ''
	# EINVAL
	boot 0 "pivot_root -> 0xffffffffffffffea${nl}nook: status=0 reason=exited" 6.1 '' -i traced \
		-f "$program:/bin/nook" -f tree/etc/nook.conf:/etc/nook.conf
}

# clean: nothing is to be recovered on the disk, which holds what was written
clean()
{
	atf_check -s exit:0 -o save:features -e ignore dumpe2fs -h disk
	atf_check -s exit:1 -o empty -e empty grep needs_recovery features
	atf_check -s exit:0 -o inline:'kept\n' -e ignore debugfs -R 'cat /var/kept' disk
}

vm_case pid1__disk_left_clean "a writable disk is read-only before the machine ends, whoever had it in use"
pid1__disk_left_clean_body()
{
	disk_root 6.1 'on-exit = reboot' 'command = sh -c "echo kept >/var/kept; exit 3"'
	ext4
	boot_disk 0 'nook: status=3 reason=exited' 6.1 rw ''
	clean
	# the exit port: a file of it is written before, the port that ends QEMU at once after
	echo nothing >tree/var/port
	ext4
	boot_disk 0 'nook: status=3 reason=exited' 6.1 rw '-- --exit-port /var/port'
	clean
	atf_check -s exit:0 -o inline:'status=3 reason=exited\n' -e ignore debugfs -R 'cat /var/port' disk
	ext4
	boot_disk 7 'nook: status=3 reason=exited' 6.1 rw '-- --exit-port isa-debug-exit' -q '-device isa-debug-exit'
	clean
	printf '%s\n' 'on-exit = reboot' 'stdout = /var/kept' 'command = echo kept' >tree/etc/nook.conf
	ext4
	boot_disk 0 'nook: status=0 reason=exited' 6.1 rw ''
	clean
}

# ---- a fault at each system call ---------------------------------------------------------------------------

# fault_test.sh has it for v1 and this machine; all cases: test/fault/run -m v2, two hours
for machine in v2 none ordinary; do
	vm_case "fault__$machine" "each fault, kernel 6.1, $machine: refused, or just as confined; nothing left"
	eval "fault__${machine}_body() { faults $machine; }"
done

faults()
{
	program_for 6.1
	atf_check -s exit:0 -o match:'^error supervisor: [1-9][0-9]* runs, 0 bad$' -o match:'^term supervisor: [1-9][0-9]* runs, 0 bad$' \
		-o not-match:BAD -e empty "$top/test/fault/run" -s 67 -m "$1"
}

# ---- the power goes ----------------------------------------------------------------------------------------

vm_case powercut__at_random_moments "the power goes while nook starts, writes reports, a pidfile and logs: each report is whole, and the next start works"
powercut__at_random_moments_body()
{
	program_for 6.1
	truncate -s 64M disk
	atf_check -s exit:0 -o empty -e ignore mke2fs -q -F -t ext4 disk
	for cut in $(seq "${NOOK_CUTS:-5}"); do
		: >up
		"$top/test/vm/run" -t 100 -k 6.1 -g v2 -d disk -M ext4 -q '-serial file:up' -f "$program:/bin/nook" \
			-f "$scripts/checks.sh:/vm/checks" "$scripts/powercut.sh" >console 2>err &
		machine=$!
		poll_until 100 up_or_down
		sleep "$(awk 'BEGIN { srand(); print 1 + 5 * rand() }')"
		! qemu=$(child_of "$(child_of $machine)") || kill -KILL "$qemu"
		ended 99 $machine
		atf_check -s exit:0 -o inline:'right\n' -e empty cat console
	done
}

up_or_down()
{
	grep -q up up || is_over $machine
}

# ---- somebody types on the console ---------------------------------------------------------------------------

# The console is a virtio one, which is built in, as the serial one goes to a file: the last of the active ones is it.
# person KERNEL ARGUMENTS RUN-OPTION...: a machine in the background, whose screen is the file shown
person()
{
	kernel=$1 arguments=$2
	shift 2
	program_for "$kernel"
	rm -f keys.in keys.out
	mkfifo keys.in keys.out
	: >shown
	cat keys.out >shown &
	screen=$!
	"$top/test/vm/run" -t 90 -k "$kernel" -i "$program" -a "console=hvc0 $arguments" \
		-q '-device isa-debug-exit -chardev pipe,id=person,path=keys -device virtio-serial-pci -device virtconsole,chardev=person' \
		"$@" >err 2>&1 &
	machine=$!
	exec 5<>keys.in
	prompts=0
}

# type LINE: at the next prompt
types()
{
	prompts=$((prompts + 1))
	poll_until 60 prompted
	printf '%s\n' "$1" >&5
}

prompted()
{
	[ "$(grep -c '^/ # ' shown)" -ge "$prompts" ]
}

# leaves STATUS: the machine ends with it
leaves()
{
	ended "$1" "$machine"
	exec 5>&-
	wait "$screen"
	tr -d '\r' <shown >console
}

for kernel in 6.12 router legacy; do
	name=$(echo "$kernel" | tr . _)
	vm_case "pid1__shell_$name" "kernel $kernel: on-exit = shell, somebody types, the machine ends in order"
	eval "pid1__shell_${name}_body() { shell $kernel; }"
done

shell()
{
	# the exit port is told in the end, and not every kernel has the call for it
	case $1 in
	router | legacy) port='' status=0 ;;
	*) port='--exit-port isa-debug-exit' status=7 ;;
	esac
	person "$1" "-- --on-exit shell $port sh -c \"exit 3\""
	types 'echo it-is-a-shell; tty; exit'
	leaves $status
	atf_check -s exit:0 -o match:'^nook: status=3 reason=exited$' -o match:'^it-is-a-shell$' -o match:'^/dev/hvc0$' -e empty \
		cat console
	# the terminal is its own: an interrupt ends what runs, not the shell
	person "$1" '-- --on-exit shell nonesuch'
	types 'sh -c "echo up; sleep 60"'
	poll_until 30 grep -q '^up' shown
	printf '\003' >&5
	types 'echo "ended with $?"; exit 5'
	leaves 0
	atf_check -s exit:0 -o match:'^nook: status=127 reason=failed$' -o match:'^ended with 130$' -e empty cat console
}

vm_case pid1__shell_ends_machine "in the shell, poweroff and reboot do so; without a shell, that is said"
pid1__shell_ends_machine_body()
{
	for command in poweroff:down reboot:restart; do
		person 6.12 '-- --on-exit shell true' -v
		types "${command%:*}"
		leaves 0
		atf_check -s exit:0 -o match:"reboot: .*${command#*:}" -e empty cat err
	done
	disk_root router 'on-exit = shell' 'command = true'
	rm tree/bin/sh
	squashfs
	boot_disk 0 "nook: status=0 reason=exited${nl}nook: warning: cannot run /bin/sh: No such file or directory" router ro ''
}

vm_case pid1__shell_leaves_something "what somebody left running in the shell keeps no disk from being clean"
pid1__shell_leaves_something_body()
{
	disk_root 6.12 'on-exit = shell' 'command = true'
	ext4
	# the way of boot_disk, with a console to type on
	cat >first <<-\END
	#!/bin/sh
	mount -t devtmpfs dev /dev
	until [ -b /dev/vda ]; do sleep 0.1; done
	mount -t ext4 /dev/vda /root
	umount /dev
	exec switch_root /root /sbin/init "$@"
	END
	chmod +x first
	person 6.12 '--' -i first -M ext4 -d disk
	types '(echo kept; exec sleep 1000) >/var/kept &'
	types 'exit'
	leaves 0
	clean
}

# ---- other processors ----------------------------------------------------------------------------------------

# Not every limit of v2.sh: on 32 bits the kernel 6.1 itself ends at a BUG in throtl_trim_slice, for device-read-bps soon
# after the boot; mips has one processor, and no cpuset.
for kernel in armhf mipsel mips; do
	contract $kernel v2 v1 hybrid joint none
	vm_case "pid1__experiments_$kernel" "kernel $kernel: the three experiments as PID 1, a tenth of the size"
	eval "pid1__experiments_${kernel}_body() { experiments_small $kernel; }"
	vm_case "pid1__in_order_$kernel" "kernel $kernel: what is there for a workload, and how the machine ends"
	eval "pid1__in_order_${kernel}_body() { in_order $kernel; }"
done

# malta has 256 MB that these kernels can use
experiments_small()
{
	hog='--on-exit reboot --stderr null dd if=/dev/zero of=/dev/null count=1'
	boot 0 'nook: status=0 reason=exited' "$1" "-- $hog bs=100M"
	boot 0 "nook: killed by the memory limit of 50m, peak *${nl}nook: status=137 reason=oom" "$1" "-- -m 50m $hog bs=100M"
	boot 0 'nook: status=0 reason=exited' "$1" "-- -m 50m $hog bs=20M"
}

atf_init_test_cases()
{
	add_cases
}
