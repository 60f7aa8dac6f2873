/* SPDX-License-Identifier: ISC */
/*
 * messages.c - what nook says: texts, formats, failures with their hints
 *
 * One message is one write(2). Nothing here allocates. Every byte of a string that came from
 * outside and is not printable ASCII leaves as \xNN, so no message can drive a terminal.
 */
#include "nook.h"

#include <poll.h>
#include <stdarg.h>

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
	case 'l': /* %lld */
		*fmt += 2;
		n = va_arg(*args, long long);
		break;
	default: /* %d */
		n = va_arg(*args, int);
		break;
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
	static size_t used; /* one behind the other: a run that goes well fills a page of them */
	struct out    o = { rooms.text + used, TEXT_MAX, 0, true };
	va_list	      args;

	va_start(args, fmt);
	used += format_list(&o, fmt, &args) + 1;
	va_end(args);
	if (used > sizeof(rooms.text) - TEXT_MAX)
		used = 0;
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
print_end(int status)
{
	errno = print_error;
	if (errno)
		fail(TO_WRITE, "standard output");
	fail_hook(status, "");
}

#define WANT_TEXTS
#include "build/tables.h"
#undef WANT_TEXTS

static roomy char unpacked[UNPACKED + 1] __attribute__((aligned(4096))); /* a page of it is wanted */
static size_t	filled;		       /* of it */
static unsigned text_count;		       /* that are there */
static uint16_t eighth[TEXTS / 8 + 1]; /* where each eighth one begins */

/* A byte from 97 up stands for two. */
static void
unpack(uint8_t byte)
{
	for (; byte >= 97; byte = pairs[byte - 97][1])
		unpack(pairs[byte - 97][0]);
	unpacked[filled++] = (char)(byte == 96 ? '\n' : byte ? byte + 31 : 0);
	if (!byte && ++text_count % 8 == 0)
		eighth[text_count / 8] = (uint16_t)filled;
}

const char *
text_of(unsigned n)
{
	static size_t taken; /* of packed */
	const char   *at;

	/* as far as it is wanted: a run that goes well wants a page of them */
	while (text_count <= n)
		unpack(packed[taken++]);
	for (at = unpacked + eighth[n / 8]; n % 8; n--)
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

int
error_number(int n)
{
	return n < 0 ? 0 : errnos[n];
}

static noreturn void
give_up(enum attempt what, int err, const char *fmt, va_list *args)
{
	char	    buf[MESSAGE_MAX];
	struct out  o = { buf, sizeof(buf) - 256, 0, true }; /* 256: for why, also of a long path */
	const char *verb;
	size_t	    len;

	if (what != REFUSED) {
		put_text(&o, "cannot ");
		verb = word_at(text_of(VERBS), '|', (int)what, &len);
		while (len--)
			put(&o, *verb++);
		put(&o, ' ');
	}
	o.raw = false;
	(void)format_list(&o, fmt, args);
	o.raw = true;
	o.size = sizeof(buf);
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
	va_end(args);
}

void
refuse(enum text text, ...)
{
	va_list args;

	va_start(args, text);
	give_up(REFUSED, 0, text_of(text), &args);
	va_end(args);
}
