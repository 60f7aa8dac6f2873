/* SPDX-License-Identifier: ISC */
/*
 * policy.c - a policy file of system calls: read, explained, learnt; and who breaks it
 *
 * A line is: allow, deny or kill; then calls or @groups; then tests. The last line that fits a call counts. The
 * file is read by the supervisor, before anything is touched. What is learnt, and what was killed, the kernel
 * tells over a descriptor that the workload's filter brings, and the call waits until it is answered.
 */
#include "nook.h"

#include "kernel.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { WORDS_OF_LINE = 512, SHEET_MAX = 16 << 10, VALUES_MAX = 32 };

static const struct value_name { /* the address families that the default lets through */
	char	 name[12];
	uint16_t value;
} value_names[] = { { "AF_UNIX", AF_UNIX }, { "AF_INET", AF_INET }, { "AF_INET6", AF_INET6 }, { "AF_NETLINK", AF_NETLINK } };
enum { OTHER_FAMILY = 31, SAID_BY_NAME = 1 << AF_UNIX | 1 << AF_INET | 1 << AF_INET6 | 1 << AF_NETLINK };

static struct learning {
	bool	 kills; /* the policy has such a rule, and the kernel tells of it */
	uint32_t families; /* that sockets were made of, by bit */
	size_t	 len;
	bool	 heard[CALLS_MAX];
	char	 sheet[SHEET_MAX];
} learnt roomy;

enum filter
policy_kind(const struct config *cfg)
{
	const char *text = cfg->seccomp;
	int	    word = word_index("off|default", '|', text, strlen(text));

	if (word >= 0)
		return (enum filter)word;
	if (starts_with(text, "log:"))
		return LEARNING;
	return learnt.kills ? TELLING : POLICY;
}

/* ---- reading ----------------------------------------------------------------------------------- */

struct line {
	unsigned number, args; /* args: that have been tested, by bit */
	uint32_t action;
	size_t	 first, tests;
};

/* Whole numbers of 32 bits. */
static bool
value_of(const char *text, uint32_t *out)
{
	int64_t	    n;
	const char *end;

	for (const struct value_name *v = value_names; v < value_names + countof(value_names); v++)
		if (!strcmp(v->name, text)) {
			*out = v->value;
			return true;
		}
	if (starts_with(text, "0x")) {
		size_t len = span_of(text += 2, "0123456789abcdef");
		*out = (uint32_t)hex(text);
		return len && len <= 8 && !text[len];
	}
	end = digits(text, &n);
	*out = (uint32_t)n;
	return end && !*end && n <= UINT32_MAX;
}

/* argN=VALUE|VALUE, or argN&BITS. */
static bool
read_test(struct line *l, const char *word)
{
	char	   *rest = textf("%s", word), *value;
	struct test t = { .op = rest[4] == '&' ? BPF_JSET : BPF_JEQ, .arg = (uint8_t)(rest[3] - '0') };

	if (!starts_with(word, "arg") || t.arg > 5 || l->args & 1u << t.arg || (rest[4] != '=' && rest[4] != '&'))
		return false;
	l->args |= 1u << t.arg;
	rest += 5;
	while ((value = next_word(&rest, "|"))) {
		if (!value_of(value, &t.value) || ++l->tests > VALUES_MAX)
			return false;
		seccomp_add_test(&t);
	}
	return true;
}

static void
read_option(struct line *l, const char *word)
{
	const char *want = text_of(WANT_TEST);

	if ((l->action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO && starts_with(word, "errno=")) {
		want = text_of(ERRNO_NAMES);
		l->action = (uint32_t)error_number(word_index(want, '|', word + 6, strlen(word + 6))) | SECCOMP_RET_ERRNO;
		if (l->action != SECCOMP_RET_ERRNO)
			return;
	} else if (read_test(l, word)) {
		return;
	}
	settings_mistake(l->number, word, text_of(NOT_A_TEST), want);
}

/* A group, or @default: all that the default lets through. */
static void
apply_group(const struct line *l, const char *word)
{
	int group = CALL_GROUPS;

	while (--group >= 0 && strcmp(text_of(FIRST_GROUP + (unsigned)group), word))
		;
	if (group < 0 && strcmp(word, "@default")) {
		settings_mistake(l->number, word, text_of(UNKNOWN_WORD), text_of(WANT_GROUP));
		return;
	}
	for (size_t call = 0; call < CALLS_MAX; call++)
		if (group >= 0 ? seccomp_group(call) == group : seccomp_group(call) >= 0 && !seccomp_is_denied(call))
			seccomp_set(call, l->action, l->first, l->tests);
}

/* 32 bits have more than one of some. */
static bool
apply_name(const struct line *l, const char *word)
{
	const char *name = NULL;
	size_t	    call = SIZE_MAX;
	bool	    found = false;

	while ((name = seccomp_next(name, &call)))
		if (!strcmp(name, word)) {
			seccomp_set(call, l->action, l->first, l->tests);
			found = true;
		}
	return found;
}

static void
apply_call(const struct line *l, const char *word)
{
	const char *name = NULL, *near = NULL;
	char	   *plain, *end;
	size_t	    call = SIZE_MAX, best = 0;

	if (apply_name(l, word))
		return;
	/* as 32 bits have it: fstat64, futex_time64. No other digits: clone4 is not meant for clone */
	plain = textf("%s", word);
	end = plain + strlen(plain) - 2;
	if (end > plain && word_index("32|64", '|', end, 2) >= 0)
		*end = '\0';
	if (end > plain + 5 && !strcmp(end - 5, "_time"))
		end[-5] = '\0';
	if (strcmp(plain, word) && apply_name(l, plain))
		return;
	while ((name = seccomp_next(name, &call)))
		if (settings_nearer(word, name, &best))
			near = name;
	settings_mistake(l->number, word, near ? textf(text_of(NEAR), "system call", near) : text_of(UNKNOWN_CALL), NULL);
}

static void
read_policy_line(unsigned number, char *text)
{
	static roomy char *word[WORDS_OF_LINE];
	struct line  l = { .number = number, .first = seccomp_tests() };
	size_t	     count = 0, calls = 0;
	int	     verb;

	while (text && count < countof(word) && *(word[count] = next_word(&text, " \t\r")) != '#')
		count += *word[count] != '\0';
	if (!count)
		return;
	verb = word_index("allow|deny|kill", '|', word[0], strlen(word[0]));
	if (verb < 0 || count == countof(word)) {
		settings_mistake(number, word[0], text_of(verb < 0 ? UNKNOWN_WORD : TOO_MANY_WORDS), "allow, deny or kill");
		return;
	}
	l.action = verb ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_ALLOW;
	if (verb == 2)
		l.action = (learnt.kills |= seccomp_tells()) ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_KILL_PROCESS;
	for (size_t i = 1; i < count; i++) { /* tests go to the front */
		if (!word[i][span_until(word[i], "=&")])
			word[++calls] = word[i];
		else
			read_option(&l, word[i]);
	}
	if (!calls)
		settings_mistake(number, word[0], text_of(NAMES_NO_CALL), NULL);
	for (size_t i = 1; i <= calls; i++)
		(*word[i] == '@' ? apply_group : apply_call)(&l, word[i]);
}

void
policy_read(const struct config *cfg, bool explain)
{
	enum filter kind = policy_kind(cfg);

	if (kind == POLICY || explain) /* else the workload makes it, and not a page of it is here */
		seccomp_begin(privs_asked(cfg), kind == POLICY, false);
	if (kind == POLICY)
		reading_lines(cfg->seccomp, "policy", false, read_policy_line);
	if (explain && kind)
		seccomp_compile(); /* what is too much for a run is no policy */
}

/* ---- writing ----------------------------------------------------------------------------------- */

/* Group by group, a line of the calls that fare so, if there are any, behind each of the heads. */
static void
list_calls(void (*show)(const char *), bool (*is)(size_t, unsigned), const char (*heads)[16], unsigned count)
{
	for (unsigned group = 0; group < CALL_GROUPS; group++)
		for (unsigned how = 0; how < count; how++) {
			const char *before = textf(heads[how], text_of(FIRST_GROUP + group)), *name = NULL;
			size_t	    call = SIZE_MAX;
			while ((name = seccomp_next(name, &call))) {
				if (seccomp_group(call) != (int)group || !is(call, how))
					continue;
				show(before);
				show(name);
				before = " ";
			}
			show(*before == ' ' ? "\n" : "");
		}
}

static bool
fares(size_t call, unsigned fate)
{
	return seccomp_fate(call) == fate;
}

void
policy_explain(const struct config *cfg)
{
	static const char heads[][16] = { "# allow %s: ", "# test %s: ", "# deny %s: ", "# kill %s: " };

	if (policy_kind(cfg))
		list_calls(print_text, fares, heads, countof(heads));
}

static void
add_text(const char *text)
{
	size_t len = strlen(text);

	if (copy(learnt.sheet + learnt.len, SHEET_MAX - learnt.len, text, len)) /* it is far below the size */
		learnt.len += len;
}

/* All families have a name: then socket(2) is let through by them, as the plain call would let through more. */
static bool
has_families(void)
{
	return !(learnt.families & ~(uint32_t)SAID_BY_NAME);
}

static bool
was_heard(size_t call, unsigned denied)
{
	return learnt.heard[call] && seccomp_is_denied(call) == denied && (call != seccomp_call(SYS_socket) || !has_families());
}

void
policy_write(const struct config *cfg)
{
	static const char heads[][16] = { "# %s\nallow ", "# refused %s: " };
	const char	 *path = cfg->seccomp + 4;

	learnt.len = 0;
	add_text(text_of(LEARNT));
	list_calls(add_text, was_heard, heads, countof(heads));
	for (unsigned i = 0; i < countof(value_names) && has_families(); i++)
		if (learnt.families >> value_names[i].value & 1)
			add_text(textf("allow socket arg0=%s%s\n", value_names[i].name, value_names[i].value == AF_NETLINK ? " arg2=0" : ""));
	if (report_replace(path, learnt.sheet, learnt.len))
		say(text_of(REPORT_LOST), NAME_OF(seccomp), path, error_text(errno));
}

/* ---- what the kernel tells --------------------------------------------------------------------- */

static void
note(const struct seccomp_data *data)
{
	uint32_t family = (uint32_t)data->args[0];

	learnt.heard[seccomp_call(data->nr)] = true;
	if (family > OTHER_FAMILY || (family == AF_NETLINK && (uint32_t)data->args[2])) /* more than routes */
		family = OTHER_FAMILY;
	if (data->nr == SYS_socket)
		learnt.families |= 1u << family;
}

/* A signal interrupts a call that waits for us, whatever call that is: which not every program bears. So where
 * it sets a handler, calls are to go on after it. Failing, its luck decides. */
static void
let_calls_go_on(const struct seccomp_notif *asked)
{
#ifdef __mips__
	enum { AT = 0 }; /* of the flags in the kernel's struct sigaction */
#else
	enum { AT = sizeof(long) };
#endif
	unsigned long flags;
	struct iovec  here = { &flags, sizeof(flags) }, there = { (void *)(uintptr_t)(asked->data.args[1] + AT), sizeof(flags) };

	if (asked->data.nr != SYS_rt_sigaction || !asked->data.args[1] ||
	    syscall(SYS_process_vm_readv, asked->pid, &here, 1, &there, 1, 0) != (long)sizeof(flags))
		return;
	flags |= SA_RESTART;
	(void)syscall(SYS_process_vm_writev, asked->pid, &here, 1, &there, 1, 0);
}

void
policy_answer(struct run *r, short events)
{
	struct seccomp_notif	  asked = { 0 };
	struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	size_t			  call;

	if (!(events & POLLIN)) { /* 5.9: nobody is left to ask */
		close(r->listener);
		r->listener = -1;
		return;
	}
	if (sys_ioctl(r->listener, (long)SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
		return; /* who asked has died */
	call = seccomp_call(asked.data.nr);
	answer.id = asked.id;
	if (r->filter == LEARNING) {
		note(&asked.data);
		let_calls_go_on(&asked);
		if (seccomp_is_denied(call)) {
			answer.flags = 0;
			answer.error = -EPERM;
		}
		(void)sys_ioctl(r->listener, (long)SECCOMP_IOCTL_NOTIF_SEND, &answer); /* likewise */
		return;
	}
	r->refused = call + 1;
	/* it still waits: the number is its own, and is a thread's, which stands for its process */
	if (sys_ioctl(r->listener, (long)SECCOMP_IOCTL_NOTIF_ID_VALID, &answer.id) == 0)
		(void)kill((pid_t)asked.pid, SIGKILL);
}
