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

enum { PATIENCE_MSEC = 5000, DEATH_MSEC = 500, COUNTED_MSEC = 100, VISITS_MAX = 1 << 20 };

/* A hierarchy for the sake of the name, or of killing. */
static bool
find_home(struct cgroup *g)
{
	static const uint8_t homes[] = { C_FREEZER, C_PIDS, C_MEMORY, C_CPU };

	if (hierarchy_find_unified(g) >= 0)
		return true;
	for (size_t i = 0; i < countof(homes); i++)
		if (hierarchy_find(g, homes[i]) >= 0)
			return true;
	return false;
}

/* Which hierarchies this run uses: those of its limits; for a report those with figures; and a home
 * where none of these is one. */
static void
choose_hierarchies(struct cgroup *g, const struct config *cfg)
{
	limits_choose(g, cfg);
	g->needed |= cfg->name || cfg->pid;
	if (g->count && !cfg->name && !cfg->pid)
		return;
	if (!find_home(g) && (cfg->name || cfg->pid))
		refuse(NO_HIERARCHY);
}

/* Held by nobody else, and still there: one that is gone has no files, and its name may be another's by now. */
static bool
hold(int group)
{
	return flock(group, LOCK_EX | LOCK_NB) == 0 && exists(group, "cgroup.procs");
}

/* Without what is in it. Of others: not while one of them holds it (EWOULDBLOCK). */
static int
remove_one(int parent, const char *name, bool ours)
{
	int fd = ours ? -1 : sys_openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), done = -1;

	if (ours || (fd >= 0 && hold(fd)))
		done = unlinkat(parent, name, AT_REMOVEDIR);
	else
		errno = EWOULDBLOCK;
	if (fd >= 0)
		close(fd);
	return done;
}

/* A group and those that were made below it, the deepest first: however deep, as the workload may have
 * made them. Stops at one that a process is in. */
static int
remove_tree(int parent, const char *name, bool ours)
{
	struct listing l = { .dir = -1 };
	const char    *below;
	int	       next, depth = 0, visits = 0;
	bool	       fresh = false; /* come into it from above, nothing removed in it yet */

	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT || errno == ENODEV)
		return 0;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -1;
	for (l.dir = sys_openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC); l.dir >= 0; l.dir = next) {
		l.have = l.used = 0;
		while ((below = next_entry(&l, DT_DIR)) && remove_one(l.dir, below, ours) == 0)
			fresh = false;
		if (below ? errno == EWOULDBLOCK || ++visits > VISITS_MAX : fresh || !depth)
			next = -1;
		else
			next = sys_openat(l.dir, below ? below : "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		fresh = below;
		depth += below ? 1 : -1;
		close(l.dir);
	}
	return unlinkat(parent, name, AT_REMOVEDIR);
}

static int
remove_left_over(int parent, const char *name)
{
	int fd = sys_openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), done = -1;

	if (fd >= 0 && hold(fd))
		done = remove_tree(parent, name, false);
	if (fd >= 0)
		close(fd);
	return done;
}

static bool
is_populated(const struct hierarchy *h)
{
	const char *got = file_read(h->dir, "cgroup.procs");

	return got && *got;
}

enum made { MADE, BUSY, DYING, AGAIN, CANNOT };

/* One try at making and locking the group. A left-over is removed, so that nothing of it stays. */
static enum made
try_make(struct hierarchy *h, int parent, const char *name)
{
	bool fresh = mkdirat(parent, name, 0755) == 0;

	if (!fresh && errno != EEXIST)
		return errno == ENOENT ? AGAIN : CANNOT;
	h->dir = sys_openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->dir < 0) { /* ENOENT: swept meanwhile */
		int err = errno;
		if (fresh)
			(void)unlinkat(parent, name, AT_REMOVEDIR);
		errno = err;
		return err == ENOENT ? AGAIN : CANNOT;
	}
	if (flock(h->dir, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			fail(TO_USE, "group %s", h->path);
		/* a process in it: running, or its nook was killed just now, and it dies with who held the lock. None yet:
		 * just starting, or just being swept */
		return is_populated(h) ? DYING : AGAIN;
	}
	if (fresh) {
		/* somebody may have swept it before we had the lock: then it has no files */
		h->attach = sys_openat(h->dir, hierarchy_attach_file(h), O_WRONLY | O_CLOEXEC);
		if (h->attach < 0)
			return AGAIN;
		if (!h->v2)
			parent_prepare(h, parent, h->dir, h->path + 1);
		return MADE;
	}
	if (!exists(h->dir, "cgroup.procs"))
		return AGAIN;
	/* its nook was killed, and a supervisor starts the next at once: what is in it is about to die too */
	return remove_tree(parent, name, false) < 0 && errno == EBUSY ? DYING : AGAIN;
}

static enum made
make_group(struct hierarchy *h, const char *name)
{
	enum made made = AGAIN;

	set_text(h->path, textf("/%s", path_below(h->parent, name))); /* both are bounded: it fits */
	for (int tries = 0; tries < (made == DYING ? DEATH_MSEC : PATIENCE_MSEC) && (made == AGAIN || made == DYING); tries++) {
		int parent = parent_open(h);
		if (parent < 0) {
			made = errno == ENOENT ? AGAIN : CANNOT;
			continue;
		}
		made = try_make(h, parent, name);
		if ((made == AGAIN && tries) || made == DYING)
			nap(1);
		close(parent);
		if (made != MADE && h->dir >= 0) {
			close(h->dir);
			h->dir = -1;
		}
	}
	return made == AGAIN || made == DYING ? BUSY : made;
}

static void
close_group(struct hierarchy *h)
{
	if (h->attach >= 0)
		close(h->attach);
	close(h->dir);
	h->dir = h->attach = -1;
}

static void
remove_from(struct hierarchy *h)
{
	/* the last exit may not have reached the group yet: patient, but not for ever */
	for (int tries = 0; remove_tree(h->root, h->path + 1, true) < 0; nap(1)) {
		int64_t	    pid = 0;
		const char *got;
		int	    err = errno;
		if (tries++ < (err == EBUSY ? PATIENCE_MSEC : 3))
			continue;
		got = file_read(h->dir, "cgroup.procs");
		got = got ? digits(got, &pid) : NULL;
		say(text_of(got ? GROUP_FOREIGN : NOT_REMOVED), "group", h->path, error_text(err), (int)pid);
		break;
	}
	close_group(h);
}

static void
forget_oom(struct cgroup *g)
{
	if (g->oom_event >= 0)
		close(g->oom_event);
	g->oom_event = -1;
}

void
cgroup_remove(struct cgroup *g)
{
	forget_oom(g);
	for (size_t i = 0; i < g->count; i++) {
		if (g->at[i].dir >= 0)
			remove_from(&g->at[i]);
		parent_leave(&g->at[i]);
	}
}

void
cgroup_remove_empty(struct cgroup *g)
{
	for (size_t i = 0; i < g->count; i++) {
		struct hierarchy *h = &g->at[i];
		if (h->dir < 0 || unlinkat(h->root, h->path + 1, AT_REMOVEDIR) < 0)
			return;
		forget_oom(g); /* it tells of the removal, too */
		close_group(h);
		parent_leave(h);
		h->passing = false; /* it has been left */
	}
}

void
cgroup_forget(struct cgroup *g)
{
	for (size_t i = 0; i < g->count; i++)
		close(g->at[i].root);
	g->count = 0;
	g->needed = false;
	g->oom_event = -1;
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

/* v2 counts what happens in the groups below as well. One that the workload has made may have hit a limit of its own:
 * that is between them. Without memory.events.local (5.2) nobody can tell. */
bool
cgroup_oom_ours(const struct cgroup *g)
{
	const struct hierarchy *h = limits_hierarchy(g, C_MEMORY);
	const char		*got = h && h->v2 ? file_read(h->dir, "memory.events") : NULL;
	int64_t			 kills, hits;

	if (!got)
		return h && !h->v2;
	kills = sum_after(got, "oom_kill ");
	hits = sum_after(got, "oom ");
	got = file_read(h->dir, "memory.events.local");
	return kills > 0 && (!got || hits <= 0 || sum_after(got, "oom ") > 0 || sum_after(got, "oom_kill ") > 0);
}

bool
cgroup_oom_noticed(struct cgroup *g)
{
	uint64_t count;

	if (g->oom_poll != POLLIN) {
		(void)pread(g->oom_event, &count, sizeof(count), 0); /* an event is what comes after the last read */
		return cgroup_oom_ours(g);
	}
	if (read(g->oom_event, &count, sizeof(count)) != (ssize_t)sizeof(count))
		return false;
	/* v1 tells before it kills: what we killed first would not be counted (4.13) */
	for (int tries = 0; tries < COUNTED_MSEC; tries++, nap(1)) {
		const char *got = file_read(limits_hierarchy(g, C_MEMORY)->dir, "memory.oom_control");
		if (!got || sum_after(got, "oom_kill ") != 0)
			break;
	}
	return true;
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
		(void)cgroup_oom_noticed(g); /* from here on */
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
	for (size_t i = 0; i < g->count; i++) {
		if (parent_choose(&g->at[i], cfg))
			continue;
		if (g->needed)
			refuse(CONFINED, g->at[i].own);
		g->count = 0; /* for figures alone nobody leaves it either */
	}
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
		if ((pid_t)pid > 0) /* 0: of another PID namespace; to kill(2) it is our own process group */
			(void)kill((pid_t)pid, SIGKILL); /* gone already: good */
	return true;
}

/* v1: SIGKILL does not end what is frozen. */
void
cgroup_thaw(const struct cgroup *g)
{
	const struct hierarchy *h = limits_hierarchy(g, C_FREEZER);

	if (h && !h->v2)
		(void)file_write(h->dir, "freezer.state", "THAWED");
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
	for (int64_t end = now_msec() + PATIENCE_MSEC; kill_listed(h) && now_msec() < end; nap(1))
		cgroup_thaw(g);
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
		while (l.dir >= 0 && (name = next_entry(&l, DT_DIR)))
			(void)remove_left_over(l.dir, name); /* populated: stays */
		if (l.dir >= 0)
			close(l.dir);
	}
}

void
cgroup_check(struct cgroup *g, const struct config *cfg)
{
	limits_check(g, cfg);
	if (g->count && userns_single() && !cfg->cgroup_parent)
		check_need(NULL, parent_is_ours(&g->at[0]), "a group of the caller's", text_of(NEEDS_DELEGATED));
	if (cfg->name || cfg->pid)
		check_need(NULL, find_home(g), "a group", text_of(NEEDS_GROUPS));
}
