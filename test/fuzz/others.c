/* SPDX-License-Identifier: ISC */
/*
 * others.c - targets passwd, cmdline and notify: what the root, the boot loader and the workload say
 */

/* ---- passwd and group ----------------------------------------------------------------------------- */

/* The fields of the first line that has enough and is of that name or number; false when there is none. */
static bool
ref_lookup(const char *text, const char *key, char **field, int count)
{
	static char copied[1 << 17];
	static char *fields[8];
	char	   *rest = copied, *line;
	int64_t	    number, n;
	bool	    by_number = ref_number(key, &number);

	snprintf(copied, sizeof(copied), "%s", text);
	while ((line = strsep(&rest, "\n"))) {
		int i = 0;
		while (i < count && line)
			fields[i++] = strsep(&line, ":");
		if (i < count || (by_number ? *fields[2] == '-' || !ref_number(fields[2], &n) || n != number : strcmp(fields[0], key) != 0))
			continue;
		memcpy(field, fields, sizeof(fields[0]) * (size_t)count);
		return true;
	}
	return false;
}

static bool
ref_id(const char *text, int64_t *out)
{
	return *text != '-' && ref_number(text, out) && *out < UINT32_MAX;
}

/* What the manual says of `user`; false: refused. */
static bool
ref_user(const char *user, const char *passwd, const char *groups, int64_t *uid, int64_t *gid, char *home, size_t size)
{
	char *field[8], name[128], *group_name;

	snprintf(name, sizeof(name), "%s", user);
	group_name = strchr(name, ':');
	if (group_name)
		*group_name++ = '\0';
	*home = '\0';
	if (ref_lookup(passwd, name, field, 6)) {
		if (!ref_id(field[2], uid) || !ref_id(field[3], gid))
			return false;
		if (strlen(field[5]) < size)
			strcpy(home, field[5]);
	} else if (ref_id(name, uid)) {
		*gid = *uid;
	} else {
		return false;
	}
	if (!group_name)
		return true;
	if (*group_name >= '0' && *group_name <= '9')
		return ref_id(group_name, gid);
	return ref_lookup(groups, group_name, field, 3) && ref_id(field[2], gid);
}

/* USER, a line; passwd; a line of %; group. */
static void
passwd_target(const char *bytes, size_t size)
{
	static char	     home[PATH_MAX], all[1 << 17], user[128];
	char		    *passwd, *groups, *end;
	int64_t		     uid = 0, gid = 0;
	bool		     good, want;

	if (memchr(bytes, 0, size) || size >= sizeof(all) || strcspn(bytes, "\n") >= 100)
		return;
	memcpy(all, bytes, size + 1);
	passwd = strchr(all, '\n');
	snprintf(user, sizeof(user), "%.*s", (int)strcspn(all, "\n"), all);
	if (value_read(T_USER, user, NULL))
		return;
	passwd = passwd ? passwd + 1 : all + size;
	end = strstr(passwd, "\n%\n");
	groups = end ? end + 3 : all + size;
	if (end)
		*end = '\0';
	set_input(passwd, strlen(passwd), "/etc/passwd");
	second = groups;
	second_size = strlen(groups);
	second_name = "/etc/group";
	memset(&me, 0, offsetof(struct identity, home) + 1);
	me.root = "";
	set_text(me.home, "HOME=/");
	good = WORLD_RUN(find_user(user));
	want = ref_user(user, passwd, groups, &uid, &gid, home, sizeof(home));
	if (good != want || (good && (me.uid != uid || me.gid != gid || strcmp(me.home + 5, *home ? home : "/"))))
		broken("%s: %s %u %u %s, not %s %lld %lld %s", user, good ? "is" : "none", me.uid, me.gid, me.home, want ? "is" : "none", (long long)uid,
		    (long long)gid, home);
	accepted += good;
}

/* ---- PID 1 ---------------------------------------------------------------------------------------- */

static const char *
consoles_find(int dir, const char *path, size_t *size)
{
	if (!strcmp(path, input_name))
		return input_find(dir, path, size);
	if (opened_count < countof(opened))
		snprintf(opened[opened_count++], sizeof(opened[0]), "%s", path);
	return NULL;
}

static void
cmdline_target(const char *bytes, size_t size)
{
	static char copied[1 << 16];
	const char *path = NULL, *want = NULL;
	char	   *rest = copied, *word, want_console[NAME_ROOM];

	if (memchr(bytes, 0, size) || size >= sizeof(copied))
		return;
	set_input(bytes, size, "/proc/cmdline");
	second = "";
	second_size = 0;
	second_name = size & 1 ? "/etc/nook.conf" : NULL;
	memcpy(copied, bytes, size + 1);
	while (!want && (word = strsep(&rest, " \n")))
		if (!strncmp(word, "nook.conf=", 10) && strlen(word) < 10 + PATH_MAX)
			want = word + 10;
	accepted += want != NULL;
	if (!want && second_name)
		want = second_name;
	if (!WORLD_RUN(path = init_settings_file()))
		broken("ends it");
	if (!path != !want || (path && strcmp(path, want)))
		broken("the settings are in %s, not in %s", path ? path : "none", want ? want : "none");
	/* the same bytes as the list of consoles: the last of the first line */
	opened_count = 0;
	input_name = "/sys/class/tty/console/active";
	world.find = consoles_find;
	snprintf(want_console, sizeof(want_console), "%.*s", (int)strcspn(bytes, "\n"), bytes);
	word = strrchr(want_console, ' ');
	word = word ? word + 1 : want_console;
	if (!WORLD_RUN(open_console()))
		broken("ends it");
	if (size < NAME_ROOM / 2 && *want_console && (opened_count < 1 || strncmp(opened[0], "/dev/", 5) || strcmp(opened[0] + 5, word)))
		broken("the console is %s, not %s", opened[0], word);
}

/* ---- notify --------------------------------------------------------------------------------------- */

static char   sent[1 << 17];
static size_t sent_len;

static void
notify_sent(const char *bytes, size_t size)
{
	if (sent_len + size + 2 > sizeof(sent))
		broken("sends without end");
	memcpy(sent + sent_len, bytes, size);
	sent_len += size;
	sent[sent_len++] = '\xff';
	sent[sent_len] = '\0';
}

/* What sd_notify(3) says of a datagram, as far as nook passes it on: to `want`, each ended by \xff. */
static void
ref_datagram(const char *text, struct notify *n, char *want)
{
	/* the caller sees for himself what is behind these */
	static const char *const passed[] = { "STATUS=", "ERRNO=", "MONOTONIC_USEC=", "EXTEND_TIMEOUT_", "STOPPING=1", "WATCHDOG=1", "RELOADING=1", "READY=1" };
	static char copied[2048], batch[2100];
	char	   *rest = copied, *line;
	int64_t	    usec;

	snprintf(copied, sizeof(copied), "%s", text);
	*batch = '\0';
	while ((line = strsep(&rest, "\n"))) {
		bool pass = false;
		for (size_t i = 0; i < countof(passed); i++)
			pass |= !strncmp(line, passed[i], strlen(passed[i]));
		if (!strcmp(line, "RELOADING=1"))
			n->reloading = true;
		if (!strcmp(line, "READY=1")) {
			if (!n->reloading && !n->ready)
				strcat(want, "READY=1\xff");
			n->ready |= !n->reloading;
			pass = n->reloading;
			n->reloading = false;
		}
		if (pass)
			strcat(strcat(batch, line), "\n");
		if (!strncmp(line, "WATCHDOG_USEC=", 14) && ref_number(line + 14, &usec) && line[14] != '-') {
			n->interval = usec / 1000 + (usec % 1000 != 0);
			n->fed = world.msec;
		}
		if (!strcmp(line, "WATCHDOG=1"))
			n->fed = world.msec;
	}
	if (*batch)
		strcat(strcat(want, batch), "\xff");
}

/* Datagrams, each ended by \xff. */
static void
notify_target(const char *bytes, size_t size)
{
	static char	    want[1 << 17], text[2048];
	static const struct config cfg = { .notify = NOTIFY_SYSTEMD, .ready_fd = UNSET };
	struct notify	    n = { .pipe = { -1, -1 } }, ref = n;
	size_t		    at = 0, len;

	sent_len = 0;
	*sent = *want = '\0';
	world.sent = notify_sent;
	for (world.msec = 1; at < size; at += len + 1, world.msec++) {
		const char *end = memchr(bytes + at, '\xff', size - at);
		len = end ? (size_t)(end - bytes) - at : size - at;
		set_input(bytes + at, len, NULL);
		n.from = world_open(0, "socket");
		if (!WORLD_RUN((void)notify_read(&n, &cfg)))
			broken("ends it");
		world_close(n.from);
		snprintf(text, sizeof(text), "%.*s", (int)strnlen(bytes + at, len), bytes + at);
		if (len >= sizeof(text))
			text[sizeof(text) - 1] = '\0'; /* what is longer is cut */
		ref_datagram(text, &ref, want);
		if (n.ready != ref.ready || n.reloading != ref.reloading || n.interval != ref.interval || n.fed != ref.fed)
			broken("after %s: ready %d %d, reloading %d %d, interval %lld %lld, fed %lld %lld", text, n.ready, ref.ready, n.reloading, ref.reloading,
			    (long long)n.interval, (long long)ref.interval, (long long)n.fed, (long long)ref.fed);
	}
	accepted += n.ready;
	if (strcmp(sent, want))
		broken("tells:\n%s\nnot\n%s", sent, want);
}
