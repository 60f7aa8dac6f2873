/* SPDX-License-Identifier: ISC */
/*
 * privs.c - rlimits, ids, capabilities, no_new_privs: the last steps before exec
 *
 * The order is the point: groups, then gid, then uid (each needs the rights that the next takes);
 * capabilities after the ids, since a change of ids moves them; no_new_privs after both. Then the
 * kernel is asked what it now holds of us, and a difference is an error. Nothing is opened between
 * closing the descriptors and execve.
 */
#include "nook.h"

#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "kernel.h"

enum { GROUPS_MAX = 64, CAPABILITY_LAST = 63 };

struct capabilities {
	uint64_t effective, permitted, inheritable;
};
static const char capabilities[] = "the capabilities";

/* Who the workload is: resolved once, by the root's own files. */
static struct identity {
	uid_t	 uid;
	gid_t	 gid, groups[GROUPS_MAX];
	size_t	 count;
	uint64_t caps;
	bool	 was_root, mapped; /* mapped: in a user namespace of its own */
	int	 descriptors; /* /proc/self/fd, opened while a limit or rights cannot hinder it */
	const char *root; /* what is before the names of the files */
	char	 home[5 + PATH_MAX]; /* as the variable HOME */
} me roomy;

/* What is not dumpable, as the inner init whose memory this may be, has files that are the first user
 * namespace's root's. Nothing runs inside yet that could look. */
static int
write_as_owner(const char *file, const char *text)
{
	int done, err;

	(void)sys_prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* cannot fail with this argument */
	done = file_write(AT_FDCWD, file, text);
	err = errno;
	if (sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		fail(TO_SET, text_of(NO_DUMP));
	errno = err;
	return done;
}

/* No core, no way to real time or a better nice value, unless by name. */
static void
set_ulimits(const struct config *cfg)
{
	static const struct { uint8_t resource, most; } closed[] = {
		{ RLIMIT_CORE, 1 }, /* 0 would not hold back the program that core_pattern may name; 1 does, core(5) */
		{ RLIMIT_RTPRIO, 0 },
		{ RLIMIT_NICE, 0 },
	};
	struct ulimit	     u;
	uint32_t	     named = 0;

	for (const struct item *i = cfg->ulimit; i; i = i->next) {
		(void)ulimit_read(i->text, &u); /* checked when it was read */
		named |= 1u << u.resource;
		if (syscall(SYS_prlimit64, 0, u.resource, &u.limit, NULL) < 0)
			fail(TO_SET, "%s %s", NAME_OF(ulimit), i->text);
	}
	for (size_t i = 0; i < countof(closed); i++) {
		const rlim_t most = closed[i].most;
		if (named & 1u << closed[i].resource)
			continue;
		u.limit.rlim_cur = u.limit.rlim_max = most;
		if (syscall(SYS_prlimit64, 0, closed[i].resource, &u.limit, NULL) < 0 &&
		    (syscall(SYS_prlimit64, 0, closed[i].resource, NULL, &u.limit) < 0 || u.limit.rlim_max >= most)) /* else it has less */
			fail(TO_SET, text_of(RLIMITS));
	}
}

void
privs_set_limits(const struct config *cfg)
{
	static const char score_file[] = "/proc/self/oom_score_adj";
	struct scheduler s;

	if (cfg->oom_score_adj != UNSET) {
		const char *score = textf("%lld", (long long)cfg->oom_score_adj);
		if (file_write(AT_FDCWD, score_file, score) < 0 && (errno != EACCES || write_as_owner(score_file, score) < 0))
			fail(TO_SET, "%s to %s", NAME_OF(oom_score_adj), score);
	}
	if (cfg->nice != UNSET && setpriority(PRIO_PROCESS, 0, (int)cfg->nice) < 0)
		fail(TO_SET, "%s to %lld", NAME_OF(nice), (long long)cfg->nice);
	if (cfg->scheduler) {
		(void)scheduler_read(cfg->scheduler, &s); /* checked when it was read */
		/* the libc's own call is a stub that always fails */
		if (syscall(SYS_sched_setscheduler, 0, s.policy, &s.priority) < 0)
			fail(TO_SCHEDULE, "%s to %s", NAME_OF(scheduler), cfg->scheduler);
	}
	set_ulimits(cfg); /* last: they may close what the others want */
}

/*
 * A file of the root, which may be hostile: links in it stay inside, but those of /proc lead anywhere, over our
 * descriptors for one, and its files are not the root's. 5.6; where that is missing, no link is followed at all.
 */
static char *
read_own(const char *directory, const char *name)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_LARGEFILE, .resolve = RESOLVE_NO_MAGICLINKS };
	struct statfs	fs;
	int		at, fd;
	char	       *text;

	fd = (int)syscall(SYS_openat2, AT_FDCWD, textf("%s/%s", directory, name), &how, sizeof(how));
	if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
		at = sys_openat(AT_FDCWD, directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		fd = at < 0 ? -1 : sys_openat(at, name, (int)how.flags | O_NOFOLLOW);
		close(at);
	}
	if (fd < 0)
		return NULL;
	errno = ENOENT;
	text = fstatfs(fd, &fs) < 0 || fs.f_type == PROC_SUPER_MAGIC ? NULL : file_read(AT_FDCWD, textf("/proc/self/fd/%d", fd));
	close(fd);
	return text;
}

/* The fields of the line of /etc/passwd or /etc/group whose name, or number, is `key`; there until a file is read. */
static bool
lookup(const char *name, const char *key, char **field, int fields)
{
	char	   *rest = read_own(textf("%s/etc", me.root), name), *at;
	int64_t	    number, id;
	const char *end = digits(key, &number);
	bool	    by_number = end && !*end;

	if (!rest && (errno == ENOENT || errno == ENOTDIR))
		return false;
	if (!rest)
		fail(TO_READ, "/etc/%s inside the root", name);
	while ((at = next_word(&rest, "\n"))) {
		int n;
		for (n = 0; n < fields && at; n++)
			field[n] = next_word(&at, ":");
		if (n < fields)
			continue;
		if (by_number ? (end = digits(field[2], &id)) && !*end && id == number : !strcmp(field[0], key))
			return true;
	}
	return false;
}

static uint32_t
id_of(const char *text, const char *what, const char *key)
{
	int64_t	    id;
	const char *end = digits(text, &id);

	if (!end || *end || id >= UINT32_MAX)
		refuse(BAD_ID, what, key);
	return (uint32_t)id;
}

static gid_t
find_group(const char *key)
{
	char *field[3];

	if (*key >= '0' && *key <= '9')
		return id_of(key, "group", key);
	if (!lookup("group", key, field, 3))
		refuse(NOT_LISTED, "group", key, "group");
	return id_of(field[2], "group", key);
}

static void
find_user(const char *user)
{
	char	    key[64], *field[6];
	const char *colon = find_char(user, ':');
	bool	    number = *user >= '0' && *user <= '9';

	(void)copy(key, sizeof(key), user, colon ? (size_t)(colon - user) : strlen(user)); /* checked: fits */
	if (lookup("passwd", key, field, 6)) {
		me.uid = id_of(field[2], "user", key);
		me.gid = id_of(field[3], "user", key);
		if (*field[5])
			(void)copy(me.home + 5, sizeof(me.home) - 5, field[5], strlen(field[5])); /* else it has none */
	} else if (number) {
		me.uid = me.gid = id_of(key, "user", key);
	} else {
		refuse(NOT_LISTED, "user", key, "passwd");
	}
	if (colon)
		me.gid = find_group(colon + 1);
}

uint64_t
privs_asked(const struct config *cfg)
{
	uint64_t set = 0;

	for (const struct item *i = cfg->cap_add; i; i = i->next) {
		int n = capability_number(i->text);
		set |= n < 0 ? ~(uint64_t)0 : (uint64_t)1 << n;
	}
	for (const struct item *i = cfg->cap_drop; i; i = i->next) {
		int n = capability_number(i->text);
		set &= n < 0 ? 0 : ~((uint64_t)1 << n);
	}
	return set;
}

static void
identify(const struct config *cfg, const char *root)
{
	me.root = root;
	me.uid = me.mapped ? 0 : (uid_t)auxiliary(AT_UID); /* nothing has changed them since nook was started */
	me.gid = me.mapped ? 0 : (gid_t)auxiliary(AT_GID);
	set_text(me.home, "HOME=/");
	if (cfg->user)
		find_user(cfg->user);
	else if (cfg->rootfs && me.uid == 0)
		find_user("0");
}

void
privs_identify(const struct config *cfg, const char *root, uid_t *uid, gid_t *gid)
{
	me.mapped = true;
	identify(cfg, root);
	*uid = me.uid;
	*gid = me.gid;
}

uid_t
privs_find(const struct config *cfg, bool userns)
{
	me.mapped = userns;
	identify(cfg, "");
	me.count = 0;
	for (const struct item *i = cfg->group_add; i; i = i->next) {
		if (me.count == countof(me.groups))
			refuse(TOO_MANY, (unsigned)countof(me.groups), "groups");
		me.groups[me.count++] = find_group(i->text);
	}
	me.caps = privs_asked(cfg);
	me.descriptors = syscall(SYS_close_range, ~0u, ~0u, CLOSE_RANGE_CLOEXEC) == 0 ? -1 /* not needed */
		: sys_openat(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* root's alone */
	return me.uid;
}

/* The bounding set goes one by one until the kernel knows no more; privs_verify sees that it went. */
static void
drop_bounding(void)
{
	for (unsigned c = 0; c <= CAPABILITY_LAST; c++) {
		if (me.caps & (uint64_t)1 << c)
			continue;
		if (sys_prctl(PR_CAPBSET_DROP, c, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL)
			break;
		if (errno != EPERM)
			fail(TO_SET, text_of(BOUNDING), c);
	}
}

static int
set_capabilities(uint64_t set, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	data[2];

	for (size_t i = 0; i < 2; i++) {
		data[i].effective = data[i].permitted = (uint32_t)(set >> (32 * i));
		data[i].inheritable = (uint32_t)(inheritable >> (32 * i));
	}
	return (int)syscall(SYS_capset, &head, data);
}

static void
get_capabilities(struct capabilities *to)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	data[2] = { 0 };

	if (syscall(SYS_capget, &head, data) < 0)
		fail(TO_READ, capabilities);
	to->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	to->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	to->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
}

static void
keep_capabilities(const struct config *cfg)
{
	struct capabilities has = { 0 }; /* what this kernel has of all 64: cap-add = all asks for no more */

	if (me.caps)
		get_capabilities(&has);
	for (const struct item *i = cfg->cap_add; i; i = i->next) {
		int n = capability_number(i->text);
		if (n >= 0 && me.caps & (uint64_t)1 << n && !(has.permitted & (uint64_t)1 << n))
			refuse(NO_CAPABILITY, i->text);
	}
	me.caps &= has.permitted;
	/* a change of uid from 0 would clear them */
	if (me.caps && me.uid && sys_prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		fail(TO_SET, text_of(KEPT_CAPS));
}

void
privs_drop(const struct config *cfg, enum filter filter)
{
	me.was_root = auxiliary(AT_EUID) == 0;
	keep_capabilities(cfg);
	if (filter == THE_DEFAULT && !cfg->no_new_privs) /* that needs a right; nothing below is refused by it */
		seccomp_load(me.caps);
	drop_bounding();
	if ((me.was_root || me.count) && syscall(NR_setgroups, me.count, me.groups) < 0)
		fail(TO_BECOME, text_of(GROUPS));
	if (syscall(NR_setresgid, me.gid, me.gid, me.gid) < 0)
		fail(TO_BECOME, text_of(GROUP_TO), me.gid);
	if (syscall(NR_setresuid, me.uid, me.uid, me.uid) < 0)
		fail(TO_BECOME, text_of(USER_TO), me.uid);
	if (set_capabilities(me.caps, me.uid ? me.caps : 0) < 0)
		fail(TO_SET, capabilities);
	for (unsigned c = 0; me.uid && c <= CAPABILITY_LAST; c++)
		if (me.caps & (uint64_t)1 << c && sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, c, 0, 0) < 0)
			fail(TO_SET, text_of(AMBIENT), c);
	if (cfg->no_new_privs && sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail(TO_SET, "%s", NAME_OF(no_new_privs));
	if (filter == THE_DEFAULT && cfg->no_new_privs)
		seccomp_load(me.caps);
	/* the change of ids has cleared it */
	if (sys_prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		fail(TO_SET, text_of(DEATH_SIGNAL));
}

void
privs_drop_init(void)
{
	/* one right, if it has it: to signal a workload that is another user */
	if (set_capabilities((uint64_t)1 << CAP_KILL, 0) < 0 && set_capabilities(0, 0) < 0)
		fail(TO_SET, text_of(INIT_CAPS));
}

static void
expect(uint64_t got, uint64_t want, const char *what)
{
	if (got != want)
		refuse(NOT_DONE, what);
}

static void
expect_each(const uint32_t id[3], uint32_t want, const char *what)
{
	for (int i = 0; i < 3; i++) /* real, effective, saved */
		expect(id[i], want, what);
}

/* What the caller ignored must not stay so. */
static void
ignore_none(void)
{
	for (int sig = 1; sig < _NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && signal_default(sig) < 0)
			fail(TO_SET, text_of(NOT_IGNORED), sig);
}

/* By calls, a hundred of them: to read /proc/self/status takes four times as long. */
void
privs_verify(const struct config *cfg, enum filter filter)
{
	struct capabilities has;
	uint64_t	    bounding = 0, ambient = 0, raised = me.uid ? me.caps : 0;
	uint32_t	    id[3];
	int		    n;

	ignore_none();
	if (getresuid(&id[0], &id[1], &id[2]) < 0)
		fail(TO_READ, "the user");
	expect_each(id, me.uid, "the user");
	if (getresgid(&id[0], &id[1], &id[2]) < 0)
		fail(TO_READ, "the group");
	expect_each(id, me.gid, "the group");
	if (me.was_root || me.count) /* an ordinary user cannot leave its own */
		expect((uint64_t)getgroups(0, NULL), me.count, "the groups");
	get_capabilities(&has);
	for (unsigned c = 0; c <= CAPABILITY_LAST; c++) {
		n = sys_prctl(PR_CAPBSET_READ, c, 0, 0, 0);
		if (n < 0 && errno == EINVAL)
			break; /* the kernel knows no more */
		bounding |= (uint64_t)(n != 0) << c; /* not to be seen is not gone */
		if (raised >> c & 1)		     /* none is ambient that is not inheritable */
			ambient |= (uint64_t)(sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, c, 0, 0) == 1) << c;
	}
	if (!me.was_root && !me.mapped) /* an ordinary user has no right to drop them, and no way to gain them */
		bounding = me.caps;
	if (has.permitted != me.caps || has.effective != me.caps || has.inheritable != raised || bounding != me.caps || ambient != raised)
		refuse(NOT_DONE, capabilities);
	expect(umask((mode_t)cfg->umask), (uint64_t)cfg->umask, NAME_OF(umask));
	expect((uint64_t)sys_prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), (uint64_t)cfg->no_new_privs, NAME_OF(no_new_privs));
	if (filter == THE_DEFAULT) /* a policy comes last */
		expect((uint64_t)sys_prctl(PR_GET_SECCOMP, 0, 0, 0, 0), SECCOMP_MODE_FILTER, NAME_OF(seccomp));
}

/* ---- the environment and the command -------------------------------------------------------- */

static roomy char *environment[WORDS_MAX];

static void
put_env(char *text)
{
	size_t len = span_until(text, "=") + 1, i = 0;

	while (environment[i] && strncmp(environment[i], text, len))
		i++;
	if (i + 1 == countof(environment))
		refuse(TOO_MANY, (unsigned)countof(environment), "variables");
	if (!environment[i])
		environment[i + 1] = NULL;
	environment[i] = text;
}

/* The caller's variable, as it stands there. */
static char *
callers(const char *name)
{
	const char *value = variable(name);

	return value ? (char *)(uintptr_t)value - strlen(name) - 1 : NULL;
}

static void
make_environment(const struct config *cfg)
{
	static const char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static const char notify_socket[] = "NOTIFY_SOCKET=" NOTIFY_PATH;
	char	   *value;

	environment[0] = NULL; /* what stands there is of the run before */
	put_env((char *)(uintptr_t)path);
	put_env(!cfg->rootfs && !cfg->user && (value = callers("HOME")) ? value : me.home);
	if ((value = callers("TERM")))
		put_env(value);
	if (cfg->notify == NOTIFY_SYSTEMD)
		put_env((char *)(uintptr_t)notify_socket);
	for (const struct item *i = cfg->env; i; i = i->next) {
		value = find_char(i->text, '=') ? (char *)(uintptr_t)i->text : callers(i->text);
		if (value)
			put_env(value);
	}
}

/* After #!, or the loader that an ELF file names in its first page. */
static const char *
interpreter_of(const char *path)
{
	static roomy char head[4096];
	int	    fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	ssize_t	    n = read(fd, head, sizeof(head) - 1);

	for (char *at = head; at < head + n; at++)
		if (*at == '/' && (starts_with(head, "#!") || starts_with(at, "/lib")))
			return next_word(&at, " \t\n");
	return "or loader";
}

static noreturn void
cannot_run(const char *path, int err)
{
	struct stat st;

	errno = 0;
	if (err == ENOENT && sys_stat(path, &st) == 0)
		fail(TO_FIND, text_of(INTERPRETER), path, interpreter_of(path));
	if (err == EACCES && sys_stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		err = EISDIR;
	errno = err;
	fail(err == ENOENT || err == ENOTDIR ? TO_FIND : TO_RUN, "%s", path);
}

/* A policy comes into force at the last moment; not for what cannot be executed, which is still to be told. */
static void
execute(const struct config *cfg, const char *path, enum filter filter, int channel)
{
	bool load = filter > THE_DEFAULT && syscall(SYS_faccessat, AT_FDCWD, path, X_OK) == 0;

	if (load)
		seccomp_load_policy(filter, channel);
	(void)syscall(SYS_execve, path, cfg->argv, environment, 0, seccomp_key(0), seccomp_key(1));
	if (load)
		cannot_run(path, errno);
}

void
privs_exec(const struct config *cfg, const char *directory, enum filter filter, int channel)
{
	static roomy char copied[PATH_MAX]; /* of PATH, taken apart; one that is longer finds nothing */
	const char *command = cfg->argv[0], *list = environment[0] + 5;
	char	   *dir, *path = textf("/"), *rest = copied;
	int	    err = 0, saved;

	if (chdir(directory) < 0)
		fail(TO_CHDIR, "%s", directory);
	/* "(unreachable)...": a directory outside the root */
	if (syscall(SYS_getcwd, path, PATH_MAX) < 0 || *path != '/')
		refuse(OUTSIDE, directory);
	/* only marked, so that the channel still tells of a failing execve */
	if (!close_from(3 + (unsigned)cfg->preserve_fds, true, me.descriptors))
		fail(TO_READ, "/proc/self/fd");
	if (cfg->notify > NOTIFY_SYSTEMD)
		(void)sys_fcntl((int)cfg->notify, F_SETFD, 0); /* it was made there: open */
	if (!*command || find_char(command, '/')) {
		execute(cfg, command, filter, channel);
		cannot_run(command, errno);
	}
	for (char **e = environment; *e; e++)
		if (starts_with(*e, "PATH="))
			list = *e + 5;
	(void)copy(copied, sizeof(copied), list, strlen(list));
	while ((dir = next_word(&rest, ":"))) {
		if (!*dir)
			continue; /* the current directory is never meant */
		path = textf("%s/%s", dir, command);
		execute(cfg, path, filter, channel);
		saved = errno;
		if (saved == EACCES)
			err = EACCES;
		else if (syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0)
			cannot_run(path, saved);
	}
	errno = err;
	if (err)
		fail(TO_RUN, "%s", command);
	fail(TO_FIND, text_of(NOT_IN_PATH), command, list);
}

void
privs_prepare(const struct config *cfg)
{
	make_environment(cfg);
	(void)umask((mode_t)cfg->umask); /* cannot fail; privs_verify sees to it */
}
