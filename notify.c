/* SPDX-License-Identifier: ISC */
/*
 * notify.c - readiness: what the workload says of itself, and what nook's caller is told
 *
 * The workload speaks sd_notify(3), on a socket in its own /dev, or s6's form, a newline on a
 * descriptor; or nothing, and then it is ready once it runs. The caller is told in whatever it
 * understands: $NOTIFY_SOCKET, a newline on `ready-fd`, a `pidfile`. Pids are nook's own, as those
 * inside mean nothing outside.
 */
#include "nook.h"

#include "kernel.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { DATAGRAM_MAX = 2048 };

void
notify_check(struct notify *n, const struct config *cfg)
{
	n->from = -1;
	if (cfg->ready_fd != UNSET && sys_fcntl((int)cfg->ready_fd, F_GETFD, 0)) { /* ours alone are close-on-exec */
		errno = EBADF;
		fail(TO_USE, "%s %d", NAME_OF(ready_fd), (int)cfg->ready_fd);
	}
	if (cfg->notify <= NOTIFY_SYSTEMD)
		return;
	if (sys_pipe2(n->pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		fail(TO_MAKE, text_of(CHANNEL));
	(void)sys_fcntl(n->pipe[1], F_SETFL, 0); /* the workload's end blocks, as it expects */
	n->from = n->pipe[0];
}

void
notify_forget(struct notify *n)
{
	n->interval = 0;
	n->reloading = false;
	if (n->from == n->pipe[0]) /* for all runs */
		return;
	if (n->from >= 0)
		close(n->from);
	n->from = -1;
}

void
notify_open(const struct config *cfg, const struct notify *n, int channel)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = NOTIFY_PATH };
	int		   fd, to = (int)cfg->notify;

	if (to == NOTIFY_SYSTEMD) {
		fd = (int)syscall(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0 || syscall(SYS_bind, fd, &name, sizeof(name)) < 0 || sys_chmod(NOTIFY_PATH, 0666) < 0)
			fail(TO_MAKE, NOTIFY_PATH);
		terminal_send(channel, fd);
	} else if (to && n->pipe[1] != to && sys_dup3(n->pipe[1], to, O_CLOEXEC) < 0) {
		fail(TO_SET, "%s to fd:%d", NAME_OF(notify), to);
	}
}

/* To the caller's socket, as sd_notify(3) does. It may be gone: nobody waits for it then. */
static void
tell_caller(const char *text)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	const char	  *path = variable("NOTIFY_SOCKET");
	size_t		   len = path ? strlen(path) : 0;
	int		   fd;

	if (!copy(name.sun_path, sizeof(name.sun_path), path ? path : "", len) || !len)
		return;
	if (*name.sun_path == '@') /* abstract */
		*name.sun_path = '\0';
	fd = (int)syscall(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)syscall(SYS_sendto, fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, &name,
		    offsetof(struct sockaddr_un, sun_path) + len);
	close(fd);
}

bool
notify_wanted(const struct config *cfg)
{
	return cfg->pidfile || cfg->ready_fd != UNSET || variable("NOTIFY_SOCKET");
}

void
notify_ready(struct notify *n, const struct config *cfg)
{
	char	   *pid = textf("%d\n", getpid());
	struct stat st;
	int	    fd;

	if (n->ready)
		return;
	n->ready = true;
	if (cfg->pidfile) {
		fd = sys_openat(
		    AT_FDCWD, cfg->pidfile, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
		n->pidfile = fd >= 0 && sys_fstat(fd, &st) == 0 && S_ISREG(st.st_mode); /* then it goes in the end */
		if (fd < 0 || write(fd, pid, strlen(pid)) < 0)
			say(text_of(REPORT_LOST), NAME_OF(pidfile), cfg->pidfile, error_text(errno));
		close(fd);
	}
	if (cfg->ready_fd != UNSET) {
		(void)!write((int)cfg->ready_fd, "\n", 1); /* nobody listens any more: then nobody waits */
		close((int)cfg->ready_fd);
	}
	tell_caller("READY=1");
}

void
notify_stopping(const struct notify *n)
{
	if (n->ready)
		tell_caller("STOPPING=1");
}

void
notify_end(struct notify *n, const struct config *cfg)
{
	if (n->pidfile && unlink(cfg->pidfile) < 0 && errno != ENOENT)
		say(text_of(NOT_REMOVED), NAME_OF(pidfile), cfg->pidfile, error_text(errno));
	n->pidfile = false;
}

/* What of it the caller is to hear: pids and descriptors mean nothing outside. */
static bool
is_for_caller(const char *line)
{
	static const char known[][17] = { "READY=1", "RELOADING=1", "STOPPING=1", "STATUS=", "WATCHDOG=1",
		"ERRNO=", "MONOTONIC_USEC=", "EXTEND_TIMEOUT_" };

	for (size_t i = 0; i < countof(known); i++)
		if (starts_with(line, known[i]))
			return true;
	return false;
}

bool
notify_read(struct notify *n, const struct config *cfg)
{
	static roomy char datagram[DATAGRAM_MAX], told[DATAGRAM_MAX + 1]; /* each line gets its end */
	ssize_t	    got = read(n->from, datagram, sizeof(datagram) - 1);
	char	   *rest = datagram, *line;
	const char *end;
	int64_t	    usec;

	if (got <= 0)
		return got == 0 || errno == EAGAIN; /* a datagram may be empty; of the pipe we hold the other end */
	datagram[got] = '\0';
	if (cfg->notify != NOTIFY_SYSTEMD) {
		if (find_char(datagram, '\n'))
			notify_ready(n, cfg);
		return true;
	}
	*told = '\0';
	while ((line = next_word(&rest, "\n"))) {
		bool ready = !strcmp(line, "READY=1"), fed = !strcmp(line, "WATCHDOG=1");
		n->reloading |= !strcmp(line, "RELOADING=1");
		if (ready && !n->reloading)
			notify_ready(n, cfg);
		else if (is_for_caller(line))
			set_text(told + strlen(told), textf("%s\n", line));
		n->reloading &= !ready;
		if (starts_with(line, "WATCHDOG_USEC=") && (end = digits(line + 14, &usec)) && !*end) {
			n->interval = (int64_t)(((uint64_t)usec + 999) / 1000);
			fed = true;
		}
		if (fed)
			n->fed = now_msec();
	}
	if (*told)
		tell_caller(told);
	return true;
}
