/* SPDX-License-Identifier: ISC */
/*
 * terminal.c - a terminal of the workload's own, relayed to the caller's
 *
 * The pair is opened inside, so that it has a name there; its master comes out over the channel.
 * The caller's terminal goes raw meanwhile and is set back however the run ends. Nothing here ever
 * waits: what cannot be passed on stays in a buffer, and until it has gone no more is read.
 */
#include "nook.h"

#include "kernel.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>


static struct termios saved;
static bool	      is_raw;

void
terminal_check(const struct config *cfg)
{
	if (cfg->tty && sys_ioctl(STDIN_FILENO, TCGETS, &saved) < 0)
		refuse(NO_TERMINAL, NAME_OF(tty), NAME_OF(tty));
}

void
terminal_send(int channel, int fd)
{
	union {
		struct cmsghdr head;
		char	       space[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct message message = { .kind = M_NOTHING };
	struct iovec   data = { &message, sizeof(message) };
	/* zeroes stand where the libc has narrower fields than the kernel */
	struct msghdr  m = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	if (syscall(SYS_sendmsg, channel, &m, MSG_NOSIGNAL, 0, seccomp_key(0), seccomp_key(1)) < 0)
		fail(TO_TERMINAL, text_of(MASTER));
}

void
terminal_open(int channel, uid_t owner)
{
	const char    *name;
	struct winsize size;
	unsigned       number;
	int	       unlock = 0, slave, master = sys_openat(AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (master < 0 || sys_ioctl(master, TIOCSPTLCK, &unlock) < 0 || sys_ioctl(master, (int)TIOCGPTN, &number) < 0)
		fail(TO_TERMINAL, text_of(PTMX));
	name = textf("/dev/pts/%u", number);
	slave = sys_openat(AT_FDCWD, name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || sys_ioctl(slave, TIOCSCTTY, 0) < 0 || syscall(NR_fchown, slave, owner, -1) < 0)
		fail(TO_TERMINAL, text_of(PTS), name);
	if (sys_ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		(void)sys_ioctl(slave, TIOCSWINSZ, &size); /* a wrong size is no reason not to start */
	terminal_send(channel, master);
	for (int i = 0; i < 3; i++)
		if (sys_dup3(slave, i, 0) < 0)
			fail(TO_SET, text_of(STREAM_N), i);
}

static void
make_raw(bool input)
{
	struct termios raw;

	raw = saved; /* as terminal_check has found it */
	cfmakeraw(&raw);
	if (!input) /* nobody inside will see ^C: it must still mean something */
		raw.c_lflag |= ISIG;
	is_raw = sys_ioctl(STDIN_FILENO, TCSETSW, &raw) == 0;
}

void
terminal_restore(void)
{
	if (is_raw)
		(void)sys_ioctl(STDIN_FILENO, TCSETSW, &saved); /* gone: nothing to set back */
	is_raw = false;
}

int
terminal_receive(int channel, struct message *said)
{
	union {
		struct cmsghdr head;
		char	       space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec  data = { said, sizeof(*said) };
	struct msghdr m = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t	      n;
	int	      fd;

	while ((n = (ssize_t)syscall(SYS_recvmsg, channel, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
		;
	if (n > 0 && !CMSG_FIRSTHDR(&m))
		return -1;
	said->kind = M_NOTHING;
	if (n <= 0)
		return -1;
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

bool
terminal_take(struct terminal *t, int channel, struct message *said)
{
	static roomy char keyboard[FLOW_MAX], screen[FLOW_MAX];

	t->in.buf = keyboard;
	t->out.buf = screen;
	t->master = terminal_receive(channel, said);
	if (t->master < 0)
		return false;
	(void)sys_fcntl(t->master, F_SETFL, O_NONBLOCK);
	make_raw(t->input);
	return true;
}

void
terminal_resize(const struct terminal *t)
{
	struct winsize size;

	if (t->master >= 0 && sys_ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		(void)sys_ioctl(t->master, TIOCSWINSZ, &size);
}

size_t
terminal_poll(const struct terminal *t, struct pollfd *p)
{
	if (t->master < 0)
		return 0;
	p[0] = (struct pollfd){ .fd = t->master };
	p[0].events = (short)((t->out.have ? 0 : POLLIN) | (t->in.have ? POLLOUT : 0));
	p[1] = (struct pollfd){ .fd = t->input && !t->in.have ? STDIN_FILENO : -1, .events = POLLIN };
	return 2;
}

static bool
readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0 && p.revents & (POLLIN | POLLHUP);
}

/* One step of one direction. False at its end. */
static bool
flow(struct flow *f, int from, int to)
{
	ssize_t n;

	if (!f->have && from >= 0 && readable(from)) {
		n = read(from, f->buf, FLOW_MAX);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		f->done = 0;
		f->have = n > 0 ? (size_t)n : 0;
	}
	if (!f->have)
		return true;
	n = write(to, f->buf + f->done, f->have - f->done);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	f->done += n > 0 ? (size_t)n : 0;
	if (f->done == f->have)
		f->have = 0;
	return true;
}

void
terminal_move(struct terminal *t)
{
	if (t->master < 0)
		return;
	if (!flow(&t->in, t->input ? STDIN_FILENO : -1, t->master))
		t->input = false;
	/* EIO: nobody has the other end open just now; the end of the workload ends the run */
	if (!flow(&t->out, t->master, STDOUT_FILENO)) {
		close(t->master);
		t->master = -1;
	}
}

void
terminal_drain(struct terminal *t)
{
	while (t->master >= 0 && (t->out.have || readable(t->master)))
		terminal_move(t);
	if (t->master >= 0)
		close(t->master);
	t->master = -1;
	terminal_restore();
}
