#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# confine_test.sh - the walls: every way out is tried inside, and each is shown to be one where its wall is opened
#
# test/probe.c is what tries them. A caller that leaks all it can starts each run.
# shellcheck shell=sh disable=SC1091,SC2016,SC2034,SC2154,SC3045

. "$(atf_get_srcdir)/helpers.sh"

top=$(realpath "$(atf_get_srcdir)/..")

clean_up()
{
	end_started
	sweep none-by-name
}

. "$(atf_get_srcdir)/walls.sh"

# where nobody may type into a terminal any more (6.2), it takes more than to open the filter
[ "$(cat /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null)" != 0 ] || hindered='terminal-input terminal-input-high'

wrong()
{
	atf_fail "$1"
}

# probes: ./probe, a root and files for it, and what it is after
probes()
{
	atf_check -s exit:0 -o empty -e empty musl-gcc -Wall -Wextra -Werror -static -o probe "$top/test/probe.c"
	tiny_root root
	make_probes ./probe
	echo "$victim" >>started
	note_host
}

# done_with_them: for the end of each case
done_with_them()
{
	exec 8>&-
	ended 0 "$victim"
	host_as_noted
}

# ---- closed --------------------------------------------------------------------------------------------------------

root_case closed__rootfs 'on a root of its own nothing gets through, for root and others, with the init and without'
closed__rootfs_body()
{
	probes
	for init in yes no; do
		closed '' --rootfs root --init=$init
		closed '' --rootfs root --init=$init --user 1000
		closed '' --rootfs root --init=$init --read-only
	done
	closed '' --rootfs root --user 65534 --hidepid
	closed '' --rootfs root --userns private
	closed '' --rootfs root --userns private --init=no --user 1000
	# an ordinary user, who may not come to where it was built
	cp "$nook" nook
	chmod 755 .
	built=$(realpath "$nook")
	nook=$PWD/nook
	as='--reuid=12345 --regid=12345 --clear-groups'
	closed '' --rootfs root
	as=
	nook=$built
	closed '' --rootfs root -m 64m --pids-limit 50 --cpus 1
	closed '' --rootfs scratch -v "$PWD/root/bin:/bin" -v "$PWD/root/etc:/etc:ro" --tmpfs /tmp
	done_with_them
}

root_case closed__host_tree 'in the tree of the host its files are there, as is said, and nothing else gets through'
closed__host_tree_body()
{
	probes
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
	says 'core-dump closed\n' -- ./probe core-dump
}

# ---- opened --------------------------------------------------------------------------------------------------------

root_case opened__table 'every probe is in the table, and where nothing is in its way each gets through'
opened__table_body()
{
	probes
	for section in $sections; do
		"walls_of_$section" | sed 's/.*	//'
	done | tr ' ' '\n' | sed 's/?$//' | grep -vx -e none -e MANY | sort -u >known
	for name in $elsewhere capabilities capability-bounding; do
		echo "$name"
	done | sort -u - known >covered
	./probe list | sort >all
	atf_check -s exit:0 -o empty -e empty comm -23 all covered
	atf_check -s exit:0 -o empty -e empty comm -13 all known
	# what a kernel may be built without, or this machine's root not have, and how much of that is believed
	outside ./probe
	sort names | comm -23 - can | grep -vx terminal-of-caller >lacking
	cat lacking
	for name in sysrq kcore socket-by-number call-x32 call-i386 kexec modules ports oom-score raise-limit alg-socket vsock-socket accounting \
	    kernel-log-device perf page-faults interfaces timer-list firmware; do
		echo "$name"
	done | sort >may
	atf_check -s exit:0 -o empty -e empty comm -23 lacking may
	[ "$(wc -l <lacking)" -le 12 ] || atf_fail "too many that this machine lacks: $(tr '\n' ' ' <lacking)"
	done_with_them
}

for section in $sections; do
	root_case "opened__$section" "what opens a wall of $(echo "$section" | tr _ " ") opens that alone, and its probe gets through"
	eval "opened__${section}_body() { probes; outside ./probe; walls_of_$section | opened; done_with_them; }"
done

root_case opened__by_a_chroot 'where there is just a chroot instead, its probes get out, and signals stay ignored'
opened__by_a_chroot_body()
{
	probes
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
nook: hint: namespaces need root; that of users, sysctl kernel.unprivileged_userns_clone=1, no chroot, no container'"'"'s filter\n' --rootfs scratch -v /bin -- /bin/probe
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

# ---- what fails is not passed over: where others' workloads then ran with less ------------------------------------

# in_turn CALL FAULT NOOK-ARGUMENT...: each such call of each process fails once, a run each: no start, and a word of
# it, or a run that is as ever. What it says is $as_ever. STRACE: more options for strace; without -f, of nook
# alone. step: only each so many'th
in_turn()
{
	call=$1 fault=$2
	shift 2
	# shellcheck disable=SC2086
	${as_caller-} timeout -k 1 30 strace -qq -o trace -e signal=none -e trace=$call $STRACE "$nook" "$@" >out 2>err || :
	[ "$(cat out err)" = "$as_ever" ] || atf_fail "undisturbed it says: $(cat out err)"
	most=$(awk '/\(/ { if (++n[$1 ~ /^[0-9]/ ? $1 : 0] > most) most++ } END { print most + 0 }' trace)
	[ "$most" -gt 0 ] || atf_fail "no $call is made"
	for n in $(seq 1 "${step:-1}" "$most"); do
		status=0
		# shellcheck disable=SC2086
		${as_caller-} timeout -k 1 30 strace -qq -o trace -e signal=none -e trace=$call $STRACE -e inject="$call:$fault:when=$n" \
		    "$nook" "$@" >out 2>err || status=$?
		if [ $status = 125 ]; then
			[ ! -s out ] || atf_fail "$call $n: it ran all the same: $(cat out)"
			grep -q '^nook: ' err || atf_fail "$call $n: no word of it"
		elif [ $status != "${bites-}" ]; then
			[ "$(cat out err)" = "$as_ever" ] || atf_fail "$call $n: ended with $status, and says: $(cat out err)"
		fi
	done
}

shown='grep -E "^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):" /proc/self/status
	while read -r _ _ _ root at options _; do echo "$at ${options%%,relatime}"; done </proc/self/mountinfo'

# it_shows NOOK-ARGUMENT...: what an undisturbed run says of itself
it_shows()
{
	"$nook" "$@" -- /bin/sh -c "$shown" >expected 2>&1 || atf_fail "it says: $(cat expected)"
	as_ever=$(cat expected)
}

root_case fails__mount 'each mount in turn, on a kernel with mount_setattr and one without: no start'
fails__mount_body()
{
	tiny_root root
	mkdir shared
	note_host root
	set -- --rootfs root --read-only -v "$PWD/shared:/mnt:ro" -v "$PWD/shared:/home:noexec" --tmpfs /tmp --hidepid
	it_shows "$@"
	STRACE='-f -e inject=mount_setattr:error=ENOSYS' # then there are most
	in_turn mount error=EPERM "$@" -- /bin/sh -c "$shown"
	STRACE=-f
	for call in mount_setattr umount2 chdir fchdir pivot_root mkdirat mknodat; do
		in_turn $call error=EPERM "$@" -- /bin/sh -c "$shown"
	done
	host_as_noted
}

root_case fails__rights 'each step of giving up rights in turn: no start, or it is done all the same'
fails__rights_body()
{
	tiny_root root
	note_host root
	set -- --rootfs root --user 1000 --group-add 50 --cap-add net_bind_service
	it_shows "$@"
	STRACE=-f
	step=3 # most of them are the bounding set, one by one
	in_turn prctl error=EPERM "$@" -- /bin/sh -c "$shown"
	in_turn prctl error=EINVAL "$@" --init=no -- /bin/sh -c "$shown"
	step=1
	for call in capset setgroups setresuid setresgid setsid unshare; do
		[ $call != setsid ] || continue # EPERM where it leads a session already
		in_turn $call error=EPERM "$@" -- /bin/sh -c "$shown"
		in_turn "$call" error=EAGAIN "$@" --init=no -- /bin/sh -c "$shown"
	done
	host_as_noted
}

root_case fails__rights_pretended 'a kernel that says it has done so, and has not: the last look finds it'
fails__rights_pretended_body()
{
	tiny_root root
	note_host root
	set -- --rootfs root --user 1000 --group-add 50
	it_shows "$@"
	STRACE=-f as_caller='setpriv --groups 4,5'
	for call in prctl capset setgroups setresuid setresgid; do
		in_turn $call retval=0 "$@" --init=no -- /bin/sh -c "$shown"
	done
	host_as_noted
}

root_case fails__group 'a hierarchy or a file that cannot be looked at is not one that is not there: no start, or the limit bites'
fails__group_body()
{
	note_host
	as_ever='nook: killed by the memory limit of 32m, peak 32m'
	bites=137
	STRACE=
	for call in openat statfs faccessat mkdirat write; do
		in_turn $call error=EACCES -m 32m --init=no -- busybox dd if=/dev/zero of=/dev/null bs=64M count=1 status=none
	done
	host_as_noted
}

root_case fails__killed 'SIGKILL of the init at each mount, and of nook as it clones: no mount and no process is left'
fails__killed_body()
{
	tiny_root root
	mkdir shared
	note_host root
	set -- --rootfs root -v "$PWD/shared:/mnt" --tmpfs /tmp -- /bin/sleep 4711
	strace -f -qq -o trace -e trace=mount timeout -s KILL 1 "$nook" "$@" >out 2>err || :
	for n in $(seq "$(grep -c 'mount(' trace)"); do
		timeout -k 1 30 strace -f -qq -o trace -e trace=mount -e inject=mount:signal=KILL:when="$n" "$nook" "$@" >out 2>err || :
	done
	# with the init it is the one, without the other, into the group
	for pair in yes=clone no=clone3; do
		status=0
		timeout -k 1 10 strace -qq -o trace -e trace=clone,clone3 -e inject=${pair#*=}:signal=KILL:when=1 \
		    "$nook" -m 64m --init=${pair%=*} "$@" >out 2>err || status=$?
		[ $status = 137 ] || atf_fail "$pair: ended with $status: $(cat err)"
	done
	no_process '/bin/sleep 4711'
	"$nook" -m 64m -- true # sweeps the groups
	host_as_noted
}

atf_init_test_cases()
{
	add_cases
}
