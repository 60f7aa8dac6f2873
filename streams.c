/* SPDX-License-Identifier: ISC */
/*
 * streams.c - standard input, output and error of the workload
 *
 * Opened as the caller, before anything changes; put in place by the child, last thing.
 */
#include "nook.h"

#include "kernel.h"

#include <sys/stat.h>

static int
open_stream(const char *text, const char *setting, bool output)
{
	bool append = starts_with(text, "append:");
	int  flags = output ? O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC) : O_RDONLY;
	int  fd;

	if (!strcmp(text, "inherit"))
		return -1;
	if (!strcmp(text, "null")) {
		text = "/dev/null";
		flags &= ~(O_CREAT | O_TRUNC);
	}
	text = init_port(text + (append ? 7 : 0));
	if (!text)
		refuse(NO_PORT, setting);
	/* nonblocking: a fifo without a reader must be refused, not waited for */
	fd = sys_openat(AT_FDCWD, text, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (fd < 0 || sys_fcntl(fd, F_SETFL, flags & O_APPEND) < 0)
		fail(TO_OPEN, "%s for %s", text, setting);
	return fd;
}

/* An output, straight or through a log. */
static int
open_output(struct log *l, const struct config *cfg, const char *text, const char *setting, bool error)
{
	enum sink   sink = !strcmp(text, "syslog") ? SINK_SYSLOG : !strcmp(text, "kmsg") ? SINK_KMSG : SINK_FILE;
	const char *path = sink == SINK_KMSG ? "/dev/kmsg" : text;
	int	    fd = sink == SINK_SYSLOG ? -1 : open_stream(path, setting, true);
	bool	    file = find_char(text, '/');

	path = starts_with(text, "append:") ? text + 7 : text;
	if (sink == SINK_FILE && cfg->output_limit == UNSET && (!file || cfg->log_max_size == UNSET))
		return fd;
	if (sink == SINK_FILE && fd < 0)
		fd = error ? STDERR_FILENO : STDOUT_FILENO;
	return logs_pipe(l, sink, fd, file ? path : NULL, error);
}

void
streams_open(struct streams *s, struct logs *logs, const struct config *cfg)
{
	logs->log[0].from = logs->log[1].from = -1;
	s->fd[0] = open_stream(cfg->in, NAME_OF(in), false);
	s->fd[1] = open_output(&logs->log[0], cfg, cfg->out, NAME_OF(out), false);
	if (strcmp(cfg->err, "stdout"))
		s->fd[2] = open_output(&logs->log[1], cfg, cfg->err, NAME_OF(err), true);
	else
		s->fd[2] = s->fd[1] < 0 ? STDOUT_FILENO : s->fd[1];
}

void
streams_use(const struct streams *s)
{
	for (int i = 0; i < 3; i++)
		if (s->fd[i] >= 0 && sys_dup3(s->fd[i], i, 0) < 0)
			fail(TO_SET, text_of(STREAM_N), i);
}
