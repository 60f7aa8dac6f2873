#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# seccomp_test.sh - the filter of system calls: what it refuses, what opens it, and that programs live with it
#
# Each probe is shown to get further without the filter: one that cannot would prove nothing.
# shellcheck shell=sh disable=SC1091,SC2016,SC2154

. "$(atf_get_srcdir)/helpers.sh"

table=$(atf_get_srcdir)/../syscalls.tab

clean_up()
{
	:
}

# probe_program: ./probe makes the calls that are its arguments, with nothing that means anything, and prints
# NAME ERRNO of each; ./probe alone lists NAME ACT CAPABILITY of those that this architecture has
probe_program()
{
	{
		cat <<-\END
		#include <errno.h>
		#include <stdio.h>
		#include <string.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		static const struct { const char *name, *act, *opened; long number; } calls[] = {
		END
		awk '/^#/ || /^$/ { next }
			/^@/ { act = $2; opened = $3; next }
			{ for (i = 1; i <= NF; i++) {
				sub(/=.*/, "", $i)
				printf "#ifdef SYS_%s\n{ \"%s\", \"%s\", \"%s\", SYS_%s },\n#endif\n", $i, $i, act, opened, $i
			} }' "$table"
		cat <<-\END
		};
		int main(int argc, char **argv)
		{
			for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
				if (argc == 1)
					printf("%s %s %s\n", calls[i].name, calls[i].act, calls[i].opened);
				for (int n = 1; n < argc; n++)
					if (!strcmp(argv[n], calls[i].name))
						printf("%s %d\n", argv[n], syscall(calls[i].number, -1L, -1L, -1L, -1L, -1L, -1L) < 0 ? errno : 0);
			}
			return 0;
		}
		END
	} >probe.c
	atf_check -s exit:0 -o empty -e empty musl-gcc -static -o probe probe.c
	atf_check -s exit:0 -o save:calls -e empty ./probe
	awk '$2 == "DENIED" { print $1 }' calls >denied
	[ "$(wc -l <denied)" -ge 50 ] || atf_fail "only $(wc -l <denied) calls"
}

root_case denied__each 'each call of the table: EPERM with the filter, something else without'
denied__each_body()
{
	probe_program
	sed 's/$/ 1/' denied | sort >want
	# shellcheck disable=SC2046	# a list of words
	atf_check -s exit:0 -o save:got -e empty "$nook" -- ./probe $(cat denied)
	sort got | atf_check -s exit:0 -o file:want -e empty cat
	# vhangup would do as it is told, and modify_ldt and uselib may not be built in: those say ENOSYS
	# shellcheck disable=SC2046
	atf_check -s exit:0 -o save:got -e empty "$nook" --seccomp off --cap-add all -- ./probe $(cat denied)
	atf_check -s exit:1 -o empty -e empty grep ' 1$' got
}

root_case denied__opened_by_capability 'the capability that lets a call through lets it through, and no other'
denied__opened_by_capability_body()
{
	probe_program
	for capability in $(awk '$2 == "DENIED" && $3 != "-" { print $3 }' calls | sort -u); do
		[ "$capability" != perfmon ] || continue # also needs the kernel's leave: perf_event_paranoid
		opened=$(awk -v c="$capability" '$2 == "DENIED" && $3 == c { print $1 }' calls)
		closed=$(awk -v c="$capability" '$2 == "DENIED" && $3 != c { print $1 }' calls)
		# shellcheck disable=SC2086
		atf_check -s exit:0 -o not-match:' 1$' -e empty "$nook" --cap-add "$capability" -- ./probe $opened
		# shellcheck disable=SC2086
		atf_check -s exit:0 -o not-match:' [^1]$' -o not-match:' ..$' -e empty "$nook" --cap-add "$capability" -- ./probe $closed
	done
}

root_case arguments__looked_at 'clone flags, terminal input, personality and address families'
arguments__looked_at_body()
{
	cat >arguments.c <<-\END
	#define _GNU_SOURCE
	#include <errno.h>
	#include <sched.h>
	#include <signal.h>
	#include <stdio.h>
	#include <sys/ioctl.h>
	#include <sys/personality.h>
	#include <sys/socket.h>
	#include <sys/syscall.h>
	#include <sys/wait.h>
	#include <unistd.h>
	static void say(const char *what, long ret) { printf("%s %d\n", what, ret < 0 ? errno : 0); }
	static long clones(unsigned long flags)
	{
		long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
		if (pid == 0)
			_exit(0);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		return pid;
	}
	int main(void)
	{
		setvbuf(stdout, NULL, _IONBF, 0);
		say("clone", clones(0));
		say("clone-user", clones(CLONE_NEWUSER));
		say("clone-net", clones(CLONE_NEWNET));
		say("clone3", syscall(435, NULL, 0));
		say("tiocsti", ioctl(0, TIOCSTI, "x"));
		say("tiocsti-high", syscall(SYS_ioctl, 0, 0x100000000UL | TIOCSTI, "x"));
		say("fionread", ioctl(99, FIONREAD, 0));
		say("personality", personality(0xffffffff));
		say("personality-aslr", personality(0x0040000));
		say("unix", socket(AF_UNIX, SOCK_STREAM, 0));
		say("inet", socket(AF_INET, SOCK_STREAM, 0));
		say("netlink-route", socket(AF_NETLINK, SOCK_RAW, 0));
		say("netlink-audit", socket(AF_NETLINK, SOCK_RAW, 9));
		say("alg", socket(38, SOCK_SEQPACKET, 0));
		say("vsock", socket(40, SOCK_STREAM, 0));
		say("packet", socket(AF_PACKET, SOCK_RAW, 0));
		say("newer", syscall(4000));
		return 0;
	}
	END
	atf_check -s exit:0 -o empty -e empty musl-gcc -static -o arguments arguments.c
	atf_check -s exit:0 -o inline:'clone 0
clone-user 1
clone-net 1
clone3 38
tiocsti 1
tiocsti-high 1
fionread 9
personality 0
personality-aslr 1
unix 0
inet 0
netlink-route 0
netlink-audit 97
alg 97
vsock 97
packet 97
newer 38
' -e empty "$nook" --stdin null -- ./arguments
	atf_check -s exit:0 -o save:free -e empty "$nook" --stdin null --seccomp off --cap-add all -- ./arguments
	for probe in 'clone-user 1' 'clone-net 1' 'clone3 38' 'tiocsti 1' 'personality-aslr 1' 'netlink-audit 97' 'packet 97'; do
		atf_check -s exit:1 -o empty -e empty grep -x "$probe" free
	done
	atf_check -s exit:0 -o match:'^packet 0$' -o match:'^clone-net 1$' -e empty \
	    "$nook" --stdin null --cap-add net_raw -- ./arguments
}

root_case foreign__abi 'the numbers of another ABI are not looked up in this table: int 0x80 ends it, x32 is absent'
foreign__abi_body()
{
	case $(uname -m) in
	x86_64) ;;
	*) atf_skip 'x86-64 alone has two' ;;
	esac
	cat >foreign.c <<-\END
	#include <errno.h>
	#include <stdio.h>
	#include <unistd.h>
	#include <sys/syscall.h>
	int main(int argc, char **argv)
	{
		int ret = 20; /* getpid of i386 */
		if (argc > 1) {
			printf("%d\n", syscall(0x40000000L | SYS_getpid) < 0 ? errno : 0);
			return 0;
		}
		__asm__ volatile("int $0x80" : "+a"(ret) : : "memory", "r8", "r9", "r10", "r11");
		return ret > 0 ? 0 : 3;
	}
	END
	atf_check -s exit:0 -o empty -e empty musl-gcc -static -o foreign foreign.c
	atf_check -s exit:159 -o empty -e inline:'nook: killed by signal 31 (SYS)\nnook: hint: so the filter ends a system call of another ABI, or under a kill rule\n' "$nook" -- ./foreign
	atf_check -s exit:0 -o inline:'38\n' -e empty "$nook" -- ./foreign x32
	./foreign || atf_skip 'this kernel has no i386'
	atf_check -s exit:0 -o empty -e empty "$nook" --seccomp off -- ./foreign
}

root_case status__shown 'in force with the default, by /proc/self/status; also without no-new-privileges'
status__shown_body()
{
	for init in yes no; do
		atf_check -s exit:0 -o match:'^Seccomp:.2$' -e empty "$nook" --init=$init -- cat /proc/self/status
		atf_check -s exit:0 -o match:'^Seccomp:.2$' -e empty "$nook" --init=$init --user 65534 -- cat /proc/self/status
		atf_check -s exit:0 -o match:'^Seccomp:.2$' -o match:'^NoNewPrivs:.0$' -e empty \
		    "$nook" --init=$init --no-new-privileges=no -- cat /proc/self/status
		atf_check -s exit:0 -o match:'^Seccomp:.0$' -e empty "$nook" --init=$init --seccomp off -- cat /proc/self/status
	done
}

root_case kernel__lacks_it 'refused, with the option it needs; or excused, and said so'
kernel__lacks_it_body()
{
	# strace plays the kernel, for the first question alone
	for err in EINVAL ENOSYS; do
		atf_check -s exit:125 -o empty -e match:'^nook: cannot load the filter of system calls \(seccomp\): ' \
		    -e match:'^nook: hint: it needs CONFIG_SECCOMP_FILTER$' \
		    strace -o trace -e trace=prctl -e inject=prctl:error=$err:when=1 "$nook" -- true
		atf_check -s exit:0 -o empty -e match:'^nook: warning: seccomp is missing here' \
		    strace -o trace -e trace=prctl -e inject=prctl:error=$err:when=1 \
		    "$nook" --allow-missing seccomp --report report -- true
		atf_check -s exit:0 -o match:'^missing=seccomp$' -e empty cat report
	done
}

root_case programs__run 'shell pipelines, python, perl and a compiler do not notice'
programs__run_body()
{
	echo 'int main(void) { return 7; }' >seven.c
	atf_check -s exit:0 -o inline:'3\n' -e empty "$nook" -- sh -c 'printf "a\nb\nc\n" | sort | wc -l'
	atf_check -s exit:0 -o inline:'[0, 1, 4]\n' -e empty "$nook" -- python3 -c '
import subprocess, threading, tempfile, socket, multiprocessing
t = threading.Thread(target=lambda: None); t.start(); t.join()
subprocess.check_call(["true"])
socket.getaddrinfo("127.0.0.1", 80)
print([x * x for x in range(3)])'
	atf_check -s exit:0 -o inline:'ok\n' -e empty "$nook" -- perl -e 'fork || exit; wait; open(F, "</proc/self/status"); print "ok\n"'
	atf_check -s exit:7 -o empty -e empty "$nook" -- sh -c 'gcc -o seven seven.c && ./seven'
}

# ---- policies ------------------------------------------------------------------------------------

# asks_program: ./asks does what its arguments say and prints NAME ERRNO of each: getppid, getpgid, getsid, thread,
# fork, exec (of itself, which says "again"), socket:FAMILY, socket:FAMILY:PROTOCOL
asks_program()
{
	cat >asks.c <<-\END
	#define _GNU_SOURCE
	#include <errno.h>
	#include <pthread.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/socket.h>
	#include <sys/syscall.h>
	#include <sys/wait.h>
	#include <unistd.h>
	static void *body(void *arg) { return syscall(SYS_getpgid, 0) < 0 ? NULL : arg; }
	static long thread(void)
	{
		pthread_t t[8];
		void *ret = NULL;
		for (int i = 0; i < 8; i++)
			if ((errno = pthread_create(&t[i], NULL, body, t)))
				return -1;
		for (int i = 0; i < 8; i++)
			pthread_join(t[i], &ret);
		return ret ? 0 : -1;
	}
	static long forks(void)
	{
		int status = 0;
		for (int i = 0; i < 20; i++) {
			pid_t pid = fork();
			if (pid == 0)
				_exit(syscall(SYS_getsid, 0) < 0);
			if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
				return -1;
		}
		return 0;
	}
	int main(int argc, char **argv)
	{
		setvbuf(stdout, NULL, _IONBF, 0);
		for (int i = 1; i < argc; i++) {
			long ret = 0;
			if (!strcmp(argv[i], "getppid"))
				ret = syscall(SYS_getppid);
			else if (!strcmp(argv[i], "getpgid"))
				ret = syscall(SYS_getpgid, 0);
			else if (!strcmp(argv[i], "getsid"))
				ret = syscall(SYS_getsid, 0);
			else if (!strcmp(argv[i], "ptrace"))
				ret = syscall(SYS_ptrace, 99, 0, 0, 0);
			else if (!strcmp(argv[i], "thread"))
				ret = thread();
			else if (!strcmp(argv[i], "fork"))
				ret = forks();
			else if (!strcmp(argv[i], "pause"))
				ret = pause();
			else if (!strcmp(argv[i], "exec"))
				ret = execl(argv[0], argv[0], "again", NULL);
			else if (!strncmp(argv[i], "socket:", 7)) {
				char *colon = strchr(argv[i] + 7, ':');
				ret = socket(atoi(argv[i] + 7), SOCK_STREAM | SOCK_RAW * !!colon, colon ? atoi(colon + 1) : 0);
			}
			printf("%s %d\n", argv[i], ret < 0 ? errno : 0);
		}
		return 0;
	}
	END
	atf_check -s exit:0 -o empty -e empty musl-gcc -static -o asks asks.c
}

# policy LINE...: the file ./policy
policy()
{
	printf '%s\n' "$@" >policy
}

# asked TEXT WORD...: under ./policy ./asks says this
asked()
{
	text=$1
	shift
	says "$text" --seccomp ./policy -- ./asks "$@"
}

atf_test_case policy__mistakes
policy__mistakes_head()
{
	atf_set descr 'each mistake in a policy is said, with file, line and what is accepted; nothing is run'
}
policy__mistakes_body()
{
	policy '# fine' 'allow @io read # fine too' '' '	deny ptrace errno=EACCES' 'permit read' 'allow' 'deny arg0=1' \
	    'allow ptarce' 'allow @oi' 'allow read errno=EPERM' 'kill read errno=EPERM' 'deny read errno=EFOO' \
	    'allow read arg6=1' 'allow read arg0=' 'allow read arg0=x' 'allow read arg0=0x' 'allow read arg0=0x123456789' \
	    'allow read arg0=4294967296' 'allow read arg0=1 arg0=2' 'allow read arg0>1' 'allow zzzzzzzzzz' 'allow read arg0=-1'
	test='(want argN=VALUE|VALUE or argN&BITS, N from 0 to 5, each once; errno=NAME of deny)'
	cat >want <<-END
	nook: ./policy:5: permit: unknown word (want allow, deny or kill)
	nook: ./policy:6: allow: names no system call
	nook: ./policy:7: deny: names no system call
	nook: ./policy:8: ptarce: unknown system call (did you mean ptrace?)
	nook: ./policy:9: @oi: unknown word (want @default or one that nook explain lists)
	nook: ./policy:10: errno=EPERM: not a test $test
	nook: ./policy:11: errno=EPERM: not a test $test
	nook: ./policy:12: errno=EFOO: not a test (want EPERM|ENOENT|EACCES|EINVAL|ENOSYS|EIO|ENXIO|ENODEV|EBUSY|EAGAIN|ENOMEM|EROFS|EOPNOTSUPP|EAFNOSUPPORT)
	nook: ./policy:13: arg6=1: not a test $test
	nook: ./policy:14: arg0=: not a test $test
	nook: ./policy:15: arg0=x: not a test $test
	nook: ./policy:16: arg0=0x: not a test $test
	nook: ./policy:17: arg0=0x123456789: not a test $test
	nook: ./policy:18: arg0=4294967296: not a test $test
	nook: ./policy:19: arg0=2: not a test $test
	nook: ./policy:20: arg0>1: unknown system call
	nook: ./policy:21: zzzzzzzzzz: unknown system call
	nook: ./policy:22: arg0=-1: not a test $test
	END
	for mode in run check explain; do
		atf_check -s exit:125 -o empty -e file:want "$nook" $mode --seccomp ./policy touch run
	done
	[ ! -e run ] || atf_fail 'it was run'
	awk 'BEGIN { printf "allow"; for (i = 0; i < 512; i++) printf " read"; print "" }' >policy
	fails 125 'nook: ./policy:1: allow: too many words (want allow, deny or kill)\n' --seccomp ./policy true
	values=$(seq -s '|' 1000001 1000030)
	echo "deny @default arg0=$values" >policy # few rules and tests, many steps
	fails 125 'nook: more than 4096 steps of the filter\n' --seccomp ./policy true
	awk -v values="$values" 'BEGIN { for (i = 0; i < 18; i++) print "deny getppid arg0=" values }' >policy # many tests
	fails 125 'nook: more than 4096 steps of the filter\n' --seccomp ./policy true
	awk 'BEGIN { for (i = 0; i < 60; i++) print "deny @default arg0=1" }' >policy
	fails 125 'nook: more than 4096 steps of the filter\n' --seccomp ./policy true
	atf_check -s exit:125 -o empty -e inline:'nook: more than 4096 steps of the filter\n' "$nook" explain --seccomp ./policy true
}

atf_test_case policy__file
policy__file_head()
{
	atf_set descr 'what is no policy file: a word, nothing there, a directory, too large, a NUL byte, everybody may write it'
	atf_set require.user root
}
policy__file_body()
{
	fails 125 'nook: --seccomp=strict: unknown word (want default, off, FILE with a /, or log:FILE)\n' --seccomp strict true
	fails 125 'nook: --seccomp=log:: unknown word (want default, off, FILE with a /, or log:FILE)\n' --seccomp log: true
	fails 125 'nook: cannot open policy ./none: No such file or directory\n' --seccomp ./none true
	fails 125 'nook: cannot use policy ./: not a regular file\n' --seccomp ./ true
	dd if=/dev/zero bs=65536 count=1 status=none | tr '\0' '#' >large
	fails 125 'nook: cannot read policy ./large: File too large\n' --seccomp ./large true
	policy 'allow @default'
	printf 'deny\0read\n' >>policy
	atf_check -s exit:125 -o empty -e match:'policy:2: the line: a NUL byte in it$' "$nook" --seccomp ./policy true
	policy 'allow @default'
	chmod o+w policy
	fails 125 'nook: cannot use policy ./policy: everybody may write to it\nnook: hint: chmod o-w\n' --seccomp ./policy true
	chmod o-w policy
	says '' --seccomp ./policy true
	printf 'allow @default\r\n\r\n# so\r\n' >policy
	says '' --seccomp ./policy true
	printf '\357\273\277allow @default\n' >policy
	atf_check -s exit:125 -o empty -e match:'policy:1: the file: begins with a byte order mark$' "$nook" --seccomp ./policy true
	# a settings file is at fault with its own name
	# digits that 32 bits do not have are a mistake, not another call
	policy 'allow @default' 'deny clone4' 'deny mmap3' 'deny dup'
	for mode in run explain; do
		atf_check -s exit:125 -o empty -e inline:'nook: ./policy:2: clone4: unknown system call (did you mean clone?)
nook: ./policy:3: mmap3: unknown system call (did you mean mmap?)\n' "$nook" $mode --seccomp ./policy true
	done
	policy 'allow redd'
	printf 'seccomp = ./policy\ncommand = true\nmemory = x\n' >conf
	fails 125 'nook: conf:3: memory=x: not a size (want a size such as 64m, 1g or max)\nnook: ./policy:1: redd: unknown system call (did you mean read?)\n' -f conf
}

root_case policy__calls 'what is named is let through, what is not is refused; the last line counts'
policy__calls_body()
{
	asks_program
	start='allow @io @memory arch_prctl set_tid_address exit_group'
	policy "$start" 'allow getppid'
	asked 'getppid 0\ngetpgid 1\ngetsid 1\n' getppid getpgid getsid
	policy "$start" 'allow getppid getpgid' 'allow getsid' 'deny getpgid errno=EBUSY' 'deny getsid errno=ENOSYS'
	asked 'getppid 0\ngetpgid 16\ngetsid 38\n' getppid getpgid getsid
	policy 'deny @default getppid' "$start" 'deny getsid' 'allow @process' 'deny getpgid'
	asked 'getppid 0\ngetpgid 1\ngetsid 0\n' getppid getpgid getsid
	policy 'allow @default'
	asked 'getppid 0\nptrace 1\nsocket:1 0\nsocket:40 97\nfork 0\nthread 0\n' getppid ptrace socket:1 socket:40 fork thread
	policy 'allow @default ptrace'
	asked 'ptrace 3\n' ptrace
	policy 'allow @default @debug'
	asked 'ptrace 3\n' ptrace
	# of others, and of 32 bits
	policy 'allow @default' 'deny vm86 socketcall waitpid riscv_flush_icache fstat64 mmap getppid32 sched_rr_get_interval_time64' \
	    'allow mmap'
	asked 'getppid 1\n' getppid
	# nothing is named: nothing goes on
	policy '# nothing'
	atf_check -s not-exit:0 -o empty -e ignore "$nook" --seccomp ./policy -- ./asks getppid
	# the user that it becomes, and root without a namespace of processes
	policy "$start" 'allow getppid'
	says 'getppid 0\ngetsid 1\n' --seccomp ./policy --user 65534 -- ./asks getppid getsid
	says 'getppid 0\ngetsid 1\n' --seccomp ./policy --init=no -- ./asks getppid getsid
	says 'getppid 0\ngetsid 1\n' --seccomp ./policy --pid host -- ./asks getppid getsid
}

root_case policy__arguments 'tests of arguments: values, bits, alternatives that add up, and what the default looks at'
policy__arguments_body()
{
	asks_program
	policy 'allow @default' 'deny socket' 'allow socket arg0=AF_UNIX|AF_INET6'
	asked 'socket:1 0\nsocket:2 1\nsocket:10 0\n' socket:1 socket:2 socket:10
	policy 'allow @default' 'deny socket errno=EACCES' 'allow socket arg0=AF_UNIX' 'allow socket arg0=0x2'
	asked 'socket:1 0\nsocket:2 0\nsocket:10 13\n' socket:1 socket:2 socket:10
	policy 'allow @default' 'allow socket arg0=AF_NETLINK arg2=9'
	asked 'socket:16:0 0\nsocket:16:9 0\nsocket:16:4 97\nsocket:40 97\n' socket:16:0 socket:16:9 socket:16:4 socket:40
	policy 'allow @default' 'deny socket arg0=AF_UNIX errno=ENXIO' 'deny socket arg0&0x8 errno=EIO'
	asked 'socket:1 6\nsocket:2 0\nsocket:10 5\n' socket:1 socket:2 socket:10
	policy 'allow @default' 'deny socket arg0=1' 'allow socket'
	asked 'socket:1 0\nsocket:40 97\n' socket:1 socket:40
	policy 'allow @default' 'deny socket arg0=1|2 arg1=5'
	asked 'socket:1 0\n' socket:1
}

root_case policy__of_the_manual 'the example of nook.8'
policy__of_the_manual_body()
{
	asks_program
	sed -n '/^allow @default$/,/^\.Ed/p' "$(atf_get_srcdir)/../nook.8" | sed '/^\./d' >policy
	[ "$(wc -l <policy)" = 5 ] || atf_fail 'the example was not found'
	asked 'getppid 0\nsocket:1 0\nsocket:2 13\n' getppid socket:1 socket:2
	atf_check -s exit:159 -o empty -e inline:'nook: system call ptrace refused by the filter\n' \
	    "$nook" --seccomp ./policy -- ./asks ptrace
}

root_case policy__large 'jumps over more than 255 steps: each call still finds its own way, in a policy of thousands'
policy__large_body()
{
	probe_program
	{
		echo 'allow @default'
		for group in @time @ipc @memory @signal; do
			echo "deny $group arg0=$(seq -s '|' 1000001 1000030) arg5=1000000"
		done
		echo 'deny getppid getsid errno=EIO'
	} >policy
	asks_program
	asked 'getppid 5\ngetpgid 0\nsocket:1 0\nsocket:40 97\nptrace 1\n' getppid getpgid socket:1 socket:40 ptrace
	sed 's/$/ 1/' denied | sort >want
	# shellcheck disable=SC2046
	atf_check -s exit:0 -o save:got -e empty "$nook" --seccomp ./policy -- ./probe $(cat denied)
	sort got | atf_check -s exit:0 -o file:want -e empty cat
}

root_case policy__every_group 'each group by itself lets through its calls, and @default those of all'
policy__every_group_body()
{
	probe_program
	base='allow read write writev ioctl brk mmap munmap arch_prctl set_tid_address exit_group'
	awk '$2 == "DENIED" { print $1 }' calls | sort >denied
	for group in $(awk '/^@/ && !seen[$1]++ { print $1 }' "$table"); do
		policy "$base" "allow $group"
		awk -v g="$group" '/^#/ { next } /^@/ { on = $1 == g && $2 == "DENIED"; next } on' "$table" | tr ' ' '\n' |
			sort | comm -12 - denied >opened
		[ -s opened ] || continue
		comm -23 denied opened >closed
		# shellcheck disable=SC2046
		atf_check -s exit:0 -o not-match:' 1$' -e empty "$nook" --seccomp ./policy --cap-add all -- ./probe $(grep -v -e vhangup -e reboot opened)
		# shellcheck disable=SC2046
		atf_check -s exit:0 -o not-match:' [^1]$' -o not-match:' ..$' -e empty "$nook" --seccomp ./policy --cap-add all -- ./probe $(cat closed)
	done
}

root_case policy__kill 'a kill rule ends the process, and nook names the call; also where the kernel cannot tell'
policy__kill_body()
{
	asks_program
	policy 'allow @default' 'kill getsid' 'kill socket arg0=AF_INET'
	for init in yes no; do
		asked 'getppid 0\nsocket:1 0\n' getppid socket:1
		atf_check -s exit:159 -o inline:'getppid 0\n' -e inline:'nook: system call getsid refused by the filter\n' \
		    "$nook" --init=$init --report report --seccomp ./policy -- ./asks getppid getsid getpgid
		atf_check -s exit:0 -o inline:'reason=signaled\nstatus=159\nsignal=31\n' -e empty grep -E '^(reason|status|signal)=' report
		atf_check -s exit:159 -o empty -e inline:'nook: system call socket refused by the filter\n' \
		    "$nook" --init=$init --seccomp ./policy -- ./asks socket:2
		# where seccomp(2) knows no listener, the kernel kills by itself
		atf_check -s exit:159 -o inline:'getppid 0\n' \
		    -e inline:'nook: killed by signal 31 (SYS)\nnook: hint: so the filter ends a system call of another ABI, or under a kill rule\n' \
		    strace -o trace -e trace=seccomp -e inject=seccomp:error=EINVAL \
		    "$nook" --init=$init --seccomp ./policy -- ./asks getppid getsid getpgid
	done
	# not the first process, of which the others live on; and each time it is started again
	atf_check -s exit:3 -o inline:'killed 137\n' -e match:'^nook: system call getsid refused by the filter$' \
	    "$nook" --seccomp ./policy -- sh -c './asks getsid; echo killed $?; exit 3'
	atf_check -s exit:159 -o empty -e match:'getsid refused by the filter' -e match:'starting it again' \
	    "$nook" --restart on-failure:2 --restart-delay 1ms --seccomp ./policy -- ./asks getsid
	# a kill that is nook's own is none of the filter's
	atf_check -s exit:124 -o ignore -e not-match:refused "$nook" --seccomp ./policy --timeout 300ms --stop-timeout 50ms -- \
	    sh -c 'trap "" TERM; sleep 9; sleep 9'
}

root_case policy__execve 'the execve that starts it is let through whatever the policy says, and no other'
policy__execve_body()
{
	asks_program
	policy 'allow @default' 'deny execve errno=EACCES'
	for init in yes no; do
		says 'exec 13\n' --init=$init --seccomp ./policy -- ./asks exec
	done
	policy 'allow @default'
	asked 'again 0\n' exec
	policy 'allow @default' 'kill execve sendmsg write'
	atf_check -s exit:159 -o empty -e inline:'nook: system call execve refused by the filter\n' "$nook" --seccomp ./policy -- ./asks exec
	# found along PATH, not found, not executable, no program
	policy 'allow @default' 'kill faccessat newfstatat openat access'
	PATH=$PWD/none:$PWD:$PATH
	says 'getppid 0\n' --seccomp ./policy -e "PATH=$PATH" -- asks getppid
	atf_check -s exit:127 -o empty -e match:'cannot run nosuch: not found in PATH' "$nook" --seccomp ./policy -- nosuch
	atf_check -s exit:126 -o empty -e match:'cannot run ./asks.c: Permission denied' "$nook" --seccomp ./policy -- ./asks.c
	echo text >text
	chmod +x text
	atf_check -s exit:126 -o empty -e match:'cannot run ./text: Exec format error' "$nook" --seccomp ./policy -- ./text
}

root_case policy__always 'what the architecture asks for holds under any policy; a policy needs no-new-privileges'
policy__always_body()
{
	cat >always.c <<-\END
	#include <errno.h>
	#include <stdio.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	int main(void)
	{
		printf("%d ", syscall(435, NULL, 0) < 0 ? errno : 0);
		printf("%d ", syscall(4000) < 0 ? errno : 0);
	#ifdef __x86_64__
		printf("%d\n", syscall(0x40000000L | SYS_getpid) < 0 ? errno : 0);
	#else
		printf("38\n");
	#endif
		return 0;
	}
	END
	atf_check -s exit:0 -o empty -e empty musl-gcc -static -o always always.c
	for line in 'allow clone3' 'deny @process errno=EACCES' 'kill clone3' 'allow clone3 arg0=1'; do
		policy 'allow @default' "$line" 'allow exit_group set_tid_address arch_prctl'
		says '38 38 38\n' --seccomp ./policy -- ./always
	done
	fails 125 'nook: cannot load the filter of system calls (seccomp): Permission denied\nnook: hint: without root it needs no-new-privileges\n' \
	    --seccomp ./policy --no-new-privileges=no -- ./always
	says '22 38 38\n' --seccomp ./policy --no-new-privileges=no --cap-add sys_admin -- ./always # which opens clone3
}

root_case policy__explained 'explain says what becomes of each call, group by group'
policy__explained_body()
{
	policy 'allow @identity getppid' 'deny getuid' 'kill getgid' 'allow socket arg0=AF_UNIX' 'allow ptrace'
	atf_check -s exit:0 -o match:'^# allow @process: (.* )?getppid' \
	    -o match:'^# deny @identity: getuid$' -o match:'^# kill @identity: getgid$' -o match:'^# test @network: socket$' \
	    -o match:'^# allow @debug: ptrace$' -o match:'^# deny @io: read write ' -e empty \
	    "$nook" explain --seccomp ./policy true
	atf_check -s exit:0 -o match:'^# allow @io: read write ' -o match:'^# test @io: ioctl$' -o match:'^# deny @mount: .*umount2' \
	    -e empty "$nook" explain true
	atf_check -s exit:0 -o match:'^# allow @mount: .*umount2' -e empty "$nook" explain --cap-add sys_admin true
	atf_check -s exit:0 -o not-match:'^# .* @' -e empty "$nook" explain --seccomp off true
	# what is printed is a settings file again
	atf_check -s exit:0 -o save:conf -e empty "$nook" explain --seccomp ./policy true
	atf_check -s exit:0 -o match:'^# kill @identity: getgid$' -e empty "$nook" explain -f conf
}

# ---- learning ------------------------------------------------------------------------------------

# learn NOOK-ARGUMENT...: into ./learnt; what it says stays in out
learn()
{
	atf_check -s exit:0 -o save:out -e ignore timeout 120 "$nook" --seccomp log:./learnt "$@"
}

# lives NOOK-ARGUMENT...: the same works with ./learnt as the policy, and says the same
lives()
{
	atf_check -s exit:0 -o file:out -e ignore timeout 60 "$nook" --seccomp ./learnt "$@"
}

root_case learn__minimal 'what is learnt is what was called, and no more; each of it is needed'
learn__minimal_body()
{
	asks_program
	for init in yes no; do
		learn --init=$init -- ./asks getppid socket:2 socket:1 socket:16:0
		# shellcheck disable=SC2046	# a list of words
		atf_check -s exit:0 -o inline:'arch_prctl\ngetppid\nset_tid_address\nwritev\n' -e empty \
		    sh -c "sed -n '/^allow socket/d; s/^allow //p' learnt | tr ' ' '\n' | sort"
		atf_check -s exit:0 -o inline:'deny socket errno=EAFNOSUPPORT\nallow socket arg0=AF_UNIX\nallow socket arg0=AF_INET\nallow socket arg0=AF_NETLINK arg2=0\n' \
		    -e empty grep socket learnt
		lives -- ./asks getppid socket:2 socket:1 socket:16:0
		lives --init=no -- ./asks getppid socket:2 socket:1 socket:16:0
		says 'getsid 1\nsocket:10 97\ngetppid 0\n' --seccomp ./learnt -- ./asks getsid socket:10 getppid
		sed 's/ getppid / /; s/ getppid$//' learnt >less
		says 'getppid 1\n' --seccomp ./less -- ./asks getppid
		sed '/AF_INET/d' learnt >less
		says 'socket:1 0\nsocket:2 97\n' --seccomp ./less -- ./asks socket:1 socket:2
	done
}

root_case learn__walls_stay 'while learning, the default still refuses; and the policy says so, in a comment'
learn__walls_stay_body()
{
	asks_program
	learn -- ./asks getppid ptrace socket:40 getsid
	atf_check -s exit:0 -o inline:'getppid 0\nptrace 1\nsocket:40 97\ngetsid 0\n' -e empty cat out
	atf_check -s exit:0 -o match:'^# refused @debug: ptrace$' -o match:'^allow .*getppid' -o not-match:'^allow .*ptrace' -e empty cat learnt
	lives -- ./asks getppid ptrace socket:40 getsid
	learn --cap-add sys_ptrace -- ./asks ptrace
	atf_check -s exit:0 -o match:'^allow ptrace$' -o not-match:'^# refused' -e empty cat learnt
	lives --cap-add sys_ptrace -- ./asks ptrace
}

root_case learn__threads_and_forks 'eight threads, twenty forks, and what they call'
learn__threads_and_forks_body()
{
	asks_program
	for init in yes no; do
		learn --init=$init -- ./asks thread fork
		atf_check -s exit:0 -o inline:'thread 0\nfork 0\n' -e empty cat out
		atf_check -s exit:0 -o match:'^allow .*getpgid' -o match:'^allow .*getsid' -e empty cat learnt
		lives --init=$init -- ./asks thread fork
	done
}

root_case learn__real_programs 'pipelines, busybox, python and perl live under what was learnt of them'
learn__real_programs_body()
{
	learn -- sh -c 'printf "b\na\n" | sort | tr a-z A-Z; ls -l /etc >list; wc -l <list >/dev/null; rm list'
	lives -- sh -c 'printf "b\na\n" | sort | tr a-z A-Z; ls -l /etc >list; wc -l <list >/dev/null; rm list'
	learn --init=no -- busybox sh -c 'busybox find /etc -name passwd | busybox sort; busybox id -u'
	lives -- busybox sh -c 'busybox find /etc -name passwd | busybox sort; busybox id -u'
	script='
import subprocess, threading, tempfile, socket
t = threading.Thread(target=lambda: None); t.start(); t.join()
print(subprocess.check_output(["echo", "from a child"]))
with tempfile.TemporaryFile() as f: f.write(b"x")
socket.create_server(("127.0.0.1", 0)).close()
print(sum(range(10)))'
	learn -- python3 -c "$script"
	lives -- python3 -c "$script"
	atf_check -s exit:0 -o match:'^allow socket arg0=AF_INET$' -e empty cat learnt
	learn -- perl -e 'fork || exit; wait; open(F, "</etc/passwd"); print scalar(<F>)'
	lives -- perl -e 'fork || exit; wait; open(F, "</etc/passwd"); print scalar(<F>)'
}

root_case learn__signals 'a signal interrupts no call that the program has not asked to be interrupted: a shell whose children end'
learn__signals_body()
{
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		learn -- sh -c 'for i in 1 2 3; do printf "b\na\n" | sort | tr a-z A-Z; (:); done; trap "echo term" TERM; kill -TERM $$; echo end'
		atf_check -s exit:0 -o inline:'A\nB\nA\nB\nA\nB\nterm\nend\n' -e empty cat out
	done
}

root_case learn__restart 'what all starts called is learnt; a user of its own, output that passes through nook, a terminal'
learn__restart_body()
{
	asks_program
	atf_check -s exit:1 -o ignore -e ignore timeout 60 "$nook" --seccomp log:./learnt --restart on-failure:1 --restart-delay 1ms -- \
	    sh -c '[ -e once ] && { ./asks getsid; exit 1; }; ./asks getppid; >once; exit 1'
	atf_check -s exit:0 -o match:'^allow .*getppid' -o match:'^allow .*getsid' -e empty cat learnt
	learn --user 65534 --output-limit 1m -- ./asks getppid
	lives --user 65534 -- ./asks getppid
	atf_check -s exit:0 -o match:'getppid 0' -e empty timeout 60 script -qec "$nook --seccomp log:./learnt -t -- ./asks getppid" /dev/null </dev/null
	lives -- ./asks getppid
}

root_case learn__file 'written whole in the end; a place that cannot be written is refused at the start'
learn__file_body()
{
	fails 125 'nook: cannot open ./none/learnt for seccomp: No such file or directory\n' --seccomp log:./none/learnt true
	fails 125 'nook: cannot open ./ for seccomp: Is a directory\n' --seccomp log:./ true
	echo before >learnt
	start --seccomp log:./learnt -- sh -c 'echo up; sleep 60'
	is_up
	atf_check -s exit:0 -o inline:'before\n' -e empty cat learnt
	kill "$pid"
	ended 143
	atf_check -s exit:0 -o match:'^allow .*execve' -e empty cat learnt
	atf_check -s exit:0 -o inline:'learnt\n' -e empty sh -c 'ls | grep learnt'
}

root_case learn__supervisor_killed 'SIGKILL of nook in the middle: nothing lives on, and the policy that was there stays'
learn__supervisor_killed_body()
{
	note_host
	echo before >learnt
	for init in yes no; do
		start --init=$init --seccomp log:./learnt -- sh -c "echo up; while :; do sleep 0.01; done; : $PWD"
		is_up
		kill -KILL "$pid"
		ended 137
		poll_until 10 no_process_of "while :; do sleep 0.01; done; : $PWD"
	done
	atf_check -s exit:0 -o inline:'before\n' -e empty cat learnt
	atf_check -s exit:0 -o ignore -e empty rm learnt
	poll_until 10 no_process_of "$PWD"
}

root_case learn__kernel_lacks_it 'a kernel that tells of no calls: refused, with the version that does'
learn__kernel_lacks_it_body()
{
	for err in EINVAL ENOSYS; do
		atf_check -s exit:125 -o empty \
		    -e inline:'nook: cannot learn: this kernel does not tell of system calls\nnook: hint: it needs Linux 5.7\n' \
		    strace -o trace -e trace=seccomp -e inject=seccomp:error=$err "$nook" --seccomp log:./learnt -- true
		atf_check -s exit:1 -o match:'^missing  seccomp log:: needs Linux 5.7$' -e empty \
		    strace -o trace -e trace=seccomp -e inject=seccomp:error=$err "$nook" check --seccomp log:./learnt true
	done
}

root_case table__complete 'every call that the headers know is in the table, but for those that Linux has only the numbers of'
table__complete_body()
{
	awk '/^#/ || /^@/ { next } { gsub(/[= ]/, "\n"); print }' "$table" | sed '/^$/d' | sort >listed
	atf_check -s exit:0 -o empty -e empty uniq -d listed
	echo '#include <sys/syscall.h>' | musl-gcc -dM -E -x c - | sed -n 's/^#define SYS_\([a-z0-9_]*\) .*/\1/p' | sort -u >known
	atf_check -s exit:0 -o inline:"$(printf '%s\n' afs_syscall create_module epoll_ctl_old epoll_wait_old get_kernel_syms getpmsg nfsservctl putpmsg query_module security tuxcall vserver)\n" \
	    -e empty comm -13 listed known
}

atf_init_test_cases()
{
	add_cases
	atf_add_test_case policy__mistakes
	atf_add_test_case policy__file
}
