/* SPDX-License-Identifier: ISC */
/*
 * fuzz.c - the readers under libFuzzer, with ASan and UBSan
 *
 * Built from all sources of nook at once, one target a program: -DTARGET=settings, files. More is
 * asked for than no crash:
 *
 *   settings  what explain prints of an accepted file is accepted, and printed again just so; of a
 *             refused one each message names its line, or that it is the whole file
 *   files     whatever a file of /proc, /sys or the root holds, it is read within its bounds
 */
#define _GNU_SOURCE
#include <sys/mount.h> /* before kernel.h, which makes up for older ones */
#define FSOPEN_CLOEXEC 1

#define main nook_main
#define file_read file_read_from_disk
#include "util.c"
#undef file_read
char *file_read(int dir, const char *path);
#include "start.c"
#include "rest.c"
#include "messages.c"
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
#include "seccomp.c"
#include "policy.c"
#include "streams.c"
#include "logs.c"
#include "notify.c"
#include "terminal.c"
#include "supervise.c"
#include "report.c"
#include "init.c"
#include "check.c"
#include "explain.c"
#include "list.c"
#include "launcher.c"
#undef main

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static jmp_buf	      refused;
static const uint8_t *input;
static size_t	      input_size;
static int	      settings_file = -1, printed = -1, said = -1, complaints = -1;

/* Whatever is read holds the input, but the settings. */
char *
file_read(int dir, const char *path)
{
	if (settings_file >= 0)
		return file_read_from_disk(dir, path);
	if (input_size >= sizeof(rooms.file)) {
		errno = EFBIG;
		return NULL;
	}
	memcpy(rooms.file, input, input_size);
	rooms.file[input_size] = '\0';
	return rooms.file;
}

static noreturn void
fail_here(int status, const char *message)
{
	if (*message)
		say_plain(message);
	longjmp(refused, status ? status : 1);
}

static void
rewrite(int fd, const void *bytes, size_t size)
{
	if (ftruncate(fd, 0) < 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size || lseek(fd, 0, SEEK_SET) < 0)
		abort();
}

static char *
text_in(int fd)
{
	static char   text[2][1 << 20];
	static size_t next;
	char	     *to = text[next++ % 2];
	ssize_t	      n = pread(fd, to, sizeof(text[0]) - 1, 0);

	to[n > 0 ? n : 0] = '\0';
	return to;
}

/* Reads the settings file as `nook explain -f` does; what is printed is in `printed`. */
static bool
explained_here(const char *bytes, size_t size)
{
	static char   path[32], word[] = "nook", mode[] = "explain", option[] = "-f";
	char	     *argv[] = { word, mode, option, path, NULL };
	static struct config cfg;

	memset(&cfg, 0, sizeof(cfg));
	memset(&reading, 0, sizeof(reading));
	memset(&words, 0, sizeof(words));
	*explained = '\0';
	print_error = 0;
	rewrite(settings_file, bytes, size);
	rewrite(printed, "", 0);
	rewrite(said, "", 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", settings_file);
	fail_hook = fail_here;
	if (setjmp(refused))
		return false;
	(void)settings_read(4, argv, &cfg, NULL);
	explain_settings(&cfg);
	return true;
}

static void
messages_name_a_line(void)
{
	char *rest = text_in(said), *line;

	while ((line = next_word(&rest, "\n")))
		if (*line && !strstr(line, "/proc/self/fd/") && !strstr(line, "hint: ") && !strstr(line, "too many settings")) {
			dprintf(complaints, "without its line: %s\n", line);
			abort();
		}
}

static void
settings(const uint8_t *data, size_t size)
{
	char *first, *again;

	if (settings_file < 0) {
		settings_file = memfd_create("settings", 0);
		printed = memfd_create("printed", 0);
		said = memfd_create("said", 0);
		dup2(printed, 1);
		dup2(said, 2);
		fchmod(settings_file, 0600);
	}
	if (!explained_here((const char *)data, size)) {
		messages_name_a_line();
		return;
	}
	first = text_in(printed);
	if (strstr(first, "holds a line break"))
		return;
	if (!explained_here(first, strlen(first))) {
		dprintf(complaints, "not accepted again:\n%s\n%s", first, text_in(said));
		abort();
	}
	again = text_in(printed);
	for (char *a = first, *b = again; a || b;) { /* comments tell where it came from */
		char *x = next_word(&a, "\n"), *y = next_word(&b, "\n");
		while (x && *x == '#')
			x = next_word(&a, "\n");
		while (y && *y == '#')
			y = next_word(&b, "\n");
		if (!x != !y || (x && strcmp(x, y))) {
			dprintf(complaints, "otherwise the second time:\n%s\n%s\n", x ? x : "", y ? y : "");
			abort();
		}
	}
}

static void
files(const uint8_t *data, size_t size)
{
	static struct config cfg;
	static struct mountinfo m;
	char		   line[1024], *field[6];
	int		   fd;

	input = data;
	input_size = size;
	if (said < 0) {
		said = memfd_create("said", 0);
		dup2(said, 2);
	}
	rewrite(said, "", 0);
	fail_hook = fail_here;
	if (setjmp(refused) == 0) {
		fd = memfd_create("mountinfo", 0);
		rewrite(fd, data, size);
		m = (struct mountinfo){ .fd = fd };
		while (mountinfo_next(&m))
			if (strlen(m.root) + strlen(m.point) + strlen(m.options) + strlen(m.type) + strlen(m.super) > sizeof(m.buf) + 8)
				abort();
	}
	if (setjmp(refused) == 0)
		(void)lookup("passwd", "0", line, sizeof(line), field, 6);
	if (setjmp(refused) == 0)
		(void)lookup("group", "root", line, sizeof(line), field, 3);
	if (setjmp(refused) == 0)
		(void)init_settings_file();
	if (setjmp(refused) == 0 && file_read(AT_FDCWD, "")) {
		(void)sum_after(rooms.file, "oom_kill ");
		(void)sum_after(rooms.file, "");
		(void)sum_after(rooms.file, "rbytes=");
	}
	(void)cfg;
}

/* To be run with -close_fd_mask=3, as 1 and 2 are nook's. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	complaints = fcntl(2, F_DUPFD_CLOEXEC, 100);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TARGET(data, size);
	return 0;
}
