/* SPDX-License-Identifier: ISC */
/*
 * reading.c - argv and the settings file, taken apart into assignments
 *
 * One grammar of values for both (values.c); here is only what stands around them: letters that
 * combine, long options, lines, comments. Nothing but the settings file is touched.
 */
#include "nook.h"

#include <sys/auxv.h>
#include <sys/stat.h>

#include "kernel.h"

enum { FILE_MAX = 64 << 10 }; /* as much as file_read takes */

/* cap-add = a,b is two items. Only for types whose values hold no comma. */
static void
assign_words(unsigned line, const struct row *row, char *text)
{
	if (row->type >= T_GROUP) {
		for (char *comma; (comma = find_char(text, ',')); text = comma + 1) {
			*comma = '\0';
			settings_assign(line, row, text);
		}
	}
	settings_assign(line, row, text);
}

static char *
trim(char *text, char *end)
{
	while (*text == ' ' || *text == '\t')
		text++;
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	return text;
}

static void
read_line(unsigned line, char *text)
{
	char		 *equals, *name, *end = text + strlen(text);
	const struct row *row;

	if (end > text && end[-1] == '\r')
		*--end = '\0';
	if (find_char(text, '\r')) {
		settings_mistake(line, text, text_of(CARRIAGE_RETURN), NULL);
		return;
	}
	text = trim(text, end);
	if (!*text || *text == '#')
		return;
	equals = find_char(text, '=');
	if (!equals || equals == text) {
		settings_mistake(line, text, text_of(NOT_ASSIGNED), NULL);
		return;
	}
	end = equals + 1 + strlen(equals + 1);
	name = trim(text, equals);
	row = settings_by_name(name, strlen(name));
	if (row)
		assign_words(line, row, trim(equals + 1, end));
	else
		settings_mistake(line, name, settings_unknown(name), NULL);
}

void
reading_lines(const char *path, const char *what, bool stay, void (*read)(unsigned, char *))
{
	static roomy char text[FILE_MAX];
	char	   *rest, *line;
	struct stat st;
	size_t	    len;
	unsigned    number = 0;

	if (sys_stat(path, &st) < 0)
		fail(TO_OPEN, "%s %s", what, path);
	if (!S_ISREG(st.st_mode))
		refuse(NOT_A_FILE, what, path);
	rest = file_read(AT_FDCWD, path);
	if (!rest)
		fail(TO_READ, "%s %s", what, path);
	if (st.st_mode & S_IWOTH && auxiliary(AT_EUID) == 0)
		refuse(FILE_LOOSE, what, path);
	len = strlen(rest);
	if (starts_with(rest, "\xef\xbb\xbf"))
		settings_mistake(1, "the file", text_of(BOM), NULL);
	if (stay) {
		set_text(text, rest); /* of the same size as file_read's */
		rest = text;
	}
	while ((line = next_word(&rest, "\n")))
		read(++number, line);
	if ((size_t)st.st_size > len) /* a reader of C strings would see a shorter, weaker file */
		settings_mistake(number, "the line", text_of(NUL_BYTE), NULL);
}

void
reading_file(const char *path)
{
	reading_lines(path, "settings file", true, read_line);
}

/* -tim500m: letters combine, the rest of the word or the next word is the value. */
int
reading_letters(char **argv, int i, struct asked *asked)
{
	for (char *at = argv[i] + 1; *at; at++) {
		const struct row *row = settings_by_letter(*at);
		char		  word[3] = { '-', *at, '\0' };
		char		 *value = at[1] ? at + 1 : argv[i + 1];

		if (*at == 'h') {
			asked->help = "";
			continue;
		}
		if (row && row->type == T_BOOL) {
			settings_assign(0, row, "yes");
			continue;
		}
		if (!row && *at != 'f') {
			settings_mistake(0, word, text_of(NO_LETTER), NULL);
			return i;
		}
		if (!value) {
			settings_mistake(0, word, text_of(NEEDS_VALUE), row ? settings_want(row) : "a file");
			return i;
		}
		if (!row && asked->file)
			settings_mistake(0, word, text_of(TWICE), NULL);
		else if (!row)
			asked->file = value;
		else
			assign_words(0, row, value);
		return at[1] ? i : i + 1;
	}
	return i;
}

int
reading_long(char **argv, int i, struct asked *asked)
{
	char		 *name = argv[i] + 2, *equals = find_char(name, '=');
	size_t		  len = equals ? (size_t)(equals - name) : strlen(name);
	const struct row *row = settings_by_name(name, len);

	if (!strcmp(name, "version")) {
		asked->version = true;
		return i;
	}
	if (!strcmp(name, "help")) {
		asked->help = argv[i + 1] ? argv[i + 1] : "";
		return strcmp(asked->help, "all") ? i : i + 1;
	}
	if (!row) {
		name[len] = '\0'; /* before the = */
		settings_mistake(0, name, settings_unknown(name), NULL);
	} else if (equals)
		assign_words(0, row, equals + 1);
	else if (row->type == T_BOOL)
		settings_assign(0, row, "yes");
	else if (argv[i + 1])
		assign_words(0, row, argv[++i]);
	else
		settings_mistake(0, argv[i], text_of(NEEDS_VALUE), settings_want(row));
	return i;
}
