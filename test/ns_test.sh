#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# ns_test.sh - namespaces: private unless asked, what is set in them, and the init inside
# shellcheck shell=sh disable=SC2016,SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

clean_up()
{
	sweep none-by-name
}

# the namespaces of this process, one a line
ours()
{
	for ns in "$@"; do
		readlink "/proc/self/ns/$ns"
	done
}

# inside NAMESPACE NOOK-ARGUMENT...: the workload's, on standard output
inside()
{
	ns=$1
	shift
	"$nook" "$@" -- readlink "/proc/self/ns/$ns"
}

# ---- private and host -------------------------------------------------------------------------------

root_case private__by_default 'each namespace but user is another than that of the host, and another in every run'
private__by_default_body()
{
	note_host
	for ns in mnt pid ipc uts net cgroup; do
		first=$(inside $ns) || atf_fail "the first run failed"
		second=$(inside $ns --init=no) || atf_fail "the second run failed"
		case $first,$second in
		"$ns:["*"],$ns:["*"]") ;;
		*) atf_fail "no namespaces: $first, $second" ;;
		esac
		[ "$first" != "$(ours $ns)" ] || atf_fail "$ns is that of the host"
		[ "$second" != "$(ours $ns)" ] || atf_fail "$ns is that of the host with init=no"
	done
	atf_check -s exit:0 -o inline:"$(ours user)\n" -e empty "$nook" -- readlink /proc/self/ns/user
	host_as_noted
}

root_case host__when_asked 'each alone can be that of the host, the others stay private'
host__when_asked_body()
{
	note_host
	for pair in pid:pid ipc:ipc uts:uts net:network cgroup:cgroupns; do
		for init in yes no; do
			[ $pair$init != pid:pidno ] || continue # refused: init__wanted_in_host_pid
			atf_check -s exit:0 -o inline:"$(ours "${pair%:*}")\n" -e empty \
			    "$nook" "--${pair#*:}" host --init=$init -- readlink "/proc/self/ns/${pair%:*}"
			for other in mnt pid ipc uts net cgroup; do
				[ $other != "${pair%:*}" ] || continue
				got=$(inside $other "--${pair#*:}" host --init=$init) || atf_fail 'the run failed'
				[ "$got" != "$(ours $other)" ] || atf_fail "$other is open with $pair"
			done
		done
	done
	host_as_noted
}

root_case host__all 'all at once'
host__all_body()
{
	note_host
	atf_check -s exit:0 -o inline:"$(ours pid ipc uts net cgroup)\n" -e empty "$nook" --pid host --ipc host \
	    --uts host --network host --cgroupns host -- sh -c 'for ns in pid ipc uts net cgroup; do
	    readlink /proc/self/ns/$ns; done'
	host_as_noted
}

root_case cgroup__view 'a private cgroup namespace shows the group of the workload as the top'
cgroup__view_body()
{
	tiny_root root
	note_host
	says '' --rootfs root -m 64m -- /bin/sh -c 'grep -v ":/$" /proc/self/cgroup; exit 0'
	atf_check -s exit:0 -o match:'^[0-9]*:memory:.*/nook/' -e empty \
	    "$nook" --rootfs root -m 64m --cgroupns host -- cat /proc/self/cgroup
	host_as_noted
}

root_case ipc__separate 'System V segments and message queues of the host are not seen'
ipc__separate_body()
{
	note_host
	cat >segment.py <<-'END'
		import ctypes
		libc = ctypes.CDLL(None)
		print("segment" if libc.shmget(0x4e4f4f4b, 4096, 0o1600) >= 0 else "none")
	END
	says 'segment\nnone\n' -- sh -c 'python3 segment.py; sed -n 2p /proc/sysvipc/msg; ls -A /dev/shm
	    awk "NR > 1 { n++ } END { print n == 1 ? \"none\" : n }" /proc/sysvipc/shm'
	atf_check -s exit:1 -o empty -e empty grep ' 1313820491 ' /proc/sysvipc/shm
	host_as_noted
}

# ---- network ----------------------------------------------------------------------------------------

root_case network__loopback 'there is a loopback interface, it is up, and there is nothing else'
network__loopback_body()
{
	tiny_root root
	note_host
	says 'lo\n127.0.0.1/8\n::1/128\nheard\n' --rootfs root -- /bin/sh -c 'ls /sys/class/net
	    /bin/busybox ip addr show dev lo up | sed -n "s/^ *inet6* \([^ ]*\).*/\1/p"
	    mkfifo /tmp/open # input that does not end: the answer is waited for
	    exec 7<>/tmp/open
	    { echo heard | /bin/busybox nc -l -p 4000 >/dev/null; } &
	    tries=0
	    until /bin/busybox nc 127.0.0.1 4000 <&7 2>/dev/null || [ $((tries += 1)) = 200 ]; do
		/bin/busybox usleep 10000
	    done'
	host_as_noted
}

root_case network__no_way_out 'nothing but the loopback can be reached'
network__no_way_out_body()
{
	tiny_root root
	note_host
	says 'unreachable\n' --rootfs root -- /bin/sh -c '
	    /bin/busybox nc -w 5 192.0.2.1 80 2>&1 </dev/null | grep -o unreachable'
	host_as_noted
}

root_case network__host 'network = host is that of the host, its sockets included'
network__host_body()
{
	note_host
	cat >listen.py <<-'END'
		import socket, subprocess, sys
		s = socket.socket(socket.AF_UNIX)
		s.bind("\0nook-" + sys.argv[1])
		s.listen(4)
		for network in "host", "none":
		    print(network, subprocess.run([sys.argv[2], "--network", network, "--", "grep", "-c", "@nook-" + sys.argv[1],
		        "/proc/net/unix"], stdout=subprocess.PIPE, text=True).stdout.strip())
	END
	atf_check -s exit:0 -o inline:'host 1\nnone 0\n' -e empty python3 listen.py "$$" "$nook"
	host_as_noted
}

root_case network__path 'network = PATH joins that namespace, and leaves it as it is'
network__path_body()
{
	: >netns
	note_host
	in_mounts 'same\nsame\ndown\n' 'unshare --net="$PWD/netns" true
	    for init in yes no; do
		inside=$("$nook" --network "$PWD/netns" --init=$init -- readlink /proc/self/ns/net)
		[ "$inside" != "net:[$(stat -Lc %i netns)]" ] || echo same
	    done
	    "$nook" --network "$PWD/netns" -- ip link show lo | grep -q "state DOWN" && echo down'
	host_as_noted
}

# lacking NAME: makes a script of that name: nook on a kernel without that namespace, as far as one can be played
lacking()
{
	mkdir ns
	for file in mnt pid ipc uts net cgroup; do
		[ "$file" = "$1" ] || : >ns/$file
	done
	cat >played <<-END
	mount -t tmpfs none /mnt && cp -r ns /mnt && mount --bind /mnt/ns /proc/\$\$/ns || exit 9
	exec strace -D -qq -o trace -e trace=clone,clone3 -e inject=clone3:error=EINVAL -e inject=clone:error=EINVAL:when=1 "$nook" "\$@"
	END
	printf '#! /bin/sh\nexec unshare -m sh %s/played "$@"\n' "$PWD" >lacking
	chmod +x lacking
}

root_case missing__refused 'a kernel without one: refused by name, or what was excused is left out, and what needs it'
missing__refused_body()
{
	lacking uts
	atf_check -s exit:125 -o empty -e inline:'nook: cannot make a private uts namespace: this kernel has none
nook: hint: it needs CONFIG_UTS_NS\n' ./lacking -- echo ran
	atf_check -s exit:0 -o inline:"$(readlink /proc/self/ns/uts)\n" \
	    -e inline:'nook: warning: uts is missing here, and the command line says to go on\n' \
	    ./lacking --allow-missing uts -- readlink /proc/self/ns/uts
	for setting in '--hostname there' '--sysctl kernel.domainname=there'; do
		atf_check -s exit:125 -o empty -e match:'^nook: cannot make a private uts namespace: this kernel has none$' \
		    ./lacking --allow-missing uts $setting -- echo ran
		name=${setting%% *} name=${name#--}
		atf_check -s exit:0 -o inline:"$(uname -n)\n" -e match:"^nook: warning: $name is missing here" \
		    ./lacking --allow-missing uts,$name $setting -- uname -n
	done
	nothing_ours_left
}

root_case network__path_refused 'a path that is missing, or is no network namespace'
network__path_refused_body()
{
	: >file
	mkfifo fifo
	note_host file
	fails 125 "nook: cannot join network namespace $PWD/missing: No such file or directory
nook: hint: ip netns add makes one in /run/netns\n" --network "$PWD/missing" -- echo ran
	for path in "$PWD/file" "$PWD" /proc/self/ns/uts /proc/self/ns/mnt /dev/null; do
		fails 125 "nook: cannot join network namespace $path: Invalid argument
nook: hint: that is no network namespace; ip netns add makes one in /run/netns\n" --network "$path" -- echo ran
	done
	atf_check -s exit:125 -o empty -e match:"^nook: cannot join network namespace $PWD/fifo: " \
	    timeout -k 1 10 "$nook" --network "$PWD/fifo" -- echo ran
	host_as_noted
}

# ---- host name and sysctl ---------------------------------------------------------------------------

root_case hostname__set 'it is set inside, and not outside; without it that of the host stays'
hostname__set_body()
{
	tiny_root root
	note_host
	says 'web-1.example\n' --rootfs root --hostname web-1.example -- /bin/busybox uname -n
	says 'web-1.example\n' --rootfs root --hostname web-1.example -- cat /proc/sys/kernel/hostname
	atf_check -s exit:0 -o file:host.name -e empty "$nook" --rootfs root -- /bin/busybox uname -n
	says "$(printf '%064d' 7)\n" --hostname "$(printf '%064d' 7)" -- uname -n
	host_as_noted
}

root_case hostname__host_refused 'with the namespace of the host it is refused, by both names'
hostname__host_refused_body()
{
	note_host
	fails 125 'nook: --hostname=web: would change the host (want uts private)\n' \
	    --hostname web --uts host -- echo ran
	host_as_noted
}

root_case sysctl__set 'each of a private namespace is set inside, and not outside'
sysctl__set_body()
{
	tiny_root root
	note_host
	for sysctl in net.ipv4.ip_default_ttl=77 net.ipv4.ping_group_range='10	20' kernel.shmmax=1234567 \
	    kernel.shmmni=77 kernel.msgmax=7777 kernel.sem='32001	1024000001	501	32001' fs.mqueue.msg_max=17 \
	    kernel.domainname=example; do
		key=$(printf %s "${sysctl%%=*}" | tr . /)
		before=$(cat "/proc/sys/$key") || atf_fail "no $key"
		[ "$before" != "${sysctl#*=}" ] || atf_fail "$key has this value already"
		for init in yes no; do
			atf_check -s exit:0 -o inline:"${sysctl#*=}\n" -e empty \
			    "$nook" --rootfs root --init=$init --sysctl "$sysctl" -- cat "/proc/sys/$key"
		done
		atf_check -s exit:0 -o inline:"$before\n" -e empty cat "/proc/sys/$key"
	done
	says '1\n2\n' --rootfs root --sysctl kernel.shmmni=1 --sysctl kernel.shmmax=2 -- \
	    cat /proc/sys/kernel/shmmni /proc/sys/kernel/shmmax
	host_as_noted
}

root_case sysctl__in_joined_network 'a sysctl of a network that is joined is set there, not in the host'
sysctl__in_joined_network_body()
{
	: >netns
	note_host
	in_mounts '77\n77\nother\n' 'unshare --net="$PWD/netns" true
	    "$nook" --network "$PWD/netns" --sysctl net.ipv4.ip_default_ttl=77 -- cat /proc/sys/net/ipv4/ip_default_ttl
	    "$nook" --network "$PWD/netns" -- cat /proc/sys/net/ipv4/ip_default_ttl
	    [ "$(cat /proc/sys/net/ipv4/ip_default_ttl)" = 77 ] || echo other'
	host_as_noted
}

root_case sysctl__refused 'one that is not there, takes no such value, or belongs to the host'
sysctl__refused_body()
{
	note_host
	fails 125 'nook: cannot set sysctl net.nosuch=1: No such file or directory\n' --sysctl net.nosuch=1 -- echo ran
	fails 125 'nook: cannot set sysctl net.ipv4.ip_default_ttl=0: Invalid argument\n' \
	    --sysctl net.ipv4.ip_default_ttl=0 -- echo ran
	fails 125 'nook: cannot set sysctl net.ipv4.ip_default_ttl=much: Invalid argument\n' \
	    --sysctl net.ipv4.ip_default_ttl=much -- echo ran
	for pair in network:net.ipv4.ip_default_ttl=77 ipc:kernel.shmmax=7 uts:kernel.domainname=x; do
		fails 125 "nook: --sysctl=${pair#*:}: would change the host (want ${pair%:*} private)\n" \
		    --sysctl "${pair#*:}" "--${pair%:*}" host -- echo ran
	done
	for sysctl in kernel.core_pattern=x vm.swappiness=1 kernel.hostname=x fs.file-max=1; do
		fails 125 "nook: --sysctl=$sysctl: belongs to the whole machine, not to a namespace (want KEY=VALUE of net., kernel.shm, msg, sem, fs.mqueue)\n" \
		    --sysctl "$sysctl" -- echo ran
	done
	host_as_noted
}

# ---- processes: the init inside, /proc ----------------------------------------------------------------

root_case init__is_pid_1 'PID 1 inside is the init, and with init=no the workload'
init__is_pid_1_body()
{
	tiny_root root
	note_host
	says '2\nnook\n' --rootfs root -- /bin/sh -c 'echo $$; read -r name </proc/1/comm; echo $name'
	says '1\nsh\n' --rootfs root --init=no -- /bin/sh -c 'echo $$; read -r name </proc/1/comm; echo $name'
	host_as_noted
}

root_case supervisor__not_dumpable 'nobody looks into the supervisor, once the workload is started'
supervisor__not_dumpable_body()
{
	atf_check -s exit:0 -o empty -e empty strace -o trace -e trace=prctl "$nook" -- true
	atf_check -s exit:0 -o match:'^prctl\(PR_SET_DUMPABLE, .*\) *= 0$' -e empty cat trace
}

root_case init__confined 'the init has one capability at most, is not dumpable, and has nothing of the host open'
init__confined_body()
{
	tiny_root root
	note_host
	says 'CapInh: 0000000000000000\nCapPrm: 0000000000000020\nCapEff: 0000000000000020\nCapAmb: 0000000000000000\n' \
	    --rootfs root -- /bin/sh -c '# the init gives them up while the workload begins to run
	    caps() { grep -E "^Cap(Inh|Prm|Eff|Amb)" /proc/1/status | tr "\t" " "; }
	    tries=0
	    while caps | grep -qv "0000[02]0$" && [ $tries -lt 200 ]; do tries=$((tries + 1)); /bin/busybox usleep 10000; done
	    caps'
	says '' --rootfs root -- /bin/sh -c 'for link in exe cwd root fd/0 fd/3 ns/mnt; do
	    readlink /proc/1/$link; done; cat /proc/1/environ /proc/1/maps 2>/dev/null; exit 0'
	# the init closes them while the workload begins to run
	says '0 1 2 3\n' --rootfs root -- /bin/sh -c 'tries=0
	    until [ "$(echo $(ls /proc/1/fd))" = "0 1 2 3" ] || [ $tries = 200 ]; do
		tries=$((tries + 1)); /bin/busybox usleep 10000
	    done; echo $(ls /proc/1/fd)' 9</ 8</etc/passwd
	host_as_noted
}

root_case init__forgets 'the command line and the variables of the caller are not to be read from it'
init__forgets_body()
{
	tiny_root root
	note_host
	# shellcheck disable=SC2016 # the inner shell's
	look='tries=0
	    while grep -q secret /proc/1/cmdline /proc/1/environ && [ $tries -lt 200 ]; do
		tries=$((tries + 1)); /bin/busybox usleep 10000
	    done; grep -c nook /proc/1/cmdline; grep -c secret /proc/1/cmdline /proc/1/environ; exit 0'
	export SECRET=secret
	says '1\n/proc/1/cmdline:0\n/proc/1/environ:0\n' --rootfs root --workdir /../tmp --env X=secret --cap-add sys_ptrace -- /bin/sh -c "$look"
	host_as_noted
}

root_case init__never_open 'however slow the init is, the workload never gets at what it has open'
init__never_open_body()
{
	tiny_root root
	mkdir shared
	echo secret >marker
	note_host marker
	for row in capset=kill close_range=kill capset=kill,sys_ptrace close_range=all; do
		atf_check -s exit:0 -o inline:'over\n' -e ignore timeout -k 1 30 strace -f -o trace -qq \
		    -e trace=capset,close_range -e inject="${row%=*}:delay_enter=300000" \
		    "$nook" --rootfs root --cap-add "${row#*=}" -v "$PWD/shared:/mnt" -e "AT=$PWD/marker" -- /bin/sh -c 'exec 2>/dev/null; tries=0
		    while [ $tries -lt 30 ]; do
			for f in /proc/1/fd/* /proc/1/root /proc/1/cwd; do cat $f/$AT $f/../marker; done
			tries=$((tries + 1)); /bin/busybox usleep 20000
		    done; echo over' 9</
	done
	host_as_noted
}

root_case init__gate_opens 'the workload that waits for that is started also where the first close(2) of each process fails'
init__gate_opens_body()
{
	note_host
	for error in EIO EINTR; do
		atf_check -s exit:0 -o inline:'ran\n' -e empty timeout -k 1 30 strace -f -o trace -qq -e inject=close:error=$error:when=1 \
		    "$nook" --cap-add sys_ptrace -- echo ran
		atf_check -s exit:0 -o inline:'3\n' -e empty grep -c INJECTED trace
	done
	host_as_noted
}

root_case init__reaps_orphans 'five thousand orphans leave no zombie'
init__reaps_orphans_body()
{
	tiny_root root
	note_host
	atf_check -s exit:0 -o inline:'made\n0\n' -e empty timeout -k 1 60 "$nook" --rootfs root -- /bin/sh -c '
	    zombies() { cat /proc/[0-9]*/stat 2>/dev/null | grep -c "^[0-9]* ([^)]*) Z"; }
	    i=0
	    while [ $i -lt 5000 ]; do
		( ( exit 0 ) & )
		i=$((i + 1))
	    done
	    ( ( read -r last _ </proc/self/stat; [ $last -gt 5000 ] && echo made ) & wait )
	    tries=0
	    until [ "$(zombies)" = 0 ] || [ $tries = 300 ]; do
		tries=$((tries + 1))
		/bin/busybox usleep 10000
	    done
	    zombies; exit 0'
	host_as_noted
}

root_case init__reaps_in_host_pid 'so does it with the processes of the host in view, where it is not PID 1'
init__reaps_in_host_pid_body()
{
	note_host
	atf_check -s exit:0 -o inline:'reaped\n' -e empty timeout -k 1 60 "$nook" --pid host -- sh -c '
	    parent=$(cut -d" " -f4 /proc/$$/stat)
	    for i in 1 2 3 4 5 6 7 8 9 10; do ( ( exec sleep 0.05 ) & ); done
	    tries=0
	    until [ -z "$(pgrep -P $parent | grep -vx $$)" ] || [ $tries = 300 ]; do
		tries=$((tries + 1)); sleep 0.02
	    done
	    [ $tries -lt 300 ] && echo reaped'
	host_as_noted
}

root_case init__kill_itself 'a workload can end itself by a signal, and its status says so'
init__kill_itself_body()
{
	tiny_root root
	note_host
	fails 143 'nook: killed by signal 15 (TERM)\n' --rootfs root -- /bin/sh -c 'kill -TERM $$; exit 3'
	fails 137 'nook: killed by signal 9 (KILL)\n' --rootfs root -- /bin/sh -c 'kill -KILL $$; exit 3'
	fails 134 'nook: killed by signal 6 (ABRT)\n' --rootfs root --ulimit core=0 -- /bin/sh -c 'kill -ABRT $$; exit 3'
	fails 3 '' --rootfs root --init=no -- /bin/sh -c 'kill -TERM $$; exit 3'
	host_as_noted
}

root_case init__cannot_be_killed 'what the workload sends to PID 1, to its parent or to all does not end the init'
init__cannot_be_killed_body()
{
	tiny_root root
	note_host
	says 'alive\n' --rootfs root -- /bin/sh -c 'kill -9 1; kill -9 $PPID; kill -STOP 1; kill -STOP $PPID; echo alive'
	says 'alive\n' --rootfs root -u 1000 -- /bin/sh -c 'kill -9 1 2>/dev/null; kill -TERM $PPID 2>/dev/null; echo alive'
	host_as_noted
}

root_case init__takes_all_along 'what the workload leaves running ends with it'
init__takes_all_along_body()
{
	tiny_root root
	note_host
	for init in yes no; do
		says 'over\n' --rootfs root --init=$init -- /bin/sh -c '
		    for i in 1 2 3; do ( trap "" TERM HUP; exec setsid sleep 98765 ) & done; echo over'
		no_process 'sleep 98765'
	done
	host_as_noted
}

root_case init__takes_all_along_in_host_pid 'with the processes of the host in view as well'
init__takes_all_along_in_host_pid_body()
{
	note_host
	atf_check -s exit:0 -o inline:'over\n' -e empty timeout -k 1 20 "$nook" --pid host -- sh -c '
	    for i in 1 2 3; do ( trap "" TERM HUP; exec setsid sleep 98764 ) & done; echo over'
	no_process 'sleep 98764'
	host_as_noted
}

root_case init__wanted_in_host_pid 'without an init there it is refused: nothing would end what is left running'
init__wanted_in_host_pid_body()
{
	note_host
	fails 125 'nook: --init=no: nothing would end the tree if nook is killed (want pid private)\n' \
	    --pid host --init=no -- echo ran
	host_as_noted
}

root_case proc__only_inside '/proc shows the processes inside, and no others'
proc__only_inside_body()
{
	tiny_root root
	note_host
	says '1 2\n' --rootfs root -- /bin/sh -c 'cd /proc; echo [0-9]*'
	says '1\n' --rootfs root --init=no -- /bin/sh -c 'cd /proc; echo [0-9]*'
	says "seen\n" --rootfs root --pid host -- /bin/sh -c "[ -d /proc/$$ ] && echo seen"
	says 'gone\n' --rootfs root -- /bin/sh -c "kill -0 $$ 2>/dev/null || echo gone"
	host_as_noted
}

root_case proc__host_pid_keeps_out 'with the processes of the host in view, their roots, descriptors and memory are not'
proc__host_pid_keeps_out_body()
{
	tiny_root root
	echo secret >marker
	note_host marker
	tail -f marker >/dev/null </etc/passwd &
	tail=$!
	says '' --rootfs root --pid host -- /bin/sh -c "exec 2>/dev/null
	    cat /proc/$tail/root/$PWD/marker /proc/$tail/cwd/marker /proc/$tail/fd/0 /proc/$tail/environ
	    cat /proc/1/root/$PWD/marker /proc/$$/cwd/marker /proc/$$/fd/1; exit 0"
	kill "$tail"
	host_as_noted
}

atf_init_test_cases()
{
	add_cases
}
