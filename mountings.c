/* SPDX-License-Identifier: ISC */
/*
 * mountings.c - volume, mount, tmpfs and device: what their values say
 *
 * All four come down to a struct mounting. Everything is nosuid and nodev until it is opened by name.
 */
#include "nook.h"

#include <sys/mount.h>

/* One word of a mount's options: sets flags and returns true, or leaves it for the data. */
static bool
mount_flag(const char *word, size_t len, struct mounting *out)
{
	static const char names[] = "ro|rw|noexec|exec|nodev|dev|nosuid|suid|try";
	static const uint8_t set[] = { MS_RDONLY, 0, MS_NOEXEC, 0, MS_NODEV, 0, MS_NOSUID, 0, 0 };
	static const uint8_t clear[] = { 0, MS_RDONLY, 0, MS_NOEXEC, 0, MS_NODEV, 0, MS_NOSUID, 0 };
	int i = word_index(names, '|', word, len);

	if (i < 0)
		return false;
	out->flags = (out->flags | set[i]) & ~(unsigned long)clear[i];
	out->may_miss |= (size_t)i == countof(set) - 1;
	return true;
}

static bool
data_add(struct mounting *out, const char *word, size_t len)
{
	size_t have = strlen(out->data);

	if (have)
		out->data[have++] = ',';
	return have + 1 < sizeof(out->data) && copy(out->data + have, sizeof(out->data) - have, word, len);
}

static enum text
target_check(const struct mounting *m)
{
	const char *p = m->target;

	if (*p != '/' || !path_is_plain(p))
		return BAD_PLACE;
	return p[span_of(p, "/.")] ? GOOD : PLACE_IS_ROOT;
}

enum text
volume_read(const char *text, struct mounting *out)
{
	size_t	    len;
	const char *word = word_at(text, ':', 0, &len);
	int	    i = 1;

	memset(out, 0, offsetof(struct mounting, source) + 1);
	*out->type = *out->data = '\0';
	out->may_miss = false;
	out->flags = MS_BIND | MS_REC | MS_NOSUID | MS_NODEV;
	if (*word != '/' || !copy(out->source, sizeof(out->source), word, len))
		return BAD_SOURCE;
	(void)copy(out->target, sizeof(out->target), word, len);
	if ((word = word_at(text, ':', 1, &len)) && *word == '/') {
		if (!copy(out->target, sizeof(out->target), word, len))
			return TOO_LONG_A_PATH;
		i = 2;
	}
	if ((word = word_at(text, ':', i, &len))) {
		const char *options = word;
		if (find_char(options, ':'))
			return TOO_MANY_PARTS;
		for (i = 0; (word = word_at(options, ',', i, &len)); i++)
			if (!mount_flag(word, len, out))
				return AN_UNKNOWN_OPTION;
	}
	return target_check(out);
}

enum text
device_read(const char *text, struct mounting *out)
{
	enum text why = volume_read(text, out);

	out->flags &= ~(unsigned long)(MS_NODEV | MS_REC);
	if (!why && (!starts_with(out->target, "/dev/") || !out->target[5 + span_of(out->target + 5, "/.")]))
		why = NOT_BELOW_DEV;
	return why;
}

enum text
mount_read(const char *text, struct mounting *out)
{
	static const char keys[] = "type|src|dst";
	char *const	  into[] = { out->type, out->source, out->target };
	const size_t	  size[] = { sizeof(out->type), sizeof(out->source), sizeof(out->target) };
	const char	 *word, *equals;
	size_t		  len;

	*out->type = *out->source = *out->target = *out->data = '\0';
	out->may_miss = false;
	out->flags = MS_NOSUID | MS_NODEV;
	for (int i = 0; (word = word_at(text, ',', i, &len)); i++) {
		int key;
		if (starts_with(word, "opt=")) {
			text = word + 4;
			for (i = 0; (word = word_at(text, ',', i, &len)); i++)
				if (!mount_flag(word, len, out) && !data_add(out, word, len))
					return TOO_MANY_OPTIONS;
			break;
		}
		equals = find_byte(word, '=', len);
		key = equals ? word_index(keys, '|', word, (size_t)(equals - word)) : -1;
		if (key < 0 || *into[key] || word + len == equals + 1 ||
		    !copy(into[key], size[key], equals + 1, (size_t)(word + len - equals - 1)))
			return NOT_TYPE_SRC_DST;
	}
	if (!*out->type || !*out->source)
		return TYPE_AND_SRC_ARE_NEEDED;
	if (starts_with(out->type, "cgroup") && !(out->flags & MS_RDONLY))
		return CGROUPS_READ_ONLY;
	return target_check(out);
}

enum text
tmpfs_read(const char *text, struct mounting *out)
{
	const char *colon = find_char(text, ':'), *word;
	size_t	    len = colon ? (size_t)(colon - text) : strlen(text);

	set_text(out->type, "tmpfs");
	set_text(out->source, "tmpfs");
	set_text(out->data, "mode=1777");
	out->may_miss = false;
	out->flags = MS_NOSUID | MS_NODEV;
	if (!copy(out->target, sizeof(out->target), text, len))
		return TOO_LONG_A_PATH;
	for (int i = 0; colon && (word = word_at(colon + 1, ',', i, &len)); i++) {
		const char *equals = find_byte(word, '=', len);
		char	    value[32];
		int64_t	    n;
		int	    key;

		if (!equals && mount_flag(word, len, out))
			continue;
		key = equals ? word_index("mode|size|nr_inodes|uid|gid", '|', word, (size_t)(equals - word)) : -1;
		if (key < 0)
			return AN_UNKNOWN_OPTION;
		if (!copy(value, sizeof(value), equals + 1, (size_t)(word + len - equals - 1)) || !data_add(out, word, len) ||
		    (key ? size_read(value, &n) != GOOD || n < 0 : value[span_of(value, "01234567")] != '\0'))
			return NOT_A_NUMBER_FOR_AN_OPTION;
	}
	return target_check(out);
}
