/* SPDX-License-Identifier: ISC */
/*
 * init.c - the duties of PID 1, when nook is the init of an image
 *
 * Before anything: the file systems, then descriptors 0 to 2 on the real console. At the end: the
 * result in one line, on the console and on the exit port; sync; then reboot(2). Nothing here
 * panics the kernel: PID 1 never exits.
 */
#include "nook.h"

#include <dirent.h>
#include <linux/watchdog.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#if defined(__x86_64__) || defined(__i386__)
#include <sys/io.h>
#endif

#include "kernel.h"

/* Not where nook is PID 1 of a namespace, in a container: the first one has this number, always. */
bool
init_is_us(void)
{
	static enum { NOT_ASKED, NO, YES } answer;
	char ns[20] = "";

	if (answer == NOT_ASKED && getpid() == 1 &&
	    (syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/ns/pid", ns, sizeof(ns) - 1) < 0 || /* no /proc yet */
		!strcmp(ns, "pid:[4026531836]")))
		answer = YES;
	if (answer == NOT_ASKED)
		answer = NO;
	return answer == YES;
}

/* Without devtmpfs: a node in the current directory for each device that sysfs knows of, by the links
 * there, named MAJOR:MINOR. */
static void
make_nodes(const char *all, mode_t mode)
{
	struct listing l = { .dir = sys_openat(AT_FDCWD, all, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	const char    *number;

	while (l.dir >= 0 && (number = next_entry(&l, DT_LNK))) {
		const char *uevent = file_read(l.dir, textf("%s/uevent", number)), *minor;
		char	   *name = uevent ? (char *)find_text(uevent, "DEVNAME=") : NULL;
		int64_t	    numbers[2];

		if (!name || !(minor = digits(number, &numbers[0])) || !digits(minor + 1, &numbers[1]))
			continue;
		name = first_line(name + 8);
		for (char *slash = name; (slash = find_char(slash, '/')); *slash++ = '/') {
			*slash = '\0';
			(void)mkdir(name, 0755); /* there already: good */
		}
		(void)mknod(name, mode, makedev((unsigned)numbers[0], (unsigned)numbers[1])); /* likewise */
	}
	if (l.dir >= 0)
		close(l.dir);
}

/* What is there already stays (EBUSY); what has no place in a read-only root is done without. */
static void
mount_system(void)
{
	static const struct row {
		char	 target[12], type[12], data[16];
		uint32_t flags;
	} mounts[] = {
		{ "/proc", "proc", "", MS_NOSUID | MS_NODEV | MS_NOEXEC },
		{ "/sys", "sysfs", "", MS_NOSUID | MS_NODEV | MS_NOEXEC },
		{ "/dev", "devtmpfs", "mode=755", MS_NOSUID },
		{ "/dev/pts", "devpts", "mode=620,gid=5", MS_NOSUID | MS_NOEXEC },
		{ "/dev/shm", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV },
		{ "/tmp", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV },
		{ "/run", "tmpfs", "mode=755", MS_NOSUID | MS_NODEV },
	};

	for (size_t i = 0; i < countof(mounts); i++) {
		const struct row *m = &mounts[i];
		(void)mkdir(m->target, 0755); /* there, or the mount fails and says so by its absence */
		if (mount(m->type, m->target, m->type, m->flags, m->data) == 0 || m->type[0] != 'd' ||
		    m->target[4] || errno == EBUSY)
			continue;
		if (mount("tmpfs", m->target, "tmpfs", m->flags, m->data) < 0 || chdir(m->target) < 0)
			continue;
		(void)devices_make(); /* for everybody; the others for root */
		make_nodes("/sys/dev/char", S_IFCHR | 0600);
		make_nodes("/sys/dev/block", S_IFBLK | 0600);
		(void)chdir("/");
	}
}

/* /dev/console can be no controlling terminal: the last of the active consoles is the real one. */
static void
open_console(void)
{
	char *list = file_read(AT_FDCWD, "/sys/class/tty/console/active"), *last;
	int   fd = -1;

	if (list && *first_line(list)) {
		last = strrchr(list, ' ');
		fd = sys_openat(AT_FDCWD, textf("/dev/%s", last ? last + 1 : list), O_RDWR | O_NOCTTY);
	}
	if (fd < 0)
		fd = sys_openat(AT_FDCWD, "/dev/console", O_RDWR | O_NOCTTY);
	for (int i = 0; fd >= 0 && i < 3; i++)
		(void)sys_dup3(fd, i, 0); /* EINVAL: it is already there */
	if (fd > 2)
		close(fd);
}

void
init_prepare(void)
{
	mount_system();
	open_console();
	(void)ns_loopback_up();
	(void)reboot(RB_DISABLE_CAD); /* ctrl-alt-del comes as SIGINT, and we end in order */
}

/* nook.conf=PATH of the kernel's command line, else /etc/nook.conf where there is one. */
const char *
init_settings_file(void)
{
	static roomy char path[PATH_MAX];
	char	   *line = file_read(AT_FDCWD, "/proc/cmdline"), *word;

	while (line && (word = next_word(&line, " \n")))
		if (starts_with(word, "nook.conf=") && copy(path, sizeof(path), word + 10, strlen(word + 10)))
			return path;
	return exists(AT_FDCWD, "/etc/nook.conf") ? "/etc/nook.conf" : NULL;
}

int
init_watchdog(const struct config *cfg)
{
	int fd, seconds = (int)(cfg->watchdog_timeout / 1000);

	if (!cfg->watchdog)
		return -1;
	fd = sys_openat(AT_FDCWD, cfg->watchdog, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		fail(TO_OPEN, "%s", cfg->watchdog);
	if (sys_ioctl(fd, (long)WDIOC_SETTIMEOUT, &seconds) < 0) {
		int err = errno;
		init_release(fd); /* opened, it runs */
		errno = err;
		fail(TO_SET, "%s to %d s", NAME_OF(watchdog_timeout), seconds);
	}
	return fd;
}

void
init_feed(int watchdog)
{
	if (write(watchdog, "", 1) < 0)
		say(text_of(WATCHDOG_LOST), error_text(errno));
}

/* The magic close: any other leaves it running, to bite. */
void
init_release(int watchdog)
{
	if (watchdog >= 0 && write(watchdog, "V", 1) == 1)
		close(watchdog);
}

const char *
init_port(const char *path)
{
	if (!starts_with(path, "virtio:"))
		return path;
	for (int bus = 0; bus < 8; bus++) {
		for (int port = 0; port < 32; port++) {
			char *got = file_read(AT_FDCWD, textf("/sys/class/virtio-ports/vport%dp%d/name", bus, port));
			if (got && !strcmp(first_line(got), path + 7))
				return textf("/dev/vport%dp%d", bus, port);
		}
	}
	return NULL;
}

/* QEMU's isa-debug-exit ends it at once: its own status is twice the value plus one. */
static int
write_port(unsigned short port, int status)
{
#if defined(__x86_64__) || defined(__i386__)
	if (ioperm(port, 4, 1) < 0)
		return -1;
	outl((unsigned)status, port);
	errno = ENXIO; /* still here: there is no such device */
	return -1;
#else
	(void)port;
	(void)status;
	errno = ENODEV;
	return -1;
#endif
}

static int
tell(const char *exit_port, const char *line)
{
	int fd;

	exit_port = init_port(exit_port);
	if (!exit_port)
		errno = ENODEV;
	fd = exit_port ? sys_openat(AT_FDCWD, exit_port, O_WRONLY | O_NOCTTY | O_CLOEXEC) : -1;
	return fd < 0 || write(fd, textf("%s\n", line), strlen(line) + 1) < 0 ? -1 : 0;
}

bool
init_asked(int sig, enum last_act *act)
{
	if (sig != SIGINT && sig != SIGTERM && sig != SIGUSR1 && sig != SIGUSR2)
		return false;
	*act = sig == SIGINT || sig == SIGTERM ? REBOOT : POWER_OFF;
	return true;
}

/* A shell on the console, for somebody who looks what went wrong. `reboot` there is a signal to us. */
static enum last_act
run_shell(int signals)
{
	char			name[] = "-sh", *argv[] = { name, NULL };
	pid_t			pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), got;
	enum last_act		act = POWER_OFF;
	struct signalfd_siginfo info;
	sigset_t		none;

	if (pid == 0) {
		memset(&none, 0, sizeof(none));
		(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, _NSIG / 8);
		(void)setsid();
		(void)sys_ioctl(STDIN_FILENO, TIOCSCTTY, 1);
		(void)execve("/bin/sh", argv, environ);
		say(text_of(NO_SHELL), error_text(errno));
		_exit(STATUS_NOT_FOUND);
	}
	do {
		while ((got = waitpid(-1, NULL, WNOHANG)) > 0) /* orphans of the whole system pass by */
			if (got == pid)
				return POWER_OFF;
	} while (pid > 0 && read(signals, &info, sizeof(info)) > 0 && !init_asked((int)info.ssi_signo, &act));
	return act;
}

/* A file open for writing keeps the root from being read-only: one of ours, or of what a shell has left behind. */
static void
settle(void)
{
	(void)close_from(3, false, -1); /* failing, the root is synced at least */
	(void)kill(-1, SIGKILL);
	for (int i = 0; i < 100 && mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0 && errno == EBUSY; i++)
		(void)poll(NULL, 0, 10); /* until they are gone; else it is synced at least */
	sync();
}

void
init_end(const struct config *cfg, const struct result *result, enum last_act act, int signals)
{
	static char line[64];
	int64_t	    port = 0;

	set_text(line, textf(text_of(RESULT), result->status, report_reason(result->reason)));
	if (act == BY_SETTINGS)
		act = cfg->on_exit == UNSET ? POWER_OFF : (enum last_act)cfg->on_exit;
	say_plain(line);
	sync();
	if (act == SHELL)
		act = run_shell(signals);
	if (cfg->exit_port && (exit_read(cfg->exit_port, &port), !port) && tell(cfg->exit_port, line) < 0)
		say(text_of(PORT_LOST), cfg->exit_port, error_text(errno));
	settle();
	if (port && write_port((unsigned short)port, result->status) < 0) /* last: it ends QEMU at once */
		say(text_of(PORT_LOST), cfg->exit_port, error_text(errno));
	(void)reboot(act == REBOOT ? RB_AUTOBOOT : RB_POWER_OFF);
	for (;;)
		(void)pause();
}
