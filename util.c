/* SPDX-License-Identifier: ISC */
/*
 * util.c - messages, small files, checked numbers
 *
 * One message is one write(2). Nothing here allocates. Every byte of a string that came from
 * outside and is not printable ASCII leaves as \xNN, so no message can drive a terminal.
 */
#include "nook.h"

#include "kernel.h"

#include <poll.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>

noreturn void (*fail_hook)(int status, const char *message);

struct out {
	char  *buf;
	size_t size, len;
	bool   raw;
};

static void
put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len++] = c;
}

static void
put_text(struct out *o, const char *s)
{
	static const char hex[] = "0123456789abcdef";

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (o->raw || (c >= ' ' && c <= '~')) {
			put(o, *s);
			continue;
		}
		put(o, '\\');
		put(o, 'x');
		put(o, hex[c >> 4]);
		put(o, hex[c & 15]);
	}
}

static void
put_number(struct out *o, uint64_t n, unsigned base)
{
	char  digit[24];
	size_t i = 0;

	do
		digit[i++] = "0123456789abcdef"[n % base];
	while (n /= base);
	while (i)
		put(o, digit[--i]);
}

static void
put_conversion(struct out *o, const char **fmt, va_list *args)
{
	int64_t n;

	switch (*(*fmt)++) {
	case 's':
		put_text(o, va_arg(*args, const char *));
		return;
	case 'u':
		put_number(o, va_arg(*args, unsigned), 10);
		return;
	case 'x':
		put_number(o, va_arg(*args, unsigned), 16);
		return;
	case 'z': /* %zu */
		(*fmt)++;
		put_number(o, va_arg(*args, size_t), 10);
		return;
	case 'l': /* %lld */
		*fmt += 2;
		n = va_arg(*args, long long);
		break;
	case 'd':
		n = va_arg(*args, int);
		break;
	default:
		put(o, '%');
		return;
	}
	if (n < 0)
		put(o, '-');
	put_number(o, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 10);
}

static size_t
format_list(struct out *o, const char *fmt, va_list *args)
{
	while (*fmt) {
		char c = *fmt++;
		if (c == '%')
			put_conversion(o, &fmt, args);
		else
			put(o, c);
	}
	o->buf[o->len] = '\0';
	return o->len;
}

char *
textf(const char *fmt, ...)
{
	static char	buf[4][PATH_MAX + 64];
	static unsigned next;
	struct out	o = { buf[next++ % countof(buf)], sizeof(buf[0]), 0, true };
	va_list		args;

	va_start(args, fmt);
	(void)format_list(&o, fmt, &args);
	va_end(args);
	return o.buf;
}

/* A pipe that nobody reads must not stop the supervision: wait for room, but not for long. */
static void
write_message(const char *text, size_t len)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	while (poll(&p, 1, 200) < 0 && errno == EINTR)
		;
	if (p.revents & POLLOUT && write(STDERR_FILENO, text, len) < 0)
		return; /* nowhere is left to say so */
}

void
say(const char *fmt, ...)
{
	char	   line[4096]; /* what a pipe takes in one piece */
	struct out o = { line, sizeof(line) - 1, 0, false };
	va_list	   args;

	put_text(&o, "nook: ");
	va_start(args, fmt);
	(void)format_list(&o, fmt, &args);
	va_end(args);
	line[o.len++] = '\n';
	write_message(line, o.len);
}

/* For text that is already formatted, and may hold a second line with the hint. */
void
say_plain(const char *message)
{
	const char *line = textf("nook: %s\n", message);

	write_message(line, strlen(line));
}

static int print_error;

/* For --help and explain: what the user asked to see, on standard output. */
void
print(const char *fmt, ...)
{
	char	   line[VALUE_MAX * 2];
	struct out o = { line, sizeof(line), 0, true };
	va_list	   args;

	va_start(args, fmt);
	(void)format_list(&o, fmt, &args);
	va_end(args);
	print_text(o.buf);
}

void
print_text(const char *text)
{
	size_t len = strlen(text);

	if (write(STDOUT_FILENO, text, len) != (ssize_t)len && !print_error)
		print_error = errno ? errno : EIO;
}

void
print_end(void)
{
	errno = print_error;
	if (errno)
		fail(TO_WRITE, "standard output");
	fail_hook(0, "");
}

static const char verbs[][15] = {
	[TO_OPEN] = "open",
	[TO_READ] = "read",
	[TO_WRITE] = "write",
	[TO_MAKE] = "make",
	[TO_MOUNT] = "mount",
	[TO_LIMIT] = "write",
	[TO_ATTACH] = "join group",
	[TO_CLONE] = "start in",
	[TO_JOIN] = "join",
	[TO_ENTER_ROOT] = "change root to",
	[TO_USE] = "use",
	[TO_SET] = "set",
	[TO_RUN] = "run",
	[TO_FIND] = "run",
	[TO_CHDIR] = "change to",
	[TO_TERMINAL] = "set up",
};

#define WANT_TEXTS
#include "build/tables.h"
#undef WANT_TEXTS

/* A byte from 128 up stands for two. */
static char *
unpack(char *to, uint8_t byte)
{
	if (byte < 128) {
		*to++ = (char)byte;
		return to;
	}
	to = unpack(to, pairs[byte - 128][0]);
	return unpack(to, pairs[byte - 128][1]);
}

const char *
text_of(unsigned n)
{
	static char all[UNPACKED + 1];
	const char *at = all;

	if (!*all) {
		char *to = all;
		for (size_t i = 0; i < sizeof(packed); i++)
			to = unpack(to, packed[i]);
	}
	while (n--)
		at += strlen(at) + 1;
	return at;
}

const char *
error_text(int err)
{
	for (unsigned i = 0; i < countof(errnos); i++)
		if (errnos[i] == err)
			return text_of(FIRST_ERRNO + i);
	return textf("error %d", err);
}

static noreturn void
give_up(enum attempt what, int err, const char *fmt, va_list *args)
{
	char	   buf[MESSAGE_MAX];
	struct out o = { buf, sizeof(buf), 0, true };

	if (what != REFUSED) {
		put_text(&o, "cannot ");
		put_text(&o, verbs[what]);
		put(&o, ' ');
	}
	o.raw = false;
	(void)format_list(&o, fmt, args);
	o.raw = true;
	if (err) {
		put_text(&o, ": ");
		put_text(&o, error_text(err));
	}
	for (unsigned i = 0; i < countof(hints); i++) {
		if (hints[i].what == what && hints[i].err == err) {
			put_text(&o, "\nnook: hint: ");
			put_text(&o, text_of(FIRST_HINT + i));
			break;
		}
	}
	o.buf[o.len] = '\0';
	fail_hook(what == TO_FIND ? STATUS_NOT_FOUND : what == TO_RUN ? STATUS_CANNOT_RUN : STATUS_FAILED, buf);
}

void
fail(enum attempt what, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	give_up(what, errno, fmt, &args);
}

void
refuse(enum text text, ...)
{
	va_list args;

	va_start(args, text);
	give_up(REFUSED, 0, text_of(text), &args);
}

char *
file_read(int dir, const char *path)
{
	static char buf[64 << 10]; /* only the pages that are filled are ever there */
	size_t	    len = 0;
	ssize_t	    n;
	int	    fd = sys_openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), err;

	if (fd < 0)
		return NULL;
	do {
		n = read(fd, buf + len, sizeof(buf) - len);
		if (n > 0)
			len += (size_t)n;
		/* no file of the kernel's breaks off before half a page; saves asking for its end */
	} while (n < 0 ? errno == EINTR : n >= 2048 && len < sizeof(buf));
	err = n < 0 ? errno : EFBIG;
	close(fd);
	if (n >= 0 && len < sizeof(buf)) {
		buf[len] = '\0';
		return buf;
	}
	errno = err;
	return NULL;
}

int
file_write(int dir, const char *path, const char *text)
{
	int	fd = sys_openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	size_t	len = strlen(text);
	ssize_t n;
	int	err;

	if (fd < 0)
		return -1;
	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	err = n < 0 ? errno : EIO;
	close(fd);
	if (n == (ssize_t)len)
		return 0;
	errno = err;
	return -1;
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
		if (!strncmp(text, what, len))
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
			sum = sum == UNSET ? n : sum + n;
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

void
signal_default(int sig)
{
	long action[16] = { 0 }; /* SIG_DFL and no flags, however an architecture lays it out */

	(void)syscall(SYS_rt_sigaction, sig, action, NULL, _NSIG / 8); /* SIGKILL, SIGSTOP: always so */
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
			refuse(LONG_LINE, sizeof(m->buf));
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
