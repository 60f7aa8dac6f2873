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

#define QUIET (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* How, and what: r made read-only, f a file hidden, d a directory hidden. */
static const char closings[] =
    "r/proc/sys\0"
    "r/proc/sysrq-trigger\0"
    "r/proc/irq\0"
    "r/proc/bus\0"
    "r/proc/cpu\0" /* alignment, on arm */
    "r/proc/fs\0"
    "r/proc/asound\0"
    "d/proc/dynamic_debug\0"
    "d/proc/acpi\0"
    "d/proc/scsi\0"
    "f/proc/kcore\0"
    "f/proc/keys\0"
    "f/proc/timer_list\0"
    "f/proc/sched_debug\0"
    "f/proc/latency_stats\0"
    "f/proc/interrupts\0"
    "d/sys/firmware\0"
    "d/sys/devices/virtual/powercap\0";

/* *empty: what is there of ours already, to be bound over the next. */
static int
close_one(char how, const char *path, const char **empty)
{
	int done;

	if (how == 'f')
		return mount("/dev/null", path, NULL, MS_BIND, NULL); /* no other is there yet but our own */
	if (how == 'r') {
		done = mount(path, path, NULL, MS_BIND, NULL);
		return done < 0 ? done : mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | QUIET, NULL);
	}
	/* a file system costs four times a bind, which has its flags as well */
	done = *empty ? mount(*empty, path, NULL, MS_BIND, NULL)
		      : mount("tmpfs", path, "tmpfs", MS_RDONLY | QUIET, "mode=0,nr_inodes=1");
	if (done == 0)
		*empty = path;
	return done;
}

void
protect_kernel(void)
{
	const char *empty = NULL;

	for (const char *c = closings; *c; c += strlen(c) + 1)
		if (close_one(*c, c + 1, &empty) < 0 && errno != ENOENT)
			fail(TO_MOUNT, text_of(CLOSED), c + 1);
}
