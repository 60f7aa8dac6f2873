/* SPDX-License-Identifier: ISC */
/*
 * userns.c - the user namespace: its gate, its ids
 *
 * It comes with the others, by the same clone. The process in it has every capability there, but no
 * id, and waits at a gate until the supervisor, outside, has mapped them. Root maps a range that
 * nobody hands out, so that no id inside is one of the host's; an ordinary user can map just himself.
 */
#include "nook.h"

#include "kernel.h"

#include <sched.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/prctl.h>

/* Above what systemd (524288 to 1879048191) and the tools for /etc/subuid give away. */
enum { RANGE_FIRST = 0x70000000, RANGE_COUNT = 65536 };

bool
userns_single(void)
{
	return auxiliary(AT_EUID) != 0;
}

static void
mistake(unsigned line, size_t into, const char *value, enum text why)
{
	settings_mistake(line, textf("%s=%s", settings_name(into), value), text_of(why), NULL);
}

void
userns_settle(struct config *cfg, enum mode mode)
{
	const size_t userns = offsetof(struct config, userns), pid = offsetof(struct config, pid),
		     network = offsetof(struct config, network), group = offsetof(struct config, group_add);
	bool single = userns_single();

	if (cfg->userns == UNSET)
		cfg->userns = !single;
	if (mode != MODE_RUN)
		return;
	if (single && cfg->userns)
		mistake(settings_line(userns), userns, "host", ROOT_ALONE);
	for (const struct item *i = cfg->group_add; i && single; i = i->next) /* the kernel denies setgroups(2) */
		mistake(i->line, group, i->text, ROOT_ALONE);
	if (!cfg->userns && cfg->pid) /* /proc belongs to the PID namespace, which must be one of ours */
		mistake(settings_line(pid), pid, "host", NOT_IN_USERNS);
	if (!cfg->userns && *cfg->network == '/')
		mistake(settings_line(network), network, cfg->network, NOT_IN_USERNS);
}

void
userns_check(const struct config *cfg)
{
	static const char files[][43] = { "/proc/sys/kernel/unprivileged_userns_clone", "/proc/sys/user/max_user_namespaces" };
	bool		  there = true;

	if (cfg->userns)
		return;
	for (size_t i = !userns_single(); i < countof(files); i++) {
		const char *got = file_read(AT_FDCWD, files[i]);
		there &= !got || *got != '0';
	}
	check_need(NULL, there, "user namespaces", text_of(NEEDS_USERNS));
}

void
userns_admit(const struct config *cfg, pid_t pid, int channel)
{
	static const char files[][10] = { "setgroups", "uid_map", "gid_map" };
	uint32_t	  here[3] = { 0, 0, 0 }, host[3] = { 0, RANGE_FIRST, RANGE_FIRST }, count = RANGE_COUNT;
	size_t		  i = 1;

	if (userns_single()) {
		privs_identify(cfg, cfg->rootfs ? cfg->rootfs : "", &here[1], &here[2]);
		host[1] = (uint32_t)auxiliary(AT_EUID);
		host[2] = (uint32_t)auxiliary(AT_EGID);
		count = 1;
		i = 0; /* the price of a group */
	}
	for (; i < countof(files); i++) {
		const char *text = i ? textf("%u %u %u", here[i], host[i], count) : "deny";
		if (file_write(AT_FDCWD, textf("/proc/%d/%s", pid, files[i]), text) < 0)
			fail(TO_MAP, "%s (%s)", text, files[i]);
	}
	while (write(channel, "", 1) < 0 && errno != EPIPE) /* it is gone: that shows */
		if (errno != EINTR)
			fail(TO_USE, text_of(CHANNEL));
}

void
userns_wait(int channel)
{
	char	word;
	ssize_t n;

	do
		n = read(channel, &word, 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		fail(TO_USE, text_of(CHANNEL));
	if (n == 0)
		_exit(STATUS_FAILED); /* nobody is there any more */
	/* AppArmor may let us in without any right: better said than guessed from what fails first */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 && (errno == EPERM || errno == EACCES))
		ns_spawn_failed(EACCES, CLONE_NEWUSER);
}

void
userns_become(void)
{
	if (userns_single())
		return; /* he is who he was */
	if (syscall(NR_setresgid, 0, 0, 0) < 0 || syscall(NR_setresuid, 0, 0, 0) < 0)
		fail(TO_BECOME, text_of(USER_TO), 0);
	(void)sys_prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* that change took it, and with it our own /proc/self */
}
