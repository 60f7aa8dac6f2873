/* SPDX-License-Identifier: ISC */
/*
 * floor.c - the least that runs a command in six namespaces, a limited group and a root of its own
 *
 * usage: floor [-i] ROOT COMMAND	-i: with a process between, as an inner init is
 *
 * cgroup v1 at /sys/fs/cgroup, memory and pids. What it leaves out is the reason to have nook: no
 * failure is looked at but the last, no right is dropped, nothing of the host is closed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const limits[][2] = { { "memory", "memory.limit_in_bytes" }, { "pids", "pids.max" } };
static char		 stack[2][16 << 10] __attribute__((aligned(16)));
static char		 path[128];
static char	       **args;
static pid_t		 self;

static const char *
file_of(int limit, const char *file)
{
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/floor-%d/%s", limits[limit][0], self, file);
	return path;
}

static void
put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (write(fd, text, strlen(text)) < 0)
		_exit(125);
	close(fd);
}

static void
enter(void)
{
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mount(args[1], args[1], NULL, MS_BIND, NULL);
	if (chdir(args[1]) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		_exit(125);
}

static int
alone(void *unused)
{
	(void)unused;
	for (int i = 0; i < 2; i++)
		put(file_of(i, "tasks"), "0");
	if (unshare(CLONE_NEWCGROUP) < 0)
		_exit(125);
	enter();
	execve(args[2], args + 2, (char *const[]){ NULL });
	_exit(127);
}

static int
join_and_become(void *fds)
{
	int *fd = fds;

	for (int i = 0; i < 2; i++)
		if (write(fd[i], "0", 1) < 0)
			_exit(125);
	if (unshare(CLONE_NEWCGROUP) < 0)
		_exit(125);
	execve(args[2], args + 2, (char *const[]){ NULL });
	_exit(127);
}

static int
between(void *unused)
{
	int   fd[2], status;
	pid_t pid;

	(void)unused;
	for (int i = 0; i < 2; i++)
		fd[i] = open(file_of(i, "tasks"), O_WRONLY | O_CLOEXEC);
	enter();
	pid = clone(join_and_become, stack[1] + sizeof(stack[1]), CLONE_VM | CLONE_VFORK | SIGCHLD, fd);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		_exit(125);
	_exit(WEXITSTATUS(status));
}

int
main(int argc, char **argv)
{
	int init = argc > 1 && !strcmp(argv[1], "-i"), status = 0;
	int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | SIGCHLD;
	pid_t pid;

	args = argv + init;
	self = getpid();
	for (int i = 0; i < 2; i++) {
		(void)file_of(i, "");
		mkdir(path, 0755);
		put(file_of(i, limits[i][1]), i ? "20" : "67108864");
	}
	if (init) {
		pid = (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
		if (pid == 0)
			between(NULL);
	} else {
		pid = clone(alone, stack[0] + sizeof(stack[0]), flags | CLONE_VM | CLONE_VFORK, NULL);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		status = 125 << 8;
	for (int i = 0; i < 2; i++)
		if (rmdir(file_of(i, "")) < 0)
			status = 125 << 8;
	return WEXITSTATUS(status);
}
