/* SPDX-License-Identifier: ISC */
/*
 * supervise.c - wait, forward, reap, time limits, stop, restart: the supervisor
 *
 * The supervisor sleeps in one poll: signals (also the child's end), the out-of-memory event, the
 * terminal, logs, what the workload says, the next time that something is due. It never dies here: after
 * the spawn there is only the end to be reached. All signals are blocked from the start, so none is lost
 * and none is needed to be handled.
 */
#include "nook.h"

#include <poll.h>
#include <sched.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kernel.h"

enum { UNTIL_NEVER = INT32_MAX, LONG_UP_MSEC = 10000, DELAY_MAX_MSEC = 60000, QUIET_MSEC = 1000 };

enum state { UP, STOPPING, KILLED, WAITING, OVER }; /* WAITING: for the next start */
enum event { CHILD_ENDED, ASKED, ASKED_AGAIN, DUE, USED_UP, NO_MEMORY, EVENTS };
enum step { IGNORE, STOP, KILL, END };

/* What each event does in each state. */
static const uint8_t steps[OVER][EVENTS] = {
	/*	       the child  to stop  a third  deadline  a limit  out of
	 *	       ended               time               used up  memory */
	[UP]	   = { END,	  STOP,	   KILL,    STOP,     STOP,    KILL },
	[STOPPING] = { END,	  IGNORE,  KILL,    KILL,     IGNORE,  KILL },
	[KILLED]   = { END,	  IGNORE,  IGNORE,  IGNORE,   IGNORE,  IGNORE },
	[WAITING]  = { IGNORE,	  END,	   END,	    END,      IGNORE,  IGNORE },
};

struct watch {
	struct run *r;
	enum state  state;
	int	    signals;  /* signalfd */
	unsigned    terms;    /* SIGTERMs so far */
	int64_t	    deadline; /* of the state, now_msec(); UNSET for none */
	int64_t	    account;  /* when to look at the CPU time used; UNSET for never */
	enum reason cause;    /* of the first event that ended it; EXITED: none did */
	bool	    oom;
	bool	    quiet;     /* nothing has happened for a second: it sleeps for long, in little memory */
	bool	    listening; /* for the word that it runs */
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
	cgroup_thaw(&w->r->group); /* whoever froze it */
	if (!(w->r->flags & CLONE_NEWPID))
		cgroup_kill(&w->r->group);
	w->state = KILLED;
	w->deadline = UNSET;
}

static void
stop_workload(struct watch *w, int sig)
{
	w->account = UNSET;
	if (w->r->stopped || !w->r->cfg->restart) /* else it is not the end of the service */
		notify_stopping(&w->r->notify);
	w->state = STOPPING;
	w->deadline = now_msec() + w->r->cfg->stop_timeout;
	signal_workload(w, sig);
	signal_workload(w, SIGCONT); /* a stopped one must see it too */
}

static void
happen(struct watch *w, enum event event, enum reason cause)
{
	if (w->state == UP && w->cause == EXITED)
		w->cause = cause;
	switch (w->state == OVER ? IGNORE : (enum step)steps[w->state][event]) {
	case STOP: stop_workload(w, (int)w->r->cfg->stop_signal); break;
	case KILL: kill_workload(w); break;
	case END: w->state = OVER; break;
	case IGNORE: break;
	}
}

pid_t
supervise_take_ended(pid_t pid, int *status, struct rusage *usage)
{
	pid_t got;
	int   tries = 0;

	do
		got = wait4(pid, status, WNOHANG, usage);
	while (got < 0 && errno != ECHILD && ++tries < 4);
	return got;
}

static void
on_child(struct watch *w)
{
	pid_t	      pid;
	int	      status;
	struct rusage usage;

	/* as PID 1, also the orphans of the whole system */
	while ((pid = supervise_take_ended(init_is_us() ? -1 : w->r->pid, &status, &usage)) > 0) {
		if (pid != w->r->pid)
			continue;
		w->status = status;
		w->r->result.rusage = usage;
		w->r->pid = 0;
		happen(w, CHILD_ENDED, EXITED);
		return;
	}
}

/* As for busybox init: ctrl-alt-del and TERM reboot, USR1 and USR2 power off. */
static bool
end_machine(struct watch *w, int sig)
{
	if (!init_asked(sig, &w->r->act))
		return false;
	w->r->stopped = true;
	happen(w, ASKED, STOPPED);
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
	case SIGINT:
	case SIGQUIT: /* from a terminal: it ends for good, by itself */
		w->r->stopped = true;
		if (w->state == WAITING)
			happen(w, ASKED, STOPPED);
		signal_workload(w, (int)info.ssi_signo);
		break;
	case SIGTERM: /* the first stops, the third does not wait any longer */
		w->r->stopped = true;
		happen(w, ++w->terms == 3 ? ASKED_AGAIN : ASKED, STOPPED);
		break;
	case SIGWINCH:
		terminal_resize(&w->r->terminal);
		if (w->r->cfg->tty)
			break;
		signal_workload(w, SIGWINCH);
		break;
	case SIGPIPE: /* of what we wrote ourselves, it is not the workload's */
		if (info.ssi_pid != (uint32_t)getpid())
			signal_workload(w, SIGPIPE);
		break;
	case SIGTTIN: /* ours alone: we touched a terminal that is not ours just now */
	case SIGTTOU:
		break;
	default:
		signal_workload(w, (int)info.ssi_signo);
	}
}

static void
on_memory(struct watch *w)
{
	if (!cgroup_oom_noticed(&w->r->group))
		return;
	w->oom = true;
	happen(w, NO_MEMORY, OOM);
}

/* Until that time, as poll(2) wants it. */
static int
time_left(int64_t when)
{
	int64_t left;

	if (when == UNSET)
		return -1;
	left = when - now_msec();
	return left < 0 ? 0 : left > UNTIL_NEVER ? UNTIL_NEVER : (int)left;
}

/* CPU time of the whole tree: looked at again when it can be used up at the earliest. */
static void
on_account(struct watch *w)
{
	struct cpuset cpus = { 0 };
	int64_t	      left = w->r->cfg->cpu_time - limits_cpu_usec(&w->r->group) / 1000, count = 0;

	(void)syscall(SYS_sched_getaffinity, 0, sizeof(cpus), &cpus); /* failing, it counts as one */
	for (size_t i = 0; i < countof(cpus.bits); i++)
		for (uint64_t bits = cpus.bits[i]; bits; bits &= bits - 1)
			count++;
	w->account = now_msec() + (left > count ? left / (count ? count : 1) : 1);
	if (left <= 0)
		happen(w, USED_UP, CPU_TIME);
}

/* May the group go as soon as the workload has ended? Then nobody asks for its name or its figures. */
static bool
is_free(const struct watch *w)
{
	const struct config *cfg = w->r->cfg;

	return !w->r->said.status && !w->oom && !cfg->report && !cfg->name && !cfg->restart && w->r->flags & CLONE_NEWPID;
}

/* What the child says: that the workload runs, why it does not, or that it has ended. */
static void
hear(struct watch *w)
{
	struct run *r = w->r;
	ssize_t	    n = read(r->channel[0], &r->said, sizeof(r->said));

	w->listening = n > 0 && r->said.kind == M_STARTED;
	if (w->listening || (n <= 0 && !r->cfg->init)) { /* execve closed it */
		r->said.kind = M_NOTHING;
		if (!r->cfg->notify)
			notify_ready(&r->notify, r->cfg);
	}
	if (n > 0 && r->said.kind == M_ENDED && is_free(w))
		cgroup_remove_empty(&r->group); /* while the init ends: that saves 4 % of a short run */
}

/* What it has said. All that could write is dead, so this does not wait. */
static void
hear_out(struct run *r)
{
	struct pollfd p = { .fd = r->channel[0], .events = POLLIN };
	ssize_t	      n = 1;

	/* ECONNRESET: it has not read our word to go on; what it said comes after */
	while (r->said.kind <= M_STARTED && (n > 0 || (n < 0 && errno == ECONNRESET)) && poll(&p, 1, 0) > 0) {
		r->said.kind = M_NOTHING;
		n = read(p.fd, &r->said, sizeof(r->said));
		if (r->said.kind == M_STARTED && !r->cfg->notify) /* it was so short */
			notify_ready(&r->notify, r->cfg);
	}
}

/* Everything with a time of its own; as poll(2) wants the first of them. */
static int
first_due(const struct watch *w)
{
	const struct notify *n = &w->r->notify;
	int64_t first = w->deadline, times[] = { w->account, w->state == UP && n->interval ? n->fed + n->interval : UNSET,
		w->r->watchdog >= 0 ? now_msec() + w->r->cfg->watchdog_timeout / 2 : UNSET };

	for (size_t i = 0; i < countof(times); i++)
		if (times[i] != UNSET && (first == UNSET || times[i] < first))
			first = times[i];
	return time_left(first);
}

/* What has come due. */
static void
on_time(struct watch *w)
{
	const struct notify *n = &w->r->notify;

	if (time_left(w->deadline) == 0)
		happen(w, DUE, TIMED_OUT);
	if (time_left(w->account) == 0)
		on_account(w);
	if (w->state == UP && n->interval && time_left(n->fed + n->interval) == 0) {
		say(text_of(NOT_FED), (long long)n->interval);
		stop_workload(w, SIGABRT); /* which ends it for the reason that it is */
	}
}

static long
sleep_until(struct watch *w, struct pollfd *p, size_t n)
{
	int  msec = first_due(w);
	bool try = !w->quiet && (msec < 0 || msec > QUIET_MSEC);
	long got = w->quiet ? rest(false, POLL_CALL(p, n, msec)) : poll(p, n, try ? QUIET_MSEC : msec);

	w->quiet = try && got == 0;
	return got;
}

static void
watch_once(struct watch *w)
{
	struct run   *r = w->r;
	struct pollfd p[9] = { { .fd = w->signals, .events = POLLIN },
		{ .fd = w->oom ? -1 : r->group.oom_event, .events = r->group.oom_poll },
		{ .fd = w->listening ? r->channel[0] : -1, .events = POLLIN },
		{ .fd = r->notify.from, .events = POLLIN }, { .fd = r->listener, .events = POLLIN } };
	size_t	      n = 5 + logs_poll(&r->logs, p + 5);

	n += terminal_poll(&r->terminal, p + n);
	if (r->watchdog >= 0) /* twice within its time */
		init_feed(r->watchdog);
	if (sleep_until(w, p, n) < 0)
		return; /* EINTR, or no memory: look again */
	on_time(w);
	if (p[1].revents)
		on_memory(w);
	if (p[2].revents)
		hear(w);
	if (p[3].revents && !notify_read(&r->notify, r->cfg))
		r->notify.from = -1;
	if (p[4].revents)
		policy_answer(r, p[4].revents);
	terminal_move(&r->terminal);
	logs_move(&r->logs, r->cfg, r->group.name);
	if (r->logs.over)
		happen(w, USED_UP, OUTPUT);
	if (p[0].revents)
		on_signal(w);
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
		w->oom |= result->usage.oom_kills > 0 && (r->cfg->oom_group || status == SIGKILL) && cgroup_oom_ours(&r->group);
		/* v1 does not count whose limit it was: then the peak tells */
		if (result->usage.oom_own == UNSET)
			result->usage.oom_own = result->usage.memory_peak >= r->cfg->memory - r->cfg->memory / 16;
	}
	result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	result->core_dumped = WIFSIGNALED(status) && WCOREDUMP(status);
	result->status = result->signal ? STATUS_SIGNAL + result->signal : WEXITSTATUS(status);
	result->reason = result->signal ? SIGNALED : EXITED;
	if (r->refused && result->signal == SIGKILL && w->cause == EXITED) { /* as where the filter ends it by itself */
		result->signal = SIGSYS;
		result->status = STATUS_SIGNAL + SIGSYS;
	}
	if (w->oom) {
		result->reason = OOM;
		result->status = STATUS_OOM;
	} else if (r->said.kind == M_FAILED) {
		result->reason = FAILED;
		result->status = r->said.status;
	} else if (w->cause != EXITED) {
		result->reason = w->cause;
		if (w->cause == TIMED_OUT || w->cause == CPU_TIME)
			result->status = STATUS_TIMEOUT;
	}
}

void
supervise(struct run *r)
{
	struct watch  w = { .r = r, .deadline = UNSET, .account = UNSET, .signals = r->signals };
	struct pollfd last = { .events = POLLIN };

	r->logs.bytes = r->logs.over = 0;
	if (r->cfg->cpu_time != UNSET && limits_cpu_usec(&r->group) != UNSET) /* else excused */
		w.account = r->started;
	w.listening = r->said.kind == M_NOTHING && (r->cfg->init || (notify_wanted(r->cfg) && !r->cfg->notify && !r->notify.ready));
	if (r->cfg->timeout != UNSET)
		w.deadline = r->started + r->cfg->timeout;
	while (w.state != OVER)
		watch_once(&w);
	last.fd = r->notify.from;
	while (last.fd >= 0 && poll(&last, 1, 0) > 0 && notify_read(&r->notify, r->cfg))
		; /* its last words */
	terminal_drain(&r->terminal);
	if (!(r->flags & CLONE_NEWPID))
		cgroup_kill(&r->group); /* what forked away */
	logs_drain(&r->logs, r->cfg, r->group.name);
	hear_out(r);
	if (r->listener >= 0)
		close(r->listener);
	r->listener = -1;
	if (r->logs.over && w.cause == EXITED)
		w.cause = OUTPUT;
	conclude(&w);
}

bool
supervise_again(struct run *r)
{
	const struct result *e = &r->result;
	int64_t		     policy = r->cfg->restart;

	if (e->wall_msec >= LONG_UP_MSEC) {
		r->delay = 0;
		r->quiet = false;
	}
	r->delay = r->delay ? r->delay * 2 : r->cfg->restart_delay;
	if (r->delay > DELAY_MAX_MSEC && r->delay > r->cfg->restart_delay)
		r->delay = DELAY_MAX_MSEC;
	if (r->stopped || e->reason == FAILED) /* what cannot be started once cannot the next time */
		return false;
	return policy == RESTART_ALWAYS || (e->status && r->restarts < policy);
}

bool
supervise_pause(struct run *r)
{
	struct watch w = { .r = r, .state = WAITING, .account = UNSET, .signals = r->signals };

	w.deadline = now_msec() + r->delay;
	w.oom = true; /* nothing is left to be told of */
	r->terminal.master = -1;
	while (w.state != OVER)
		watch_once(&w);
	r->restarts += !r->stopped;
	return !r->stopped;
}
