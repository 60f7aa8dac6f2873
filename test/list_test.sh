#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# list_test.sh - list, stats and stop: what runs here, how much it uses, and the end of it
# shellcheck shell=sh disable=SC2016,SC2034,SC2094,SC2154

. "$(atf_get_srcdir)/helpers.sh"

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

clean_up()
{
	end_started
	[ ! -s alien ] || kill "$(cat alien)"
	rmdir /sys/fs/cgroup/*/nook/list-left/inner /sys/fs/cgroup/*/nook-list-parent/list-other /sys/fs/cgroup/*/nook-list-parent 2>/dev/null
	sweep list-
}

# runs NAME OPTION...: in the background, until it is stopped; sets pid
runs()
{
	start --name "$@" -- sh -c 'echo up; exec sleep 331'
	is_up
}

# stop: what start began, or PID, ends by SIGTERM
stop()
{
	kill -TERM "${1:-$pid}"
	ended 143 "${1:-$pid}"
}

# listed NAME: it has a line in the list, which goes to the file line, blanks as one
listed()
{
	"$nook" list | tr -s ' ' | grep "^$1 " >line
}

# not_listed NAME
not_listed()
{
	! listed "$1" || atf_fail "$1 is listed: $(cat line)"
}

# of_json FILTER NAME: what jq(1) makes of its object; in_json TEXT FILTER NAME: it is that
of_json()
{
	"$nook" list --format json | jq -r --arg name "$2" ".[] | select(.name == \$name) | $1"
}

in_json()
{
	of_json "$2" "$3" >of_json
	atf_check -s exit:0 -o inline:"$1\n" -e empty cat of_json
}

title='NAME                PID      MEMORY   PEAK     LIMIT    PIDS  LIMIT    CPU-MS'

# ---- list -------------------------------------------------------------------------------------------

root_case list__table 'a line a run: its name, the pid of its nook, what it uses and may use'
list__table_body()
{
	runs list-table -m 64m --pids-limit 16 --cpu-time 1h
	atf_check -s exit:0 -o inline:"$title\n" -e empty -x '"'"$nook"'" list | sed -n 1p'
	poll_until 10 listed list-table
	atf_check -s exit:0 -o match:"^list-table $pid [0-9]+[bkm]? [0-9]+[bkm]? 64m 1 16 [0-9]+ ?\$" -e empty cat line
	# each column begins where its title does
	atf_check -s exit:0 -o match:"^list-table          $pid +[0-9]" -e empty "$nook" list
	stop
	not_listed list-table
	nothing_ours_left
}

root_case list__json 'the same as JSON, numbers as numbers, what is unknown left out'
list__json_body()
{
	runs list-json -m 64m --pids-limit 16 --cpu-time 1h
	atf_check -s exit:0 -o inline:'array\n' -e empty -x '"'"$nook"'" list --format json | jq -r type'
	in_json 'name,pid,memory,memory-peak,memory-limit,pids,pids-limit,cpu-milliseconds' 'keys_unsorted | join(",")' list-json
	in_json "$pid 67108864 1 16 number" \
	    '"\(.pid) \(.["memory-limit"]) \(.pids) \(.["pids-limit"]) \(.memory | type)"' list-json
	at_least "$(of_json '.["memory-peak"]' list-json)" "$(of_json .memory list-json)"
	stop
	runs list-json
	in_json "$pid null" '"\(.pid) \(.["memory-limit"])"' list-json
	stop
	nothing_ours_left
}

root_case list__none 'where nothing runs: the title alone, or an empty array'
list__none_body()
{
	for parent in /nook-list-none /nook-list-none/x/y; do
		atf_check -s exit:0 -o inline:"$title\n" -e empty "$nook" list --cgroup-parent $parent
		atf_check -s exit:0 -o inline:'[]\n' -e empty "$nook" list --cgroup-parent $parent --format json
	done
	nothing_ours_left
}

root_case list__several 'all of them, each once, whatever hierarchies they are in'
list__several_body()
{
	runs list-a -m 64m
	a=$pid
	runs list-b --pids-limit 16
	b=$pid
	runs list-c
	c=$pid
	runs list-d -m 64m --pids-limit 16 --cpus 1 --cpuset-cpus 0
	d=$pid
	start -- sh -c 'echo up; exec sleep 331'
	is_up
	"$nook" list | awk '/^list-[abcd] / || $1 == '"$pid"' { print $1, $2 }' | sort >got
	printf '%s\n' "$pid $pid" "list-a $a" "list-b $b" "list-c $c" "list-d $d" | sort >expected
	atf_check -s exit:0 -o file:expected -e empty cat got
	"$nook" list --format json | jq -r '.[] | "\(.name) \(.pid)"' | grep -E "^(list-[abcd]|$pid) " | sort >got
	atf_check -s exit:0 -o file:expected -e empty cat got
	for each in "$a" "$b" "$c" "$d" "$pid"; do
		stop "$each"
	done
	nothing_ours_left
}

root_case list__left_over 'a left-over group is no run, and stays as it is'
list__left_over_body()
{
	for hierarchy in memory pids unified; do
		mkdir -p /sys/fs/cgroup/$hierarchy/nook/list-left/inner
	done
	# so is one with processes that no nook holds
	mkdir -p /sys/fs/cgroup/pids/nook/list-alien
	sleep 333 &
	echo $! >/sys/fs/cgroup/pids/nook/list-alien/cgroup.procs
	alien=$!
	echo $alien >alien
	not_listed 'list-\(left\|alien\)'
	for name in list-left list-alien; do
		for what in stats stop; do
			atf_check -s exit:125 -o empty -e inline:"nook: $name is not running: no nook holds a group of that name in /nook\n" "$nook" $what $name
		done
	done
	kill -0 "$alien" || atf_fail 'it was killed'
	for hierarchy in memory pids unified; do
		[ -d /sys/fs/cgroup/$hierarchy/nook/list-left/inner ] || atf_fail "it is gone from $hierarchy"
	done
	kill "$alien"
	wait "$alien"
	for hierarchy in memory pids unified; do
		rmdir /sys/fs/cgroup/$hierarchy/nook/list-left/inner /sys/fs/cgroup/$hierarchy/nook/list-left
	done
	poll_until 10 rmdir /sys/fs/cgroup/pids/nook/list-alien
	rmdir /sys/fs/cgroup/*/nook 2>ignored
	nothing_ours_left
}

root_case list__changes_nothing 'it writes, makes, removes, mounts and kills nothing'
list__changes_nothing_body()
{
	runs list-look -m 64m
	sort /proc/self/mountinfo >host.mounts
	for what in list 'list --format json'; do
		# shellcheck disable=SC2086 # options
		atf_check -s exit:0 -o match:list-look -e empty strace -f -qq -o trace \
		    -e trace='/mkdir|rmdir|unlink|rename|mount|kill|pidfd|clone|fork|setns|unshare|flock|openat|open$|creat' "$nook" $what
		atf_check -s exit:1 -o empty -e empty grep -vE '^[0-9]+ +(openat?\(.*O_(RDONLY|PATH)|\+\+\+)' trace
		atf_check -s exit:1 -o empty -e empty grep -E 'O_(CREAT|WRONLY|RDWR|TRUNC)' trace
	done
	sort /proc/self/mountinfo >now.mounts
	atf_check -s exit:0 -o empty -e empty cmp host.mounts now.mounts
	! is_over "$pid" || atf_fail 'it has ended'
	stop
	nothing_ours_left
}

root_case list__other_parent 'below another parent, when that is named'
list__other_parent_body()
{
	start --cgroup-parent /nook-list-parent --name list-other -m 64m -- sh -c 'echo up; exec sleep 331'
	is_up
	not_listed list-other
	atf_check -s exit:0 -o match:"^list-other +$pid " -e empty "$nook" list --cgroup-parent /nook-list-parent
	atf_check -s exit:125 -o empty -e match:'^nook: list-other is not running: ' "$nook" stop list-other
	atf_check -s exit:0 -o inline:'list-other has stopped\n' -e empty "$nook" stop --cgroup-parent /nook-list-parent list-other
	ended 143
	nothing_ours_left
}

root_case list__ending 'while runs come and go every list is whole'
list__ending_body()
{
	(n=0; while [ $n -lt 30 ]; do "$nook" --name list-brief -m 64m -- true; n=$((n + 1)); done) &
	others=$!
	until is_over $others; do
		"$nook" list --format json >json 2>json.err || atf_fail "it failed: $(cat json.err)"
		atf_check -s exit:0 -o inline:'array\n' -e empty jq -r type json
		atf_check -s exit:0 -o empty -e empty cat json.err
	done
	wait $others
	nothing_ours_left
}

root_case list__backoff 'a service that waits for its next start is there, and can be stopped'
list__backoff_body()
{
	start --name list-backoff --restart always --restart-delay 1h -- true
	poll_until 10 grep -q 'starting it again' err
	poll_until 3 listed list-backoff
	atf_check -s exit:0 -o inline:'list-backoff has stopped\n' -e empty "$nook" stop list-backoff
	ended 0
	nothing_ours_left
}

root_case list__nowhere_to_write 'that standard output cannot be written is an error'
list__nowhere_to_write_body()
{
	atf_check -s exit:125 -o empty -e inline:'nook: cannot write standard output: No space left on device\n' -x '"'"$nook"'" list >/dev/full'
	nothing_ours_left
}

# ---- names ------------------------------------------------------------------------------------------

root_case name__refused 'stats and stop take one name, and no path'
name__refused_body()
{
	for what in stats stop; do
		for name in .. . ../nook a/b /nook/a '' 'a b' "$(printf %065d 0)" "$(printf 'a\nb')" '*'; do
			atf_check -s exit:125 -o empty -e inline:'nook: stats and stop want the name of one run: as nook list shows it\n' "$nook" $what "$name"
		done
		atf_check -s exit:125 -o empty -e inline:'nook: stats and stop want the name of one run: as nook list shows it\n' "$nook" $what
		atf_check -s exit:125 -o empty -e inline:'nook: list-none is not running: no nook holds a group of that name in /nook\n' "$nook" $what list-none
	done
	nothing_ours_left
}

# ---- stats ------------------------------------------------------------------------------------------

root_case stats__lines 'without a terminal a line a second, until the run ends'
stats__lines_body()
{
	runs list-stats -m 64m --pids-limit 16
	"$nook" stats list-stats >lines 2>lines.err &
	stats=$!
	poll_until 10 lines_of lines 4
	! is_over $stats || atf_fail 'it has ended'
	stop
	poll_until 5 is_over $stats
	ended 0 $stats
	atf_check -s exit:0 -o empty -e empty cat lines.err
	atf_check -s exit:0 -o inline:"$title\n" -e empty head -n 1 lines
	atf_check -s exit:1 -o empty -e empty -x 'sed 1d lines | grep -vE "^list-stats +'"$pid"' .* 64m "'
	nothing_ours_left
}

lines_of()
{
	[ "$(grep -c '' "$1")" -ge "$2" ]
}

root_case stats__json 'as JSON each line is an object'
stats__json_body()
{
	runs list-stats -m 64m
	"$nook" stats --format json list-stats >lines 2>lines.err &
	stats=$!
	poll_until 10 lines_of lines 2
	stop
	ended 0 $stats
	atf_check -s exit:0 -o inline:"list-stats $pid\n" -e empty -x 'jq -r "\"\(.name) \(.pid)\"" lines | sort -u'
	nothing_ours_left
}

root_case stats__interrupted 'SIGINT and SIGTERM end it, and not the run'
stats__interrupted_body()
{
	runs list-stats -m 64m
	for signal in INT TERM; do
		"$nook" stats list-stats >lines 2>lines.err &
		stats=$!
		poll_until 10 lines_of lines 2
		kill -$signal $stats
		ended 0 $stats
		! is_over "$pid" || atf_fail 'the run has ended'
	done
	# a reader that has gone ends it too
	atf_check -s exit:0 -o inline:"$title\n" -e ignore timeout -s KILL 10 sh -c '"$0" stats list-stats | head -n 1' "$nook"
	stop
	nothing_ours_left
}

root_case stats__terminal 'on a terminal it is one line, drawn again'
stats__terminal_body()
{
	runs list-stats -m 64m
	cat >on_terminal.py <<-'END'
		import os, pty, select, signal, sys, time
		child, master = pty.fork()
		if child == 0:
		    os.execv(sys.argv[1], sys.argv[1:])
		seen, end = b"", time.monotonic() + 15
		try:
		    while seen.count(b"\r\x1b[K") < 3 and time.monotonic() < end:
		        if select.select([master], [], [], 0.1)[0]:
		            seen += os.read(master, 65536)
		    os.write(master, b"\x03")
		    while time.monotonic() < end:
		        if select.select([master], [], [], 0.1)[0]:
		            seen += os.read(master, 65536)
		except OSError: # it has ended
		    pass
		print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
		seen = seen.replace(b"^C", b"")
		print(seen.count(b"\r\n"), seen.count(b"\r\x1b[Klist-stats  "))
	END
	atf_check -s exit:0 -o inline:'0\n2 3\n' -e empty timeout -s KILL 30 python3 on_terminal.py "$nook" stats list-stats
	stop
	nothing_ours_left
}

root_case stats__another_of_the_name 'when another run has taken the name it ends all the same'
stats__another_of_the_name_body()
{
	runs list-stats -m 64m
	"$nook" stats list-stats >lines 2>lines.err &
	stats=$!
	poll_until 10 lines_of lines 2
	stop
	runs list-stats -m 64m
	ended 0 $stats
	stop
	nothing_ours_left
}

# ---- stop -------------------------------------------------------------------------------------------

root_case stop__waits 'it ends the run, and waits until all of it is over'
stop__waits_body()
{
	for how in --init=yes '--init=no --stop-timeout 200ms' --pid=host; do
		# shellcheck disable=SC2086 # options
		start --name list-stop $how -m 64m --report report --pidfile "$PWD/pidfile" -- \
		    sh -c 'setsid sleep 331 & echo up; [ -s pidfile ] || sleep 0.2; exec sleep 331'
		is_up
		poll_until 10 test -s pidfile
		atf_check -s exit:0 -o inline:'list-stop has stopped\n' -e empty "$nook" stop list-stop
		# at this moment, without any waiting
		is_over "$pid" || atf_fail 'nook has not ended'
		[ ! -e pidfile ] || atf_fail 'there is the pidfile still'
		atf_check -s exit:0 -o inline:'reason=stopped\n' -e empty grep ^reason report
		atf_check -s exit:1 -o empty -e empty pgrep -fx 'sleep 331'
		not_listed list-stop
		wait "$pid"
		rm report
	done
	nothing_ours_left
}

root_case stop__handled 'a run that ends well at SIGTERM has the time it needs'
stop__handled_body()
{
	start --name list-stop --stop-timeout 1m -- sh -c 'trap "sleep 1; echo bye; exit 3" TERM; sleep 331 & echo up; wait'
	is_up
	atf_check -s exit:0 -o inline:'list-stop has stopped\n' -e empty "$nook" stop list-stop
	ended 3
	atf_check -s exit:0 -o inline:'up\nbye\n' -e empty cat out
	nothing_ours_left
}

root_case stop__term_ignored 'one that ignores SIGTERM is killed after its stop-timeout'
stop__term_ignored_body()
{
	start --name list-stop --stop-timeout 500ms --report report -- sh -c 'trap "" TERM; echo up; sleep 331; sleep 331'
	is_up
	atf_check -s exit:0 -o inline:'list-stop has stopped\n' -e empty "$nook" stop list-stop
	ended 137
	at_least "$(figure wall-seconds report)" 0.5
	nothing_ours_left
}

root_case stop__too_long 'one that takes longer than stop waits is told as running'
stop__too_long_body()
{
	start --name list-stop --stop-timeout 1m -- sh -c 'trap "" TERM; echo up; sleep 331; sleep 331'
	is_up
	atf_check -s exit:125 -o empty -e inline:"nook: list-stop has not ended: process $pid; see nook list\n" "$nook" stop --stop-timeout 1ms list-stop
	listed list-stop || atf_fail 'it is not listed'
	kill -KILL "$pid"
	ended 137
	atf_check -s exit:0 -o empty -e empty "$nook" --name list-stop -m 64m -- true
	nothing_ours_left
}

root_case stop__this_one 'of many it ends just the one'
stop__this_one_body()
{
	runs list-1 -m 64m
	first=$pid
	runs list-10 -m 64m
	atf_check -s exit:0 -o inline:'list-1 has stopped\n' -e empty "$nook" stop list-1
	ended 143 "$first"
	! is_over "$pid" || atf_fail 'the other has ended'
	atf_check -s exit:0 -o inline:'list-10 has stopped\n' -e empty "$nook" stop list-10
	ended 143
	nothing_ours_left
}

root_case stop__restart 'a service that is always started again stays stopped'
stop__restart_body()
{
	runs list-stop --restart always --restart-delay 1ms
	atf_check -s exit:0 -o inline:'list-stop has stopped\n' -e empty "$nook" stop list-stop
	ended 143
	nothing_ours_left
}

root_case stop__by_number 'a run without a name is stopped by its pid'
stop__by_number_body()
{
	start -m 64m -- sh -c 'echo up; exec sleep 331'
	is_up
	atf_check -s exit:0 -o inline:"$pid has stopped\n" -e empty "$nook" stop "$pid"
	ended 143
	nothing_ours_left
}

atf_init_test_cases()
{
	add_cases
}
