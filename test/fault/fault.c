/* SPDX-License-Identifier: ISC */
/*
 * fault.c - each system call of nook fails in turn, or is the moment of a signal
 *
 * usage: fault [-s STRIDE] [-v] [-i] [-c DIR] [-d GROUP] [-u UID] error|short|kill|stop|term NOOK ARG...
 *
 * A first run counts the system calls of the supervisor, of the inner init and of the process that
 * becomes the workload, and keeps what the workload prints and the limits of its group. Then one run
 * for each call, and for each errno: it must be refused with a message, or be just like the first;
 * and in any case nothing may be left. short: each read or write of half the length. kill, stop (SIGSTOP,
 * then SIGKILL) and term: a signal to each of the three at each call of each. A workload that comes to be
 * executed after a kill is held there, as it would end by itself. One line a bad case, and a table in the end. x86-64 only.
 *
 * -i: without the init. -c: where v2 can be seen, which is not mounted for nook. -d: nook starts in that group of
 * v2, which is the caller's: made anew for each run, as who has delegated it would. -u: who the caller is.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define countof(a) (sizeof(a) / sizeof((a)[0]))

enum role { SUPERVISOR, INIT, WORKLOAD, ROLES };
enum { TASKS = 64, TEXT = 1 << 18, LIMIT_SECONDS = 15 };
static const char *const role_name[] = { "supervisor", "init", "workload" };
static const int errnos[] = { EPERM, ENOMEM, EINTR, EAGAIN, ENOSPC, EBUSY, EMFILE, ENOSYS, EIO, EINVAL };

struct task {
	pid_t	  pid;
	enum role role;
	bool	  inside, over; /* a call; its start-up: from then on it is let run */
};

struct plan { /* what is done, and when */
	enum role at;
	long	  number; /* the call of that role; 0: none */
	int	  error, signal; /* -1: half of what is asked for, by reads and writes, which alone count */
	enum role target;
};

struct outcome {
	int  status; /* as wait4 gives it */
	bool hung, survivor, hit, bereft; /* somebody else than the workload was killed */
	long calls[ROLES], nr; /* that was hit */
	char out[TEXT], err[4096], limits[4096];
};

static struct task tasks[TASKS];
static size_t	   count;
static bool	   with_init = true, verbose, hidden;
static const char *groups = "/sys/fs/cgroup", *start_in;

static struct task *
task_of(pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (tasks[i].pid == pid)
			return &tasks[i];
	return NULL;
}

static pid_t
pid_of(enum role role)
{
	for (size_t i = 0; i < count; i++)
		if (tasks[i].role == role && tasks[i].pid > 0) /* -1 would be everybody */
			return tasks[i].pid;
	return 0;
}

static struct task *
add_task(pid_t pid, enum role role)
{
	if (count == TASKS)
		abort();
	tasks[count] = (struct task){ pid, role, false, false };
	return &tasks[count++];
}

/* Who is the parent: read by the kernel's word, since an event may come after the child's first stop. */
static struct task *
new_task(pid_t pid)
{
	char  path[64], line[256];
	pid_t parent = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "PPid: %d", &parent) == 1)
			break;
	if (f)
		fclose(f);
	if (!task_of(parent))
		return NULL;
	if (task_of(parent)->role == SUPERVISOR)
		return add_task(pid, with_init ? INIT : WORKLOAD);
	return add_task(pid, WORKLOAD);
}

static void
append_file(char *to, size_t size, const char *path)
{
	size_t	have = strlen(to);
	int	fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, to + have, size - have - 1);

	if (fd >= 0)
		close(fd);
	to[have + (n > 0 ? (size_t)n : 0)] = '\0';
}

/* In a child, whose end is that of the mount. */
static void
look_at(const char *controller)
{
	(void)mkdir("/look1", 0755);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("look", "/look1", "cgroup", 0, controller))
		_exit(1);
}

/* A hierarchy of v1 that was left before its last group was freed stays, and v2 lacks the controller, until somebody
 * has mounted and left it once more. */
static void
give_back(const char *controller)
{
	char  text[4096], line[64];
	pid_t child;

	for (int i = 0; i < 50; i++) {
		*text = '\0';
		append_file(text, sizeof(text), "/proc/cgroups");
		snprintf(line, sizeof(line), "\n%s\t0\t", controller);
		if (strstr(text, line))
			return;
		child = fork();
		if (child == 0) {
			look_at(controller);
			_exit(0);
		}
		waitpid(child, NULL, 0);
		usleep(20000);
	}
	printf("%s stays on v1\n", controller);
}

/* Where nothing is mounted the limits may come to be on v1 as well, when v2 cannot be had: then mounted to be seen. */
static void
read_hidden(pid_t pid, char *to, size_t size)
{
	static const struct {
		const char *controller, *v1, *v2;
	} limits[] = { { "memory", "memory.limit_in_bytes", "memory.max" }, { "pids", "pids.max", "pids.max" } };
	char  text[4096], path[1024], v1[512], v2[512], found[64];
	int   all[2];
	pid_t child;

	for (size_t i = 0; i < countof(limits); i++) {
		memset(found, 0, sizeof(found));
		*text = *v1 = *v2 = '\0';
		snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
		append_file(text, sizeof(text), path);
		for (char *save, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
			if (!strncmp(line, "0::", 3))
				snprintf(v2, sizeof(v2), "%s", line + 3);
			else if (strstr(line, limits[i].controller))
				snprintf(v1, sizeof(v1), "%s", strrchr(line, ':') + 1);
		}
		if (!strstr(v1, "nook")) {
			snprintf(path, sizeof(path), "%s%s/%s", groups, v2, limits[i].v2);
			append_file(to, size, path);
			continue;
		}
		if (pipe(all) < 0 || (child = fork()) < 0)
			abort();
		if (child == 0) {
			look_at(limits[i].controller);
			snprintf(path, sizeof(path), "/look1%s/%s", v1, limits[i].v1);
			append_file(found, sizeof(found), path);
			_exit(write(all[1], found, strlen(found)) < 0);
		}
		close(all[1]);
		waitpid(child, NULL, 0);
		if (read(all[0], found, sizeof(found) - 1) > 0)
			snprintf(to + strlen(to), size - strlen(to), "%s", found);
		close(all[0]);
	}
}

/* Of the group that the workload is in as it is executed: the limits in force. */
static void
read_limits(pid_t pid, char *to, size_t size)
{
	static const char *const files[] = { "memory/%s/memory.limit_in_bytes", "memory/%s/memory.memsw.limit_in_bytes", "pids/%s/pids.max",
		"cpu/%s/cpu.cfs_quota_us", "%s/memory.max", "%s/memory.swap.max", "%s/pids.max", "%s/cpu.max" };
	char text[4096] = "", path[1024], name[768];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	append_file(text, sizeof(text), path);
	for (char *save, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *group = strrchr(line, ':');
		if (!group || !strstr(group, "nook"))
			continue;
		for (size_t i = 0; i < countof(files); i++) {
			snprintf(name, sizeof(name), files[i], group + 2);
			snprintf(path, sizeof(path), "%s/%s", groups, name);
			if (files[i][0] != '%' && strncmp(strchr(line, ':') + 1, files[i], strcspn(files[i], "/")))
				continue;
			append_file(to, size, path);
		}
	}
}

/* The call that is about to be made, and what is planned for it. */
static void
at_call(struct task *t, const struct plan *p, struct outcome *o, struct user_regs_struct *r)
{
	if (p->error < 0 && r->orig_rax != SYS_read && r->orig_rax != SYS_write && r->orig_rax != SYS_pread64)
		return;
	if (++o->calls[t->role] != p->number || t->role != p->at)
		return;
	if (p->error > 0 && r->orig_rax == SYS_getpid)
		return; /* which cannot fail */
	o->hit = true;
	o->nr = (long)r->orig_rax;
	if (p->signal) {
		pid_t target = pid_of(p->target); /* 0: not there yet, or no longer */
		if (target > 0 && p->signal == SIGSTOP)
			kill(target, SIGSTOP);
		if (target > 0)
			kill(target, p->signal == SIGSTOP ? SIGKILL : p->signal);
		o->bereft |= target > 0 && p->target != WORKLOAD && p->signal != SIGTERM;
	} else if (p->error < 0) {
		r->rdx -= r->rdx / 2; /* of one byte, one: none would be the end */
	} else {
		r->orig_rax = (unsigned long)-1; /* no call: the error is put in its place */
	}
	if (!p->signal)
		ptrace(PTRACE_SETREGS, t->pid, 0, r);
}

static void
on_stop(struct task *t, int status, const struct plan *p, struct outcome *o)
{
	struct user_regs_struct r;
	int			sig = WSTOPSIG(status), event = status >> 16;

	if (sig == (SIGTRAP | 0x80)) {
		bool hit = t->inside && t->role == p->at && o->calls[t->role] == p->number && p->error > 0 && o->hit;
		t->inside = !t->inside;
		if (t->inside || hit) {
			ptrace(PTRACE_GETREGS, t->pid, 0, &r);
			if (t->inside) {
				at_call(t, p, o, &r);
			} else {
				r.rax = (unsigned long)-p->error;
				ptrace(PTRACE_SETREGS, t->pid, 0, &r);
			}
		}
		sig = 0;
	} else if (event == PTRACE_EVENT_EXEC && t->role == WORKLOAD) {
		(hidden ? read_hidden : read_limits)(t->pid, o->limits, sizeof(o->limits));
		t->over = true;
		sig = 0;
		if (o->bereft)
			return; /* held: now it ends only by who has to see to that */
	} else if (event || sig == SIGTRAP || (sig == SIGSTOP && !p->signal)) {
		sig = 0;
	}
	if (ptrace(t->over ? PTRACE_CONT : PTRACE_SYSCALL, t->pid, 0, sig) < 0 && errno != ESRCH)
		perror("ptrace");
}

static void
drain(int fd, char *to, size_t size)
{
	size_t	have = strlen(to);
	ssize_t n;

	while (have + 1 < size && (n = read(fd, to + have, size - have - 1)) > 0)
		to[have += (size_t)n] = '\0';
}

static void
on_alarm(int sig)
{
	(void)sig;
}

/* Until nobody of it is left; what the supervisor leaves behind is for us to see, as the subreaper. */
static void
follow(pid_t first, const struct plan *p, struct outcome *o)
{
	bool		       ended = false;
	int		       status;
	pid_t		       pid;
	const struct itimerval limit = { .it_interval.tv_sec = 2, .it_value.tv_sec = LIMIT_SECONDS };
	const struct itimerval rest = { .it_interval.tv_sec = 2, .it_value.tv_sec = 2 };

	setitimer(ITIMER_REAL, &limit, NULL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		struct task *t = task_of(pid);
		if (pid < 0) { /* too long */
			o->survivor |= ended;
			o->hung |= !ended;
			for (size_t i = 0; i < count; i++)
				if (tasks[i].pid > 0)
					kill(tasks[i].pid, SIGKILL);
		} else if (!WIFSTOPPED(status)) {
			if (pid == first) {
				o->status = status;
				ended = true;
				setitimer(ITIMER_REAL, &rest, NULL);
			}
			if (t)
				t->pid = 0;
		} else if (t || (t = new_task(pid))) {
			on_stop(t, status, p, o);
		} else {
			ptrace(PTRACE_CONT, pid, 0, 0);
		}
	}
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
}

static int
remove_group(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	for (int i = 0; type == FTW_DP && rmdir(path) < 0 && errno == EBUSY && i < 100; i++)
		usleep(10000);
	return FTW_CONTINUE;
}

/* The group to start in, empty and with nothing handed down. */
static void
renew_group(void)
{
	(void)nftw(start_in, remove_group, 16, FTW_PHYS | FTW_DEPTH);
	if (mkdir(start_in, 0755) < 0) {
		perror(start_in);
		exit(1);
	}
}

static void
enter_group(void)
{
	char path[512];
	int  fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", start_in);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (write(fd, "0", 1) != 1)
		_exit(99);
	close(fd);
}

static void
run(char **argv, const struct plan *p, struct outcome *o)
{
	int   out[2], err[2], status;
	pid_t pid;

	memset(o, 0, sizeof(*o));
	count = 0;
	if (start_in)
		renew_group();
	if (hidden) {
		give_back("memory");
		give_back("pids");
	}
	if (pipe2(out, O_NONBLOCK | O_CLOEXEC) < 0 || pipe2(err, O_NONBLOCK | O_CLOEXEC) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		dup2(open("/dev/null", O_RDONLY), 0);
		fcntl(out[1], F_SETFL, 0);
		fcntl(err[1], F_SETFL, 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		if (start_in)
			enter_group();
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		execv(argv[0], argv);
		_exit(99);
	}
	close(out[1]);
	close(err[1]);
	add_task(pid, SUPERVISOR);
	waitpid(pid, &status, __WALL);
	ptrace(PTRACE_SETOPTIONS, pid, 0,
	    PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	follow(pid, p, o);
	drain(out[0], o->out, sizeof(o->out)); /* less than a pipe holds */
	drain(err[0], o->err, sizeof(o->err));
	close(out[0]);
	close(err[0]);
}

static const char *mark = "/nook/"; /* in the path of every group of ours: of its name, where it has one */
static char  *left;
static size_t left_room;

static int
note_group(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	if (type == FTW_D && strstr(path, mark))
		snprintf(left + strlen(left), left_room - strlen(left), "%s\n", path);
	return ftw->level > 3 && !strstr(path, "/nook") ? FTW_SKIP_SUBTREE : FTW_CONTINUE;
}

/* Our groups in every hierarchy, the files here, and the mounts. */
static void
leavings(char *to, size_t size)
{
	struct dirent *e;
	DIR	      *here = opendir(".");

	*to = '\0';
	left = to;
	left_room = size;
	(void)nftw(start_in ? start_in : groups, note_group, 16, FTW_PHYS | FTW_ACTIONRETVAL);
	while (here && (e = readdir(here)))
		snprintf(to + strlen(to), size - strlen(to), "%s\n", e->d_name);
	closedir(here);
	append_file(to, size, "/proc/self/mountinfo");
	if (start_in) { /* what it hands down */
		char path[512];
		snprintf(path, sizeof(path), "%s/cgroup.subtree_control", start_in);
		append_file(to, size, path);
	}
}

static const char *
call_name(long nr)
{
	static char name[32];
	FILE	   *f;
	char	    command[128];

	snprintf(command, sizeof(command), "ausyscall x86_64 %ld 2>/dev/null || echo %ld", nr, nr);
	f = popen(command, "r");
	if (!f || !fgets(name, sizeof(name), f))
		snprintf(name, sizeof(name), "%ld\n", nr);
	if (f)
		pclose(f);
	name[strcspn(name, "\n")] = '\0';
	return name;
}

/* NULL: good; else what is wrong. */
static const char *
judge(const struct outcome *o, const struct outcome *first, const char *before, const struct plan *p)
{
	static char after[1 << 17];
	int	    status = WIFEXITED(o->status) ? WEXITSTATUS(o->status) : 128 + WTERMSIG(o->status);
	bool	    killed = p->signal == SIGKILL || p->signal == SIGSTOP;

	if (o->hung)
		return "hung";
	if (o->survivor)
		return "left a process";
	leavings(after, sizeof(after));
	if (strcmp(before, after) && !(killed && p->target == SUPERVISOR))
		return "left something";
	if (p->signal)
		return NULL;
	if (status == 0 || o->out[0]) {
		if (strcmp(o->out, first->out))
			return "ran otherwise confined";
		if (strcmp(o->limits, first->limits))
			return "ran otherwise limited";
		return status == 0 || strstr(o->err, "nook: ") ? NULL : "ran, and failed without a word";
	}
	if (status != 125 && status != 126 && status != 127)
		return "an odd status";
	return strncmp(o->err, "nook: ", 6) ? "refused without a word" : NULL;
}

static struct outcome first, now;

static bool
try_one(char **argv, const struct plan *p, const char *before)
{
	const char *wrong;

	run(argv, p, &now);
	wrong = judge(&now, &first, before, p);
	if (wrong || verbose)
		printf("%s %s call %ld (%s), %s%s: %s; status %d, said %.300s\n", wrong ? "BAD" : "good", role_name[p->at], p->number,
		    call_name(now.nr), p->signal ? "signal to " : "", p->signal ? role_name[p->target] : p->error < 0 ? "short" : strerror(p->error),
		    wrong ? wrong : "", WIFEXITED(now.status) ? WEXITSTATUS(now.status) : -WTERMSIG(now.status),
		    now.err[0] ? now.err : "nothing\n");
	if (wrong && strcmp(now.out, first.out) && now.out[0] && getenv("FAULT_SHOW"))
		printf("--- %s\n", now.out);
	if (wrong && strcmp(now.limits, first.limits) && now.limits[0])
		printf("--- limits: %s--- and at first: %s", now.limits, first.limits);
	fflush(stdout);
	return !wrong;
}

int
main(int argc, char **argv)
{
	static char before[1 << 17];
	const char *mode;
	long	    stride = 1, runs[ROLES] = { 0 }, bad[ROLES] = { 0 }, all = 0;
	int	    option;

	while ((option = getopt(argc, argv, "+s:vic:d:u:")) > 0) {
		if (option == 's')
			stride = atol(optarg);
		else if (option == 'v')
			verbose = true;
		else if (option == 'i')
			with_init = false;
		else if (option == 'c')
			groups = optarg, hidden = true;
		else if (option == 'd')
			start_in = optarg;
		else if (option == 'u' && !setgroups(0, NULL) && !setgid((gid_t)atol(optarg)) && !setuid((uid_t)atol(optarg)))
			continue;
		else
			return 2;
	}
	if (optind + 2 > argc)
		return 2;
	for (int i = optind; i + 1 < argc; i++)
		if (!strcmp(argv[i], "--name"))
			mark = argv[i + 1];
	if (start_in)
		mark = "/nook"; /* all of it is of this run */
	mode = argv[optind];
	argv += optind + 1;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = on_alarm }, NULL);
	run(argv, &(struct plan){ .error = strcmp(mode, "short") ? 0 : -1 }, &first);
	leavings(before, sizeof(before)); /* a report is there now */
	if (first.status || !first.out[0]) {
		printf("the undisturbed run fails: %x %s\n", first.status, first.err);
		return 1;
	}
	printf("%s: supervisor %ld, init %ld, workload %ld\n", strcmp(mode, "short") ? "system calls" : "reads and writes",
	    first.calls[0], first.calls[1], first.calls[2]);
	for (enum role at = 0; at < ROLES; at++) {
		for (long n = 1; n <= first.calls[at]; n++) {
			struct plan p = { .at = at, .number = n };
			size_t	    kinds = !strcmp(mode, "error") ? countof(errnos) : !strcmp(mode, "short") ? 1 : ROLES;
			for (size_t k = 0; k < kinds; k++) {
				if (all++ % stride)
					continue;
				p.error = !strcmp(mode, "error") ? errnos[k] : !strcmp(mode, "short") ? -1 : 0;
				p.signal = p.error ? 0 : !strcmp(mode, "kill") ? SIGKILL : !strcmp(mode, "stop") ? SIGSTOP : SIGTERM;
				p.target = (enum role)k;
				runs[at]++;
				bad[at] += !try_one(argv, &p, before);
			}
		}
	}
	for (enum role at = 0; at < ROLES; at++)
		printf("%s %s: %ld runs, %ld bad\n", mode, role_name[at], runs[at], bad[at]);
	return bad[0] || bad[1] || bad[2];
}
