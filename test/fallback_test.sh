#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# fallback_test.sh - kernels that lack a newer system call: the same confinement, or no start at all
#
# strace plays the old kernel: the call answers as it would there. What then runs is compared by its
# fingerprint, which is all that the workload can tell of its confinement and what the host sees of
# it, with that of a run that nothing disturbs. test/fallback makes a table of it.
# shellcheck shell=sh disable=SC2016,SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

name=fallback-$$

clean_up()
{
	sweep fallback-
	rmdir /sys/fs/cgroup/*/nook-fallback-*/* /sys/fs/cgroup/*/nook-fallback-* 2>/dev/null
	return 0
}

# The fingerprint's inner half. It ends with "up" and waits for the end of its input.
look='echo "umask $(umask) in $PWD, sees" /proc/[0-9]* /sys/class/net/*
	cd /proc/$$ && tail -n +1 status limits stat oom_score_adj cgroup mountinfo /sys/class/net/lo/flags \
	    /proc/sys/kernel/hostname && ls -l ns fd && echo env: && env && echo up && read -r line; exit 0'

# The outer half: of status what confines, of each namespace whether it is the host's, of links the target. Of
# mounts that lie on each other at one place the topmost: what is below, nobody reaches.
reduce='NR == FNR { host[$0]; next }
	/^==> / { at = $2; next }
	/^(fd|ns|env):$/ { at = $1; next }
	/^(up|total 0|)$/ { next }
	at == "status" && !/^(Uid|Gid|Groups|Cap[A-Z][a-z]*|NoNewPrivs|Seccomp|SigBlk|SigIgn|[A-Z][a-z]*_allowed_list):/ { next }
	at == "stat" { $0 = $5 " " $6 " " $7 " " $18 " " $19 " " $40 " " $41 }
	at == "cgroup" { sub(/^[0-9]*:/, "") }
	at == "ns:" { $0 = $9 (($11 in host) ? " host" : " private") }
	at == "fd:" { $0 = $1 " " $3 " " $4 " " $9 " " $11 }
	at == "mountinfo" {
		id[++n] = $1; point[n] = $5; over[$2 " " $5]; sub(/^[0-9]* [0-9]* [0-9:]* /, ""); mount[n] = $0; next
	}
	{ print at, $0 }
	END { for (i = 1; i <= n; i++) if (!((id[i] " " point[i]) in over)) print "mount", mount[i] }'

# old_kernel SETUP: makes ./old_kernel, which runs a command in a mount namespace of its own, set up so, where
# each CALL:ERROR of $calls answers thus; the trace is in `trace`
old_kernel()
{
	cat >old_kernel <<-END
	#! /bin/sh
	options=
	for each in \$calls; do
		options="\$options -e inject=\${each%%:*}:error=\${each#*:}"
	done
	export options
	[ "\$(ulimit -n)" -lt 512 ] || ulimit -n 512 # each is looked at where close_range is not
	exec unshare -m --propagation private sh -euc '
		readlink /proc/self/ns/* >host.ns
		$1
		exec strace -f -qq -o trace -e signal=none -e trace=clone,clone3,close_range,mount_setattr,openat2,pidfd_open,fsopen,fsconfig,fsmount,unshare,prctl \\
		    \$options "\$@"' sh "\$@"
	END
	chmod +x old_kernel
	[ -p hold ] || mkfifo hold
	[ -d root ] || tiny_root root
	mkdir -p tree
	note_host root
}

# hit CALLS: each of them was made, and answered so
hit()
{
	for each in $1; do
		error=${each#*:}
		grep -qE "[ .]${each%%:*}(\(| resumed).*= -1 ${error%%:*} .*\(INJECTED\)\$" trace ||
			atf_fail "nothing has met with $each"
	done
}

# note played|same|refused: a line of the table, for a run that something is kept from
note()
{
	[ -z "$calls" ] || echo "$(atf_get ident) $1 $calls" >>"${FALLBACKS:-/dev/null}"
}

# groups: the limits in force, and whom they hold, as the host sees it
groups()
{
	find /sys/fs/cgroup -type d -path "*/nook/$name" | while read -r group; do
		grep -s . "$group/memory.limit_in_bytes" "$group/memory.memsw.limit_in_bytes" "$group/memory.max" \
		    "$group/memory.swap.max" "$group/pids.max" "$group/cpu.cfs_quota_us" "$group/cpu.max"
		while read -r member; do
			echo "$group has $(cat "/proc/$member/comm")"
		done <"$group/cgroup.procs"
	done
}

# the_init: its rights, once it has given up what it has no use for
the_init()
{
	within=$(child_of "$(child_of "$pid")")
	poll_until 10 grep -q '^CapPrm:.*000000020$' "/proc/$within/status"
	grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):' "/proc/$within/status" | sed 's/^/init /'
}

# taken FILE CALLS NOOK-ARGUMENT...: the fingerprint of a run on such a kernel, into FILE
taken()
{
	file=$1
	calls=$2
	shift 2
	export calls
	note played
	: >out
	: >err
	./old_kernel "$nook" --name $name "$@" -- /bin/sh -c "$look" <hold >out 2>err 7</ 9</etc/passwd &
	pid=$!
	exec 8>hold
	is_up
	{
		awk "$reduce" host.ns out
		groups
		case $* in
		*--init=yes*) the_init ;;
		esac
		sed 's/^/said /' err
	} | sort >"$file"
	exec 8>&-
	ended 0
	hit "$calls"
}

# same KERNEL... -- NOOK-ARGUMENT...: with init and without, on each kernel that is old in these CALLS, a run is as
# it is on this one
same()
{
	kernels=
	while [ "$1" != -- ]; do
		kernels="$kernels$1
"
		shift
	done
	shift
	for init in yes no; do
		taken as-ever '' --init=$init "$@"
		while read -r kernel <&7; do
			taken disturbed "$kernel" --init=$init "$@"
			atf_check -s exit:0 -o empty -e empty diff as-ever disturbed
			note same
		done 7<<-END
		${kernels%?}
		END
	done
}

# refused CALLS MESSAGE NOOK-ARGUMENT...: on such a kernel it does not start, and this is all that is said
refused()
{
	calls=$1
	message=$2
	shift 2
	export calls
	for init in yes no; do
		note played
		atf_check -s exit:125 -o empty -e inline:"$message" ./old_kernel "$nook" --init=$init "$@" -- /bin/sh -c 'echo ran'
		hit "$calls"
		note refused
	done
}

# nth_call PATTERN: the first call like this is the how many'th of its process, in nth.trace
nth_call()
{
	awk -v pattern="$1" '{ n[$1]++ } $0 ~ pattern { print n[$1]; exit }' nth.trace
}

# Mounts with flags of their own, and names that mountinfo writes in its own way.
tree='mount -t tmpfs -o nosuid tree tree
	for flags in noexec,noatime ro nodev,nodiratime; do
		mkdir "tree/of $flags"
		mount -t tmpfs -o $flags below "tree/of $flags"
	done
	mkdir "tree/of noexec,noatime/#\\011below"
	mount -t tmpfs -o noexec lowest "tree/of noexec,noatime/#\\011below"'

# The three kinds of root, each with settings that newer calls take part in, on each KERNEL.
limits='-m 64m --pids-limit 32 --cpus 0.5'

own_root()
{
	# shellcheck disable=SC2086 # a list of words without blanks
	same "$@" -- --rootfs root $limits --read-only --volume "$PWD/tree:/mnt:ro" --volume "$PWD/tree:/home:noexec" \
	    --volume "$PWD/root/etc/group:/etc/group:ro" --tmpfs /tmp --user 1000 --group-add 50 --cap-add net_bind_service \
	    --umask 027 --hostname box --env A=b --workdir /tmp
}

scratch_root()
{
	# shellcheck disable=SC2086
	same "$@" -- --rootfs scratch $limits --volume "$PWD/root/bin:/bin:ro" --volume "$PWD/tree:/deep/down"
}

host_root()
{
	# shellcheck disable=SC2086
	same "$@" -- $limits --read-only --volume "$PWD/tree:/mnt:ro"
}

# ---- the fingerprint itself -----------------------------------------------------------------------------

root_case fingerprint__tells 'it is another one for each confinement that is opened'
fingerprint__tells_body()
{
	old_kernel ''
	taken before '' --init=no --rootfs root -m 64m
	for opened in '--cpus 0.5' '--cap-add chown' '--no-new-privileges=no' '--uts host' '--umask 0' '--env A=b' '--tmpfs /tmp'; do
		# shellcheck disable=SC2086
		taken after '' --init=no --rootfs root -m 64m $opened
		atf_check -s exit:1 -o not-empty -e empty diff before after
	done
	host_as_noted
}

# ---- clone3, 5.3; into a group, 5.7 -------------------------------------------------------------------

root_case clone3__absent 'before 5.3, in a container that forbids it, and before 5.7: an argument too long, or a flag unknown'
clone3__absent_body()
{
	old_kernel ''
	# shellcheck disable=SC2086
	same clone3:ENOSYS clone3:EPERM clone3:E2BIG clone3:EINVAL -- --rootfs root $limits
	host_as_noted
}

# ---- close_range, 5.9; CLOSE_RANGE_CLOEXEC, 5.11 -----------------------------------------------------

root_case close_range__absent 'before 5.9, before 5.11: a flag unknown, and in a container that forbids it'
close_range__absent_body()
{
	old_kernel ''
	# shellcheck disable=SC2086
	same close_range:ENOSYS close_range:EINVAL close_range:EPERM -- --rootfs root $limits
	host_as_noted
}

# closes_300 LIMIT NOOK-ARGUMENT...: a caller with descriptor 300 open has then lowered its RLIMIT_NOFILE; the
# workload has not got it
closes_300()
{
	cat >high.py <<-'END'
		import os, resource, sys
		os.dup2(os.open("/", os.O_RDONLY), 300)
		resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]),) * 2)
		os.execv(sys.argv[2], sys.argv[2:])
	END
	export calls
	for calls in '' close_range:ENOSYS; do
		for init in yes no; do
			note played
			atf_check -s exit:0 -o inline:'none\n' -e empty python3 high.py "$1" ./old_kernel "$nook" --rootfs root \
			    --init=$init "$2" "$3" -- /bin/sh -c 'ls /proc/$$/fd/300 2>/dev/null || echo none'
			hit "$calls"
			note same
		done
	done
}

root_case close_range__above_ulimit 'a descriptor above the limit that the workload gets is closed as well'
close_range__above_ulimit_body()
{
	old_kernel ''
	closes_300 400 --ulimit nofile=16
	host_as_noted
}

root_case close_range__above_callers_limit 'so is one above a limit that the caller has lowered since it was opened'
close_range__above_callers_limit_body()
{
	old_kernel ''
	closes_300 200 --umask 022
	host_as_noted
}

root_case close_range__of_init 'the init keeps nothing of the host open, which a workload with the right to trace would reach'
close_range__of_init_body()
{
	old_kernel ''
	echo secret >marker
	export calls
	for calls in '' close_range:ENOSYS; do
		note played
		atf_check -s exit:0 -o inline:'0 1 2 3\n' -e empty ./old_kernel "$nook" --rootfs root --cap-add sys_ptrace \
		    -e "AT=$PWD/marker" -- /bin/sh -c 'tries=0 # the init closes them while the workload begins to run
		    until [ "$(echo $(ls /proc/1/fd))" = "0 1 2 3" ] || [ $tries = 30 ]; do
			tries=$((tries + 1)); /bin/busybox usleep 10000
		    done; echo $(ls /proc/1/fd); cat /proc/1/fd/*/$AT 2>/dev/null; exit 0' 9</
		hit "$calls"
		note same
	done
	host_as_noted
}

# ---- mount_setattr, 5.12 ---------------------------------------------------------------------------------

root_case mount_setattr__absent 'before 5.12: mount by mount, each keeping the flags it has'
mount_setattr__absent_body()
{
	old_kernel "$tree"
	own_root mount_setattr:ENOSYS
	host_as_noted
}

root_case mount_setattr__nosymfollow 'a mount that follows no links stays so, as 5.10 and 5.11 have it'
mount_setattr__nosymfollow_body()
{
	unshare -m mount -t tmpfs -o nosymfollow none /mnt 2>/dev/null || atf_skip 'this kernel has no nosymfollow'
	old_kernel 'mount -t tmpfs -o nosymfollow none tree'
	same mount_setattr:ENOSYS -- --rootfs root --volume "$PWD/tree:/mnt:ro"
	host_as_noted
}

root_case mount_setattr__stacked 'mounts that lie on others at the same place keep their flags'
mount_setattr__stacked_body()
{
	# more of mountinfo than one read(2) gets lies between the lowest and the topmost
	old_kernel 'mount -t tmpfs tree tree
		mkdir tree/at
		for level in 0 1 2 3 4 5 6 7 8 9 a b c d e f g h i j k l m n o p q r s t u v w x y z; do
			mount -t tmpfs $level$(printf %0250d 0) tree/at
		done
		mount -t tmpfs -o noexec topmost tree/at'
	same mount_setattr:ENOSYS -- --rootfs root --volume "$PWD/tree:/mnt:ro"
	host_as_noted
}

root_case mount_setattr__refused 'where it is forbidden, or refuses, there is no start'
mount_setattr__refused_body()
{
	old_kernel ''
	refused mount_setattr:EPERM 'nook: cannot mount /mnt with its flags: Operation not permitted
nook: hint: mounting needs root (CAP_SYS_ADMIN), in a user namespace also a /proc and /sys without masks\n' --rootfs root -m 64m --volume "$PWD/tree:/mnt:ro"
	refused mount_setattr:EINVAL 'nook: cannot mount /mnt with its flags: Invalid argument
nook: hint: an option that it does not know, or an id that this user namespace has not\n' \
	    --rootfs root -m 64m --volume "$PWD/tree:/mnt:ro"
	host_as_noted
}

root_case mount_setattr__too_deep 'a mount whose path is longer than any that can be opened: it cannot be reached, and there is no start'
mount_setattr__too_deep_body()
{
	cat >deep <<-'END'
		mount -t tmpfs tree tree
		cd tree
		for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do
			mkdir "$(printf %0250d 0)"
			cd -P "./$(printf %0250d 0)"
		done
		mount -c -t tmpfs none .
	END
	old_kernel '(. ./deep)'
	calls=mount_setattr:ENOSYS
	export calls
	for init in yes no; do
		note played
		atf_check -s exit:125 -o empty -e match:'^nook: cannot open /mnt/0*/0' \
		    ./old_kernel "$nook" --init=$init --rootfs root --volume "$PWD/tree:/mnt:ro" -- /bin/sh -c 'echo ran'
		hit "$calls"
		note refused
	done
	host_as_noted
}

# ---- openat2, 5.6 ------------------------------------------------------------------------------------------

root_case openat2__absent 'before 5.6, and in a container that forbids it: users are looked up without following a link'
openat2__absent_body()
{
	old_kernel "$tree"
	own_root openat2:ENOSYS openat2:EPERM
	host_as_noted
}

# ---- pidfd_open, 5.3 ----------------------------------------------------------------------------------------

root_case pidfd_open__absent 'nook stop ends by its number what it cannot hold'
pidfd_open__absent_body()
{
	old_kernel ''
	export calls
	for calls in '' pidfd_open:ENOSYS; do
		start --name $name -- sh -c 'echo up; exec sleep 300'
		is_up
		note played
		atf_check -s exit:0 -o inline:"$name has stopped\n" -e empty ./old_kernel "$nook" stop $name
		ended 143
		hit "$calls"
		note same
	done
	host_as_noted
}

# ---- fsopen, fsconfig, fsmount, 5.2: only where no cgroupfs is mounted ------------------------------

nothing_mounted='umount -l /sys/fs/cgroup'

root_case fsopen__absent 'before 5.2, or only a part of the three: a mount in a namespace of nook'
fsopen__absent_body()
{
	old_kernel "$nothing_mounted"
	same fsopen:ENOSYS fsconfig:ENOSYS fsmount:ENOSYS -- --rootfs root -m 64m --cpus 0.5
	host_as_noted
}

root_case fsopen__absent_among_several 'each controller is looked for where it is, not where another was mounted'
fsopen__absent_among_several_body()
{
	old_kernel "$nothing_mounted"
	same fsopen:ENOSYS -- --rootfs root -m 64m --pids-limit 32
	host_as_noted
}

root_case fsopen__absent_on_host_root 'what nook mounts for itself is not in the namespace of the workload'
fsopen__absent_on_host_root_body()
{
	old_kernel "$nothing_mounted"
	same fsopen:ENOSYS -- -m 64m
	host_as_noted
}

root_case fsopen__absent_in_volume 'a workload that is given /sys does not find there how to lift its limits'
fsopen__absent_in_volume_body()
{
	old_kernel "$nothing_mounted"
	export calls
	for calls in '' fsopen:ENOSYS; do
		for init in yes no; do
			note played
			atf_check -s exit:0 -o inline:'none\n' -e empty ./old_kernel "$nook" --rootfs root -m 64m \
			    --cgroup-parent /nook-$name --init=$init --volume /sys:/mnt -- /bin/sh -c '
			    cd /mnt/fs/cgroup/nook-'$name'/* 2>/dev/null || exec echo none
			    for file in memory.memsw.limit_in_bytes memory.limit_in_bytes memory.max; do
				[ ! -f $file ] || echo 1g >$file
			    done; cat memory.limit_in_bytes memory.max 2>/dev/null; exit 0'
			hit "$calls"
			note same
		done
	done
	host_as_noted
}

root_case fsopen__refused 'where they are forbidden, there is no start'
fsopen__refused_body()
{
	old_kernel "$nothing_mounted"
	for call in fsopen fsconfig fsmount; do
		refused $call:EPERM 'nook: cannot mount cgroup file system for memory: Operation not permitted
nook: hint: mounting needs root (CAP_SYS_ADMIN), in a user namespace also a /proc and /sys without masks\n' --rootfs root -m 64m
	done
	host_as_noted
}

# ---- new flags of old calls -------------------------------------------------------------------------------

root_case namespaces__refused 'clone does not know the flag of a namespace: no start with less'
namespaces__refused_body()
{
	old_kernel ''
	refused clone:EINVAL 'nook: cannot start in mnt pid ipc uts net namespaces: Invalid argument\n' --rootfs root -m 64m
	host_as_noted
}

root_case cgroup_namespace__refused 'a kernel before 4.6 has none: refused, and with allow-missing nothing but that is missing'
cgroup_namespace__refused_body()
{
	old_kernel ''
	refused unshare:EINVAL 'nook: cannot make a private cgroup namespace: this kernel has none
nook: hint: it needs Linux 4.6\n' --rootfs root -m 64m
	for init in yes no; do
		taken as-ever '' --rootfs root -m 64m --cgroupns host --init=$init
		taken disturbed unshare:EINVAL --rootfs root -m 64m --allow-missing cgroupns --init=$init
		atf_check -s exit:1 -o inline:'> said nook: warning: cgroupns is missing here, and the command line says to go on\n' \
		    -e empty sh -c 'diff as-ever disturbed | grep "^[<>]"; exit 1'
		note same
	done
	host_as_noted
}

root_case prctl__refused 'ambient capabilities (4.3) and no_new_privs (3.5): refused where they are not'
prctl__refused_body()
{
	old_kernel ''
	for pair in 'PR_CAP_AMBIENT:ambient capability 10' 'PR_SET_NO_NEW_PRIVS:no-new-privileges'; do
		for init in yes no; do
			calls=
			export calls
			atf_check -s exit:0 -o empty -e empty ./old_kernel "$nook" --rootfs root --user 1000 \
			    --cap-add net_bind_service --init=$init -- /bin/true
			grep 'prctl(' trace >nth.trace
			calls="prctl:EINVAL:when=$(nth_call "${pair%%:*}")"
			note played
			atf_check -s exit:125 -o empty -e inline:"nook: cannot set ${pair#*:}: Invalid argument\n" ./old_kernel "$nook" \
			    --rootfs root --user 1000 --cap-add net_bind_service --init=$init -- /bin/true
			hit "$calls"
			atf_check -s exit:0 -o match:"${pair%%:*}" -e empty grep INJECTED trace
			note refused
		done
	done
	host_as_noted
}

# ---- all at once --------------------------------------------------------------------------------------------

root_case all__at_once 'what 5.10, 5.4 and 4.14 lack, and a container whose filter answers EPERM'
all__at_once_body()
{
	old_kernel "$tree"
	own_root 'close_range:EINVAL mount_setattr:ENOSYS' 'clone3:E2BIG close_range:ENOSYS mount_setattr:ENOSYS openat2:ENOSYS' \
	    'clone3:ENOSYS close_range:ENOSYS mount_setattr:ENOSYS openat2:ENOSYS' \
	    'clone3:EPERM close_range:EPERM mount_setattr:ENOSYS openat2:EPERM'
	host_as_noted
}

root_case all__other_roots 'what 4.14 lacks, on a scratch root, on that of the host, and where nothing is mounted'
all__other_roots_body()
{
	old_kernel "$tree"
	scratch_root 'clone3:ENOSYS close_range:ENOSYS mount_setattr:ENOSYS'
	host_root 'clone3:ENOSYS close_range:ENOSYS mount_setattr:ENOSYS'
	host_as_noted
	limits='-m 64m --cpus 0.5'
	old_kernel "$nothing_mounted; $tree"
	own_root 'fsopen:ENOSYS close_range:ENOSYS mount_setattr:ENOSYS openat2:ENOSYS'
	host_as_noted
}

atf_init_test_cases()
{
	add_cases
}
