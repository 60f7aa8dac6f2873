/* SPDX-License-Identifier: ISC */
/*
 * parent.c - the group above ours: which it is, made, given its controllers, and left
 *
 * By default /nook; but below the caller's own group where that holds a limit, or is delegated to
 * us. cgroup v2 hands no controller down from a group with processes in it, its root excepted: where
 * we are in the way ourselves, we move to a leaf beside the workload's group, and back at the end.
 * No process but our own is ever moved.
 */
#include "nook.h"

#include <sys/auxv.h>

#include "kernel.h"

#include <sys/file.h>
#include <sys/stat.h>

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

/* As systemd marks it for a service with Delegate=yes; others own what is delegated to them. */
bool
parent_is_ours(const struct hierarchy *h)
{
	const char *file = path_below(h->own, hierarchy_attach_file(h)), *group;
	char	    mark;

	if (auxiliary(AT_EUID))
		return syscall(SYS_faccessat, h->root, file, W_OK) == 0;
	if (!h->v2) /* there it marks only its own hierarchy, which has no controller */
		return false;
	group = textf("/proc/self/fd/%d/%s", h->root, h->own);
	return syscall(SYS_getxattr, group, "trusted.delegate", &mark, 1) == 1 ||
	       syscall(SYS_getxattr, group, "user.delegate", &mark, 1) == 1;
}

const char *
path_below(const char *group, const char *name)
{
	return textf(*group ? "%s/%s" : "%s%s", group, name);
}

bool
parent_choose(struct hierarchy *h, const struct config *cfg)
{
	const char *asked = cfg->cgroup_parent;
	bool	    confined;

	h->leaf = -1;
	if (asked) {
		asked += span_of(asked, "/");
		(void)copy(h->parent, sizeof(h->parent), asked, strlen(asked)); /* checked: short enough */
		return true;
	}
	h->passing = true;
	set_text(h->parent, "nook");
	confined = *h->own && is_confined(h);
	if (*h->own && ((confined && !h->v2) || parent_is_ours(h)))
		set_text(h->parent, textf("%s/nook", h->own));
	else
		return !confined;
	return true;
}

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
		fail(TO_HAND_DOWN, text_of(TO_SUBTREE), ask, path);
	}
}

void
parent_prepare(const struct hierarchy *h, int parent, int dir, const char *path)
{
	if (h->v2)
		hand_down(h, dir, path);
	else if (parent >= 0 && h->controllers & 1u << C_CPUSET) /* asked for or not: it may be joint */
		fill_cpuset(parent, dir, path);
}

/* Is our own group one that must hand controllers down? Only the real root may keep processes. */
static bool
is_in_the_way(const struct hierarchy *h)
{
	size_t len = strlen(h->own);

	return h->v2 && h->leaf < 0 && h->controllers & ~((1u << C_FREEZER) | (1u << C_CPUACCT)) &&
	       starts_with(h->parent, h->own) && (!len || h->parent[len] == '/') &&
	       exists(h->root, path_below(h->own, "cgroup.events"));
}

static const char *
leaf_name(const struct hierarchy *h)
{
	return path_below(h->parent, textf("nook-%d", getpid()));
}

/* Locked, like each group of ours, against being swept. */
static bool
enter_leaf(struct hierarchy *h)
{
	for (size_t at = strlen(h->own); at <= strlen(h->parent); at++) {
		char upto[sizeof(h->parent)];
		if (h->parent[at] != '/' && h->parent[at])
			continue;
		(void)copy(upto, sizeof(upto), h->parent, at); /* a part of it: fits */
		if (*upto && mkdirat(h->root, upto, 0755) == 0)
			h->made++;
	}
	if (mkdirat(h->root, leaf_name(h), 0755) < 0 && errno != EEXIST)
		return false;
	h->leaf = sys_openat(h->root, leaf_name(h), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->leaf < 0 || flock(h->leaf, LOCK_EX | LOCK_NB) < 0) {
		int err = errno;
		(void)unlinkat(h->root, leaf_name(h), AT_REMOVEDIR); /* nobody is in it */
		close(h->leaf);
		h->leaf = -1;
		errno = err;
		return false;
	}
	if (file_write(h->leaf, "cgroup.procs", "0") < 0)
		fail(TO_ATTACH, "/%s", leaf_name(h));
	return true;
}

enum { TRIES = 3 };

/* What was handed down from there, by us or by another of ours since. */
static void
take_back(const struct hierarchy *h, const char *from)
{
	for (int c = 0; c < C_COUNT; c++) {
		const char *name = controller_name((enum controller)c, true);
		if (h->controllers & 1u << c && *name)
			(void)file_write(h->root, path_below(from, "cgroup.subtree_control"), textf("-%s", name));
	}
}

/* Back to where we came from: what was handed down is taken back first. Others of ours that still
 * run there would lose their limits: they keep it, and our leaf stays. */
static void
leave_leaf(struct hierarchy *h)
{
	struct stat st;

	for (int tries = 0; tries < TRIES; tries++) {
		if (sys_fstatat(h->root, path_below(h->parent, "."), &st, 0) < 0)
			continue;
		if (st.st_nlink > 3) /* of one group more than the leaf; . and .. are counted too */
			break;
		take_back(h, h->parent);
		take_back(h, h->own);
		if (file_write(h->root, path_below(h->own, "cgroup.procs"), "0") == 0 &&
		    unlinkat(h->root, leaf_name(h), AT_REMOVEDIR) == 0)
			break;
	}
	close(h->leaf);
	h->leaf = -1;
}

void
parent_leave(struct hierarchy *h)
{
	char *path, *slash;

	if (h->leaf >= 0)
		leave_leaf(h);
	path = textf("%s", h->parent);
	/* the levels that we made, and our own default always: others in them keep them */
	for (int n = h->passing && !h->made ? 1 : h->made; n > 0; n--) {
		for (int tries = 0; tries < TRIES && unlinkat(h->root, path, AT_REMOVEDIR) < 0 && errno != ENOENT;)
			tries++;
		slash = strrchr(path, '/');
		if (slash)
			*slash = '\0';
	}
	h->made = 0;
}

int
parent_open(struct hierarchy *h)
{
	int	    dir = h->root, next;
	const char *at = h->parent;

	if (is_in_the_way(h) && !enter_leaf(h))
		return -1;
	parent_prepare(h, -1, dir, "");
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
		parent_prepare(h, dir, next, upto);
		if (dir != h->root)
			close(dir);
		dir = next;
		at += len + span_of(at + len, "/");
	}
	return dir == h->root ? sys_fcntl(dir, F_DUPFD_CLOEXEC, 3) : dir;
}
