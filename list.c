/* SPDX-License-Identifier: ISC */
/*
 * list.c - nook list, stats and stop: what runs here, from cgroupfs and the kernel's locks alone
 *
 * Each run has a group below /nook, on which its nook holds a lock: /proc/locks has its pid. There
 * are no state files, and so none that go stale.
 */
#include "nook.h"

#include "kernel.h"

#include <dirent.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>

/* Those of others: not the ones that the end of this nook removes. */
static roomy struct cgroup seen_groups;

enum { NAMES_MAX = 1024, END_MSEC = 5000 };

/* The nook that holds the lock on this group, 0 for none: a left-over. */
static pid_t
holder_of(int group)
{
	struct stat st;
	const char *locks = file_read(AT_FDCWD, "/proc/locks"), *at;
	int64_t	    pid = 0;

	if (!locks || sys_fstat(group, &st) < 0)
		return 0;
	/* "1: FLOCK  ADVISORY  WRITE 123 00:1a:45 0 EOF" */
	at = find_text(locks, textf(" %s%x:%s%x:%lld ", major(st.st_dev) < 16 ? "0" : "", major(st.st_dev),
				  minor(st.st_dev) < 16 ? "0" : "", minor(st.st_dev), (long long)st.st_ino));
	while (at && at > locks && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return at && digits(at, &pid) ? (pid_t)pid : 0;
}

static const char *
parent_of(const struct config *cfg)
{
	return cfg->cgroup_parent ? cfg->cgroup_parent + span_of(cfg->cgroup_parent, "/") : "nook";
}

/* All that a run may have a group in; v2 also where it has no controller. */
static void
find_hierarchies(void)
{
	(void)hierarchy_find_unified(&seen_groups); /* -1: not here */
	for (int c = 0; c < C_COUNT; c++)
		(void)hierarchy_find(&seen_groups, (enum controller)c);
}

/* Opens the groups of that name; returns the pid of its nook, 0 when none holds one. */
static pid_t
open_run(const struct config *cfg, const char *name)
{
	pid_t pid = 0;

	for (size_t i = 0; i < seen_groups.count; i++) {
		struct hierarchy *h = &seen_groups.at[i];
		if (h->dir >= 0)
			close(h->dir);
		set_text(h->path, textf("/%s", path_below(parent_of(cfg), name))); /* both are bounded: it fits */
		h->dir = sys_openat(h->root, h->path + 1, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (h->dir >= 0 && !pid)
			pid = holder_of(h->dir);
	}
	return pid;
}

/* A column of a table, or one key of a JSON object. */
static void
cell(bool json, const char *key, const char *value, int width)
{
	static const char blanks[] = "                        ";
	size_t		  len = strlen(value);

	if (json)
		print(width ? ",\"%s\":%s" : "{\"%s\":\"%s\"", key, value);
	else
		print("%s%s", value,
		    blanks + (len < (size_t)width ? sizeof(blanks) - 1 - (size_t)width + len : sizeof(blanks) - 2));
}

static void
figure(bool json, const char *key, int64_t n, bool size, int width)
{
	if (n == UNSET && json)
		return; /* unknown ones are left out */
	cell(json, key, n == UNSET ? "-" : size && !json ? size_text(n) : textf("%lld", (long long)n), width);
}

static void
show(const struct config *cfg, const char *name, pid_t pid)
{
	bool	     json = cfg->format == 1;
	struct usage u;

	limits_usage(&seen_groups, &u);
	cell(json, "name", name, json ? 0 : 20);
	figure(json, "pid", pid, false, 9);
	figure(json, "memory", u.memory_now, true, 9);
	figure(json, "memory-peak", u.memory_peak, true, 9);
	figure(json, "memory-limit", limits_now(&seen_groups, offsetof(struct config, memory)), true, 9);
	figure(json, "pids", u.pids_now, false, 6);
	figure(json, "pids-limit", limits_now(&seen_groups, offsetof(struct config, pids_limit)), false, 9);
	figure(json, "cpu-milliseconds", u.cpu_usec == UNSET ? UNSET : u.cpu_usec / 1000, false, 1);
	if (json)
		print_text("}");
}

static void
title(const struct config *cfg)
{
	if (!cfg->format)
		print_text(text_of(LIST_TITLE));
}

void
list_all(const struct config *cfg)
{
	static roomy char all[NAMES_MAX][65];
	size_t	    seen = 0, shown = 0, known;
	const char *name;
	pid_t	    pid;

	find_hierarchies();
	for (size_t i = 0; i < seen_groups.count; i++) {
		struct listing l = { .dir = sys_openat(seen_groups.at[i].root, path_below(parent_of(cfg), "."),
					 O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
		while (l.dir >= 0 && seen < NAMES_MAX && (name = next_entry(&l, DT_DIR))) {
			for (known = 0; known < seen && strcmp(all[known], name); known++)
				;
			seen += known == seen && copy(all[seen], sizeof(all[0]), name, strlen(name));
		}
		if (l.dir >= 0)
			close(l.dir);
	}
	title(cfg);
	for (size_t i = 0; i < seen; i++) {
		if (!(pid = open_run(cfg, all[i])))
			continue; /* a left-over, or over just now */
		if (cfg->format)
			print_text(shown ? ",\n" : "[");
		show(cfg, all[i], pid);
		if (!cfg->format)
			print_text("\n");
		shown++;
	}
	if (cfg->format)
		print_text(shown ? "]\n" : "[]\n");
	print_end(0);
}

static pid_t
find_run(const struct config *cfg)
{
	pid_t pid;

	find_hierarchies();
	pid = open_run(cfg, cfg->argv[0]);
	if (!pid)
		refuse(NOT_RUNNING, cfg->argv[0], parent_of(cfg));
	return pid;
}

/* Once a second until it has ended, or a signal comes. */
void
list_stats(const struct config *cfg, int signals)
{
	struct pollfd  p = { .fd = signals, .events = POLLIN };
	struct termios t;
	bool	       redraw = !cfg->format && sys_ioctl(STDOUT_FILENO, TCGETS, &t) == 0;
	pid_t	       pid = find_run(cfg);

	title(cfg);
	do {
		print_text(redraw ? "\r\033[K" : "");
		show(cfg, cfg->argv[0], pid);
		print_text(redraw ? "" : "\n");
	} while (poll(&p, 1, 1000) == 0 && open_run(cfg, cfg->argv[0]) == pid);
	print_text(redraw ? "\n" : "");
	print_end(0);
}

/* By the pid, held so that it cannot become another's meanwhile (5.3). */
void
list_stop(const struct config *cfg)
{
	pid_t	pid = find_run(cfg);
	int	held = (int)syscall(SYS_pidfd_open, pid, 0);
	int64_t end = now_msec() + cfg->stop_timeout + END_MSEC;

	if (open_run(cfg, cfg->argv[0]) == pid &&
	    (held < 0 ? kill(pid, SIGTERM) : (int)syscall(SYS_pidfd_send_signal, held, SIGTERM, NULL, 0)) < 0)
		fail(TO_SET, text_of(STOP_SIGNAL), cfg->argv[0], pid);
	/* of its group the end comes first, of its process last */
	for (; held < 0 ? open_run(cfg, cfg->argv[0]) == pid
			: poll(&(struct pollfd){ .fd = held, .events = POLLIN }, 1, 0) == 0;
	     nap(10))
		if (now_msec() > end)
			refuse(STILL_RUNS, cfg->argv[0], pid);
	print(text_of(HAS_STOPPED), cfg->argv[0]);
	print_end(0);
}
