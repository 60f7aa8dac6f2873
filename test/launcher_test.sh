#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# launcher_test.sh - all of it together: the three experiments, a daemon, the samples, and the binary itself
# shellcheck shell=sh disable=SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

clean_up()
{
	sweep launcher-
}

top=$(atf_get_srcdir)/..

# experiment STATUS NOTICE NOOK-ARGUMENT...: the hog says what it says; nook says NOTICE, or nothing
experiment()
{
	status=$1
	notice=$2
	shift 2
	atf_check -s exit:"$status" -o save:said -e "$notice" "$nook" --report report "$@"
	atf_check -s exit:0 -o inline:"status=$status\n" -e empty grep '^status=' report
	atf_check -s exit:0 -o match:'dispatching hogs: .* 1 vm' -e empty cat said
	nothing_ours_left
}

completed()
{
	atf_check -s exit:0 -o match:'successful run completed' -e empty cat said
}

# ---- the three experiments ------------------------------------------------------------------------

root_case experiments__options 'a hog of 1000m without a limit runs, under 500m is killed; one of 200m runs there'
experiments__options_body()
{
	atf_check -s exit:0 -o ignore -e empty "$top/rootfs/build" root stress
	experiment 0 empty --rootfs root -- stress --vm-bytes 1000m --vm-keep -m 1 -t 1s
	completed
	experiment 137 match:'^nook: killed by the memory limit of 500m, peak (499|500)m$' \
	    -m 500m --rootfs root -- stress --vm-bytes 1000m --vm-keep -m 1 -t 20s
	experiment 0 empty -m 500m --rootfs root -- stress --vm-bytes 200m --vm-keep -m 1 -t 1s
	completed
}

root_case experiments__run 'the same in the words of the tutorial, on the root of the host'
experiments__run_body()
{
	atf_check -s exit:0 -o match:'successful run completed' -e empty \
	    "$nook" run stress --vm-bytes 1000m --vm-keep -m 1 -t 1s
	atf_check -s exit:137 -o match:'dispatching hogs' \
	    -e match:'^nook: killed by the memory limit of 500m, peak (499|500)m$' \
	    "$nook" run -m 500m stress --vm-bytes 1000m --vm-keep -m 1 -t 20s
	atf_check -s exit:0 -o match:'successful run completed' -e empty \
	    "$nook" run -m 500m stress --vm-bytes 200m --vm-keep -m 1 -t 1s
	nothing_ours_left
}

root_case experiments__settings_file 'the same through config/demo.conf, whose limit the command line can lift'
experiments__settings_file_body()
{
	atf_check -s exit:0 -o ignore -e empty "$top/rootfs/build" root stress
	experiment 0 empty -f "$top/config/demo.conf" --rootfs root -m max -- \
	    stress --vm-bytes 1000m --vm-keep -m 1 -t 1s
	completed
	experiment 137 match:'^nook: killed by the memory limit of 500m, peak (499|500)m$' \
	    -f "$top/config/demo.conf" --rootfs root -- stress --vm-bytes 1000m --vm-keep -m 1 -t 20s
	# its own command, which is the third
	experiment 0 empty -f "$top/config/demo.conf" --rootfs root
	completed
	experiment 137 match:'^nook: killed by the memory limit of 100m, peak (99|100)m$' \
	    -f "$top/config/demo.conf" --rootfs root -m 100m
}

# ---- daemons --------------------------------------------------------------------------------------

# a_port: one that nobody listens on, in $port
a_port()
{
	port=$((20000 + $$ % 20000))
	while grep -qi ":$(printf %04x $port) " /proc/net/tcp; do
		port=$((port + 1))
	done
}

# serves: what start began answers a request with the page, and stops when it is told to
serves()
{
	poll_until 10 busybox wget -q -O page "http://127.0.0.1:$port/page.txt"
	atf_check -s exit:0 -o inline:'a page\n' -e empty cat page
	kill -TERM "$pid"
	ended "$1"
	atf_check -s exit:0 -o empty -e empty cat out
	nothing_ours_left
}

root_case daemon__busybox 'a web server of one file answers from a root of two volumes'
daemon__busybox_body()
{
	a_port
	mkdir www
	echo 'a page' >www/page.txt
	chmod 755 . www
	start --name launcher-httpd --rootfs scratch --read-only -v /bin/busybox:ro -v "$PWD/www:/www:ro,noexec" \
	    --network host -u 65534:65534 -m 16m --pids-limit 8 -- \
	    /bin/busybox httpd -f -p "127.0.0.1:$port" -h /www
	serves 143
	atf_check -s exit:0 -o empty -e empty cat err
}

root_case daemon__python 'one with libraries answers from the directories of the host that it needs'
daemon__python_body()
{
	command -v /usr/bin/python3 >/dev/null || atf_skip 'no /usr/bin/python3'
	a_port
	mkdir www
	echo 'a page' >www/page.txt
	chmod 755 . www
	libraries=
	for each in /lib /lib64; do
		[ ! -e $each ] || libraries="$libraries -v $each:ro"
	done
	# shellcheck disable=SC2086 # options
	start --rootfs scratch --read-only -v /usr/bin:ro -v /usr/lib:ro $libraries -v "$PWD/www:/www:ro" \
	    --network host -u 65534:65534 -m 64m --pids-limit 8 -w /www -- \
	    /usr/bin/python3 -m http.server --bind 127.0.0.1 "$port"
	serves 143
}

root_case daemon__sample 'config/httpd.conf does as it says, on a port of ours'
daemon__sample_body()
{
	a_port
	mkdir www
	echo 'a page' >www/page.txt
	chmod 755 . www
	sed -e "s|^volume = /srv/www:|volume = $PWD/www:/srv/www:|" -e 's/^name = .*/name = launcher-sample/' \
	    -e "s/ -p 80 / -p 127.0.0.1:$port /" "$top/config/httpd.conf" >httpd.conf
	start -f httpd.conf
	serves 143
	atf_check -s exit:0 -o empty -e empty cat err
}

# ---- the samples ----------------------------------------------------------------------------------

unprivileged_case samples__explained 'each of config/*.conf is understood; what is printed is a settings file again'
samples__explained_body()
{
	set -- "$top"/config/*.conf
	[ -e "$1" ] || atf_fail 'no samples'
	for sample; do
		atf_check -s exit:0 -o save:explained -o match:'^command = ' -e empty "$nook" explain -f "$sample"
		atf_check -s exit:0 -o match:'^command = ' -e empty "$nook" explain -f explained
	done
}

# ---- how it is started ----------------------------------------------------------------------------

root_case descriptors__closed 'started without any open descriptor, all still go where they belong'
descriptors__closed_body()
{
	# shellcheck disable=SC2016 # the inner shell's
	atf_check -s exit:3 -o empty -e empty sh -c 'exec "$1" -m 64m --pids-limit 8 --report report -- \
	    sh -c "echo out; echo err >&2; cat; exit 3" 0<&- 1>&- 2>&-' sh "$nook"
	atf_check -s exit:0 -o inline:'reason=exited\nstatus=3\n' -e empty grep -E '^(reason|status)=' report
	atf_check -s exit:1 -o empty -e empty grep -E '^(out|err)$' report
	nothing_ours_left
}

root_case started__from_anywhere 'by a relative path, through a link, from a directory that is gone'
started__from_anywhere_body()
{
	ln -s "$nook" link
	mkdir gone
	atf_check -s exit:0 -o inline:'ran\n' -e empty ./link -m 64m -- echo ran
	# shellcheck disable=SC2016 # the inner shell's
	atf_check -s exit:0 -o inline:'ran\n' -e empty \
	    sh -c 'cd gone && rmdir ../gone && exec "$1" -m 64m -- echo ran' sh "$(realpath "$nook")"
	nothing_ours_left
}

# ---- the binary -----------------------------------------------------------------------------------

unprivileged_case binary__kind 'static, position independent, stripped, in 92 KiB'
binary__kind_body()
{
	atf_check -s exit:0 -o match:'static-pie linked' -o match:'no section header' -e empty file "$nook"
	atf_check -s exit:0 -o not-match:INTERP -e empty readelf -lW "$nook"
	atf_check -s exit:0 -o not-match:NEEDED -e empty readelf -dW "$nook"
	at_most "$(stat -c %s "$nook")" 94208
}

unprivileged_case binary__hardened 'RELRO, BIND_NOW, no executable stack, nothing writable and executable, no TEXTREL'
binary__hardened_body()
{
	readelf -lW "$nook" >segments
	readelf -dW "$nook" >dynamic
	atf_check -s exit:0 -o match:'^ +GNU_RELRO ' -o match:'^ +GNU_STACK .* RW +0x' -e empty cat segments
	atf_check -s exit:1 -o empty -e empty grep -E ' (RWE|WE) ' segments
	# the two kinds of segment are there, so that the line above has looked at something
	atf_check -s exit:0 -o match:'^ +LOAD .* R E ' -o match:'^ +LOAD .* RW +0x' -e empty cat segments
	atf_check -s exit:0 -o match:'BIND_NOW' -o match:'Flags: NOW PIE' -o not-match:TEXTREL -e empty cat dynamic
}

unprivileged_case binary__stack_guard 'a function that finds its stack overflowed does not return'
binary__stack_guard_body()
{
	atf_check -s exit:0 -o inline:'SIGILL\n' -e empty "$(atf_get_srcdir)/smash" "$nook" --help
	atf_check -s exit:0 -o inline:'SIGILL\n' -e empty "$(atf_get_srcdir)/smash" "$nook" -m 64m -- true
}

root_case calls__no_op 'a run of nothing makes about 140 system calls in all, and for each signal and capability one or two'
calls__no_op_body()
{
	# no call takes more than one signal, or capability of the bounding set, as many as the kernel knows
	echo 'int main(void) { return 0; }' >noop.c
	atf_check -s exit:0 -o empty -e empty musl-gcc -static -o noop noop.c
	# the least of some runs, and a few more than on a quiet machine: some are for what has not happened yet
	for _ in 1 2 3 4 5 6; do
		atf_check -s exit:0 -o empty -e empty strace -f -o trace "$nook" ./noop
		grep -v -e resumed -e +++ -e --- -e PR_CAPBSET -e rt_sigaction trace | grep -c '(' >>counts
	done
	at_most "$(sort -n counts | head -n 1)" 147
	at_most "$(grep -c PR_CAPBSET trace)" 84
	at_most "$(grep -c rt_sigaction trace)" 63
	nothing_ours_left
}

# What a start costs, in what does not hang on the machine's speed: page faults and system calls of all its
# processes together, the least of some runs.
least_faults='
import os, sys
def run(how):
    pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
    return os.wait4(pid, 0)[2].ru_minflt
print(min(run(0) for _ in range(8)))'

root_case costs__page_faults 'a limited start with a root of its own touches few pages, an init inside some more'
costs__page_faults_body()
{
	echo 'int main(void) { return 0; }' >noop.c
	mkdir -p root/proc root/sys root/dev
	atf_check -s exit:0 -o empty -e empty musl-gcc -static -o root/noop noop.c
	set -- "$nook" -m 64m --pids-limit 20 --rootfs "$PWD/root"
	# a kernel that maps less around a fault has more of them: of 94 KiB of text, some three a process
	at_most "$(python3 -c "$least_faults" "$@" --init=no -- /noop)" 34
	at_most "$(python3 -c "$least_faults" "$@" -- /noop)" 46
	nothing_ours_left
}

# counted [MAKE]: the system calls of a start, when MAKE has been done
counted()
{
	strace -f -o trace bash -c "$1"' exec "$@"' bash "$nook" -m 64m ./noop || atf_fail 'it did not run'
	sed -n '/execve("[^"]*\/nook"/,$p' trace | grep -v -e resumed -e +++ -e --- | grep -c '('
}

root_case costs__of_the_host 'a thousand descriptors, variables, groups or mounts of the host cost no system call more'
costs__of_the_host_body()
{
	echo 'int main(void) { return 0; }' >noop.c
	atf_check -s exit:0 -o empty -e empty musl-gcc -static -o noop noop.c
	for _ in 1 2 3 4; do
		counted >>alone
	done
	least=$(sort -n alone | head -n 1)
	[ "$least" -gt 100 ] || atf_fail "it counts wrong: $least"
	fds='ulimit -n 2000; i=10; while [ $i -lt 1010 ]; do eval "exec $i</dev/null"; i=$((i + 1)); done;'
	variables='i=0; while [ $i -lt 1000 ]; do export "COSTS_$i=x"; i=$((i + 1)); done;'
	mounts='mkdir -p point; i=0; while [ $i -lt 1000 ]; do mount --bind point point || exit; i=$((i + 1)); done;'
	for make in "$fds" "$variables"; do
		rm -f many
		for _ in 1 2 3 4; do
			counted "$make" >>many
		done
		at_most "$(sort -n many | head -n 1)" "$least"
	done
	# apart, as the host is not to have them
	atf_check -s exit:0 -o ignore -e empty unshare -m sh -c "$mounts"' exec strace -f -o trace "$@"' sh "$nook" -m 64m ./noop
	at_most "$(grep -v -e resumed -e +++ -e --- trace | grep -c '(')" $((least + 2))
	nothing_ours_left
}

atf_init_test_cases()
{
	add_cases
}
