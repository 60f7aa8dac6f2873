/* SPDX-License-Identifier: ISC */
/*
 * devices.c - the nodes that every /dev has: made, or, in a user namespace, the host's bound
 *
 * No right inside a user namespace makes a node. Those of the host are opened before its root is left,
 * looked at (a node in its place could be of anything), and bound on files.
 */
#include "nook.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "kernel.h"

static const struct device {
	char	name[8];
	uint8_t major, minor;
} devices[DEVICES] = { { "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 }, { "urandom", 1, 9 },
	{ "tty", 5, 0 } };

const char *
devices_make(void)
{
	for (size_t i = 0; i < countof(devices); i++)
		if (mknodat(AT_FDCWD, devices[i].name, S_IFCHR | 0666, makedev(devices[i].major, devices[i].minor)) < 0)
			return devices[i].name;
	return NULL;
}

void
devices_open(int node[DEVICES])
{
	struct stat st;

	for (size_t i = 0; i < countof(devices); i++) {
		const char *path = textf("/dev/%s", devices[i].name);

		node[i] = sys_openat(AT_FDCWD, path, O_PATH | O_CLOEXEC);
		st.st_mode = 0; /* with errno, when there is nothing to look at */
		if (node[i] >= 0 && sys_fstat(node[i], &st) == 0)
			errno = ENODEV;
		if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(devices[i].major, devices[i].minor))
			fail(TO_USE, "%s", path);
	}
}

const char *
devices_bind(const int node[DEVICES])
{
	/* all flags but nodev, which would make it useless; a node can be written on what is read-only */
	for (size_t i = 0; i < countof(devices); i++)
		if (mknodat(AT_FDCWD, devices[i].name, S_IFREG | 0666, 0) < 0 ||
		    mount(textf("/proc/self/fd/%d", node[i]), devices[i].name, NULL, MS_BIND, NULL) < 0 ||
		    mount(NULL, devices[i].name, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC, NULL) < 0)
			return devices[i].name;
	return NULL;
}
