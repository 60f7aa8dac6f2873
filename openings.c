/* SPDX-License-Identifier: ISC */
/*
 * openings.c - what is open beyond the defaults, and what of it gives the host away
 *
 * For explain alone. Which settings open something says settings.tab.
 */
#include "nook.h"

#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/mount.h>

#define CAP(name) ((uint64_t)1 << CAP_##name)

/* Is it writable inside, and so much of the host that it is as good as all of it? */
static const char *
host_volume(const struct config *cfg)
{
	static roomy struct mounting m;

	for (const struct item *i = cfg->volume; i; i = i->next) {
		(void)volume_read(i->text, &m); /* checked when it was read */
		if (!(m.flags & MS_RDONLY) && word_index("/|/etc|/dev|/proc|/proc/sys|/sys|/usr|/bin|/lib|/boot|/root|/var|/run", '|', m.source,
						  strlen(m.source)) >= 0)
			return i->text;
	}
	return NULL;
}

void
openings_explain(const struct config *cfg)
{
	uint64_t      caps = cfg->userns ? privs_asked(cfg) : 0; /* in a user namespace they are good for that alone */
	bool	      powerful = !cfg->userns ? false : cfg->user ? word_index("0|root", '|', cfg->user, span_until(cfg->user, ":")) >= 0 : auxiliary(AT_UID) == 0;
	const char   *volume = host_volume(cfg);
	const struct danger {
		bool	    there;
		enum text   why;
		const char *what;
	} dangers[] = {
		{ (caps & (CAP(SYS_ADMIN) | CAP(SYS_MODULE) | CAP(SYS_RAWIO) | CAP(DAC_READ_SEARCH))) != 0, RULES_ALL, NAME_OF(cap_add) },
		{ cfg->pid && caps & (CAP(SYS_PTRACE) | CAP(KILL)), RULES_PROCESSES, NAME_OF(pid) },
		{ !strcmp(cfg->network, "host") && caps & (CAP(NET_ADMIN) | CAP(NET_RAW)), RULES_NETWORK, NAME_OF(network) },
		{ powerful && !cfg->rootfs && !cfg->read_only, RULES_FILES, NAME_OF(rootfs) },
		{ powerful && volume, RULES_VOLUME, volume },
	};

	print_text(text_of(OPENED));
	if (!settings_opened(cfg))
		print_text(text_of(NOTHING_OPENED));
	for (size_t i = 0; i < countof(dangers); i++)
		if (dangers[i].there)
			print(text_of(dangers[i].why), dangers[i].what);
}
