/* SPDX-License-Identifier: ISC */
/*
 * check.c - nook check: can this kernel do what the settings ask?
 *
 * One line a need. The modules know what each setting needs, and look where the kernel shows it
 * without being asked to do it: nothing is made, changed or left.
 */
#include "nook.h"

#include <sys/auxv.h>

#include "kernel.h"

#include <sys/stat.h>

static const struct config *checked;
static bool		    lacking;

void
check_need(const char *name, bool there, const char *what, const char *needs)
{
	bool excused = false;

	for (const struct item *i = checked->allow_missing; i && name; i = i->next)
		excused |= !strcmp(i->text, name);
	lacking |= !there && !excused;
	print(text_of(there ? NEED_MET : excused ? NEED_EXCUSED : NEED_MISSING), what, needs);
}

/* The kernel lists a file system once its module is loaded, and mounting loads it: but it must be there. */
static void
check_file_system(const char *type, const char *needs)
{
	const char *got = file_read(AT_FDCWD, "/proc/filesystems");

	check_need(NULL, got && find_text(got, textf("\t%s\n", type)), type, needs);
}

static void
check_root(const struct config *cfg)
{
	static roomy struct mounting m;
	struct stat	       st;

	check_file_system("proc", "CONFIG_PROC_FS");
	check_file_system("tmpfs", "CONFIG_TMPFS");
	for (const struct item *i = cfg->mount; i; i = i->next) {
		(void)mount_read(i->text, &m); /* checked when it was read */
		if (*m.type)
			check_file_system(m.type, text_of(NEEDS_MODULE));
	}
	for (const struct item *i = cfg->volume; i; i = i->next) {
		(void)volume_read(i->text, &m); /* likewise */
		if (sys_stat(m.source, &st) == 0 && S_ISREG(st.st_mode))
			print(text_of(GOES_STALE), m.source);
	}
	for (const struct item *i = cfg->device; i; i = i->next) {
		(void)device_read(i->text, &m); /* likewise */
		check_need(NULL, exists(AT_FDCWD, m.source), m.source, text_of(NEEDS_DRIVER));
	}
	if (cfg->watchdog)
		check_need(NULL, exists(AT_FDCWD, cfg->watchdog), cfg->watchdog, text_of(NEEDS_DRIVER));
}

void
check(struct cgroup *g, const struct config *cfg)
{
	checked = cfg;
	ns_check(cfg);
	userns_check(cfg);
	if (policy_kind(cfg))
		check_need(NAME_OF(seccomp), seccomp_there(), "seccomp", "CONFIG_SECCOMP_FILTER");
	if (policy_kind(cfg) == LEARNING)
		check_need(NULL, seccomp_tells(), "seccomp log:", "Linux 5.7");
	cgroup_check(g, cfg);
	check_root(cfg);
	print_end(lacking);
}
