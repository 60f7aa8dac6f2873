# SPDX-License-Identifier: ISC
# walls.sh - which of nook's options opens which way out; sourced by confine_test.sh, and in test machines
#
# What is tried is in probe.c. Who sources this has nook in $nook, and says what is
# wrong by `wrong`.
# shellcheck shell=sh disable=SC2034,SC2154,SC3045

# careless COMMAND...: of a caller that leaks descriptors, groups, capabilities, signals, variables and its umask; as:
# setpriv's options for another caller
careless()
{
	(
		umask 0
		trap '' HUP TERM USR1
		export SECRET=1
		exec 3</ 4<"$PWD" 8>&-
		# shellcheck disable=SC2086
		exec setpriv ${as:---groups 4,5 --inh-caps +chown --ambient-caps +chown} "$@"
	)
}

# ---- the table: nook's options, and the probes that get through with them; no other does ------------------------
# A ? at the end: or not, as the kernel has it. MANY: and more.

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
	-v /sys:/mnt:ro				none
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
	--cap-add sys_admin			unshare-user clone-user clone3-user unshare-mount clone-net enter-namespace mount mount-proc unmask remount new-mount-api pivot-root cgroup-mount bpf watch-files host-name swap quota proc-knobs? init-environ? kernel-log? read-log?
	--privileged				MANY mount mount-proc unmask remount pivot-root chroot cgroup-mount
	END
}

walls_of_calls()
{
	cat <<-END
	--seccomp off				unshare-user clone-user clone3-user terminal-input terminal-input-high console-paste call-x32 call-i386 io-uring keys page-faults personality quota netlink-socket socket-by-number socket-pair vsock-socket alg-socket bpf? perf? read-log?
	END
}

walls_of_network_and_processes()
{
	cat <<-END
	--network host				abstract-socket interfaces
	--ipc host				shared-memory message-queue
	--pid host				victim-seen
	--cap-add net_raw			packet-socket raw-socket
	--cap-add net_admin			netlink-socket socket-pair? net-admin
	--cap-add net_bind_service		low-port
	END
}

of_init='init-exe init-environ init-mem init-root init-cwd init-fd trace-init read-init descriptor-of-init'

sections='files proc_and_sys rights mounts calls network_and_processes'

# no setting opens these; a case of its own shows each
elsewhere='signals-kept chroot-escape terminal-of-caller core-dump'

# ---- how they are tried ------------------------------------------------------------------------------------------

# make_probes PROBE: a root and files for them, the victim, and `given`; the directory holds nothing else yet
make_probes()
{
	mkdir -p files root/run
	cp "$1" root/bin/probe
	cp "$1" files/suid
	echo foreign >root/etc/foreign
	chown 4242 root/etc/foreign files/suid
	chmod 600 root/etc/foreign
	cp -p root/etc/foreign files/
	chmod 4755 files/suid
	echo marker >files/marker
	chmod 755 .
	mkfifo hold
	"$1" victim <hold >up 2>up.err &
	victim=$!
	exec 8>hold
	tries=0
	until grep -qx up up || [ $((tries += 1)) = 200 ]; do
		sleep 0.05
	done
	[ "$(cat up up.err)" = up ] || wrong "the victim says: $(cat up up.err)"
	"$1" list | grep -vx core-dump >names
	given="-e AT=$PWD/files/marker -e VICTIM=$victim -e SUID=/mnt/suid -e FOREIGN=/etc/foreign"
}

# not_in FILE [OTHER]: the lines of OTHER, or of standard input, that FILE does not have
not_in()
{
	grep -Fvx -f "$@"
	:
}

# tried NOOK-ARGUMENT...: the names of the probes that get through, sorted, in the file through
tried()
{
	# shellcheck disable=SC2046,SC2086	# lists of words without blanks
	careless timeout 60 "$nook" $given "$@" -- "${probe:-/bin/probe}" $(cat names) >tried 2>said ||
		wrong "nook $*: ended with $?; said: $(tr '\n' ' ' <said)"
	[ ! -s said ] || wrong "nook $*: said: $(tr '\n' ' ' <said)"
	[ "$(grep -cE ' (open|closed)$' tried)" = "$(wc -l <names)" ] || wrong "nook $*: not all were tried: $(tail -n 1 tried)"
	sed -n 's/ open$//p' tried | sort >through
}

# closed PROBES NOOK-ARGUMENT...: just these get through
closed()
{
	echo "$1" | tr ' ' '\n' | sed '/^$/d' | sort >want
	shift
	tried "$@"
	diff want through >differ || wrong "nook $*: $(grep '^[-+<>][^-+]' differ | tr '\n' ' ')"
}

# outside PROBE: the names of those that get through where nothing is in their way, in the file there
outside()
{
	export AT="$PWD/files/marker" VICTIM="$victim" SUID="$PWD/files/suid" FOREIGN="$PWD/files/foreign"
	careless unshare -m "$1" | sed -n 's/ open$//p' | sort >there
	# the init is only met inside
	echo "$of_init" | tr ' ' '\n' | sort -u - there >can
}

# opened: the table on standard input, each line as it says, after `outside`: what this kernel lacks, as is seen
# there, gets nowhere inside either. With any capability, that it is there is seen. hindered: probes that this
# kind of root may keep in, or let out.
opened()
{
	while read -r line <&7; do
		options=$(echo "$line" | sed 's/[[:blank:]]*	.*//')
		echo "$line" | sed 's/.*	//' | tr ' ' '\n' >opens
		case $options in
		*sys_resource*) setpriv --inh-caps +sys_resource true 2>/dev/null || continue ;; # root may lack it
		esac
		case $options in
		*--cap-add*) printf '%s\n' capabilities capability-bounding >>opens ;;
		esac
		{
			sed -n 's/?$//p' opens
			echo "$hindered" | tr ' ' '\n'
		} | sed '/^$/d' >maybe
		grep -vx -e none -e MANY -e '.*?' opens | sort -u | not_in maybe | grep -Fx -f can >want
		# shellcheck disable=SC2086
		tried --rootfs root $options
		not_in through want >differ
		grep -qx MANY opens || cat want maybe | not_in - through >>differ
		[ ! -s differ ] || wrong "nook $options: differs in $(tr '\n' ' ' <differ); got through: $(tr '\n' ' ' <through)"
	done 7<<-END
		$(cat)
	END
}
