/* SPDX-License-Identifier: ISC */
/*
 * world.c - the kernel as the readers see it, in memory: files, descriptors, what is printed
 *
 * Included by fuzz.c before nook's own sources, whose calls end here by the macros at the end. Nothing
 * reaches the machine: what is not played here fails with ENOSYS. A target says by world.find what
 * a name holds; everything else is forgotten by world_begin().
 */
#include "nook.h"

#include <dirent.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <linux/watchdog.h>
#include <net/if.h>
#include <poll.h>
#include <regex.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h> /* before kernel.h, which makes up for older ones */
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#define FSOPEN_CLOEXEC 1

enum { OPEN_MAX_FAKE = 64, FIRST_FD = 1000, PRINTED_MAX = 1 << 20, NAME_ROOM = 640 };

struct caught {
	size_t len;
	char   bytes[PRINTED_MAX];
};

static struct world {
	/* What the file holds, and how much; NULL: there is none. */
	const char *(*find)(int dir, const char *path, size_t *size);
	void (*written)(const char *path, const char *bytes, size_t size); /* to a file */
	void (*sent)(const char *bytes, size_t size);		       /* to a socket */
	size_t piece; /* most that one read(2) gives, 0: all there is */
	bool   planted; /* a fault: what is read is not what the reference sees */
	int    tells; /* errno of seccomp(2) when it is asked what it can do */
	int64_t msec;
	jmp_buf over;
	int	status; /* of fail_hook */
	struct caught printed, said;
	struct fake {
		bool	    used;
		const char *bytes;
		size_t	    size, at;
		int	    dir;
		char	    path[NAME_ROOM];
	} file[OPEN_MAX_FAKE];
} world;

/* For speed: libFuzzer has a hook in the libc's, and these strings are short. */
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
static inline int
plain_compare(const char *a, const char *b, size_t len)
{
	for (; len; len--, a++, b++)
		if (*a != *b || !*a)
			return (uint8_t)*a - (uint8_t)*b;
	return 0;
}

static inline int
plain_compare_bytes(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;

	for (; len; len--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

static inline size_t
plain_length(const char *text)
{
	return (size_t)((const char *)rawmemchr(text, '\0') - text);
}
#pragma clang attribute pop
#undef strcmp
#undef strncmp
#undef memcmp
#define strcmp(a, b) plain_compare(a, b, SIZE_MAX)
#define strncmp(a, b, len) plain_compare(a, b, len)
#define memcmp(a, b, len) plain_compare_bytes(a, b, len)

/* A property does not hold: says so, and ends as a crash does. */
static noreturn void
broken(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("BROKEN: ", stderr);
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n---- printed:\n%.4000s\n---- said:\n%.4000s\n", world.printed.bytes, world.said.bytes);
	va_end(args);
	abort();
}

static void
caught_empty(struct caught *t)
{
	t->len = 0;
	*t->bytes = '\0';
}

static void
caught_add(struct caught *t, const char *bytes, size_t size)
{
	if (size >= sizeof(t->bytes) - t->len)
		broken("prints without end");
	memcpy(t->bytes + t->len, bytes, size);
	t->len += size;
	t->bytes[t->len] = '\0';
}

static noreturn void
world_over(int status, const char *message)
{
	world.status = status;
	if (*message)
		say_plain(message);
	longjmp(world.over, 1);
}

static void
world_begin(void)
{
	caught_empty(&world.printed);
	caught_empty(&world.said);
	for (size_t i = 0; i < OPEN_MAX_FAKE; i++)
		world.file[i].used = false;
	world.status = -1;
	fail_hook = world_over;
}

/* Runs what may end by fail_hook; true when it came back by itself. */
#define WORLD_RUN(...) (setjmp(world.over) ? false : ((__VA_ARGS__), true))

static struct fake *
fake_of(int fd)
{
	if (fd < FIRST_FD || fd >= FIRST_FD + OPEN_MAX_FAKE || !world.file[fd - FIRST_FD].used)
		return NULL;
	return &world.file[fd - FIRST_FD];
}

static int
fail_with(int err)
{
	errno = err;
	return -1;
}

static int
world_open(int dir, const char *path)
{
	static const char own[] = "/proc/self/fd/";
	size_t		  size = 0;
	struct fake	 *again = strncmp(path, own, sizeof(own) - 1) ? NULL : fake_of(atoi(path + sizeof(own) - 1));
	const char	 *bytes = again ? again->bytes : world.find ? world.find(dir, path, &size) : NULL;

	if (again)
		size = again->size;
	if (!bytes)
		return fail_with(ENOENT);
	for (int i = 0; i < OPEN_MAX_FAKE; i++) {
		struct fake *f = &world.file[i];
		if (f->used)
			continue;
		f->used = true;
		f->bytes = bytes;
		f->size = size;
		f->at = 0;
		f->dir = dir;
		snprintf(f->path, sizeof(f->path), "%s", path);
		return FIRST_FD + i;
	}
	broken("leaves descriptors open: %s is one too many", path);
}

static int
world_stat(int dir, const char *path, struct stat *st)
{
	size_t	     size = 0;
	struct fake *f = *path ? NULL : fake_of(dir);
	const char  *bytes = f ? f->bytes : world.find ? world.find(dir, path, &size) : NULL;

	if (!bytes)
		return fail_with(ENOENT);
	memset(st, 0, sizeof(*st));
	st->st_size = (off_t)(f ? f->size : size);
	st->st_mode = strncmp(path, "/dev/", 5) ? S_IFREG | 0600 : S_IFBLK | 0600;
	st->st_rdev = makedev(8, 16);
	return 0;
}

/* syscall(2): what the readers ask for. */
static long
world_call(long nr, ...)
{
	va_list	    args;
	const char *text;
	long	   *numbers, got = 0;
	int	    first;

	va_start(args, nr);
	first = va_arg(args, int); /* a descriptor, or a small number */
	text = va_arg(args, const char *);
	switch (nr) {
	case SYS_openat:
	case SYS_openat2:
		got = world_open(first, text);
		break;
	case SYS_newfstatat:
		got = world_stat(first, text, va_arg(args, struct stat *));
		break;
	case SYS_faccessat:
		got = world.find && world.find(first, text, &(size_t){ 0 }) ? 0 : fail_with(ENOENT);
		break;
	case SYS_clock_gettime:
		numbers = (long *)(uintptr_t)text;
		numbers[0] = world.msec / 1000;
		numbers[1] = world.msec % 1000 * 1000000;
		break;
	case SYS_fcntl:
		break;
	case SYS_seccomp:
		got = fail_with(world.tells);
		break;
	case SYS_prctl:
		got = first == PR_SET_SECCOMP ? fail_with(EFAULT) : 0;
		break;
	case SYS_socket:
		got = FIRST_FD + OPEN_MAX_FAKE; /* one that is never read */
		break;
	case SYS_sendto:
		got = (long)va_arg(args, size_t);
		if (world.sent)
			world.sent(text, (size_t)got);
		break;
	default:
		got = fail_with(ENOSYS);
	}
	va_end(args);
	return got;
}

static ssize_t
world_read(int fd, void *to, size_t room)
{
	struct fake *f = fake_of(fd);
	size_t	     n;

	if (!f)
		return fail_with(EBADF);
	n = f->size - f->at < room ? f->size - f->at : room;
	if (world.piece && n > world.piece)
		n = world.piece;
	memcpy(to, f->bytes + f->at, n);
	f->at += n;
	if (world.planted && n)
		((char *)to)[n / 2] ^= 1;
	return (ssize_t)n;
}

static ssize_t
world_pread(int fd, void *to, size_t room, off_t from)
{
	struct fake *f = fake_of(fd);

	if (!f)
		return fail_with(EBADF);
	f->at = (size_t)from < f->size ? (size_t)from : f->size;
	return world_read(fd, to, room);
}

/* To its beginning: what it holds now. */
static off_t
world_seek(int fd, off_t to, int from)
{
	struct fake *f = fake_of(fd);

	(void)from;
	if (!f || to)
		return fail_with(EBADF);
	f->bytes = world.find(f->dir, f->path, &f->size);
	f->at = 0;
	return 0;
}

static ssize_t
world_write(int fd, const void *from, size_t size)
{
	struct fake *f = fake_of(fd);

	if (f && world.written)
		world.written(f->path, from, size);
	else if (fd == STDOUT_FILENO || fd == STDERR_FILENO)
		caught_add(fd == STDOUT_FILENO ? &world.printed : &world.said, from, size);
	else
		return fail_with(EBADF);
	return (ssize_t)size;
}

static int
world_close(int fd)
{
	struct fake *f = fake_of(fd);

	if (f)
		f->used = false;
	return 0;
}

static int
world_poll(struct pollfd *p, nfds_t count, int msec)
{
	(void)msec;
	for (nfds_t i = 0; i < count; i++)
		p[i].revents = p[i].events & POLLOUT;
	return (int)count;
}

static int
world_fstatfs(int fd, struct statfs *fs)
{
	memset(fs, 0, sizeof(*fs));
	return fake_of(fd) ? 0 : fail_with(EBADF);
}

static int    killed[4096];
static size_t killed_count;

static int
world_kill(pid_t pid, int sig)
{
	(void)sig;
	if (pid <= 0)
		broken("kills %d", pid);
	if (killed_count < countof(killed))
		killed[killed_count++] = pid;
	return 0;
}

static long
world_refuses(void)
{
	return fail_with(ENOSYS);
}

#define syscall(...) world_call(__VA_ARGS__)
#define read world_read
#define pread world_pread
#define lseek world_seek
#define write world_write
#define close world_close
#define poll world_poll
#define fstatfs world_fstatfs
/* What no reader has any business with. */
#define statfs(...) world_refuses()
#define chdir(...) world_refuses()
#define chroot(...) world_refuses()
#define execve(...) world_refuses()
#define ioperm(...) world_refuses()
#define kill world_kill
#define mkdir(...) world_refuses()
#define mkdirat(...) world_refuses()
#define mknod(...) world_refuses()
#define mount(...) world_refuses()
#define reboot(...) world_refuses()
#define rename(...) world_refuses()
#define sync(...) world_refuses()
#define umount2(...) world_refuses()
#define unlink(...) world_refuses()
#define unlinkat(...) world_refuses()
#define unshare(...) world_refuses()
#define waitpid(...) world_refuses()
