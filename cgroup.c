/* SPDX-License-Identifier: ISC */
/*
 * cgroup.c - the group: made, limited, joined, watched, measured, removed
 *
 * One group in each hierarchy that this run needs, under the same name. It is ours while we hold
 * its lock (flock(2) on the directory); an unlocked and empty one is a left-over, and goes. What is
 * written into it is the business of limits.c.
 */
#include "nook.h"

#include "kernel.h"

#include <dirent.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>

enum { PATIENCE_MSEC = 5000 };

/* Which hierarchies this run uses: those of its limits; for a report those with figures; and one
 * for the sake of the name, or of killing, where no limit brings it. */
static void
choose_hierarchies(struct cgroup *g, const struct config *cfg)
{
	static const uint8_t homes[] = { C_FREEZER, C_PIDS, C_MEMORY, C_CPU };

	limits_choose(g, cfg);
	g->needed = g->count || cfg->name || cfg->pid;
	if (g->count && !cfg->name && !cfg->pid)
		return;
	if (hierarchy_find_unified(g) >= 0)
		return;
	for (size_t i = 0; i < countof(homes); i++)
		if (hierarchy_find(g, homes[i]) >= 0)
			return;
	if (cfg->name || cfg->pid)
		refuse(NO_HIERARCHY);
}

/* ---- where ---------------------------------------------------------------------------------- */

/* Does the caller's own group, or one above it, hold a limit? Then we stay below it. */
static bool
is_confined(const struct hierarchy *h)
{
	char own[sizeof(h->own)], *slash = own;

	set_text(own, h->own);
	for (; slash; slash = strrchr(own, '/')) {
		if (slash != own)
			*slash = '\0';
		if (limits_hold(h, own))
			return true;
	}
	return false;
}

static void
choose_parent(struct hierarchy *h, const struct config *cfg)
{
	const char *asked = cfg->cgroup_parent;

	if (asked) {
		asked += span_of(asked, "/");
		(void)copy(h->parent, sizeof(h->parent), asked, strlen(asked)); /* checked: short enough */
		return;
	}
	h->passing = true;
	if (!*h->own || !is_confined(h)) {
		set_text(h->parent, "nook");
		return;
	}
	if (h->v2)
		refuse(CONFINED,
		    h->own);
	set_text(h->parent, h->own);
	set_text(h->parent + strlen(h->parent), "/nook");
}

/* ---- making it ------------------------------------------------------------------------------ */

/* v1: a new cpuset is empty, and takes no process, until it has what its parent has. */
static void
fill_cpuset(int parent, int dir, const char *path)
{
	static const char files[][12] = { "cpuset.cpus", "cpuset.mems" };

	for (size_t i = 0; i < countof(files); i++) {
		const char *got = file_read(dir, files[i]);
		if (!got)
			fail(TO_READ, "%s of /%s", files[i], path);
		if (*got && *got != '\n')
			continue;
		got = file_read(parent, files[i]);
		if (!got || file_write(dir, files[i], got) < 0)
			fail(TO_LIMIT, "%s of /%s", files[i], path);
	}
}

/* v2: a controller reaches a group only when its parent hands it down. */
static void
hand_down(const struct hierarchy *h, int dir, const char *path)
{
	const char *ask;
	char	   *got;

	for (int c = 0; c < C_COUNT; c++) {
		const char *name = controller_name((enum controller)c, true);
		if (!(h->controllers & 1u << c) || !*name)
			continue;
		got = file_read(dir, "cgroup.subtree_control");
		if (!got)
			fail(TO_READ, "cgroup.subtree_control of /%s", path);
		if (word_index(first_line(got), ' ', name, strlen(name)) >= 0)
			continue;
		ask = textf("+%s", name);
		if (file_write(dir, "cgroup.subtree_control", ask) == 0)
			continue;
		if (errno == EBUSY)
			refuse(PARENT_BUSY, name, path);
		if (errno == ENOENT)
			refuse(PARENT_LACKS, name, path);
		fail(TO_LIMIT, text_of(TO_SUBTREE), ask, path);
	}
}

static void
prepare_level(const struct hierarchy *h, int parent, int dir, const char *path)
{
	if (h->v2)
		hand_down(h, dir, path);
	else if (parent >= 0 && h->controllers & 1u << C_CPUSET) /* asked for or not: it may be joint */
		fill_cpuset(parent, dir, path);
}

/* Opens the parent, made level by level. -1 with ENOENT: another nook just took it away. */
static int
open_parent(struct hierarchy *h)
{
	int	    dir = h->root, next;
	const char *at = h->parent;

	prepare_level(h, -1, dir, "");
	while (*at) {
		const char *path = h->parent;
		size_t	    len = span_until(at, "/");
		char	    upto[sizeof(h->parent)];

		(void)copy(upto, sizeof(upto), path, (size_t)(at - path) + len); /* a part of it: fits */
		if (mkdirat(h->root, upto, 0755) == 0)
			h->made++;
		else if (errno != EEXIST)
			return -1;
		next = sys_openat(h->root, upto, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (next < 0)
			return -1;
		prepare_level(h, dir, next, upto);
		if (dir != h->root)
			close(dir);
		dir = next;
		at += len + span_of(at + len, "/");
	}
	return dir == h->root ? sys_fcntl(dir, F_DUPFD_CLOEXEC, 3) : dir;
}

/* The groups below one, by getdents64(2): the libc's reader would bring its allocator. */
struct listing {
	int  dir;
	long have, used;
	char buf[2048] __attribute__((aligned(8)));
};

static const char *
next_group(struct listing *l)
{
	struct entry {
		uint64_t ino, off;
		uint16_t len;
		uint8_t	 type;
		char	 name[1];
	} *entry;

	for (;;) {
		if (l->used == l->have) {
			l->used = 0;
			l->have = syscall(SYS_getdents64, l->dir, l->buf, sizeof(l->buf));
			if (l->have <= 0)
				return NULL;
		}
		entry = (void *)(l->buf + l->used);
		l->used += entry->len;
		if (entry->type == DT_DIR && *entry->name != '.')
			return entry->name;
	}
}

/* A group and those that were made below it, the deepest first. */
static int
remove_tree(int parent, const char *name)
{
	struct listing l = { .dir = -1 };
	const char    *below;

	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT || errno == ENODEV)
		return 0;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -1;
	l.dir = sys_openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (l.dir >= 0 && (below = next_group(&l)))
		(void)remove_tree(l.dir, below); /* what stays shows right below */
	if (l.dir >= 0)
		close(l.dir);
	return unlinkat(parent, name, AT_REMOVEDIR);
}

/* v1: a 0 into tasks waits for nobody; into cgroup.procs, for an RCU grace period. */
static const char *
attach_file(const struct hierarchy *h)
{
	return h->v2 ? "cgroup.procs" : "tasks";
}

static bool
is_populated(const struct hierarchy *h)
{
	const char *got = file_read(h->dir, "cgroup.procs");

	return got && *got;
}

enum made { MADE, BUSY, AGAIN, CANNOT };

/* One try at making and locking the group. A left-over is removed, so that nothing of it stays. */
static enum made
try_make(struct hierarchy *h, int parent, const char *name)
{
	bool fresh = mkdirat(parent, name, 0755) == 0;

	if (!fresh && errno != EEXIST)
		return errno == ENOENT ? AGAIN : CANNOT;
	h->dir = sys_openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->dir < 0)
		return AGAIN;
	if (flock(h->dir, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			fail(TO_USE, "group %s", h->path);
		/* a process in it: running. None yet: just starting, or just being swept */
		return is_populated(h) ? BUSY : AGAIN;
	}
	if (fresh) {
		/* somebody may have swept it before we had the lock: then it has no files */
		h->attach = sys_openat(h->dir, attach_file(h), O_WRONLY | O_CLOEXEC);
		if (h->attach < 0)
			return AGAIN;
		if (!h->v2)
			prepare_level(h, parent, h->dir, h->path + 1);
		return MADE;
	}
	return remove_tree(parent, name) < 0 && errno == EBUSY ? BUSY : AGAIN;
}

static enum made
make_group(struct hierarchy *h, const char *name)
{
	enum made made = AGAIN;

	set_text(h->path, textf("/%s/%s", h->parent, name)); /* both are bounded: it fits */
	for (int tries = 0; tries < PATIENCE_MSEC && made == AGAIN; tries++) {
		int parent = open_parent(h);
		if (parent < 0) {
			made = errno == ENOENT ? AGAIN : CANNOT;
			continue;
		}
		made = try_make(h, parent, name);
		if (made == AGAIN && tries)
			nap(1);
		close(parent);
		if (made != MADE && h->dir >= 0) {
			close(h->dir);
			h->dir = -1;
		}
	}
	return made == AGAIN ? BUSY : made;
}

static void
remove_from(struct hierarchy *h)
{
	char *slash;

	if (h->attach >= 0)
		close(h->attach);
	/* the last exit may not have reached the group yet: patient, but not for ever */
	for (int64_t end = now_msec() + PATIENCE_MSEC; remove_tree(h->root, h->path + 1) < 0; nap(1)) {
		int64_t	    pid = 0;
		const char *got;
		int	    err = errno;
		if (err == EINTR || (err == EBUSY && now_msec() < end))
			continue;
		got = file_read(h->dir, "cgroup.procs");
		got = got ? digits(got, &pid) : NULL;
		say(text_of(got ? GROUP_FOREIGN : GROUP_STAYS), h->path, error_text(err), (int)pid);
		break;
	}
	close(h->dir);
	h->dir = h->attach = -1;
	/* the levels that we made, and our own default always: others in them keep them */
	for (int n = h->passing && !h->made ? 1 : h->made; n > 0; n--) {
		(void)unlinkat(h->root, h->parent, AT_REMOVEDIR);
		slash = strrchr(h->parent, '/');
		if (slash)
			*slash = '\0';
	}
}

void
cgroup_remove(struct cgroup *g)
{
	if (g->oom_event >= 0)
		close(g->oom_event);
	g->oom_event = -1;
	for (size_t i = 0; i < g->count; i++)
		if (g->at[i].dir >= 0)
			remove_from(&g->at[i]);
}

/* The same name everywhere. Without one: the pid, and a suffix where another PID namespace has it. */
static void
make_groups(struct cgroup *g, const struct config *cfg)
{
	for (unsigned n = 0;; n++) {
		enum made made = MADE;
		size_t	  i = 0;

		set_text(g->name, cfg->name ? cfg->name : textf(n ? "%d-%u" : "%d", getpid(), n));
		while (i < g->count && (made = make_group(&g->at[i], g->name)) == MADE)
			i++;
		if (made == MADE)
			return;
		if (made == CANNOT && g->needed)
			fail(TO_MAKE, "group %s", g->at[i].path);
		if (made == BUSY && cfg->name)
			refuse(RUNNING, cfg->name, textf("%s", g->at[i].path));
		cgroup_remove(g);
		if (made == CANNOT) { /* and nothing asks for one: the PID namespace ends the tree */
			g->count = 0;
			return;
		}
	}
}

/* Out of memory: v2 tells by an event on memory.events, v1 through an eventfd. Without either the
 * counters still tell at the end. */
bool
cgroup_oom_noticed(struct cgroup *g)
{
	char	 text[512];
	uint64_t count;
	ssize_t	 n;

	if (g->oom_poll == POLLIN) /* v1: the eventfd counts */
		return read(g->oom_event, &count, sizeof(count)) == (ssize_t)sizeof(count);
	n = pread(g->oom_event, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return sum_after(text, "oom_kill ") > 0;
}

/* Out of memory: v2 tells by an event on memory.events, v1 through an eventfd. Without either the
 * counters still tell at the end. */
static void
watch_oom(struct cgroup *g, const struct config *cfg)
{
	const struct hierarchy *h = limits_hierarchy(g, C_MEMORY);
	int			control;

	if (!h || !cfg->oom_group)
		return;
	if (h->v2) {
		/* 4.19; before, we kill the rest ourselves at the event */
		if (file_write(h->dir, "memory.oom.group", "1") < 0 && errno != ENOENT)
			fail(TO_LIMIT, "1 to memory.oom.group of %s", h->path);
		g->oom_event = sys_openat(h->dir, "memory.events", O_RDONLY | O_CLOEXEC);
		g->oom_poll = POLLPRI;
		if (g->oom_event < 0)
			fail(TO_OPEN, "memory.events of %s", h->path);
		(void)cgroup_oom_noticed(g); /* an event is what comes after the last read */
		return;
	}
	g->oom_poll = POLLIN;
	control = sys_openat(h->dir, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	g->oom_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (control < 0 || g->oom_event < 0)
		fail(TO_OPEN, "memory.oom_control of %s", h->path);
	if (file_write(h->dir, "cgroup.event_control", textf("%d %d", g->oom_event, control)) < 0)
		fail(TO_LIMIT, text_of(OOM_EVENT), h->path);
	close(control);
}

void
cgroup_prepare(struct cgroup *g, const struct config *cfg)
{
	g->oom_event = -1;
	choose_hierarchies(g, cfg);
	for (size_t i = 0; i < g->count; i++)
		choose_parent(&g->at[i], cfg);
	make_groups(g, cfg);
	limits_write(g, cfg);
	watch_oom(g, cfg);
}

int
cgroup_into(const struct cgroup *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->at[i].v2 && !(g->at[i].controllers & 1u << C_CPUSET)) /* 5.10 does not pin what is born there */
			return g->at[i].dir;
	return -1;
}

void
cgroup_attach(const struct cgroup *g, int into)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct hierarchy *h = &g->at[i];
		if (h->dir != into && write(h->attach, "0", 1) != 1)
			fail(TO_ATTACH, "%s", h->path);
	}
}

/* One round of SIGKILL to all that is in it. False when nothing is. */
static bool
kill_listed(const struct hierarchy *h)
{
	char	    text[8192];
	int64_t	    pid;
	const char *at = text;
	ssize_t	    n;
	int	    fd = sys_openat(h->dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1); /* more than fits: the next round */
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	for (; (at = digits(at, &pid)) && *at == '\n'; at++)
		(void)kill((pid_t)pid, SIGKILL); /* gone already: good */
	return true;
}

/* Only where no PID namespace ends the tree: kill it here, frozen or starved of new processes. */
void
cgroup_kill(const struct cgroup *g)
{
	const struct hierarchy *h = g->count ? &g->at[0] : NULL, *freezer = limits_hierarchy(g, C_FREEZER),
			       *pids = limits_hierarchy(g, C_PIDS);
	int into = cgroup_into(g);

	if (!h)
		return;
	if (into >= 0 && file_write(into, "cgroup.kill", "1") == 0) /* 5.14 */
		freezer = pids = NULL;
	if (freezer && !freezer->v2)
		(void)file_write(freezer->dir, "freezer.state", "FROZEN"); /* best effort: the loop decides */
	else if (pids)
		(void)file_write(pids->dir, "pids.max", "0");
	for (int64_t end = now_msec() + PATIENCE_MSEC; kill_listed(h) && now_msec() < end;) {
		if (freezer && !freezer->v2)
			(void)file_write(freezer->dir, "freezer.state", "THAWED");
		nap(1);
	}
}

/* What a nook that was killed left in the same place: empty and locked by nobody. Only in our own
 * default parent: elsewhere they may be others'. */
void
cgroup_sweep(const struct cgroup *g)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct hierarchy *h = &g->at[i];
		struct listing		l = { .dir = -1 };
		const char	       *name;

		if (h->passing && !h->made)
			l.dir = sys_openat(h->root, h->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		while (l.dir >= 0 && (name = next_group(&l))) {
			int fd = sys_openat(l.dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
				(void)remove_tree(l.dir, name); /* populated: stays */
			if (fd >= 0)
				close(fd);
		}
		if (l.dir >= 0)
			close(l.dir);
	}
}
