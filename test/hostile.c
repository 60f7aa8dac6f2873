/* SPDX-License-Identifier: ISC */
/*
 * hostile.c - workloads that take all there is, and do not want to go
 *
 * usage: hostile [MODE [NUMBER]]	without MODE: their names
 *
 * Each says "up" when it has what it wants, or can get no more, and then sleeps, but for the storms: these end
 * with 7. None cleans up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define countof(a) (sizeof(a) / sizeof((a)[0]))

static void
say_up(void)
{
	(void)!write(STDOUT_FILENO, "up\n", 3);
}

static void
sleep_on(void)
{
	for (;;)
		pause();
}

/* All but SIGCHLD, so that its children become zombies; also those that the libc keeps for itself. */
static void
ignore_all(void)
{
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} ignored = { .handler = SIG_IGN };

	for (int sig = 1; sig < 65; sig++)
		if (sig != SIGCHLD)
			(void)syscall(SYS_rt_sigaction, sig, &ignored, NULL, sizeof(ignored.mask));
}

static void
need(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

/* All of them fork for ever; the first says so when no more can be had. */
static void
forks(long n)
{
	(void)n;
	ignore_all();
	for (int said = 0;;) {
		if (fork() < 0 && !said) {
			say_up();
			said = 1;
		}
	}
}

/* Each signal, n times, at its parent, the init; what that passes on is ignored. */
static void
signals(long n)
{
	pid_t init = getppid();

	ignore_all();
	for (long i = 0; i < n; i++)
		for (int sig = 1; sig < 65; sig++)
			if (sig != SIGKILL && sig != SIGSTOP)
				(void)kill(init, sig);
	exit(7);
}

/* n children that end at once, and whose parent is gone: the init's to reap. */
static void
orphans(long n)
{
	for (long i = 0; i < n; i++) {
		if (fork() == 0)
			_exit(fork() != 0);
		while (waitpid(-1, NULL, 0) > 0)
			;
	}
	exit(7);
}

/* Of each state in which a process can be. */
static void
states(long n)
{
	static char stack[1 << 16];
	pid_t	    pid;

	ignore_all();
	for (long i = 0; i < n; i++) {
		if (fork() == 0)
			_exit(0); /* a zombie */
		if (fork() == 0) {
			raise(SIGSTOP);
			sleep_on();
		}
		if (fork() == 0) {
			setsid();
			for (;;)
				; /* runs */
		}
		if (fork() == 0) { /* a parent that sleeps until its child has ended, as no signal but SIGKILL can wake it */
			(void)clone((int (*)(void *))sleep_on, stack + sizeof(stack), CLONE_VM | CLONE_VFORK, NULL);
			_exit(1);
		}
		pid = fork();
		if (pid == 0) {
			need(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0, "ptrace");
			raise(SIGUSR2);
			sleep_on();
		}
		need(waitpid(pid, NULL, WUNTRACED) == pid, "waitpid"); /* traced, and stopped for it */
	}
	say_up();
	sleep_on();
}

static void *
thread(void *arg)
{
	sleep_on();
	return arg;
}

static void
threads(long n)
{
	pthread_t      one;
	pthread_attr_t small;

	need(pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, 16384) == 0, "pthread_attr");
	for (long i = 0; i < n; i++)
		need(pthread_create(&one, &small, thread, NULL) == 0, "pthread_create");
	say_up();
	sleep_on();
}

/* n processes with all the descriptors they can have, and as many again under way in sockets. */
static void
descriptors(long n)
{
	for (long i = 0; i < n; i++) {
		if (fork() == 0) {
			int  pair[2], fd;
			char room[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
			struct iovec  one = { "", 1 };
			struct msghdr m = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
			struct cmsghdr *c = CMSG_FIRSTHDR(&m);

			need(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) == 0, "socketpair");
			c->cmsg_level = SOL_SOCKET;
			c->cmsg_type = SCM_RIGHTS;
			c->cmsg_len = CMSG_LEN(sizeof(int));
			*(int *)(void *)CMSG_DATA(c) = pair[0]; /* itself: only the kernel's own sweep ends that */
			while (sendmsg(pair[1], &m, 0) > 0)
				;
			while ((fd = open("/dev/null", O_RDONLY)) >= 0)
				;
			need(errno == EMFILE || errno == ENFILE, "open");
			(void)fd;
			sleep_on();
		}
	}
	say_up();
	sleep_on();
}

/* Directories within directories, n deep. In a cgroup file system they are groups. */
static void
tree(long n)
{
	for (long i = 0; i < n; i++)
		need(mkdir("d", 0700) == 0 && chdir("d") == 0, "mkdir");
	say_up();
	sleep_on();
}

/* n of them side by side. */
static void
directories(long n)
{
	char name[32];

	for (long i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%ld", i);
		need(mkdir(name, 0700) == 0, name);
	}
	say_up();
	sleep_on();
}

static void
mounts(long n)
{
	for (long i = 0; i < n; i++)
		need(mount("none", ".", "tmpfs", 0, "size=4k") == 0, "mount");
	say_up();
	sleep_on();
}

/* The mounts below, again and again, each time twice as many, until the kernel has enough. */
static void
doubles(long n)
{
	char name[32];

	need(mount("none", ".", "tmpfs", 0, "size=1m") == 0 && chdir(get_current_dir_name()) == 0, "mount");
	for (long i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%ld", i);
		need(mkdir(name, 0700) == 0, "mkdir");
		if (mount(".", name, NULL, MS_BIND | MS_REC, NULL) == 0)
			continue;
		need(errno == ENOSPC, "mount");
		break;
	}
	say_up();
	sleep_on();
}

/* A namespace of each kind in each of n processes, and a first process in that of PIDs. */
static void
namespaces(long n)
{
	int  fds[2];
	char c;

	need(pipe(fds) == 0, "pipe");
	for (long i = 0; i < n; i++)
		if (fork() == 0) {
			need(unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP | CLONE_NEWPID) == 0, "unshare");
			if (fork() == 0)
				need(write(fds[1], "", 1) == 1, "write");
			sleep_on();
		}
	close(fds[1]);
	for (long i = 0; i < n; i++)
		need(read(fds[0], &c, 1) == 1, "a process less");
	say_up();
	sleep_on();
}

/* As much as can be had, by everything that is charged; n MiB at a time. */
static void
memory(long n)
{
	for (;;) {
		char *at = mmap(NULL, (size_t)n << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		int   fds[2], fd = (int)syscall(SYS_memfd_create, "", 0);

		if (at != MAP_FAILED)
			memset(at, 1, (size_t)n << 20);
		(void)!ftruncate(fd, n << 20);
		(void)!write(fd, at, (size_t)n << 20);
		if (pipe2(fds, O_NONBLOCK) == 0 && at != MAP_FAILED)
			while (write(fds[1], at, 4096) > 0)
				;
		(void)fork();
	}
}

/* n processes that write without end to both. */
static void
output(long n)
{
	static char line[4096];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	ignore_all();
	for (long i = 0; i < n; i++)
		if (fork() == 0)
			for (;;)
				(void)!write(i & 1 ? STDERR_FILENO : STDOUT_FILENO, line, sizeof(line));
	sleep_on();
}

static const struct mode {
	const char *name;
	void (*run)(long n);
	long n;
} modes[] = {
	{ "forks", forks, 0 },
	{ "signals", signals, 1000 },
	{ "orphans", orphans, 1000 },
	{ "states", states, 5 },
	{ "threads", threads, 3000 },
	{ "descriptors", descriptors, 20 },
	{ "tree", tree, 10000 },
	{ "directories", directories, 10000 },
	{ "mounts", mounts, 3000 },
	{ "doubles", doubles, 30 },
	{ "namespaces", namespaces, 50 },
	{ "memory", memory, 1 },
	{ "output", output, 8 },
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; i < countof(modes); i++) {
		if (argc < 2)
			puts(modes[i].name);
		else if (!strcmp(argv[1], modes[i].name))
			modes[i].run(argc > 2 ? atol(argv[2]) : modes[i].n);
	}
	return argc < 2 ? 0 : 2;
}
