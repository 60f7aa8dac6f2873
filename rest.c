/* SPDX-License-Identifier: ISC */
/*
 * rest.c - a long sleep in little memory
 *
 * After a second in which nothing happened, what the start has touched goes back to the kernel: of
 * 176 KiB of supervisor and inner init a third is left. Done sooner, it would cost a short run page
 * faults.
 *
 * The program's text stays in the page cache, and comes back as it is needed. The kernel then maps
 * the sixteen pages around, but not beyond a mapping: so the code that sleeps, here and the system
 * call in start.c, gets a mapping of its own, by an advice that means nothing else here.
 */
#include "nook.h"

#include <sys/mman.h>

#include "kernel.h"

enum { PAGE = 4096, STACK_USED = 64 << 10 };

roomy struct rooms rooms __attribute__((aligned(PAGE)));

/* Whole pages only. Failing, they stay: with larger ones, EINVAL. */
static void
advise(uintptr_t from, uintptr_t to, int advice)
{
	from = (from + PAGE - 1) & -(uintptr_t)PAGE;
	to &= -(uintptr_t)PAGE;
	(void)syscall(SYS_madvise, from, to - from, advice);
}

#ifdef NO_LIBC_START
/* The guard is yet to be compared by calls that are open; all else may go. */
static void
give_all(void)
{
	extern char	 __bss_start[], _end[];
	extern uintptr_t __stack_chk_guard;
	const uintptr_t guard = __stack_chk_guard;

	advise((uintptr_t)__bss_start, (uintptr_t)_end, MADV_DONTNEED);
	__stack_chk_guard = guard;
}
#else
static void
give_all(void)
{
	/* the libc's own data is among it */
}
#endif

__attribute__((section(".text.rest"), noinline)) long
rest(bool all, long nr, long a, long b, long c, long d)
{
	extern char	__executable_start[], _DYNAMIC[]; /* which begins what is not text or constants */
	const uintptr_t here = (uintptr_t)rest, start = (uintptr_t)__executable_start;
	const uintptr_t stack = (uintptr_t)__builtin_frame_address(0) - PAGE / 4; /* less is in use below */

	if (all)
		give_all();
	advise((uintptr_t)&rooms, (uintptr_t)(&rooms + 1), MADV_DONTNEED);
	advise(stack - STACK_USED, stack, MADV_DONTNEED);
	advise(here - PAGE - 64, here + PAGE + 256, MADV_RANDOM);
	(void)syscall(SYS_madvise, start, ((uintptr_t)_DYNAMIC & -(uintptr_t)PAGE) - start,
	    MADV_DONTNEED); /* not by advise(): that is elsewhere */
	return syscall(nr, a, b, c, d);
}
