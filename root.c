/* SPDX-License-Identifier: ISC */
/*
 * root.c - the root inside: entered, then furnished from the mount table
 *
 * The new root is bound over "/", entered by "/..", and made the root by pivot_root; on an
 * initramfs, which cannot be pivoted away from, by chroot. Only then is anything mounted in it, so
 * that no link in a hostile root can lead outside; and no mount point is reached over a link at
 * all. Sources were opened before, as the host sees them, by descriptor.
 */
#include "nook.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "kernel.h"

enum { VOLUMES_MAX = 256, OURS_MAX = 64 };
#define QUIET (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* Those below /dev come after it, and are made in it. */
static const struct fixed {
	char	 target[8], type[8];
	uint32_t flags;
	char	 data[44];
	bool	 in_dev, may_miss;
} table[] = {
	{ "proc", "proc", QUIET, "", false, false },
	{ "sys", "sysfs", QUIET | MS_RDONLY, "", false, true },
	{ "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k,nr_inodes=256", false, false },
	{ "pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620,gid=5", true, true },
	{ "shm", "tmpfs", QUIET, "mode=1777,size=", true, false },
};

static const struct link {
	char name[8], to[16];
} links[] = { { "fd", "/proc/self/fd" }, { "stdin", "/proc/self/fd/0" }, { "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" }, { "ptmx", "pts/ptmx" } };

struct opened { /* a volume's source, as the host sees it */
	const struct item *item;
	int		   fd; /* -1: missing, and may be */
	bool		   directory;
};

struct root {
	int	      top; /* its root directory, for openat */
	int	      dev;
	bool	      scratch, old; /* the old root lies over it, to be detached */
	size_t	      volumes;
	dev_t	      ours[OURS_MAX]; /* our own tmpfs: mount points may be made there */
	size_t	      own;
	bool	      userns;
	int	      node[DEVICES]; /* in a user namespace: the host's */
	struct opened volume[VOLUMES_MAX];
};

static void
note_ours(struct root *r, int fd)
{
	struct stat st;

	if (fd >= 0 && sys_fstat(fd, &st) == 0 && r->own < countof(r->ours))
		r->ours[r->own++] = st.st_dev;
}

static bool
is_ours(const struct root *r, int fd)
{
	struct stat st;

	for (size_t i = 0; sys_fstat(fd, &st) == 0 && i < r->own; i++)
		if (r->ours[i] == st.st_dev)
			return true;
	return false;
}

/*
 * Opens a mount point from the root down, over no link; makes what is missing where the file system
 * is ours. -1 with errno: ENOENT, ENOTDIR (a file, or a link, where a directory is wanted), ELOOP.
 */
static int
open_target(const struct root *r, const char *path, bool directory)
{
	int	    at = r->top, next;
	char	    name[NAME_MAX + 1];
	struct stat st;

	for (path += span_of(path, "/"); *path && at >= 0; at = next) {
		size_t len = span_until(path, "/");
		bool   want;
		int    flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;

		(void)copy(name, sizeof(name), path, len); /* checked when it was read */
		path += len + span_of(path + len, "/");
		want = directory || *path;
		flags |= want ? O_DIRECTORY : 0;
		next = sys_openat(at, name, flags);
		if (next < 0 && errno == ENOENT && is_ours(r, at)) {
			if (want ? mkdirat(at, name, 0755) : mknodat(at, name, S_IFREG | 0644, 0))
				fail(TO_MAKE, "mount point %s", name);
			next = sys_openat(at, name, flags);
		}
		if (at != r->top)
			close(at);
		if (next >= 0 && !want && (sys_fstat(next, &st) < 0 || S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode))) {
			close(next);
			next = -1;
			errno = S_ISLNK(st.st_mode) ? ELOOP : ENOTDIR;
		}
	}
	return at == r->top ? sys_fcntl(at, F_DUPFD_CLOEXEC, 3) : at;
}

static const char *
proc_path(int fd)
{
	return textf("/proc/self/fd/%d", fd);
}

/* A directory is reached by its descriptor alone; a file only by its name in /proc. */
static int
mount_at(int target, bool directory, const char *source, const char *type, unsigned long flags, const char *data)
{
	directory = directory && sys_fchdir(target) == 0; /* one that we may not enter: by its name */
	return mount(source, directory ? "." : proc_path(target), type, flags, *data ? data : NULL);
}

static unsigned long
flags_of(const char *options)
{
	static const struct known {
		char	 word[12];
		uint32_t flag;
	} known[] = { { "ro", MS_RDONLY }, { "nosuid", MS_NOSUID }, { "nodev", MS_NODEV }, { "noexec", MS_NOEXEC },
		{ "noatime", MS_NOATIME }, { "nodiratime", MS_NODIRATIME }, { "relatime", MS_RELATIME },
		{ "nosymfollow", MS_NOSYMFOLLOW } };
	unsigned long flags = 0;

	for (size_t i = 0; i < countof(known); i++)
		if (comma_list_has(options, known[i].word))
			flags |= known[i].flag;
	return flags;
}

static int64_t
mount_id(int fd, const char *target)
{
	const char *at, *got = file_read(AT_FDCWD, textf("/proc/self/fdinfo/%d", fd));
	int64_t	    id;

	if (!got)
		fail(TO_READ, "/proc/self/fdinfo");
	at = find_text(got, "mnt_id:");
	if (!at || !digits(at + 7 + span_of(at + 7, " \t"), &id))
		refuse(NO_MOUNT_ID, target);
	return id;
}

/* One of them, with the flags it has as well; what another mount hides is out of reach for all. */
static void
remount(const struct mountinfo *m, unsigned long flags, unsigned long clear)
{
	int at = sys_openat(AT_FDCWD, m->point, O_PATH | O_CLOEXEC);

	if (at >= 0 && mount_id(at, m->point) == m->id &&
	    mount(NULL, proc_path(at), NULL, MS_REMOUNT | MS_BIND | flags | (flags_of(m->options) & ~clear), NULL) < 0)
		fail(TO_MOUNT, "%s with its flags", m->point);
	if (at < 0 && errno != ENOENT && errno != ENOTDIR)
		fail(TO_OPEN, "%s", m->point);
	close(at);
}

/* The mount that fd is on and all mounts below it, one by one, found by their parents: before 5.12,
 * and for "/", on which the old root still lies and must be left out. */
static void
remount_below(int fd, const char *target, unsigned long flags, unsigned long clear)
{
	struct mountinfo m;
	int64_t		 ids[VOLUMES_MAX] = { mount_id(fd, target) };
	size_t		 count = 1, before;

	do {
		before = count;
		if (mountinfo_open(&m) < 0)
			fail(TO_READ, "/proc/self/mountinfo");
		while (mountinfo_next(&m)) {
			bool known = false, below = m.id == ids[0] && before == 1;
			for (size_t i = 0; i < count; i++) {
				known |= m.id == ids[i];
				below |= m.parent == ids[i] && m.id != ids[0];
			}
			if (!below || (known && m.id != ids[0]) || (!strcmp(m.point, "/") && !known))
				continue;
			if (count == countof(ids))
				refuse(TOO_MANY, (unsigned)countof(ids), textf("mounts below %s", target));
			if (!known)
				ids[count++] = m.id;
			remount(&m, flags, clear);
		}
	} while (count > before);
}

/* Adds flags to a mount and to all that lie below it, at once: 5.12. Those it has stay, but what is cleared. */
static bool
set_at_once(int fd, unsigned long flags, unsigned long clear)
{
	struct mount_set set = { .set = 0 };

	set.set |= flags & MS_RDONLY ? MOUNT_ATTR_RDONLY : 0;
	set.set |= flags & MS_NOSUID ? MOUNT_ATTR_NOSUID : 0;
	set.set |= flags & MS_NODEV ? MOUNT_ATTR_NODEV : 0;
	set.set |= flags & MS_NOEXEC ? MOUNT_ATTR_NOEXEC : 0;
	set.clear |= clear & MS_NOSUID ? MOUNT_ATTR_NOSUID : 0;
	set.clear |= clear & MS_NODEV ? MOUNT_ATTR_NODEV : 0;
	return syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &set, sizeof(set)) == 0;
}

static void
set_flags(int fd, const char *target, unsigned long flags, unsigned long clear)
{
	if (fd < 0)
		fail(TO_MOUNT, "%s", target);
	if (!set_at_once(fd, flags, clear)) {
		if (errno != ENOSYS)
			fail(TO_MOUNT, "%s with its flags", target);
		remount_below(fd, target, flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC), clear);
	}
}

/* The same /proc or /sys lies there already, with whatever is mounted in it (the host's network or
 * processes are kept): the kernel wants something between. */
static int
mount_over(const struct root *r, const struct fixed *f, unsigned long flags, const char *data)
{
	int at;

	if (mount("tmpfs", ".", "tmpfs", QUIET | MS_RDONLY, "nr_inodes=1") < 0)
		return -1;
	at = sys_openat(r->top, f->target, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return at < 0 || sys_fchdir(at) < 0 ? -1 : mount(f->type, ".", f->type, flags, *data ? data : NULL);
}

/* A user namespace may not mount /sys when the network is the host's. Without a root of its own the host's
 * stays, read-only with all in it; else there is none. */
static bool
keep_sys(const struct root *r, const struct fixed *f, const struct config *cfg)
{
	if (errno != EPERM || !r->userns || *f->type != 's' || !strcmp(cfg->network, "none"))
		return false;
	if (!cfg->rootfs)
		set_flags(sys_openat(r->top, f->target, O_PATH | O_DIRECTORY | O_CLOEXEC), "/sys", MS_RDONLY | QUIET, 0);
	return true;
}

/*
 * /proc, /sys and /dev, each entered by its descriptor; then those in /dev, which is ours alone. The
 * descriptors stay open until execve: one call less each.
 */
static void
mount_table(struct root *r, const struct config *cfg)
{
	const char *failed;

	for (size_t i = 0; i < countof(table); i++) {
		const struct fixed *f = &table[i];
		bool		    sized = f->data[0] && f->data[strlen(f->data) - 1] == '=';
		int		    how = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, at = -1;
		unsigned long flags = f->flags & (cfg->privileged ? ~(unsigned long)MS_RDONLY : ~0ul);
		char	     *data = textf(sized ? "%s%lld" : "%s", i || !cfg->hidepid ? f->data : "hidepid=2", (long long)cfg->shm_size);
		char	     *gid = (char *)find_text(data, ",gid=");

		if (gid && userns_single()) /* that one is not mapped */
			*gid = '\0';
		if (f->in_dev ? mkdirat(AT_FDCWD, f->target, 0755) < 0
			      : (at = sys_openat(r->top, f->target, how)) < 0 || sys_fchdir(at) < 0) {
			if (!f->may_miss || errno != ENOENT)
				fail(TO_MOUNT, "%s on /%s", f->type, f->target);
			continue;
		}
		if (mount(f->type, f->in_dev ? f->target : ".", f->type, flags, data) < 0 &&
		    (!f->may_miss || errno != ENODEV) && (errno != EBUSY || i > 1 || mount_over(r, f, flags, data) < 0) &&
		    !keep_sys(r, f, cfg))
			fail(TO_MOUNT, "%s on /%s%s", f->type, f->in_dev ? "dev/" : "", f->target);
		if (*f->target != 'd')
			continue;
		at = r->dev = sys_openat(r->top, f->target, how); /* what now lies there */
		note_ours(r, at);
		if (at < 0 || sys_fchdir(at) < 0)
			fail(TO_MOUNT, "%s on /%s", f->type, f->target);
	}
	failed = r->userns ? devices_bind(r->node) : devices_make();
	if (failed)
		fail(TO_MAKE, "/dev/%s", failed);
	for (size_t i = 0; i < countof(links); i++)
		if (symlinkat(links[i].to, AT_FDCWD, links[i].name) < 0)
			fail(TO_MAKE, "/dev/%s", links[i].name);
}

static void
open_source(struct root *r, const struct item *item, const struct mounting *m)
{
	struct opened *o = &r->volume[r->volumes++];
	struct stat    st = { .st_mode = 0 };

	if (r->volumes == countof(r->volume))
		refuse(TOO_MANY, (unsigned)countof(r->volume), "volumes");
	*o = (struct opened){ item, sys_openat(AT_FDCWD, m->source, O_PATH | O_CLOEXEC), false };
	if (o->fd < 0 ? errno != ENOENT || !m->may_miss : sys_fstat(o->fd, &st) < 0)
		fail(TO_MOUNT, "%s", m->source);
	o->directory = S_ISDIR(st.st_mode);
}

typedef enum text reader_of(const char *text, struct mounting *out);

static void
open_sources(struct root *r, const struct item *item, reader_of *read_value)
{
	static roomy struct mounting m;

	for (; item; item = item->next) {
		(void)read_value(item->text, &m); /* checked when it was read */
		if (*m.source == '/')
			open_source(r, item, &m);
	}
}

static const struct opened *
source_of(const struct root *r, const struct item *item)
{
	for (size_t i = 0; i < r->volumes; i++)
		if (r->volume[i].item == item)
			return &r->volume[i];
	return NULL;
}

/* One volume, device, tmpfs or mount of the settings. */
static void
mount_one(struct root *r, const struct item *item, const struct mounting *m)
{
	const struct opened *o = source_of(r, item);
	bool		     bind = m->flags & MS_BIND, directory = !bind || !o || o->directory;
	const char	    *source = m->source;
	int		     target;

	if (o && o->fd < 0)
		return; /* try, and it is not there */
	if (o) {
		source = proc_path(o->fd);
	}
	target = open_target(r, m->target, directory);
	if (target < 0 || mount_at(target, directory, source, *m->type ? m->type : NULL,
			      bind ? m->flags & (MS_BIND | MS_REC) : m->flags, m->data) < 0)
		fail(TO_MOUNT, "%s on %s", m->source, m->target);
	close(target);
	if (bind) /* the descriptor stays open until execve, as in mount_table */
		set_flags(open_target(r, m->target, directory), m->target, m->flags, (MS_NODEV | MS_NOSUID) & ~m->flags);
	else if (!strcmp(m->type, "tmpfs"))
		note_ours(r, open_target(r, m->target, true)); /* stays open until execve, as in mount_table */
}

static void
mount_all(struct root *r, const struct item *item, reader_of *read_value)
{
	static roomy struct mounting m;

	for (; item; item = item->next) {
		(void)read_value(item->text, &m); /* checked when it was read */
		mount_one(r, item, &m);
	}
}

/* Makes what lies over "/" the root. Returns whether the old one now lies over it, to be detached. */
static bool
switch_root(const char *name)
{
	bool pivoted;

	if (chdir("/..") < 0) /* onto the topmost of what is mounted there */
		fail(TO_ENTER_ROOT, "%s", name);
	pivoted = syscall(SYS_pivot_root, ".", ".") == 0;
	if ((!pivoted && (errno != EINVAL || chroot(".") < 0)) || /* EINVAL: the old root is an initramfs */
	    chdir("/") < 0)
		fail(TO_ENTER_ROOT, "%s", name);
	return pivoted;
}

/* seal: flags that all of it is to have; 0 afterwards if it has: in a user namespace not every mount can be
 * reached by a name. */
static bool
enter(const char *rootfs, bool scratch, unsigned long *seal)
{
	/* "/" itself: with all that is mounted in it, so that the copy can be read-only */
	unsigned long flags = MS_BIND | (rootfs[span_of(rootfs, "/")] ? 0 : MS_REC);

	/* over "/", so that the path is followed just once */
	if (scratch ? mount("tmpfs", "/", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
		    : mount(rootfs, "/", NULL, flags, NULL))
		fail(TO_ENTER_ROOT, "%s", rootfs);
	if (seal && set_at_once(sys_openat(AT_FDCWD, "/..", O_PATH | O_CLOEXEC), *seal, 0))
		*seal = 0;
	return switch_root(rootfs);
}

/*
 * Nothing mounted here may reach the host. In a chroot, where "/" is no mount and cannot be told so,
 * the way leads over the real root of our mount namespace: from there what was the root becomes one.
 */
static void
make_private(void)
{
	int   old, ns;
	char *directory = textf("/");

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return;
	(void)syscall(SYS_getcwd, directory, PATH_MAX); /* unreachable: what is relative to it fails */
	old = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ns = sys_openat(AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (setns(ns, CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    sys_fchdir(old) < 0 || mount(".", "/", NULL, MS_BIND | MS_REC, NULL) < 0 ||
	    (switch_root("/") && umount2(".", MNT_DETACH) < 0) || chdir(directory) < 0)
		fail(TO_MOUNT, "/ as private"); /* the descriptors stay until execve */
}

/* Just the root's own mount: not what is mounted in it, and not less than it had. */
static void
guard_root(const struct config *cfg)
{
	struct statfs fs; /* the kernel's flags there are those of mount(2), as far as these go */
	unsigned long flags = MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | (cfg->read_only ? MS_RDONLY : 0), kept;
	bool	      good = statfs("/", &fs) == 0;

	kept = (unsigned long)fs.f_flags & (MS_NOEXEC | MS_RDONLY);
	kept |= fs.f_flags & ST_NOSYMFOLLOW ? MS_NOSYMFOLLOW : 0;
	if (!good || mount(NULL, "/", NULL, flags | kept, NULL) < 0)
		fail(TO_MOUNT, text_of(ROOT_FLAGS));
}

static roomy struct root inside __attribute__((aligned(1024))); /* what is always used of it, in one page */

void
root_enter(const struct config *cfg, bool userns)
{
	struct root  *r = &inside;
	unsigned long guard = MS_NODEV | (cfg->no_new_privs ? MS_NOSUID : 0), seal = guard | MS_RDONLY;

	r->volumes = r->own = 0;
	r->old = false;
	r->userns = userns;
	r->scratch = cfg->rootfs && !strcmp(cfg->rootfs, "scratch");
	(void)umask(0); /* cannot fail; the workload's own comes later */
	make_private(); /* first of all */
	open_sources(r, cfg->volume, volume_read);
	open_sources(r, cfg->device, device_read);
	open_sources(r, cfg->mount, mount_read);
	if (userns)
		devices_open(r->node);
	if (userns && r->scratch)
		userns_become(); /* it is the owner of what is mounted from here on */
	if (cfg->rootfs || cfg->read_only)
		r->old = enter(cfg->rootfs ? cfg->rootfs : "/", r->scratch, userns && !cfg->rootfs ? &seal : NULL);
	r->top = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->top < 0)
		fail(TO_OPEN, "/");
	if (r->scratch)
		note_ours(r, r->top);
	else if (cfg->rootfs)
		guard_root(cfg);
	else if (cfg->read_only && seal)
		remount_below(r->top, "/", seal, 0);
	else if (!cfg->read_only && !cfg->privileged)
		set_flags(r->top, "/", guard, 0);
	if (userns)
		userns_become();
	if (r->scratch)
		for (size_t i = 0; i < countof(table) && !table[i].in_dev; i++)
			if (mkdirat(r->top, table[i].target, 0755) < 0)
				fail(TO_MAKE, "/%s", table[i].target);
	mount_table(r, cfg);
}

void
root_furnish(const struct config *cfg)
{
	struct root *r = &inside;

	mount_all(r, cfg->tmpfs, tmpfs_read);
	mount_all(r, cfg->mount, mount_read);
	mount_all(r, cfg->volume, volume_read);
	mount_all(r, cfg->device, device_read);
	/* last: until now mount points were made in it */
	if (r->scratch)
		guard_root(cfg);
	if (chdir("/") < 0 || (r->old && umount2(".", MNT_DETACH) < 0))
		fail(TO_ENTER_ROOT, "%s", cfg->rootfs ? cfg->rootfs : "/");
}

void
root_seal(const struct config *cfg)
{
	if (!cfg->privileged && (sys_fchdir(inside.dev) < 0 ||
		mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC, NULL) < 0))
		fail(TO_MOUNT, text_of(CLOSED), "/dev");
}
