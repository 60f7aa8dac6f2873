/* SPDX-License-Identifier: ISC */
/*
 * floor.c - the least that runs a command in six namespaces, a limited group and a root of its own
 *
 * usage: floor [-i] [-w] ROOT COMMAND	-i: with a process between, as an inner init is
 *					-w: with the walls that are nook's default
 *
 * cgroup v1 at /sys/fs/cgroup, memory and pids. What it leaves out is the reason to have nook: no
 * failure is looked at but the last, nothing is read, looked for or read back. With -w the loopback is
 * up, /dev, /sys and what is closed of /proc are there, no right is left, and a filter of as many steps
 * as nook's is in force: what those calls cost by themselves.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS = 111, QUIET = MS_NOSUID | MS_NODEV | MS_NOEXEC };

static const char *const limits[][2] = { { "memory", "memory.limit_in_bytes" }, { "pids", "pids.max" } };
static char		 stack[2][16 << 10] __attribute__((aligned(16)));
static char		 path[128];
static char	       **args;
static pid_t		 self;
static int		 walls;

static const char *
file_of(int limit, const char *file)
{
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/floor-%d/%s", limits[limit][0], self, file);
	return path;
}

static void
put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (write(fd, text, strlen(text)) < 0)
		_exit(125);
	close(fd);
}

static void
fill_dev(void)
{
	static const struct node {
		const char *name;
		int	    major, minor;
	} nodes[] = { { "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 } };
	static const char *const links[][2] = { { "/proc/self/fd", "fd" }, { "/proc/self/fd/0", "stdin" },
		{ "/proc/self/fd/1", "stdout" }, { "/proc/self/fd/2", "stderr" }, { "pts/ptmx", "ptmx" } };

	mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k");
	chdir("/dev");
	mkdir("pts", 0755);
	mount("devpts", "pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620");
	mkdir("shm", 0755);
	mount("tmpfs", "shm", "tmpfs", QUIET, "mode=1777,size=64m");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		mknod(nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor));
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		symlink(links[i][0], links[i][1]);
	mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC, NULL);
	chdir("/");
}

/* What of them this kernel has. */
static void
close_proc(void)
{
	static const char *const read_only[] = { "sys", "sysrq-trigger", "irq", "bus", "cpu", "fs", "asound" };
	static const char *const hidden[] = { "kcore", "keys", "timer_list", "sched_debug", "latency_stats", "interrupts" };
	static const char *const empty[] = { "dynamic_debug", "acpi", "scsi", "../sys/firmware", "../sys/devices/virtual/powercap" };

	chdir("/proc");
	for (size_t i = 0; i < sizeof(read_only) / sizeof(*read_only); i++)
		if (mount(read_only[i], read_only[i], NULL, MS_BIND, NULL) == 0)
			mount(NULL, read_only[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | QUIET, NULL);
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		mount("/dev/null", hidden[i], NULL, MS_BIND, NULL);
	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++)
		mount("tmpfs", empty[i], "tmpfs", MS_RDONLY | QUIET, "mode=0,nr_inodes=1");
	chdir("/");
}

static void
raise_loopback(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int	     fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
}

static void
enter(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (walls)
		raise_loopback();
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mount(args[1], args[1], NULL, MS_BIND, NULL);
	if (chdir(args[1]) < 0 || (syscall(SYS_pivot_root, ".", ".") < 0
		? mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 /* an initramfs cannot be pivoted away from */
		: umount2(".", MNT_DETACH) < 0) || mount("proc", "/proc", "proc", QUIET, NULL) < 0)
		_exit(125);
	if (!walls)
		return;
	mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV, NULL);
	mount("sysfs", "/sys", "sysfs", MS_RDONLY | QUIET, NULL);
	fill_dev();
	close_proc();
}

/* A search among runs of numbers, as nook's is; the last of its steps lets all through. */
static void
install_filter(void)
{
	static struct sock_filter step[STEPS] = { { BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch) },
		{ BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_X86_64 }, { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS },
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr) } };
	struct sock_fprog filter = { STEPS, step };

	for (int i = 4; i < STEPS - 1; i += 2) {
		step[i] = (struct sock_filter){ BPF_JMP | BPF_JGE | BPF_K, (unsigned char)(i + 14 < STEPS ? 13 : 1), 0, 1000u + (unsigned)i };
		step[i + 1] = (struct sock_filter){ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	}
	step[STEPS - 1] = (struct sock_filter){ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		_exit(125);
}

static void
drop_rights(void)
{
	static const int		   limited[] = { RLIMIT_CORE, RLIMIT_RTPRIO, RLIMIT_NICE };
	struct __user_cap_header_struct	   header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	   none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	setsid();
	for (size_t i = 0; i < sizeof(limited) / sizeof(*limited); i++)
		setrlimit(limited[i], &(struct rlimit){ 0, 0 });
	for (int c = 0; prctl(PR_CAPBSET_DROP, c, 0, 0, 0) == 0; c++)
		;
	syscall(SYS_setgroups, 0, NULL);
	syscall(SYS_setresgid, 0, 0, 0);
	syscall(SYS_setresuid, 0, 0, 0);
	if (syscall(SYS_capset, &header, none) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		_exit(125);
	install_filter();
	syscall(SYS_close_range, 3, ~0u, 4); /* at exec */
}

static void
become(void)
{
	if (unshare(CLONE_NEWCGROUP) < 0)
		_exit(125);
	if (walls)
		drop_rights();
	execve(args[2], args + 2, (char *const[]){ NULL });
	_exit(127);
}

static int
alone(void *unused)
{
	(void)unused;
	for (int i = 0; i < 2; i++)
		put(file_of(i, "tasks"), "0");
	enter();
	become();
	return 0;
}

static int
join_and_become(void *fds)
{
	int *fd = fds;

	for (int i = 0; i < 2; i++)
		if (write(fd[i], "0", 1) < 0)
			_exit(125);
	become();
	return 0;
}

static int
between(void *unused)
{
	int   fd[2], status;
	pid_t pid;

	(void)unused;
	for (int i = 0; i < 2; i++)
		fd[i] = open(file_of(i, "tasks"), O_WRONLY | O_CLOEXEC);
	enter();
	pid = clone(join_and_become, stack[1] + sizeof(stack[1]), CLONE_VM | CLONE_VFORK | SIGCHLD, fd);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		_exit(125);
	_exit(WEXITSTATUS(status));
}

int
main(int argc, char **argv)
{
	int init = 0, status = 0, flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | SIGCHLD;
	pid_t pid;

	for (args = argv; argc > 1 && args[1][0] == '-'; args++, argc--)
		*(args[1][1] == 'i' ? &init : &walls) = 1;
	self = getpid();
	for (int i = 0; i < 2; i++) {
		(void)file_of(i, "");
		mkdir(path, 0755);
		put(file_of(i, limits[i][1]), i ? "20" : "67108864");
	}
	if (init) {
		pid = (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
		if (pid == 0)
			between(NULL);
	} else {
		pid = clone(alone, stack[0] + sizeof(stack[0]), flags | CLONE_VM | CLONE_VFORK, NULL);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		status = 125 << 8;
	/* What has ended may hold its group for a moment longer. */
	for (int i = 0; i < 2; i++)
		for (int tries = 0; rmdir(file_of(i, "")) < 0; tries++)
			if (errno != EBUSY || tries == 1000 || usleep(200) < 0)
				return 125;
	return WEXITSTATUS(status);
}
