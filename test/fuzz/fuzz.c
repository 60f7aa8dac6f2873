/* SPDX-License-Identifier: ISC */
/*
 * fuzz.c - every reader of nook's under libFuzzer, with ASan and UBSan
 *
 * One program of all sources, on a kernel that is played in memory (world.c). $FUZZ names the target. More is
 * asked for than no crash; what the readers find is compared with what others, written for this after the
 * manual, make of the same bytes (reference.c):
 *
 *   settings  a settings file under `nook explain`: each line is in force as it reads (wanted.c, explained.c), or
 *             all is refused and each message names its line; what is printed is accepted, and is the same
 *             settings; the limits that go into a group of v1 or v2 are those that were read (groups.c)
 *   argv      the same of a command line, words separated by NUL bytes
 *   policy    a policy for seccomp: the program that the kernel gets, interpreted, does with each call what
 *             the lines say (policies.c)
 *   mountinfo, cgroup: what the kernel says (files.c)
 *   passwd, cmdline, notify: what the root, the boot loader and the workload say (others.c)
 */
#include "test/fuzz/world.c"

/* Which way these go is not what libFuzzer is to look for, and they are to be quick. */
#define PLAIN __attribute__((no_sanitize("coverage", "undefined")))
PLAIN char  *find_char(const char *text, char c);
PLAIN size_t span_of(const char *text, const char *set);
PLAIN size_t span_until(const char *text, const char *set);
PLAIN void   set_text(char *to, const char *from);
PLAIN const char *word_at(const char *list, char sep, int n, size_t *len);
PLAIN const char *seccomp_next(const char *name, size_t *call);
PLAIN static void set_default(size_t call);
PLAIN int    word_index(const char *list, char sep, const char *word, size_t len);
__attribute__((no_sanitize("coverage", "undefined", "address"))) static size_t distance(const char *a, size_t alen, const char *b);

#define main nook_main
#define text_of text_of_by_walk
#pragma clang attribute push(PLAIN, apply_to = function)
#include "messages.c"
#pragma clang attribute pop
#undef text_of
/* For speed: each run asks for hundreds. */
const char *
text_of(unsigned n)
{
	static const char *texts[2048];

	if (n >= countof(texts))
		return text_of_by_walk(n);
	if (!texts[n])
		texts[n] = text_of_by_walk(n);
	return texts[n];
}
#include "start.c"
#include "rest.c"
#include "util.c"
#include "values.c"
#include "mountings.c"
#include "reading.c"
#include "settings.c"
#include "hierarchy.c"
#include "parent.c"
#include "limits.c"
#include "cgroup.c"
#include "ns.c"
#include "userns.c"
#include "devices.c"
#include "root.c"
#include "protect.c"
#include "privs.c"
#define strlen plain_length /* of its own tables alone */
#include "seccomp.c"
#undef strlen
/* Most of what `explain` costs, and not looked at but by a target of its own; and of a policy, what was meant. */
static bool no_filter, no_guess;
#define settings_nearer(...) (!no_guess && settings_nearer(__VA_ARGS__))
#define seccomp_begin(...) (no_filter ? (void)0 : seccomp_begin(__VA_ARGS__))
#define seccomp_compile() (no_filter ? (void)0 : seccomp_compile())
#include "policy.c"
#undef seccomp_begin
#undef seccomp_compile
#undef settings_nearer
#include "streams.c"
#include "logs.c"
#include "notify.c"
#include "terminal.c"
#include "supervise.c"
#include "inside.c"
#include "report.c"
#include "init.c"
#include "check.c"
#include "explain.c"
#include "list.c"
#include "launcher.c"
#undef main

/* Neither are the references. */
#pragma clang attribute push(__attribute__((no_sanitize("coverage", "address"))), apply_to = function)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max); /* libFuzzer's own */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

static unsigned long accepted; /* inputs that were read to their end: of those most is asked */

#include "test/fuzz/reference.c"
#include "test/fuzz/wanted.c"
#include "test/fuzz/groups.c"
#include "test/fuzz/explained.c"
#include "test/fuzz/policies.c"
#include "test/fuzz/files.c"
#include "test/fuzz/others.c"

static const struct target {
	const char *name;
	void (*run)(const char *bytes, size_t size);
	char separator; /* of its lines */
} targets[] = {
	{ "settings", settings_target, '\n' },
	{ "argv", argv_target, '\0' },
	{ "policy", policy_target, '\n' },
	{ "mountinfo", mountinfo_target, '\n' },
	{ "cgroup", cgroup_target, '\n' },
	{ "passwd", passwd_target, '\n' },
	{ "cmdline", cmdline_target, ' ' },
	{ "notify", notify_target, '\n' },
};
static const struct target *target;
static char		   *lines[1024]; /* good ones, to be put in: the words of $FUZZ_LINES */
static size_t		    line_count;

static void
say_accepted(void)
{
	fprintf(stderr, "accepted: %lu\n", accepted);
}

static void
read_lines(const char *path)
{
	FILE  *from = path ? fopen(path, "r") : NULL;
	size_t room = 0;

	while (from && line_count < countof(lines) && getline(&lines[line_count], &room, from) > 0) {
		lines[line_count][strcspn(lines[line_count], "\n")] = '\0';
		line_count++;
		room = 0;
	}
	if (from)
		fclose(from);
}

/* Bytes alone make garbage of a file of lines: so also a line goes, comes, or changes by itself. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	size_t	 from = 0, to, room, len;
	uint8_t *end, line[256];

	if (!line_count || seed % 4 == 0 || !size)
		return LLVMFuzzerMutate(data, size, max);
	for (from = (seed >> 8) % size; from && data[from - 1] != (uint8_t)target->separator;)
		from--;
	end = memchr(data + from, target->separator, size - from);
	to = end ? (size_t)(end - data) : size;
	if (seed % 4 == 1) { /* one comes */
		len = (size_t)snprintf((char *)line, sizeof(line), "%s", lines[(seed >> 4) % line_count]);
		line[len++] = (uint8_t)target->separator;
		to = from;
	} else if (seed % 4 == 2 && size > 40) { /* one goes */
		len = 0;
		to += end != NULL;
	} else {
		len = to - from < sizeof(line) ? to - from : sizeof(line);
		memcpy(line, data + from, len);
		to = from + len;
		room = max - (size - len) < sizeof(line) ? max - (size - len) : sizeof(line);
		len = LLVMFuzzerMutate(line, len, room);
	}
	if (len > sizeof(line) || size - (to - from) + len > max)
		return LLVMFuzzerMutate(data, size, max);
	memmove(data + from + len, data + to, size - to);
	memcpy(data + from, line, len);
	return size - (to - from) + len;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("FUZZ");

	(void)argc;
	(void)argv;
	for (size_t i = 0; name && i < countof(targets); i++)
		if (!strcmp(targets[i].name, name))
			target = &targets[i];
	if (!target) {
		fputs("FUZZ is to be one of:", stderr);
		for (size_t i = 0; i < countof(targets); i++)
			fprintf(stderr, " %s", targets[i].name);
		fputs("\n", stderr);
		exit(2);
	}
	read_lines(getenv("FUZZ_LINES"));
	world.planted = getenv("FUZZ_PLANTED") != NULL;
	(void)setenv("NOTIFY_SOCKET", "/notify", 1);
	(void)atexit(say_accepted);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *bytes; /* a copy that ends where the input does, and a NUL, so that ASan sees who reads on */

	bytes = malloc(size + 1);
	memcpy(bytes, data, size);
	bytes[size] = '\0';
	world_begin();
	target->run(bytes, size);
	free(bytes);
	return 0;
}
#pragma clang attribute pop
