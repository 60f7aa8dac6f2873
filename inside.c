/* SPDX-License-Identifier: ISC */
/*
 * inside.c - forward, reap, end the tree: the inner init
 *
 * It sleeps in sigtimedwait; all signals are blocked in it from the start. It lets the workload go when
 * nothing of the host is open in it any more, and ends when the workload does, or the supervisor.
 */
#include "nook.h"

#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kernel.h"

/* Where no PID namespace ends the tree. What forked away comes to this process, the reaper of all
 * below it: killed, found by its parent in /proc/PID/stat, until nobody is left. */
static void
kill_children(void)
{
	int64_t pid, parent, end = now_msec() + 5000;

	while (waitpid(-1, NULL, WNOHANG) >= 0 && now_msec() < end) {
		struct listing l = { .dir = sys_openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
		const char    *name;
		while (l.dir >= 0 && (name = next_entry(&l, DT_DIR))) {
			const char *stat = digits(name, &pid) ? file_read(l.dir, textf("%s/stat", name)) : NULL;
			if (stat && (stat = strrchr(stat, ')')) && digits(stat + 4, &parent) && parent == getpid())
				(void)kill((pid_t)pid, SIGKILL); /* not reaped yet, so the pid is its own */
		}
		close(l.dir);
		nap(1);
	}
}

/* Where no PID namespace does it. */
static void
end_tree(const struct run *r)
{
	if (r->flags & CLONE_NEWPID)
		return;
	cgroup_kill(&r->group);
	kill_children();
}

/* Reaps what has ended; when the workload is among it, ends all that is inside and says so. In this order:
 * from then on the supervisor may be killed, and nobody would. */
static void
reap(const struct run *r, pid_t workload, int channel)
{
	struct message m = { .kind = M_ENDED };
	pid_t	       pid;

	while ((pid = supervise_take_ended(-1, &m.status, NULL)) > 0) {
		if (pid != workload)
			continue;
		end_tree(r);
		while (write(channel, &m, sizeof(m)) < 0 && errno == EINTR)
			;
		_exit(0);
	}
}

/* Everybody may read /proc/1/cmdline, and who may measure (perfmon) /proc/1/environ: they are the host's. */
static void
forget(char **of)
{
	for (; *of; of++)
		memset(*of, 0, strlen(*of));
}

/* A descriptor gets that number, whatever had it. The workload may run by now: one failure is no reason to end it. */
static void
keep_as(int number, int *fd)
{
	for (int tries = 0; *fd != number && sys_dup3(*fd, number, O_CLOEXEC) < 0;)
		if (++tries == 4)
			fail(TO_USE, text_of(CHANNEL));
	*fd = number;
}

/* A workload that could look into this process: now it may go on. Its execve, or its end, closes the other end. */
static void
let_go(int gate)
{
	struct pollfd other = { .fd = gate };

	if (write(gate, "", 1) < 0 && errno != EPIPE) /* it has ended already */
		fail(TO_USE, text_of(CHANNEL));
	while (poll(&other, 1, -1) < 0)
		if (errno != EINTR)
			fail(TO_USE, text_of(CHANNEL));
	close(gate);
}

void
inside_supervise(struct run *r, pid_t workload, int gate)
{
	struct message started = { .kind = M_STARTED };
	sigset_t       all;
	siginfo_t      info;
	int	       channel; /* of what is static nothing is left after a rest */
	bool	       tells = notify_wanted(r->cfg);
	bool	       first = r->flags & CLONE_NEWPID; /* process of the namespace: it needs nothing but what is here */
	long	       wait_signal = NR_rt_sigtimedwait, got = 0;
	int64_t	       second[2] = { 1 }; /* also as two of 32 bits; big-endian, then it is none */

	privs_drop_init();
	forget(r->argv + 1);
	forget(environ);
	if (first) { /* nothing of the host may stay open here */
		keep_as(3, &r->channel[1]);
		if (gate)
			keep_as(4, &gate); /* never 3: its other end came first */
		if (!close_from(gate ? 5 : 4, false, -1))
			fail(TO_READ, "/proc/self/fd");
		if (gate)
			let_go(gate);
	} else if (r->cfg->ready_fd != UNSET) {
		close((int)r->cfg->ready_fd); /* who reads it waits for the end, too */
	}
	channel = r->channel[1];
	if (tells) /* it runs, as it was waited for */
		(void)!write(channel, &started, sizeof(started)); /* it ends when nobody reads it */
	memset(&all, 0xff, sizeof(all));
	for (;;) {
		got = got < 0 && errno == EAGAIN ? rest(first, wait_signal, (long)&all, (long)&info, 0, _NSIG / 8)
						 : syscall(wait_signal, &all, &info, second, _NSIG / 8);
		if (got < 0) {
			if (errno == ENOSYS)
				wait_signal = SYS_rt_sigtimedwait;
			continue;
		}
		if (info.si_signo == SIGCHLD)
			reap(r, workload, channel);
		else if (info.si_signo == ORPHANED && nobody_reads(channel)) {
			end_tree(r);
			_exit(STATUS_FAILED);
		} else
			(void)kill(workload, info.si_signo); /* reaped here alone: the pid is its own */
	}
}
