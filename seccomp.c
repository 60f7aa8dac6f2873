/* SPDX-License-Identifier: ISC */
/*
 * seccomp.c - the filter of system calls
 *
 * Made here from the table of calls that are not let through: a binary search, so that an ordinary
 * call costs a dozen steps of BPF, and nothing where the kernel remembers what is always let
 * through (5.11). Arguments are compared by their low 32 bits, as the kernel reads those of an int.
 */
#include "nook.h"

#include "kernel.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

enum act { DENIED, ABSENT, CLONING, TERMINAL, PERSONA, FAMILY, ACTS };
enum { NO_CAPABILITY_OPENS = 255, LEAF = 4, STEPS_MAX = 256, AT_DENIED = 1 };

struct call { /* in the order of the numbers */
	uint16_t number;
	uint8_t	 act, capability;
};
#include "syscalls.h" /* of this architecture, made from syscalls.tab */

#if defined(__x86_64__)
#define ABI AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define ABI AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define ABI AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define ABI AUDIT_ARCH_ARM
#elif defined(__riscv)
#define ABI AUDIT_ARCH_RISCV64
#elif defined(__MIPSEL__)
#define ABI AUDIT_ARCH_MIPSEL
#elif defined(__MIPSEB__)
#define ABI AUDIT_ARCH_MIPS
#endif

static struct filter {
	struct sock_filter step[STEPS_MAX];
	size_t		   count;
	uint8_t		   to[STEPS_MAX]; /* the act that a step jumps to, and one; 0: none */
} bpf;

static size_t
add_step(unsigned code, uint32_t k, unsigned yes, unsigned no)
{
	bpf.step[bpf.count] = (struct sock_filter){ (uint16_t)code, (uint8_t)yes, (uint8_t)no, k };
	return bpf.count++;
}

static void
add_return(uint32_t action)
{
	(void)add_step(BPF_RET | BPF_K, action, 0, 0);
}

/* If what was loaded is k, on to the act. */
static void
add_act(uint32_t k, enum act act)
{
	bpf.to[add_step(BPF_JMP | BPF_JEQ | BPF_K, k, 0, 0)] = (uint8_t)(act + 1);
}

static void
load_argument(int n)
{
	enum { HIGH_FIRST = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0 };

	(void)add_step(BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)(offsetof(struct seccomp_data, args) + (size_t)n * 8 + HIGH_FIRST), 0, 0);
}

static bool
is_open(const struct call *c, uint64_t caps)
{
	return (c->capability < 64 && caps & (uint64_t)1 << c->capability) ||
	       (c->act == FAMILY && caps & (uint64_t)1 << CAP_NET_RAW);
}

/* The calls from `from` up to `to`, in halves until few are left. */
static void
search(size_t from, size_t to, uint64_t caps)
{
	size_t half = from + (to - from) / 2, step;

	if (to - from > LEAF) {
		step = add_step(BPF_JMP | BPF_JGE | BPF_K, calls[half].number, 0, 0);
		search(from, half, caps);
		bpf.step[step].jt = (uint8_t)(bpf.count - step - 1);
		search(half, to, caps);
		return;
	}
	for (; from < to; from++)
		if (!is_open(&calls[from], caps))
			add_act(calls[from].number, (enum act)calls[from].act);
	add_return(SECCOMP_RET_ALLOW);
}

/* Where the acts are: each knows what of its argument is let through. */
static void
add_acts(void)
{
	static const uint32_t personalities[] = { 0, 0x8, 0x20000, 0x20008, 0xffffffff }; /* and to ask for it */
	static const uint8_t  families[] = { AF_UNIX, AF_INET, AF_INET6 };
	enum { NAMESPACES = 0x7e020080 };
	size_t at[ACTS];

	at[DENIED] = bpf.count;
	add_return(SECCOMP_RET_ERRNO | EPERM);
	at[ABSENT] = bpf.count;
	add_return(SECCOMP_RET_ERRNO | ENOSYS);
	at[CLONING] = bpf.count;
	load_argument(0);
	(void)add_step(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1);
	add_return(SECCOMP_RET_ERRNO | EPERM);
	add_return(SECCOMP_RET_ALLOW);
	at[TERMINAL] = bpf.count; /* typing into the caller's terminal */
	load_argument(1);
	(void)add_step(BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 1, 0);
	(void)add_step(BPF_JMP | BPF_JEQ | BPF_K, TIOCLINUX, 0, 1);
	add_return(SECCOMP_RET_ERRNO | EPERM);
	add_return(SECCOMP_RET_ALLOW);
	at[PERSONA] = bpf.count;
	load_argument(0);
	for (size_t i = 0; i < countof(personalities); i++)
		(void)add_step(BPF_JMP | BPF_JEQ | BPF_K, personalities[i], (unsigned)(countof(personalities) - i), 0);
	add_return(SECCOMP_RET_ERRNO | EPERM);
	add_return(SECCOMP_RET_ALLOW);
	at[FAMILY] = bpf.count;
	load_argument(0);
	for (size_t i = 0; i < countof(families); i++)
		(void)add_step(BPF_JMP | BPF_JEQ | BPF_K, families[i], (unsigned)(countof(families) - i + 3), 0);
	(void)add_step(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 2); /* routes alone: getifaddrs(3) */
	load_argument(2);
	(void)add_step(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
	add_return(SECCOMP_RET_ERRNO | EAFNOSUPPORT);
	add_return(SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < at[DENIED]; i++)
		if (bpf.to[i])
			bpf.step[i].jt = (uint8_t)(at[bpf.to[i] - 1] - i - 1);
}

/* The kernel looks at the program last of all. errno tells when it has no filter. */
bool
seccomp_there(void)
{
	(void)sys_prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL);
	return errno == EFAULT || errno == EACCES;
}

bool
seccomp_check(const struct config *cfg)
{
	if (cfg->seccomp)
		return false;
	if (seccomp_there())
		return true;
	if (!settings_excused(cfg, NAME_OF(seccomp)))
		fail(TO_FILTER, text_of(THE_FILTER));
	return false;
}

void
seccomp_load(uint64_t caps)
{
	struct sock_fprog program = { .filter = bpf.step };

	bpf.count = 0;
	memset(bpf.to, 0, sizeof(bpf.to));
	(void)add_step(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	(void)add_step(BPF_JMP | BPF_JEQ | BPF_K, ABI, 1, 0);
	add_return(SECCOMP_RET_KILL_PROCESS); /* another ABI has other numbers; before 4.14 it ends the thread */
	(void)add_step(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
#ifdef __arm__
	(void)add_step(BPF_JMP | BPF_JGE | BPF_K, 0xf0000, 0, 1); /* the architecture's own: cacheflush and such */
	add_return(SECCOMP_RET_ALLOW);
#endif
	(void)add_step(BPF_JMP | BPF_JGT | BPF_K, LAST_CALL, 0, 1); /* x32 as well */
	add_return(SECCOMP_RET_ERRNO | ENOSYS);
	search(0, countof(calls), caps);
	add_acts();
	program.len = (unsigned short)bpf.count;
	if (sys_prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		fail(TO_FILTER, text_of(THE_FILTER));
}
