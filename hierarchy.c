/* SPDX-License-Identifier: ISC */
/*
 * hierarchy.c - find the cgroup hierarchy that holds a controller, or mount one
 *
 * In this order: the usual places, by one statfs each; /proc/self/mountinfo for everything unusual
 * (v1 controllers by super options, v2 by cgroup.controllers); a mount of our own, which belongs to
 * nobody else and goes when nook goes. /proc/cgroups is never asked: it lists controllers whose
 * hierarchy offers nothing, and on newer kernels leaves out those that v2 offers.
 */
#include "nook.h"

#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "kernel.h"

#define USUAL "/sys/fs/cgroup"

static const struct names {
	char v1[8], v2[8], probe[16]; /* a file of v1's, in the root group too */
} names[C_COUNT] = {
	[C_MEMORY] = { "memory", "memory", "memory.failcnt" },
	[C_CPU] = { "cpu", "cpu", "cpu.shares" },
	[C_CPUACCT] = { "cpuacct", "", "cpuacct.usage" }, /* v2: every group has cpu.stat */
	[C_CPUSET] = { "cpuset", "cpuset", "cpuset.cpus" },
	[C_PIDS] = { "pids", "pids", "" },
	[C_IO] = { "blkio", "io", "" },
	[C_FREEZER] = { "freezer", "", "" }, /* v2: every group has cgroup.freeze */
};

const char *
controller_name(enum controller c, bool v2)
{
	return v2 ? names[c].v2 : names[c].v1;
}

const char *
hierarchy_attach_file(const struct hierarchy *h)
{
	return h->v2 ? "cgroup.procs" : "tasks";
}

static bool own_known; /* and not by a look at the text: a page that is first read costs two faults */

/* The caller's own group, "" for the root, and all controllers of that hierarchy. 0 when the kernel
 * lists none such. Lines are "4:cpu,cpuacct:/group", and "0::/group" for v2. */
static uint32_t
own_group(enum controller c, bool v2, char *out, size_t size)
{
	static roomy char all[4096]; /* read once: it does not change before the clone */
	char	   *line, *end, *list, *path;
	uint32_t    found = 0;

	if (!own_known) {
		const char *got = file_read(AT_FDCWD, "/proc/self/cgroup");
		if (!got && errno == ENOENT)
			return 0;
		if (!got || !copy(all, sizeof(all), got, strlen(got)))
			fail(TO_READ, "/proc/self/cgroup");
		own_known = true;
	}
	for (line = all; !found && *line; line = end + (*end == '\n')) {
		end = line + span_until(line, "\n");
		list = find_char(line, ':');
		path = list ? find_char(list + 1, ':') : NULL;
		if (!path || path > end || path[1] != '/')
			continue;
		*path = '\0';
		if (v2 ? *line == '0' : comma_list_has(list + 1, names[c].v1))
			for (int i = 0; i < C_COUNT; i++)
				found |= (uint32_t)(i == (int)c || (!v2 && comma_list_has(list + 1, names[i].v1))) << i;
		*path = ':';
		if (found && !copy(out, size, path + 2, (size_t)(end - path - 2)))
			refuse(GROUP_LONG, first_line(path + 1));
	}
	return found;
}

/* What the hierarchy with this root already is among ours, or one more. */
static int
hierarchy_add(struct cgroup *g, int root, bool v2, const char *own)
{
	struct hierarchy *h = &g->at[g->count];
	struct stat	  st;

	if (sys_fstat(root, &st) < 0)
		fail(TO_USE, "cgroup hierarchy");
	for (size_t i = 0; i < g->count; i++) {
		if (g->at[i].dev == st.st_dev) {
			close(root);
			return (int)i;
		}
	}
	if (g->count == countof(g->at))
		refuse(TOO_MANY, (unsigned)countof(g->at), "cgroup hierarchies");
	*h = (struct hierarchy){ .v2 = v2, .root = root, .dir = -1, .attach = -1, .leaf = -1, .dev = st.st_dev };
	(void)copy(h->own, sizeof(h->own), own, strlen(own)); /* same size as its source */
	return (int)g->count++;
}

static int
open_directory(const char *path)
{
	return sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool
offers(int root, enum controller c, bool v2, uint32_t all)
{
	char *list;

	if (!v2) { /* the one we look for, and none that is known to be elsewhere */
		for (int i = 0; i < C_COUNT; i++)
			if (*names[i].probe && (i == (int)c || !*names[c].probe) &&
			    exists(root, names[i].probe) != !!(all & 1u << i))
				return false;
		return true;
	}
	if (!*names[c].v2)
		return true;
	list = file_read(root, "cgroup.controllers");
	return list && word_index(first_line(list), ' ', names[c].v2, strlen(names[c].v2)) >= 0;
}

/* One candidate: is it a mount of this kind, with the controller, and whole? Returns its root. */
static int
try_place(const char *path, bool v2, enum controller c, uint32_t all, const char *own)
{
	struct statfs fs;
	int	      root;
	bool	      good;

	if (statfs(path, &fs) < 0 || fs.f_type != (v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC))
		return -1;
	root = open_directory(path);
	if (root < 0)
		fail(TO_OPEN, "%s", path);
	/* where only a part of the tree is mounted, the caller's group is not found at its name */
	good = offers(root, c, v2, all) && (!*own || exists(root, own));
	if (good)
		return root;
	close(root);
	return -1;
}

static int
find_usual(enum controller c, bool v2, uint32_t all, const char *own)
{
	int root = try_place(USUAL, v2, c, all, own);

	if (root >= 0)
		return root;
	return try_place(textf(USUAL "/%s", v2 ? "unified" : names[c].v1), v2, c, all, own);
}

/* Anywhere else. A mount may show just a part of the tree (a container's bind mount): then the
 * caller's group is named relative to that part. */
static int
find_mountinfo(enum controller c, bool v2, char *own)
{
	struct mountinfo m;
	int		 root = -1;

	if (mountinfo_open(&m) < 0)
		return -1;
	while (mountinfo_next(&m)) {
		const char *part = m.root + 1;
		size_t	    len = strlen(part);

		if (root >= 0 || strcmp(m.type, v2 ? "cgroup2" : "cgroup") ||
		    (!v2 && !comma_list_has(m.super, names[c].v1)))
			continue;
		root = open_directory(m.point);
		if (root < 0)
			continue; /* hidden by a later mount */
		if (v2 && !offers(root, c, v2, 0)) {
			close(root);
			root = -1;
			continue;
		}
		if (len && starts_with(own, part))
			memmove(own, own + len + (own[len] == '/'), strlen(own + len + (own[len] == '/')) + 1);
		else if (len)
			*own = '\0';
	}
	return root;
}

/* A mount that has no place: nobody sees it, and it goes with the last descriptor. */
static int
mount_detached(const char *type, const char *controller)
{
	int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), root = -1;

	if (fs < 0)
		return -1;
	if ((!*controller || !syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, controller, NULL, 0)) &&
	    !syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		root = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
		    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	close(fs);
	return root;
}

/* Before 5.2: in a mount namespace of our own, over the usual place for a moment. */
static int
mount_private(const char *type, const char *controller)
{
	static bool apart;
	int	    root;

	if (!apart && (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0))
		return -1;
	apart = true;
	if (mount(type, USUAL, type, MS_NOSUID | MS_NODEV | MS_NOEXEC, controller) < 0)
		return -1;
	root = open_directory(USUAL);
	(void)umount2(USUAL, MNT_DETACH); /* the descriptor keeps it; nobody else shall find it */
	return root;
}

static int
mount_ours(enum controller c, bool v2)
{
	const char *type = v2 ? "cgroup2" : "cgroup", *option = v2 ? "" : names[c].v1;
	int	    root = mount_detached(type, option);

	if (root < 0 && errno == ENOSYS)
		root = mount_private(type, option);
	if (root >= 0 && v2 && !offers(root, c, v2, 0)) {
		close(root);
		root = -1;
	}
	return root;
}

/* Where the kernel says the controller lives, v1 or v2; then the mount there. */
static int
find(struct cgroup *g, enum controller c, bool v2, bool may_mount)
{
	char	 own[sizeof(g->at[0].own)] = "";
	uint32_t controllers = own_group(c, v2, own, sizeof(own));
	int	 root, i;

	/* v2 is listed only once it has been mounted somewhere */
	if (!controllers && !v2)
		return -1;
	root = find_usual(c, v2, controllers, own);
	if (root < 0)
		root = find_mountinfo(c, v2, own);
	if (root < 0 && may_mount)
		root = mount_ours(c, v2);
	i = root < 0 ? -1 : hierarchy_add(g, root, v2, own);
	if (i >= 0 && !v2)
		g->at[i].controllers |= controllers;
	return i;
}

int
hierarchy_find(struct cgroup *g, enum controller c)
{
	int i = find(g, c, false, true);

	if (i < 0)
		i = find(g, c, true, true);
	if (i < 0) { /* on no hierarchy yet: v1, mounted by us */
		int root = mount_ours(c, false);
		i = root < 0 ? -1 : hierarchy_add(g, root, false, "");
	}
	if (i >= 0)
		g->at[i].controllers |= 1u << c;
	return i;
}

int
hierarchy_find_unified(struct cgroup *g)
{
	return find(g, C_FREEZER, true, false);
}
