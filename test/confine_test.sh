#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# confine_test.sh - the walls: every way out is tried inside, and each is shown to be one where its wall is opened
#
# test/probe.c is what tries them. A caller that leaks all it can starts each run.
# shellcheck shell=sh disable=SC2016,SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

top=$(realpath "$(atf_get_srcdir)/..")

clean_up()
{
	end_started
	sweep none-by-name
}

# ---- the table: nook's options, and the probes that get through with them; no other does ------------------------
# A ? at the end: or not, as the kernel has it. FILES, SUID and SECRET are known to `given`.

walls_of_files()
{
	cat <<-END
	--preserve-fds 1			fd-leaked
	-v /:/mnt -w /mnt			cwd-outside
	-v $PWD/files:/mnt -e AT=/mnt/marker	host-file cwd-outside old-root
	-v $PWD/files:/mnt:suid			none
	--no-new-privileges=no			privileges-gained
	--no-new-privileges=no -v $PWD/files:/mnt:suid	privileges-gained suid-program
	--cap-add dac_override			foreign-file
	--cap-add dac_read_search		foreign-file file-handle
	--umask 0				umask-kept
	-e SECRET				environment-kept
	--cap-add mknod				none
	--cap-add mknod --tmpfs /tmp:dev	device-node
	--cap-add mknod --privileged		MANY device-node dev-write
	END
}

walls_of_proc_and_sys()
{
	cat <<-END
	-v /proc/sys				core-pattern proc-knobs
	-v /proc/interrupts			interrupts unmask
	-v /proc/timer_list			timer-list unmask
	-v /sys/firmware			firmware
	-v /sys					sys-knobs firmware cgroup-write
	--cap-add syslog			kernel-log kernel-addresses read-log
	--device /dev/kmsg --cap-add syslog	kernel-log kernel-addresses read-log kernel-log-device
	--privileged				MANY core-pattern sysrq proc-knobs sys-knobs kcore timer-list interrupts firmware
	END
}

walls_of_rights()
{
	cat <<-END
	--group-add 5				groups-kept
	--user 1000 --cap-add chown		capability-inherited
	--cap-add setuid			set-uid
	--cap-add setgid			set-gid
	--user 1000 --cap-add setuid		capability-inherited set-uid
	--user 1000 --cap-add setgid		capability-inherited set-gid
	--cap-add sys_nice			higher-priority realtime
	--cap-add sys_time			set-clock
	--cap-add sys_boot			reboot kexec
	--cap-add sys_module			modules
	--cap-add sys_rawio			ports proc-knobs? kcore?
	--cap-add sys_pacct			accounting
	--cap-add perfmon			perf init-environ?
	--cap-add sys_chroot			chroot
	--cap-add sys_ptrace			$of_init
	--cap-add sys_resource			oom-score raise-limit
	END
}

# what the right to rule the machine opens: namespaces and mounts, and what the filter lets through with it
walls_of_mounts()
{
	cat <<-END
	--cap-add sys_admin			unshare-user clone-user clone3-user unshare-mount clone-net enter-namespace mount mount-proc unmask remount new-mount-api pivot-root cgroup-mount bpf watch-files host-name swap quota proc-knobs? init-environ?
	--privileged				MANY mount mount-proc unmask remount pivot-root chroot cgroup-mount
	END
}

walls_of_calls()
{
	cat <<-END
	--seccomp off				unshare-user clone-user clone3-user terminal-input terminal-input-high console-paste call-x32 call-i386 io-uring keys page-faults personality quota netlink-socket vsock-socket alg-socket
	END
}

walls_of_network_and_processes()
{
	cat <<-END
	--network host				abstract-socket interfaces
	--ipc host				shared-memory message-queue
	--pid host				victim-seen
	--cap-add net_raw			packet-socket raw-socket netlink-socket vsock-socket alg-socket
	--cap-add net_admin			netlink-socket vsock-socket alg-socket net-admin
	--cap-add net_bind_service		low-port
	END
}

of_init='init-exe init-environ init-mem init-root init-cwd init-fd trace-init read-init descriptor-of-init'

# no setting opens these; a case of its own shows each
elsewhere='signals-kept chroot-escape terminal-of-caller core-dump'

# ---- how they are tried ------------------------------------------------------------------------------------------

# probes: ./probe, a root and files for it, and what it is after
probes()
{
	[ "$(id -u)" = 0 ] || atf_skip 'for root'
	atf_check -s exit:0 -o empty -e empty musl-gcc -Wall -Wextra -Werror -static -o probe "$top/test/probe.c"
	tiny_root root
	mkdir files root/run
	cp probe root/bin/
	cp probe files/suid
	echo foreign >root/etc/foreign
	chown 4242 root/etc/foreign files/suid
	chmod 600 root/etc/foreign
	cp -a root/etc/foreign files/
	chmod 4755 files/suid
	echo marker >files/marker
	chmod 755 .
	mkfifo hold
	./probe victim <hold >up 2>up.err &
	victim=$!
	echo "$victim" >>started
	exec 8>hold
	poll_until 10 grep -qx up up
	atf_check -s exit:0 -o empty -e empty cat up.err
	./probe list | grep -vx core-dump >names
	given="-e AT=$PWD/files/marker -e VICTIM=$victim -e SUID=/mnt/suid -e FOREIGN=/etc/foreign"
}

# done_with_them: for the end of each case
done_with_them()
{
	exec 8>&-
	ended 0 "$victim"
	host_as_noted
}

# careless COMMAND...: of a caller that leaks descriptors, groups, capabilities, signals, variables and its umask
careless()
{
	(
		umask 0
		trap '' HUP TERM USR1
		export SECRET=1
		exec 3</ 4<"$PWD" 8>&-
		exec setpriv --groups 4,5 --inh-caps +chown --ambient-caps +chown "$@"
	)
}

# tried NOOK-ARGUMENT...: the names of the probes that get through, sorted, in the file through
tried()
{
	# shellcheck disable=SC2046,SC2086	# lists of words without blanks
	careless timeout 60 "$nook" $given "$@" -- "${probe:-/bin/probe}" $(cat names) >tried 2>said ||
		atf_fail "nook $*: ended with $?; said: $(tr '\n' ' ' <said)"
	atf_check -s exit:0 -o empty -e empty cat said
	[ "$(grep -cE ' (open|closed)$' tried)" = "$(wc -l <names)" ] || atf_fail "nook $*: not all were tried: $(tail -n 1 tried)"
	sed -n 's/ open$//p' tried | sort >through
}

# closed PROBES NOOK-ARGUMENT...: just these get through
closed()
{
	echo "$1" | tr ' ' '\n' | sed '/^$/d' | sort >want
	shift
	tried "$@"
	diff want through >differ || atf_fail "nook $*: $(grep '^[<>]' differ | tr '\n' ' ')"
}

# outside: the names of those that get through where nothing is in their way, in the file there
outside()
{
	export AT="$PWD/files/marker" VICTIM="$victim" SUID="$PWD/files/suid" FOREIGN="$PWD/files/foreign"
	careless unshare -m ./probe | sed -n 's/ open$//p' | sort >there
	# no setting can take these away from a caller who has them; and those of init are only shown inside
	echo "$of_init" | tr ' ' '\n' | sort -u - there >can
}

# opened: the table on standard input, each line as it says. With any capability, that it is there is seen. What
# this kernel lacks, as is seen outside, gets nowhere inside either.
opened()
{
	outside
	while read -r line <&7; do
		options=$(echo "$line" | sed 's/[[:blank:]]*	.*//')
		echo "$line" | sed 's/.*	//' | tr ' ' '\n' >opens
		case $options in
		*sys_resource*) capsh_has sys_resource || continue ;;
		esac
		case $options in
		*--cap-add*) printf '%s\n' capabilities capability-bounding >>opens ;;
		esac
		sed -n 's/?$//p' opens | sort >maybe
		grep -vx -e 'none' -e MANY -e '.*?' opens | sort -u | comm -12 - can >want
		# shellcheck disable=SC2086
		tried --rootfs root $options
		if grep -qx MANY opens; then
			comm -23 want through >differ
		else
			sort -u want maybe | comm -13 - through >differ
			comm -23 want through >>differ
		fi
		[ ! -s differ ] || atf_fail "nook $options: differs in $(tr '\n' ' ' <differ); got through: $(tr '\n' ' ' <through)"
	done 7<<-END
		$(cat)
	END
}

# capsh_has NAME: this machine's root has the capability
capsh_has()
{
	setpriv --inh-caps "+$1" true 2>/dev/null
}

# ---- closed --------------------------------------------------------------------------------------------------------

root_case closed__rootfs 'on a root of its own nothing gets through, for root and others, with the init and without'
closed__rootfs_body()
{
	probes
	note_host
	for init in yes no; do
		closed '' --rootfs root --init=$init
		closed '' --rootfs root --init=$init --user 1000
		closed '' --rootfs root --init=$init --read-only
	done
	closed '' --rootfs root --user 65534 --hidepid
	closed '' --rootfs root -m 64m --pids-limit 50 --cpus 1
	closed '' --rootfs scratch -v "$PWD/root/bin:/bin" -v "$PWD/root/etc:/etc:ro" --tmpfs /tmp
	done_with_them
}

root_case closed__host_tree 'in the tree of the host its files are there, as is said, and nothing else gets through'
closed__host_tree_body()
{
	probes
	note_host
	probe=$PWD/probe
	given="$given -e SUID=$PWD/files/suid -e FOREIGN=$PWD/files/foreign"
	files='host-file cwd-outside old-root'
	for init in yes no; do
		closed "$files" --init=$init
		closed "$files" --init=$init --user 1000
	done
	closed "$files" --read-only
	closed "$files" -m 64m
	done_with_them
}

root_case limits__core_dump 'no core is dumped but where it is asked for'
limits__core_dump_body()
{
	probes
	note_host
	echo core-dump >names
	closed '' --rootfs root --ulimit core=0
	closed core-dump --rootfs root --ulimit core=1m
	done_with_them
}

root_case limits__core_dump_by_default 'nor by default, whatever the caller has'
limits__core_dump_by_default_body()
{
	atf_check -s exit:0 -o empty -e empty musl-gcc -static -o probe "$top/test/probe.c"
	[ "$(ulimit -Hc)" != 0 ] || atf_skip 'the caller has none to leave'
	atf_expect_fail 'RLIMIT_CORE stays as the caller has it'
	says 'core-dump closed\n' -- ./probe core-dump
}

# ---- opened --------------------------------------------------------------------------------------------------------

root_case opened__table 'every probe is in the table, and where nothing is in its way each gets through'
opened__table_body()
{
	probes
	note_host
	for section in files proc_and_sys rights mounts calls network_and_processes; do
		walls_of_$section | sed 's/.*	//'
	done | tr ' ' '\n' | sed 's/?$//' | grep -vx -e none -e MANY | sort -u >known
	for name in $elsewhere capabilities capability-bounding; do
		echo "$name"
	done | sort -u - known >covered
	./probe list | sort >all
	atf_check -s exit:0 -o empty -e empty comm -23 all covered
	atf_check -s exit:0 -o empty -e empty comm -13 all known
	# what a kernel may be built without, or this machine's root not have, and how much of that is believed
	outside
	sort names | comm -23 - can | grep -vx terminal-of-caller >lacking
	cat lacking
	for name in sysrq kcore call-x32 call-i386 kexec modules ports oom-score raise-limit alg-socket vsock-socket accounting \
	    kernel-log-device perf page-faults interfaces timer-list firmware; do
		echo "$name"
	done | sort >may
	atf_check -s exit:0 -o empty -e empty comm -23 lacking may
	[ "$(wc -l <lacking)" -le 12 ] || atf_fail "too many that this machine lacks: $(tr '\n' ' ' <lacking)"
	done_with_them
}

for section in files proc_and_sys rights mounts calls network_and_processes; do
	root_case opened__$section "what opens a wall of $(echo $section | tr _ ' ') opens that alone, and its probe gets through"
	eval "opened__${section}_body() { probes; note_host; walls_of_$section | opened; done_with_them; }"
done

root_case opened__by_a_chroot 'where there is just a chroot instead, its probes get out, and signals stay ignored'
opened__by_a_chroot_body()
{
	probes
	note_host
	export AT="$PWD/files/marker"
	atf_check -s exit:0 -o inline:'host-file closed\nchroot-escape open\n' -e empty chroot root /bin/probe host-file chroot-escape
	# the way of an initramfs, which cannot be pivoted away from: below lies what was the root
	atf_check -s exit:0 -o inline:'host-file closed\nold-root open\n' -e empty unshare -m sh -c '
	    mount --bind root / && exec python3 -c "
import os
os.chdir(\"/..\") # onto it
os.chroot(\".\")
os.execv(\"/bin/probe\", [\"probe\", \"host-file\", \"old-root\"])"'
	atf_check -s exit:0 -o inline:'signals-kept open\n' -e empty sh -c "trap '' USR1; exec ./probe signals-kept"
	for right in sys_chroot sys_admin sys_admin,sys_chroot,dac_override all; do
		echo 'host-file chroot-escape old-root cwd-outside' | tr ' ' '\n' >names
		closed '' --rootfs root --cap-add $right --seccomp off
	done
	done_with_them
}

root_case opened__terminal 'the terminal of the caller is not the controlling one, but a terminal of its own is'
opened__terminal_body()
{
	probes
	note_host
	cat >in_terminal <<-END
	#! /bin/sh
	exec "\$@" </dev/tty
	END
	chmod +x in_terminal
	while read -r said command; do
		atf_check -s exit:0 -o match:"^terminal-of-caller $said" -e empty timeout 20 script -qec "./in_terminal $command terminal-of-caller" /dev/null </dev/null
	done <<-END
		open ./probe
		closed $nook --rootfs root -- /bin/probe
		closed $nook --rootfs root --init=no -- /bin/probe
		closed $nook --rootfs root --seccomp off --cap-add all -- /bin/probe
		open $nook -t --rootfs root -- /bin/probe
	END
	done_with_them
}

# ---- in a nest -----------------------------------------------------------------------------------------------------

root_case nest__nook_in_nook 'inside another with the rights it needs all is closed; with less it is refused by name'
nest__nook_in_nook_body()
{
	probes
	note_host
	cp "$nook" root/bin/nook
	cp files/marker root/marker
	outer=$nook
	cat >nested <<-END
	#! /bin/sh
	exec "$outer" --rootfs root \$outside -- /bin/nook "\$@"
	END
	chmod +x nested
	nook=$PWD/nested
	given="-e AT=/marker -e VICTIM=$victim -e SUID=/mnt/suid -e FOREIGN=/etc/foreign"
	export outside
	for outside in --privileged '--cap-add all' '--privileged --init=no' '--privileged -m 128m'; do
		closed '' --rootfs scratch -v /bin -v /etc
		closed '' --rootfs scratch -v /bin -v /etc --init=no --user 1000
		closed 'host-file cwd-outside old-root'
	done
	outside='--privileged'
	closed '' --rootfs scratch -v /bin -v /etc -m 64m
	outside=
	fails 125 'nook: cannot start in mnt pid ipc uts net namespaces: Operation not permitted
nook: hint: namespaces need root (CAP_SYS_ADMIN)\n' --rootfs scratch -v /bin -- /bin/probe
	outside='--cap-add sys_admin'
	fails 125 'nook: cannot set the loopback interface up: Operation not permitted
nook: hint: that needs root, or a right that is not held here\n' --rootfs scratch -v /bin -- /bin/probe
	nook=$outer
	done_with_them
}

root_case nest__nook_in_bubblewrap 'inside a bubblewrap as well'
nest__nook_in_bubblewrap_body()
{
	command -v bwrap >/dev/null || atf_skip 'no bubblewrap'
	probes
	note_host
	inner=$nook
	cat >nested <<-END
	#! /bin/sh
	exec bwrap \$outside -- "$inner" "\$@"
	END
	chmod +x nested
	nook=$PWD/nested
	export outside
	for outside in '--bind / / --dev /dev --proc /proc --unshare-pid --cap-add ALL' \
	    '--bind / / --dev /dev --proc /proc --unshare-pid --unshare-net --unshare-ipc --unshare-uts --cap-add ALL' \
	    '--ro-bind / / --dev-bind /dev /dev --proc /proc --cap-add ALL'; do
		closed '' --rootfs "$PWD/root"
		closed '' --rootfs "$PWD/root" --init=no --user 1000
	done
	# without its rights, and where just one user is known inside
	for outside in '--bind / / --dev /dev --proc /proc --cap-drop ALL' '--bind / / --dev /dev --proc /proc --unshare-all --cap-add ALL'; do
		atf_check -s exit:125 -o empty -e match:'^nook: cannot .*: (Operation not permitted|Invalid argument)$' \
		    "$nook" --rootfs "$PWD/root" -- /bin/probe
	done
	nook=$inner
	done_with_them
}

atf_init_test_cases()
{
	add_cases
}
