/* SPDX-License-Identifier: ISC */
/*
 * launcher.c - the order of things: main, the way inside, teardown
 *
 * Theory of operation:
 *
 *   nook (supervisor)     outside the group and all namespaces; sleeps in one poll
 *    `- init (init=yes)   PID 1 inside, not in the group; reaps, forwards; dies with the supervisor
 *        `- workload      in its group from its first instruction; limited, confined, execve'd
 *
 * With init=no the workload itself is the child of the supervisor and PID 1 inside.
 *
 * Everything that can be refused is refused before the clone. What fails after it, inside, comes
 * back over a close-on-exec channel as a finished message: one place prints, one tears down.
 *
 * The process that becomes the workload shares the memory of its parent until execve, and the
 * parent sleeps meanwhile (as with vfork); so it may change only what is its own, or `static` here
 * and not looked at by the parent again.
 */
#include "nook.h"

#include "kernel.h"

#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* The libc's size of a new thread's stack; there are none. Its value would be the only initialised
 * data of the program, and a page of its file. */
unsigned __default_stacksize __attribute__((used, externally_visible));

/* Capabilities that open a part of /proc/1, dumpable or not. */
#define LOOKS_INTO_US ((uint64_t)1 << CAP_SYS_PTRACE | (uint64_t)1 << CAP_PERFMON | (uint64_t)1 << CAP_SYS_ADMIN)

static roomy char   here[PATH_MAX]; /* where we were started */
static struct run   run __attribute__((section(".bss.run"))); /* its first page is that of what is small */
static struct config config;
static int	     gate[2]; /* a pipe: the workload waits for a word of the init's, and the init for its execve */

/* ---- inside ------------------------------------------------------------------------------------ */

static noreturn void
fail_inside(int status, const char *message)
{
	struct message m = { .kind = M_FAILED, .status = status };

	(void)copy(m.text, sizeof(m.text), message, strlen(message)); /* it is no longer */
	while (write(run.channel[1], &m, sizeof(m)) < 0 && errno == EINTR)
		;
	_exit(status);
}

/* However the supervisor ends, this ends: also when it ended before we asked for that. */
static void
die_with_parent(void)
{
	/* where no PID namespace dies with the init, it must have a moment to end the group */
	if (sys_prctl(PR_SET_PDEATHSIG, run.cfg->init && !(run.flags & CLONE_NEWPID) ? ORPHANED : SIGKILL) < 0)
		fail(TO_SET, text_of(DEATH_SIGNAL));
	if (nobody_reads(run.channel[1])) /* the parent holds the only reading end now */
		_exit(STATUS_FAILED);
}

static void
assemble(const struct run *r)
{
	ns_set_up(r->cfg, r->flags, r->network);
	root_enter(r->cfg, r->flags & CLONE_NEWUSER);
	if (r->flags & CLONE_NEWUSER)
		die_with_parent(); /* a change of ids has cleared that */
	ns_write_sysctls(r->cfg, r->flags);
	if (!r->cfg->privileged)
		protect_kernel(); /* before what was asked for, which may open a part of it again */
	root_furnish(r->cfg);
}

/* The last part of the way, in the process that becomes the workload. */
static noreturn void
become_workload(struct run *r)
{
	const struct config *cfg = r->cfg;
	sigset_t	     none;
	uid_t		     owner;

	ns_unshare_cgroup(cfg);	       /* in its group now: that becomes the root of what it sees */
	if (setsid() < 0 && getsid(0) != getpid()) /* no controlling terminal of the caller's; a leader already: good */
		fail(TO_MAKE, text_of(SESSION));
	streams_use(&r->streams);
	if (cfg->notify != NOTIFY_SYSTEMD) /* whose socket is made in /dev */
		root_seal(cfg);
	notify_open(cfg, &r->notify, r->channel[1]); /* it takes a number: what has it by now is used no more */
	if (cfg->notify == NOTIFY_SYSTEMD)
		root_seal(cfg);
	owner = privs_find(cfg, r->flags & CLONE_NEWUSER); /* while there is a descriptor to read the files with */
	if (cfg->tty)
		terminal_open(r->channel[1], owner); /* by root, before the ids change */
	privs_set_limits(cfg);	       /* some need rights */
	privs_drop(cfg, r->filter);    /* ids, capabilities, no_new_privs, seccomp */
	privs_prepare(cfg);
	privs_verify(cfg, r->filter);
	(void)sigemptyset(&none);
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, _NSIG / 8) < 0)
		fail(TO_SET, text_of(SIGNAL_MASK));
	privs_exec(cfg, r->directory, r->filter, r->channel[1]);
}

static int
start_workload(void *arg)
{
	struct run *r = arg;
	char	    none;

	cgroup_attach(&r->group, r->into); /* first: from here on the limits hold */
	while (gate[1] && read(gate[0], &none, 1) < 0)
		if (errno != EINTR)
			fail(TO_USE, text_of(CHANNEL));
	become_workload(r);
}

/* The first process inside: the inner init, or on its way to become the workload. */
static int
start_inside(void *arg)
{
	struct run *r = arg;
	pid_t	    workload;
	bool	    traces = r->flags & CLONE_NEWPID && privs_asked(r->cfg) & LOOKS_INTO_US;

	fail_hook = fail_inside;
	close(r->channel[0]);
	if (r->flags & CLONE_NEWUSER)
		userns_wait(r->channel[1]); /* first, as the supervisor hears nothing until it has let us in */
	die_with_parent();
	if (!r->cfg->init) {
		cgroup_attach(&r->group, r->into);
		assemble(r);
		become_workload(r);
	}
	(void)setsid(); /* no signal of the terminal's reaches it but through the supervisor */
	/* orphans come to it also where it is no PID 1 */
	if (!(r->flags & CLONE_NEWPID) && sys_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		fail(TO_SET, text_of(REAPER));
	assemble(r);
	/* from here on something runs inside that could look into this process; execve clears it there */
	if (sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		fail(TO_SET, text_of(NO_DUMP));
	r->into = cgroup_into(&r->group);
	/* it may look into this process all the same: then not before inside_supervise() has closed what this has */
	if (traces && sys_pipe2(gate, O_CLOEXEC) < 0)
		fail(TO_MAKE, text_of(CHANNEL));
	workload = ns_spawn(start_workload, r, 0, &r->into, !traces);
	if (workload < 0)
		ns_spawn_failed(errno, 0);
	inside_supervise(r, workload, gate[1]);
}

/* ---- outside ----------------------------------------------------------------------------------- */

/* The end of nook; as PID 1, of the machine. */
static noreturn void
leave(struct run *r)
{
	if (init_is_us())
		init_end(&config, &r->result, r->act, r->signals);
	_exit(r->result.status);
}

/* What was built so far goes; then nook ends. The hook of fail() in the supervisor. */
static noreturn void
fail_outside(int status, const char *message)
{
	if (*message)
		say_plain(message);
	if (run.pid > 0 && kill(run.pid, SIGKILL) == 0) /* it waits to be let in */
		(void)waitpid(run.pid, NULL, 0);
	cgroup_remove(&run.group);
	init_release(run.watchdog);
	if (run.cfg)
		notify_end(&run.notify, run.cfg);
	run.result.reason = status ? FAILED : EXITED;
	run.result.status = status;
	if (run.cfg)
		report_write(&run);
	leave(&run);
}

/* A closed 0, 1 or 2 would be the next file that is opened. */
static void
mend_descriptors(void)
{
	struct pollfd p[3];

	for (int fd = 0; fd < 3; fd++)
		p[fd] = (struct pollfd){ .fd = fd };
	if (poll(p, countof(p), 0) <= 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		if (p[fd].revents & POLLNVAL && sys_openat(AT_FDCWD, "/dev/null", fd ? O_WRONLY : O_RDONLY) < 0 &&
		    sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY) < 0)
			_exit(STATUS_FAILED); /* nowhere to say so */
}

/* Blocked from before the first side effect until the end: they are read, none interrupts. */
static void
take_signals(struct run *r)
{
	sigset_t all;

	memset(&all, 0xff, sizeof(all)); /* also those that the libc keeps for itself */
	if (signal_default(SIGCHLD) < 0) /* ignored, it would lose us the child's status */
		fail(TO_SET, text_of(NOT_IGNORED), SIGCHLD);
	r->signals = (int)syscall(SYS_signalfd4, -1, &all, _NSIG / 8, SFD_CLOEXEC);
	if (r->signals < 0 || syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, _NSIG / 8) < 0)
		fail(TO_MAKE, text_of(SIGNAL_FD));
}

static void
choose_directory(struct run *r)
{
	r->directory = r->cfg->workdir ? r->cfg->workdir : "/";
	if (r->cfg->workdir || r->cfg->rootfs)
		return;
	if (syscall(SYS_getcwd, here, sizeof(here)) < 0 && errno != ENOENT && errno != ERANGE)
		fail(TO_USE, text_of(DIRECTORY)); /* ENOENT: it is gone */
	if (*here == '/')
		r->directory = here;
}

static void
open_channel(struct run *r)
{
	/* a descriptor, or the word to go on */
	bool passes = r->cfg->tty || r->cfg->notify == NOTIFY_SYSTEMD || r->filter > POLICY || !r->cfg->userns;
	int  err = passes ? (int)syscall(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, r->channel)
			  : sys_pipe2(r->channel, O_CLOEXEC);

	if (err == 0 && r->channel[1] == (int)r->cfg->notify) { /* that number becomes the workload's */
		r->channel[1] = sys_fcntl(r->channel[1], F_DUPFD_CLOEXEC, r->channel[1] + 1);
		close((int)r->cfg->notify);
		err = r->channel[1];
	}
	if (err < 0)
		fail(TO_MAKE, text_of(CHANNEL));
}

static void
launch(struct run *r)
{
	int  group = r->cfg->init ? -1 : cgroup_into(&r->group);
	bool alone; /* the workload is the child, and we have nothing to do before execve: it can share our memory */

	r->flags = ns_flags(r->cfg);
	alone = !r->cfg->init && !(r->flags & CLONE_NEWUSER) && r->filter <= POLICY;
	r->started = now_msec();
	r->into = group;
	r->pid = ns_spawn(start_inside, r, r->flags, &r->into, alone);
	if (r->pid < 0 && (errno == EINVAL || errno == EPERM)) { /* EPERM: Debian's kernels, for a user namespace */
		r->flags = ns_without_missing(r->cfg, r->flags);
		r->into = group;
		r->pid = ns_spawn(start_inside, r, r->flags, &r->into, alone);
	}
	fail_hook = fail_outside; /* the child may have set its own in our memory */
	if (r->pid < 0)
		ns_spawn_failed(errno, r->flags);
	if (r->flags & CLONE_NEWUSER)
		userns_admit(r->cfg, r->pid, r->channel[0]);
	if (!userns_single()) /* an ordinary user's must stay his: it maps ids again at a restart */
		(void)sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	close(r->channel[1]);
	r->terminal.master = -1;
	r->terminal.input = r->cfg->interactive == 1;
	if (r->cfg->notify == NOTIFY_SYSTEMD)
		r->notify.from = terminal_receive(r->channel[0], &r->said);
	if (r->cfg->tty && r->said.kind == M_NOTHING)
		(void)terminal_take(&r->terminal, r->channel[0], &r->said);
	if (r->filter > POLICY && r->said.kind == M_NOTHING)
		r->listener = terminal_receive(r->channel[0], &r->said);
	if (r->listener >= 0) /* 6.6: who is told runs where the call waits, so that it waits least */
		(void)sys_ioctl(r->listener, (long)NOTIFY_SET_FLAGS, NOTIFY_SYNC);
}

/* One line, where the status alone does not say why. */
static void
say_why(const struct run *r)
{
	const struct result *e = &r->result;
	const char	    *name;

	if (r->refused)
		say(text_of(BY_FILTER), seccomp_name(r->refused - 1));
	switch (e->reason) {
	case FAILED:
		say_plain(r->said.text);
		break;
	case OOM:
		if (r->cfg->memory != UNSET && e->usage.oom_own > 0)
			say(text_of(OOM_OWN), size_text(r->cfg->memory), size_text(e->usage.memory_peak));
		else
			say(text_of(OOM_OTHER), size_text(e->usage.memory_peak));
		break;
	case TIMED_OUT:
		say(text_of(TIMED), NAME_OF(timeout), (long long)r->cfg->timeout);
		break;
	case OUTPUT:
		say(text_of(OUTPUT_OVER), NAME_OF(output_limit), size_text(r->cfg->output_limit));
		break;
	case CPU_TIME:
		say(text_of(TIMED), NAME_OF(cpu_time), (long long)r->cfg->cpu_time);
		break;
	case SIGNALED:
		if (r->refused && e->signal == SIGSYS)
			break; /* said already */
		name = signal_name(e->signal);
		say(text_of(name ? BY_SIGNAL_NAMED : BY_SIGNAL), e->signal, name);
		if (r->filter && e->signal == SIGSYS) /* or somebody sent it: nothing tells */
			say_plain(text_of(FILTER_MAYBE));
		break;
	case EXITED:
	case STOPPED:
		break;
	}
}

/* From nothing to nothing: a fresh group, fresh namespaces, and in the end all dead and gone. */
static void
run_once(struct run *r)
{
	if (r->restarts)
		close(r->channel[0]);
	cgroup_remove(&r->group);		 /* of the run before: kept until now, as it holds the name */
	cgroup_forget(&r->group);
	notify_forget(&r->notify);
	r->said.kind = M_NOTHING;
	r->refused = 0;
	open_channel(r);
	cgroup_prepare(&r->group, r->cfg);	 /* every limit in force before anything runs */
	launch(r);
	cgroup_sweep(&r->group);		 /* left-overs of others, while ours is running */
	supervise(r);				 /* returns when all inside is dead */
}

int
main(int argc, char **argv)
{
	struct run *r = &run;
	enum mode   mode;

	fail_hook = fail_outside;
	r->act = BY_SETTINGS;
	r->argv = argv;
	r->watchdog = r->group.oom_event = r->listener = -1;
	if (init_is_us())
		init_prepare();
	mend_descriptors();
	if (auxiliary(AT_SECURE))
		refuse(SETUID);
	take_signals(r); /* before the first side effect */
	mode = settings_read(argc, argv, &config, init_is_us() ? init_settings_file() : NULL);
	if (mode == MODE_EXPLAIN)
		explain(&config);
	if (mode == MODE_CHECK)
		check(&r->group, &config);
	if (mode == MODE_LIST)
		list_all(&config);
	if (mode == MODE_STATS)
		list_stats(&config, r->signals);
	if (mode == MODE_STOP)
		list_stop(&config);
	r->cfg = &config;

	terminal_check(r->cfg);
	report_check(r->cfg);
	choose_directory(r);
	streams_open(&r->streams, &r->logs, r->cfg); /* as the caller, before anything changes */
	notify_check(&r->notify, r->cfg);
	r->network = ns_open_network(r->cfg);
	r->watchdog = init_watchdog(r->cfg);
	r->filter = seccomp_check(r->cfg);
	for (;;) {
		run_once(r);
		if (!supervise_again(r)) {
			say_why(r);
			break;
		}
		if (!r->quiet) {
			say_why(r);
			say(text_of(STARTS_AGAIN), r->result.status, (long long)r->delay);
		}
		r->quiet = true;
		if (!supervise_pause(r)) {
			r->result.reason = STOPPED;
			break;
		}
	}
	cgroup_remove(&r->group);
	if (r->filter == LEARNING)
		policy_write(r->cfg);
	report_write(r);
	notify_end(&r->notify, r->cfg);
	init_release(r->watchdog);
	leave(r);
}
