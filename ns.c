/* SPDX-License-Identifier: ISC */
/*
 * ns.c - namespaces: clone into them, host name, loopback, sysctls
 *
 * The clone asks for all at once. Only when the kernel refuses is it found out which it lacks, so
 * a start on a kernel that has them all pays nothing for it.
 */
#include "nook.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "kernel.h"

static const struct ns {
	uint32_t flag;
	uint16_t into; /* the setting that opens it, 0: always private */
	char	 file[8], config[12];
} namespaces[] = {
	{ CLONE_NEWNS, 0, "mnt", "NAMESPACES" },
	{ CLONE_NEWPID, offsetof(struct config, pid), "pid", "PID_NS" },
	{ CLONE_NEWIPC, offsetof(struct config, ipc), "ipc", "IPC_NS" },
	{ CLONE_NEWUTS, offsetof(struct config, uts), "uts", "UTS_NS" },
	{ CLONE_NEWNET, offsetof(struct config, network), "net", "NET_NS" },
	{ CLONE_NEWUSER, offsetof(struct config, userns), "user", "USER_NS" },
};

static bool
is_private(const struct config *cfg, const struct ns *ns)
{
	if (ns->into == offsetof(struct config, network))
		return !strcmp(cfg->network, "none");
	return !ns->into || *(const int64_t *)((const char *)cfg + ns->into) == 0;
}

unsigned long
ns_flags(const struct config *cfg)
{
	unsigned long flags = 0;

	for (size_t i = 0; i < countof(namespaces); i++)
		if (is_private(cfg, &namespaces[i]))
			flags |= namespaces[i].flag;
	return flags;
}

/* Is the namespace that this setting opens private, and there? */
static bool
has(const struct config *cfg, unsigned long flags, size_t into)
{
	for (size_t i = 0; i < countof(namespaces); i++)
		if (namespaces[i].into == into && flags & namespaces[i].flag)
			return true;
	return into == offsetof(struct config, network) && *cfg->network == '/';
}

unsigned long
ns_without_missing(const struct config *cfg, unsigned long flags)
{
	for (size_t i = 0; i < countof(namespaces); i++) {
		const struct ns *ns = &namespaces[i];
		if (!ns->into || !(flags & ns->flag) || exists(AT_FDCWD, textf("/proc/self/ns/%s", ns->file)))
			continue;
		if (!settings_excused(cfg, settings_name(ns->into)))
			refuse(NO_NAMESPACE, settings_name(ns->into), ns->config);
		flags &= ~(unsigned long)ns->flag;
	}
	if (!cfg->init && !(flags & CLONE_NEWPID))
		refuse(NOBODY_KILLS, NAME_OF(init));
	/* without the namespace these would change the host */
	if (cfg->hostname && !has(cfg, flags, offsetof(struct config, uts)) && !settings_excused(cfg, NAME_OF(hostname)))
		refuse(NO_NAMESPACE, NAME_OF(uts), "UTS_NS");
	for (const struct item *i = cfg->sysctl; i; i = i->next)
		if (!has(cfg, flags, sysctl_namespace(i->text)) && !settings_excused(cfg, NAME_OF(sysctl)))
			refuse(NO_NAMESPACE, settings_name(sysctl_namespace(i->text)), "NAMESPACES");
	return flags;
}

/*
 * clone3 in the caller's own memory and on its own stack, as vfork(2) does: the caller sleeps until
 * the child has left for good, so what the child pushes lies below what the caller still needs. The
 * system call must be inline for that: a return address of a wrapper would be overwritten.
 */
#if defined(__x86_64__) || defined(__aarch64__)
enum { CAN_SHARE_CLONE3 = 1 };

static inline __attribute__((always_inline)) long
clone3_inline(const struct clone3 *args)
{
#if defined(__x86_64__)
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "0"(SYS_clone3), "D"(args), "S"(sizeof(*args))
			 : "rcx", "r11", "memory");
	return ret;
#else
	register long nr __asm__("x8") = SYS_clone3;
	register long a __asm__("x0") = (long)args;
	register long size __asm__("x1") = sizeof(*args);

	__asm__ volatile("svc 0" : "+r"(a) : "r"(nr), "r"(size) : "memory");
	return a;
#endif
}
#else
enum { CAN_SHARE_CLONE3 = 0 };

static long
clone3_inline(const struct clone3 *args)
{
	long ret = syscall(SYS_clone3, args, sizeof(*args));

	return ret < 0 ? -errno : ret;
}
#endif

/* What is behind the libc's clone(2), which looks for its guard in a thread's memory. */
int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);

static __attribute__((noinline)) pid_t
spawn_into(int (*fn)(void *), void *arg, const struct clone3 *args)
{
	long pid = clone3_inline(args);

	if (pid == 0)
		_exit(fn(arg));
	return (pid_t)pid;
}

pid_t
ns_spawn(int (*fn)(void *), void *arg, unsigned long flags, int *into, bool share)
{
	/* only the pages that the child touches are ever there */
	static roomy char stack[64 << 10] __attribute__((aligned(16)));
	unsigned long sharing = share ? CLONE_VM | CLONE_VFORK : 0;
	struct clone3 args = { .flags = flags | CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	pid_t	      pid;

	if (*into >= 0) {
		args.cgroup = (uint64_t)*into;
		args.flags |= sharing & (CAN_SHARE_CLONE3 ? ~0UL : CLONE_VFORK); /* waits all the same */
		pid = spawn_into(fn, arg, &args);
		if (pid > 0)
			return pid;
		/* before 5.7, or forbidden by a container's filter: the child joins by itself; any
		 * other reason will show again below */
		*into = -1;
	}
	if (share) {
		pid = __clone(fn, stack + sizeof(stack), (int)(flags | sharing | SIGCHLD), arg);
		errno = pid < 0 ? -pid : 0;
		return pid;
	}
	/* fork-like: the child goes on on a copy of this stack */
	pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(fn(arg));
	return pid;
}

const char *
ns_list(unsigned long flags)
{
	char *list = textf("%s", "");

	for (size_t i = 0; i < countof(namespaces); i++)
		if (flags & namespaces[i].flag)
			list = textf("%s%s ", list, namespaces[i].file);
	return list;
}

void
ns_spawn_failed(int err, unsigned long flags)
{
	errno = err;
	fail(TO_CLONE, flags ? "%snamespaces" : "a process of its own%s", flags ? ns_list(flags) : "");
}

int
ns_open_network(const struct config *cfg)
{
	int fd;

	if (*cfg->network != '/')
		return -1;
	fd = sys_openat(AT_FDCWD, cfg->network, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		fail(TO_JOIN, "network namespace %s", cfg->network);
	return fd;
}

int
ns_loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int	     fd = (int)syscall(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 && errno == EAFNOSUPPORT)
		return 0; /* a kernel without IP has no loopback to bring up */
	if (fd < 0 || sys_ioctl(fd, SIOCSIFFLAGS, &lo) < 0)
		return -1;
	return close(fd);
}

void
ns_set_up(const struct config *cfg, unsigned long flags, int network)
{
	if (network >= 0 && setns(network, CLONE_NEWNET) < 0)
		fail(TO_JOIN, "network namespace %s", cfg->network);
	if (flags & CLONE_NEWNET && ns_loopback_up() < 0)
		fail(TO_SET, text_of(LOOPBACK));
	if (cfg->hostname && flags & CLONE_NEWUTS && sethostname(cfg->hostname, strlen(cfg->hostname)) < 0)
		fail(TO_SET, "%s to %s", NAME_OF(hostname), cfg->hostname);
}

/* KEY=VALUE as the file of the key; by textf. */
static const char *
sysctl_path(const char *text)
{
	char *path = textf("/proc/sys/%s", text), *c;

	for (c = path + 10; *c != '='; c++)
		if (*c == '.')
			*c = '/';
	*c = '\0';
	return path;
}

void
ns_write_sysctls(const struct config *cfg, unsigned long flags)
{
	for (const struct item *i = cfg->sysctl; i; i = i->next) {
		const char *value = find_char(i->text, '=') + 1; /* checked when it was read */
		if (!has(cfg, flags, sysctl_namespace(i->text)))
			continue; /* excused */
		if (file_write(AT_FDCWD, sysctl_path(i->text), value) < 0)
			fail(TO_SET, "%s %s", NAME_OF(sysctl), i->text);
	}
}

void
ns_unshare_cgroup(const struct config *cfg)
{
	if (cfg->cgroupns || unshare(CLONE_NEWCGROUP) == 0)
		return;
	if (errno != EINVAL)
		fail(TO_SET, text_of(UP_CGROUP_NS));
	/* no cgroups: nothing to hide */
	if (!exists(AT_FDCWD, "/proc/self/cgroup") ||
	    settings_excused(cfg, NAME_OF(cgroupns)))
		return;
	refuse(NO_CGROUP_NS);
}

void
ns_check(const struct config *cfg)
{
	for (size_t i = 0; i < countof(namespaces); i++) {
		const struct ns *ns = &namespaces[i];
		if (is_private(cfg, ns))
			check_need(ns->into ? settings_name(ns->into) : NULL, exists(AT_FDCWD, textf("/proc/self/ns/%s", ns->file)),
			    textf("%s namespace", ns->file), textf("CONFIG_%s", ns->config));
	}
	if (!cfg->cgroupns && exists(AT_FDCWD, "/proc/self/cgroup"))
		check_need(NAME_OF(cgroupns), exists(AT_FDCWD, "/proc/self/ns/cgroup"), "cgroup namespace", "Linux 4.6");
	for (const struct item *i = cfg->sysctl; i; i = i->next)
		check_need(NAME_OF(sysctl), exists(AT_FDCWD, sysctl_path(i->text)), i->text, text_of(NEEDS_SYSCTL));
}
