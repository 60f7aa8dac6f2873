/* SPDX-License-Identifier: ISC */
/*
 * probe.c - the attacker: tries the ways out, one by one, and says which led somewhere
 *
 * usage: probe [NAME...]	each of them, or all: one line "NAME open" or "NAME closed"
 *	  probe list		their names
 *	  probe victim		what some of them are after: says "up", then waits for the end of its input
 *
 * Each runs in a process of its own. None does harm where it gets through: what is opened is not written to, calls
 * that change the machine get arguments that are refused after the rights were looked at, and where something is
 * really mounted it is in a mount namespace of its own, if there can be one. From the environment: AT, a file of the
 * host; SUID, a program that is set-user-ID 4242; FOREIGN, a file of somebody else; VICTIM, the process id of
 * `probe victim`; SECRET, which is not to come in.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define countof(a) (sizeof(a) / sizeof((a)[0]))
#define NOWHERE "/nonexistent-of-nook"
#define HIGH(n) ((unsigned long)((uint64_t)0xdead << 32) | (unsigned long)(n)) /* garbage where an int has no bits */

enum { SHM_KEY = 0x6e6f6f6b, SUID_USER = 4242, SECONDS_MAX = 10 };

/* ---- what they share ---------------------------------------------------------------------------- */

static const char *
given(const char *name)
{
	const char *value = getenv(name);

	return value ? value : NOWHERE;
}

static bool
opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd >= 0 && close(fd) == 0;
}

static bool
shows(const char *path) /* something, at once */
{
	char	c;
	int	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, &c, 1);

	close(fd);
	return n == 1;
}

static bool
lists(const char *path)
{
	struct dirent *e;
	DIR	      *dir = opendir(path);
	bool	       found = false;

	while (dir && (e = readdir(dir)))
		found |= *e->d_name != '.';
	return found;
}

/* The first of these errors, or success, comes only after the rights were looked at. */
static bool
got(long ret, int after)
{
	return ret >= 0 || errno == after;
}

/* The rights to mount, in a namespace where it does no harm; tried where we are when there can be none. */
static void
set_apart(void)
{
	if (unshare(CLONE_NEWNS) == 0)
		(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static const char *const places[] = { "/tmp", "/dev/shm", "/mnt", "/run", "/dev", "/" };

/* A path below the first of the places where it works for `make`, in a buffer that is kept. */
static const char *
somewhere(int (*make)(const char *path), const char *name)
{
	static char path[64];

	for (size_t i = 0; i < countof(places); i++) {
		snprintf(path, sizeof(path), "%s/nook-probe-%s-%d", places[i], name, (int)getpid());
		if (make(path) == 0)
			return path;
	}
	return NULL;
}

static int
make_directory(const char *path)
{
	return mkdir(path, 0700);
}

/* ---- descriptors, directories, the launcher's own program --------------------------------------- */

static bool
fd_leaked(void)
{
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return true;
	return false;
}

static bool
host_file(void)
{
	static const char *const tops[] = { "", "/..", "/../../..", "/proc/self/root", "/proc/self/cwd/../../../../..",
		"/proc/1/root", "/proc/1/cwd", "/proc/1/fd/3", "/mnt/../.." };
	char path[4200];

	for (size_t i = 0; i < countof(tops); i++) {
		snprintf(path, sizeof(path), "%s%s", tops[i], given("AT"));
		if (opens(path, O_RDONLY))
			return true;
	}
	return false;
}

static bool
cwd_outside(void)
{
	char path[4200], here[4096] = "";

	if (syscall(SYS_getcwd, here, sizeof(here)) < 0 || *here != '/')
		return true;
	snprintf(path, sizeof(path), ".%s", given("AT"));
	if (opens(path, O_RDONLY))
		return true;
	snprintf(path, sizeof(path), "../../../../../../../../../..%s", given("AT"));
	return opens(path, O_RDONLY);
}

/* Is process 1 another program than this one? With init = no it is not. */
static bool
of_init(const char *name, int flags)
{
	char	    path[64];
	struct stat it, ours;

	snprintf(path, sizeof(path), "/proc/1/%s", name);
	if (stat("/proc/1/exe", &it) == 0 && stat("/proc/self/exe", &ours) == 0 && it.st_ino == ours.st_ino &&
	    it.st_dev == ours.st_dev)
		return false;
	return opens(path, flags);
}

static bool
init_exe(void) /* running, it is ETXTBSY to write: that it can be had is enough, it will not run for ever */
{
	return of_init("exe", O_RDONLY);
}

static bool
init_environ(void)
{
	return of_init("environ", O_RDONLY);
}

static bool
init_mem(void)
{
	return of_init("mem", O_RDWR);
}

static bool
init_root(void)
{
	return of_init("root", O_RDONLY | O_DIRECTORY);
}

static bool
init_cwd(void)
{
	return of_init("cwd", O_RDONLY | O_DIRECTORY);
}

static bool
init_fd(void)
{
	return of_init("fd/0", O_RDONLY) || of_init("fd/2", O_WRONLY);
}

/* ---- /proc, /sys, /dev -------------------------------------------------------------------------- */

static bool
core_pattern(void)
{
	return opens("/proc/sys/kernel/core_pattern", O_WRONLY) ||
	       opens("/proc/self/root/proc/sys/kernel/core_pattern", O_WRONLY);
}

static bool
sysrq(void)
{
	return opens("/proc/sysrq-trigger", O_WRONLY);
}

/* What is hidden shows the null device, which anybody may write to. */
static bool
writes(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & 0222 && opens(path, O_WRONLY);
}

/* A file in there that can be opened for writing, `depth` directories down at most */
static bool
any_writable(const char *top, int depth)
{
	struct dirent *e;
	DIR	      *dir = opendir(top);
	bool	       found = false;
	char	       path[512];

	while (dir && !found && (e = readdir(dir))) {
		if (*e->d_name == '.' || (e->d_type != DT_DIR && e->d_type != DT_REG) ||
		    snprintf(path, sizeof(path), "%s/%s", top, e->d_name) >= (int)sizeof(path))
			continue;
		/* those of processes are their own, and of pressure everybody's */
		if (!strcmp(top, "/proc") && (strspn(e->d_name, "0123456789") || !strcmp(e->d_name, "pressure")))
			continue;
		found = e->d_type == DT_REG ? writes(path) : depth && any_writable(path, depth - 1);
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool
proc_knobs(void)
{
	return any_writable("/proc", 8);
}

static bool
sys_knobs(void)
{
	return any_writable("/sys/kernel", 4) || any_writable("/sys/module", 3) || any_writable("/sys/power", 1);
}

static bool
kcore(void)
{
	return shows("/proc/kcore");
}

static bool
kernel_log(void) /* not read: that would take it from those it is for */
{
	return opens("/proc/kmsg", O_RDONLY);
}

static bool
timer_list(void)
{
	return shows("/proc/timer_list");
}

static bool
interrupts(void)
{
	return shows("/proc/interrupts");
}

static bool
firmware(void)
{
	return lists("/sys/firmware");
}

static bool
kernel_addresses(void)
{
	char  line[256] = "";
	FILE *f = fopen("/proc/kallsyms", "re");

	return f && fgets(line, sizeof(line), f) && fgets(line, sizeof(line), f) && strtoull(line, NULL, 16) != 0;
}

static bool
dev_write(void)
{
	int fd = open("/dev/nook-probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0 && unlink("/dev/nook-probe") == 0;
}

static int
make_device(const char *path)
{
	bool works;

	if (mknod(path, S_IFCHR | 0666, makedev(1, 5)) < 0)
		return -1;
	works = shows(path);
	(void)unlink(path);
	return works ? 0 : -1;
}

static bool
device_node(void)
{
	return somewhere(make_device, "node") != NULL;
}

static bool
kernel_log_device(void)
{
	return opens("/dev/kmsg", O_RDONLY);
}

/* ---- namespaces and mounts ---------------------------------------------------------------------- */

static bool
clones(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid > 0 && waitpid((pid_t)pid, NULL, 0) == pid;
}

static bool
unshare_user(void)
{
	return unshare(CLONE_NEWUSER) == 0;
}

static bool
clone_user(void)
{
	return clones(CLONE_NEWUSER) || clones(HIGH(CLONE_NEWUSER));
}

static bool
clone3_user(void)
{
	uint64_t args[11] = { CLONE_NEWUSER, 0, 0, 0, SIGCHLD };
	long	 pid = syscall(SYS_clone3, args, (size_t)88);

	if (pid == 0)
		_exit(0);
	if (pid < 0 && errno != ENOSYS && errno != EPERM)
		pid = syscall(SYS_clone3, args, (size_t)64); /* before 5.7 */
	return pid > 0;
}

static bool
unshare_mount(void)
{
	return unshare(CLONE_NEWNS) == 0;
}

static bool
clone_net(void)
{
	return clones(CLONE_NEWNET);
}

static bool
enter_namespace(void)
{
	int fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);

	return setns(fd, CLONE_NEWUTS) == 0;
}

static bool
mount_any(void)
{
	return got(mount("none", "/", "nook-no-such-fs", 0, NULL), ENODEV);
}

static bool
mount_proc(void)
{
	const char *made;
	bool	    mounted;

	set_apart();
	made = somewhere(make_directory, "proc");
	mounted = mount("proc", made ? made : "/mnt", "proc", 0, NULL) == 0;
	if (mounted)
		(void)umount2(made ? made : "/mnt", MNT_DETACH);
	if (made)
		(void)rmdir(made);
	return mounted;
}

static bool
unmask(void)
{
	set_apart();
	for (int i = 0; i < 3; i++) {
		(void)umount2("/proc/timer_list", MNT_DETACH);
		(void)umount2("/proc/interrupts", MNT_DETACH);
	}
	return timer_list() || interrupts();
}

static bool
remount_writable(void)
{
	set_apart();
	if (mount(NULL, "/sys", NULL, MS_REMOUNT | MS_BIND, NULL) == 0 && sys_knobs())
		return true;
	return mount(NULL, "/sys", NULL, MS_REMOUNT, NULL) == 0 && sys_knobs();
}

static bool
old_root(void) /* what lies below, on an initramfs, or what was forgotten to be detached */
{
	int ours;

	if (host_file())
		return true;
	set_apart();
	ours = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (ours < 0 && mount("proc", "/proc", "proc", 0, NULL) == 0)
		ours = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < 3; i++) {
		(void)umount2("/", MNT_DETACH);
		(void)chdir("/..");
		(void)chroot(".");
		if (host_file() || cwd_outside())
			return true;
		(void)setns(ours, CLONE_NEWNS); /* onto the root of it all */
		if (host_file() || cwd_outside())
			return true;
	}
	return false;
}

static bool
new_mount_api(void)
{
#ifdef SYS_fsopen
	return got(syscall(SYS_fsopen, "tmpfs", 0), ENODEV) || got(syscall(SYS_move_mount, -1, "", -1, "", 0), EBADF) ||
	       syscall(SYS_open_tree, AT_FDCWD, "/", 1) >= 0;
#else
	return false;
#endif
}

static bool
pivots(void)
{
	return got(syscall(SYS_pivot_root, NOWHERE, NOWHERE), ENOENT);
}

static bool
changes_root(void)
{
	return chroot("/") == 0;
}

static bool
chroot_escape(void)
{
	int	    root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *deeper = somewhere(make_directory, "deeper");
	bool	    left;

	left = deeper && chroot(deeper) == 0 && fchdir(root) == 0;
	if (deeper)
		(void)unlinkat(root, deeper + 1, AT_REMOVEDIR);
	for (int i = 0; i < 64 && left; i++)
		left = chdir("..") == 0;
	return left && chroot(".") == 0 && host_file();
}

static bool
cgroup_mount(void)
{
	const char *at, *made;
	char	    path[96];
	bool	    found = false;

	set_apart();
	made = somewhere(make_directory, "cgroup");
	at = made ? made : "/mnt";
	if (mount("none", at, "cgroup2", 0, NULL) == 0) {
		snprintf(path, sizeof(path), "%s/cgroup.procs", at);
		found = opens(path, O_WRONLY);
		(void)umount2(at, MNT_DETACH);
	}
	if (mount("none", at, "cgroup", 0, "memory") == 0) {
		snprintf(path, sizeof(path), "%s/release_agent", at);
		found |= opens(path, O_WRONLY);
		(void)umount2(at, MNT_DETACH);
	}
	if (made)
		(void)rmdir(made);
	return found;
}

/* A file of a group that is mounted anywhere, one level down or two */
static bool
cgroup_write(void)
{
	static const char *const names[] = { "cgroup.procs", "memory/cgroup.procs", "unified/cgroup.procs", "pids/cgroup.procs",
		"memory/memory.limit_in_bytes", "memory/release_agent", "memory.max", "cgroup.subtree_control" };
	static const char *const tops[] = { "/sys/fs/cgroup", "/mnt", "/proc/1/root/sys/fs/cgroup" };
	char path[128];

	for (size_t t = 0; t < countof(tops); t++)
		for (size_t i = 0; i < countof(names); i++) {
			snprintf(path, sizeof(path), "%s/%s", tops[t], names[i]);
			if (opens(path, O_WRONLY))
				return true;
		}
	return false;
}

/* ---- rights ---------------------------------------------------------------------------------------- */

static bool
capability_sets(bool inheritable)
{
	uint32_t head[2] = { 0x20080522, 0 }, sets[6] = { 0 }; /* effective, permitted, inheritable; twice */

	if (syscall(SYS_capget, head, sets) < 0)
		return true;
	return inheritable ? sets[2] || sets[5] : sets[0] || sets[1] || sets[3] || sets[4];
}

static bool
capabilities(void)
{
	return capability_sets(false);
}

static bool
capability_inherited(void)
{
	for (unsigned long c = 0; c < 64; c++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, c, 0, 0) == 1)
			return true;
	return capability_sets(true);
}

static bool
capability_bounding(void)
{
	for (unsigned long c = 0; c < 64; c++)
		if (prctl(PR_CAPBSET_READ, c, 0, 0, 0) == 1)
			return true;
	return false;
}

static bool
privileges_gained(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
}

static bool
set_uid(void)
{
	uid_t to = geteuid() ? 0 : 7;

	return setresuid(to, to, to) == 0 || syscall(SYS_setuid, to) == 0;
}

static bool
set_gid(void)
{
	gid_t to = getegid() ? 0 : 7;

	return setresgid(to, to, to) == 0 || setgroups(1, &to) == 0;
}

static bool
suid_program(void)
{
	int   status;
	pid_t pid = fork();

	if (pid == 0) {
		execl(given("SUID"), "probe", "suid", (char *)NULL);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 42;
}

static bool
groups_kept(void)
{
	return getgroups(0, NULL) > 0;
}

static bool
foreign_file(void)
{
	return opens(given("FOREIGN"), O_RDONLY);
}

static bool
signals_kept(void) /* ignored or blocked */
{
	char  line[256];
	FILE *f = fopen("/proc/self/status", "re");
	bool  found = false;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "SigIgn:", 7) || !strncmp(line, "SigBlk:", 7))
			found |= line[8 + strspn(line + 8, "0")] != '\n';
	return found;
}

static bool
environment_kept(void)
{
	return getenv("SECRET") != NULL;
}

static bool
umask_kept(void)
{
	return umask(077) == 0;
}

/* ---- other processes ---------------------------------------------------------------------------- */

static bool
victim_seen(void)
{
	pid_t pid = atoi(given("VICTIM"));

	return pid > 0 && kill(pid, 0) == 0;
}

static bool
trace_init(void)
{
	return ptrace(PTRACE_SEIZE, 1, NULL, NULL) == 0;
}

static bool
read_init(void)
{
	char   c;
	size_t args[2] = { (size_t)&c, 1 };

	return got(syscall(SYS_process_vm_readv, 1, args, 1UL, args, 1UL, 0UL), EFAULT);
}

static bool
descriptor_of_init(void)
{
#ifdef SYS_pidfd_getfd
	long fd = syscall(SYS_pidfd_open, 1, 0);

	return syscall(SYS_pidfd_getfd, fd, 0, 0) >= 0;
#else
	return false;
#endif
}

/* ---- the terminal --------------------------------------------------------------------------------- */

/* Into our own, that nobody reads but us; -1 where there are none. */
static int
own_terminal(void)
{
	int  number = 0, unlock = 0, master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	char path[32];

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCGPTN, &number) < 0)
		return -1;
	snprintf(path, sizeof(path), "/dev/pts/%d", number);
	(void)setsid();
	slave = open(path, O_RDWR | O_CLOEXEC);
	(void)ioctl(slave, TIOCSCTTY, 0);
	return slave;
}

static bool
types(unsigned long request)
{
	int slave = own_terminal(), waiting = 0;

	if (syscall(SYS_ioctl, slave, request, "\n") < 0)
		return false;
	return ioctl(slave, FIONREAD, &waiting) == 0 && waiting > 0;
}

static bool
terminal_input(void)
{
	return types(TIOCSTI);
}

static bool
terminal_input_high(void)
{
	return types(HIGH(TIOCSTI));
}

static bool
console_paste(void) /* no console of a screen is it: ENOTTY */
{
	char sub = 99;
	int  slave = own_terminal();

	return slave >= 0 && (got(syscall(SYS_ioctl, slave, (unsigned long)TIOCLINUX, &sub), ENOTTY) ||
				 got(syscall(SYS_ioctl, slave, HIGH(TIOCLINUX), &sub), ENOTTY));
}

static bool
terminal_of_caller(void)
{
	return opens("/dev/tty", O_RDWR);
}

/* ---- system calls --------------------------------------------------------------------------------- */

static bool
call_x32(void)
{
#if defined(__x86_64__)
	return syscall(0x40000000L | SYS_getpid) >= 0;
#else
	return false;
#endif
}

static bool
call_i386(void)
{
#if defined(__x86_64__)
	int ret = 20; /* getpid */

	__asm__ volatile("int $0x80" : "+a"(ret) : : "memory", "r8", "r9", "r10", "r11");
	return ret > 0;
#else
	return false;
#endif
}

static bool
bpf(void)
{
	uint32_t attr[32] = { 2, 4, 4, 1 }; /* an array of one */

	return syscall(SYS_bpf, 0, attr, sizeof(attr)) >= 0;
}

static bool
perf(void)
{
	uint32_t attr[32] = { 1, 64, [2 + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)] = 1 }; /* task-clock, of ourselves */

	return syscall(SYS_perf_event_open, attr, 0, -1, -1, 0UL) >= 0;
}

static bool
io_uring(void)
{
	uint32_t params[30] = { 0 };

	return syscall(SYS_io_uring_setup, 1, params) >= 0;
}

static bool
keys(void)
{
	return syscall(SYS_keyctl, 0, -3, 0) >= 0 || /* the id of the session's keyring */
	       syscall(SYS_add_key, "user", "nook", "x", (size_t)1, -2) >= 0; /* our process's own */
}

static bool
page_faults(void)
{
	return syscall(SYS_userfaultfd, O_CLOEXEC | 1) >= 0 || syscall(SYS_userfaultfd, O_CLOEXEC) >= 0;
}

static bool
file_handle(void)
{
	uint32_t handle[34] = { 128 };
	int	 mount_id, root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (syscall(SYS_name_to_handle_at, AT_FDCWD, "/", handle, &mount_id, 0) < 0)
		return false;
	return syscall(SYS_open_by_handle_at, root, handle, O_RDONLY) >= 0;
}

static bool
kexec(void)
{
	return got(syscall(SYS_kexec_load, 0UL, 1000UL, NULL, 0x00abfff0UL), EINVAL); /* too many segments, wrong flags */
}

static bool
modules(void)
{
	return got(syscall(SYS_init_module, "", 0UL, ""), ENOEXEC) || got(syscall(SYS_delete_module, "nook-no-such", 0), ENOENT);
}

static bool
other_personality(void)
{
	return personality(ADDR_NO_RANDOMIZE) >= 0;
}

static bool
accounting(void)
{
	return got(syscall(SYS_acct, NOWHERE), ENOENT);
}

static bool
watch_files(void)
{
	return fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY) >= 0;
}

static bool
host_name(void)
{
	char name[65] = "";

	return gethostname(name, sizeof(name)) == 0 && sethostname(name, strlen(name)) == 0; /* to what it is */
}

static bool
set_clock(void)
{
	struct timex t = { .modes = ADJ_TICK, .tick = 0 }; /* no clock ticks so */

	return got(clock_adjtime(CLOCK_REALTIME, &t), EINVAL) || got(adjtimex(&t), EINVAL);
}

static bool
reboots(void)
{
	return got(syscall(SYS_reboot, 0, 0, 0, NULL), EINVAL); /* without its magic numbers */
}

static bool
swap(void)
{
	return got(syscall(SYS_swapon, NOWHERE, 0), ENOENT) || got(syscall(SYS_swapoff, NOWHERE), ENOENT);
}

static bool
quota(void)
{
	return got(syscall(SYS_quotactl, 0x80000400U, NOWHERE, 0, NULL), ENOENT);
}

static bool
read_log(void)
{
	char buf[64];

	return syscall(SYS_syslog, 3, buf, sizeof(buf)) >= 0;
}

static bool
ports(void)
{
#ifdef SYS_iopl
	return syscall(SYS_ioperm, 0x80UL, 1UL, 1) >= 0 || syscall(SYS_iopl, 3) >= 0;
#else
	return false;
#endif
}

/* ---- more than its share --------------------------------------------------------------------------- */

static bool
higher_priority(void)
{
	return setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) - 1) == 0;
}

static bool
realtime(void)
{
	int priority = 1;

	return syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &priority) == 0;
}

static bool
oom_score(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	return write(fd, "-999", 4) == 4;
}

static bool
raise_limit(void)
{
	struct rlimit l;

	for (int resource = 0; resource < 16; resource++) {
		if (getrlimit(resource, &l) < 0 || l.rlim_max == RLIM_INFINITY)
			continue;
		l.rlim_max++;
		if (setrlimit(resource, &l) == 0)
			return true;
	}
	return false;
}

static bool
core_dump(void)
{
	struct rlimit l = { 0, 0 };

	return getrlimit(RLIMIT_CORE, &l) == 0 && l.rlim_max > 1; /* 1 stops even what is piped to a program */
}

/* ---- network and IPC ------------------------------------------------------------------------------- */

static bool
socket_of(int family, int type, int protocol)
{
	return socket(family, type | SOCK_CLOEXEC, protocol) >= 0;
}

static bool
packet_socket(void)
{
	return socket_of(AF_PACKET, SOCK_RAW, 0);
}

static bool
raw_socket(void)
{
	return socket_of(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static bool
netlink_socket(void)
{
	return socket_of(AF_NETLINK, SOCK_RAW, 15); /* uevents */
}

static bool
vsock_socket(void)
{
	return socket_of(40, SOCK_STREAM, 0);
}

static bool
alg_socket(void)
{
	return socket_of(38, SOCK_SEQPACKET, 0);
}

static bool
socket_by_number(void) /* the call of old that has all of them in it, and its arguments in memory */
{
#ifdef SYS_socketcall
	long netlink[3] = { AF_NETLINK, SOCK_RAW, 15 };

	return syscall(SYS_socketcall, 1, netlink) >= 0;
#else
	return false;
#endif
}

static bool
socket_pair(void) /* that there are none of this family is known only when it is there, its module loaded */
{
	int fds[2];

	return got(socketpair(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 15, fds), EOPNOTSUPP);
}

static bool
low_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int		   fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	for (unsigned port = 1; port < 100; port++) { /* some may be taken */
		at.sin_port = htons((uint16_t)port);
		if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
			return true;
		if (errno != EADDRINUSE)
			return false;
	}
	return false;
}

static bool
net_admin(void)
{
	struct ifreq lo = { .ifr_name = "lo" };
	int	     fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return ioctl(fd, SIOCGIFFLAGS, &lo) == 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0; /* to what they are */
}

static socklen_t
name_of_victim(struct sockaddr_un *at, const char *pid)
{
	at->sun_family = AF_UNIX;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)snprintf(at->sun_path + 1, sizeof(at->sun_path) - 1, "nook-probe-%s", pid));
}

static bool
abstract_socket(void)
{
	struct sockaddr_un at = { 0 };
	int		   fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&at, name_of_victim(&at, given("VICTIM"))) == 0;
}

static bool
interfaces(void)
{
	struct if_nameindex *i = if_nameindex();
	struct ifreq	     r;
	int		     fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (; i && i->if_name; i++) {
		snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", i->if_name);
		if (ioctl(fd, SIOCGIFFLAGS, &r) == 0 && !(r.ifr_flags & IFF_LOOPBACK) && r.ifr_flags & IFF_UP)
			return true;
	}
	return false;
}

static bool
shared_memory(void)
{
	return shmget(SHM_KEY, 0, 0) >= 0;
}

static bool
message_queue(void)
{
	char name[64];

	snprintf(name, sizeof(name), "nook-probe-%s", given("VICTIM"));
	return syscall(SYS_mq_open, name, O_RDONLY | O_NONBLOCK, 0, NULL) >= 0;
}

/* ---- the table ------------------------------------------------------------------------------------- */

static const struct probe {
	const char *name;
	bool (*gets_through)(void);
} probes[] = {
	{ "fd-leaked", fd_leaked },
	{ "host-file", host_file },
	{ "cwd-outside", cwd_outside },
	{ "init-exe", init_exe },
	{ "init-environ", init_environ },
	{ "init-mem", init_mem },
	{ "init-root", init_root },
	{ "init-cwd", init_cwd },
	{ "init-fd", init_fd },
	{ "core-pattern", core_pattern },
	{ "sysrq", sysrq },
	{ "proc-knobs", proc_knobs },
	{ "sys-knobs", sys_knobs },
	{ "kcore", kcore },
	{ "kernel-log", kernel_log },
	{ "kernel-log-device", kernel_log_device },
	{ "timer-list", timer_list },
	{ "interrupts", interrupts },
	{ "firmware", firmware },
	{ "kernel-addresses", kernel_addresses },
	{ "dev-write", dev_write },
	{ "device-node", device_node },
	{ "unshare-user", unshare_user },
	{ "clone-user", clone_user },
	{ "clone3-user", clone3_user },
	{ "unshare-mount", unshare_mount },
	{ "clone-net", clone_net },
	{ "enter-namespace", enter_namespace },
	{ "mount", mount_any },
	{ "mount-proc", mount_proc },
	{ "unmask", unmask },
	{ "remount", remount_writable },
	{ "old-root", old_root },
	{ "new-mount-api", new_mount_api },
	{ "pivot-root", pivots },
	{ "chroot", changes_root },
	{ "chroot-escape", chroot_escape },
	{ "cgroup-mount", cgroup_mount },
	{ "cgroup-write", cgroup_write },
	{ "capabilities", capabilities },
	{ "capability-inherited", capability_inherited },
	{ "capability-bounding", capability_bounding },
	{ "privileges-gained", privileges_gained },
	{ "set-uid", set_uid },
	{ "set-gid", set_gid },
	{ "suid-program", suid_program },
	{ "groups-kept", groups_kept },
	{ "foreign-file", foreign_file },
	{ "signals-kept", signals_kept },
	{ "environment-kept", environment_kept },
	{ "umask-kept", umask_kept },
	{ "victim-seen", victim_seen },
	{ "trace-init", trace_init },
	{ "read-init", read_init },
	{ "descriptor-of-init", descriptor_of_init },
	{ "terminal-input", terminal_input },
	{ "terminal-input-high", terminal_input_high },
	{ "console-paste", console_paste },
	{ "terminal-of-caller", terminal_of_caller },
	{ "call-x32", call_x32 },
	{ "call-i386", call_i386 },
	{ "bpf", bpf },
	{ "perf", perf },
	{ "io-uring", io_uring },
	{ "keys", keys },
	{ "page-faults", page_faults },
	{ "file-handle", file_handle },
	{ "kexec", kexec },
	{ "modules", modules },
	{ "personality", other_personality },
	{ "accounting", accounting },
	{ "watch-files", watch_files },
	{ "host-name", host_name },
	{ "set-clock", set_clock },
	{ "reboot", reboots },
	{ "swap", swap },
	{ "quota", quota },
	{ "read-log", read_log },
	{ "ports", ports },
	{ "higher-priority", higher_priority },
	{ "realtime", realtime },
	{ "oom-score", oom_score },
	{ "raise-limit", raise_limit },
	{ "core-dump", core_dump },
	{ "packet-socket", packet_socket },
	{ "raw-socket", raw_socket },
	{ "netlink-socket", netlink_socket },
	{ "vsock-socket", vsock_socket },
	{ "alg-socket", alg_socket },
	{ "socket-by-number", socket_by_number },
	{ "socket-pair", socket_pair },
	{ "low-port", low_port },
	{ "net-admin", net_admin },
	{ "abstract-socket", abstract_socket },
	{ "interfaces", interfaces },
	{ "shared-memory", shared_memory },
	{ "message-queue", message_queue },
};

static void
try_one(const struct probe *p)
{
	int   status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)alarm(SECONDS_MAX);
		_exit(p->gets_through() ? 0 : 1);
	}
	/* what ends it by a signal, SIGSYS for one, has not let it through */
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		printf("%s cannot-be-tried\n", p->name);
	else
		printf("%s %s\n", p->name, WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "open" : "closed");
}

/* What the probes of other namespaces are after, of the process that they are told of */
static int
be_victim(void)
{
	struct sockaddr_un at = { 0 };
	char		   name[64], pid[16];
	int		   fd = socket(AF_UNIX, SOCK_STREAM, 0), segment = shmget(SHM_KEY, 4096, IPC_CREAT | 0600);

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	snprintf(name, sizeof(name), "nook-probe-%s", pid);
	if (bind(fd, (struct sockaddr *)&at, name_of_victim(&at, pid)) < 0 || listen(fd, 64) < 0)
		perror("socket");
	if (syscall(SYS_mq_open, name, O_RDWR | O_CREAT, 0600, NULL) < 0)
		perror("message queue");
	if (segment < 0)
		perror("shared memory");
	puts("up");
	fflush(stdout);
	while (read(0, pid, sizeof(pid)) > 0)
		;
	(void)shmctl(segment, IPC_RMID, NULL);
	(void)syscall(SYS_mq_unlink, name);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "suid"))
		return geteuid() == SUID_USER ? 42 : 1;
	if (argc == 2 && !strcmp(argv[1], "victim"))
		return be_victim();
	for (size_t i = 0; i < countof(probes); i++) {
		bool asked = argc == 1;
		if (argc == 2 && !strcmp(argv[1], "list"))
			puts(probes[i].name);
		for (int n = 1; n < argc; n++)
			asked |= !strcmp(argv[n], probes[i].name);
		if (asked)
			try_one(&probes[i]);
	}
	return 0;
}
