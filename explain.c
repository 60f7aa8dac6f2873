/* SPDX-License-Identifier: ISC */
/*
 * explain.c - nook explain: what is in force, the steps, what is open
 *
 * The settings come first, and are a settings file again; the rest is comment. Which of them open
 * something says settings.tab.
 */
#include "nook.h"

#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/mount.h>

#define CAP(name) ((uint64_t)1 << CAP_##name)

static roomy char explained[VALUE_MAX]; /* the origin that was printed last */

/* The origin on a line of its own: what is printed is a settings file again. What would read back as something
 * else is not printed; no value is empty. */
static void
explain_line(const struct in_force *s)
{
	static const char blanks[] = " \t";
	const char	 *origin = settings_origin(s->item);

	if (strcmp(explained, origin)) {
		print("# %s\n", origin);
		(void)copy(explained, sizeof(explained), origin, strlen(origin));
	}
	if (s->text[span_until(s->text, "\n\r")] || find_char(blanks, *s->text) || find_char(blanks, s->text[strlen(s->text) - 1])) {
		print(text_of(LINE_BREAK), settings_name_of(s->row));
		return;
	}
	print("%s = ", settings_name_of(s->row));
	print_text(s->text);
	print_text("\n");
}

/* Quoted so that command_split gives the same words. */
static void
explain_command(char *const *argv)
{
	for (char *const *word = argv; *word; word++) {
		if ((*word)[span_until(*word, "\n\r")]) {
			print(text_of(LINE_BREAK), NAME_OF(command));
			return;
		}
	}
	*explained = '\0';
	print_text("# the command line\ncommand =");
	for (; *argv; argv++) {
		print_text(" \"");
		for (const char *c = *argv; *c; c++)
			print(*c == '"' || *c == '\\' ? "\\%s" : "%s", (char[]){ *c, 0 });
		print_text("\"");
	}
	print_text("\n");
}

static void
explain_settings(const struct config *cfg)
{
	struct in_force s = { .row = NULL };

	while (settings_next(cfg, &s)) {
		if (s.row->into == offsetof(struct config, command) && !cfg->command)
			explain_command(cfg->argv);
		else
			explain_line(&s);
	}
}

static bool
explain_opened(const struct config *cfg)
{
	struct in_force s = { .row = NULL };
	bool		any = false;

	while (settings_next(cfg, &s)) {
		if (!s.row->opens || !strcmp(s.text, s.preset))
			continue;
		print("#   %s = ", settings_name_of(s.row));
		print_text(s.text);
		print_text("\n");
		any = true;
	}
	return any;
}

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

static void
explain_dangers(const struct config *cfg)
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

	for (size_t i = 0; i < countof(dangers); i++)
		if (dangers[i].there)
			print(text_of(dangers[i].why), dangers[i].what);
}

void
explain(const struct config *cfg)
{
	explain_settings(cfg);
	policy_explain(cfg);
	print(text_of(STEPS), cfg->cgroup_parent ? cfg->cgroup_parent : "/nook", cfg->name ? cfg->name : "PID",
	    ns_list(ns_flags(cfg)), cfg->init ? "an init" : "no init",
	    cfg->rootfs ? cfg->rootfs : "the host's", cfg->read_only ? ", read-only" : "",
	    cfg->cgroupns ? "" : ", cgroup namespace", cfg->user ? cfg->user : cfg->userns ? "as the caller" : "0 (in the user namespace)",
	    cfg->cap_add ? "as asked" : "none", cfg->no_new_privs ? "" : "NOT ", cfg->argv[0] ? cfg->argv[0] : "COMMAND");
	print_text(text_of(OPENED));
	if (!explain_opened(cfg))
		print_text(text_of(NOTHING_OPENED));
	explain_dangers(cfg);
	print_end(0);
}
