#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# report_test.sh - the report: every key, both forms, every place it can go to, every reason, and the figures
# shellcheck shell=sh disable=SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

clean_up()
{
	sweep report-
}

# reported LINES KEY...: the report says just that of these keys, in the order that it has them
reported()
{
	lines=$1
	shift
	keys=$(printf '|%s' "$@")
	atf_check -s exit:0 -o inline:"$lines" -e empty grep -E "^(${keys#|})=" report
}

# unread KEY...: the report does not have them
unread()
{
	keys=$(printf '|%s' "$@")
	atf_check -s exit:1 -o empty -e empty grep -E "^(${keys#|})=" report
}

# ---- keys -----------------------------------------------------------------------------------------

# What all the limits together bring in here, in the order of the report.
all_keys='name reason status wall-seconds cpu-seconds cpu-user-seconds cpu-system-seconds max-rss memory-peak
	memory-limit oom-kills throttled-seconds io-read-bytes io-write-bytes cgroup'

# all_limits: as options; the device is any, as nothing is read from it
all_limits()
{
	device=$(find /dev -maxdepth 1 -type b | sort | head -n 1)
	[ -n "$device" ] || atf_skip 'no block device'
	echo "--name report-all -m 64m --cpus 0.5 --pids-limit 16 --device-read-bps $device:1g"
}

# expected_keys: pids-peak only where the kernel counts it
expected_keys()
{
	mkdir -p /sys/fs/cgroup/pids/nook/report-probe || atf_fail 'cannot make a group'
	for key in $all_keys; do
		[ "$key" != throttled-seconds ] || [ ! -e /sys/fs/cgroup/pids/nook/report-probe/pids.peak ] || echo pids-peak
		echo "$key"
	done
	rmdir /sys/fs/cgroup/pids/nook/report-probe
	rmdir /sys/fs/cgroup/pids/nook 2>/dev/null
}

root_case keys__kv 'every key once, in order, one key=value a line'
keys__kv_body()
{
	expected_keys >expected
	# shellcheck disable=SC2046 # options
	atf_check -s exit:0 -o empty -e empty "$nook" $(all_limits) --report report -- true
	sed 's/=.*//' report >keys
	atf_check -s exit:0 -o file:expected -e empty cat keys
	atf_check -s exit:1 -o empty -e empty grep -vE '^[a-z-]+=[^ ]+$' report
	reported 'name=report-all\nreason=exited\nstatus=0\nmemory-limit=67108864\noom-kills=0\ncgroup=/nook/report-all\n' \
	    name reason status signal core-dumped memory-limit oom-kills missing cgroup
	nothing_ours_left
}

root_case keys__json 'the same keys in JSON: numbers are numbers, words are strings'
keys__json_body()
{
	expected_keys >expected
	# shellcheck disable=SC2046 # options
	atf_check -s exit:0 -o empty -e empty "$nook" $(all_limits) --report report --report-format json -- true
	atf_check -s exit:0 -o file:expected -e empty jq -r 'keys_unsorted[]' report
	atf_check -s exit:0 -o inline:'["name","reason","cgroup"]\n' -e empty \
	    jq -c '[to_entries[] | select(.value | type == "string") | .key]' report
	atf_check -s exit:0 -o inline:'[]\n' -e empty \
	    jq -c '[to_entries[] | select(.value | type | . != "string" and . != "number") | .key]' report
	atf_check -s exit:0 -o inline:'["report-all","exited",0,67108864,"/nook/report-all"]\n' -e empty \
	    jq -c '[.name, .reason, .status, ."memory-limit", .cgroup]' report
	# one line, one object
	atf_check -s exit:0 -o inline:'1\n' -e empty grep -c '' report
	nothing_ours_left
}

root_case keys__json_failed 'JSON stays JSON for a run that never started'
keys__json_failed_body()
{
	atf_check -s exit:127 -o empty -e match:'^nook: cannot run /nonexistent: No such file or directory$' \
	    "$nook" --report report --report-format json -- /nonexistent
	atf_check -s exit:0 -o inline:'["failed",127]\n' -e empty jq -c '[.reason, .status]' report
	nothing_ours_left
}

root_case keys__without_limits 'no key for a limit that is not set'
keys__without_limits_body()
{
	atf_check -s exit:0 -o empty -e empty "$nook" --report report -- true
	unread memory-limit throttled-seconds pids-peak io-read-bytes io-write-bytes signal core-dumped missing
	atf_check -s exit:0 -o match:'^name=[0-9]+$' -o match:'^cgroup=/nook/[0-9]+$' -e empty cat report
	atf_check -s exit:0 -o inline:"$(figure name report)\n" -e empty basename "$(figure cgroup report)"
	nothing_ours_left
}

root_case keys__settings_file 'asked for in a settings file'
keys__settings_file_body()
{
	printf 'report = ./report\nreport-format = json\nname = report-file\ncommand = sh -c "exit 3"\n' >run.conf
	atf_check -s exit:3 -o empty -e empty "$nook" -f run.conf
	atf_check -s exit:0 -o inline:'["report-file","exited",3]\n' -e empty jq -c '[.name, .reason, .status]' report
	nothing_ours_left
}

# ---- reasons --------------------------------------------------------------------------------------

root_case reason__exited 'exited, with the status'
reason__exited_body()
{
	for status in 0 1 124 125 137 255; do
		atf_check -s exit:$status -o empty -e empty "$nook" --report report -- sh -c "exit $status"
		reported "reason=exited\nstatus=$status\n" reason status signal core-dumped
	done
	nothing_ours_left
}

root_case reason__signaled 'signaled, with the signal'
reason__signaled_body()
{
	atf_check -s exit:139 -o empty -e inline:'nook: killed by signal 11 (SEGV)\n' \
	    "$nook" --ulimit core=0 --report report -- sh -c 'kill -SEGV $$'
	reported 'reason=signaled\nstatus=139\nsignal=11\n' reason status signal core-dumped
	nothing_ours_left
}

root_case reason__core_dumped 'and whether it has left a core'
reason__core_dumped_body()
{
	case $(cat /proc/sys/kernel/core_pattern) in
	'|'*) atf_skip 'cores go to a program here' ;;
	esac
	atf_check -s exit:134 -o empty -e inline:'nook: killed by signal 6 (ABRT)\n' \
	    "$nook" --ulimit core=64m --report report -- sh -c 'kill -ABRT $$'
	reported 'reason=signaled\nstatus=134\nsignal=6\ncore-dumped=1\n' reason status signal core-dumped
	nothing_ours_left
}

root_case reason__oom 'oom, with the figures that show it'
reason__oom_body()
{
	for init in yes no; do
		atf_check -s exit:137 -o empty -e match:'^nook: killed by the memory limit of 32m, peak 3[12]m$' \
		    "$nook" --init=$init -m 32m --report report -- tail /dev/zero
		reported 'reason=oom\nstatus=137\nmemory-limit=33554432\n' reason status memory-limit
		# v1 tells before it kills: nook may have been the quicker one
		atf_check -s exit:0 -o match:'^oom-kills=[01]$' -e empty cat report
	done
	nothing_ours_left
}

root_case reason__timeout 'timeout'
reason__timeout_body()
{
	atf_check -s exit:124 -o empty -e inline:'nook: ended by the timeout of 200 ms\n' \
	    "$nook" --timeout 200ms --report report -- sleep 341
	reported 'reason=timeout\nstatus=124\nsignal=15\n' reason status signal
	nothing_ours_left
}

root_case reason__stopped 'stopped: nook was told to'
reason__stopped_body()
{
	start --report report -- sh -c 'echo up; exec sleep 341'
	is_up
	kill -TERM "$pid"
	ended 143
	reported 'reason=stopped\nstatus=143\nsignal=15\n' reason status signal
	nothing_ours_left
}

root_case reason__term_inside 'a SIGTERM that did not come through nook is no stop'
reason__term_inside_body()
{
	atf_check -s exit:143 -o empty -e inline:'nook: killed by signal 15 (TERM)\n' \
	    "$nook" --report report -- sh -c 'kill -TERM $$'
	reported 'reason=signaled\nstatus=143\nsignal=15\n' reason status signal
	nothing_ours_left
}

root_case reason__failed 'failed: the command cannot be run'
reason__failed_body()
{
	atf_check -s exit:127 -o empty -e match:'^nook: cannot run nonexistent: not found in PATH ' \
	    "$nook" --report report -- nonexistent
	reported 'reason=failed\nstatus=127\n' reason status signal
	touch file
	atf_check -s exit:126 -o empty -e match:"^nook: cannot run $PWD/file: Permission denied$" \
	    "$nook" --report report -- "$PWD/file"
	reported 'reason=failed\nstatus=126\n' reason status signal
	nothing_ours_left
}

root_case reason__failed_before 'failed: nothing was started, so there is no figure of it'
reason__failed_before_body()
{
	atf_check -s exit:125 -o empty -e match:'^nook: cannot limit memory-high: ' \
	    "$nook" --memory-high 64m --name report-before --report report -- echo ran
	reported 'name=report-before\nreason=failed\nstatus=125\n' name reason status signal
	unread cpu-seconds cpu-user-seconds cpu-system-seconds max-rss memory-peak oom-kills pids-peak \
	    throttled-seconds io-read-bytes io-write-bytes
	nothing_ours_left
}

root_case reason__mistake 'a mistake in the settings starts nothing, and reports nothing'
reason__mistake_body()
{
	atf_check -s exit:125 -o empty -e match:'^nook: --memory=lots: not a size' \
	    "$nook" --memory lots --report report -- echo ran
	atf_check -s exit:1 -o empty -e empty test -e report
}

# ---- where it goes --------------------------------------------------------------------------------

root_case file__whole 'a file is written under another name and renamed: the name never holds a part'
file__whole_body()
{
	atf_check -s exit:0 -o empty -e empty strace -f -o trace \
	    -e trace=open,openat,rename,renameat,renameat2,unlink "$nook" --report report -- true
	atf_check -s exit:1 -o empty -e empty grep -E 'open(at)?\(.*"report"' trace
	atf_check -s exit:0 -o match:'rename.*"report\.[^"]*".*"report"\)? *= 0' -e empty grep rename trace
	atf_check -s exit:0 -o inline:'report\n' -e empty find . -name 'report*' -printf '%f\n'
	nothing_ours_left
}

root_case file__read_while_written 'who reads all the time sees whole reports only'
file__read_while_written_body()
{
	# shellcheck disable=SC2094 # read while it is replaced: that is the point
	cat >reader <<-'END'
	while [ ! -e finished ]; do
		[ -e report ] || continue
		cat report >seen
		echo >>looks
		tail -n 1 seen | grep -q '^cgroup=/nook/report-read$' && head -n 1 seen | grep -q '^name=report-read$' ||
			cp seen bad
	done
	END
	sh reader &
	reader=$!
	n=0
	while [ $n -lt 100 ]; do
		"$nook" --name report-read --report report -- true || atf_fail "run $n failed"
		n=$((n + 1))
	done
	touch finished
	wait $reader
	at_least "$(grep -c '' looks)" 20
	atf_check -s exit:1 -o empty -e empty test -e bad
	nothing_ours_left
}

root_case file__mode 'a file that all may read and root may write, whatever the umask inside'
file__mode_body()
{
	umask 022
	atf_check -s exit:0 -o empty -e empty "$nook" --umask 077 --report "$PWD/report" -- true
	atf_check -s exit:0 -o inline:'644 root\n' -e empty stat -c '%a %U' report
	nothing_ours_left
}

root_case file__full 'a full file system: a warning, the status kept, the older report too, and no rest'
file__full_body()
{
	cat >full <<-'END'
	mkdir -p small
	mount -t tmpfs -o size=8k none small
	echo older >small/report
	cat /dev/zero >small/filler 2>/dev/null
	"$1" --report small/report -- sh -c 'exit 3'
	echo $?
	cat small/report
	ls small
	END
	atf_check -s exit:0 -o inline:'3\nolder\nfiller\nreport\n' \
	    -e inline:'nook: warning: cannot write the report to small/report: No space left on device\n' \
	    unshare -m sh full "$nook"
	nothing_ours_left
}

root_case file__dev_full 'the same for /dev/full, which is written to as it is'
file__dev_full_body()
{
	atf_check -s exit:7 -o empty \
	    -e inline:'nook: warning: cannot write the report to /dev/full: No space left on device\n' \
	    "$nook" --report /dev/full -- sh -c 'exit 7'
	atf_check -s exit:0 -o inline:'character special file\n' -e empty stat -c %F /dev/full
	nothing_ours_left
}

root_case file__no_place 'a place that cannot be written to is refused before anything starts'
file__no_place_body()
{
	atf_check -s exit:125 -o empty \
	    -e match:'^nook: cannot open /nonexistent/report for report: No such file or directory$' \
	    "$nook" --report /nonexistent/report -- echo ran
	touch file
	atf_check -s exit:125 -o empty -e match:'^nook: cannot open file/report for report: Not a directory$' \
	    "$nook" --report file/report -- echo ran
	atf_check -s exit:125 -o empty -e match:"^nook: cannot open $PWD for report: Is a directory$" \
	    "$nook" --report "$PWD" -- echo ran
	# shellcheck disable=SC2016 # the inner shell's
	atf_check -s exit:125 -o empty -e match:'^nook: cannot open place/report for report: Read-only file system$' \
	    unshare -m sh -c 'mkdir place && mount -t tmpfs -o ro none place && exec "$1" --report place/report -- echo ran' \
	    sh "$nook"
	nothing_ours_left
}

root_case fifo__read 'a fifo gets it whole'
fifo__read_body()
{
	mkfifo report
	cat report >got &
	reader=$!
	atf_check -s exit:3 -o empty -e empty "$nook" --name report-fifo --report report -- sh -c 'exit 3'
	ended 0 $reader
	atf_check -s exit:0 -o match:'^name=report-fifo$' -o match:'^status=3$' -o match:'^cgroup=/nook/report-fifo$' \
	    -e empty cat got
	atf_check -s exit:0 -o inline:'fifo\n' -e empty stat -c %F report
	nothing_ours_left
}

root_case fifo__unread 'one that nobody reads holds nobody up: a warning, and the status kept'
fifo__unread_body()
{
	mkfifo report
	atf_check -s exit:3 -o empty \
	    -e match:'^nook: warning: cannot write the report to report: No such device or address$' \
	    timeout -s KILL 20 "$nook" --report report -- sh -c 'exit 3'
	nothing_ours_left
}

root_case descriptor__written 'fd:N is written to, and the workload does not have it'
descriptor__written_body()
{
	cat >run <<-'END'
	exec 5>report
	exec "$1" --name report-fd --report fd:5 -- sh -c 'echo mine >&5; exit 3'
	END
	atf_check -s exit:3 -o empty -e match:'Bad file descriptor' sh run "$nook"
	atf_check -s exit:0 -o inline:'name=report-fd\n' -e empty head -n 1 report
	reported 'reason=exited\nstatus=3\n' reason status
	atf_check -s exit:1 -o empty -e empty grep mine report
	nothing_ours_left
}

root_case descriptor__reader_gone 'a pipe whose reader has gone: a warning, and the status kept'
descriptor__reader_gone_body()
{
	cat >run <<-'END'
	exec 5>pipe
	touch opened
	exec "$1" --report fd:5 -- sh -c 'exit 3'
	END
	mkfifo pipe
	sh -c 'exec 4<pipe' &
	atf_check -s exit:3 -o empty -e inline:'nook: warning: cannot write the report to fd:5: Broken pipe\n' \
	    sh run "$nook"
	nothing_ours_left
}

root_case descriptor__not_open 'a descriptor that is not open, or for reading only, is refused before the start'
descriptor__not_open_body()
{
	atf_check -s exit:125 -o empty -e match:'^nook: cannot use fd:9 for report: Bad file descriptor$' \
	    "$nook" --report fd:9 -- echo ran
	# shellcheck disable=SC2016 # the inner shell's
	atf_check -s exit:125 -o empty -e match:'^nook: cannot use fd:9 for report: Bad file descriptor$' \
	    sh -c 'exec 9</dev/null; exec "$1" --report fd:9 -- echo ran' sh "$nook"
	nothing_ours_left
}

# ---- figures --------------------------------------------------------------------------------------

root_case figures__burn 'a second of work is about a second of CPU time, most of it in user mode'
figures__burn_body()
{
	atf_check -s exit:124 -o empty -e inline:'nook: ended by the timeout of 1000 ms\n' \
	    "$nook" --timeout 1s --report report -- sh -c 'while :; do :; done'
	at_least "$(figure wall-seconds report)" 1
	at_most "$(figure wall-seconds report)" 5
	at_least "$(figure cpu-seconds report)" 0.3
	at_most "$(figure cpu-seconds report)" "$(figure wall-seconds report)"
	at_least "$(figure cpu-user-seconds report)" 0.2
	atf_check -s exit:0 -o match:'^wall-seconds=[0-9]+\.[0-9]{6}$' -o match:'^cpu-seconds=[0-9]+\.[0-9]{6}$' \
	    -o match:'^cpu-user-seconds=[0-9]+\.[0-9]{6}$' -o match:'^cpu-system-seconds=[0-9]+\.[0-9]{6}$' \
	    -e empty cat report
	nothing_ours_left
}

root_case figures__whole_tree 'the CPU time of children that were never waited for counts'
figures__whole_tree_body()
{
	atf_check -s exit:124 -o empty -e inline:'nook: ended by the timeout of 1000 ms\n' \
	    "$nook" --timeout 1s --report report -- sh -c 'setsid sh -c "while :; do :; done" & sleep 341'
	at_least "$(figure cpu-seconds report)" 0.3
	nothing_ours_left
}

root_case file__no_link_followed 'what lies where the new file is made is replaced, and no link there followed'
file__no_link_followed_body()
{
	echo keep >victim
	ln -s victim report.new
	atf_check -s exit:0 -o empty -e empty "$nook" --report report -- true
	atf_check -s exit:0 -o inline:'keep\n' -e empty cat victim
	[ ! -L report.new ] || atf_fail 'the link is still there'
	atf_check -s exit:0 -o inline:'regular file\n' -e empty stat -c %F report
}

root_case figures__idle 'sleeping costs wall time alone'
figures__idle_body()
{
	atf_check -s exit:0 -o empty -e empty "$nook" --report report -- sleep 0.5
	at_least "$(figure wall-seconds report)" 0.5
	at_most "$(figure wall-seconds report)" 5
	at_most "$(figure cpu-seconds report)" 0.2
	nothing_ours_left
}

root_case figures__memory 'the peak of the group and of one process, in bytes'
figures__memory_body()
{
	atf_check -s exit:0 -o empty -e empty "$nook" --report report -- \
	    dd if=/dev/zero of=/dev/null bs=40M count=1 status=none
	for key in memory-peak max-rss; do
		at_least "$(figure $key report)" $((40 << 20))
		at_most "$(figure $key report)" $((64 << 20))
	done
	nothing_ours_left
}

root_case figures__memory_killed 'max-rss of a tree that was killed is left out rather than 0'
figures__memory_killed_body()
{
	atf_check -s exit:137 -o empty -e match:'^nook: killed by the memory limit of 64m' \
	    "$nook" -m 64m --report report -- tail /dev/zero
	at_least "$(figure memory-peak report)" $((60 << 20))
	rss=$(figure max-rss report)
	[ -z "$rss" ] || at_least "$rss" 1
	nothing_ours_left
}

root_case figures__pids 'the most processes at one time, where the kernel counts them'
figures__pids_body()
{
	atf_check -s exit:0 -o empty -e empty "$nook" --pids-limit 16 --report report -- \
	    sh -c 'sleep 341 & sleep 341 & sleep 341 & true; exit 0'
	peak=$(figure pids-peak report)
	[ -n "$peak" ] || atf_skip 'this kernel has no pids.peak'
	at_least "$peak" 4
	at_most "$peak" 5
	nothing_ours_left
}

atf_init_test_cases()
{
	add_cases
}
