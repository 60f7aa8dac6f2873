/* SPDX-License-Identifier: ISC */
/*
 * explained.c - targets settings and argv: what is accepted is in force as it reads
 */

static bool
same_mounting(const struct mounting *a, const struct mounting *b)
{
	return a->flags == b->flags && a->may_miss == b->may_miss && !strcmp(a->type, b->type) && !strcmp(a->data, b->data) &&
	    !strcmp(a->source, b->source) && !strcmp(a->target, b->target);
}

/* Does the reader that takes it apart when it is used find in it what the manual says? */
static bool
reads_the_same(enum type type, const char *text)
{
	static union value got, want;

	switch (type) {
	case T_CPUSET: return !cpuset_read(text, &got.set) && ref_cpuset(text, &want.set) && !memcmp(&got.set, &want.set, sizeof(got.set));
	case T_SCHEDULER:
		return !scheduler_read(text, &got.scheduler) && ref_scheduler(text, &want.scheduler) &&
		    got.scheduler.policy == want.scheduler.policy && got.scheduler.priority == want.scheduler.priority;
	case T_RATE:
		return !rate_read(text, &got.rate) && ref_rate(text, &want.rate) && got.rate.rate == want.rate.rate && !strcmp(got.rate.device, want.rate.device);
	case T_ULIMIT:
		return !ulimit_read(text, &got.ulimit) && ref_ulimit(text, &want.ulimit) && got.ulimit.resource == want.ulimit.resource &&
		    got.ulimit.limit.rlim_cur == want.ulimit.limit.rlim_cur && got.ulimit.limit.rlim_max == want.ulimit.limit.rlim_max;
	case T_VOLUME: return !volume_read(text, &got.mounting) && ref_volume(text, &want.mounting, false) && same_mounting(&got.mounting, &want.mounting);
	case T_DEVICE: return !device_read(text, &got.mounting) && ref_volume(text, &want.mounting, true) && same_mounting(&got.mounting, &want.mounting);
	case T_MOUNT: return !mount_read(text, &got.mounting) && ref_mount(text, &want.mounting) && same_mounting(&got.mounting, &want.mounting);
	case T_TMPFS: return !tmpfs_read(text, &got.mounting) && ref_tmpfs(text, &want.mounting) && same_mounting(&got.mounting, &want.mounting);
	case T_SYSCTL: return ref_sysctl(text);
	case T_CAPABILITY: return ref_capability(text) >= 0;
	default: return ref_text(type, text);
	}
}

static void
check_list(const struct row *row, const struct item *item)
{
	for (const struct assignment *a = wanted; a < wanted + wanted_count; a++) {
		if (a->row != row)
			continue;
		if (!item || strcmp(item->text, a->text) || item->line != a->line)
			broken("%s = %s is not in force", settings_name_of(row), a->text);
		if (!reads_the_same((enum type)row->type, a->text))
			broken("%s = %s means something else", settings_name_of(row), a->text);
		item = item->next;
	}
	if (item)
		broken("%s = %s comes from nowhere", settings_name_of(row), item->text);
}

static void
check_config(const struct config *cfg, char *const *command)
{
	const char *preset_text = presets;
	uint64_t    caps = 0;

	for (size_t i = 0; i < ROWS; i++, preset_text += strlen(preset_text) + 1) {
		const struct row	*row = &rows[i];
		const void		*field = (const char *)cfg + row->into;
		const struct assignment *a;
		const char		*text = preset_text;
		int64_t			 n = 0;

		if (row_is_list(row)) {
			check_list(row, *(struct item *const *)field);
			continue;
		}
		if (row->into == offsetof(struct config, userns) && !chosen_for(row))
			continue; /* by who nook is run by */
		if (row->into == offsetof(struct config, command) && !cfg->command)
			continue; /* that of the command line is */
		if ((a = chosen_for(row)))
			text = a->text;
		if (!*text) {
			if (a || (row->type >= T_CPUSET ? *(char *const *)field != NULL : *(const int64_t *)field != UNSET))
				broken("%s is set by nothing", settings_name_of(row));
			continue;
		}
		if (!ref_single((enum type)row->type, shape_of(row), text, &n))
			broken("accepted: %s = %s", settings_name_of(row), text);
		if (row->type >= T_CPUSET ? strcmp(*(char *const *)field, text) != 0 : *(const int64_t *)field != n)
			broken("%s = %s is not in force: %lld", settings_name_of(row), text, (long long)*(const int64_t *)field);
		if (!reads_the_same((enum type)row->type, text))
			broken("%s = %s means something else", settings_name_of(row), text);
	}
	for (int drop = 0; drop < 2; drop++)
		for (const struct assignment *a = wanted; a < wanted + wanted_count; a++) {
			int c = a->row->into == (drop ? offsetof(struct config, cap_drop) : offsetof(struct config, cap_add)) ? ref_capability(a->text) : -1;
			uint64_t bits = c < 0 ? 0 : c == 64 ? ~UINT64_C(0) : UINT64_C(1) << c;
			caps = drop ? caps & ~bits : caps | bits;
		}
	if (privs_asked(cfg) != caps)
		broken("capabilities %llx, asked for are %llx", (long long)privs_asked(cfg), (long long)caps);
	for (char *const *got = cfg->argv; *command || *got; command++, got++)
		if (!*command || !*got || strcmp(*command, *got))
			broken("it would run %s, not %s", *got ? *got : "nothing", *command ? *command : "nothing");
}

/* ---- what is printed ------------------------------------------------------------------------------ */

/* The next setting that was printed: its line, and where it is from; NULL at the end. */
static char *
printed_next(char **at, const char **origin)
{
	char *line;

	while ((line = strsep(at, "\n"))) {
		if (*line != '#' ? *line : strstr(line, " which a file cannot") != NULL)
			return line;
		if (*line)
			*origin = line + 2;
	}
	return NULL;
}

static void
check_one(char **at, const char **origin, const struct row *row, const char *text, const char *from)
{
	const char *name = settings_name_of(row), *line = printed_next(at, origin);

	if (line && *line == '#') {
		if (strncmp(line + 2, name, strlen(name)) || !(strpbrk(text, "\n\r") || strchr(" \t", *text) || strchr(" \t", text[strlen(text) - 1])))
			broken("without need: %s", line);
		return;
	}
	if (!line || strncmp(line, name, strlen(name)) || strncmp(line + strlen(name), " = ", 3) || strcmp(line + strlen(name) + 3, text))
		broken("%s = %s is printed as %s", name, text, line ? line : "nothing");
	if (strcmp(*origin, from))
		broken("%s is said to be from %s, not from %s", line, *origin, from);
}

static void
check_printed(char *const *command)
{
	static char all[PRINTED_MAX];
	char	   *at = all;
	const char *preset_text = presets, *origin = "", *line;

	memcpy(all, world.printed.bytes, world.printed.len + 1);
	for (size_t i = 0; i < ROWS; i++, preset_text += strlen(preset_text) + 1) {
		const struct row *row = &rows[i];
		bool		  any = false;

		if (row->into == offsetof(struct config, command) && command) {
			if (!(line = printed_next(&at, &origin)))
				broken("the command is not printed");
			if (*line == '#')
				continue;
			if (strncmp(line, "command = ", 10) || strcmp(origin, "the command line"))
				broken("printed as the command, from %s: %s", origin, line);
			char *const *words = split(line + 10);
			for (; *command || *words; command++, words++)
				if (!*command || !*words || strcmp(*command, *words))
					broken("of the command, %s is printed as %s", *command ? *command : "nothing", *words ? *words : "nothing");
			continue;
		}
		for (const struct assignment *a = wanted; a < wanted + wanted_count; a++) {
			char from[32];
			if (a->row != row || (!row_is_list(row) && a != chosen_for(row)))
				continue;
			snprintf(from, sizeof(from), a->line ? CONF ":%u" : "the command line", a->line);
			check_one(&at, &origin, row, a->text, from);
			any = true;
		}
		if (!any && *preset_text)
			check_one(&at, &origin, row, preset_text, "default");
	}
	if ((line = printed_next(&at, &origin)))
		broken("too much is printed: %s", line);
}

/* Each message names its line, and a setting that stands there. */
static void
check_messages(void)
{
	static char all[PRINTED_MAX];
	char	   *at = all, *line;
	size_t	    count = 0;

	memcpy(all, world.said.bytes, world.said.len + 1);
	for (; (line = strsep(&at, "\n")); count++) {
		const char *from, *end, *value, *name;
		char	    said[64];
		unsigned    number;
		int	    next = 0;

		if (!*line || !strncmp(line, "nook: hint: ", 12) || !strncmp(line, "nook: cannot open policy ", 25) ||
		    !strncmp(line, "nook: cannot use policy ", 24))
			continue;
		if (!file_bytes && sscanf(line, "nook: " CONF ":%u:", &number) != 1)
			continue;
		if (sscanf(line, "nook: " CONF ":%u: %63[a-z-]%n", &number, said, &next) < 1 || !(from = line_at(file_bytes, file_size, number, &end)))
			broken("without its line: %s", line);
		if (line[next] != '=' || !row_named(said))
			continue;
		name = name_in(from, memchr(from, 0, (size_t)(end - from)) ? (const char *)memchr(from, 0, (size_t)(end - from)) : end, &value);
		if (strcmp(name, said) && strcmp(name, "privileged"))
			broken("line %u says nothing of it: %s", number, line);
	}
	if (count < 2 && world.status == STATUS_FAILED)
		broken("refused without a word");
}

/* ---- the targets ---------------------------------------------------------------------------------- */

static struct config explained_config;

static bool
explain_run(int argc, char **argv, bool filter)
{
	struct config *cfg = &explained_config;

	world_begin();
	memset(cfg, 0, sizeof(*cfg));
	memset(&reading, 0, sizeof(reading));
	*explained = '\0';
	print_error = 0;
	learnt.kills = false;
	no_filter = !filter;
	world.find = settings_find;
	world.written = group_written;
	world.tells = EFAULT;
	return WORLD_RUN(settings_read(argc, argv, cfg, NULL), explain_settings(cfg));
}

static bool
explain_file(const char *bytes, size_t size)
{
	static char  word[] = "nook", mode[] = "explain", option[] = "-f", path[] = CONF;
	static char *argv[] = { word, mode, option, path, NULL };

	file_bytes = bytes;
	file_size = size;
	return explain_run(4, argv, memmem(bytes, size, "/policy", 7));
}

/* What was printed is a file again, and means the same. */
static void
check_again(char *const *command)
{
	static char	     first[PRINTED_MAX], second[PRINTED_MAX];
	static struct config before;
	char		    *a = first, *b = second;
	const char	    *from, *x, *y;

	memcpy(first, world.printed.bytes, world.printed.len + 1);
	before = explained_config;
	if (strstr(first, "which a file cannot"))
		return;
	if (!explain_file(first, strlen(first))) {
		if (strlen(first) < FILE_MAX && !strstr(world.said.bytes, "too long a command") && !strstr(world.said.bytes, "too many words") &&
		    !strstr(world.said.bytes, "COMMAND") && !strstr(world.said.bytes, "words as for a shell") && !strstr(world.said.bytes, "too many settings"))
			broken("not accepted again:\n%s", first);
		return;
	}
	memcpy(second, world.printed.bytes, world.printed.len + 1);
	do {
		x = printed_next(&a, &from);
		y = printed_next(&b, &from);
		if (!x != !y || (x && strcmp(x, y)))
			broken("otherwise the second time: %s", x ? x : "nothing");
	} while (x);
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].type < T_CPUSET && memcmp((char *)&before + rows[i].into, (char *)&explained_config + rows[i].into, sizeof(int64_t)))
			broken("otherwise in force the second time: %s", settings_name_of(&rows[i]));
	for (char *const *got = explained_config.argv; *command || *got; command++, got++)
		if (!*command || !*got || strcmp(*command, *got))
			broken("runs %s the second time", *got ? *got : "nothing");
}

static void
settings_target(const char *bytes, size_t size)
{
	char *const *command;

	want_nothing();
	if (!explain_file(bytes, size)) {
		check_messages();
		return;
	}
	accepted++;
	if (world.said.len)
		broken("accepted, but complains");
	want_file(bytes, size);
	want_implied();
	command = wanted_command(NULL);
	check_config(&explained_config, command);
	check_printed(NULL);
	check_limits(&explained_config, size & 1);
	if (size & 2) /* as much again */
		check_again(command);
}

static void
argv_target(const char *bytes, size_t size)
{
	static char  word[] = "nook", mode[] = "explain", conf[] = "memory = 64m\nuser = 1000\ncap-add = kill\ncommand = from the file\n";
	char	    *argv[WORDS_OF_ARGV + 3] = { word, mode }, *copied = malloc(size + 1), *again = malloc(size + 1);
	int	     argc = 2, first;
	char *const *command;
	bool	     good;

	memcpy(copied, bytes, size + 1); /* nook cuts its words where an equals sign is */
	memcpy(again, bytes, size + 1);
	for (size_t at = 0; at < size && argc < WORDS_OF_ARGV; at += strlen(copied + at) + 1)
		argv[argc++] = copied + at;
	want_nothing();
	file_bytes = conf;
	file_size = sizeof(conf) - 1;
	good = explain_run(argc, argv, memmem(bytes, size, "/policy", 7));
	if (!good && !world.status && !world.said.len) {
		if (!world.printed.len)
			broken("ends without a word");
	} else if (!good) {
		file_bytes = NULL;
		check_messages();
	} else {
		accepted++;
		for (int i = 2; i < argc; i++)
			argv[i] = again + (argv[i] - copied);
		if (reading.file)
			want_file(conf, sizeof(conf) - 1);
		first = want_argv(argc, argv);
		if (first < 0)
			broken("accepted: an option that is none");
		want_implied();
		command = wanted_command(argv + (first < argc ? first : argc));
		check_config(&explained_config, command);
		check_printed(argv[first < argc ? first : argc] ? command : NULL);
		check_limits(&explained_config, size & 1);
		if (size & 2)
			check_again(command);
	}
	free(copied);
	free(again);
}
