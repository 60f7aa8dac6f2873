/* SPDX-License-Identifier: ISC */
/*
 * stack.c - what AddressSanitizer notes of the stack is forgotten where nook leaves one for good
 *
 * A process that shares the memory of its parent until execve leaves its frames on the stack, or in an
 * array, and no return takes back what was noted for them; the libc's own way knows no such stacks.
 */
#include <sanitizer/asan_interface.h>
#include <unistd.h>

enum { AROUND = 64 << 10 };

int  __real_execve(const char *path, char *const argv[], char *const envp[]);
int  __wrap_execve(const char *path, char *const argv[], char *const envp[]);
void __wrap___asan_handle_no_return(void);

static void
forget(const char *here)
{
	__asan_unpoison_memory_region(here - AROUND, 2 * (size_t)AROUND);
}

int
__wrap_execve(const char *path, char *const argv[], char *const envp[])
{
	forget(__builtin_frame_address(0));
	return __real_execve(path, argv, envp);
}

void
__wrap___asan_handle_no_return(void)
{
	forget(__builtin_frame_address(0));
}
