/* SPDX-License-Identifier: ISC */
/*
 * util.c - small files, checked numbers, words, mountinfo
 *
 * Nothing here allocates. What looks like the libc's own is here because these strings are short,
 * and the libc's way costs a kilobyte.
 */
#include "nook.h"

#include <dirent.h>
#include <poll.h>
#include <sys/syscall.h>
#include <time.h>

#include "kernel.h"

char *
file_rest(int fd)
{
	char   *buf = rooms.file;
	size_t	len = 0;
	ssize_t n;
	int	err;

	if (fd < 0)
		return NULL;
	do {
		n = read(fd, buf + len, sizeof(rooms.file) - len);
		if (n > 0)
			len += (size_t)n;
		/* no file of the kernel's breaks off before half a page; saves asking for its end */
	} while (n < 0 ? errno == EINTR : n >= 2048 && len < sizeof(rooms.file));
	err = n < 0 ? errno : EFBIG;
	close(fd);
	if (n >= 0 && len < sizeof(rooms.file)) {
		buf[len] = '\0';
		return buf;
	}
	errno = err;
	return NULL;
}

char *
file_read(int dir, const char *path)
{
	return file_rest(sys_openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
}

int
file_put(int dir, const char *path, int how, const char *text)
{
	int	fd = sys_openat(dir, path, how | O_CLOEXEC | O_NOCTTY), err;
	size_t	len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -1;
	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return fd;
	err = n < 0 ? errno : EIO;
	close(fd);
	errno = err;
	return -1;
}

int
file_write(int dir, const char *path, const char *text)
{
	int fd = file_put(dir, path, O_WRONLY, text);

	return fd < 0 ? -1 : close(fd);
}

/* The libc's are made for speed on long strings; these are short, and so is a kilobyte. */
char *
find_char(const char *text, char c)
{
	for (; *text != c; text++)
		if (!*text)
			return NULL;
	return (char *)(uintptr_t)text;
}

char *
find_byte(const char *bytes, char c, size_t len)
{
	for (; len; len--, bytes++)
		if (*bytes == c)
			return (char *)(uintptr_t)bytes;
	return NULL;
}

size_t
span_of(const char *text, const char *set)
{
	size_t n = 0;

	while (text[n] && find_char(set, text[n]))
		n++;
	return n;
}

size_t
span_until(const char *text, const char *set)
{
	size_t n = 0;

	while (text[n] && !find_char(set, text[n]))
		n++;
	return n;
}

char *
next_word(char **rest, const char *separators)
{
	char *word = *rest;

	if (!word)
		return NULL;
	*rest = word + span_until(word, separators);
	if (**rest)
		*(*rest)++ = '\0';
	else
		*rest = NULL;
	return word;
}

void
set_text(char *to, const char *from)
{
	while ((*to++ = *from++))
		;
}

const char *
find_text(const char *text, const char *what)
{
	for (size_t len = strlen(what); *text; text++)
		if ((*text == *what || !len) && !strncmp(text, what, len))
			return text;
	return NULL;
}

const char *
digits(const char *text, int64_t *out)
{
	int64_t n = 0;

	if (*text < '0' || *text > '9' || (*text == '0' && text[1] >= '0' && text[1] <= '9'))
		return NULL; /* 010: eight or ten? */
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, *text - '0', &n))
			return NULL;
	*out = n;
	return text;
}

const char *
word_at(const char *list, char sep, int n, size_t *len)
{
	for (; list; n--) {
		const char *end = find_char(list, sep);
		*len = end ? (size_t)(end - list) : strlen(list);
		if (n == 0)
			return list;
		list = end ? end + 1 : NULL;
	}
	return NULL;
}

int
word_index(const char *list, char sep, const char *word, size_t len)
{
	size_t	    got;
	const char *at;

	for (int i = 0; (at = word_at(list, sep, i, &got)); i++)
		if (got == len && len && !memcmp(at, word, len))
			return i;
	return -1;
}

bool
comma_list_has(const char *list, const char *word)
{
	return word_index(list, ',', word, strlen(word)) >= 0;
}

char *
first_line(char *line)
{
	line[span_until(line, "\n")] = '\0';
	return line;
}

int64_t
sum_after(const char *text, const char *key)
{
	int64_t sum = UNSET, n;
	size_t	len = strlen(key);

	for (const char *at = text; (at = find_text(at, key)); at += len + !len) {
		bool start = at == text || at[-1] == '\n' || at[-1] == ' ';
		if (start && digits(at + len, &n))
			sum = sum == UNSET ? n : (int64_t)((uint64_t)sum + (uint64_t)n);
		if (!len)
			break;
	}
	return sum;
}

bool
exists(int dir, const char *path)
{
	return syscall(SYS_faccessat, dir, path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

int
signal_default(int sig)
{
	long action[16] = { 0 }; /* SIG_DFL and no flags, however an architecture lays it out */

	return (int)syscall(SYS_rt_sigaction, sig, action, NULL, _NSIG / 8);
}

uint64_t
hex(const char *text)
{
	uint64_t n = 0;

	for (; (*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'f'); text++)
		n = n << 4 | (uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
	return n;
}

bool
starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

bool
copy(char *to, size_t size, const char *from, size_t len)
{
	if (len >= size)
		return false;
	memcpy(to, from, len);
	to[len] = '\0';
	return true;
}

const char *
size_text(int64_t n)
{
	char unit[2] = "";

	if (n == UNSET || n == UNLIMITED)
		return n == UNSET ? "unknown" : "max";
	for (const char *next = "kmgt"; *next && n >= 10240; n >>= 10)
		*unit = *next++;
	return textf("%lld%s", (long long)n, unit);
}

bool
nobody_reads(int channel)
{
	struct pollfd p = { .fd = channel };

	return poll(&p, 1, 0) > 0 && p.revents & (POLLERR | POLLHUP);
}

void
nap(int msec)
{
	(void)poll(NULL, 0, msec); /* too short a sleep does no harm */
}

/* Not by the libc: its way over the vDSO costs a kilobyte. */
int64_t
now_msec(void)
{
	long t[4] = { 0 };
#ifdef SYS_clock_gettime64 /* 32 bits, 5.1: seconds of 64; the low half comes first but on mips */
	int64_t t64[2] = { 0 };
	if (syscall(SYS_clock_gettime64, CLOCK_MONOTONIC, t64) == 0)
		return t64[0] * 1000 + (int32_t)(t64[1] & 0x7fffffff) / 1000000;
	(void)syscall(SYS_clock_gettime32, CLOCK_MONOTONIC, t);
#else
	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, t); /* cannot fail for this clock */
#endif
	return (int64_t)t[0] * 1000 + t[1] / 1000000;
}

int
mountinfo_open(struct mountinfo *m)
{
	m->have = m->used = 0;
	m->fd = sys_openat(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	return m->fd < 0 ? -1 : 0;
}

/* \040 and its kind: how the kernel writes blanks, tabs, newlines and backslashes. */
static char *
decode_octal(char *text)
{
	char *to = text;

	for (char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] && from[2] && from[3]) {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + from[3] - '0');
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return text;
}

static char *
mountinfo_line(struct mountinfo *m)
{
	for (;;) {
		char   *line = m->buf + m->used;
		char   *end = find_byte(line, '\n', m->have - m->used);
		ssize_t n;

		if (end) {
			*end = '\0';
			m->used = (size_t)(end + 1 - m->buf);
			return line;
		}
		memmove(m->buf, line, m->have -= m->used);
		m->used = 0;
		if (m->have == sizeof(m->buf))
			refuse(LONG_LINE, (unsigned)sizeof(m->buf));
		n = read(m->fd, m->buf + m->have, sizeof(m->buf) - m->have);
		if (n < 0 && errno != EINTR)
			fail(TO_READ, "/proc/self/mountinfo");
		if (n == 0)
			return NULL;
		if (n > 0)
			m->have += (size_t)n;
	}
}

/* 36 35 98:0 /root /point options [tags...] - type source super-options */
bool
mountinfo_next(struct mountinfo *m)
{
	char *line, *rest, *field[6];

	while ((line = mountinfo_line(m))) {
		rest = (char *)(uintptr_t)find_text(line, " - ");
		for (size_t i = 0; i < countof(field); i++)
			field[i] = next_word(&line, " ");
		if (!rest || !field[5])
			continue;
		rest += 3;
		if (!digits(field[0], &m->id) || !digits(field[1], &m->parent))
			continue;
		m->root = decode_octal(field[3]);
		m->point = decode_octal(field[4]);
		m->options = field[5];
		m->type = next_word(&rest, " ");
		(void)next_word(&rest, " "); /* the source says nothing reliable */
		m->super = rest ? rest : m->options + strlen(m->options);
		return true;
	}
	close(m->fd);
	return false;
}

const char *
next_entry(struct listing *l, uint8_t type)
{
	struct entry {
		uint64_t ino, off;
		uint16_t len;
		uint8_t	 type;
		char	 name[1];
	} *entry;

	for (;;) {
		if (l->used == l->have) {
			l->used = 0;
			l->have = syscall(SYS_getdents64, l->dir, l->buf, sizeof(l->buf));
			if (l->have <= 0)
				return NULL;
		}
		entry = (void *)(l->buf + l->used);
		l->used += entry->len;
		if (entry->type == type && *entry->name != '.')
			return entry->name;
	}
}

bool
close_from(unsigned first, bool mark, int all)
{
	struct listing l = { .dir = all };
	const char    *name;
	int64_t	       fd;

	if (syscall(SYS_close_range, first, ~0u, mark ? CLOSE_RANGE_CLOEXEC : 0) == 0)
		return true;
	/* not up to a limit: that may have been lowered since they were opened */
	if (all < 0)
		l.dir = all = sys_openat(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (all < 0)
		return false;
	while ((name = next_entry(&l, DT_LNK)))
		if (digits(name, &fd) && fd >= first && fd != all)
			(void)(mark ? sys_fcntl((int)fd, F_SETFD, FD_CLOEXEC) : close((int)fd));
	return close(all) == 0;
}

const char *
variable(const char *name)
{
	size_t len = strlen(name);

	for (char **e = environ; *e; e++)
		if (!strncmp(*e, name, len) && (*e)[len] == '=')
			return *e + len + 1;
	return NULL;
}
