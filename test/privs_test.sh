#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# privs_test.sh - rights: capabilities, ids, rlimits, signals and descriptors; and how a command is found
# shellcheck shell=sh disable=SC2016,SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

clean_up()
{
	sweep none-by-name
}

exec_hint='nook: hint: it is not executable, or its file system is mounted noexec'
format_hint='nook: hint: neither a program for this machine nor a script with a #! line'

# the five sets as the workload has them, on one line each
sets='grep ^Cap /proc/self/status | tr "\t" " "'

# caps INH PRM EFF BND AMB NOOK-ARGUMENT...: these are the sets, in hexadecimal
caps()
{
	expected="CapInh: $1\nCapPrm: $2\nCapEff: $3\nCapBnd: $4\nCapAmb: $5\n"
	shift 5
	says "$expected" --rootfs root "$@" -- /bin/sh -c "$sets"
}

none=0000000000000000

# ---- capabilities -----------------------------------------------------------------------------------

root_case caps__none_by_default 'all five sets are empty, for root and for others, with and without the init'
caps__none_by_default_body()
{
	tiny_root root
	note_host root
	for init in yes no; do
		caps $none $none $none $none $none --init=$init
		caps $none $none $none $none $none --init=$init -u 1000
	done
	says 'refused\n' --rootfs root -- /bin/sh -c 'exec 2>/dev/null
	    for try in "mknod /tmp/n c 1 3" "chown 5 /tmp" "mount -t tmpfs none /mnt" "hostname x" "chroot / true" \
		"ip link set lo down" "setpriv --reuid 5 true" "nice -n -5 true" "ping -c 1 127.0.0.1"; do
		/bin/busybox $try >/dev/null 2>&1 && echo "$try"
	    done; echo refused'
	host_as_noted
}

root_case caps__added 'the ones that are named, in any spelling, are left, and nothing more'
caps__added_body()
{
	tiny_root root
	note_host root
	set=0000000000002001 # net_raw 13, chown 0
	for add in net_raw,chown NET_RAW,CAP_CHOWN cap_net_raw,Chown; do
		caps $none $set $set $set $none --cap-add "$add"
	done
	caps $none $set $set $set $none --cap-add net_raw --cap-add chown
	says '5:0\n' --rootfs root --cap-add chown -- /bin/sh -c '
	    true >/tmp/f; /bin/busybox chown 5 /tmp/f && /bin/busybox stat -c %u:%g /tmp/f; rm /tmp/f'
	rm -f root/tmp/f
	poll_until 10 no_process_of "$PWD"
	nothing_left
}

root_case caps__ambient 'for another user than root they are ambient, and survive execve'
caps__ambient_body()
{
	tiny_root root
	note_host root
	set=0000000000002401 # net_raw, net_bind_service, chown
	caps $set $set $set $set $set -u 1000 --cap-add net_raw,net_bind_service,chown
	caps $set $set $set $set $set -u 1000 --cap-add net_raw,net_bind_service,chown --init=no
	says '1000 5\n' --rootfs root -u 1000 --cap-add chown -- /bin/sh -c '
	    true >/tmp/g; /bin/busybox chown 5 /tmp/g; echo $(id -u) $(/bin/busybox stat -c %u /tmp/g)'
	rm -f root/tmp/g
	poll_until 10 no_process_of "$PWD"
	nothing_left
}

root_case caps__all 'all: what nook itself holds; less those of cap-drop'
caps__all_body()
{
	tiny_root root
	note_host root
	mine=$(sed -n 's/^CapPrm:.//p' /proc/self/status)
	caps $none "$mine" "$mine" "$mine" $none --cap-add all
	less=$(printf '%016x' $((0x$mine & ~0x200001)))
	caps $none "$less" "$less" "$less" $none --cap-add all --cap-drop sys_admin,chown
	caps $none "$less" "$less" "$less" $none --cap-drop CAP_SYS_ADMIN --cap-add ALL --cap-drop chown
	caps "$less" "$less" "$less" "$less" "$less" -u 1000 --cap-add all --cap-drop sys_admin,chown
	caps $none $none $none $none $none --cap-add net_raw --cap-drop all
	host_as_noted
}

root_case caps__not_held 'one that nook itself does not hold is refused, not left out; all goes without it'
caps__not_held_body()
{
	tiny_root root
	note_host root
	atf_check -s exit:125 -o empty -e inline:'nook: cannot keep capability net_raw: nook does not hold it here\n' \
	    setpriv --bounding-set -net_raw --inh-caps -net_raw "$nook" --rootfs root --cap-add net_raw -- true
	atf_check -s exit:0 -o match:'^CapEff:.*[0-9a-f]$' -e empty setpriv --bounding-set -net_raw --inh-caps -net_raw \
	    "$nook" --rootfs root --cap-add all -- cat /proc/self/status
	host_as_noted
}

root_case caps__of_the_caller 'inheritable and ambient ones of the caller do not come in'
caps__of_the_caller_body()
{
	tiny_root root
	note_host root
	atf_check -s exit:0 -o inline:"CapInh: $none\nCapPrm: $none\nCapEff: $none\nCapBnd: $none\nCapAmb: $none\n" -e empty \
	    setpriv --inh-caps +net_raw,+chown --ambient-caps +net_raw,+chown \
	    "$nook" --rootfs root -- /bin/sh -c "$sets"
	host_as_noted
}

root_case caps__securebits 'no secure bit is left that keeps capabilities'
caps__securebits_body()
{
	note_host
	cat >bits.py <<-'END'
		import ctypes
		print(ctypes.CDLL(None).prctl(27, 0, 0, 0, 0) & ~0o2, ctypes.CDLL(None).prctl(7, 0, 0, 0, 0))
	END
	says '0 0\n' -- python3 bits.py
	atf_check -s exit:0 -o inline:'0 0\n' -e empty "$nook" -u 1000 --cap-add net_raw -- python3 - <bits.py
	host_as_noted
}

root_case no_new_privs__set 'on, unless switched off, as the host sees it as well'
no_new_privs__set_body()
{
	tiny_root root
	note_host root
	for init in yes no; do
		says 'NoNewPrivs: 1\n' --rootfs root --init=$init -- /bin/sh -c 'grep NoNew /proc/self/status | tr "\t" " "'
		says 'NoNewPrivs: 0\n' --rootfs root --init=$init --no-new-privileges=no -- \
		    /bin/sh -c 'grep NoNew /proc/self/status | tr "\t" " "'
	done
	host_as_noted
}

# ---- users and groups -------------------------------------------------------------------------------

root_case user__seen_by_host 'the ids of every form of user, read from outside'
user__seen_by_host_body()
{
	tiny_root root
	mkdir shared
	note_host root
	for row in '0 0 0' '1000 1000 1000' 'user 1000 1000' '4242 4242 4242' '4242:7 4242 7' 'user:staff 1000 50' \
	    '1000:0 1000 0' '1:tty 1 5' '4294967294 4294967294 4294967294' 'root:user 0 1000'; do
		# shellcheck disable=SC2086 # three words
		set -- $row
		for init in yes no; do
			start --rootfs root -u "$1" --init=$init --group-add 77 --group-add staff -- \
			    /bin/sh -c 'echo up; exec sleep 300'
			is_up
			workload=$(child_of "$pid")
			[ $init = no ] || workload=$(child_of "$workload")
			atf_check -s exit:0 -o inline:"Uid: $2 $2 $2 $2\nGid: $3 $3 $3 $3\nGroups: 50 77\n" -e empty -x \
			    "grep -E '^(Uid|Gid|Groups)' /proc/$workload/status | sed 's/[[:blank:]]\{1,\}/ /g; s/ \$//'"
			atf_check -s exit:0 -o inline:"$none\n$none\n$none\n$none\n$none\n" -e empty \
			    sed -n 's/^Cap...:.//p' "/proc/$workload/status"
			kill -KILL "$workload"
			ended 137
		done
	done
	host_as_noted
}

root_case user__default 'without user it is root, with no groups, whatever those of the caller'
user__default_body()
{
	tiny_root root
	note_host root
	ids='sed -nE "s/[[:blank:]]+/ /g; s/ \$//; /^(Uid|Gid|Groups)/p" /proc/self/status'
	atf_check -s exit:0 -o inline:'Uid: 0 0 0 0\nGid: 0 0 0 0\nGroups:\n' -e empty \
	    setpriv --groups 4,5,6,1000 "$nook" --rootfs root -- /bin/sh -c "$ids"
	atf_check -s exit:0 -o inline:'Uid: 1000 1000 1000 1000\nGid: 1000 1000 1000 1000\nGroups: 5\n' -e empty \
	    setpriv --groups 4,5,6,1000 "$nook" --rootfs root -u user --group-add tty -- /bin/sh -c "$ids"
	atf_check -s exit:0 -o inline:'Uid: 0 0 0 0\nGid: 0 0 0 0\nGroups:\n' -e empty \
	    setpriv --groups 4,5,6,1000 --regid 50 "$nook" --rootfs root -- /bin/sh -c "$ids"
	host_as_noted
}

root_case user__cannot_go_back 'root cannot be had again'
user__cannot_go_back_body()
{
	tiny_root root
	note_host root
	says '1000\n' --rootfs root -u 1000 --no-new-privileges=no -- /bin/sh -c '
	    for to in "--reuid 0" "--regid 0" "--clear-groups"; do
		/bin/busybox setpriv $to true 2>/dev/null && echo "$to"
	    done
	    for try in "--reuid 0" "--regid 0"; do /bin/busybox su -c true root 2>/dev/null && echo su; done
	    id -u' 2>/dev/null
	host_as_noted
}

root_case user__by_the_roots_files 'names are looked up in the files of the root, not in those of the host'
user__by_the_roots_files_body()
{
	tiny_root root
	echo 'sshd:x:4711:4712::/:/bin/sh' >>root/etc/passwd
	echo 'only-here:x:4713:' >>root/etc/group
	note_host root
	says '4711:4712\n' --rootfs root -u sshd -- /bin/sh -c 'echo $(id -u):$(id -g)'
	says '4711:4713\n' --rootfs root -u sshd:only-here -- /bin/sh -c 'echo $(id -u):$(id -g)'
	host_as_noted
}

root_case user__unknown 'a name that is not there is refused by name'
user__unknown_body()
{
	tiny_root root
	note_host root
	fails 125 'nook: cannot use user daemon: it is not in /etc/passwd of the root\nnook: hint: give its number\n' \
	    --rootfs root -u daemon -- true
	fails 125 'nook: cannot use group daemon: it is not in /etc/group of the root\nnook: hint: give its number\n' \
	    --rootfs root -u user:daemon -- true
	fails 125 'nook: cannot use group daemon: it is not in /etc/group of the root\nnook: hint: give its number\n' \
	    --rootfs root --group-add daemon -- true
	rm root/etc/passwd
	fails 125 'nook: cannot use user user: it is not in /etc/passwd of the root\nnook: hint: give its number\n' \
	    --rootfs root -u user -- true
	says '1000\n' --rootfs root -u 1000 -- id -u
	poll_until 10 no_process_of "$PWD"
	nothing_left
}

root_case user__hostile_files 'lines that are cut, empty, or hold no number do not give root'
user__hostile_files_body()
{
	tiny_root root
	printf '%s\n' '' ':' '::::::' 'cut:x:0' 'word:x:zero:0::/:/bin/sh' 'minus:x:-1:0::/:/bin/sh' \
	    'last:x:4294967295:0::/:/bin/sh' 'wide:x:4294967296:0::/:/bin/sh' 'nogid:x:5:::/:/bin/sh' \
	    "$(printf '%02000d' 0):x:0:0::/:/bin/sh" 'good:x:12:13::/good:/bin/sh' >root/etc/passwd
	note_host root
	for user in word minus last wide nogid; do
		fails 125 "nook: cannot use user $user: the root's own file gives it no number\n" --rootfs root -u $user -- true
	done
	fails 125 'nook: cannot use user cut: it is not in /etc/passwd of the root\nnook: hint: give its number\n' \
	    --rootfs root -u cut -- true
	says 'Uid: 12 12\nGid: 13 13\n' --rootfs root -u good -- \
	    /bin/busybox sed -n 's/^\([UG]id:\)[[:blank:]]*\([0-9]*\)[[:blank:]]*\([0-9]*\).*/\1 \2 \3/p' /proc/self/status
	for user in 4294967295 4294967296 -1 1: ' 1' +1 0x10 1.5; do
		atf_check -s exit:125 -o empty -e match:'not a (user|group) \(want NAME or UID, and :GROUP or :GID\)$' \
		    "$nook" --rootfs root "--user=$user" -- true
	done
	host_as_noted
}

root_case user__long_lines 'a line counts whatever its length: a group of many members, a user of many words'
user__long_lines_body()
{
	tiny_root root
	echo "many:x:4711:$(seq -s, 1 1000)" >>root/etc/group
	echo "wordy:x:12:13:$(printf '%02000d' 0):/good:/bin/sh" >>root/etc/passwd
	for user in wordy 12; do
		says 'Uid: 12 12\nGid: 4711 4711\n' --rootfs root -u $user:many -- \
		    /bin/busybox sed -n 's/^\([UG]id:\)[[:blank:]]*\([0-9]*\)[[:blank:]]*\([0-9]*\).*/\1 \2 \3/p' /proc/self/status
		says '/good\n' --rootfs root -u $user -- /bin/sh -c 'echo $HOME'
	done
}

root_case home__of_the_user 'HOME is that of the user in the files of the root, / where there is none'
home__of_the_user_body()
{
	tiny_root root
	note_host root
	for row in '0 /root' 'user /home/user' '1000 /home/user' '1000:0 /home/user' '4242 /'; do
		atf_check -s exit:0 -o inline:"${row#* }\n" -e empty env HOME=/elsewhere \
		    "$nook" --rootfs root -u "${row% *}" -- /bin/sh -c 'echo $HOME'
	done
	atf_check -s exit:0 -o inline:'/root\n' -e empty env HOME=/elsewhere "$nook" --rootfs root -- /bin/sh -c 'echo $HOME'
	atf_check -s exit:0 -o inline:'/elsewhere\n' -e empty env HOME=/elsewhere "$nook" -- sh -c 'echo $HOME'
	atf_check -s exit:0 -o inline:'/asked\n' -e empty env HOME=/elsewhere \
	    "$nook" --rootfs root -u 1000 -e HOME=/asked -- /bin/sh -c 'echo $HOME'
	host_as_noted
}

# ---- rlimits, nice, scheduler, oom-score-adj --------------------------------------------------------

root_case ulimit__set 'each kind, soft and hard, as the kernel shows it'
ulimit__set_body()
{
	tiny_root root
	note_host root
	while IFS='|' read -r name label soft hard; do
		value=$soft:$hard
		[ "$soft" != "$hard" ] || value=$soft
		start --rootfs root --ulimit "$name=$value" -- cat /proc/self/limits
		ended 0
		atf_check -s exit:0 -o inline:"$soft $hard\n" -e empty sed -n "s/^$label  *\([^ ]*\)  *\([^ ]*\).*/\1 \2/p" out
	done <<-END
		cpu|Max cpu time|5|7
		fsize|Max file size|4096|8192
		data|Max data size|50000000|60000000
		stack|Max stack size|1000000|2000000
		core|Max core file size|0|0
		rss|Max resident set|1000000|2000000
		nproc|Max processes|50|60
		nofile|Max open files|20|30
		memlock|Max locked memory|4096|8192
		as|Max address space|50000000|60000000
		locks|Max file locks|5|6
		sigpending|Max pending signals|5|6
		msgqueue|Max msgqueue size|4096|8192
		nice|Max nice priority|0|0
		rtprio|Max realtime priority|0|0
		rttime|Max realtime timeout|100000|200000
	END
	host_as_noted
}

root_case ulimit__defaults 'no core, and no way to real time or a better nice value, whatever the caller has; the rest as it was'
ulimit__defaults_body()
{
	tiny_root root
	note_host root
	show='sed -n "s/^Max \(core file size\|nice priority\|realtime priority\|open files\)  *\([^ ]*\)  *\([^ ]*\).*/\1 \2 \3/p" /proc/self/limits'
	for init in yes no; do
		atf_check -s exit:0 -o inline:'core file size 1 1\nopen files 100 200\nnice priority 0 0\nrealtime priority 0 0\n' -e empty \
		    prlimit --core=1000000:2000000 --nofile=100:200 "$nook" --init=$init -- sh -c "$show"
	done
	atf_check -s exit:0 -o inline:'core file size 4096 8192\nopen files 100 200\nnice priority 0 0\nrealtime priority 0 0\n' -e empty \
	    prlimit --core=1000000:2000000 --nofile=100:200 "$nook" --ulimit core=4k:8k -- sh -c "$show"
	host_as_noted
}

root_case ulimit__bites 'nofile, fsize and cpu bite'
ulimit__bites_body()
{
	tiny_root root
	note_host
	says '8\n' --rootfs root --ulimit nofile=8 -- /bin/sh -c 'i=3
	    while ( eval "exec $i</dev/null" ) 2>/dev/null; do i=$((i + 1)); done; echo $i'
	atf_check -s exit:1 -o empty -e match:"cat: can't open '/etc/passwd': (No file descriptors available|Too many open files)" \
	    "$nook" --rootfs root --ulimit nofile=3 -- cat /etc/passwd
	atf_check -s exit:153 -o empty -e inline:'nook: killed by signal 25 (XFSZ)\n' \
	    "$nook" --rootfs root --ulimit fsize=4k -- /bin/busybox dd if=/dev/zero of=/tmp/file bs=8k count=2 status=none
	atf_check -s exit:0 -o inline:'4096\n' -e empty stat -c %s root/tmp/file
	rm root/tmp/file
	atf_check -s exit:152 -o empty -e inline:'nook: killed by signal 24 (XCPU)\n' timeout -k 1 60 \
	    "$nook" --rootfs root --ulimit cpu=1:3 -- /bin/sh -c 'while :; do :; done'
	host_as_noted
}

root_case ulimit__refused 'above the hard limit of nook, without the right to raise it'
ulimit__refused_body()
{
	tiny_root root
	note_host root
	atf_check -s exit:125 -o empty -e inline:'nook: cannot set ulimit nofile=600: Operation not permitted
nook: hint: that needs root, or a right that is not held here\n' \
	    setpriv --bounding-set -sys_resource --inh-caps -sys_resource sh -c 'ulimit -n 500; exec "$0" "$@"' \
	    "$nook" --rootfs root --ulimit nofile=600 -- true
	host_as_noted
}

root_case nice__set 'nice and oom-score-adj, read from inside'
nice__set_body()
{
	tiny_root root
	note_host root
	for nice in 0 5 19; do
		says "$nice\n" --rootfs root --nice $nice -- /bin/sh -c 'cut -d" " -f19 /proc/self/stat'
	done
	for adj in 1 300 1000; do
		says "$adj\n" --rootfs root --oom-score-adj $adj -- cat /proc/self/oom_score_adj
		says "$adj\n" --rootfs root --oom-score-adj $adj --init=no -u 1000 -- cat /proc/self/oom_score_adj
	done
	atf_check -s exit:0 -o file:/proc/self/oom_score_adj -e empty "$nook" --rootfs root -- cat /proc/self/oom_score_adj
	atf_check -s exit:125 -o empty -e inline:'nook: cannot set oom-score-adj to -1000: Permission denied
nook: hint: that needs root, or a right that is not held here
' setpriv --bounding-set -sys_resource --inh-caps -sys_resource "$nook" --rootfs root --oom-score-adj -1000 -- true
	host_as_noted
}

root_case scheduler__set 'batch and idle, and realtime where the kernel allows it, else refused by name'
scheduler__set_body()
{
	tiny_root root
	note_host root
	policy='echo $(cut -d" " -f41 /proc/self/stat) $(cut -d" " -f40 /proc/self/stat)'
	says '0 0\n' --rootfs root --scheduler other -- /bin/sh -c "$policy"
	says '3 0\n' --rootfs root --scheduler batch -- /bin/sh -c "$policy"
	says '5 0\n' --rootfs root --scheduler idle -- /bin/sh -c "$policy"
	for row in fifo:1=1 rr:7=2; do
		scheduler=${row%=*}
		if chrt "--${scheduler%:*}" 1 true 2>/dev/null; then
			says "${row#*=} ${scheduler#*:}\n" --rootfs root --scheduler "$scheduler" -- /bin/sh -c "$policy"
		else
			atf_check -s exit:125 -o empty -e match:"^nook: cannot set scheduler to $scheduler: " \
			    "$nook" --rootfs root --scheduler "$scheduler" -- true
		fi
	done
	atf_check -s exit:125 -o empty -e inline:'nook: cannot set scheduler to fifo:1: Operation not permitted
nook: hint: it needs root; under RT_GROUP_SCHED, no cpu limit, or cpu.rt_runtime_us there\n' \
	    setpriv --bounding-set -sys_nice --inh-caps -sys_nice "$nook" --rootfs root --scheduler fifo:1 -- true
	host_as_noted
}

# ---- what the caller leaves behind ------------------------------------------------------------------

root_case signals__reset 'signals that the caller ignored or blocked are neither inside'
signals__reset_body()
{
	tiny_root root
	note_host root
	cat >caller.py <<-'END'
		import os, signal, sys
		last = int(sys.argv[1])
		signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
		for number in range(1, last + 1):
		    try:
		        signal.signal(number, signal.SIG_IGN)
		    except (OSError, ValueError): # KILL, STOP, and those of the libc
		        pass
		os.execv(sys.argv[2], sys.argv[2:])
	END
	for last in 31 63 64; do
		for init in yes no; do
			atf_check -s exit:0 -o inline:"SigPnd: $none\nSigBlk: $none\nSigIgn: $none\nSigCgt: $none\n" -e empty \
			    timeout -k 1 5 python3 caller.py $last "$nook" --rootfs root --init=$init -- \
			    /bin/busybox sed -n 's/^\(Sig[PBIC][a-z]*:\)./\1 /p' /proc/self/status
		done
	done
	host_as_noted
}

root_case descriptors__closed 'no descriptor of the caller but the first three comes in'
descriptors__closed_body()
{
	tiny_root root
	note_host root
	for init in yes no; do
		says '0 1 2 3\n' --rootfs root --init=$init -- /bin/sh -c 'echo $(ls /proc/self/fd)' \
		    3</ 4<. 5>/dev/null 6</etc/passwd 9<root
	done
	cat >caller.py <<-'END'
		import os, resource, sys
		for fd in 3, 4, 77, 500, 900:
		    os.dup2(os.open("/", os.O_RDONLY), fd)
		    os.set_inheritable(fd, True)
		os.execv(sys.argv[1], sys.argv[1:])
	END
	atf_check -s exit:0 -o inline:'0 1 2 3\n' -e empty python3 caller.py "$nook" --rootfs root -- \
	    /bin/sh -c 'echo $(ls /proc/self/fd)'
	host_as_noted
}

root_case session__own 'the workload is in a session of its own, without a terminal'
session__own_body()
{
	tiny_root root
	note_host root
	for init in yes no; do
		says 'leader 0\n' --rootfs root --init=$init -- /bin/sh -c '
		    set -- $(cat /proc/$$/stat); [ $6 = $$ ] && [ $5 = $$ ] && echo leader $7'
	done
	host_as_noted
}

# ---- the command ------------------------------------------------------------------------------------

# programs: what can and what cannot be run, in root/x
programs()
{
	tiny_root root
	mkdir root/x root/x/directory
	printf '#!/bin/sh\necho script $0 $1\n' >root/x/script
	printf 'echo no interpreter\n' >root/x/plain
	: >root/x/empty
	printf '#!/no/such arg\n' >root/x/orphan
	printf '#!/x/plain\n' >root/x/nested
	printf '\177ELF and then nothing' >root/x/broken
	printf '#!/bin/sh\n' >root/x/locked
	ln -s loop root/x/loop
	ln -s nowhere root/x/dangling
	chmod 755 root/x/script root/x/plain root/x/empty root/x/orphan root/x/nested root/x/broken
	chmod 644 root/x/locked
	note_host root
}

root_case command__by_path 'what is not there is 127, what cannot be run 126, and nothing goes through a shell'
command__by_path_body()
{
	programs
	says 'script /x/script arg\n' --rootfs root -- /x/script arg
	fails 127 'nook: cannot run /x/nosuch: No such file or directory\n' --rootfs root -- /x/nosuch
	fails 127 'nook: cannot run /x/dangling: No such file or directory\n' --rootfs root -- /x/dangling
	fails 127 'nook: cannot run /x/script/x: Not a directory\n' --rootfs root -- /x/script/x
	fails 126 'nook: cannot run /x/directory: Is a directory\n' --rootfs root -- /x/directory
	fails 126 "nook: cannot run /x/locked: Permission denied\n$exec_hint\n" --rootfs root -- /x/locked
	fails 126 'nook: cannot run /x/loop: Too many levels of symbolic links\n' --rootfs root -- /x/loop
	for name in plain empty broken; do
		fails 126 "nook: cannot run /x/$name: Exec format error\n$format_hint\n" --rootfs root -- /x/$name
		fails 126 "nook: cannot run /x/$name: Exec format error\n$format_hint\n" --rootfs root --init=no -- /x/$name
	done
	host_as_noted
}

root_case command__missing_interpreter 'a script or a program whose interpreter is missing is told from one that is missing'
command__missing_interpreter_body()
{
	programs
	cp -L "$(command -v toybox)" root/x/dynamic
	for name in orphan dynamic; do
		loader=/no/such
		[ $name = orphan ] || loader=$(readelf -lW root/x/dynamic | sed -n 's/.*interpreter: \(.*\)]/\1/p')
		fails 127 "nook: cannot run /x/$name: its interpreter $loader is missing in this root\n" --rootfs root -- /x/$name
		fails 127 "nook: cannot run /x/$name: its interpreter $loader is missing in this root\n" \
		    --rootfs root -e PATH=/bin:/x -- $name
	done
	rm root/x/dynamic
	poll_until 10 no_process_of "$PWD"
	nothing_left
}

root_case command__in_path 'the first in PATH that can be run; what cannot is said when there is no other'
command__in_path_body()
{
	programs
	says 'script /x/script arg\n' --rootfs root -e PATH=/bin:/x -- script arg
	says 'script /x/script arg\n' --rootfs root -e PATH=/no/where:/bin:/x:/etc -- script arg
	says 'script /x/script arg\n' --rootfs root -e PATH=/a:/b:/c:/d:/e:/f:/g:/x -- script arg
	fails 127 'nook: cannot run nosuch: not found in PATH /bin:/x\n' --rootfs root -e PATH=/bin:/x -- nosuch
	fails 126 "nook: cannot run locked: Permission denied\n$exec_hint\n" --rootfs root -e PATH=/bin:/x -- locked
	fails 126 "nook: cannot run /x/plain: Exec format error\n$format_hint\n" --rootfs root -e PATH=/x:/bin -- plain
	mkdir root/y
	cp root/x/script root/y/locked
	chmod 755 root/y/locked
	says 'script /y/locked\n' --rootfs root -e PATH=/x:/y -- locked
	rm -r root/y
	poll_until 10 no_process_of "$PWD"
	nothing_left
}

root_case command__odd_paths 'entries of PATH that are empty, files, links in a loop or too long are passed over'
command__odd_paths_body()
{
	programs
	long=/$(head -c 4090 /dev/zero | tr '\0' x)
	for odd in '' /etc/passwd /etc/passwd/x /x/loop /no/such "/$(printf '%0300d' 0)" "$long"; do
		says 'script /x/script arg\n' --rootfs root -e "PATH=$odd:/x" -- script arg
	done
	fails 127 'nook: cannot run script: not found in PATH \n' --rootfs root -e PATH= -w /x -- script
	fails 127 'nook: cannot run script: not found in PATH ::\n' --rootfs root -e PATH=:: -w /x -- script
	host_as_noted
}

root_case command__path_of_the_caller 'PATH of the caller is not used, unless it is passed'
command__path_of_the_caller_body()
{
	programs
	atf_check -s exit:127 -o empty -e match:'^nook: cannot run script: not found in PATH /usr/local/sbin:.*:/bin$' \
	    env PATH=/x "$nook" --rootfs root -- script
	atf_check -s exit:0 -o inline:'script /x/script\n' -e empty env PATH=/x "$nook" --rootfs root -e PATH -- script
	host_as_noted
}

root_case command__relative 'a path with a slash is taken from the working directory inside'
command__relative_body()
{
	programs
	says 'script ./script\n' --rootfs root -w /x -- ./script
	says 'script x/script\n' --rootfs root -- x/script
	fails 127 'nook: cannot run ./script: No such file or directory\n' --rootfs root -- ./script
	mkdir here
	cp root/x/script here/script
	cd here || atf_fail 'no directory'
	says 'script ./script\n' -- ./script
	cd ..
	host_as_noted
}

root_case command__empty 'an empty name is no command'
command__empty_body()
{
	programs
	for init in yes no; do
		atf_check -s exit:127 -o empty -e match:'^nook: cannot run : ' "$nook" --rootfs root --init=$init -- ''
	done
	host_as_noted
}

root_case command__on_noexec 'on a noexec mount it is 126, and the hint names that'
command__on_noexec_body()
{
	programs
	fails 126 "nook: cannot run /mnt/true: Permission denied\n$exec_hint\n" \
	    --rootfs root -v "$PWD/root/bin:/mnt:noexec" -- /mnt/true
	fails 126 "nook: cannot run true: Permission denied\n$exec_hint\n" \
	    --rootfs root -v "$PWD/root/bin:/mnt:noexec" -e PATH=/mnt -- true
	host_as_noted
}

root_case command__as_the_user 'a command that the user may not reach is 126'
command__as_the_user_body()
{
	programs
	chmod 700 root/root
	cp root/x/script root/root/script
	note_host root
	fails 126 "nook: cannot run /root/script: Permission denied\n$exec_hint\n" --rootfs root -u 1000 -- /root/script
	says 'script /root/script\n' --rootfs root -- /root/script
	host_as_noted
}

root_case command__status 'statuses of its own that look like ours come without a word of ours'
command__status_body()
{
	programs
	for status in 0 1 42 124 125 126 127 128 137 255; do
		atf_check -s exit:$status -o empty -e empty "$nook" --rootfs root -- /bin/sh -c "exit $status"
	done
	host_as_noted
}

root_case command__arguments 'arguments arrive as they were given'
command__arguments_body()
{
	programs
	says 'a b||-x|--|
|*|' --rootfs root -- /bin/busybox printf '%s|' 'a b' '' -x -- '
' '*'
	says "--rootfs\n" --rootfs root -- /bin/busybox echo --rootfs
	host_as_noted
}

atf_init_test_cases()
{
	add_cases
}
