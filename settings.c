/* SPDX-License-Identifier: ISC */
/*
 * settings.c - what is a walk over settings.tab: checks, --help, explain
 *
 * A setting's name is written in that table and nowhere else. Nothing but the settings file is
 * touched while reading; every mistake is said, with its line, and then nook exits with 125.
 */
#include "nook.h"

#include "kernel.h"

enum range { ANY, R_MEMORY, R_SIZE, R_CPUS, R_SHARES, R_COUNT, R_ADJ, R_NICE, R_TIME, R_SHM, R_WATCHDOG, R_LOG, R_FD, R_FDS };
static const struct {
	int64_t min, max;
} ranges[] = { /* INT64_MAX: without end, and of a size also max */
	[R_MEMORY] = { 64 << 10, INT64_MAX },
	[R_SIZE] = { 0, INT64_MAX },
	[R_CPUS] = { 10000, 1024000000 }, /* millionths; the kernel's shortest quota is 1 % */
	[R_SHARES] = { 2, 262144 },
	[R_COUNT] = { 1, INT64_MAX },
	[R_ADJ] = { -1000, 1000 },
	[R_NICE] = { -20, 19 },
	[R_TIME] = { 1, INT64_MAX - 1 },
	[R_WATCHDOG] = { 1000, 86400000 },
	[R_LOG] = { 4 << 10, INT64_MAX - 1 },
	[R_FD] = { 3, INT32_MAX },
	[R_FDS] = { 0, 1024 },
	[R_SHM] = { 4 << 10, INT64_MAX - 1 },
};

#define WANT_ROWS
#include "build/tables.h"
#undef WANT_ROWS

#define OFFSET(field) offsetof(struct config, field)
enum { ITEMS_MAX = 512 };

/* What was read. Filled once by settings_read(), then only looked at. */
static struct reading {
	size_t		   items, mistakes;
	bool		   overflow;
	const char	  *file;
	char		   missing[256];
	const struct item *chosen[ROWS]; /* of single settings; NULL: preset */
	struct item	   item[ITEMS_MAX];
} reading roomy;
static roomy struct words words; /* of `command` */

/* The texts of all rows stand one kind after the other. */
const char *
settings_name_of(const struct row *row)
{
	return text_of((unsigned)(row - rows));
}

static const char *
shape_of(const struct row *row)
{
	return text_of(FIRST_SHAPE + (unsigned)(row - rows));
}

static bool
is_list(const struct row *row)
{
	return row->type >= T_RATE;
}

const char *
settings_name(size_t offset)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].into == offset)
			return settings_name_of(&rows[i]);
	return "?";
}

const struct row *
settings_by_name(const char *name, size_t len)
{
	const char *at;

	(void)text_of(ROWS - 1); /* all names are there now */
	at = text_of(0);
	for (size_t i = 0; i < ROWS; i++, at += strlen(at) + 1)
		if (strlen(at) == len && !memcmp(at, name, len))
			return &rows[i];
	return NULL;
}

const char *
settings_origin(const struct item *item)
{
	if (!item)
		return "default";
	if (!item->line)
		return "the command line";
	return textf("%s:%u", reading.file, item->line);
}

/* Says one mistake. line 0: the command line. what: "memory=lots" or an odd word. */
void
settings_mistake(unsigned line, const char *what, const char *why, const char *want)
{
	const char *dashes = line || starts_with(what, "-") ? "" : "--";
	const char *open = want ? " (want " : "", *shut = want ? ")" : "";
	char	    shown[3000];

	if (!copy(shown, sizeof(shown), what, strlen(what))) { /* the reason must not be cut off */
		(void)copy(shown, sizeof(shown), what, sizeof(shown) - 4);
		set_text(shown + sizeof(shown) - 4, "...");
	}
	what = shown;
	reading.mistakes++;
	if (line)
		say("%s:%u: %s: %s%s%s%s", reading.file, line, what, why, open, want ? want : "", shut);
	else
		say("%s%s: %s%s%s%s", dashes, what, why, open, want ? want : "", shut);
}

static size_t
distance(const char *a, size_t alen, const char *b)
{
	uint8_t row[64], corner, up;
	size_t	blen = strlen(b);

	if (alen >= sizeof(row))
		return alen;
	for (size_t i = 0; i <= alen; i++)
		row[i] = (uint8_t)i;
	for (size_t j = 1; j <= blen; j++) {
		corner = row[0]++;
		for (size_t i = 1; i <= alen; i++) {
			up = row[i];
			row[i] = (uint8_t)(corner + (a[i - 1] != b[j - 1]));
			if (up + 1 < row[i])
				row[i] = (uint8_t)(up + 1);
			if (row[i - 1] + 1 < row[i])
				row[i] = (uint8_t)(row[i - 1] + 1);
			corner = up;
		}
	}
	return row[alen];
}

bool
settings_nearer(const char *word, const char *name, size_t *best)
{
	size_t len = strlen(word), d = distance(word, len, name);

	if (!*best)
		*best = len / 2 + 1 < 4 ? len / 2 + 1 : 4;
	if (d >= *best)
		return false;
	*best = d;
	return true;
}

/* Why a name is none, with the nearest that is. */
const char *
settings_unknown(const char *name)
{
	size_t	    best = 0;
	const char *near = NULL;

	for (size_t i = 0; i < ROWS; i++)
		if (settings_nearer(name, settings_name_of(&rows[i]), &best))
			near = settings_name_of(&rows[i]);
	return near ? textf(text_of(NEAR), "setting", near) : text_of(UNKNOWN);
}

/* Notes one assignment; its value is looked at when all are known. */
void
settings_assign(unsigned line, const struct row *row, const char *text)
{
	struct item *item = &reading.item[reading.items];

	if (reading.items == countof(reading.item)) {
		if (!reading.overflow)
			settings_mistake(line, settings_name_of(row), text_of(OVERFULL), NULL);
		reading.overflow = true;
		return;
	}
	reading.items++;
	*item = (struct item){ text, NULL, (uint16_t)line, (uint8_t)(row - rows) };
}

/* What a value of this setting may be, for messages. */
const char *
settings_want(const struct row *row)
{
	return row->type == T_WORD ? shape_of(row) : text_of(want_of[row->type]);
}

static const char *
range_text(const struct row *row)
{
	int64_t min = ranges[row->range].min, max = ranges[row->range].max;

	switch (row->type) {
	case T_CPUS: return "0.01 to 1024";
	case T_TIME: return row->range == R_TIME ? "at least 1ms" : "1s to 1d";
	case T_SIZE: return textf(max == INT64_MAX ? "at least %s" : "at least %s, and not max", size_text(min));
	default: return textf(max == INT64_MAX ? "at least %lld" : "%lld to %lld", (long long)min, (long long)max);
	}
}

static enum text
check_value(const struct row *row, const char *text, int64_t *out, const char **want)
{
	static roomy union value value;
	enum text	   why = GOOD;
	int64_t		   min = ranges[row->range].min, max = ranges[row->range].max;

	if (!*text)
		why = EMPTY;
	else if (row->type == T_WORD)
		value.number = word_index(shape_of(row), '|', text, strlen(text));
	else
		why = value_read((enum type)row->type, text, &value);
	if (!why && row->type == T_WORD && value.number < 0)
		why = UNKNOWN_WORD;
	*out = value.number;
	if (why)
		*want = settings_want(row);
	else if (row->range != ANY && (*out < min || *out > max) && (*out != UNLIMITED || max != INT64_MAX || row->type == T_NUMBER)) {
		*want = range_text(row);
		why = OUT_OF_RANGE;
	}
	return why;
}

/* Stores a single setting, or hangs one more on a list. */
static void
apply(struct config *cfg, struct item *item)
{
	const struct row *row = &rows[item->row];
	void		 *field = (char *)cfg + row->into;
	struct item	**tail = field;
	const char	 *want = NULL;
	enum text	  why;
	int64_t		  number = 0;

	why = check_value(row, item->text, &number, &want);
	if (!why && !is_list(row) && reading.chosen[item->row] &&
	    !reading.chosen[item->row]->line == !item->line)
		why = TWICE;
	if (why) {
		settings_mistake(item->line, textf("%s=%s", settings_name_of(row), item->text), text_of(why), want);
		return;
	}
	if (is_list(row)) {
		while (*tail)
			tail = &(*tail)->next;
		*tail = item;
		return;
	}
	reading.chosen[item->row] = item;
	if (row->type >= T_CPUSET)
		*(const char **)field = item->text;
	else
		*(int64_t *)field = number;
}

static void
preset(struct config *cfg)
{
	const char *value = presets, *want;
	int64_t	    number;

	for (size_t i = 0; i < ROWS; i++, value += strlen(value) + 1) {
		void *field = (char *)cfg + rows[i].into;
		if (rows[i].type >= T_CPUSET)
			*(const char **)field = *value ? value : NULL;
		else if (*value && !check_value(&rows[i], value, &number, &want))
			*(int64_t *)field = number;
		else
			*(int64_t *)field = UNSET;
	}
}

const struct row *
settings_by_letter(char letter)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

static void
help(bool all)
{
	static const char titles[][12] = { "limits", "time", "namespaces", "root", "rights", "streams", "life", "result", "pid 1" };
	static const char blanks[] = "                                     ";
	const char	 *value = presets, *left;
	int		  group = -1;

	print_text(text_of(USAGE));
	for (size_t i = 0; i < ROWS; i++, value += strlen(value) + 1) {
		const struct row *r = &rows[i];
		if (!all && !r->common)
			continue;
		if (all && r->group != group) {
			group = r->group;
			print("\n%s\n", titles[group]);
		}
		left = textf("  %s%s%s--%s %s", r->letter ? "-" : "  ", r->letter ? (char[]){ r->letter, 0 } : "",
		    r->letter ? ", " : "  ", settings_name_of(r), shape_of(r));
		print_text(left);
		print("%s %s", blanks + (strlen(left) < sizeof(blanks) ? strlen(left) : sizeof(blanks) - 1), text_of(FIRST_MEANING + (unsigned)i));
		print(*value ? " [%s]\n" : "\n", value);
	}
	print_text(text_of(all ? HELP_ALL : HELP));
	print_end(0);
}

unsigned
settings_line(size_t into)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].into == into && reading.chosen[i])
			return reading.chosen[i]->line;
	return 0;
}

/* A mistake that no single value shows. */
static void
conflict(unsigned line, size_t into, const char *value, const char *why, size_t wants_private)
{
	settings_mistake(line, textf("%s=%s", settings_name(into), value), why,
	    wants_private ? textf("%s private", settings_name(wants_private)) : NULL);
}

/* What another setting brings with it, unless it is chosen by itself. */
static void
imply(struct config *cfg, size_t into, const char *text, unsigned line)
{
	const struct row  *row = settings_by_name(settings_name(into), strlen(settings_name(into)));
	const struct item *it = is_list(row) ? *(struct item *const *)(const void *)((char *)cfg + into) : reading.chosen[row - rows];

	for (; it; it = it->next)
		if (!is_list(row) || !strcmp(it->text, text))
			return;
	settings_assign(line, row, text);
	if (!reading.overflow)
		apply(cfg, &reading.item[reading.items - 1]);
}

static void
open_all(struct config *cfg)
{
	unsigned line = settings_line(OFFSET(privileged));

	imply(cfg, OFFSET(cap_add), "all", line);
	imply(cfg, OFFSET(seccomp), "off", line);
	imply(cfg, OFFSET(no_new_privs), "no", line);
}

/* Descriptors that nook opened itself are all marked to be closed by execve. */
static void
check_preserved(const struct config *cfg)
{
	for (int fd = 3; fd < 3 + cfg->preserve_fds; fd++)
		if (sys_fcntl(fd, F_GETFD, 0) != 0)
			conflict(settings_line(OFFSET(preserve_fds)), OFFSET(preserve_fds), textf("%lld", (long long)cfg->preserve_fds),
			    textf(text_of(FD_NOT_OPEN), fd), 0);
	if (cfg->notify > NOTIFY_SYSTEMD && cfg->notify < 3 + cfg->preserve_fds)
		conflict(settings_line(OFFSET(notify)), OFFSET(notify), textf("fd:%lld", (long long)cfg->notify), text_of(FD_TAKEN), 0);
}

/* Its mistakes are said with its own name. */
static void
check_policy(const struct config *cfg, enum mode mode)
{
	const char *file = reading.file;

	reading.file = cfg->seccomp;
	if (mode < MODE_LIST)
		policy_read(cfg, mode == MODE_EXPLAIN);
	reading.file = file;
}

static void
check_together(struct config *cfg, enum mode mode)
{
	size_t ours;

	if (cfg->hostname && cfg->uts)
		conflict(settings_line(OFFSET(hostname)), OFFSET(hostname), cfg->hostname, text_of(CHANGES_HOST), OFFSET(uts));
	for (const struct item *i = cfg->sysctl; i; i = i->next) {
		size_t ns = sysctl_namespace(i->text);
		if (ns == OFFSET(network) ? !strcmp(cfg->network, "host") : *(int64_t *)((char *)cfg + ns) != 0)
			conflict(i->line, OFFSET(sysctl), i->text, text_of(CHANGES_HOST), ns);
	}
	for (const struct item *i = cfg->allow_missing; i; i = i->next)
		if (!settings_by_name(i->text, strlen(i->text)))
			conflict(i->line, OFFSET(allow_missing), i->text, settings_unknown(i->text), 0);
	if (cfg->tty && (cfg->output_limit != UNSET || strcmp(cfg->in, "inherit") || strcmp(cfg->out, "inherit") || strcmp(cfg->err, "inherit")))
		conflict(settings_line(OFFSET(tty)), OFFSET(tty), "yes", text_of(ALL_STREAMS), 0);
	if (starts_with(cfg->in, "append:") || !strcmp(cfg->in, "stdout"))
		conflict(settings_line(OFFSET(in)), OFFSET(in), cfg->in, text_of(WRONG_WAY), 0);
	if (!strcmp(cfg->in, "syslog") || !strcmp(cfg->in, "kmsg"))
		conflict(settings_line(OFFSET(in)), OFFSET(in), cfg->in, text_of(LOG_IN), 0);
	if (!strcmp(cfg->out, "stdout"))
		conflict(settings_line(OFFSET(out)), OFFSET(out), cfg->out, text_of(WRONG_WAY), 0);
	userns_settle(cfg, mode);
	if (cfg->pid && cfg->hidepid == 1)
		conflict(settings_line(OFFSET(hidepid)), OFFSET(hidepid), "yes", text_of(CHANGES_HOST), OFFSET(pid));
	if (mode == MODE_RUN)
		check_preserved(cfg);
	if (cfg->pid && !cfg->init)
		conflict(settings_line(OFFSET(init)), OFFSET(init), "no", text_of(NO_INIT), OFFSET(pid));
	ours = cfg->exit_port ? OFFSET(exit_port) : cfg->on_exit != UNSET ? OFFSET(on_exit) : 0;
	if (ours && mode == MODE_RUN && !init_is_us())
		settings_mistake(settings_line(ours), settings_name(ours), text_of(PID1_ALONE), NULL);
	check_policy(cfg, mode);
	if (cfg->argv[0]) {
		cfg->command = NULL; /* that of the command line is */
	} else if (cfg->command) {
		(void)command_split(cfg->command, &words); /* checked when it was read */
		cfg->argv = words.argv;
	}
}

enum mode
settings_read(int argc, char **argv, struct config *cfg, const char *file)
{
	struct asked asked = { 0 };
	enum mode    mode = MODE_RUN;
	size_t	     from_argv;
	int	     i = 1, word = argc > 1 ? word_index("run|explain|check|list|stats|stop", '|', argv[1], strlen(argv[1])) : -1;

	reading.file = file; /* written before it is read: one fault, not two */
	if (word >= 0) {
		mode = (enum mode)word;
		i++;
	}
	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		i = argv[i][1] == '-' ? reading_long(argv, i, &asked) : reading_letters(argv, i, &asked);
	}
	if (asked.help && !reading.mistakes)
		help(!strcmp(asked.help, "all"));
	if (asked.version && !reading.mistakes) {
		print("nook " VERSION "\n");
		print_end(0);
	}
	from_argv = reading.items;
	if (asked.file)
		reading.file = asked.file;
	if (reading.file)
		reading_file(reading.file);
	preset(cfg);
	for (size_t n = from_argv; n < reading.items; n++)
		apply(cfg, &reading.item[n]);
	for (size_t n = 0; n < from_argv; n++)
		apply(cfg, &reading.item[n]);
	cfg->argv = argc > i ? argv + i : argv + argc;
	if (cfg->privileged == 1)
		open_all(cfg);
	check_together(cfg, mode);
	if (mode >= MODE_STATS && (!cfg->argv[0] || value_read(T_NAME, cfg->argv[0], NULL)))
		refuse(WHICH_RUN);
	if (!cfg->argv[0] && mode == MODE_RUN) {
		say_plain(text_of(NO_COMMAND));
		reading.mistakes++;
	}
	if (reading.mistakes)
		fail_hook(STATUS_FAILED, "");
	return mode;
}

bool
settings_excused(const struct config *cfg, const char *name)
{
	size_t have = strlen(reading.missing);

	for (const struct item *i = cfg->allow_missing; i; i = i->next) {
		if (strcmp(i->text, name))
			continue;
		if (comma_list_has(reading.missing, name))
			return true;
		say(text_of(MISSING), name, settings_origin(i));
		(void)copy(reading.missing + have, sizeof(reading.missing) - have, textf(have ? ",%s" : "%s", name),
		    strlen(name) + (have ? 1 : 0)); /* each name once: they fit */
		return true;
	}
	return false;
}

const char *
settings_missing(void)
{
	return reading.missing;
}

bool
settings_next(const struct config *cfg, struct in_force *s)
{
	if (s->row && is_list(s->row) && s->item && (s->item = s->item->next)) {
		s->text = s->item->text;
		return true;
	}
	for (s->row = s->row ? s->row + 1 : rows; s->row < rows + ROWS; s->row++) {
		s->preset = s->preset ? s->preset + strlen(s->preset) + 1 : presets;
		s->item = is_list(s->row) ? *(struct item *const *)(const void *)((const char *)cfg + s->row->into)
					  : reading.chosen[s->row - rows];
		s->text = s->item ? s->item->text : s->preset;
		if (s->item || (*s->text && !is_list(s->row)) || (s->row->into == OFFSET(command) && cfg->argv[0]))
			return true;
	}
	return false;
}
