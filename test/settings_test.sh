#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# settings_test.sh - reading the settings: command line, file, values, --help and explain
#
# Nothing here needs rights but the cases that run a command to see its words. `explain` stands for
# a run wherever what was read is the question: both go through the same reader.
# shellcheck shell=sh disable=SC1003,SC1091,SC2016,SC2088,SC2154,SC2317

. "$(atf_get_srcdir)/helpers.sh"

# ---- helpers -----------------------------------------------------------------------------------

# explains ARG...: accepted; what is printed goes to the file `got`
explains()
{
	atf_check -s exit:0 -o save:got -e empty "$nook" explain "$@"
}

# has LINE...: each is a line of `got`
has()
{
	for line; do
		atf_check -s exit:0 -o not-empty -e empty grep -xF -e "$line" got
	done
}

# has_no REGEXP: no line of `got` is like that
has_no()
{
	atf_check -s exit:1 -o empty -e empty grep -e "$1" got
}

# refuses MESSAGE ARG...: exit 125 with that one line
refuses()
{
	printf 'nook: %s\n' "$1" >want
	shift
	atf_check -s exit:125 -o empty -e file:want "$nook" explain "$@"
}

# file_refused MESSAGE...: f.conf is refused with these lines, each "LINE: ..."
file_refused()
{
	printf 'nook: f.conf:%s\n' "$@" >want
	atf_check -s exit:125 -o empty -e file:want "$nook" explain -f f.conf -- true
}

# wrong SETTING REASON VALUE...: each value is refused for that reason
wrong()
{
	setting=$1 reason=$2
	shift 2
	for value; do
		refuses "--$setting=$value: $reason" "--$setting=$value" -- true
	done
}

# good SETTING VALUE...: each value is accepted as it stands
good()
{
	setting=$1
	shift
	for value; do
		explains "--$setting=$value" -- true
		has "$setting = $value"
	done
}

# bytes N: that many x
bytes()
{
	head -c "$1" /dev/zero | tr '\0' x
}

# names: of all settings, in the order of the table
names()
{
	"$nook" --help all | awk '/^ / { print substr($($1 ~ /,$/ ? 2 : 1), 3) }'
}

# settings_only FILE: what explain printed, less the comments
settings_only()
{
	grep -v '^#' "$1"
}

# every_setting: a file with each row of the table. A new row goes in here.
every_setting()
{
	cat <<'END'
memory = 64m
memory-high = 48m
memory-reservation = 16m
swap = 0
cpus = 0.5
cpu-shares = 512
cpuset-cpus = 0-1,3
cpuset-mems = 0
pids-limit = max
device-read-bps = /dev/sda:1m
device-write-bps = /dev/sda:2m
device-read-iops = /dev/sda:100
device-write-iops = /dev/sda:200
ulimit = nofile=256:512
ulimit = core=0
oom-score-adj = -5
nice = -3
scheduler = fifo:10
timeout = 1500ms
cpu-time = 2s
stop-signal = INT
stop-timeout = 1m
network = /run/netns/a
pid = host
ipc = private
uts = private
cgroupns = host
userns = private
hostname = web-1
sysctl = net.ipv4.ip_forward=1
sysctl = kernel.shmmax=65536
rootfs = scratch
read-only = yes
volume = /usr
volume = /etc/a b:/etc/c:ro,try
mount = type=9p,src=tag,dst=/mnt,opt=trans=virtio,ro
tmpfs = /tmp:size=1m,mode=0700
shm-size = 1m
device = /dev/net/tun
workdir = /var/empty
env = LANG
env = A=b # c = 'd' "e" \f
hidepid = no
umask = 077
user = daemon:1
group-add = 7
group-add = audio
cap-add = net_bind_service
cap-add = CAP_CHOWN
cap-drop = chown
no-new-privileges = no
seccomp = off
privileged = no
allow-missing = memory
stdin = null
stdout = append:/var/log/a
stderr = stdout
log-max-size = 64k
output-limit = 1m
tty = no
interactive = yes
preserve-fds = 0
name = web_1+a.b
cgroup-parent = /nook/a
init = yes
restart = on-failure:3
restart-delay = 200ms
oom-group = no
pidfile = /run/a.pid
notify = fd:4
ready-fd = 5
report = fd:3
report-format = json
format = json
command = /bin/sh -c "echo 'a  b' \\ \"c\""
on-exit = reboot
exit-port = virtio:exit
watchdog = /dev/watchdog0
watchdog-timeout = 1m
END
}

# traced ARG...: run under strace, must be refused; then the trace is in `trace`
traced()
{
	atf_check -s exit:125 -o empty -e not-empty strace -f -o trace -- "$nook" "$@"
	untouched
}

# untouched: the traced run made no system call but the harmless ones, and opened nothing to write
untouched()
{
	harmless='execve|arch_prctl|set_tid_address|set_tls|brk|mmap|mmap2|munmap|mprotect|fcntl|fcntl64'
	harmless="$harmless|rt_sigprocmask|rt_sigaction|signalfd4|open|openat|stat|fstat|stat64|fstat64"
	harmless="$harmless|newfstatat|fstatat64|statx|readlink|readlinkat|getpid|geteuid|geteuid32|read|write|writev"
	harmless="$harmless|close|poll|ppoll|exit|exit_group"
	atf_check -s exit:0 -o inline:'1\n' -e empty grep -c 'execve(.* = 0$' trace
	atf_check -s exit:1 -o empty -e empty grep -Ev "^[0-9]+ +(($harmless)\(|\+\+\+ exited)" trace
	atf_check -s exit:1 -o empty -e empty grep -E 'O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)' trace
	atf_check -s exit:1 -o empty -e empty grep -E 'write(v)?\(([03-9]|[12][0-9])' trace
}

# ---- the command line ----------------------------------------------------------------------------

atf_test_case argv__letters_combine
argv__letters_combine_head()
{
	atf_set descr "-ti, -tim64m and -tim 64m are the letters one by one"
}
argv__letters_combine_body()
{
	explains -t -i -m 64m -- true
	has 'tty = yes' 'interactive = yes' 'memory = 64m'
	mv got apart
	for spelling in '-tim64m' '-tim 64m' '-ti -m64m' '-itm 64m'; do
		# shellcheck disable=SC2086
		explains $spelling -- true
		atf_check -s exit:0 -o empty -e empty cmp got apart
	done
}

atf_test_case argv__value_spellings
argv__value_spellings_head()
{
	atf_set descr "-m500m, -m 500m, --memory=500m and --memory 500m are one"
}
argv__value_spellings_body()
{
	explains -m500m -- true
	has 'memory = 500m' 'command = "true"'
	mv got first
	explains -m 500m true
	atf_check -s exit:0 -o empty -e empty cmp got first
	explains --memory=500m true
	atf_check -s exit:0 -o empty -e empty cmp got first
	explains --memory 500m -- true
	atf_check -s exit:0 -o empty -e empty cmp got first
}

atf_test_case argv__booleans
argv__booleans_head()
{
	atf_set descr "--read-only, --read-only=no; a boolean never takes the next word"
}
argv__booleans_body()
{
	explains --read-only no
	has 'read-only = yes' 'command = "no"'
	explains -t no
	has 'tty = yes' 'command = "no"'
	refuses '-=: unknown option (nook --help all lists them)' -ti=no true
}

atf_test_case argv__run_leads
argv__run_leads_head()
{
	atf_set descr "the first word may be run, and only the first"
}
argv__run_leads_body()
{
	atf_check -s exit:125 -o empty -e match:'^nook: no command to run$' "$nook" run
	atf_check -s exit:125 -o empty -e match:'^nook: no command to run$' "$nook" run -m 64m --
	atf_check -s exit:0 -o match:'^usage: nook' -e empty "$nook" run --help
	explains run -m lots
	has 'command = "run" "-m" "lots"'
	explains explain
	has 'command = "explain"'
}

atf_test_case argv__file_anywhere
argv__file_anywhere_head()
{
	atf_set descr "-f FILE stands before, between and after the options, and in a bundle"
}
argv__file_anywhere_body()
{
	echo 'nice = 5' >f.conf
	for line in '-f f.conf -t -m 64m' '-t -f f.conf -m 64m' '-t -m 64m -f f.conf' '-t -m64m -ff.conf' \
	    '-m 64m -tf f.conf'; do
		# shellcheck disable=SC2086
		explains $line -- true
		has 'nice = 5' 'tty = yes' 'memory = 64m' 'command = "true"'
	done
	explains true -f f.conf
	has 'command = "true" "-f" "f.conf"'
	has_no '^nice'
}

atf_test_case argv__file_given_twice
argv__file_given_twice_head()
{
	atf_set descr "a second -f is refused, even of the same file"
}
argv__file_given_twice_body()
{
	echo 'nice = 5' >f.conf
	refuses '-f: given twice in one place' -f f.conf -f f.conf -- true
}

atf_test_case argv__options_end_at_the_command
argv__options_end_at_the_command_head()
{
	atf_set descr "what follows the command or -- is never an option of nook"
}
argv__options_end_at_the_command_body()
{
	explains sh -m lots --nosuch -x -- -f nofile
	has 'command = "sh" "-m" "lots" "--nosuch" "-x" "--" "-f" "nofile"'
	has_no '^memory'
	explains -m 64m -- --memory=lots -x
	has 'command = "--memory=lots" "-x"' 'memory = 64m'
	explains -- -m 64m
	has 'command = "-m" "64m"'
	has_no '^memory'
	explains -- -- true
	has 'command = "--" "true"'
	explains - -x
	has 'command = "-" "-x"'
	explains -- --help
	has 'command = "--help"'
	explains -- --version
	has 'command = "--version"'
}

atf_test_case argv__option_as_a_value
argv__option_as_a_value_head()
{
	atf_set descr "the word after an option is its value, whatever it looks like"
}
argv__option_as_a_value_body()
{
	refuses '--memory=--timeout: not a size (want a size such as 64m, 1g or max)' -m --timeout true
	explains --nice -5 -e --help true
	has 'nice = -5' 'env = --help'
}

atf_test_case argv__value_missing
argv__value_missing_head()
{
	atf_set descr "an option at the end that needs a value says so, and which"
}
argv__value_missing_body()
{
	refuses '-m: needs a value (want a size such as 64m, 1g or max)' -m
	refuses '-m: needs a value (want a size such as 64m, 1g or max)' -tim
	refuses '-f: needs a value (want a file)' -f
	refuses '--timeout: needs a value (want e.g. 500ms, 10s, 5m, 2h or 1d)' --timeout
	refuses '--volume: needs a value (want SRC[:DST][:ro,rw,try,exec,noexec,dev,suid])' --volume
}

atf_test_case argv__word_missing
argv__word_missing_head()
{
	atf_set descr "an option that takes one of some words lists them when it has none"
}
argv__word_missing_body()
{
	refuses '--pid: needs a value (want private|host)' --pid
	refuses '--report-format: needs a value (want kv|json)' --report-format
	refuses '--pid=: empty (want private|host)' --pid= -- true
	refuses '--report-format=: empty (want kv|json)' --report-format= -- true
}

atf_test_case argv__value_empty
argv__value_empty_head()
{
	atf_set descr "an empty value is refused for every setting"
}
argv__value_empty_body()
{
	refuses '--memory=: empty (want a size such as 64m, 1g or max)' --memory= true
	refuses '--memory=: empty (want a size such as 64m, 1g or max)' -m '' true
	names >all
	while read -r name; do
		atf_check -s exit:125 -o empty -e match:"^nook: --$name=: empty" "$nook" explain "--$name=" -- true
	done <all
}

atf_test_case argv__unknown_option
argv__unknown_option_head()
{
	atf_set descr "an unknown option is named as it was written"
}
argv__unknown_option_body()
{
	refuses '-x: unknown option (nook --help all lists them)' -x true
	refuses '-x: unknown option (nook --help all lists them)' -tx true
	refuses '--zzzzzz: unknown setting (nook --help all lists them)' --zzzzzz=1 true
	refuses '--memry: unknown setting (did you mean memory?)' --memry=64m true
	refuses '--mem: unknown setting (nook --help all lists them)' --mem=64m true
	refuses '--memory-hig: unknown setting (did you mean memory-high?)' --memory-hig 64m true
}

atf_test_case argv__nearest_as_in_the_file
argv__nearest_as_in_the_file_head()
{
	atf_set descr "the command line proposes the same name for a slip as the file does"
}
argv__nearest_as_in_the_file_body()
{
	for slip in cpu:cpus pids:pid nme:name inti:init netwk:network; do
		echo "${slip%:*} = 1" >f.conf
		file_refused "1: ${slip%:*}: unknown setting (did you mean ${slip#*:}?)"
		refuses "--${slip%:*}: unknown setting (did you mean ${slip#*:}?)" "--${slip%:*}=1" true
	done
}

atf_test_case argv__no_command
argv__no_command_head()
{
	atf_set descr "no command: 125, and how to give one"
}
argv__no_command_body()
{
	cat >want <<'END'
nook: no command to run
nook: hint: usage: nook [OPTION...] [--] COMMAND [ARG...]; nook --help
END
	echo 'memory = 64m' >f.conf
	atf_check -s exit:125 -o empty -e file:want "$nook"
	atf_check -s exit:125 -o empty -e file:want "$nook" --
	atf_check -s exit:125 -o empty -e file:want "$nook" -m 64m
	atf_check -s exit:125 -o empty -e file:want "$nook" -f f.conf
}

atf_test_case argv__no_command_among_mistakes
argv__no_command_among_mistakes_head()
{
	atf_set descr "a missing command is listed with the other mistakes"
}
argv__no_command_among_mistakes_body()
{
	cat >want <<'END'
nook: --memory=lots: not a size (want a size such as 64m, 1g or max)
nook: no command to run
nook: hint: usage: nook [OPTION...] [--] COMMAND [ARG...]; nook --help
END
	atf_check -s exit:125 -o empty -e file:want "$nook" -m lots
}

atf_test_case argv__given_twice
argv__given_twice_head()
{
	atf_set descr "a single setting given twice on the command line is refused, a list is not"
}
argv__given_twice_body()
{
	refuses '--memory=64m: given twice in one place' -m 64m --memory=64m true
	refuses '--tty=yes: given twice in one place' -tt true
	refuses '--name=b: given twice in one place' --name a --name b true
	explains -v /a -e A -v /b -e A true
	has 'volume = /a' 'volume = /b'
	atf_check -s exit:0 -o inline:'2\n' -e empty grep -cx 'env = A' got
}

atf_test_case argv__over_file
argv__over_file_head()
{
	atf_set descr "the command line wins over the file for single settings and adds to lists"
}
argv__over_file_body()
{
	cat >f.conf <<'END'
memory = 64m
name = a
env = A=1
command = from file
END
	explains -m 1g -f f.conf --name b -e A=2
	has 'memory = 1g' 'name = b' 'command = from file'
	has_no '^memory = 64m'
	grep '^env' got >envs
	atf_check -s exit:0 -o inline:'env = A=1\nenv = A=2\n' -e empty cat envs
	explains -f f.conf from argv
	has 'command = "from" "argv"' 'name = a'
	has_no 'from file'
}

# ---- the file ------------------------------------------------------------------------------------

atf_test_case file__blanks_and_comments
file__blanks_and_comments_head()
{
	atf_set descr "comments, blank lines, blanks and tabs around key and value, CRLF"
}
file__blanks_and_comments_body()
{
	printf '# memory = 1g\n\n \t \n\t# nice = 7\r\n\r\n  memory\t=\t 64m \t\r\nname=web\r\n env = A = b \nnice = -1 \t' \
	    >f.conf
	explains -f f.conf -- true
	has 'memory = 64m' 'name = web' 'env = A = b' 'nice = -1'
	has_no '1g'
	has_no 'nice = 7'
	has_no "$(printf '\r')"
}

atf_test_case file__last_line_without_newline
file__last_line_without_newline_head()
{
	atf_set descr "the last line counts without its newline, right or wrong"
}
file__last_line_without_newline_body()
{
	printf 'nice = 1\nmemory = 64m' >f.conf
	explains -f f.conf -- true
	has 'nice = 1' 'memory = 64m'
	printf 'nice = 1\nmemory = lots' >f.conf
	file_refused '2: memory=lots: not a size (want a size such as 64m, 1g or max)'
}

atf_test_case file__nothing_in_it
file__nothing_in_it_head()
{
	atf_set descr "an empty file, and one of comments only, is like none"
}
file__nothing_in_it_body()
{
	explains -- true
	mv got none
	for text in '' '\n' '\n\n\n' '# a\n#b\n' '#' '\r\n' ' \t'; do
		# shellcheck disable=SC2059
		printf "$text" >f.conf
		explains -f f.conf -- true
		atf_check -s exit:0 -o empty -e empty cmp got none
	done
}

atf_test_case file__byte_order_mark
file__byte_order_mark_head()
{
	atf_set descr "a byte order mark is refused, before a setting and before a comment"
}
file__byte_order_mark_body()
{
	for text in 'memory = 64m' '# comment' ''; do
		printf '\357\273\277%s\n' "$text" >f.conf
		atf_check -s exit:125 -o empty -e match:'^nook: f\.conf:1: \\xef\\xbb\\xbf' \
		    "$nook" explain -f f.conf -- true
	done
}

atf_test_case file__byte_order_mark_named
file__byte_order_mark_named_head()
{
	atf_set descr "the message for a byte order mark calls it so, instead of proposing the name it hides"
}
file__byte_order_mark_named_body()
{
	printf '\357\273\277memory = 64m\n' >f.conf
	atf_check -s exit:125 -o empty -e match:'byte order mark' "$nook" explain -f f.conf -- true
}

atf_test_case file__nul_byte
file__nul_byte_head()
{
	atf_set descr "a NUL byte is refused wherever it stands: it would hide the rest of the line"
}
file__nul_byte_body()
{
	for both in '2 nice = 1\nmemory = 64m\0\n' '1 memory = 64\0m\n' '1 mem\0ory = 64m\n' '1 # a\0\nmemory = 64m\n' \
	    '2 memory = 64m\n\0' '1 \0memory = 64m' '3 nice = 1\n\n\0\0\nmemory = 64m\n'; do
		# shellcheck disable=SC2059
		printf "${both#* }" >f.conf
		atf_check -s exit:125 -o empty -e match:"^nook: f\\.conf:${both%% *}: the line: a NUL byte in it\$" \
		    "$nook" explain -f f.conf -- true
	done
}

atf_test_case file__carriage_return
file__carriage_return_head()
{
	atf_set descr "a carriage return that does not end a line is refused, never part of a value"
}
file__carriage_return_body()
{
	why='a carriage return in the line'
	printf 'user = 1000\r\r\n' >f.conf
	file_refused "1: user = 1000\\x0d: $why"
	printf 'memory = 64m\rnice = 1\n' >f.conf
	file_refused "1: memory = 64m\\x0dnice = 1: $why"
	printf 'memory = 64m\r \n' >f.conf
	file_refused "1: memory = 64m\\x0d : $why"
	printf '\rmemory = 64m\n' >f.conf
	file_refused "1: \\x0dmemory = 64m: $why"
}

atf_test_case file__not_key_and_value
file__not_key_and_value_head()
{
	atf_set descr "a line without = or without a key is refused"
}
file__not_key_and_value_body()
{
	cat >f.conf <<'END'
memory
memory 64m
memory: 64m
[limits]
= 64m
=
  include other.conf
END
	why='not key = value'
	file_refused "1: memory: $why" "2: memory 64m: $why" "3: memory: 64m: $why" "4: [limits]: $why" \
	    "5: = 64m: $why" "6: =: $why" "7: include other.conf: $why"
}

atf_test_case file__unknown_key
file__unknown_key_head()
{
	atf_set descr "an unknown key is refused, with the nearest name when one is near"
}
file__unknown_key_body()
{
	cat >f.conf <<'END'
memry = 64m
Memory = 64m
memory_high = 64m
memory high = 64m
readonly = yes
netwrok = none
comand = true
memory.max = 64m
mem = 64m
x = 1
run = yes
include = other.conf
END
	printf 'm\366mory = 64m\n--memory = 64m\n%s = 1\n' "$(bytes 100)" >>f.conf
	all='(nook --help all lists them)'
	file_refused '1: memry: unknown setting (did you mean memory?)' \
	    '2: Memory: unknown setting (did you mean memory?)' \
	    '3: memory_high: unknown setting (did you mean memory-high?)' \
	    '4: memory high: unknown setting (did you mean memory-high?)' \
	    '5: readonly: unknown setting (did you mean read-only?)' \
	    '6: netwrok: unknown setting (did you mean network?)' \
	    '7: comand: unknown setting (did you mean command?)' \
	    "8: memory.max: unknown setting $all" \
	    "9: mem: unknown setting $all" \
	    "10: x: unknown setting $all" \
	    "11: run: unknown setting $all" \
	    "12: include: unknown setting $all" \
	    '13: m\xf6mory: unknown setting (did you mean memory?)' \
	    '14: --memory: unknown setting (did you mean memory?)' \
	    "15: $(bytes 100): unknown setting $all"
}

atf_test_case file__empty_value
file__empty_value_head()
{
	atf_set descr "an empty value is refused in the file too, blanks included"
}
file__empty_value_body()
{
	printf 'memory =\nname =   \t\nread-only=\r\nenv = \ncap-add = kill,,chown\ncommand =' >f.conf
	file_refused '1: memory=: empty (want a size such as 64m, 1g or max)' \
	    '2: name=: empty (want at most 64 letters, digits or _ + . -)' \
	    '3: read-only=: empty (want yes or no)' \
	    '4: env=: empty (want NAME=VALUE, or NAME to pass it on)' \
	    '5: cap-add=: empty (want e.g. net_bind_service, or all)' \
	    '6: command=: empty (want words as for a shell)'
}

atf_test_case file__given_twice
file__given_twice_head()
{
	atf_set descr "a single setting twice in the file is refused, numbers and texts alike"
}
file__given_twice_body()
{
	cat >f.conf <<'END'
memory = 64m
name = a
read-only = yes
memory = 64m
name = b
read-only = yes
END
	why='given twice in one place'
	file_refused "4: memory=64m: $why" "5: name=b: $why" "6: read-only=yes: $why"
	refuses "f.conf:4: memory=64m: $why
nook: f.conf:5: name=b: $why
nook: f.conf:6: read-only=yes: $why" -m 1g -f f.conf true
}

atf_test_case file__lists_repeat
file__lists_repeat_head()
{
	atf_set descr "list settings keep their order, and words joined by commas are items of their own"
}
file__lists_repeat_body()
{
	cat >f.conf <<'END'
volume = /b
cap-add = kill,chown
volume = /a
cap-add = setuid
volume = /b
END
	explains -f f.conf --cap-add lease,mknod -v /c -- true
	grep -E '^(volume|cap-add)' got >lists
	cat >want <<'END'
volume = /b
volume = /a
volume = /b
volume = /c
cap-add = kill
cap-add = chown
cap-add = setuid
cap-add = lease
cap-add = mknod
END
	atf_check -s exit:0 -o empty -e empty cmp lists want
	explains --group-add 7,audio --allow-missing pid,ipc -e A,B -- true
	has 'group-add = 7' 'group-add = audio' 'allow-missing = pid' 'allow-missing = ipc' 'env = A,B'
}

atf_test_case file__too_large
file__too_large_head()
{
	atf_set descr "a file over 64 KiB is refused, also as one line of 1 MiB or as a million lines"
}
file__too_large_body()
{
	{ echo 'nice = 3' && printf '#' && bytes 65525; } >f.conf
	atf_check -s exit:0 -o inline:'65535\n' -e empty stat -c %s f.conf
	explains -f f.conf -- true
	has 'nice = 3'
	why='^nook: cannot (use|read) settings file f\.conf: (over 65536 bytes|File too large)$'
	printf xx >>f.conf
	atf_check -s exit:125 -o empty -e match:"$why" "$nook" explain -f f.conf -- true
	{ printf 'env = A=' && bytes 1048576; } >f.conf
	atf_check -s exit:125 -o empty -e match:"$why" "$nook" explain -f f.conf -- true
	head -c 1000000 /dev/zero | tr '\0' '\n' >f.conf
	atf_check -s exit:125 -o empty -e match:"$why" "$nook" explain -f f.conf -- true
}

atf_test_case file__long_line_not_split
file__long_line_not_split_head()
{
	atf_set descr "a line of 60 KiB is one line: nothing in it becomes a setting of its own"
}
file__long_line_not_split_body()
{
	many=$(i=0; while [ $i -lt 4000 ]; do printf 'memory = 64m '; i=$((i + 1)); done)
	printf '# %s\n' "$many" >f.conf
	explains -f f.conf -- true
	has_no '^ *memory'
	printf 'env = A=%s\nname = after\n' "$many" >f.conf
	explains -f f.conf -- true
	has_no '^ *memory'
	has 'name = after'
	atf_check -s exit:0 -o inline:'1\n' -e empty grep -c 'memory = 64m' got
}

atf_test_case file__not_regular
file__not_regular_head()
{
	atf_set descr "a directory, fifo or device as settings file is refused at once, without waiting for it"
}
file__not_regular_body()
{
	mkdir d
	atf_check -s exit:0 -o empty -e empty mkfifo fifo
	for file in d fifo /dev/null /dev/zero /dev/full .; do
		echo "nook: cannot use settings file $file: not a regular file" >want
		atf_check -s exit:125 -o empty -e file:want timeout -s KILL 5 "$nook" explain -f "$file" -- true
	done
}

atf_test_case file__missing
file__missing_head()
{
	atf_set descr "a settings file that is not there is named, with the reason"
}
file__missing_body()
{
	refuses 'cannot open settings file d/nofile: No such file or directory' -f d/nofile -- true
	echo >plain
	refuses 'cannot open settings file plain/x: Not a directory' -f plain/x -- true
	ln -s loop loop
	atf_check -s exit:125 -o empty -e match:'^nook: cannot open settings file loop: .*[Ss]ymbolic link' \
	    "$nook" explain -f loop -- true
}

atf_test_case file__too_many_settings
file__too_many_settings_head()
{
	atf_set descr "512 settings are read; more are refused, which is said once"
}
file__too_many_settings_body()
{
	i=0
	while [ $i -lt 512 ]; do echo "env = V$i"; i=$((i + 1)); done >f.conf
	explains -f f.conf -- true
	has 'env = V0' 'env = V511'
	for i in 1 2 3; do echo "env = W$i"; done >>f.conf
	file_refused '513: env: too many settings (at most 512)'
}

atf_test_case file__every_mistake_listed
file__every_mistake_listed_head()
{
	atf_set descr "all mistakes of command line and file come at once, each with its line, with one exit"
}
file__every_mistake_listed_body()
{
	cat >f.conf <<'END'
# comment
memory = lots

cpus = many
nosuch-setting = 1
no equals
nice = 20
volume = relative
ulimit = nofile=2:1
read-only = perhaps
nice = 1
nice = 2
END
	cat >want <<'END'
nook: -x: unknown option (nook --help all lists them)
nook: f.conf:5: nosuch-setting: unknown setting (nook --help all lists them)
nook: f.conf:6: no equals: not key = value
nook: f.conf:2: memory=lots: not a size (want a size such as 64m, 1g or max)
nook: f.conf:4: cpus=many: not a number of CPUs (want e.g. 0.5 or 2)
nook: f.conf:7: nice=20: out of range (want -20 to 19)
nook: f.conf:8: volume=relative: the source is not an absolute path (want SRC[:DST][:ro,rw,try,exec,noexec,dev,suid])
nook: f.conf:9: ulimit=nofile=2:1: the soft limit is over the hard limit (want NAME=SOFT[:HARD], e.g. nofile=256)
nook: f.conf:10: read-only=perhaps: neither yes nor no (want yes or no)
nook: f.conf:12: nice=2: given twice in one place
nook: --name=a/b: not a name (want at most 64 letters, digits or _ + . -)
END
	atf_check -s exit:125 -o empty -e file:want "$nook" explain --name a/b -f f.conf -x -- true
}

atf_test_case file__many_mistakes
file__many_mistakes_head()
{
	atf_set descr "a thousand mistakes are a thousand lines, none lost, in order"
}
file__many_mistakes_body()
{
	i=1
	while [ $i -le 1000 ]; do echo "line$i" && i=$((i + 1)); done >f.conf
	awk '{ print "nook: f.conf:" NR ": " $0 ": not key = value" }' f.conf >want
	atf_check -s exit:125 -o empty -e file:want "$nook" explain -f f.conf -- true
}

atf_test_case file__writable_by_all
file__writable_by_all_head()
{
	atf_set descr "root is told that anybody can write the settings file"
	atf_set require.user root
}
file__writable_by_all_body()
{
	echo 'nice = 1' >f.conf
	atf_check -s exit:0 -o empty -e empty chmod 666 f.conf
	atf_check -s ignore -o ignore -e match:'^nook: .*f\.conf.*writ' "$nook" explain -f f.conf -- true
	atf_check -s exit:0 -o empty -e empty chmod 644 f.conf
	explains -f f.conf -- true
}

atf_test_case file__cut_anywhere
file__cut_anywhere_head()
{
	atf_set descr "a good file cut anywhere is accepted or refused with a message, never a crash"
}
file__cut_anywhere_body()
{
	every_setting >f.conf
	size=$(wc -c <f.conf) accepted=0 refused=0
	while [ "$size" -gt 0 ]; do
		size=$((size > 5 ? size - 5 : 0))
		head -c "$size" f.conf >cut.conf
		status=0
		"$nook" explain -f cut.conf -- true >out 2>err || status=$?
		if [ $status -eq 0 ] && [ -s out ] && ! [ -s err ]; then
			accepted=$((accepted + 1))
		elif [ $status -eq 125 ] && ! [ -s out ] && grep -q '^nook: cut\.conf:[0-9]*: ' err; then
			refused=$((refused + 1))
		else
			atf_fail "cut at $size: status $status: $(cat err)"
		fi
	done
	[ $accepted -gt 50 ] || atf_fail "only $accepted accepted"
	[ $refused -gt 50 ] || atf_fail "only $refused refused"
}

# ---- values: one pair of cases a type ---------------------------------------------------------------

atf_test_case size__right
size__right_head()
{
	atf_set descr "sizes: bytes, b k m g t in either case of k to t, max"
}
size__right_body()
{
	good memory 65536 100000b 64k 64K 8m 8M 1g 1G 1t 8388607t max
	good memory-reservation 0 1
	good swap 0 max
	good pids-limit 1 max
}

atf_test_case size__wrong
size__wrong_head()
{
	atf_set descr "sizes: the vectors of minijail, and what strtoul would let pass"
}
size__wrong_body()
{
	wrong memory 'not a size (want a size such as 64m, 1g or max)' \
	    -8 +8 ' -8' ' 8' '8 ' 14u 14B 14Z 14.2G G 7GTPE 16384P 16E 9E 5.5G 0x10000 1e9 64mb 64kk 64m, \
	    MAX maximum max1 -1 unlimited '; /bin/rm -- ' 64:m m64 .5g 1,000 1_000 ' '
	refuses '--memory=\x0964m: not a size (want a size such as 64m, 1g or max)' -m '	64m' true
	wrong memory 'too large a size (want a size such as 64m, 1g or max)' 9999999999t 8388608t 9223372036854775807k
	wrong memory 'out of range (want at least 64k)' 0 1 65535 63k
	wrong pids-limit 'out of range (want at least 1)' 0
}

atf_test_case size__number_too_large
size__number_too_large_head()
{
	atf_set descr "a number that does not fit is called too large, as with a unit"
}
size__number_too_large_body()
{
	wrong memory 'too large a size (want a size such as 64m, 1g or max)' 18446744073709551616 9223372036854775808
}

atf_test_case size__count_wanted
size__count_wanted_head()
{
	atf_set descr "a count is not called a size in its message"
}
size__count_wanted_body()
{
	atf_check -s exit:125 -o empty -e not-match:'size' "$nook" explain --pids-limit=lots -- true
}

atf_test_case number__leading_zero
number__leading_zero_head()
{
	atf_set descr "a leading zero is refused: some read it as octal"
}
number__leading_zero_body()
{
	for setting in pids-limit=010 cpu-shares=010 nice=010 timeout=010s memory=0100000000 cpuset-cpus=01; do
		atf_check -s exit:125 -o empty -e match:"^nook: --$setting: " "$nook" explain "--$setting" -- true
	done
}

atf_test_case number__right
number__right_head()
{
	atf_set descr "whole numbers, negative where the range has them"
}
number__right_body()
{
	good nice -20 -1 0 19
	good oom-score-adj -1000 0 1000
	good cpu-shares 2 1024 262144
}

atf_test_case number__wrong
number__wrong_head()
{
	atf_set descr "numbers: signs, blanks, other bases, fractions, trailing bytes, overflow"
}
number__wrong_body()
{
	wrong nice 'not a number (want a whole number)' +5 ' 5' '5 ' 0x10 1e1 5.5 5k - -- --5 '- 5' five max \
	    18446744073709551616 9223372036854775808 -9223372036854775809 '5;' 5,6
	wrong nice 'out of range (want -20 to 19)' -21 20 9223372036854775807
	wrong oom-score-adj 'out of range (want -1000 to 1000)' -1001 1001
	wrong cpu-shares 'out of range (want 2 to 262144)' -1 0 1 262145
}

atf_test_case cpus__right
cpus__right_head()
{
	atf_set descr "CPUs: whole, and decimals down to millionths"
}
cpus__right_body()
{
	good cpus 0.01 0.5 1 1.5 2 0.123456 1023.999999 1024
}

atf_test_case cpus__wrong
cpus__wrong_head()
{
	atf_set descr "CPUs: everything but a plain decimal number is refused"
}
cpus__wrong_body()
{
	wrong cpus 'not a number of CPUs (want e.g. 0.5 or 2)' \
	    -1 +1 ' 1' '1 ' .5 1. 0,5 1.5.5 0x1 1e1 0.1234567 half max 50% 1.x 9223372036854775808 9223372036855
}

atf_test_case cpus__range_in_cpus
cpus__range_in_cpus_head()
{
	atf_set descr "the range of cpus is told in CPUs, as the user writes them"
}
cpus__range_in_cpus_body()
{
	wrong cpus 'out of range (want 0.01 to 1024)' 0 0.0 0.009999 1024.000001 1025
}

atf_test_case time__right
time__right_head()
{
	atf_set descr "times: seconds, or ms s m h d"
}
time__right_body()
{
	good timeout 1 1ms 500ms 10s 5m 2h 1d 2305843009213693951ms
	good stop-timeout 0 0ms
}

atf_test_case time__wrong
time__wrong_head()
{
	atf_set descr "times: units, signs, fractions and overflow that are refused"
}
time__wrong_body()
{
	wrong timeout 'not a time (want e.g. 500ms, 10s, 5m, 2h or 1d)' \
	    -1 +1 ' 1' '1 ' '1 s' 1.5s 10S 5w 1us s ms 0x10 1e3 1m30s max never 18446744073709551616
	wrong timeout 'too long a time (want e.g. 500ms, 10s, 5m, 2h or 1d)' \
	    9223372036854775807 9223372036854775807d 2305843009213693952ms 106751991168d
}

atf_test_case time__range_in_time
time__range_in_time_head()
{
	atf_set descr "the range of a time is told as a time, not as a bare number"
}
time__range_in_time_body()
{
	wrong timeout 'out of range (want at least 1ms)' 0 0ms 0s
}

atf_test_case shm_size__range
shm_size__range_head()
{
	atf_set descr "shm-size has no max, and the message says what it has"
}
shm_size__range_body()
{
	good shm-size 4k 64m
	wrong shm-size 'out of range (want at least 4096, and not max)' 0 4095
	atf_check -s exit:125 -o empty -e not-match:'\(want at least 4096\)$' \
	    "$nook" explain --shm-size=max -- true
}

atf_test_case pid1__only_there
pid1__only_there_head()
{
	atf_set descr "what only PID 1 can do is refused elsewhere, and explained all the same"
}
pid1__only_there_body()
{
	atf_check -s exit:125 -o empty -e inline:'nook: --on-exit: is for PID 1 alone\n' "$nook" --on-exit=shell true
	atf_check -s exit:125 -o empty -e inline:'nook: --exit-port: is for PID 1 alone\n' "$nook" --exit-port=/a true
	atf_check -s exit:0 -o match:'^on-exit = shell$' -e empty "$nook" explain --on-exit=shell true
}

atf_test_case boolean__values
boolean__values_head()
{
	atf_set descr "booleans: yes no true false on off, and nothing else"
}
boolean__values_body()
{
	good read-only yes no true false on off
	wrong read-only 'neither yes nor no (want yes or no)' 1 0 YES No y n 'yes ' ' no' yesno ro maybe -1
}

atf_test_case word__values
word__values_head()
{
	atf_set descr "settings with a fixed choice take one of the words, whole"
}
word__values_body()
{
	for setting in pid ipc uts cgroupns userns; do
		good "$setting" private host
		wrong "$setting" 'unknown word (want private|host)' Private hos hostx 'host ' 'private|host' '|' none 0
	done
	good report-format kv json
	wrong report-format 'unknown word (want kv|json)' JSON xml jso 'kv|json' 1
}

atf_test_case signal__values
signal__values_head()
{
	atf_set descr "signals: by name, with or without SIG, and by number 1 to 64"
}
signal__values_body()
{
	good stop-signal TERM SIGTERM KILL INT HUP USR1 WINCH PWR SYS 1 15 64
	wrong stop-signal 'not a signal (want a name such as TERM, or 1 to 64)' \
	    0 -1 65 +15 ' 15' '15 ' 0x0f 15x term SIG SIGSIGTERM NOSUCH RTMIN TERM,INT 'HUP|INT' 18446744073709551631
}

atf_test_case umask__values
umask__values_head()
{
	atf_set descr "umask: up to four octal digits, at most 0777"
}
umask__values_body()
{
	good umask 0 22 022 0022 0777 777
	wrong umask 'not an octal mask (want e.g. 022)' 8 009 1000 1777 7777 00022 -1 +22 ' 22' '22 ' 0x12 0o22 u=rwx 22,22
}

atf_test_case cpuset__values
cpuset__values_head()
{
	atf_set descr "lists of CPUs and nodes: numbers and ranges upwards, below 16384"
}
cpuset__values_body()
{
	good cpuset-cpus 0 0-2,4 3,1 0-1023 0-16383 16383 5-5
	good cpuset-mems 0 0-1
	for setting in cpuset-cpus cpuset-mems; do
		wrong "$setting" 'not a list of CPUs or nodes (want e.g. 0-2,4)' \
		    0- -1 1-0 0-16384 16384 99999 18446744073709551616 , 0, ,0 0,,1 '0, 1' ' 0' '0 ' 0x1 1-2-3 all max 0:1 a
	done
}

atf_test_case scheduler__values
scheduler__values_head()
{
	atf_set descr "schedulers: realtime ones need a priority, the others have none"
}
scheduler__values_body()
{
	good scheduler other batch idle fifo:1 fifo:99 rr:50
	want='(want other, batch, idle, fifo:1-99 or rr:1-99)'
	wrong scheduler "not a scheduler $want" fifo rr other:1 idle:0 FIFO:1 deadline ' fifo:1' :1 fif:1 'fifo|rr:1'
	wrong scheduler "not a realtime priority $want" fifo: fifo:0 fifo:100 rr:-1 rr:+1 'rr: 1' rr:1: rr:1x rr:0x1
}

atf_test_case name__values
name__values_head()
{
	atf_set descr "names: they become a directory, so nothing that could leave it"
}
name__values_body()
{
	good name a web_1 +a a.b a-b A9 7 "$(bytes 64)"
	wrong name 'not a name (want at most 64 letters, digits or _ + . -)' \
	    . .. .a a/b / -x ' a' 'a ' 'a b' a:b a,b 'a*' '@' '[' '`' '{' "$(bytes 65)" "$(bytes 300)"
	refuses '--name=a\x0ab: not a name (want at most 64 letters, digits or _ + . -)' --name 'a
b' true
	refuses '--name=\xe4\x1b[0m: not a name (want at most 64 letters, digits or _ + . -)' \
	    --name "$(printf '\344\033[0m')" true
}

atf_test_case hostname__values
hostname__values_head()
{
	atf_set descr "host names: letters, digits, dots and dashes, at most 64"
}
hostname__values_body()
{
	good hostname a web-1 a.example.org "$(bytes 64)"
	wrong hostname 'not a host name (want at most 64 letters, digits or . -)' \
	    -x a/b a_b 'a b' ' a' 'a ' a+b a: '*' ../x "$(bytes 65)" "$(bytes 300)"
}

atf_test_case hostname__only_dots
hostname__only_dots_head()
{
	atf_set descr "a host name of dots is refused, as a name is"
}
hostname__only_dots_body()
{
	wrong hostname 'not a host name (want at most 64 letters, digits or . -)' . .. .a
}

atf_test_case cgroup_parent__values
cgroup_parent__values_head()
{
	atf_set descr "cgroup-parent: an absolute path without .."
}
cgroup_parent__values_body()
{
	good cgroup-parent / /nook /nook/a /a.b/..c "/$(bytes 255)"
	wrong cgroup-parent "not a group's path (want a path such as /nook, without ..)" \
	    a nook/a .. ../a /.. /a/.. /../a /a/../b ./a ' /a' "/$(bytes 256)" \
	    "/$(bytes 200)/$(bytes 200)"
}

atf_test_case workdir__values
workdir__values_head()
{
	atf_set descr "workdir: an absolute path that the kernel would take"
}
workdir__values_body()
{
	good workdir / /a '/a b' "/$(bytes 4000)"
	wrong workdir 'not an absolute path (want a path that begins with /)' a ./a .. ../a ' /a' '~' -
	atf_check -s exit:125 -o empty -e match:'^nook: --workdir=/xxx' "$nook" explain --workdir "/$(bytes 4095)" -- true
	explains --workdir "/$(bytes 4094)" -- true
}

atf_test_case network__values
network__values_head()
{
	atf_set descr "network: none, host, or the absolute path of a namespace"
}
network__values_body()
{
	good network none host /run/netns/a /proc/1/ns/net
	for value in bridge None 'host ' ' none' run/netns/a ./a default private container:a nonehost hos; do
		atf_check -s exit:125 -o empty \
		    -e match:"^nook: --network=$value: .* \\(want none, host or the path of a namespace\\)\$" \
		    "$nook" explain "--network=$value" -- true
	done
}

atf_test_case stream__values
stream__values_head()
{
	atf_set descr "streams: inherit, null, a path with a slash, append:PATH, virtio:NAME; stderr = stdout"
}
stream__values_body()
{
	good stdin inherit null /a ./a
	good stdout inherit null /a ./a append:/a append:./a virtio:a syslog kmsg
	good stderr inherit null /a append:/a stdout virtio:a syslog kmsg
	for setting in stdin stdout stderr; do
		wrong "$setting" 'not a stream (want inherit, null, PATH with a /, append:PATH, virtio:NAME, syslog or kmsg)' \
		    a Null 'null ' ' inherit' append: append append:a append:null virtio: stderr - fd:1 'null|inherit'
	done
	atf_check -s exit:125 -o empty -e match:'^nook: --stdout=/xxx' "$nook" explain --stdout "/$(bytes 4095)" -- true
}

atf_test_case life__words
life__words_head()
{
	atf_set descr "restart and notify: words, some with a number"
}
life__words_body()
{
	good restart no always on-failure on-failure:1 on-failure:1000
	wrong restart 'not a restart policy (want no, always, on-failure or on-failure:N)' \
	    yes On-failure on-failure: on-failure:0 on-failure:-1 on-failure:x on-failure:1x always:2 no:1
	good notify no systemd fd:3 fd:2147483647
	wrong notify 'not a way to tell (want no, systemd or fd:N, N from 3)' yes fd fd: fd:2 fd:0 fd:-3 fd:3x 3 fd:2147483648
}

atf_test_case stream__logs
stream__logs_head()
{
	atf_set descr "a log takes output alone, and a limit on output no terminal"
}
stream__logs_body()
{
	for log in syslog kmsg; do
		atf_check -s exit:125 -o empty -e match:"^nook: --stdin=$log: a log takes output alone$" \
		    "$nook" explain --stdin=$log -- true
	done
	atf_check -s exit:125 -o empty -e match:'^nook: --tty=yes: takes all three streams; none can go elsewhere$' \
	    "$nook" explain --tty --output-limit 1m -- true
}

atf_test_case stream__joined_with_itself
stream__joined_with_itself_head()
{
	atf_set descr "stdout is a word of stderr alone; for the others it is no file in the directory either"
}
stream__joined_with_itself_body()
{
	for setting in stdin stdout; do
		atf_check -s exit:125 -o empty -e match:"^nook: --$setting=stdout: not a stream" \
		    "$nook" explain --$setting=stdout -- true
	done
}

atf_test_case stream__input_appended
stream__input_appended_head()
{
	atf_set descr "append: is refused for an input"
}
stream__input_appended_body()
{
	atf_check -s exit:125 -o empty -e match:'^nook: --stdin=append:/a: not a stream' \
	    "$nook" explain --stdin=append:/a -- true
}

atf_test_case tty__with_streams
tty__with_streams_head()
{
	atf_set descr "a terminal takes all three streams: none can go elsewhere"
}
tty__with_streams_body()
{
	for setting in stdin stdout stderr; do
		atf_check -s exit:125 -o empty \
		    -e match:'^nook: --tty(=yes)?: takes all three streams; none can go elsewhere$' \
		    "$nook" explain -t --$setting /dev/null -- true
	done
	printf 'nice = 1\ntty = yes\nstdout = null\n' >f.conf
	atf_check -s exit:125 -o empty \
	    -e match:'^nook: f\.conf:2: tty(=yes)?: takes all three streams; none can go elsewhere$' \
	    "$nook" explain -f f.conf -- true
	explains -t --stdin inherit -- true
}

atf_test_case report__values
report__values_head()
{
	atf_set descr "report: a path, or fd:N"
}
report__values_body()
{
	good report r /var/run/r fd:0 fd:3 fd:2147483647
	wrong report 'not a descriptor (want a path, fd:N or virtio:NAME)' \
	    fd: fd:-1 fd:+3 'fd: 3' fd:3x fd:x fd:2147483648 fd:18446744073709551616 fd:0x3 fd:3:4
	good report "$(bytes 4095)"
	atf_check -s exit:125 -o empty -e match:'^nook: --report=xxx' "$nook" explain --report "$(bytes 4096)" -- true
}

atf_test_case user__values
user__values_head()
{
	atf_set descr "users and groups by name or number; 2^32-1 means unchanged to the kernel and is refused"
}
user__values_body()
{
	good user 0 1000 1000:100 daemon daemon:daemon 4294967294 0:4294967294 _a a.b a-b
	want='(want NAME or UID, and :GROUP or :GID)'
	wrong user "not a user $want" 4294967295 4294967296 -1 +1 ' 1' '1 ' 1x 0x1 : :1 ':' 18446744073709551616 \
	    'a b' -a .a a/b 'root;' "$(bytes 33)" 1.0 1,2
	wrong user "not a group $want" 1: 1:-1 1:4294967295 1:4294967296 1:2:3 '1: 2' 1:1x 'a:b c' a::b
	refuses "--user=1000\\x0d: not a user $want" --user "$(printf '1000\r')" true
	good group-add 0 7 audio 4294967294
	wrong group-add "not a group (want a group's name or number)" 4294967295 4294967296 -1 +1 ' 1' '1 ' 1x 1:2 : a/b -a
}

atf_test_case env__values
env__values_head()
{
	atf_set descr "env: NAME passes on, NAME=VALUE sets; the value may hold anything"
}
env__values_body()
{
	good env A A= A=b A=b=c 'A=b c' 'A=b,c' A=# LD_PRELOAD=/x
	wrong env 'no name (want NAME=VALUE, or NAME to pass it on)' = =b =A=b
}

atf_test_case capability__values
capability__values_head()
{
	atf_set descr "capabilities: with or without CAP_, in either case, and all"
}
capability__values_body()
{
	for setting in cap-add cap-drop; do
		good "$setting" chown CAP_CHOWN cap_net_raw Net_Raw checkpoint_restore all ALL
		wrong "$setting" 'not a capability (want e.g. net_bind_service, or all)' \
		    nosuch cap_ CAP 0 -1 cap_cap_chown 'chown ' ' chown' 'chown|kill' chow cap_all none "$(bytes 40)"
	done
	refuses '--cap-add=nosuch: not a capability (want e.g. net_bind_service, or all)' --cap-add kill,nosuch,chown true
}

atf_test_case ulimit__values
ulimit__values_head()
{
	atf_set descr "ulimits: NAME=SOFT[:HARD], soft at most hard"
}
ulimit__values_body()
{
	good ulimit nofile=256 nofile=256:512 core=0 core=0:unlimited as=1g stack=8m:unlimited nproc=unlimited rttime=1
	want='(want NAME=SOFT[:HARD], e.g. nofile=256)'
	wrong ulimit "not a ulimit $want" nofile nosuch=1 =1 NOFILE=1 RLIMIT_NOFILE=1 'nofile =1' nofile:1 \
	    'cpu|as=1' 256 ' cpu=1'
	wrong ulimit "not a ulimit's number $want" nofile= nofile=x nofile=-1 nofile=+1 nofile=1: nofile=:1 nofile=1:2:3 \
	    'nofile= 1' 'nofile=1 ' nofile=0x1 nofile=1.5 nofile=18446744073709551616 nofile=1:x nofile=1=2
	wrong ulimit "the soft limit is over the hard limit $want" nofile=2:1 nofile=unlimited:1 as=1g:1m
}

atf_test_case rate__values
rate__values_head()
{
	atf_set descr "rates: an absolute device, a colon, a size above 0 and below max"
}
rate__values_body()
{
	want='(want DEV:RATE, e.g. /dev/sda:1m)'
	for setting in device-read-bps device-write-bps device-read-iops device-write-iops; do
		good "$setting" /dev/sda:1 /dev/sda:1m /dev/a:b:5
		wrong "$setting" "no device and rate $want" sda:1m /dev/sda : :1 1m dev/sda:1m ' /dev/sda:1'
		wrong "$setting" "not a rate $want" /dev/sda: /dev/sda:0 /dev/sda:-1 /dev/sda:+1 '/dev/sda: 1' /dev/sda:1x \
		    /dev/sda:max /dev/sda:18446744073709551616 /dev/sda:9999999999t /dev/sda:1.5m
	done
}

atf_test_case sysctl__values
sysctl__values_head()
{
	atf_set descr "sysctls: those of a private namespace; those of the machine are refused"
}
sysctl__values_body()
{
	good sysctl net.ipv4.ip_forward=1 kernel.shmmax=1 kernel.msgmax=1 'kernel.sem=1 2 3 4' fs.mqueue.msg_max=9 \
	    kernel.domainname=a
	want='(want KEY=VALUE of net., kernel.shm, msg, sem, fs.mqueue)'
	wrong sysctl "not KEY=VALUE $want" net.ipv4.ip_forward net.ipv4.ip_forward= =1 net..x=1 net/ipv4/ip_forward=1 \
	    'net.a =1' net.../x=1 net.ipv4.../../kernel/core_pattern=x ' net.a=1' 'net.a*=1'
	wrong sysctl "belongs to the whole machine, not to a namespace $want" kernel.core_pattern=x kernel.hostname=a \
	    vm.swappiness=1 fs.file-max=1 kernel.panic=1 kernel.modprobe=/x user.max_user_namespaces=1 net=1 debug.x=1
}

atf_test_case sysctl__namespace_of_the_host
sysctl__namespace_of_the_host_head()
{
	atf_set descr "a sysctl of a namespace that is shared with the host is refused, naming both settings"
}
sysctl__namespace_of_the_host_body()
{
	for both in 'net.ipv4.ip_forward network' 'kernel.shmmax ipc' 'fs.mqueue.msg_max ipc' 'kernel.domainname uts'; do
		atf_check -s exit:125 -o empty \
		    -e match:"^nook: --sysctl=${both% *}=1: would change the host.*${both#* }" \
		    "$nook" explain "--sysctl=${both% *}=1" "--${both#* }=host" -- true
	done
	printf 'network = host\nsysctl = net.a=1\n' >f.conf
	atf_check -s exit:125 -o empty -e match:'^nook: f\.conf:2: sysctl=net\.a=1: would change the host.*network' \
	    "$nook" explain -f f.conf -- true
	explains --sysctl net.a=1 --ipc host --uts host -- true
}

atf_test_case hostname__namespace_of_the_host
hostname__namespace_of_the_host_head()
{
	atf_set descr "a host name with the host's uts namespace is refused, with its value, naming both settings"
}
hostname__namespace_of_the_host_body()
{
	atf_check -s exit:125 -o empty -e match:'^nook: --hostname=a: would change the host.*uts' \
	    "$nook" explain --hostname a --uts host -- true
	printf 'uts = host\n\nhostname = a\n' >f.conf
	atf_check -s exit:125 -o empty -e match:'^nook: f\.conf:3: hostname=a: would change the host.*uts' \
	    "$nook" explain -f f.conf -- true
}

atf_test_case volume__values
volume__values_head()
{
	atf_set descr "volumes: absolute source, a place inside without .., known options"
}
volume__values_body()
{
	good volume /a /a:/b /a:ro /a:/b:ro /a:/b:rw,exec,dev,suid,try '/a b:/c d' /a/../b:/c /a:/...b
	want='(want SRC[:DST][:ro,rw,try,exec,noexec,dev,suid])'
	wrong volume "the source is not an absolute path $want" a ./a ../a a:/b : :/b ' /a' '~/a'
	wrong volume "an unknown option $want" /a: /a:b /a:./b /a:/b: /a:/b:nosuch /a:/b:ro,,rw /a:/b:ro, /a:RO /a:/b:'ro ' \
	    /a:/b:'ro|rw' /a:/b:z /a:../b
	wrong volume "too many parts $want" /a:/b:ro:rw /a:ro:/b /a:/b:/c:/d
	wrong volume "the place inside is not an absolute path without .. $want" \
	    /a:/b/.. /a:/../b /a:/.. /a/../b /a:/b/../c:ro "/a:/$(bytes 256)"
	wrong volume "the place inside is the root itself $want" / /a:/ /a:// /a:/. /a:/./ /a:/:ro
}

atf_test_case mount__values
mount__values_head()
{
	atf_set descr "mounts: type, src and dst once each, opt last"
}
mount__values_body()
{
	good mount type=9p,src=a,dst=/m dst=/m,src=a,type=9p type=9p,src=a,dst=/m,opt=ro,trans=virtio,version=9p2000.L
	want='(want type=TYPE,src=SRC,dst=DST[,opt=...])'
	wrong mount "not type=,src=,dst=,opt= $want" x type type= type=9p,src=a,dst=/m, type=9p,type=9p,src=a,dst=/m \
	    type=9p,src=,dst=/m ,type=9p,src=a,dst=/m TYPE=9p,src=a,dst=/m type=9p,src=a,dst=/m,ro \
	    'type=9p, src=a,dst=/m' source=a,type=9p,dst=/m "type=$(bytes 32),src=a,dst=/m"
	wrong mount "type and src are needed $want" type=9p,dst=/m src=a,dst=/m dst=/m opt=ro
	wrong mount "the place inside is not an absolute path without .. $want" type=9p,src=a type=9p,src=a,dst=m \
	    type=9p,src=a,dst=/m/.. type=9p,src=a,dst=/../m
	wrong mount "the place inside is the root itself $want" type=9p,src=a,dst=/ type=9p,src=a,dst=/.
	wrong mount "too many options $want" "type=9p,src=a,dst=/m,opt=$(bytes 512)"
}

atf_test_case tmpfs__values
tmpfs__values_head()
{
	atf_set descr "tmpfs: a place inside without .., known options"
}
tmpfs__values_body()
{
	good tmpfs /a /a:size=1m /a:size=1m,nr_inodes=10,mode=0700,uid=1,gid=1,ro,noexec
	want='(want DST[:size=SIZE,nr_inodes=N,mode=MODE])'
	wrong tmpfs "an unknown option $want" /a: /a:size /a:nosuch=1 /a:size=1m, /a:,ro /a:size=1m,x /a:/b /a:RO
	wrong tmpfs "not a number for an option $want" /a:size= "/a:size=$(bytes 512)"
	wrong tmpfs "the place inside is not an absolute path without .. $want" a ./a .. /.. /a/.. /../a ' /a' :ro
	wrong tmpfs "the place inside is the root itself $want" / // /. /:size=1m
}

atf_test_case tmpfs__option_values
tmpfs__option_values_head()
{
	atf_set descr "a tmpfs size, count, mode or id that is none is refused while reading, not by the mount"
}
tmpfs__option_values_body()
{
	for value in size=lots size=-1 size=1x size=18446744073709551616 nr_inodes=x mode=999 mode=rwx uid=x gid=-1; do
		atf_check -s exit:125 -o empty -e match:"^nook: --tmpfs=/a:$value: .*\\(want " \
		    "$nook" explain "--tmpfs=/a:$value" -- true
	done
}

atf_test_case device__values
device__values_head()
{
	atf_set descr "devices: an absolute path whose place inside is below /dev"
}
device__values_body()
{
	good device /dev/null /dev/net/tun /tmp/x:/dev/y /dev/a:ro
	want='(want e.g. /dev/net/tun)'
	wrong device "a device's place is below /dev $want" /etc/passwd /dev /dev/a:/a /devx/a
	wrong device "the place inside is not an absolute path without .. $want" /dev/../etc /dev/a:/dev/../b /dev/..
	wrong device "the source is not an absolute path $want" null dev/null ./dev/null ' /dev/null'
	wrong device "an unknown option $want" /dev/null:rwm /dev/null: /dev/null:null
}

atf_test_case device__all_of_dev
device__all_of_dev_head()
{
	atf_set descr "/dev itself, however it is spelled, is no device: it would bring in every device of the host"
}
device__all_of_dev_body()
{
	for value in /dev/ /dev// /dev/. /dev/./ //dev/ /tmp:/dev/ /x:/dev/.; do
		atf_check -s exit:125 -o empty -e match:"^nook: --device=$value: " "$nook" explain "--device=$value" -- true
	done
}

atf_test_case allow_missing__values
allow_missing__values_head()
{
	atf_set descr "allow-missing takes names of settings, joined by commas or repeated"
}
allow_missing__values_body()
{
	explains --allow-missing pid,memory --allow-missing network -- true
	has 'allow-missing = pid' 'allow-missing = memory' 'allow-missing = network'
	wrong allow-missing 'not a name (want names of settings)' '?' a/b ' pid' 'pid ' -pid
}

atf_test_case allow_missing__unknown
allow_missing__unknown_head()
{
	atf_set descr "a name that is no setting is refused as a value of allow-missing, not as an option of its own"
}
allow_missing__unknown_body()
{
	wrong allow-missing 'unknown setting (did you mean network?)' netwrk
	wrong allow-missing 'unknown setting (nook --help all lists them)' zzzzzz
	printf 'nice = 1\nallow-missing = pid,memry\n' >f.conf
	file_refused '2: allow-missing=memry: unknown setting (did you mean memory?)'
}

atf_test_case command__wrong
command__wrong_head()
{
	atf_set descr "command: quotes that are not closed, a backslash at the end, nothing in it, too much in it"
}
command__wrong_body()
{
	want='(want words as for a shell)'
	for text in '"a' "'a" 'a "b' "a 'b c" 'a "b\"' "a 'b\\''" "a \"b'" 'a b"' "\"'\"'"; do
		refuses "--command=$text: a quote is not closed $want" --command "$text"
	done
	refuses "--command=a \\: a backslash at the end $want" --command 'a \'
	refuses "--command=\\: a backslash at the end $want" --command '\'
	for text in '""' "''" ' ' '"" a' "''\"\" a"; do
		refuses "--command=$text: no command $want" --command "$text"
	done
	printf 'command = sh -c "echo\nnice = 1\n' >f.conf
	printf 'nook: f.conf:1: command=sh -c "echo: a quote is not closed %s\n' "$want" >err
	atf_check -s exit:125 -o empty -e file:err "$nook" explain -f f.conf
	explains --command "$(i=0; while [ $i -lt 511 ]; do printf 'a '; i=$((i + 1)); done)"
	refuses "--command=$(i=0; while [ $i -lt 512 ]; do printf 'a '; i=$((i + 1)); done): too many words $want" \
	    --command "$(i=0; while [ $i -lt 512 ]; do printf 'a '; i=$((i + 1)); done)"
}

atf_test_case command__too_long
command__too_long_head()
{
	atf_set descr "a command that does not fit is refused, never cut"
}
command__too_long_body()
{
	printf 'command = a %s\n' "$(bytes 16370)" >f.conf
	explains -f f.conf
	printf 'command = a %s\n' "$(bytes 16400)" >f.conf
	atf_check -s exit:125 -o empty -e match:'^nook: f\.conf:1: command=a xxx' "$nook" explain -f f.conf
}

# words TEXT WANTED: what `command = printf '[%s]' TEXT` prints
words()
{
	printf "command = printf '[%%s]' %s\n" "$1" >f.conf
	printf '%s' "$2" >want
	atf_check -s exit:0 -o file:want -e empty "$nook" -f f.conf
}

atf_test_case command__words
command__words_head()
{
	atf_set descr "command is split as a shell would, without expansions"
	atf_set require.user root
}
command__words_body()
{
	words 'a b' '[a][b]'
	words 'a 	  b  ' '[a][b]'
	words '"a b" c' '[a b][c]'
	words "'a b' c" '[a b][c]'
	words 'a\ b c' '[a b][c]'
	words 'a"b c"d' '[ab cd]'
	words "a'b c'd" '[ab cd]'
	words '"a""b"' '[ab]'
	words '"" a' '[][a]'
	words "a ''" '[a][]'
	words '"a\"b"' '[a"b]'
	words '"a\\b"' '[a\b]'
	words '"a\b"' '[a\b]'
	words "'a\\b'" '[a\b]'
	words "'a\\\\b\\\"'" '[a\\b\"]'
	words "'a\"b'" '[a"b]'
	words "\"a'b\"" "[a'b]"
	words "a\\'b" "[a'b]"
	words 'a\"b' '[a"b]'
	words 'a\\b' '[a\b]'
	words 'a\bc' '[abc]'
	words '$HOME ${A} `id` $(id) * ? ~ {a,b} a;b a|b a&b a>b' \
	    '[$HOME][${A}][`id`][$(id)][*][?][~][{a,b}][a;b][a|b][a&b][a>b]'
	words 'a # b' '[a][#][b]'
	words 'a=b -x --' '[a=b][-x][--]'
}

atf_test_case command__file_against_command_line
command__file_against_command_line_head()
{
	atf_set descr "words of the command line run as given, and as given by what explain printed of them"
	atf_set require.user root
}
command__file_against_command_line_body()
{
	set -- printf '[%s]' 'a b' '' '"' "'" '\' '\\' 'a\"b' '$HOME' '#' '	' ' ' '=' '-m' '--' 'a\' "$(printf '\344')"
	"$@" >want
	atf_check -s exit:0 -o file:want -e empty "$nook" -- "$@"
	explains -- "$@"
	atf_check -s exit:0 -o file:want -e empty "$nook" -f got
}

# ---- messages ------------------------------------------------------------------------------------

atf_test_case message__names_the_file
message__names_the_file_head()
{
	atf_set descr "a mistake in a file is told with the file as it was given, and the line"
}
message__names_the_file_body()
{
	mkdir d
	printf '\n# a\r\n\nmemory = lots\n' >d/web.conf
	why='memory=lots: not a size (want a size such as 64m, 1g or max)'
	refuses "d/web.conf:4: $why" -f d/web.conf -- true
	refuses "./d/../d/web.conf:4: $why" -f ./d/../d/web.conf -- true
	refuses "$PWD/d/web.conf:4: $why" -f "$PWD/d/web.conf" -- true
}

atf_test_case message__escapes_bytes
message__escapes_bytes_head()
{
	atf_set descr "what is not printable ASCII leaves a message as \\xNN: it cannot drive a terminal"
}
message__escapes_bytes_body()
{
	why='not a size (want a size such as 64m, 1g or max)'
	refuses "--memory=\\x1b[2J\\x07\\xff: $why" -m "$(printf '\033[2J\007\377')" true
	refuses "--memory=6\\x0anook: 4: $why" -m '6
nook: 4' true
	printf 'k\033y = 1\nmemory = \303\244\n' >"$(printf 'f\033.conf')"
	printf 'nook: %s\n' 'f\x1b.conf:1: k\x1by: unknown setting (nook --help all lists them)' \
	    "f\\x1b.conf:2: memory=\\xc3\\xa4: $why" >want
	atf_check -s exit:125 -o empty -e file:want "$nook" explain -f "$(printf 'f\033.conf')" -- true
}

atf_test_case message__long_value
message__long_value_head()
{
	atf_set descr "a long value may be cut in the message, what is wrong with it may not"
}
message__long_value_body()
{
	for length in 900 1100 4000 50000; do
		value=$(bytes $length)
		printf 'memory = %s\n' "$value" >f.conf
		atf_check -s exit:125 -o empty -e match:'^nook: f\.conf:1: memory=xxx.*: not a size \(want .*\)$' \
		    "$nook" explain -f f.conf -- true
		atf_check -s exit:125 -o empty -e match:'^nook: --xxx.*: unknown setting \(.*\)$' \
		    "$nook" explain "--$value" -- true
	done
}

atf_test_case message__one_write_each
message__one_write_each_head()
{
	atf_set descr "each message is one write(2), so that parallel runs do not mix theirs"
	atf_set require.progs strace
}
message__one_write_each_body()
{
	printf 'memory = lots\nnosuchkey = 1\nno equals\n' >f.conf
	atf_check -s exit:125 -o empty -e save:err strace -s 500 -o trace -e trace=write,writev -- "$nook" -x -f f.conf -- true
	atf_check -s exit:0 -o inline:'4\n' -e empty grep -c '^nook: ' err
	atf_check -s exit:0 -o inline:'4\n' -e empty grep -cE '^write\(2, "nook: .*\\n"' trace
	atf_check -s exit:0 -o inline:'4\n' -e empty grep -c '^write' trace
}

atf_test_case message__nowhere_to_go
message__nowhere_to_go_head()
{
	atf_set descr "no standard error, a full one, or closed streams: still refused with 125"
}
message__nowhere_to_go_body()
{
	atf_check -s exit:125 -o empty -e empty sh -c '"$0" -m lots true 2>/dev/full' "$nook"
	atf_check -s exit:125 -o empty -e empty sh -c '"$0" -m lots true 2>&-' "$nook"
	atf_check -s exit:125 -o empty -e empty sh -c '"$0" -m lots true <&- >&- 2>&-' "$nook"
}

# ---- nothing is touched ----------------------------------------------------------------------------

atf_test_case untouched__wrong_settings
untouched__wrong_settings_head()
{
	atf_set descr "with a mistake in the settings nothing is made, mounted, started or written"
	atf_set require.progs strace
}
untouched__wrong_settings_body()
{
	{ every_setting | grep -v '^name'; echo 'name = a/b'; } >last.conf
	echo 'nosuch = 1' >first.conf
	every_setting >>first.conf
	bytes 70000 >large.conf
	: >trace
	: >before
	: >after
	ls >before
	traced -f last.conf -- touch ran
	traced -f first.conf -- touch ran
	traced -f large.conf -- touch ran
	traced -f . -- touch ran
	traced -f nofile -- touch ran
	traced -m 64m --name a --report r --stdout ./o --nosuch -- touch ran
	traced -m 64m --name a --report r --stdout ./o --nice 20
	traced -m 64m --name a --report r --stdout ./o
	traced -m 64m -m 64m --name a --report r -- touch ran
	traced -t --stdout ./o -- touch ran
	traced --uts host --hostname a -- touch ran
	ls >after
	atf_check -s exit:0 -o empty -e empty diff before after
}

atf_test_case untouched__a_run_is_seen
untouched__a_run_is_seen_head()
{
	atf_set descr "the same look at a run that does start finds something, so it is no blind one"
	atf_set require.progs strace
	atf_set require.user root
}
untouched__a_run_is_seen_body()
{
	atf_check -s exit:0 -o ignore -e ignore strace -f -o trace -- "$nook" -- true
	atf_check -s exit:0 -o not-empty -e empty grep -E '^[0-9]+ +(clone3?|mount)\(' trace
}

atf_test_case untouched__explain
untouched__explain_head()
{
	atf_set descr "explain of every setting makes, mounts, starts and writes nothing but its output"
	atf_set require.progs strace
}
untouched__explain_body()
{
	every_setting >f.conf
	atf_check -s exit:0 -o save:got -e empty strace -f -o trace -- "$nook" explain --report ./r --stdout ./o -f f.conf
	untouched
	has 'report = ./r' 'stdout = ./o'
	atf_check -s exit:1 -o empty -e empty grep 'write(2' trace
	atf_check -s exit:1 -o empty -e empty sh -c 'ls | grep -xE "o|r|r\..*"'
}

# ---- --help, --version, explain -------------------------------------------------------------------

atf_test_case help__short
help__short_head()
{
	atf_set descr "--help and -h: status 0, on standard output, the common settings"
}
help__short_body()
{
	atf_check -s exit:0 -o save:short -e empty "$nook" --help
	atf_check -s exit:0 -o file:short -e empty "$nook" -h
	atf_check -s exit:0 -o file:short -e empty "$nook" -m 64m -tih --name a
	atf_check -s exit:0 -o file:short -e empty "$nook" run --help
	atf_check -s exit:0 -o file:short -e empty "$nook" --help true
	atf_check -s exit:0 -o match:'^usage: nook ' -e empty head -n 1 short
	atf_check -s exit:0 -o not-empty -e empty grep -E '^  -m, --memory SIZE +[a-z]' short
	atf_check -s exit:0 -o not-empty -e empty grep -E '^      --cpus N +[A-Z]' short
	atf_check -s exit:1 -o empty -e empty grep -e '--cpuset-mems' short
}

atf_test_case help__fits_a_screen
help__fits_a_screen_head()
{
	atf_set descr "--help is at most 24 lines of 80 columns"
}
help__fits_a_screen_body()
{
	atf_check -s exit:0 -o save:short -e empty "$nook" --help
	atf_check -s exit:0 -o empty -e empty awk 'NR > 24 || length > 80 || /\t/' short
}

atf_test_case help__all_has_every_row
help__all_has_every_row_head()
{
	atf_set descr "--help all has every setting once, and this program's file has every setting of it"
}
help__all_has_every_row_body()
{
	atf_check -s exit:0 -o not-empty -e empty "$nook" --help all
	names >printed
	every_setting | sed 's/ = .*//' | uniq >known
	atf_check -s exit:0 -o empty -e empty diff known printed
	atf_check -s exit:0 -o empty -e empty sh -c 'sort printed | uniq -d'
	every_setting >f.conf
	explains -f f.conf
	settings_only got | sed 's/ = .*//' | uniq >explained
	atf_check -s exit:0 -o empty -e empty diff known explained
}

atf_test_case help__all_has_groups
help__all_has_groups_head()
{
	atf_set descr "--help all has the title of each group on a line of its own"
}
help__all_has_groups_body()
{
	"$nook" --help all | grep -xE '[a-z]+' >titles
	printf '%s\n' limits time namespaces root rights streams life result >want
	atf_check -s exit:0 -o empty -e empty diff want titles
}

atf_test_case help__after_a_mistake
help__after_a_mistake_head()
{
	atf_set descr "a mistake in the options wins over --help and --version"
}
help__after_a_mistake_body()
{
	refuses '-x: unknown option (nook --help all lists them)' -x --help
	refuses '-x: unknown option (nook --help all lists them)' --version -x
	atf_check -s exit:125 -o empty -e match:'^nook: --(help|version)' "$nook" --version=1
}

atf_test_case version__printed
version__printed_head()
{
	atf_set descr "--version prints the name and the version, status 0"
}
version__printed_body()
{
	atf_check -s exit:0 -o match:'^nook [0-9]+\.[0-9]+(\.[0-9]+)?$' -e empty "$nook" --version
	atf_check -s exit:0 -o match:'^nook [0-9]' -e empty "$nook" run -m 64m --version
}

atf_test_case output__full
output__full_head()
{
	atf_set descr "output that cannot be written is a failure, 125, of --help, --version and explain"
}
output__full_body()
{
	for what in --help '--help all' --version 'explain -- true'; do
		atf_check -s exit:125 -o empty -e ignore sh -c "\"\$0\" $what >/dev/full" "$nook"
	done
}

atf_test_case output__full_is_told
output__full_is_told_head()
{
	atf_set descr "output that cannot be written is told, with the reason"
}
output__full_is_told_body()
{
	for what in --help '--help all' --version 'explain -- true'; do
		atf_check -s exit:125 -o empty -e match:'^nook: cannot write .*: No space left on device$' \
		    sh -c "\"\$0\" $what >/dev/full" "$nook"
	done
}

atf_test_case explain__origins
explain__origins_head()
{
	atf_set descr "explain says where each setting comes from: default, the command line, file and line"
}
explain__origins_body()
{
	printf '\nnice = 5\nmemory = 64m\nenv = A\n' >f.conf
	explains -f f.conf -m 1g -e B -- true
	for both in 'nice = 5|# f.conf:2' 'memory = 1g|# the command line' 'env = A|# f.conf:4' 'env = B|# the command line' \
	    'network = none|# default' 'command = "true"|# the command line'; do
		awk -v line="${both%|*}" '/^#/ { origin = $0 } $0 == line { print origin }' got >origin
		printf '%s\n' "${both#*|}" >want
		atf_check -s exit:0 -o empty -e empty diff want origin
	done
}

atf_test_case explain__defaults
explain__defaults_head()
{
	atf_set descr "what is in force when nothing is asked for: all of it, and nothing else"
}
explain__defaults_body()
{
	cat >want <<'END'
stop-signal = TERM
stop-timeout = 2s
network = none
pid = private
ipc = private
uts = private
cgroupns = private
read-only = no
shm-size = 64m
hidepid = no
umask = 022
no-new-privileges = yes
seccomp = default
privileged = no
stdin = inherit
stdout = inherit
stderr = inherit
tty = no
interactive = no
preserve-fds = 0
init = yes
restart = no
restart-delay = 100ms
oom-group = yes
notify = no
report-format = kv
format = table
command = "true"
watchdog-timeout = 30s
END
	explains -- true
	settings_only got >defaults
	atf_check -s exit:0 -o empty -e empty diff want defaults
}

atf_test_case explain__origin_after_the_command
explain__origin_after_the_command_head()
{
	atf_set descr "a preset that is printed after the command is no part of the command line"
}
explain__origin_after_the_command_body()
{
	explains -- true
	sed -n '/^command = /,/^watchdog-timeout = /p' got >end
	atf_check -s exit:0 -o inline:'command = "true"\n# default\nwatchdog-timeout = 30s\n' -e empty cat end
}

# opened LINES ARG...: what explain says is open, and what it warns of
opened()
{
	lines=$1
	shift
	explains "$@" -- true
	sed -n '/open beyond/,$s/^# *//p' got | sed 1d | cut -c 1-48 >opened
	atf_check -s exit:0 -o inline:"$lines" -e empty cat opened
}

atf_test_case explain__open
explain__open_head()
{
	atf_set descr "explain lists what is open beyond the defaults, and warns of what gives the host away"
}
explain__open_body()
{
	opened 'nothing\n' --rootfs scratch
	opened 'nothing\n' --rootfs scratch --pid private --seccomp default --no-new-privileges
	opened 'nothing\nbeware: without a rootfs of its own, and writabl\n' -u 0
	opened 'nothing\n' -u 1000
	opened 'nothing\n' -u 0 --read-only
	opened 'network = host\npid = host\nvolume = /srv\ncap-add = net_bind_service\n' --rootfs scratch --network host --pid host -v /srv --cap-add net_bind_service
	opened 'pid = host\ncap-add = sys_ptrace\nbeware: with the pid namespace of the host it re\n' --rootfs scratch --pid host --cap-add sys_ptrace
	opened 'network = host\ncap-add = net_admin\nbeware: with the network of the host it rules th\n' --rootfs scratch --network host --cap-add net_admin
	opened 'cap-add = sys_admin\nbeware: a capability of its cap-add rules the wh\n' --rootfs scratch --cap-add sys_admin
	opened 'cap-add = all\nno-new-privileges = no\nseccomp = off\nprivileged = yes
beware: a capability of its cap-add rules the wh\n' --rootfs scratch --privileged
	opened 'volume = /etc:/mnt\nbeware: /etc:/mnt gives it files that rule the h\n' --rootfs scratch -u root -v /etc:/mnt
	opened 'volume = /etc:/mnt:ro\n' --rootfs scratch -u root -v /etc:/mnt:ro
}

atf_test_case explain__round_trip
explain__round_trip_head()
{
	atf_set descr "what explain prints of every setting is a file that explain prints again"
}
explain__round_trip_body()
{
	every_setting >f.conf
	explains -f f.conf
	mv got first.conf
	explains -f first.conf
	settings_only first.conf >first
	settings_only got >second
	atf_check -s exit:0 -o empty -e empty diff first second
	atf_check -s exit:0 -o empty -e empty sh -c 'sort f.conf >a; sort second | diff a -'
	explains -- true
	mv got first.conf
	explains -f first.conf
	settings_only first.conf >first
	settings_only got >second
	atf_check -s exit:0 -o empty -e empty diff first second
}

atf_test_case explain__without_a_command
explain__without_a_command_head()
{
	atf_set descr "explain needs no command: its usage is explain [-f FILE] [OPTION...]"
}
explain__without_a_command_body()
{
	explains -m 64m
	has 'memory = 64m'
	has_no '^command'
}

atf_test_case explain__newline
explain__newline_head()
{
	atf_set descr "a newline in a value or word does not make a setting of what follows it"
}
explain__newline_body()
{
	for option in '-e A=1
memory = 1g' '--workdir=/a
memory = 1g'; do
		atf_check -s ignore -o save:got -e ignore "$nook" explain "$option" -- true
		has_no '^memory'
	done
	atf_check -s ignore -o save:got -e ignore "$nook" explain -- sh -c 'true
memory = 1g'
	has_no '^memory'
}

atf_test_case explain__blanks
explain__blanks_head()
{
	atf_set descr "a value that a file would lose blanks or a carriage return of is named, not printed as another"
}
explain__blanks_body()
{
	for value in '/a ' '/a	' "/a$(printf '\r')" "/a$(printf '\r')b"; do
		explains --workdir "$value" -- true
		has '# workdir holds a line break, or a blank at an end, which a file cannot'
		has_no '^workdir'
	done
	explains --workdir '/a b' -e ' A' -- "a$(printf '\r')b"
	has 'workdir = /a b'
	has '# env holds a line break, or a blank at an end, which a file cannot'
	has_no '^env'
	has '# command holds a line break, or a blank at an end, which a file cannot'
	has_no '^command'
}

atf_test_case explain__long_word
explain__long_word_head()
{
	atf_set descr "a long word of the command is printed whole: a cut one would be another command"
}
explain__long_word_body()
{
	explains -- a "$(bytes 5000)" b
	has "command = \"a\" \"$(bytes 5000)\" \"b\""
}

atf_test_case explain__long_value
explain__long_value_head()
{
	atf_set descr "a long value is printed whole"
}
explain__long_value_body()
{
	explains -e "A=$(bytes 20000)" -- true
	has "env = A=$(bytes 20000)"
}

# ---- every row of the table --------------------------------------------------------------------------

atf_test_case every_setting__preset
every_setting__preset_head()
{
	atf_set descr "the preset that --help all prints is accepted, and is what explain prints without it"
}
every_setting__preset_body()
{
	"$nook" --help all | sed -n 's/^ .*--\([a-z-]*\) .*\[\([^][]*\)\]$/\1 \2/p' >presets
	[ "$(wc -l <presets)" -ge 15 ] || atf_fail "too few presets: $(cat presets)"
	explains -- true
	settings_only got | grep -v '^command' | sed 's/ = / /' >printed
	atf_check -s exit:0 -o empty -e empty diff presets printed
	while read -r name preset; do
		good "$name" "$preset"
	done <presets
}

# garbage NAME: what no value of that setting may look like
garbage()
{
	case $1 in
	command) printf '"?' ;;
	env) printf '=?' ;;
	report | rootfs | exit-port) bytes 4096 ;; # any text is a path, up to the longest
	*) printf '?!' ;;
	esac
}

atf_test_case every_setting__garbage
every_setting__garbage_head()
{
	atf_set descr "garbage is refused for every setting, in the file and on the command line, naming it"
}
every_setting__garbage_body()
{
	names >all
	[ "$(wc -l <all)" -ge 50 ] || atf_fail "too few settings: $(cat all)"
	while read -r name; do
		atf_check -s exit:125 -o empty -e match:"^nook: --$name=" "$nook" explain "--$name=$(garbage "$name")" -- true
		{ echo && printf '%s = ' "$name" && garbage "$name"; } >f.conf
		atf_check -s exit:125 -o empty -e match:"^nook: f\\.conf:2: $name=" "$nook" explain -f f.conf -- true
	done <all
}

atf_test_case every_setting__as_in_the_file
every_setting__as_in_the_file_head()
{
	atf_set descr "every setting means the same on the command line as in the file"
}
every_setting__as_in_the_file_body()
{
	every_setting >f.conf
	set --
	while read -r name equals value; do
		set -- "$@" "--$name$equals$value"
	done <f.conf
	explains "$@"
	settings_only got >options
	explains -f f.conf
	settings_only got >file
	atf_check -s exit:0 -o empty -e empty diff file options
}

# bounds: of every number: NAME BELOW LEAST MOST ABOVE, - for none
bounds()
{
	cat <<'END'
memory 65535 65536 max -
memory-high 65535 64k max -
memory-reservation - 0 max -
swap - 0 max -
cpus 0.009999 0.01 1024 1024.000001
cpu-shares 1 2 262144 262145
pids-limit 0 1 max -
oom-score-adj -1001 -1000 1000 1001
nice -21 -20 19 20
timeout 0 1ms 2305843009213693951ms 2305843009213693952ms
cpu-time 0 1ms 2305843009213693951ms 2305843009213693952ms
stop-signal 0 1 64 65
stop-timeout - 0 2305843009213693951ms 2305843009213693952ms
shm-size 4095 4k 8388607t max
umask - 0 0777 1000
log-max-size 4095 4k 8388607t max
output-limit - 0 max -
preserve-fds - 0 1024 1025
restart-delay 0 1ms 2305843009213693951ms 2305843009213693952ms
ready-fd 2 3 2147483647 2147483648
watchdog-timeout 999ms 1s 1d 86400001ms
END
}

atf_test_case every_setting__bounds
every_setting__bounds_head()
{
	atf_set descr "numbers are accepted at their bounds and refused beyond, naming the setting and the value"
}
every_setting__bounds_body()
{
	"$nook" --help all | sed -En 's/^ .*--([a-z-]+) (SIZE|N|TIME|MASK|SIGNAL) .*/\1/p' >numbers
	bounds | sed 's/ .*//' >bounded
	atf_check -s exit:0 -o empty -e empty diff numbers bounded
	bounds >all
	while read -r name below least most above; do
		good "$name" "$least" "$most"
		for value in "$below" "$above"; do
			[ "$value" = - ] || atf_check -s exit:125 -o empty -e match:"^nook: --$name=$value: .+ \\(want .+\\)\$" \
			    "$nook" explain "--$name=$value" -- true
		done
	done <all
}

atf_init_test_cases()
{
	atf_add_test_case argv__letters_combine
	atf_add_test_case argv__value_spellings
	atf_add_test_case argv__booleans
	atf_add_test_case argv__run_leads
	atf_add_test_case argv__file_anywhere
	atf_add_test_case argv__file_given_twice
	atf_add_test_case argv__options_end_at_the_command
	atf_add_test_case argv__option_as_a_value
	atf_add_test_case argv__value_missing
	atf_add_test_case argv__word_missing
	atf_add_test_case argv__value_empty
	atf_add_test_case argv__unknown_option
	atf_add_test_case argv__nearest_as_in_the_file
	atf_add_test_case argv__no_command
	atf_add_test_case argv__no_command_among_mistakes
	atf_add_test_case argv__given_twice
	atf_add_test_case argv__over_file
	atf_add_test_case file__blanks_and_comments
	atf_add_test_case file__last_line_without_newline
	atf_add_test_case file__nothing_in_it
	atf_add_test_case file__byte_order_mark
	atf_add_test_case file__byte_order_mark_named
	atf_add_test_case file__nul_byte
	atf_add_test_case file__carriage_return
	atf_add_test_case file__not_key_and_value
	atf_add_test_case file__unknown_key
	atf_add_test_case file__empty_value
	atf_add_test_case file__given_twice
	atf_add_test_case file__lists_repeat
	atf_add_test_case file__too_large
	atf_add_test_case file__long_line_not_split
	atf_add_test_case file__not_regular
	atf_add_test_case file__missing
	atf_add_test_case file__too_many_settings
	atf_add_test_case file__every_mistake_listed
	atf_add_test_case file__many_mistakes
	atf_add_test_case file__writable_by_all
	atf_add_test_case file__cut_anywhere
	atf_add_test_case size__right
	atf_add_test_case size__wrong
	atf_add_test_case size__number_too_large
	atf_add_test_case size__count_wanted
	atf_add_test_case number__leading_zero
	atf_add_test_case number__right
	atf_add_test_case number__wrong
	atf_add_test_case cpus__right
	atf_add_test_case cpus__wrong
	atf_add_test_case cpus__range_in_cpus
	atf_add_test_case time__right
	atf_add_test_case time__wrong
	atf_add_test_case time__range_in_time
	atf_add_test_case shm_size__range
	atf_add_test_case boolean__values
	atf_add_test_case pid1__only_there
	atf_add_test_case word__values
	atf_add_test_case signal__values
	atf_add_test_case umask__values
	atf_add_test_case cpuset__values
	atf_add_test_case scheduler__values
	atf_add_test_case name__values
	atf_add_test_case hostname__values
	atf_add_test_case hostname__only_dots
	atf_add_test_case cgroup_parent__values
	atf_add_test_case workdir__values
	atf_add_test_case network__values
	atf_add_test_case stream__values
	atf_add_test_case life__words
	atf_add_test_case stream__logs
	atf_add_test_case stream__joined_with_itself
	atf_add_test_case stream__input_appended
	atf_add_test_case tty__with_streams
	atf_add_test_case report__values
	atf_add_test_case user__values
	atf_add_test_case env__values
	atf_add_test_case capability__values
	atf_add_test_case ulimit__values
	atf_add_test_case rate__values
	atf_add_test_case sysctl__values
	atf_add_test_case sysctl__namespace_of_the_host
	atf_add_test_case hostname__namespace_of_the_host
	atf_add_test_case volume__values
	atf_add_test_case mount__values
	atf_add_test_case tmpfs__values
	atf_add_test_case tmpfs__option_values
	atf_add_test_case device__values
	atf_add_test_case device__all_of_dev
	atf_add_test_case allow_missing__values
	atf_add_test_case allow_missing__unknown
	atf_add_test_case command__wrong
	atf_add_test_case command__too_long
	atf_add_test_case command__words
	atf_add_test_case command__file_against_command_line
	atf_add_test_case message__names_the_file
	atf_add_test_case message__escapes_bytes
	atf_add_test_case message__long_value
	atf_add_test_case message__one_write_each
	atf_add_test_case message__nowhere_to_go
	atf_add_test_case untouched__wrong_settings
	atf_add_test_case untouched__a_run_is_seen
	atf_add_test_case untouched__explain
	atf_add_test_case help__short
	atf_add_test_case help__fits_a_screen
	atf_add_test_case help__all_has_every_row
	atf_add_test_case help__all_has_groups
	atf_add_test_case help__after_a_mistake
	atf_add_test_case version__printed
	atf_add_test_case output__full
	atf_add_test_case output__full_is_told
	atf_add_test_case explain__origins
	atf_add_test_case explain__defaults
	atf_add_test_case explain__origin_after_the_command
	atf_add_test_case explain__open
	atf_add_test_case explain__round_trip
	atf_add_test_case explain__without_a_command
	atf_add_test_case explain__newline
	atf_add_test_case explain__blanks
	atf_add_test_case explain__long_word
	atf_add_test_case explain__long_value
	atf_add_test_case every_setting__preset
	atf_add_test_case every_setting__garbage
	atf_add_test_case every_setting__as_in_the_file
	atf_add_test_case every_setting__bounds
}
