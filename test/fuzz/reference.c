/* SPDX-License-Identifier: ISC */
/*
 * reference.c - what the manual says of each kind of value, read a second time and in another way
 *
 * Slow and plain, by the libc's functions where nook has its own. Each takes the text of an accepted value
 * and returns false for one that the manual does not allow, which nook then should not have accepted.
 */

/* A whole number without sign or leading zero, up to the end that *end then is. */
static bool
ref_digits(const char *text, const char **end, __int128 *out)
{
	size_t len = strspn(text, "0123456789");

	*out = 0;
	if (!len || len > 30 || (len > 1 && *text == '0'))
		return false;
	for (size_t i = 0; i < len; i++)
		*out = *out * 10 + (text[i] - '0');
	*end = text + len;
	return *out <= INT64_MAX;
}

static bool
ref_scaled(const char *text, const char *const *units, const int64_t *factors, size_t count, int64_t *out)
{
	const char *unit;
	__int128    n;

	if (!ref_digits(text, &unit, &n))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(unit, units[i])) {
			n *= factors[i];
			*out = (int64_t)n;
			return n <= INT64_MAX;
		}
	return false;
}

static bool
ref_size(const char *text, int64_t *out)
{
	static const char *const units[] = { "", "b", "B", "k", "K", "m", "M", "g", "G", "t", "T" };
	static const int64_t factors[] = { 1, 1, 1, 1024, 1024, 1048576, 1048576, 1073741824, 1073741824,
		1099511627776, 1099511627776 };

	*out = UNLIMITED;
	return !strcmp(text, "max") || ref_scaled(text, units, factors, countof(units), out);
}

static bool
ref_time(const char *text, int64_t *out)
{
	static const char *const units[] = { "", "ms", "s", "m", "h", "d" };
	static const int64_t factors[] = { 1000, 1, 1000, 60000, 3600000, 86400000 };

	return ref_scaled(text, units, factors, countof(units), out);
}

static bool
ref_number(const char *text, int64_t *out)
{
	const char *end;
	__int128    n;
	bool	    minus = *text == '-';

	if (!ref_digits(text + minus, &end, &n) || *end)
		return false;
	*out = (int64_t)(minus ? -n : n);
	return true;
}

static bool
ref_cpus(const char *text, int64_t *out)
{
	const char *end;
	__int128    n;
	char	    part[8] = "000000";

	if (!ref_digits(text, &end, &n) || (*end && *end != '.'))
		return false;
	if (*end) {
		size_t len = strlen(++end);
		if (!len || len > 6 || strspn(end, "0123456789") != len)
			return false;
		memcpy(part, end, len);
	}
	*out = (int64_t)(n * 1000000 + atoi(part));
	return true;
}

/* Which word of a list it is, -1: none. */
static int
ref_word(const char *list, char separator, const char *word)
{
	char	    all[2048], sep[2] = { separator, 0 }, *state = NULL;
	int	    i = 0;

	snprintf(all, sizeof(all), "%s", list);
	for (char *one = strtok_r(all, sep, &state); one; one = strtok_r(NULL, sep, &state), i++)
		if (!strcmp(one, word))
			return i;
	return -1;
}

static bool
ref_signal(const char *text, int64_t *out)
{
	if (ref_number(text, out))
		return *out >= 1 && *out <= 64;
	if (!strncmp(text, "SIG", 3))
		text += 3;
	for (*out = 1; *out < 32; ++*out)
		if (sigabbrev_np((int)*out) && !strcmp(sigabbrev_np((int)*out), *out == SIGIO && !strcmp(text, "IO") ? "POLL" : text))
			return true;
	return !strcmp(text, "IO") ? (*out = SIGIO, true) : false;
}

static bool
ref_octal(const char *text, int64_t *out)
{
	char *end;

	*out = strtol(text, &end, 8);
	return *text && strspn(text, "01234567") == strlen(text) && !*end && *out <= 0777;
}

static bool
ref_prefixed(const char *text, const char *prefix, int64_t min, int64_t max, int64_t *out)
{
	size_t len = strlen(prefix);

	return !strncmp(text, prefix, len) && ref_number(text + len, out) && text[len] != '-' && *out >= min && *out <= max;
}

/* What a text may look like that is kept as it is. */
static bool
ref_text(enum type type, const char *text)
{
#define NAME "[A-Za-z0-9_+][A-Za-z0-9_+.-]{0,63}"
#define ID "(0|[1-9][0-9]{0,8}|[1-3][0-9]{9}|4[01][0-9]{8}|42[0-8][0-9]{7}|429[0-4][0-9]{6}|[A-Za-z_][A-Za-z0-9_.-]{0,31})"
	static struct { enum type type; const char *pattern; bool ready; regex_t compiled; } all[] = {
		{ T_NAME, "^" NAME "$" }, { T_MISSING, "^[a-z-]+$" }, { T_HOSTNAME, "^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$" }, { T_PATH, "^/" },
		{ T_NETWORK, "^(none$|host$|/)" }, { T_SECCOMP, "^(default$|off$|.*/)" }, { T_USER, "^" ID "(:" ID ")?$" }, { T_GROUP, "^" ID "$" },
		{ T_EXIT, "^(isa-debug-exit(:0x[0-9a-f]{1,4})?$|virtio:" NAME "$|/)" }, { T_ENV, "^[^=]" }, { T_REPORT, "^(fd:(-?0|[1-9][0-9]{0,9})$|[^f]|f[^d]|f$|fd$|fd[^:])" },
		{ T_STREAM, "^(inherit|null|stdout|syslog|kmsg|(append:)?(virtio:.+|.*/.*))$" }, { T_PARENT, "^(/+[^/]{1,255})*/*$" },
	};

	if (strlen(text) >= PATH_MAX && type != T_ENV)
		return false;
	if (type == T_PARENT && (strlen(text) > 400 || strstr(text, "/../") || (strlen(text) > 2 && !strcmp(text + strlen(text) - 3, "/.."))))
		return false;
	for (size_t i = 0; i < countof(all); i++) {
		if (all[i].type != type)
			continue;
		if (!all[i].ready && regcomp(&all[i].compiled, all[i].pattern, REG_EXTENDED | REG_NOSUB))
			broken("cannot compile %s", all[i].pattern);
		all[i].ready = true;
		return !regexec(&all[i].compiled, text, 0, NULL, 0);
	}
	return true;
#undef NAME
#undef ID
}

static bool
ref_single(enum type type, const char *words, const char *text, int64_t *out)
{
	switch (type) {
	case T_SIZE: return ref_size(text, out);
	case T_COUNT: *out = UNLIMITED; return !strcmp(text, "max") || ref_number(text, out);
	case T_CPUS: return ref_cpus(text, out);
	case T_NUMBER: return ref_number(text, out);
	case T_TIME: return ref_time(text, out);
	case T_BOOL: *out = ref_word("yes,true,on", ',', text) >= 0; return *out || ref_word("no,false,off", ',', text) >= 0;
	case T_WORD: *out = ref_word(words, '|', text); return *out >= 0;
	case T_SIGNAL: return ref_signal(text, out);
	case T_OCTAL: return ref_octal(text, out);
	case T_RESTART:
		*out = !strcmp(text, "always") ? RESTART_ALWAYS : !strcmp(text, "no") ? 0 : INT32_MAX;
		return *out != INT32_MAX || !strcmp(text, "on-failure") || ref_prefixed(text, "on-failure:", 1, INT64_MAX, out);
	case T_NOTIFY:
		*out = !strcmp(text, "systemd") ? NOTIFY_SYSTEMD : 0;
		return *out || !strcmp(text, "no") || ref_prefixed(text, "fd:", 3, INT32_MAX, out);
	case T_CPUSET:
	case T_SCHEDULER:
	case T_COMMAND: return true; /* taken apart elsewhere */
	default: return ref_text(type, text);
	}
}

/* ---- lists, and what is more than a number -------------------------------------------------------- */

static bool
ref_cpuset(const char *text, struct cpuset *out)
{
	char *all = strdup(text), *rest = all, *part;
	bool  good = true;

	memset(out, 0, sizeof(*out));
	while (good && (part = strsep(&rest, ","))) {
		const char *end;
		__int128    first = 0, last = 0;
		good = ref_digits(part, &end, &first);
		last = first;
		if (good && *end == '-')
			good = ref_digits(end + 1, &end, &last);
		good = good && !*end && first <= last && last < CPUSET_MAX;
		for (__int128 i = first; good && i <= last; i++)
			out->bits[i / 64] |= UINT64_C(1) << (i % 64);
	}
	free(all);
	return good;
}

static bool
ref_scheduler(const char *text, struct scheduler *out)
{
	static const struct { const char *name; int policy; } all[] = { { "other", SCHED_OTHER }, { "batch", SCHED_BATCH },
		{ "idle", SCHED_IDLE }, { "fifo:", SCHED_FIFO }, { "rr:", SCHED_RR } };
	int64_t n = 0;

	for (size_t i = 0; i < countof(all); i++)
		if (i < 3 ? !strcmp(text, all[i].name) : ref_prefixed(text, all[i].name, 1, 99, &n)) {
			out->policy = all[i].policy;
			out->priority = (int)n;
			return true;
		}
	return false;
}

static bool
ref_rate(const char *text, struct rate *out)
{
	const char *colon = strrchr(text, ':');

	if (*text != '/' || !colon || colon - text >= PATH_MAX)
		return false;
	snprintf(out->device, sizeof(out->device), "%.*s", (int)(colon - text), text);
	return ref_size(colon + 1, &out->rate) && out->rate > 0;
}

static bool
ref_limit(const char *text, rlim_t *out)
{
	int64_t n;

	*out = RLIM_INFINITY;
	if (!strcmp(text, "unlimited"))
		return true;
	if (!ref_size(text, &n))
		return false;
	if (n != UNLIMITED)
		*out = (rlim_t)n;
	return true;
}

static bool
ref_ulimit(const char *text, struct ulimit *out)
{
	static const struct { const char *name; int resource; } all[] = { { "cpu", RLIMIT_CPU }, { "fsize", RLIMIT_FSIZE },
		{ "data", RLIMIT_DATA }, { "stack", RLIMIT_STACK }, { "core", RLIMIT_CORE }, { "rss", RLIMIT_RSS },
		{ "nproc", RLIMIT_NPROC }, { "nofile", RLIMIT_NOFILE }, { "memlock", RLIMIT_MEMLOCK }, { "as", RLIMIT_AS },
		{ "locks", RLIMIT_LOCKS }, { "sigpending", RLIMIT_SIGPENDING }, { "msgqueue", RLIMIT_MSGQUEUE },
		{ "nice", RLIMIT_NICE }, { "rtprio", RLIMIT_RTPRIO }, { "rttime", RLIMIT_RTTIME } };
	char name[16], soft[64], hard[64];
	int  end = 0, count = sscanf(text, "%15[a-z]=%63[^:]%n:%63[^:]%n", name, soft, &end, hard, &end);

	if (count < 2 || (size_t)end != strlen(text))
		return false;
	for (size_t i = 0; i < countof(all); i++)
		if (!strcmp(name, all[i].name)) {
			out->resource = all[i].resource;
			return ref_limit(soft, &out->limit.rlim_cur) && ref_limit(count > 2 ? hard : soft, &out->limit.rlim_max) &&
			    out->limit.rlim_cur <= out->limit.rlim_max;
		}
	return false;
}

/* An option that all mounts have. */
static bool
ref_flag(const char *word, struct mounting *out)
{
	static const struct { const char *name; unsigned long set, clear; } all[] = { { "ro", MS_RDONLY, 0 }, { "rw", 0, MS_RDONLY },
		{ "noexec", MS_NOEXEC, 0 }, { "exec", 0, MS_NOEXEC }, { "nodev", MS_NODEV, 0 }, { "dev", 0, MS_NODEV },
		{ "nosuid", MS_NOSUID, 0 }, { "suid", 0, MS_NOSUID } };

	if (!strcmp(word, "try"))
		return out->may_miss = true;
	for (size_t i = 0; i < countof(all); i++)
		if (!strcmp(word, all[i].name)) {
			out->flags |= all[i].set;
			out->flags &= ~all[i].clear;
			return true;
		}
	return false;
}

/* Inside, absolute, without .., and not the root itself. */
static bool
ref_place(const char *path)
{
	char *all = strdup(path), *rest = all, *part;
	bool  good = *path == '/' && strlen(path) < PATH_MAX, below = false;

	while ((part = strsep(&rest, "/"))) {
		good = good && strcmp(part, "..") && strlen(part) <= NAME_MAX;
		below = below || part[strspn(part, ".")]; /* nook takes names of dots alone for none */
	}
	free(all);
	return good && below;
}

static bool
ref_volume(const char *text, struct mounting *out, bool device)
{
	char *all = strdup(text), *rest = all, *source = strsep(&rest, ":"), *next = strsep(&rest, ":"), *word, *target = source;
	bool  good;

	out->flags = MS_BIND | MS_NOSUID | MS_NODEV | MS_REC;
	out->may_miss = false;
	*out->type = *out->data = '\0';
	if (next && *next == '/') {
		target = next;
		next = strsep(&rest, ":");
	}
	good = *source == '/' && !rest && strlen(source) < PATH_MAX && strlen(target) < PATH_MAX;
	while (good && next && (word = strsep(&next, ",")))
		good = ref_flag(word, out);
	if (device)
		out->flags &= ~(unsigned long)(MS_NODEV | MS_REC);
	if (good) {
		strcpy(out->source, source);
		strcpy(out->target, target);
		good = ref_place(target) && (!device || (!strncmp(target, "/dev/", 5) && ref_place(target + 4)));
	}
	free(all);
	return good;
}

static bool
ref_data(struct mounting *out, const char *word)
{
	size_t have = strlen(out->data);

	return snprintf(out->data + have, sizeof(out->data) - have, have ? ",%s" : "%s", word) < (int)(sizeof(out->data) - have);
}

static bool
ref_mount(const char *text, struct mounting *out)
{
	char *all = strdup(text), *opt = !strncmp(all, "opt=", 4) ? all : strstr(all, ",opt="), *rest, *word;
	bool  good = true;

	memset(out, 0, offsetof(struct mounting, source));
	*out->source = *out->target = '\0';
	out->flags = MS_NOSUID | MS_NODEV;
	if (opt) {
		rest = strchr(opt, '=') + 1;
		while (good && (word = strsep(&rest, ",")))
			good = ref_flag(word, out) || ref_data(out, word);
		*opt = '\0';
	}
	rest = all;
	while (good && (word = strsep(&rest, ","))) {
		char  *to = !strncmp(word, "type=", 5) ? out->type : !strncmp(word, "src=", 4) ? out->source : out->target;
		size_t room = to == out->type ? sizeof(out->type) : PATH_MAX;
		if (opt == all)
			break; /* nothing before it */
		good = !*to && (to != out->target || !strncmp(word, "dst=", 4));
		word = good ? strchr(word, '=') + 1 : word;
		good = good && *word && strlen(word) < room;
		if (good)
			strcpy(to, word);
	}
	free(all);
	return good && *out->type && *out->source && ref_place(out->target) &&
	    (strncmp(out->type, "cgroup", 6) || out->flags & MS_RDONLY);
}

static bool
ref_tmpfs(const char *text, struct mounting *out)
{
	char	*all = strdup(text), *rest = all, *target = strsep(&rest, ":"), *word;
	bool	 good = strlen(target) < PATH_MAX;
	int64_t	 n;

	memset(out, 0, offsetof(struct mounting, source));
	out->flags = MS_NOSUID | MS_NODEV;
	strcpy(out->type, "tmpfs");
	strcpy(out->source, "tmpfs");
	strcpy(out->data, "mode=1777");
	if (good)
		strcpy(out->target, target);
	while (good && rest && (word = strsep(&rest, ","))) {
		char *equals = strchr(word, '=');
		if (!equals) {
			good = ref_flag(word, out);
			continue;
		}
		good = ref_data(out, word);
		*equals++ = '\0';
		if (!strcmp(word, "mode"))
			good = good && strspn(equals, "01234567") == strlen(equals);
		else
			good = good && ref_word("size,nr_inodes,uid,gid", ',', word) >= 0 && ref_size(equals, &n) && n >= 0;
	}
	free(all);
	return good && ref_place(out->target);
}

/* Which of them, 64: all, -1: none. */
static int
ref_capability(const char *text)
{
#define C(name) [CAP_##name] = #name
	static const char *const names[] = { C(CHOWN), C(DAC_OVERRIDE), C(DAC_READ_SEARCH), C(FOWNER), C(FSETID), C(KILL), C(SETGID),
		C(SETUID), C(SETPCAP), C(LINUX_IMMUTABLE), C(NET_BIND_SERVICE), C(NET_BROADCAST), C(NET_ADMIN), C(NET_RAW), C(IPC_LOCK),
		C(IPC_OWNER), C(SYS_MODULE), C(SYS_RAWIO), C(SYS_CHROOT), C(SYS_PTRACE), C(SYS_PACCT), C(SYS_ADMIN), C(SYS_BOOT),
		C(SYS_NICE), C(SYS_RESOURCE), C(SYS_TIME), C(SYS_TTY_CONFIG), C(MKNOD), C(LEASE), C(AUDIT_WRITE), C(AUDIT_CONTROL),
		C(SETFCAP), C(MAC_OVERRIDE), C(MAC_ADMIN), C(SYSLOG), C(WAKE_ALARM), C(BLOCK_SUSPEND), C(AUDIT_READ), C(PERFMON), C(BPF),
		C(CHECKPOINT_RESTORE) };
#undef C
	if (!strcasecmp(text, "all"))
		return 64;
	if (!strncasecmp(text, "cap_", 4))
		text += 4;
	for (size_t i = 0; i < countof(names); i++)
		if (!strcasecmp(text, names[i]))
			return (int)i;
	return -1;
}

static bool
ref_sysctl(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
	static const char *const scopes[] = { "net.", "kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.", "kernel.domainname" };
	bool good = false;

	for (size_t i = 0; i < countof(scopes); i++)
		good = good || !strncmp(text, scopes[i], strlen(scopes[i]));
	return good && text[len] == '=' && text[len + 1] && !strstr(text, "..");
}
