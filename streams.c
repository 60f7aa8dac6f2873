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

void
streams_open(struct streams *s, const struct config *cfg)
{
	s->fd[0] = open_stream(cfg->in, NAME_OF(in), false);
	s->fd[1] = open_stream(cfg->out, NAME_OF(out), true);
	if (strcmp(cfg->err, "stdout"))
		s->fd[2] = open_stream(cfg->err, NAME_OF(err), true);
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
