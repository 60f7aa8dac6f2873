/* SPDX-License-Identifier: ISC */
/*
 * check.c - nook check: can this kernel do what the settings ask?
 *
 * One line a need. The modules know what each setting needs, and look where the kernel shows it
 * without being asked to do it: nothing is made, changed or left.
 */
#include "nook.h"

#include "kernel.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>

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

void
check(struct cgroup *g, const struct config *cfg)
{
	checked = cfg;
	check_need(NULL, geteuid() == 0, "root", "to be run by root");
	ns_check(cfg);
	if (!cfg->seccomp) {
		(void)sys_prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL);
		check_need(NAME_OF(seccomp), errno == EFAULT || errno == EACCES, "seccomp", "CONFIG_SECCOMP_FILTER");
	}
	cgroup_check(g, cfg);
	root_check(cfg);
	print_end(lacking);
}
