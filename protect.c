/* SPDX-License-Identifier: ISC */
/*
 * protect.c - what of /proc and /sys is closed
 *
 * The knobs of the kernel ask for uid 0 alone, not for a capability, and so does much that tells of
 * the whole machine. Each is closed by a mount over it: of itself, read-only, or of something empty.
 * Only a right to unmount could take that away. What is empty is our own, never of the root.
 */
#include "nook.h"

#include <sys/mount.h>

enum { READ_ONLY, HIDDEN_FILE, HIDDEN_DIRECTORY };
#define QUIET (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static const struct closed {
	char	path[30];
	uint8_t how;
} closings[] = {
	{ "/proc/sys", READ_ONLY },
	{ "/proc/sysrq-trigger", READ_ONLY },
	{ "/proc/irq", READ_ONLY },
	{ "/proc/bus", READ_ONLY },
	{ "/proc/cpu", READ_ONLY }, /* alignment, on arm */
	{ "/proc/fs", READ_ONLY },
	{ "/proc/asound", READ_ONLY },
	{ "/proc/dynamic_debug", HIDDEN_DIRECTORY },
	{ "/proc/acpi", HIDDEN_DIRECTORY },
	{ "/proc/scsi", HIDDEN_DIRECTORY },
	{ "/proc/kcore", HIDDEN_FILE },
	{ "/proc/keys", HIDDEN_FILE },
	{ "/proc/timer_list", HIDDEN_FILE },
	{ "/proc/sched_debug", HIDDEN_FILE },
	{ "/proc/latency_stats", HIDDEN_FILE },
	{ "/proc/interrupts", HIDDEN_FILE },
	{ "/sys/firmware", HIDDEN_DIRECTORY },
	{ "/sys/devices/virtual/powercap", HIDDEN_DIRECTORY },
};

/* What is there of ours already, to be bound over the next. */
static const char *empty;

static int
close_one(const struct closed *c)
{
	int done;

	switch (c->how) {
	case HIDDEN_FILE:
		return mount("/dev/null", c->path, NULL, MS_BIND, NULL); /* no other is there yet but our own */
	case HIDDEN_DIRECTORY:
		/* a file system costs four times a bind, which has its flags as well */
		done = empty ? mount(empty, c->path, NULL, MS_BIND, NULL)
			     : mount("tmpfs", c->path, "tmpfs", MS_RDONLY | QUIET, "mode=0,nr_inodes=1");
		if (done == 0)
			empty = c->path;
		return done;
	default:
		if (mount(c->path, c->path, NULL, MS_BIND, NULL) < 0)
			return -1;
		return mount(NULL, c->path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | QUIET, NULL);
	}
}

void
protect_kernel(void)
{
	empty = NULL;
	for (size_t i = 0; i < countof(closings); i++)
		if (close_one(&closings[i]) < 0 && errno != ENOENT)
			fail(TO_MOUNT, text_of(CLOSED), closings[i].path);
}
