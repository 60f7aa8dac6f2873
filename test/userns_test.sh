#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# userns_test.sh - user namespaces: of root's, where no id inside is one outside; and all of it by an ordinary user
#
# The ordinary user is 12345, whom no file of this machine knows.
# shellcheck shell=sh disable=SC2016,SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

clean_up()
{
	end_started
	sweep userns-
}

first=1879048192 # id 0, outside
none=0000000000000000
map_hint="nook: hint: in a user namespace there are 0 to 65535, an ordinary user's has one"
group_hint='nook: hint: root makes groups, others below one that is theirs: systemd-run --user --scope -p Delegate=yes nook ...'
right_hint='nook: hint: that needs root, or a right that is not held here'

# where_anybody_may: nook and the root of tests are where that user reaches them; own is his; ./user COMMAND is run
# by him
where_anybody_may()
{
	chmod 755 .
	printf '%s\n' '#!/bin/sh' 'exec setpriv --reuid 12345 --regid 12345 --clear-groups "$@"' >user
	chmod 755 user
	cp "$nook" nook
	nook=$PWD/nook
	tiny_root root
	mkdir own
	chown 12345:12345 own
	./user "$nook" --version >/dev/null 2>&1 || atf_skip 'an ordinary user cannot reach the directory of the tests'
}

# user_says, user_fails: as says and fails
user_says()
{
	text=$1
	shift
	atf_check -s exit:0 -o inline:"$text" -e empty ./user "$nook" "$@"
}

user_fails()
{
	status=$1 message=$2
	shift 2
	atf_check -s exit:"$status" -o empty -e inline:"$message" ./user "$nook" "$@"
}

# ids_are PID ID...: real, effective, saved, file system, of user and group; and the supplementary groups
ids_are()
{
	got=$(sed -nE 's/^(Uid|Gid|Groups):[[:blank:]]*//p' "/proc/$1/status" | tr -s '[:blank:]\n' ' ')
	shift
	[ "$got" = "$* " ] || atf_fail "its ids are $got"
}

# run COMMAND-LINE COMMAND...: in the background, until it says up; pid is its own, inside that of the workload
run()
{
	line=$1
	shift
	: >out
	"$@" >out 2>err </dev/null &
	pid=$!
	echo "$pid" >>started
	is_up
	poll_until 10 pgrep -fx "$line"
	inside=$(pgrep -fx "$line")
}

# owners.py PID: each namespace of it that belongs to another user namespace than its own is said
owners()
{
	cat >owners.py <<-'END'
		import fcntl, os, sys
		at = "/proc/%s/ns/" % sys.argv[1]
		user = os.stat(at + "user").st_ino
		assert user != os.stat("/proc/self/ns/user").st_ino
		for name in "mnt", "pid", "ipc", "uts", "net", "cgroup":
		    owner = fcntl.ioctl(os.open(at + name, os.O_RDONLY), 0xb701) # NS_GET_USERNS
		    if os.fstat(owner).st_ino != user:
		        print(name)
	END
}

# ---- root's -----------------------------------------------------------------------------------------------

root_case root__ids 'uid 0 inside is nobody outside, in its whole tree; each namespace belongs to that user namespace'
root__ids_body()
{
	where_anybody_may
	note_host root
	owners
	for init in yes no; do
		says '0 0 0\n' --userns private --init=$init --rootfs root -- \
		    /bin/sh -c 'echo $(/bin/busybox id -u) $(/bin/busybox id -g) $(/bin/busybox id -G)'
		run 'sleep 881' "$nook" --userns private --init=$init -- sh -c 'echo up; exec sleep 881'
		ids_are "$inside" $first $first $first $first $first $first $first $first
		grep -q "^Uid:.$first.$first.$first.$first$" "/proc/$(child_of "$pid")/status" || atf_fail 'the init is root'
		atf_check -s exit:0 -o empty -e empty python3 owners.py "$inside"
		kill -KILL "$inside"
		ended 137
	done
	host_as_noted
}

root_case root__no_rights 'no capability; neither files of root nor knobs of the kernel can be written'
root__no_rights_body()
{
	where_anybody_may
	echo secret >own/secret
	chmod 600 own/secret
	echo public >own/public
	note_host root own
	for init in yes no; do
		says "$none $none $none $none $none\n" --userns private --init=$init --rootfs root -- \
		    /bin/sh -c 'echo $(grep ^Cap /proc/self/status | /bin/busybox cut -f 2)'
		says 'public\nrefused\n' --userns private --init=$init -v "$PWD/own:/mnt" -- sh -c 'exec 2>/dev/null
		    cat /mnt/secret
		    cat /mnt/public
		    for try in /mnt/secret /mnt/public /mnt/new /etc/passwd /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do
			(echo x >$try) && echo "$try"
		    done
		    mknod /dev/shm/n c 1 3 && echo node
		    mount -t tmpfs none /mnt && echo mounted
		    kill -0 '$$' && echo signal
		    echo refused'
	done
	# with all there are, these are of the namespace alone
	says 'refused\n' --userns private --cap-add all --seccomp off -- sh -c 'exec 2>/dev/null
	    (echo x >/proc/sys/kernel/core_pattern) && echo knob
	    mount -o remount,rw /proc/sys && (echo x >/proc/sys/kernel/core_pattern) && echo knob
	    mknod /dev/shm/n c 1 3 && echo node
	    cat '"$PWD"'/own/secret
	    date -s 2000-01-01 >/dev/null && echo time
	    echo refused'
	host_as_noted
}

root_case root__devices 'the nodes of /dev are those of the host, they work, and there are no others'
root__devices_body()
{
	where_anybody_may
	note_host root
	for rootfs in '' '--rootfs root' '--rootfs scratch -v /bin -v /usr -v /lib:try -v /lib64:try'; do
		# shellcheck disable=SC2086 # words
		says 'full 1:7\nnull 1:3\nptmx 5:2\nrandom 1:8\ntty 5:0\nurandom 1:9\nzero 1:5\n4\nfull\n' --userns private $rootfs -- \
		    /bin/sh -c 'for node in /dev/*; do
			[ ! -c $node ] || case $node in /dev/std*) ;; *)
			    echo ${node#/dev/} $(/bin/busybox stat -L -c %t:%T $node)
			esac
		    done
		    echo x >/dev/null
		    /bin/busybox head -c 4 /dev/urandom | /bin/busybox wc -c
		    /bin/busybox dd if=/dev/zero of=/dev/full bs=4 count=1 2>/dev/null || echo full'
	done
	# a node in its place could be of anything
	in_mounts '' 'touch zero
	    mount --bind zero /dev/zero
	    got=0
	    "$nook" --userns private -- true 2>err || got=$?
	    [ $got = 125 ]
	    grep -qx "nook: cannot use /dev/zero: No such device" err'
	host_as_noted
}

root_case root__limits_bite 'limits hold the tree as they do without'
root__limits_bite_body()
{
	where_anybody_may
	note_host root
	for init in yes no; do
		atf_check -s exit:137 -o empty -e match:'^nook: killed by the memory limit of 16m, peak 16m$' \
		    "$nook" --userns private --init=$init --name userns-limit -m 16m -- \
		    dd if=/dev/zero of=/dev/null bs=64M count=1
		atf_check -s exit:0 -o match:'limited$' -e ignore "$nook" --userns private --init=$init --pids-limit 4 -- \
		    sh -c '(for i in 1 2 3 4 5 6; do sleep 0.2 & done) || echo limited'
	done
	host_as_noted
}

root_case root__users 'a user of the range, by number or by the name that the root has; none beyond it'
root__users_body()
{
	where_anybody_may
	note_host root
	for user in 1000 user 1000:1000; do
		run '/bin/busybox sleep 882' "$nook" --userns private --rootfs root -u $user --group-add 50 -- \
		    /bin/sh -c 'echo up; exec /bin/busybox sleep 882'
		id=$((first + 1000))
		ids_are "$inside" $id $id $id $id $id $id $id $id $((first + 50))
		kill -TERM "$pid"
		ended 143
	done
	says '65535\n' --userns private --rootfs root -u 65535 -- /bin/busybox id -u
	fails 125 "nook: cannot set the user to 65536: Invalid argument\n$map_hint\n" --userns private --rootfs root -u 65536:0 -- true
	fails 125 "nook: cannot set the group to 65536: Invalid argument\n$map_hint\n" --userns private --rootfs root -u 0:65536 -- true
	fails 125 "nook: cannot set the supplementary groups: Invalid argument\n$map_hint\n" \
	    --userns private --rootfs root --group-add 65536 -- true
	host_as_noted
}

root_case root__roots 'any kind of root, volumes, read-only, a terminal; what it makes is its own'
root__roots_body()
{
	where_anybody_may
	mkdir -m 700 closed
	cp -a root closed/root
	chmod 700 root/mnt
	note_host root closed
	for init in yes no; do
		for rootfs in root closed/root; do
			says 'no\nno\n0\nvolume\n' --userns private --init=$init --rootfs $rootfs -v "$PWD/own:/mnt" --tmpfs /tmp -- \
			    /bin/sh -c 'true 2>/dev/null >/x || echo no; true 2>/dev/null >/mnt/x || echo no
				true >/tmp/x; /bin/busybox stat -c %u /tmp/x; grep -q " /mnt " /proc/self/mountinfo && echo volume'
		done
		says '0\nno\nno\n' --userns private --init=$init --rootfs scratch --read-only -v /bin -v /usr -v /lib:try -v /lib64:try -- \
		    sh -c 'stat -c %u /; true 2>/dev/null >/x || echo no; true 2>/dev/null >/usr/x || echo no'
		says 'no\n0\n' --userns private --init=$init --read-only -- sh -c '
		    true 2>/dev/null >/tmp/x || echo no; true >/dev/shm/x; stat -c %u /dev/shm/x'
	done
	atf_check -s exit:0 -o match:'^/dev/pts/0 1000 5' -e empty script -qec \
	    "$nook --userns private -u 1000 -t -- sh -c 'echo \$(tty) \$(stat -c \"%u %g\" /dev/pts/0)'" /dev/null
	host_as_noted
}

root_case root__locked_mounts 'what the host has mounted keeps its flags, and can be made read-only; a root with mounts in it is refused'
root__locked_mounts_body()
{
	where_anybody_may
	note_host root
	in_mounts 'ro ro\nrw,nosuid,nodev,noexec,noatime\nro,nosuid,nodev,noexec,noatime\n' '
	    mount -t tmpfs -o nosuid,nodev,noexec,noatime tree own
	    mkdir own/below
	    mount -t tmpfs -o mode=755 below own/below
	    "$nook" --userns private -v "$PWD/own:/mnt:ro" -- sh -c "
		echo \$(sed -n \"s, /,,; s,.* /mnt\(/below\)* \(r[ow]\).*,\2,p\" /proc/self/mountinfo)"
	    for mode in rw ro; do
		"$nook" --userns private -v "$PWD/own:/mnt:$mode" -- sed -n "s,.* /mnt \([^ ]*\) .*,\1,p" /proc/self/mountinfo
	    done'
	in_mounts '' 'mount -t tmpfs below root/mnt
	    got=0
	    "$nook" --userns private --rootfs root -- true 2>err || got=$?
	    [ $got = 125 ]
	    grep -qx "nook: cannot change root to root: Invalid argument" err
	    grep -qx "nook: hint: .*what is mounted below it" err'
	host_as_noted
}

root_case root__refused 'what cannot go with it is said with all other mistakes; ids that are not there to be mapped'
root__refused_body()
{
	note_host
	fails 125 'nook: --pid=host: not in a user namespace
nook: --network=/run/netns/lan: not in a user namespace
' --userns private --pid host --network /run/netns/lan -- true
	atf_check -s exit:125 -o empty -e inline:"nook: cannot map 0 $first 65536 (uid_map): Operation not permitted
nook: hint: these ids must exist here: see /proc/self/uid_map
" unshare -Ur "$nook" --userns private -- true
	host_as_noted
}

root_case root__explained 'explain finds nothing in it that gives the host away'
root__explained_body()
{
	note_host
	atf_check -s exit:0 -o save:said -e empty "$nook" explain --cap-add all -- true
	atf_check -s exit:0 -o save:apart -e empty "$nook" explain --userns private --cap-add all -- true
	grep -q '^# beware: ' said || atf_fail 'nothing is said without'
	! grep -q '^# beware: ' apart || atf_fail "it is said: $(grep '^# beware: ' apart)"
	grep -q 'clone: .* user namespaces' apart || atf_fail 'no user namespace'
	host_as_noted
}

root_case root__host_network 'with the network of the host, its /sys is there read-only; none in a root'
root__host_network_body()
{
	where_anybody_may
	note_host root
	for init in yes no; do
		atf_check -s exit:0 -o inline:'lo\nro\n' -e empty "$nook" --userns private --init=$init --network host -- sh -c '
		    ls /sys/class/net | grep -x lo; sed -n "s,.* /sys[^ ]* \(r[ow]\)[, ].*,\1,p" /proc/self/mountinfo | sort -u'
		says '' --userns private --init=$init --network host --rootfs root -- ls /sys
	done
	host_as_noted
}

root_case root__killed 'SIGKILL of nook, before it lets the process inside go on and later, leaves nothing'
root__killed_body()
{
	where_anybody_may
	note_host root
	for init in yes no; do
		start --userns private --init=$init --name userns-killed -m 64m -- sh -c 'echo up; exec sleep 883'
		is_up
		kill -KILL "$pid"
		no_process 'sleep 883'
		# at each of its writes: the maps, and the word to go on
		for n in 1 2 3; do
			atf_check -s signal:kill -o ignore -e ignore strace -qq -o /dev/null \
			    -e inject=write:signal=SIGKILL:when=$n "$nook" --userns private --init=$init -- sleep 887
			no_process 'sleep 887'
		done
		says '' --userns private --init=$init --name userns-killed -m 64m -- true
	done
	host_as_noted
}

# ---- an ordinary user ------------------------------------------------------------------------------------

root_case user__runs 'without root: in namespaces of its own, as uid 0 that is the user outside, without rights'
user__runs_body()
{
	where_anybody_may
	note_host root
	owners
	for init in yes no; do
		user_says '0 0\n' --init=$init -- sh -c 'echo $(id -u) $(id -g)'
		user_says "$none $none $none $none $none\n" --init=$init --rootfs root -- \
		    /bin/sh -c 'echo $(grep ^Cap /proc/self/status | /bin/busybox cut -f 2)'
		run 'sleep 884' ./user "$nook" --init=$init -- sh -c 'echo up; exec sleep 884'
		ids_are "$inside" 12345 12345 12345 12345 12345 12345 12345 12345
		atf_check -s exit:0 -o empty -e empty python3 owners.py "$inside"
		atf_check -s exit:0 -o inline:'deny\n' -e empty cat "/proc/$inside/setgroups"
		kill -KILL "$inside"
		ended 137
	done
	host_as_noted
}

root_case user__statuses 'the statuses are the same as for root'
user__statuses_body()
{
	where_anybody_may
	note_host root
	user_fails 143 'nook: killed by signal 15 (TERM)\n' -- sh -c 'kill -TERM $$'
	for init in yes no; do
		for status in 0 1 42 124 125 255; do
			user_fails $status '' --init=$init -- sh -c "exit $status"
		done
		user_fails 127 'nook: cannot run /nonesuch: No such file or directory\n' --init=$init -- /nonesuch
		user_fails 126 'nook: cannot run /etc/passwd: Permission denied
nook: hint: it is not executable, or its file system is mounted noexec\n' --init=$init -- /etc/passwd
		user_fails 124 'nook: ended by the timeout of 200 ms\n' --init=$init --timeout 200ms -- sleep 888
	done
	host_as_noted
}

root_case user__roots 'a root, a scratch root, read-only, volumes, a terminal'
user__roots_body()
{
	where_anybody_may
	note_host root
	for init in yes no; do
		user_says 'no\n0 12345\n' --init=$init --rootfs root -v "$PWD/own:/mnt" -- /bin/sh -c '
		    true 2>/dev/null >/x || echo no; true >/mnt/x; echo $(/bin/busybox stat -c %u /mnt/x) 12345'
		atf_check -s exit:0 -o inline:'12345\n' -e empty stat -c %u own/x
		rm own/x
		user_says '0\nno\n' --init=$init --rootfs scratch --read-only -v /bin -v /usr -v /lib:try -v /lib64:try -- \
		    sh -c 'stat -c %u /; true 2>/dev/null >/x || echo no'
		user_says 'no\nyes\n' --init=$init --read-only -v "$PWD/own" -- sh -c "
		    true 2>/dev/null >/tmp/x || echo no; true 2>/dev/null >/dev/shm/x && echo yes"
	done
	atf_check -s exit:0 -o match:'^/dev/pts/0' -e empty ./user script -qec "$nook -t -- tty" /dev/null
	host_as_noted
}

root_case user__read_only 'also what is mounted where he cannot reach it is read-only, on the volumes it has no effect'
user__read_only_body()
{
	where_anybody_may
	note_host root
	in_mounts 'ro\nno\nyes\n' 'mkdir closed closed/below
	    mount -t tmpfs below closed/below
	    chmod 700 closed
	    ./user "$nook" --read-only -v "$PWD/own" -- sh -c "
		sed -n \"s,.* $PWD/closed/below \(r[ow]\).*,\1,p\" /proc/self/mountinfo
		for at in /tmp $PWD/own; do
		    if (true >\$at/x) 2>/dev/null; then echo yes; else echo no; fi
		done"'
	rm -rf closed own/x
	host_as_noted
}

root_case user__user 'the one id inside is that of user, by number or by the name that the root has'
user__user_body()
{
	where_anybody_may
	note_host root
	for user in 1000 user 1000:1000; do
		user_says '1000 1000\n' --rootfs root -u $user -- /bin/sh -c 'echo $(/bin/busybox id -u) $(/bin/busybox id -g)'
	done
	user_says '70000 50\n' --rootfs root -u 70000:staff -- /bin/sh -c 'echo $(/bin/busybox id -u) $(/bin/busybox id -g)'
	user_fails 125 'nook: cannot use user nobody: it is not in /etc/passwd of the root\nnook: hint: give its number\n' \
	    --rootfs root -u nobody -- true
	host_as_noted
}

root_case user__refused 'what needs root is refused, each with what is in the way'
user__refused_body()
{
	where_anybody_may
	note_host root
	user_fails 125 'nook: --userns=host: needs root\nnook: --group-add=50: needs root\nnook: --group-add=tty: needs root\n' \
	    --userns host --group-add 50,tty -- true
	user_fails 125 'nook: --pid=host: not in a user namespace\n' --pid host -- true
	user_fails 125 'nook: --network=/run/netns/lan: not in a user namespace\n' --network /run/netns/lan -- true
	user_fails 125 "nook: cannot set ulimit nofile=1048577: Operation not permitted\n$right_hint\n" --ulimit nofile=1048577 -- true
	user_fails 125 "nook: cannot set nice to -5: Permission denied\n$right_hint\n" --nice -5 -- true
	user_fails 125 "nook: cannot set oom-score-adj to -5: Permission denied\n$right_hint\n" --oom-score-adj -5 -- true
	user_fails 125 'nook: cannot set scheduler to fifo:1: Operation not permitted
nook: hint: it needs root; under RT_GROUP_SCHED, no cpu limit, or cpu.rt_runtime_us there\n' --scheduler fifo:1 -- true
	mkdir -m 700 closed
	user_fails 125 'nook: cannot read /etc/passwd inside the root: Permission denied\n' --rootfs closed/root -- true
	for init in yes no; do
		user_says '400 7\n' --init=$init --oom-score-adj 400 --nice 7 -- sh -c 'echo $(cat /proc/self/oom_score_adj) $(nice)'
	done
	cp "$nook" setuid
	chmod 4755 setuid
	atf_check -s exit:125 -o empty -e inline:'nook: nook does not run setuid\n' ./user ./setuid -- true
	host_as_noted
}

root_case user__no_group 'without a delegated group: limits are refused with what to do; a run without, and a report, are not'
user__no_group_body()
{
	where_anybody_may
	note_host root
	for limit in '-m 64m' '--pids-limit 8' '--name userns-name' '--cpu-time 1s'; do
		# shellcheck disable=SC2086 # words
		atf_check -s exit:125 -o empty -e match:'^nook: cannot make group /nook/[^ ]*: Permission denied$' \
		    -e match:"^$group_hint$" ./user "$nook" $limit -- echo ran
	done
	atf_check -s exit:3 -o match:'^status=3$' -o not-match:'^memory' -e empty ./user "$nook" --report fd:1 -- sh -c 'exit 3'
	atf_check -s exit:1 -o match:"^missing  a group of the caller's: needs systemd-run" -e empty ./user "$nook" check -m 64m
	atf_check -s exit:0 -o match:'^ok       user namespaces$' -e empty ./user "$nook" check
	atf_check -s exit:0 -o match:'clone: .* user namespaces' -e empty ./user "$nook" explain -- true
	host_as_noted
}

root_case user__killed 'SIGKILL of nook leaves nothing of it'
user__killed_body()
{
	where_anybody_may
	note_host root
	for init in yes no; do
		run 'sleep 885' ./user "$nook" --init=$init -- sh -c 'sleep 886 & echo up; exec sleep 885'
		kill -KILL $pid
		no_process 'sleep 885'
		no_process 'sleep 886'
	done
	host_as_noted
}

# ---- in other sandboxes, and faults -----------------------------------------------------------------------

root_case nested__in_force_or_refused 'in a user namespace already: in force, or refused with one line'
nested__in_force_or_refused_body()
{
	where_anybody_may
	note_host root
	# another user there, with ids of its own
	atf_check -s exit:0 -o inline:'0\n' -e empty ./user unshare -U --map-user 4000 --map-group 4000 "$nook" -- id -u
	# its root: no node can be made, nor bound, as nook takes it for root
	atf_check -s exit:125 -o empty -e match:'^nook: cannot mount devpts on /dev/pts: Invalid argument$' \
	    -e match:'^nook: hint: ' unshare -Ur "$nook" -- true
	# inside nook: its filter, and without that its mounts over /proc
	atf_check -s exit:125 -o empty -e match:'^nook: cannot start in .*user namespaces: Operation not permitted$' \
	    -e match:'^nook: hint: namespaces need root; that of users, ' ./user "$nook" -u 1000 -- "$nook" -- true
	atf_check -s exit:125 -o empty -e match:'^nook: cannot mount proc on /proc: Operation not permitted$' \
	    -e match:'^nook: hint: .*without masks$' ./user "$nook" -u 1000 --seccomp off -- "$nook" -- true
	host_as_noted
}

atf_init_test_cases()
{
	add_cases
}
