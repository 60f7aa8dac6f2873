# helpers.sh - what all test programs share; sourced by each *_test.sh
# shellcheck shell=sh disable=SC2034

nook=${NOOK:-$(atf_get_srcdir)/../nook}

# nothing_left: no group that no nook holds, and no mount of this case, is on the host
nothing_left()
{
	nothing_ours_left
}

# poll_until SECONDS COMMAND...: until it succeeds; fails the test when it never does
poll_until()
{
	end=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -le "$end" ] || atf_fail "never true: $*"
		sleep 0.02
	done
}

# start NOOK-ARGUMENT...: nook in the background, its output in the files out and err; sets pid
start()
{
	: >out # what is waited for must not be of the one before
	: >err
	"$nook" "$@" >out 2>err </dev/null &
	pid=$!
	echo "$pid" >>started
}

# end_started: for the cleanup of a case that has failed: what start began, and still runs
end_started()
{
	while read -r pid; do
		! grep -qx nook "/proc/$pid/comm" 2>/dev/null || kill -KILL "$pid"
	done <started
} 2>/dev/null

# is_over PID: it has ended, reaped or not
is_over()
{
	! grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null
}

# at_rest PID: a supervisor or an init has given back what it does not need to sleep
at_rest()
{
	[ "$(awk '/^Rss:/ { print $2 }' "/proc/$1/smaps_rollup")" -le 90 ]
}

# is_up: what start began has come so far as to say "up"
is_up()
{
	poll_until 10 up_or_over
	grep -qx up out || atf_fail "it did not come up; it said: $(tr '\n' ' ' <err)"
}

up_or_over()
{
	grep -qx up out || is_over "$pid"
}

# ended STATUS [PID]: what start began, or PID, ends by itself within 30 s, and with that status
ended()
{
	poll_until 30 is_over "${2:-$pid}"
	got=0
	wait "${2:-$pid}" || got=$?
	[ "$got" = "$1" ] || atf_fail "ended with $got, not with $1; it said: $(tr '\n' ' ' <err)"
}

# no_process COMMAND-LINE: nothing of exactly this command line runs within 10 s from now
no_process()
{
	poll_until 10 no_process_now "$1"
}

no_process_now()
{
	! pgrep -fx "$1"
}

# child_of PID: its one child, on standard output
child_of()
{
	pgrep -P "$1"
}

# figure KEY FILE: what a key=value report says of KEY; nothing when it says nothing
figure()
{
	sed -n "s/^$1=//p" "$2"
}

# at_least, at_most NUMBER NUMBER: decimals too; fails with a message when the first is not
at_least()
{
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 >= b + 0) }' || atf_fail "$1 is not at least $2"
}

at_most()
{
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 <= b + 0) }' || atf_fail "$1 is not at most $2"
}

# says TEXT NOOK-ARGUMENT...: the workload ends well, and this is all that is said
says()
{
	text=$1
	shift
	atf_check -s exit:0 -o inline:"$text" -e empty "$nook" "$@"
}

# fails STATUS MESSAGE NOOK-ARGUMENT...: it ends like this, with nothing on standard output
fails()
{
	status=$1
	message=$2
	shift 2
	atf_check -s exit:"$status" -o empty -e inline:"$message" "$nook" "$@"
}

# tiny_root DIR: a root of one static program, which is the shell and the tools
tiny_root()
{
	mkdir -p "$1/bin" "$1/etc" "$1/proc" "$1/sys" "$1/dev" "$1/tmp" "$1/root" "$1/mnt" "$1/home/user"
	chmod 1777 "$1/tmp"
	cp "$(command -v busybox)" "$1/bin/busybox"
	for applet in sh cat env id ls pwd sleep stty tail true tty; do
		ln -s busybox "$1/bin/$applet"
	done
	printf '%s\n' root:x:0:0:root:/root:/bin/sh user:x:1000:1000:user:/home/user:/bin/sh >"$1/etc/passwd"
	printf '%s\n' root:x:0: tty:x:5: user:x:1000: staff:x:50:user >"$1/etc/group"
}

# in_mounts TEXT SCRIPT: a shell runs it, with $nook, in a mount namespace of its own; this is all that is said
in_mounts()
{
	export nook
	atf_check -s exit:0 -o inline:"$1" -e empty unshare -m --propagation private sh -euc "$2"
}

# fingerprint PATH...: names, kinds, modes, owners, times and contents of all that is in there
fingerprint()
{
	find "$@" -printf '%p %y %m %U:%G %s %T@ %C@ %l\n' | sort
	find "$@" -type f -exec sha256sum {} + | sort
}

# note_host, host_as_noted: the mount table, the host name and DIR... are as they were; nothing is left
note_host()
{
	noted=$*
	sort /proc/self/mountinfo >host.mounts
	uname -n >host.name
	# shellcheck disable=SC2086 # a list of names without blanks
	[ -z "$noted" ] || fingerprint $noted >host.files
}

host_as_noted()
{
	sort /proc/self/mountinfo >now.mounts
	atf_check -s exit:0 -o empty -e empty diff host.mounts now.mounts
	atf_check -s exit:0 -o file:host.name -e empty uname -n
	# shellcheck disable=SC2086
	[ -z "$noted" ] || fingerprint $noted >now.files
	[ -z "$noted" ] || atf_check -s exit:0 -o empty -e empty diff host.files now.files
	poll_until 10 no_process_of "$PWD"
	nothing_left
}

no_process_of()
{
	! pgrep -f "$1"
}

# root_case NAME DESCRIPTION: a case that needs root. Its cleanup is the program's clean_up. The
# cases named so are all added by add_cases. In $longest are the seconds that each may take, where that is not the usual.
cases=
root_case()
{
	cases="$cases $1"
	atf_test_case "$1" cleanup
	eval "${1}_head() { atf_set descr '$2'; atf_set require.user root; ${longest:+atf_set timeout $longest;} }"
	eval "${1}_cleanup() { clean_up; }"
}

# unprivileged_case NAME DESCRIPTION: as root_case, for anybody
unprivileged_case()
{
	cases="$cases $1"
	atf_test_case "$1"
	eval "${1}_head() { atf_set descr '$2'; }"
}

# unpacked PATH: where it is, as its package has it: below build/debian of $top, or else on this host; sets found
unpacked()
{
	for found in "$top"/build/debian/*"$1" "$1"; do
		[ ! -e "$found" ] || return 0
	done
	atf_skip "no $1"
}

add_cases()
{
	for case in $cases; do
		atf_add_test_case "$case"
	done
}

# sweep PREFIX: the groups that a failed case has left, so that the others can still tell: those whose
# name begins so, and those of processes that are no more
sweep()
{
	for group in /sys/fs/cgroup/*/nook/"$1"*/ /sys/fs/cgroup/*/nook/[0-9]*/; do
		number=${group%/}
		number=${number##*/}
		number=${number%%-*}
		[ ! -d "$group" ] || [ -d "/proc/$number" ] || rmdir "$group" 2>/dev/null
	done
	rmdir /sys/fs/cgroup/*/nook 2>/dev/null # stays where it is in use
	return 0
}

# nothing_ours_left: as nothing_left, on a machine where others run nook at the same time. What a nook
# still holds by its lock is theirs; what is unlocked for a moment only is being made or removed.
nothing_ours_left()
{
	tries=0
	while groups_unheld >unheld; [ -s unheld ] && [ $tries -lt 40 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	atf_check -s exit:0 -o empty -e empty cat unheld
	atf_check -s exit:1 -o empty -e empty grep -F "$PWD" /proc/self/mountinfo
}

# groups_unheld: the groups without any group inside that no nook holds
groups_unheld()
{
	find /sys/fs/cgroup -type d -path '*/nook*' -exec stat -c '%i %n' {} + 2>/dev/null | while read -r inode group; do
		[ -d "$group" ] && [ -z "$(find "$group" -mindepth 1 -type d 2>/dev/null)" ] &&
			! grep -q ":$inode 0 EOF" /proc/locks && echo "$group"
	done
}
