/* SPDX-License-Identifier: ISC */
/*
 * supervise.c - wait, forward, reap, time limits, stop: the supervisor and the inner init
 *
 * The supervisor sleeps in one poll: signals (also the child's end), the out-of-memory event, the
 * terminal, the next deadline. It never dies here: after the spawn there is only the end to be
 * reached. The inner init sleeps in sigwaitinfo; all signals are blocked in both from the start, so
 * none is lost and none is needed to be handled.
 */
#include "nook.h"

#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kernel.h"

enum { UNTIL_NEVER = INT32_MAX };

struct watch {
	struct run *r;
	enum { UP, STOPPING, KILLED, OVER } state;
	int	    signals;  /* signalfd */
	unsigned    terms;    /* SIGTERMs so far */
	int64_t	    deadline; /* of the state, now_msec(); UNSET for none */
	bool	    oom, timed_out, stopped;
	int	    status; /* of the child, as wait4 gives it */
};

/* A signal for the workload: the inner init passes it on; without one the child is the workload. */
static void
signal_workload(const struct watch *w, int sig)
{
	if (w->r->pid > 0)
		(void)kill(w->r->pid, sig); /* it is not reaped yet, so the pid is its own */
}

/* At once and for all. Ends a stopped or frozen tree as well. */
static void
kill_workload(struct watch *w)
{
	signal_workload(w, SIGKILL);
	if (!(w->r->flags & CLONE_NEWPID))
		cgroup_kill(&w->r->group);
	w->state = KILLED;
	w->deadline = UNSET;
}

static void
stop_workload(struct watch *w)
{
	const struct config *cfg = w->r->cfg;

	if (w->state != UP)
		return;
	w->state = STOPPING;
	w->deadline = now_msec() + cfg->stop_timeout;
	signal_workload(w, (int)cfg->stop_signal);
	signal_workload(w, SIGCONT); /* a stopped one must see it too */
}

static void
on_child(struct watch *w)
{
	pid_t	      pid;
	int	      status;
	struct rusage usage;

	/* as PID 1, also the orphans of the whole system */
	while ((pid = wait4(init_is_us() ? -1 : w->r->pid, &status, WNOHANG, &usage)) > 0) {
		if (pid != w->r->pid)
			continue;
		w->status = status;
		w->r->result.rusage = usage;
		w->state = OVER;
		w->r->pid = 0;
		return;
	}
}

/* As for busybox init: ctrl-alt-del and TERM reboot, USR1 and USR2 power off. */
static bool
end_machine(struct watch *w, int sig)
{
	if (sig != SIGINT && sig != SIGTERM && sig != SIGUSR1 && sig != SIGUSR2)
		return false;
	w->r->act = sig == SIGINT || sig == SIGTERM ? REBOOT : POWER_OFF;
	w->stopped = w->stopped || w->state == UP;
	stop_workload(w);
	return true;
}

static void
on_signal(struct watch *w)
{
	struct signalfd_siginfo info;

	if (read(w->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (init_is_us() && end_machine(w, (int)info.ssi_signo))
		return;
	switch (info.ssi_signo) {
	case SIGCHLD:
		on_child(w);
		break;
	case SIGTERM: /* the first stops, the third does not wait any longer */
		w->stopped = w->stopped || w->state == UP;
		stop_workload(w);
		if (++w->terms == 3)
			kill_workload(w);
		break;
	case SIGWINCH:
		terminal_resize(&w->r->terminal);
		if (w->r->cfg->tty)
			break;
		signal_workload(w, SIGWINCH);
		break;
	case SIGTTIN: /* ours alone: we touched a terminal that is not ours just now */
	case SIGTTOU:
		break;
	default:
		signal_workload(w, (int)info.ssi_signo);
	}
}

static void
on_deadline(struct watch *w)
{
	if (w->state == UP) {
		w->timed_out = true;
		stop_workload(w);
	} else {
		kill_workload(w);
	}
}

static void
on_memory(struct watch *w)
{
	if (!cgroup_oom_noticed(&w->r->group))
		return;
	w->oom = true;
	kill_workload(w);
}

static int
time_left(const struct watch *w)
{
	int64_t left;

	if (w->deadline == UNSET)
		return -1;
	left = w->deadline - now_msec();
	return left < 0 ? 0 : left > UNTIL_NEVER ? UNTIL_NEVER : (int)left;
}

static void
watch_once(struct watch *w)
{
	struct pollfd p[4] = { { .fd = w->signals, .events = POLLIN },
		{ .fd = w->oom ? -1 : w->r->group.oom_event, .events = w->r->group.oom_poll } };
	size_t	      n;
	int	      timeout;

	n = 2 + terminal_poll(&w->r->terminal, p + 2);
	timeout = time_left(w);
	if (w->r->watchdog >= 0) { /* twice within its time */
		init_feed(w->r->watchdog);
		if (timeout < 0 || timeout > w->r->cfg->watchdog_timeout / 2)
			timeout = (int)(w->r->cfg->watchdog_timeout / 2);
	}
	if (poll(p, n, timeout) < 0)
		return; /* EINTR, or no memory: look again */
	if (time_left(w) == 0)
		on_deadline(w);
	if (p[1].revents)
		on_memory(w);
	terminal_move(&w->r->terminal);
	if (p[0].revents)
		on_signal(w);
}

/* What the child said first, if anything: a failure tells more than the end that follows. All that
 * could write is dead, so this does not wait. */
static void
hear(struct run *r)
{
	while (r->said.kind == M_NOTHING)
		if (read(r->channel[0], &r->said, sizeof(r->said)) <= 0)
			break;
}

/* What it all amounts to. A cause is named only if nook or the kernel acted on it. */
static void
conclude(struct watch *w)
{
	struct run    *r = w->r;
	struct result *result = &r->result;
	int	       status = r->said.kind == M_ENDED ? r->said.status : w->status;

	result->wall_msec = now_msec() - r->started;
	if (status || w->oom || r->cfg->report) { /* else nobody asks for figures */
		limits_usage(&r->group, &result->usage);
		w->oom |= result->usage.oom_kills > 0 && (r->cfg->oom_group || status == SIGKILL);
		/* v1 does not count whose limit it was: then the peak tells */
		if (result->usage.oom_own == UNSET)
			result->usage.oom_own = result->usage.memory_peak >= r->cfg->memory - r->cfg->memory / 16;
	}
	result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	result->core_dumped = WIFSIGNALED(status) && WCOREDUMP(status);
	result->status = result->signal ? STATUS_SIGNAL + result->signal : WEXITSTATUS(status);
	result->reason = result->signal ? SIGNALED : EXITED;
	if (w->oom) {
		result->reason = OOM;
		result->status = STATUS_OOM;
	} else if (r->said.kind == M_FAILED) {
		result->reason = FAILED;
		result->status = r->said.status;
	} else if (w->timed_out) {
		result->reason = TIMED_OUT;
		result->status = STATUS_TIMEOUT;
	} else if (w->stopped) {
		result->reason = STOPPED;
	}
}

void
supervise(struct run *r)
{
	struct watch w = { .r = r, .deadline = UNSET, .signals = r->signals };

	if (r->cfg->timeout != UNSET)
		w.deadline = r->started + r->cfg->timeout;
	while (w.state != OVER)
		watch_once(&w);
	terminal_drain(&r->terminal);
	if (!(r->flags & CLONE_NEWPID))
		cgroup_kill(&r->group); /* what forked away */
	hear(r);
	conclude(&w);
}

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

/* Reaps what has ended; when the workload is among it, says so and ends all that is inside. */
static void
reap(const struct run *r, pid_t workload, int channel)
{
	struct message m = { .kind = M_ENDED };
	pid_t	       pid;

	while ((pid = waitpid(-1, &m.status, WNOHANG)) > 0) {
		if (pid != workload)
			continue;
		while (write(channel, &m, sizeof(m)) < 0 && errno == EINTR)
			;
		if (!(r->flags & CLONE_NEWPID) && !r->group.count)
			kill_children();
		_exit(0);
	}
}

void
supervise_inside(const struct run *r, pid_t workload)
{
	sigset_t  all;
	siginfo_t info;
	pid_t	  parent = getppid();
	int	  channel = r->channel[1];
	long	  wait_signal = NR_rt_sigtimedwait;

	privs_drop_init();
	if (r->flags & CLONE_NEWPID) { /* nothing of the host may stay open here */
		(void)sys_dup3(channel, 3, O_CLOEXEC); /* EINVAL: it is 3 */
		close_from(4, false, sys_openat(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		channel = 3;
	}
	memset(&all, 0xff, sizeof(all));
	for (;;) {
		if (syscall(wait_signal, &all, &info, NULL, _NSIG / 8) < 0) {
			if (errno == ENOSYS)
				wait_signal = SYS_rt_sigtimedwait;
			continue;
		}
		if (info.si_signo == SIGCHLD)
			reap(r, workload, channel);
		else if (info.si_signo == ORPHANED && getppid() != parent) {
			cgroup_kill(&r->group); /* no PID namespace dies with us */
			kill_children();
			_exit(STATUS_FAILED);
		} else
			(void)kill(workload, info.si_signo); /* reaped here alone: the pid is its own */
	}
}
