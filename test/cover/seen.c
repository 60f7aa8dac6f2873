/* SPDX-License-Identifier: ISC */
/*
 * seen.c - notes in a file which blocks of nook were entered, a byte for each
 *
 * The compiler calls this at the start of each block (-fsanitize-coverage=trace-pc). The file, SEEN,
 * is mapped, so that nothing is lost to SIGKILL or execve, and all processes note in the same: it is
 * opened at the first block of all, when nothing hides it. Where it cannot be, nothing is noted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SIZE = 1 << 20 };

extern char __executable_start[];
void	    __sanitizer_cov_trace_pc(void);

/* The first byte is of no block: set, this has been tried. It is asked here, as rest() forgets what is static. */
static uint8_t seen[SIZE] __attribute__((aligned(4096)));

static void
map_file(void)
{
	int  err, fd;

	seen[0] = 1; /* what is called here has blocks, too */
	err = errno;
	fd = (int)syscall(SYS_openat, AT_FDCWD, SEEN, O_RDWR | O_CLOEXEC, 0);
	(void)syscall(SYS_mmap, seen, (long)SIZE, (long)(PROT_READ | PROT_WRITE), (long)(MAP_SHARED | MAP_FIXED), (long)fd, 0l);

	if (fd >= 0)
		(void)syscall(SYS_close, fd);
	seen[0] = 1; /* of the file */
	errno = err;
}

void
__sanitizer_cov_trace_pc(void)
{
	if (!seen[0])
		map_file();
	seen[(char *)__builtin_return_address(0) - __executable_start] = 1;
}
