/* SPDX-License-Identifier: ISC */
/*
 * wanted.c - what a settings file and a command line should mean, by the manual
 */

enum { ASSIGNMENTS_MAX = 2048, WORDS_OF_ARGV = 64 };
#define CONF "fuzz.conf"

/* What a file, then a command line, should mean. */
static struct assignment {
	const struct row *row;
	const char	 *text;
	unsigned	  line; /* 0: the command line */
} wanted[ASSIGNMENTS_MAX];
static size_t wanted_count;
static char   texts[1 << 20]; /* what they point into */
static size_t texts_used;

static const char *file_bytes;
static size_t	   file_size;

static const char *
keep(const char *from, size_t len)
{
	char *to = texts + texts_used;

	if (texts_used + len + 1 > sizeof(texts))
		broken("too much text");
	memcpy(to, from, len);
	to[len] = '\0';
	texts_used += len + 1;
	return to;
}

static const struct row *
row_named(const char *name)
{
	static const char *names[ROWS];

	for (size_t i = 0; i < ROWS; i++) {
		if (!names[i])
			names[i] = settings_name_of(&rows[i]);
		if (*names[i] == *name && !strcmp(names[i], name))
			return &rows[i];
	}
	return NULL;
}

static const struct row *
row_into(size_t into)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].into == into)
			return &rows[i];
	return NULL;
}

static void
want(unsigned line, const struct row *row, const char *value, bool commas)
{
	const char *end;

	do {
		end = commas && row->type >= T_GROUP ? strchr(value, ',') : NULL;
		if (wanted_count == ASSIGNMENTS_MAX)
			broken("accepted: %zu assignments", wanted_count);
		wanted[wanted_count++] = (struct assignment){ row, keep(value, end ? (size_t)(end - value) : strlen(value)), line };
		value = end ? end + 1 : NULL;
	} while (value);
}

static const char *
trimmed(const char *from, const char *end)
{
	while (from < end && (*from == ' ' || *from == '\t'))
		from++;
	while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return keep(from, (size_t)(end - from));
}

/* What stands in a line of the file: its name, "" for none. *value: NULL without an equals sign. */
static const char *
name_in(const char *from, const char *end, const char **value)
{
	const char *equals;

	if (end > from && end[-1] == '\r')
		end--;
	from = trimmed(from, end);
	*value = NULL;
	if (*from == '#' || !*from)
		return "";
	equals = strchr(from, '=');
	if (equals)
		*value = trimmed(equals + 1, equals + strlen(equals));
	return trimmed(from, equals ? equals : from + strlen(from));
}

static const char *
line_at(const char *bytes, size_t size, unsigned number, const char **end)
{
	const char *stop = bytes + size;

	while (--number && bytes) {
		bytes = memchr(bytes, '\n', (size_t)(stop - bytes));
		bytes = bytes ? bytes + 1 : NULL;
	}
	if (bytes && !(*end = memchr(bytes, '\n', (size_t)(stop - bytes))))
		*end = stop;
	return bytes;
}

static void
want_file(const char *bytes, size_t size)
{
	unsigned    line = 0;
	const char *value, *name, *end = bytes - 1, *from, *stop = bytes + size;

	if (memchr(bytes, '\0', size))
		broken("accepted: a NUL byte");
	while (end < stop) {
		line++;
		from = end + 1;
		end = memchr(from, '\n', (size_t)(stop - from));
		end = end ? end : stop;
		if (end - from > 1 && memchr(from, '\r', (size_t)(end - from - 1)))
			broken("accepted: line %u with a carriage return in it", line);
		name = name_in(from, end, &value);
		if (!*name && !value)
			continue;
		if (!value || !row_named(name))
			broken("accepted: line %u: %s", line, name);
		want(line, row_named(name), value, true);
	}
}

static bool
row_is_list(const struct row *row)
{
	return row->type >= T_RATE;
}

/* The one of a single setting that counts, NULL for none. */
static const struct assignment *
chosen_for(const struct row *row)
{
	const struct assignment *a = NULL, *seen = NULL;

	for (a = wanted; a < wanted + wanted_count; a++) {
		if (a->row != row)
			continue;
		if (seen && !seen->line == !a->line)
			broken("accepted: %s twice", settings_name_of(row));
		if (!seen || !a->line)
			seen = a;
	}
	return seen;
}

static void
want_implied(void)
{
	const struct assignment *p = chosen_for(row_into(offsetof(struct config, privileged)));
	const struct row	*caps = row_into(offsetof(struct config, cap_add));
	int64_t			 yes = 0;
	bool			 all = false;

	if (!p || !ref_single(T_BOOL, NULL, p->text, &yes) || !yes)
		return;
	for (const struct assignment *a = wanted; a < wanted + wanted_count; a++)
		all |= a->row == caps && !strcmp(a->text, "all");
	if (!all)
		want(p->line, caps, "all", false);
	if (!chosen_for(row_into(offsetof(struct config, seccomp))))
		want(p->line, row_into(offsetof(struct config, seccomp)), "off", false);
	if (!chosen_for(row_into(offsetof(struct config, no_new_privs))))
		want(p->line, row_into(offsetof(struct config, no_new_privs)), "no", false);
}

/* The words of `command`, as a shell without expansions has them. */
static char *const *
split(const char *text)
{
	static char *words[WORDS_MAX + 1];
	size_t	     count = 0, len = 0;
	static char  word[VALUE_MAX * 5];
	bool	     in = false;
	char	     quote = 0;

	for (;; text++) {
		if (!quote && (!*text || *text == ' ' || *text == '\t')) {
			if (in && count < WORDS_MAX)
				words[count++] = (char *)(uintptr_t)keep(word, len);
			in = false;
			len = 0;
			if (!*text)
				break;
			continue;
		}
		if (!*text)
			broken("accepted: a quote that is not closed");
		in = true;
		if (*text == quote)
			quote = 0;
		else if (!quote && (*text == '"' || *text == '\''))
			quote = *text;
		else {
			if (*text == '\\' && (!quote || (quote == '"' && (text[1] == '"' || text[1] == '\\'))))
				text++;
			if (!*text || len == sizeof(word))
				broken("accepted: a backslash at the end, or too long a word");
			word[len++] = *text;
		}
	}
	words[count] = NULL;
	return words;
}

static void
want_nothing(void)
{
	wanted_count = texts_used = 0;
}

/* The command that should be run: that of the command line, else that of the file. */
static char *const *
wanted_command(char *const *words)
{
	static char *const	 none[] = { NULL };
	const struct assignment *a = chosen_for(row_into(offsetof(struct config, command)));

	return words && *words ? words : a ? split(a->text) : none;
}

/* The same options read by the manual; where the command begins, or -1 for what is none. */
static int
want_argv(int argc, char **argv)
{
	int i = 2;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--"))
			return i + 1;
		if (argv[i][1] == '-') {
			char		 *name = strdup(argv[i] + 2), *value = strchr(name, '=');
			const struct row *row;
			if (value)
				*value++ = '\0';
			row = row_named(name);
			if (!row)
				return -1;
			if (!value && row->type != T_BOOL)
				value = i + 1 < argc ? argv[++i] : NULL;
			if (!value && row->type != T_BOOL)
				return -1;
			want(0, row, value ? value : "yes", true);
			free(name);
			continue;
		}
		for (const char *at = argv[i] + 1; *at; at++) {
			const struct row *row = NULL;
			for (size_t n = 0; n < ROWS && *at != 'f'; n++)
				row = rows[n].letter == *at ? &rows[n] : row;
			if (row && row->type == T_BOOL) {
				want(0, row, "yes", true);
				continue;
			}
			if (!row && *at != 'f')
				return -1;
			const char *value = at[1] ? at + 1 : i + 1 < argc ? argv[++i] : NULL;
			if (!value)
				return -1;
			if (row)
				want(0, row, value, true);
			break;
		}
	}
	return i;
}
