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
		sed '/^#/d; /^$/d' "$table" | while read -r name act opened; do
			printf '#ifdef SYS_%s\n{ "%s", "%s", "%s", SYS_%s },\n#endif\n' "$name" "$name" "$act" "$opened" "$name"
		done
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
	atf_check -s exit:159 -o empty -e inline:'nook: killed by signal 31 (SYS)\n' "$nook" -- ./foreign
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

atf_init_test_cases()
{
	add_cases
}
