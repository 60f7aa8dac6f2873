/* SPDX-License-Identifier: ISC */
/*
 * start.c - from the kernel to main, on x86-64 without the libc's own start
 *
 * nook has no threads, no constructors and, linked so, no relocations: of musl it needs functions
 * alone. What musl's start would set up is made here in a few instructions, 3 KB and three touched
 * pages less: the environment, the auxiliary vector, errno and the stack protector's guard.
 * Elsewhere the libc starts nook.
 */
#include "nook.h"

#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#if defined(__x86_64__) && defined(NO_LIBC_START)

#define outside __attribute__((used, externally_visible))

int	      main(int argc, char **argv);
noreturn void start(long *stack);
noreturn void __stack_chk_fail(void);
int	     *___errno_location(void);

outside char		  **environ;
outside uintptr_t	    __stack_chk_guard;
static const unsigned long *aux;
static int		    last_error;

/* the libc's two names for it */
outside int *
__errno_location(void)
{
	return &last_error;
}

outside int *
___errno_location(void)
{
	return &last_error;
}

unsigned long
auxiliary(unsigned long type)
{
	const unsigned long *a = aux;

	while (*a && *a != type)
		a += 2;
	return a[1];
}

/* Small rather than quick, as nook's texts are short. The empty statements keep the compiler from
 * seeing what these are, and calling them. */
outside size_t
strlen(const char *text)
{
	const char *end = text;

	for (; *end; end++)
		__asm__("");
	return (size_t)(end - text);
}

outside int
strncmp(const char *a, const char *b, size_t len)
{
	for (; len; len--, a++, b++)
		if (*a != *b || !*a)
			return (uint8_t)*a - (uint8_t)*b;
	return 0;
}

outside int
strcmp(const char *a, const char *b)
{
	return strncmp(a, b, PTRDIFF_MAX);
}

outside noreturn void
__stack_chk_fail(void)
{
	__builtin_trap();
}

/* The stack holds argc, argv, NULL, the environment, NULL, the auxiliary vector (System V ABI). */
outside noreturn __attribute__((no_stack_protector)) void
	start(long *stack)
{
	char **argv = (char **)(stack + 1);

	environ = argv + *stack + 1;
	aux = (unsigned long *)environ;
	while (*aux++)
		;
	/* a NUL as its first byte: no overflow of a string writes the rest right */
	__stack_chk_guard = *(uintptr_t *)auxiliary(AT_RANDOM) << 8;
	_exit(main((int)*stack, argv));
}

__asm__(".globl _start\n_start:\txor %ebp,%ebp\n\tmov %rsp,%rdi\n\tand $-16,%rsp\n\tcall start\n");

/* The libc's looks for its guard in a thread's memory. Beside rest(), which wants to touch one page. */
__asm__(".pushsection .text.rest\n.globl syscall\nsyscall:\tmov %rdi,%rax\n\tmov %rsi,%rdi\n\tmov %rdx,%rsi\n\tmov %rcx,%rdx\n"
	"\tmov %r8,%r10\n\tmov %r9,%r8\n\tmov 8(%rsp),%r9\n\tsyscall\n\tcmp $-4096,%rax\n\tja 1f\n\tret\n"
	"1:\tmov %rax,%rdi\n\tjmp __syscall_ret\n.popsection\n");

#else

unsigned long
auxiliary(unsigned long type)
{
	return getauxval(type);
}

#endif
