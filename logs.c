/* SPDX-License-Identifier: ISC */
/*
 * logs.c - output that passes through nook: to syslog, the kernel's log, files that rotate, or counted
 *
 * Only then is there a pipe, and nook in the way of the data. It never blocks for long: what a reader
 * does not take stays in the pipe and holds the workload up, as without nook; a log that takes
 * nothing loses lines, and is told how many.
 */
#include "nook.h"

#include "kernel.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum {
	DRAIN_MSEC = 1000,
	BUSY_MSEC = 100,
	LINE_LONG = 900,
	/* with its head, less than a record of the kernel's log */ DAEMON_ERR = 27,
	DAEMON_INFO = 30
};

int
logs_pipe(struct log *l, enum sink sink, int to, const char *path, bool error)
{
	static roomy char buffers[2][FLOW_MAX];
	struct stat st;
	int	    pipe[2];

	*l = (struct log){ .buf = buffers[error],
		.sink = sink,
		.to = to,
		.path = path,
		.priority = error ? DAEMON_ERR : DAEMON_INFO };
	if (path && sys_fstat(to, &st) == 0 && S_ISREG(st.st_mode))
		l->size = st.st_size;
	else
		l->path = NULL; /* a device or a fifo stays where it is */
	if (sys_pipe2(pipe, O_CLOEXEC) < 0 || sys_fcntl(pipe[0], F_SETFL, O_NONBLOCK) < 0)
		fail(TO_MAKE, text_of(CHANNEL));
	l->from = pipe[0];
	return pipe[1];
}

static int
connect_syslog(void)
{
	static const struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	int fd = (int)syscall(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && syscall(SYS_connect, fd, &name, sizeof(name)) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool
is_ready(int fd, short events, int msec)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, msec) > 0;
}

/* RFC 3164, to which the daemon adds the time; or the kernel's form of it. */
static void
send_line(struct log *l, const char *tag, const char *line)
{
	for (int tries = 0; tries < 3; tries++) {
		const char *text = textf(l->sink == SINK_KMSG ? "<%d>%s[%d]: %s\n" : "<%d>%s[%d]: %s", l->priority, tag,
		    getpid(), l->dropped ? textf("(%u lines lost) %s", l->dropped, line) : line);
		if (l->to < 0)
			l->to = connect_syslog();
		if (l->to >= 0 && write(l->to, text, strlen(text)) > 0) {
			l->dropped = 0;
			return;
		}
		if (l->sink == SINK_KMSG || l->to < 0)
			break;
		if (errno ==
		    EAGAIN) { /* its queue is ten long: wait a moment for a daemon, but once only for one that is stuck */
			if (l->dropped || !is_ready(l->to, POLLOUT, BUSY_MSEC))
				break;
			continue;
		}
		close(l->to); /* the daemon was started anew */
		l->to = -1;
	}
	l->dropped++;
}

/* Whole lines, and what is too long for one in pieces. all: also what has no end yet. */
static void
send_lines(struct log *l, const char *tag, bool all)
{
	size_t at = 0;

	while (at < l->have) {
		char  *end = find_byte(l->buf + at, '\n', l->have - at);
		size_t len = end ? (size_t)(end - (l->buf + at)) : l->have - at;
		char   line[LINE_LONG];
		if (!end && len < LINE_LONG - 1 && !all)
			break;
		if (len > LINE_LONG - 1) {
			len = LINE_LONG - 1;
			end = NULL;
		}
		(void)copy(line, sizeof(line), l->buf + at, len); /* fits */
		if (*line)
			send_line(l, tag, line);
		at += len + (end ? 1 : 0);
	}
	l->have -= at;
	memmove(l->buf, l->buf + at, l->have);
}

/* One old file is kept. Only between lines, unless there are none. */
static void
rotate(struct log *l, int64_t most, bool whole)
{
	int fd;

	if (!l->path || most == UNSET || l->size < most || (!whole && l->size < most + (int64_t)FLOW_MAX))
		return;
	(void)rename(l->path, textf("%s.1", l->path)); /* failing, the file is emptied */
	fd = sys_openat(AT_FDCWD, l->path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		return; /* it grows on */
	close(l->to);
	l->to = fd;
	l->size = 0;
}

/* A page at most: a pipe that is ready takes it without blocking. */
static void
write_out(struct log *l, int64_t most)
{
	size_t	upto = l->have;
	ssize_t n;

	/* over the size with this: up to the end of a line, if it has one, and then the next file */
	if (l->path && most != UNSET && l->size + (int64_t)(upto - l->done) >= most) {
		while (upto > l->done && l->buf[upto - 1] != '\n')
			upto--;
		upto = upto > l->done ? upto : l->have;
	}
	n = write(l->to, l->buf + l->done, upto - l->done);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) { /* a full disk, a reader that has gone: no reason to end the workload */
		l->dropped += (unsigned)(l->have - l->done);
		l->have = l->done = 0;
		return;
	}
	l->done += (size_t)n;
	l->size += n;
	if (l->done == upto)
		rotate(l, most, l->buf[upto - 1] == '\n');
	if (l->done == l->have)
		l->have = l->done = 0;
}

static void
move(struct logs *all, struct log *l, const struct config *cfg, const char *tag)
{
	ssize_t n = 0;
	bool	lines = l->sink != SINK_FILE;

	if (lines || !l->have)
		n = read(l->from, l->buf + l->have, FLOW_MAX - l->have);
	if (n > 0) {
		all->bytes += n;
		if (cfg->output_limit != UNSET && cfg->output_limit != UNLIMITED && all->bytes > cfg->output_limit) {
			n -= all->bytes - cfg->output_limit < n ? (ssize_t)(all->bytes - cfg->output_limit) : n;
			all->bytes = cfg->output_limit; /* what is beyond goes nowhere */
			all->over = true;
		}
		l->have += (size_t)n;
	}
	if (lines)
		send_lines(l, tag, false);
	else if (l->have && is_ready(l->to, POLLOUT, 0))
		write_out(l, cfg->log_max_size);
}

size_t
logs_poll(const struct logs *all, struct pollfd *p)
{
	for (size_t i = 0; i < countof(all->log); i++) {
		const struct log *l = &all->log[i];
		bool		  full = l->sink == SINK_FILE && l->have;
		p[i] = (struct pollfd){ .fd = full ? l->to : l->from, .events = full ? POLLOUT : POLLIN };
	}
	return countof(all->log);
}

void
logs_move(struct logs *all, const struct config *cfg, const char *tag)
{
	for (size_t i = 0; i < countof(all->log); i++)
		if (all->log[i].from >= 0)
			move(all, &all->log[i], cfg, tag);
}

void
logs_drain(struct logs *all, const struct config *cfg, const char *tag)
{
	int64_t end = now_msec() + DRAIN_MSEC;

	for (size_t i = 0; i < countof(all->log); i++) {
		struct log *l = &all->log[i];
		if (l->from < 0)
			continue;
		while ((l->sink == SINK_FILE && l->have) || is_ready(l->from, POLLIN, 0)) {
			int64_t left = end - now_msec();
			if (l->sink == SINK_FILE && l->have && (left <= 0 || !is_ready(l->to, POLLOUT, (int)left))) {
				ssize_t n = (ssize_t)(l->have - l->done);
				do
					l->dropped += (unsigned)n;
				while ((n = read(l->from, l->buf, FLOW_MAX)) > 0);
				break;
			}
			move(all, l, cfg, tag);
		}
		if (l->sink != SINK_FILE)
			send_lines(l, tag, true);
		if (l->dropped)
			say(text_of(OUTPUT_LOST), l->dropped, l->sink == SINK_FILE ? "bytes" : "lines");
		l->have = l->done = l->dropped = 0;
	}
}
