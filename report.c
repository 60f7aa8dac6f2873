/* SPDX-License-Identifier: ISC */
/*
 * report.c - what happened, as key=value lines or JSON
 *
 * One writer for both forms. A figure that this kernel does not offer is left out. A file is
 * written whole beside its place and renamed; a fifo, a device, a link or a descriptor is written to.
 */
#include "nook.h"

#include "kernel.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static const char reasons[][12] = {
	[EXITED] = "exited", [SIGNALED] = "signaled", [OOM] = "oom", [TIMED_OUT] = "timeout", [CPU_TIME] = "cpu-time", [OUTPUT] = "output",
	[STOPPED] = "stopped", [FAILED] = "failed",
};

const char *
report_reason(enum reason reason)
{
	return reasons[reason];
}

struct sheet {
	bool   json;
	size_t len;
	char   text[4096];
};

static void
add(struct sheet *s, const char *piece)
{
	size_t len = strlen(piece);

	if (copy(s->text + s->len, sizeof(s->text) - s->len, piece, len)) /* it is far below the size */
		s->len += len;
}

/* quote: a string, which in JSON wants quotes; names and words only, nothing in them to escape. */
static void
put_line(struct sheet *s, const char *key, const char *value, bool quote)
{
	const char *mark = s->json && quote ? "\"" : "";

	if (*value)
		add(s, textf(!s->json ? "%s=%s%s%s\n" : s->len > 1 ? ",\"%s\":%s%s%s" : "\"%s\":%s%s%s", key, mark, value,
			   mark));
}

static void
put_integer(struct sheet *s, const char *key, int64_t n)
{
	if (n != UNSET && n != UNLIMITED)
		put_line(s, key, textf("%lld", (long long)n), false);
}

static void
put_seconds(struct sheet *s, const char *key, int64_t usec)
{
	/* with a digit before, so that no zero is lost */
	if (usec != UNSET)
		put_line(s, key, textf("%lld.%s", (long long)(usec / 1000000),
		    textf("%d", (int)(1000000 + usec % 1000000)) + 1), false);
}

static int64_t
usec_of(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

static void
fill(struct sheet *s, const struct run *r)
{
	const struct result *e = &r->result;
	const struct usage  *u = &e->usage;
	int64_t		     user = usec_of(&e->rusage.ru_utime), system = usec_of(&e->rusage.ru_stime);
	bool		     counted = u->cpu_usec != UNSET; /* else what was waited for */

	if (s->json)
		add(s, "{");
	put_line(s, "name", r->cfg->name ? r->cfg->name : r->group.name, true);
	put_line(s, "reason", report_reason(e->reason), true);
	put_integer(s, "status", e->status);
	put_integer(s, "signal", e->signal ? e->signal : UNSET);
	put_integer(s, "core-dumped", e->core_dumped ? 1 : UNSET);
	if (r->started) {
		put_seconds(s, "wall-seconds", e->wall_msec * 1000);
		put_seconds(s, "cpu-seconds", counted ? u->cpu_usec : user + system);
		put_seconds(s, "cpu-user-seconds", counted ? u->cpu_user_usec : user);
		put_seconds(s, "cpu-system-seconds", counted ? u->cpu_system_usec : system);
		put_integer(s, "max-rss", e->rusage.ru_maxrss ? (int64_t)e->rusage.ru_maxrss * 1024 : UNSET);
	}
	put_integer(s, "memory-peak", u->memory_peak);
	put_integer(s, "memory-limit", limits_hierarchy(&r->group, C_MEMORY) ? r->cfg->memory : UNSET);
	put_integer(s, "oom-kills", u->oom_kills);
	put_integer(s, "pids-peak", u->pids_peak);
	put_seconds(s, "throttled-seconds", u->throttled_usec);
	put_integer(s, "io-read-bytes", u->io_read);
	put_integer(s, "io-write-bytes", u->io_write);
	put_integer(s, "output-bytes", r->logs.log[0].from >= 0 || r->logs.log[1].from >= 0 ? r->logs.bytes : UNSET);
	put_integer(s, "restarts", r->cfg->restart ? (int64_t)r->restarts : UNSET);
	put_line(s, "missing", settings_missing(), true);
	put_line(s, "cgroup", r->group.count ? r->group.at[0].path : "", true);
	if (s->json)
		add(s, "}\n");
}

/* "fd:N" as a number, else -1. */
static int
descriptor_of(const char *path)
{
	int64_t n;

	return starts_with(path, "fd:") && digits(path + 3, &n) ? (int)n : -1;
}

static bool
is_special(const char *path)
{
	struct stat st;

	return sys_lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

void
report_check(const struct config *cfg)
{
	const char *path = cfg->report ? init_port(cfg->report) : NULL;

	if (cfg->report && !path)
		refuse(NO_PORT, NAME_OF(report));
	if (!path)
		return;
	if (descriptor_of(path) >= 0) {
		int flags = sys_fcntl(descriptor_of(path), F_GETFL, 0);
		/* ours alone are close-on-exec */
		bool wrong = flags < 0 || (flags & O_ACCMODE) == O_RDONLY || sys_fcntl(descriptor_of(path), F_GETFD, 0);
		if (wrong && flags >= 0)
			errno = EBADF;
		if (wrong)
			fail(TO_USE, "%s for %s", path, NAME_OF(report));
		return;
	}
	report_check_place(path, NAME_OF(report));
}

void
report_check_place(const char *path, const char *setting)
{
	char *directory, *slash;

	if (is_special(path)) {
		errno = EISDIR;
		if (syscall(SYS_faccessat, AT_FDCWD, textf("%s/.", path), F_OK) == 0 || syscall(SYS_faccessat, AT_FDCWD, path, W_OK) < 0)
			fail(TO_OPEN, "%s for %s", path, setting);
		return;
	}
	directory = textf("%s", path);
	slash = strrchr(directory, '/');
	if (slash)
		slash[1] = '\0'; /* the slash stays: what it follows must be a directory */
	if (syscall(SYS_faccessat, AT_FDCWD, slash ? directory : ".", W_OK) < 0)
		fail(TO_OPEN, "%s for %s", path, setting);
}

static int
write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

int
report_replace(const char *path, const char *text, size_t len)
{
	bool	    special = is_special(path);
	const char *temporary = special ? path : textf("%s.new", path); /* of a nook that was killed: replaced */
	int	    fd, err;

	/* nonblocking: a fifo that nobody reads must not hold us */
	if (!special)
		(void)unlink(temporary);
	fd = sys_openat(AT_FDCWD, temporary, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (special ? O_APPEND : O_CREAT | O_EXCL), 0644);
	if (fd < 0)
		return -1;
	/* on the disk before it has its name: after a power cut there would be a name, and nothing in it */
	err = write_all(fd, text, len) < 0 || (!special && syscall(SYS_fdatasync, fd) < 0) ? errno : 0;
	close(fd);
	if (special ? !err : !err && rename(temporary, path) == 0)
		return 0;
	err = err ? err : errno;
	if (!special)
		(void)unlink(temporary);
	errno = err;
	return -1;
}

void
report_write(struct run *r)
{
	struct sheet s = { .json = r->cfg->report_json == 1 };
	const char  *path = r->cfg->report;
	int	     fd = path ? descriptor_of(path) : -1;

	if (!path)
		return;
	if (!r->started) { /* nothing has run: no figures */
		int64_t *figure = (int64_t *)&r->result.usage;
		for (size_t i = 0; i < sizeof(r->result.usage) / sizeof(*figure); i++)
			figure[i] = UNSET;
	}
	fill(&s, r);
	if (fd < 0)
		path = init_port(path); /* it was there at the start */
	if (fd >= 0 ? write_all(fd, s.text, s.len) : !path || report_replace(path, s.text, s.len))
		say(text_of(REPORT_LOST), NAME_OF(report), r->cfg->report, error_text(errno));
}
