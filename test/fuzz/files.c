/* SPDX-License-Identifier: ISC */
/*
 * files.c - targets mountinfo and cgroup: what the kernel writes and nook reads
 */

/* What world.find answers with: all files alike, or the one of that name. */
static const char *input, *second;
static size_t	   input_size, second_size;
static const char *input_name, *second_name; /* NULL: any */

static const char *
input_find(int dir, const char *path, size_t *size)
{
	(void)dir;
	if (second_name && !strcmp(path, second_name)) {
		*size = second_size;
		return second;
	}
	if (input_name && strcmp(path, input_name))
		return NULL;
	*size = input_size;
	return input;
}

static void
set_input(const char *bytes, size_t size, const char *name)
{
	input = bytes;
	input_size = size;
	input_name = name;
	second_name = NULL;
	world.find = input_find;
	world.written = NULL;
	world.piece = 0;
}

/* ---- mountinfo ------------------------------------------------------------------------------------ */

static struct mounted {
	int64_t	    id, parent;
	const char *root, *point, *options, *type, *super;
} mounted[1024];
static char   mounted_text[1 << 17];
static size_t opened_count;
static char   opened[64][4096];

/* False for what the kernel does not write: a backslash is always the first of four. */
static bool
ref_octal_decoded(char *text)
{
	char *to = text;

	for (; *text; to++) {
		unsigned c = (uint8_t)*text;
		if (c != '\\')
			text++;
		else if (text[1] >= '0' && text[1] <= '3' && text[2] >= '0' && text[2] <= '7' && text[3] >= '0' && text[3] <= '7') {
			c = (unsigned)(text[1] - '0') << 6 | (unsigned)(text[2] - '0') << 3 | (unsigned)(text[3] - '0');
			text += 4;
		} else
			return false;
		if (!c)
			return false;
		*to = (char)c;
	}
	*to = '\0';
	return true;
}

/* A line as proc_pid_mountinfo(5) has it. */
static bool
ref_mounted(char *line, struct mounted *out)
{
	char	   *field[6], *word;
	const char *end;
	__int128    n;

	for (size_t i = 0; i < countof(field); i++)
		if (!(field[i] = strsep(&line, " ")) || !*field[i] || !strcmp(field[i], "-"))
			return false;
	while ((word = strsep(&line, " ")) && strcmp(word, "-"))
		if (!*word)
			return false;
	if (!word || !line || !ref_digits(field[0], &end, &n) || *end)
		return false;
	out->id = (int64_t)n;
	if (!ref_digits(field[1], &end, &n) || *end)
		return false;
	out->parent = (int64_t)n;
	out->root = field[3];
	out->point = field[4];
	out->options = field[5];
	out->type = strsep(&line, " ");
	word = strsep(&line, " ");
	out->super = line;
	return *out->type && word && line && ref_octal_decoded(field[3]) && ref_octal_decoded(field[4]);
}

/* How many mounts; -1: there is a line that the kernel does not write. */
static int
ref_mountinfo(const char *bytes, size_t size)
{
	char *rest = mounted_text, *line;
	int   count = 0;

	if (memchr(bytes, 0, size) || size >= sizeof(mounted_text) || (size && bytes[size - 1] != '\n'))
		return -1;
	memcpy(mounted_text, bytes, size);
	mounted_text[size ? size - 1 : 0] = '\0';
	while (size && (line = strsep(&rest, "\n"))) {
		if (strlen(line) >= 8192 || count == countof(mounted) || !ref_mounted(line, &mounted[count]))
			return -1;
		count++;
	}
	return count;
}

static const char *
mountinfo_find(int dir, const char *path, size_t *size)
{
	if (!strcmp(path, "/proc/self/mountinfo"))
		return input_find(dir, path, size);
	*size = 0;
	if (opened_count < countof(opened))
		snprintf(opened[opened_count++], sizeof(opened[0]), "%s", path);
	return strlen(path) % 3 ? "" : NULL; /* some are hidden */
}

static void
check_found(int count)
{
	char	    own[256] = "outer/inner/run";
	const char *whole = "outer/inner/run";

	opened_count = 0;
	world.find = mountinfo_find;
	if (!WORLD_RUN((void)find_mountinfo(C_MEMORY, false, own)))
		return;
	if (strlen(own) > strlen(whole) || strcmp(whole + strlen(whole) - strlen(own), own))
		broken("the caller's own group becomes %s", own);
	for (size_t i = 0; i < opened_count; i++) {
		int at = 0;
		while (at < count && (strcmp(mounted[at].point, opened[i]) || strcmp(mounted[at].type, "cgroup") || !strstr(mounted[at].super, "memory")))
			at++;
		if (at == count)
			broken("opens %s, which no line names", opened[i]);
	}
}

static void
mountinfo_target(const char *bytes, size_t size)
{
	static struct mountinfo m;
	int count = ref_mountinfo(bytes, size), got = 0;

	set_input(bytes, size, "/proc/self/mountinfo");
	world.piece = size % 4 ? 0 : 1 + size % 61;
	if (!WORLD_RUN((void)mountinfo_open(&m)))
		broken("cannot be opened");
	while (WORLD_RUN(m.id = mountinfo_next(&m) ? m.id : -1) && m.id >= 0) {
		const struct mounted *want = &mounted[got++];
		if (strlen(m.root) + strlen(m.point) + strlen(m.options) + strlen(m.type) + strlen(m.super) > sizeof(m.buf) + 8)
			broken("more than the line holds");
		if (count < 0)
			continue;
		if (got > count || m.id != want->id || m.parent != want->parent || strcmp(m.root, want->root) || strcmp(m.point, want->point) ||
		    strcmp(m.options, want->options) || strcmp(m.type, want->type) || strcmp(m.super, want->super))
			broken("mount %d is %lld %lld %s %s %s %s %s", got, (long long)m.id, (long long)m.parent, m.root, m.point, m.options, m.type, m.super);
	}
	if (count >= 0) {
		if (got != count || world.status >= 0)
			broken("%d mounts, not %d", got, count);
		accepted++;
		check_found(count);
	}
}

/* ---- files of a group ----------------------------------------------------------------------------- */

/* The leading digits, as nook takes numbers: without a leading zero, and small enough. */
static bool
ref_leading(const char *text, int64_t *out)
{
	size_t len = strspn(text, "0123456789");
	char   number[32];

	if (!len || len > 30)
		return false;
	snprintf(number, sizeof(number), "%.*s", (int)len, text);
	const char *end;
	__int128    n;
	if (!ref_digits(number, &end, &n))
		return false;
	*out = (int64_t)n;
	return true;
}

/* "KEY N" or "KEY=N" in words, or the number that the file begins with. */
static int64_t
ref_sum(const char *text, const char *key)
{
	__int128 sum = 0;
	int64_t	 n;
	bool	 any = false;
	size_t	 len = strlen(key);

	if (!len)
		return ref_leading(text, &n) ? n : UNSET;
	for (const char *word = text; word; word = strpbrk(word, " \n"), word = word ? word + 1 : NULL)
		if (!strncmp(word, key, len) && ref_leading(word + len, &n)) {
			sum += n;
			any = true;
		}
	return any ? (int64_t)sum : UNSET;
}

static void
check_figures(const char *text, bool v2)
{
	static const struct { const char *file[2], *key[2]; size_t into; int divide; } all[] = {
		{ { "memory.max_usage_in_bytes", "memory.peak" }, { "", "" }, offsetof(struct usage, memory_peak), 1 },
		{ { "memory.oom_control", "memory.events" }, { "oom_kill ", "oom_kill " }, offsetof(struct usage, oom_kills), 1 },
		{ { NULL, "memory.events.local" }, { NULL, "oom " }, offsetof(struct usage, oom_own), 1 },
		{ { "cpuacct.usage", "cpu.stat" }, { "", "usage_usec " }, offsetof(struct usage, cpu_usec), 1000 },
		{ { "cpu.stat", "cpu.stat" }, { "throttled_time ", "throttled_usec " }, offsetof(struct usage, throttled_usec), 1000 },
		{ { "pids.current", "pids.current" }, { "", "" }, offsetof(struct usage, pids_now), 1 },
		{ { "blkio.throttle.io_service_bytes", "io.stat" }, { "Read ", "rbytes=" }, offsetof(struct usage, io_read), 1 },
		{ { "blkio.throttle.io_service_bytes", "io.stat" }, { "Write ", "wbytes=" }, offsetof(struct usage, io_write), 1 },
	};
	struct cgroup g = { .count = 1, .at = { { .v2 = v2, .controllers = ~0u, .root = GROUP_DIR, .dir = GROUP_DIR } } };
	struct usage  u;

	if (!WORLD_RUN(limits_usage(&g, &u)))
		broken("figures end it");
	for (size_t i = 0; i < countof(all); i++) {
		int64_t want = all[i].key[v2] ? ref_sum(text, all[i].key[v2]) : UNSET, got = *(int64_t *)((char *)&u + all[i].into);
		if (want != UNSET && !v2)
			want /= all[i].divide;
		if (got != want)
			broken("%s: %s%lld, not %lld", all[i].file[v2], all[i].key[v2], (long long)got, (long long)want);
	}
}

static void
check_limit_files(const char *text, bool v2)
{
	struct cgroup g = { .count = 1, .at = { { .v2 = v2, .controllers = 1u << C_MEMORY, .root = GROUP_DIR, .dir = GROUP_DIR } } };
	int64_t n = UNSET, got;
	bool	none = !ref_leading(text, &n) || n >= INT64_MAX - 65536, holds;

	if (!WORLD_RUN(got = limits_now(&g, offsetof(struct config, memory)), holds = limits_hold(&g.at[0], "a")))
		broken("limits end it");
	if (got != (none ? UNSET : n))
		broken("memory limit %lld, not %lld", (long long)got, (long long)n);
	/* too long for a limit that counts is what v1 shows for none */
	if (holds != (*text >= '1' && *text <= '9' && strlen(text) < 19))
		broken("a limit %s", holds ? "comes from nowhere" : "is not seen");
}

static bool
ref_line_has(const char *text, char separator, const char *word)
{
	char line[4096];

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
	return ref_word(line, separator, word) >= 0;
}

/* /proc/self/cgroup: N:CONTROLLERS:/PATH, of v2 0::/PATH. */
static void
check_own_group(const char *bytes, bool v2)
{
	static char copied[8192];
	char	    own[256] = "", want[256] = "", *rest = copied, *line, *controllers, *path;
	uint32_t    found = 0;
	bool	    well = strlen(bytes) < 4096, here = false;

	snprintf(copied, sizeof(copied), "%s", bytes);
	while ((line = strsep(&rest, "\n"))) {
		if (!*line) {
			well = well && !rest; /* behind the last */
			continue;
		}
		char *number = strsep(&line, ":");
		controllers = strsep(&line, ":");
		path = line;
		well = well && controllers && path && *path == '/' && strlen(path) < sizeof(want) && strspn(number, "0123456789") == strlen(number) && *number &&
		    (*number != '0' || !strcmp(number, "0")) && (!strcmp(number, "0") == !*controllers);
		if (!well || here || (v2 ? *number != '0' : ref_word(controllers, ',', "memory") < 0))
			continue;
		here = true;
		strcpy(want, path + 1);
	}
	own_known = false;
	if (!WORLD_RUN(found = own_group(C_MEMORY, v2, own, sizeof(own)))) {
		if (well)
			broken("the caller's own group ends it");
		return;
	}
	if (well && (strcmp(own, want) || (found != 0) != here))
		broken("the caller's own group is %s, not %s", own, want);
	accepted += well && here;
}

static void
check_procs(const char *bytes, size_t size)
{
	const struct hierarchy h = { .dir = GROUP_DIR };
	bool	 well = size < 8191 && !memchr(bytes, 0, size), any = false;
	size_t	 at = 0, n = 0;
	int64_t	 pid;

	killed_count = 0;
	if (!WORLD_RUN(any = kill_listed(&h)))
		broken("the list of processes ends it");
	for (; well && at < size; at += strcspn(bytes + at, "\n") + 1) {
		well = ref_leading(bytes + at, &pid) && pid <= INT32_MAX && bytes[at + strspn(bytes + at, "0123456789")] == '\n';
		if (well && pid) {
			if (n >= killed_count || killed[n] != pid)
				broken("%lld is not killed", (long long)pid);
			n++;
		}
	}
	if (well && (n != killed_count || any != (size > 0)))
		broken("%zu are killed, not %zu", killed_count, n);
}

static void
cgroup_target(const char *bytes, size_t size)
{
	static struct cpuset got, want;
	char   line[8192];
	bool   v2 = size & 1;
	struct cgroup g = { .count = 1, .oom_poll = POLLPRI, .at = { { .v2 = true, .controllers = ~0u, .root = GROUP_DIR, .dir = GROUP_DIR } } };
	bool   oom = false;

	set_input(bytes, size, NULL);
	world.piece = 0;
	check_figures(bytes, v2);
	check_limit_files(bytes, v2);
	for (enum controller c = 0; c < C_COUNT; c++) {
		bool there = false;
		if (!WORLD_RUN(there = offers(GROUP_DIR, c, true, 0)) || there != (!*names[c].v2 || ref_line_has(bytes, ' ', names[c].v2)))
			broken("%s is %s", names[c].v1, there ? "offered" : "not offered");
	}
	check_own_group(bytes, v2);
	check_procs(bytes, size);
	g.oom_event = world_open(GROUP_DIR, "memory.events");
	if (!WORLD_RUN(oom = cgroup_oom_noticed(&g)) || oom != (ref_sum(bytes, "oom_kill ") > 0))
		broken("out of memory is %s", oom ? "seen" : "not seen");
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(bytes, "\n"), bytes);
	if ((cpuset_read(line, &got) == GOOD) != ref_cpuset(line, &want) || (ref_cpuset(line, &want) && memcmp(&got, &want, sizeof(got))))
		broken("the list %s", line);
}
