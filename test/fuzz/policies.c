/* SPDX-License-Identifier: ISC */
/*
 * policies.c - target policy: the program that the kernel gets does what the lines say
 *
 * A first line "#X" chooses, by the bits of X, capabilities that the workload keeps and whether the kernel
 * tells the supervisor. calls.h is syscalls.tab: { name, group, act, opened by, number }.
 */
#define POLICY_NAME "/policy"

enum { LINES_MAX = 256, VALUES_OF_LINE = 64, CALLS_HERE = 600 };

static const struct call {
	const char *name, *group, *act, *opened;
	int	    number; /* -1: another architecture's */
} calls[] = {
#include "build/fuzz/calls.h"
};
static const struct call *call_of[CALLS_HERE]; /* by number */

static struct policy_line {
	unsigned verb; /* allow, deny, kill */
	int	 err;
	size_t	 count;
	struct {
		int	 arg;
		bool	 bits;
		uint32_t value;
	} test[VALUES_OF_LINE];
	bool calls[CALLS_HERE];
} policy_line[LINES_MAX];
static size_t	policy_lines;
static uint64_t policy_caps;
static bool	policy_tells;

static bool
has_cap(const char *name)
{
	return strcmp(name, "-") && policy_caps >> ref_capability(name) & 1;
}

static bool
ref_value(const char *text, uint32_t *out)
{
	static const struct { const char *name; uint32_t value; } names[] = { { "AF_UNIX", 1 }, { "AF_INET", 2 }, { "AF_INET6", 10 }, { "AF_NETLINK", 16 } };
	const char *end;
	__int128    n;

	for (size_t i = 0; i < countof(names); i++)
		if (!strcmp(text, names[i].name)) {
			*out = names[i].value;
			return true;
		}
	if (!strncmp(text, "0x", 2)) {
		*out = (uint32_t)strtoul(text + 2, NULL, 16);
		return strlen(text) > 2 && strlen(text) <= 10 && strspn(text + 2, "0123456789abcdef") == strlen(text) - 2;
	}
	if (!ref_digits(text, &end, &n) || *end || n > UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool
ref_test(struct policy_line *l, char *word)
{
	int   arg = word[3] - '0';
	char *value, *rest = word + 5;
	bool  bits = word[4] == '&';

	if (strncmp(word, "arg", 3) || arg < 0 || arg > 5 || (word[4] != '=' && !bits))
		return false;
	for (size_t i = 0; i < l->count; i++)
		if (l->test[i].arg == arg)
			return false;
	while ((value = strsep(&rest, "|"))) {
		if (l->count == VALUES_OF_LINE || !ref_value(value, &l->test[l->count].value))
			return false;
		l->test[l->count].arg = arg;
		l->test[l->count++].bits = bits;
	}
	return true;
}

static bool
ref_call(struct policy_line *l, const char *word)
{
	char plain[64];
	bool found = false;

	for (size_t i = 0; i < countof(calls); i++) {
		const struct call *c = &calls[i];
		bool named = *word != '@' ? !strcmp(c->name, word) : strcmp(word, "@default") ? !strcmp(c->group, word)
			: strcmp(c->act, "DENIED") || has_cap(c->opened);
		found |= named;
		if (named && c->number >= 0)
			l->calls[c->number] = true;
	}
	if (found || *word == '@' || strlen(word) >= sizeof(plain))
		return found;
	/* as 32 bits have it */
	strcpy(plain, word);
	if (strlen(plain) > 2 && (!strcmp(plain + strlen(plain) - 2, "64") || !strcmp(plain + strlen(plain) - 2, "32")))
		plain[strlen(plain) - 2] = '\0';
	else
		return false;
	if (strlen(plain) > 5 && !strcmp(plain + strlen(plain) - 5, "_time"))
		plain[strlen(plain) - 5] = '\0';
	return strcmp(plain, word) && ref_call(l, plain);
}

static bool
ref_policy_line(struct policy_line *l, char *text)
{
	static const struct { const char *name; int err; } errors[] = { { "EPERM", EPERM }, { "ENOENT", ENOENT }, { "EACCES", EACCES }, { "EINVAL", EINVAL },
		{ "ENOSYS", ENOSYS }, { "EIO", EIO }, { "ENXIO", ENXIO }, { "ENODEV", ENODEV }, { "EBUSY", EBUSY }, { "EAGAIN", EAGAIN },
		{ "ENOMEM", ENOMEM }, { "EROFS", EROFS }, { "EOPNOTSUPP", EOPNOTSUPP }, { "EAFNOSUPPORT", EAFNOSUPPORT } };
	char *word, *state = NULL;
	bool  any = false, named = false;

	memset(l, 0, sizeof(*l));
	l->err = EPERM;
	for (word = strtok_r(text, " \t\r", &state); word && *word != '#'; word = strtok_r(NULL, " \t\r", &state)) {
		size_t i = 0;
		if (!any) {
			l->verb = (unsigned)ref_word("allow,deny,kill", ',', word);
			if (l->verb > 2)
				return false;
			any = true;
		} else if (l->verb == 1 && !strncmp(word, "errno=", 6)) {
			while (i < countof(errors) && strcmp(word + 6, errors[i].name))
				i++;
			if (i == countof(errors))
				return false;
			l->err = errors[i].err;
		} else if (strpbrk(word, "=&")) {
			if (!ref_test(l, word))
				return false;
		} else {
			if (!ref_call(l, word))
				return false;
			named = true;
		}
	}
	policy_lines += any;
	return named == any;
}

static void
ref_policy(const char *bytes, size_t size)
{
	static char all[1 << 17];
	char	   *rest = all, *line;
	unsigned    number = 0;

	if (memchr(bytes, 0, size) || size >= sizeof(all))
		broken("accepted: a NUL byte, or too long a file");
	memcpy(all, bytes, size + 1);
	policy_lines = 0;
	while ((line = strsep(&rest, "\n"))) {
		number++;
		if (policy_lines == LINES_MAX)
			broken("accepted: too many lines for me");
		if (!ref_policy_line(&policy_line[policy_lines], line))
			broken("accepted: line %u", number);
	}
}

/* ---- what becomes of a call ----------------------------------------------------------------------- */

enum { LETS = -1, ENDS = -2, LOOKS = -3 }; /* or an errno */

static bool
line_fits(const struct policy_line *l, const uint64_t *args)
{
	for (size_t i = 0, next; i < l->count; i = next) {
		bool fits = false;
		for (next = i; next < l->count && l->test[next].arg == l->test[i].arg; next++) {
			uint32_t value = (uint32_t)args[l->test[i].arg];
			fits |= l->test[next].bits ? (value & l->test[next].value) != 0 : value == l->test[next].value;
		}
		if (!fits)
			return false;
	}
	return true;
}

/* args NULL: for all; then LOOKS where they count. */
static int
by_default(const struct call *c, const uint64_t *args)
{
	uint32_t a0 = args ? (uint32_t)args[0] : 0, a1 = args ? (uint32_t)args[1] : 0, a2 = args ? (uint32_t)args[2] : 0;

	if (has_cap(c->opened) || !strcmp(c->act, "ALLOWED") || !strcmp(c->act, "ALWAYS") || !strcmp(c->act, "DENIED"))
		return LETS;
	if (!args)
		return LOOKS;
	if (!strcmp(c->act, "CLONING"))
		return a0 & (0x7e000000 | CLONE_NEWNS | 0x80 /* time */) ? EPERM : LETS;
	if (!strcmp(c->act, "TERMINAL"))
		return a1 == TIOCSTI || a1 == TIOCLINUX ? EPERM : LETS;
	if (!strcmp(c->act, "PERSONA"))
		return a0 == UINT32_MAX || !(a0 & ~0x20008u) ? LETS : EPERM;
	if (!strcmp(c->act, "FAMILY"))
		return a0 == AF_UNIX || a0 == AF_INET || a0 == AF_INET6 || (a0 == AF_NETLINK && (!a2 || has_cap("net_admin"))) ||
			(a0 == AF_PACKET && has_cap("net_raw")) ? LETS : EAFNOSUPPORT;
	broken("syscalls.tab: %s", c->act);
}

static int
by_lines(int number, const uint64_t *args)
{
	const struct call *c = number < CALLS_HERE ? call_of[number] : NULL;
	bool absent;
	int  got;

	if (!c)
		return ENOSYS;
	absent = !strcmp(c->act, "ABSENT");
	if (absent && !has_cap(c->opened))
		return ENOSYS;
	for (size_t i = policy_lines; i > 0; i--) {
		const struct policy_line *l = &policy_line[i - 1];
		if (!l->calls[number])
			continue;
		if (l->count && !args)
			return LOOKS;
		if (!line_fits(l, args))
			continue;
		got = l->verb == 2 ? ENDS : l->verb == 1 ? l->err : l->count ? LETS : by_default(c, args);
		return absent && got == EPERM ? ENOSYS : got;
	}
	return !strcmp(c->act, "ALWAYS") ? LETS : absent ? ENOSYS : EPERM;
}

/* As the kernel runs it, having checked that it ends. */
static uint32_t
interpret(const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t at = 0; at < bpf.count; at++) {
		const struct sock_filter *s = step_at(bpf.count - at);
		switch (s->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (s->k % 4 || s->k + 4 > sizeof(*data))
				broken("step %zu loads from %u", at, s->k);
			memcpy(&a, (const char *)data + s->k, 4);
			break;
		case BPF_RET | BPF_K: return s->k;
		case BPF_JMP | BPF_JA: at += s->k; break;
		case BPF_JMP | BPF_JEQ | BPF_K: at += a == s->k ? s->jt : s->jf; break;
		case BPF_JMP | BPF_JGE | BPF_K: at += a >= s->k ? s->jt : s->jf; break;
		case BPF_JMP | BPF_JGT | BPF_K: at += a > s->k ? s->jt : s->jf; break;
		case BPF_JMP | BPF_JSET | BPF_K: at += a & s->k ? s->jt : s->jf; break;
		default: broken("step %zu is %x", at, s->code);
		}
	}
	broken("the program does not end");
}

static void
check_call(int number, const uint64_t *args)
{
	struct seccomp_data data = { .nr = number, .arch = ABI, .args = { args[0], args[1], args[2], args[3], args[4], args[5] } };
	uint32_t got = interpret(&data), want;
	int	 fate = by_lines(number, args);

	want = fate == LETS ? SECCOMP_RET_ALLOW : fate != ENDS ? SECCOMP_RET_ERRNO | (uint32_t)fate
		: policy_tells ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_KILL_PROCESS;
	if (got != want)
		broken("call %d (%s) with %llx %llx %llx %llx %llx %llx: %x, not %x", number, call_of[number] ? call_of[number]->name : "none",
		    (long long)args[0], (long long)args[1], (long long)args[2], (long long)args[3], (long long)args[4], (long long)args[5], got, want);
}

/* Every call once, and those whose arguments count with values that are asked for, and others near. */
static void
check_program(unsigned seed)
{
	static const uint32_t some[] = { 0, 1, 2, 8, 10, 16, 17, 38, 0x80, 0x8000000, 0x10000000, 0x20000, 0x20008, 0x40000, 0xffffffff, TIOCSTI, TIOCLINUX };
	const uint64_t none[6] = { 0 };
	uint64_t args[6];
	struct seccomp_data other = { .nr = 1, .arch = ABI ^ 1 };

	if (bpf.count > 4096)
		broken("%zu steps", bpf.count);
	if (interpret(&other) != SECCOMP_RET_KILL_PROCESS)
		broken("another ABI is let in");
	for (int number = 0; number < CALLS_HERE; number++) {
		bool more = call_of[number] && strcmp(call_of[number]->act, "ALLOWED") && strcmp(call_of[number]->act, "DENIED");
		check_call(number, none);
		for (size_t i = 0; i < policy_lines && !more; i++)
			more = policy_line[i].count && policy_line[i].calls[number];
		for (int n = 0; more && n < 6; n++) {
			for (int arg = 0; arg < 6; arg++) {
				seed = seed * 1103515245 + 12345;
				args[arg] = some[(seed >> 16) % countof(some)] | (seed >> 8 & 1 ? UINT64_C(0xabcd) << 32 : 0);
			}
			const struct policy_line *l = &policy_line[policy_lines ? (seed >> 12) % policy_lines : 0];
			for (size_t i = 0; i < l->count && policy_lines; i++)
				if (i == 0 || seed >> (i % 16) & 1)
					args[l->test[i].arg] = l->test[i].value + (seed >> 20) % 8 / 7;
			check_call(number, args);
		}
	}
	check_call(0x40000001, none); /* x32 */
	check_call(-1 & INT32_MAX, none);
}

/* The last steps of nook itself, which the key alone opens. */
static void
check_key(bool open, int number)
{
	struct seccomp_data data = { .nr = number, .arch = ABI, .args = { 0, 0, 0, 0, seccomp_key(0), seccomp_key(1) } };
	const uint64_t none[6] = { 0 };

	if (open && interpret(&data) != SECCOMP_RET_ALLOW)
		broken("nook itself is kept out of call %d", number);
	data.args[5]++;
	data.args[0] = 0;
	if (by_lines(number, NULL) != LOOKS && (interpret(&data) == SECCOMP_RET_ALLOW) != (by_lines(number, none) == LETS))
		broken("half a key opens call %d", number);
}

/* What explain lists of it. */
static void
check_listed(void)
{
	static char all[PRINTED_MAX];
	char	   *at = all, *line, *word;
	size_t	    listed = 0, here = 0;

	memcpy(all, world.printed.bytes, world.printed.len + 1);
	while ((line = strsep(&at, "\n"))) {
		char verb[8], grp[32];
		int  next = 0, fate;
		if (sscanf(line, "# %7s %31[^:]: %n", verb, grp, &next) < 2)
			continue;
		line += next;
		while ((word = strsep(&line, " "))) {
			size_t i = 0;
			while (i < countof(calls) && strcmp(calls[i].name, word))
				i++;
			if (i == countof(calls) || strcmp(calls[i].group, grp))
				broken("lists %s in %s", word, grp);
			listed++;
			fate = by_lines(calls[i].number, NULL);
			if (strcmp(verb, fate == LETS ? "allow" : fate == ENDS ? "kill" : fate == LOOKS ? "test" : "deny"))
				broken("%s is listed as %s", word, verb);
		}
	}
	for (size_t i = 0; i < CALLS_HERE; i++)
		here += call_of[i] != NULL;
	if (listed != here)
		broken("lists %zu calls of %zu", listed, here);
}

static const char  *policy_bytes;
static size_t	    policy_size;

static const char *
policy_find(int dir, const char *path, size_t *size)
{
	(void)dir;
	*size = policy_size;
	return strcmp(path, POLICY_NAME) ? NULL : policy_bytes;
}

static void
check_policy_messages(unsigned lines_of_it)
{
	static char all[PRINTED_MAX];
	char	   *at = all, *line;
	unsigned    number;

	memcpy(all, world.said.bytes, world.said.len + 1);
	if (!*all)
		broken("refused without a word");
	while ((line = strsep(&at, "\n")))
		if (*line && (sscanf(line, "nook: " POLICY_NAME ":%u: ", &number) != 1 || number < 1 || number > lines_of_it))
			broken("without its line: %s", line);
}

static void
policy_target(const char *bytes, size_t size)
{
	static char	     name[] = POLICY_NAME;
	static struct config cfg;
	static const char   *const caps[] = { "sys_admin", "net_raw", "net_admin", "sys_ptrace", "all" };
	struct item	     items[countof(caps)];
	unsigned	     variant = *bytes == '#' ? (uint8_t)bytes[1] : 0, count = 1;

	for (size_t i = 0; i < countof(calls) && !call_of[calls[0].number]; i++)
		if (calls[countof(calls) - 1 - i].number >= 0)
			call_of[calls[countof(calls) - 1 - i].number] = &calls[countof(calls) - 1 - i];
	memset(&cfg, 0, sizeof(cfg));
	cfg.seccomp = name;
	cfg.no_new_privs = 1;
	policy_caps = 0;
	for (size_t i = 0; i < countof(caps); i++)
		if (variant >> i & 1) {
			items[i] = (struct item){ caps[i], cfg.cap_add, 0, 0 };
			cfg.cap_add = &items[i];
			policy_caps |= i == 4 ? ~UINT64_C(0) : UINT64_C(1) << ref_capability(caps[i]);
		}
	policy_tells = !(variant & 0x20);
	world.tells = policy_tells ? EFAULT : EINVAL;
	world.find = policy_find;
	policy_bytes = bytes;
	policy_size = size;
	memset(&reading, 0, sizeof(reading));
	reading.file = name;
	learnt.kills = bpf.full = no_filter = false;
	no_guess = size % 16;
	for (size_t i = 0; i < size; i++)
		count += bytes[i] == '\n';
	if (!WORLD_RUN(policy_read(&cfg, size % 8 == 0)) || reading.mistakes) {
		if (!bpf.full)
			check_policy_messages(count);
		return;
	}
	ref_policy(bytes, size);
	if (size % 8 == 0) {
		policy_explain(&cfg);
		check_listed();
	}
	if (!WORLD_RUN(seccomp_check(&cfg))) {
		if (!bpf.full || !strstr(world.said.bytes, "more than"))
			broken("does not compile");
		return;
	}
	accepted++;
	check_program((unsigned)size * 7919 + count);
	check_key(true, SYS_execve);
	check_key(policy_kind(&cfg) > POLICY, SYS_sendmsg);
}
