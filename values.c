/* SPDX-License-Identifier: ISC */
/*
 * values.c - what a setting's value may look like: one reader a type
 *
 * A reader takes the whole string or nothing: no leading blank, no sign, no trailing byte, no
 * silent overflow. It returns GOOD, or the reason: the words after "name=value: ". The same
 * readers check the settings before anything happens and take them apart when they are used.
 */
#include "nook.h"

#include <sched.h>

static enum text
number_read(const char *text, int64_t *out)
{
	bool	    negative = *text == '-';
	const char *end = digits(text + negative, out);

	if (negative)
		*out = -*out;
	return end && !*end ? GOOD : NOT_A_NUMBER;
}

static enum text
count_read(const char *text, int64_t *out)
{
	if (strcmp(text, "max"))
		return number_read(text, out);
	*out = UNLIMITED;
	return GOOD;
}

enum text
size_read(const char *text, int64_t *out)
{
	static const char units[] = "bkmgt";
	const char	 *end = digits(text, out), *unit;
	char		  c;

	if (!strcmp(text, "max")) {
		*out = UNLIMITED;
		return GOOD;
	}
	if (!end)
		return *text >= '1' && *text <= '9' ? TOO_LARGE_A_SIZE : NOT_A_SIZE;
	if (!*end)
		return GOOD;
	c = (char)(*end >= 'C' && *end <= 'T' ? *end | 0x20 : *end);
	unit = find_char(units, c);
	if (!unit || end[1])
		return NOT_A_SIZE;
	if (__builtin_mul_overflow(*out, (int64_t)1 << (10 * (unit - units)), out))
		return TOO_LARGE_A_SIZE;
	return GOOD;
}

/* Decimals without floating point: 0.5 is 500000. */
static enum text
cpus_read(const char *text, int64_t *out)
{
	const char *end = digits(text, out);
	int64_t	    unit = 1000000;

	if (!end || *out > INT32_MAX)
		return NOT_A_NUMBER_OF_CPUS;
	*out *= unit;
	if (*end == '.' && end[1])
		for (end++; *end >= '0' && *end <= '9' && unit > 1; end++)
			*out += (unit /= 10) * (*end - '0');
	return *end ? NOT_A_NUMBER_OF_CPUS : GOOD;
}

static enum text
time_read(const char *text, int64_t *out)
{
	static const struct unit {
		char	name[3];
		int64_t msec;
	} units[] = { { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
		{ "d", 86400000 } };
	const char *end = digits(text, out);

	for (size_t i = 0; end && i < countof(units); i++) {
		if (strcmp(end, units[i].name))
			continue;
		if (__builtin_mul_overflow(*out, units[i].msec, out) || *out > INT64_MAX / 4)
			return TOO_LONG_A_TIME;
		return GOOD;
	}
	return NOT_A_TIME;
}

static enum text
bool_read(const char *text, int64_t *out)
{
	int i = word_index("no|false|off|yes|true|on", '|', text, strlen(text));

	*out = i >= 3;
	return i < 0 ? NEITHER_YES_NOR_NO : GOOD;
}

static enum text
octal_read(const char *text, int64_t *out)
{
	*out = 0;
	if (!*text || strlen(text) > 4 || text[span_of(text, "01234567")])
		return NOT_AN_OCTAL_MASK;
	for (; *text; text++)
		*out = *out * 8 + *text - '0';
	return *out > 0777 ? NOT_AN_OCTAL_MASK : GOOD;
}

static enum text
restart_read(const char *text, int64_t *out)
{
	static const char failure[] = "on-failure";
	size_t		  len = sizeof(failure) - 1;

	*out = !strcmp(text, "always") ? RESTART_ALWAYS : !strcmp(text, failure) ? INT32_MAX : 0;
	if (*out || !strcmp(text, "no"))
		return GOOD;
	return !starts_with(text, failure) || text[len] != ':' || number_read(text + len + 1, out) || *out < 1
	    ? NOT_A_RESTART : GOOD;
}

static enum text
notify_setting_read(const char *text, int64_t *out)
{
	*out = !strcmp(text, "systemd") ? NOTIFY_SYSTEMD : 0;
	if (*out || !strcmp(text, "no"))
		return GOOD;
	return !starts_with(text, "fd:") || number_read(text + 3, out) || *out < 3 || *out > INT32_MAX ? NOT_A_NOTIFY : GOOD;
}

/* In the order of SIGNALS in messages.tab; the numbers differ between architectures. */
static const uint8_t signal_numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS,
	SIGFPE, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGCHLD, SIGCONT, SIGSTOP,
	SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGIO, SIGPWR,
	SIGSYS };

int
signal_number(const char *text)
{
	int64_t	    n;
	const char *end = digits(text, &n);
	int	    i;

	if (end)
		return *end || n < 1 || n >= _NSIG ? -1 : (int)n;
	if (starts_with(text, "SIG"))
		text += 3;
	i = word_index(text_of(SIGNALS), '|', text, strlen(text));
	return i < 0 ? -1 : signal_numbers[i];
}

const char *
signal_name(int sig)
{
	size_t	    len;
	const char *name;

	for (size_t i = 0; i < countof(signal_numbers); i++)
		if (signal_numbers[i] == sig && (name = word_at(text_of(SIGNALS), '|', (int)i, &len)))
			return next_word(&(char *){ textf("%s", name) }, "|");
	return NULL;
}

static enum text
signal_read(const char *text, int64_t *out)
{
	*out = signal_number(text);
	return *out < 0 ? NOT_A_SIGNAL : GOOD;
}

enum text
cpuset_read(const char *text, struct cpuset *set)
{
	int64_t first, last;

	memset(set, 0, sizeof(*set));
	for (;; text++) {
		text = digits(text, &first);
		last = first;
		if (text && *text == '-')
			text = digits(text + 1, &last);
		if (!text || first > last || last >= CPUSET_MAX)
			return NOT_A_LIST_OF_CPUS_OR_NODES;
		for (int64_t i = first; i <= last; i++)
			set->bits[i / 64] |= (uint64_t)1 << (i % 64);
		if (!*text)
			return GOOD;
		if (*text != ',')
			return NOT_A_LIST_OF_CPUS_OR_NODES;
	}
}

enum text
scheduler_read(const char *text, struct scheduler *out)
{
	static const uint8_t policies[] = { SCHED_OTHER, SCHED_BATCH, SCHED_IDLE, SCHED_FIFO, SCHED_RR };
	const char	    *colon = find_char(text, ':');
	size_t		     len = colon ? (size_t)(colon - text) : strlen(text);
	int		     i = word_index("other|batch|idle|fifo|rr", '|', text, len);
	int64_t		     priority = 0;

	if (i < 0 || (i >= 3) != (colon != NULL))
		return NOT_A_SCHEDULER;
	if (colon && (number_read(colon + 1, &priority) || priority < 1 || priority > 99))
		return NOT_A_REALTIME_PRIORITY;
	*out = (struct scheduler){ policies[i], (int)priority };
	return GOOD;
}

static bool
word_of(const char *text, size_t len, const char *more)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') &&
		    !find_char(more, c))
			return false;
	}
	return len > 0;
}

static enum text
name_read(const char *text)
{
	return strlen(text) > 64 || *text == '.' || *text == '-' || !word_of(text, strlen(text), "_+.-")
	    ? NOT_A_NAME : GOOD;
}

static enum text
hostname_read(const char *text)
{
	return strlen(text) > 64 || *text == '-' || *text == '.' || !word_of(text, strlen(text), "-.") ? NOT_A_HOST_NAME : GOOD;
}

bool
path_is_plain(const char *path)
{
	size_t len;

	for (int i = 0; (path[0]) && word_at(path, '/', i, &len); i++) {
		const char *at = word_at(path, '/', i, &len);
		if (len > NAME_MAX || (len == 2 && at[0] == '.' && at[1] == '.'))
			return false;
	}
	return *path && strlen(path) < PATH_MAX;
}

static enum text
parent_read(const char *text)
{
	return *text != '/' || !path_is_plain(text) || strlen(text) > 400 ? NOT_A_GROUP_S_PATH : GOOD;
}

static enum text
path_read(const char *text)
{
	return *text != '/' || strlen(text) >= PATH_MAX ? NOT_ABSOLUTE : GOOD;
}

static enum text
text_read(const char *text)
{
	return strlen(text) >= PATH_MAX ? TOO_LONG_A_PATH : GOOD;
}

static enum text
network_read(const char *text)
{
	return !strcmp(text, "none") || !strcmp(text, "host") || !path_read(text) ? GOOD : NO_NETWORK;
}

enum text
exit_read(const char *text, int64_t *port)
{
	*port = 0;
	if (starts_with(text, "isa-debug-exit")) {
		text += 14;
		if (!*text)
			*port = 0x501;
		else if (starts_with(text, ":0x") && strlen(text) < 8 && !text[3 + span_of(text + 3, "0123456789abcdef")])
			*port = (int64_t)hex(text + 3);
		return *port ? GOOD : NOT_A_PORT;
	}
	return starts_with(text, "virtio:") ? name_read(text + 7) : path_read(text);
}

static enum text
stream_read(const char *text)
{
	if (starts_with(text, "append:"))
		text += 7;
	else if (word_index("inherit|null|stdout|syslog|kmsg", '|', text, strlen(text)) >= 0)
		return GOOD;
	if (starts_with(text, "virtio:"))
		return text[7] && strlen(text) < NAME_MAX ? GOOD : NOT_A_STREAM;
	return find_char(text, '/') && strlen(text) < PATH_MAX ? GOOD : NOT_A_STREAM;
}

static enum text
report_read(const char *text, int64_t *out)
{
	if (!starts_with(text, "fd:"))
		return text_read(text);
	return number_read(text + 3, out) || *out < 0 || *out > INT_MAX ? NOT_A_DESCRIPTOR : GOOD;
}

/* A number that is an id, or a name to be looked up inside. 2^32-1 means "unchanged" to the kernel. */
static bool
id_is_good(const char *text, size_t len)
{
	int64_t	    id;
	const char *end = digits(text, &id);

	if (*text >= '0' && *text <= '9')
		return end == text + len && id < UINT32_MAX;
	return len < 33 && *text != '-' && *text != '.' && word_of(text, len, "_.-");
}

static enum text
user_read(const char *text)
{
	const char *colon = find_char(text, ':');

	if (!id_is_good(text, colon ? (size_t)(colon - text) : strlen(text)))
		return NOT_A_USER;
	return colon && !id_is_good(colon + 1, strlen(colon + 1)) ? NOT_A_GROUP : GOOD;
}

enum text
command_split(const char *text, struct words *out)
{
	char  *to = out->buf, *end = out->buf + sizeof(out->buf) - 1;
	char   quote = 0;
	size_t n = 0;

	for (;; text++) {
		while (!quote && (*text == ' ' || *text == '\t'))
			text++;
		if (!*text)
			break;
		if (n + 1 == countof(out->argv))
			return TOO_MANY_WORDS;
		out->argv[n++] = to;
		for (; *text && (quote || (*text != ' ' && *text != '\t')); text++) {
			bool escaped = *text == '\\' && quote != '\'' &&
			    (!quote || text[1] == '"' || text[1] == '\\');
			if (escaped && !*++text)
				return A_BACKSLASH_AT_THE_END;
			if (!escaped && (*text == quote || (!quote && (*text == '"' || *text == '\''))))
				quote = (char)(quote ? 0 : *text);
			else if (to < end)
				*to++ = *text;
			else
				return TOO_LONG_A_COMMAND;
		}
		if (quote)
			return A_QUOTE_IS_NOT_CLOSED;
		if (to == end)
			return TOO_LONG_A_COMMAND;
		*to++ = '\0';
		if (!*text)
			break;
	}
	out->argv[n] = NULL;
	return n && *out->argv[0] ? GOOD : EMPTY_COMMAND;
}

enum text
rate_read(const char *text, struct rate *out)
{
	const char *colon = strrchr(text, ':');

	if (*text != '/' || !colon || !copy(out->device, sizeof(out->device), text, (size_t)(colon - text)))
		return NO_DEVICE_AND_RATE;
	if (size_read(colon + 1, &out->rate) || out->rate <= 0 || out->rate == UNLIMITED)
		return NOT_A_RATE;
	return GOOD;
}

enum text
ulimit_read(const char *text, struct ulimit *out)
{
	/* in the order of ULIMITS in messages.tab; mips numbers a few otherwise */
	static const uint8_t numbers[] = { RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE,
		   RLIMIT_RSS, RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_AS, RLIMIT_LOCKS,
		   RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO, RLIMIT_RTTIME };
	const char *equals = find_char(text, '=');
	int	    i = equals ? word_index(text_of(ULIMITS), '|', text, (size_t)(equals - text)) : -1;
	int64_t	    value[2];
	char	    number[32];
	size_t	    len;

	if (i < 0)
		return NOT_A_ULIMIT;
	for (int n = 0; n < 2; n++) {
		const char *at = word_at(equals + 1, ':', n, &len);
		if (n && !at)
			value[1] = value[0];
		else if (!copy(number, sizeof(number), at, len))
			return NOT_A_ULIMIT_S_NUMBER;
		else if (!strcmp(number, "unlimited"))
			value[n] = UNLIMITED;
		else if (size_read(number, &value[n]))
			return NOT_A_ULIMIT_S_NUMBER;
		else if (value[n] != UNLIMITED && (uint64_t)value[n] >= ULONG_MAX)
			return TOO_LARGE_A_SIZE; /* the kernel of a 32-bit machine would take it for unlimited */
	}
	if (word_at(equals + 1, ':', 2, &len))
		return NOT_A_ULIMIT_S_NUMBER;
	out->resource = numbers[i];
	out->limit.rlim_cur = value[0] == UNLIMITED ? RLIM_INFINITY : (rlim_t)value[0];
	out->limit.rlim_max = value[1] == UNLIMITED ? RLIM_INFINITY : (rlim_t)value[1];
	return out->limit.rlim_cur > out->limit.rlim_max ? SOFT_OVER_HARD : GOOD;
}

size_t
sysctl_namespace(const char *key)
{
	static const struct scope {
		char	 prefix[20];
		uint16_t field;
	} scopes[] = {
		{ "net.", offsetof(struct config, network) },
		{ "kernel.shm", offsetof(struct config, ipc) },
		{ "kernel.msg", offsetof(struct config, ipc) },
		{ "kernel.sem", offsetof(struct config, ipc) },
		{ "fs.mqueue.", offsetof(struct config, ipc) },
		{ "kernel.domainname", offsetof(struct config, uts) },
	};

	for (size_t i = 0; i < countof(scopes); i++)
		if (starts_with(key, scopes[i].prefix))
			return scopes[i].field;
	return 0;
}

static enum text
sysctl_read(const char *text)
{
	const char *equals = find_char(text, '=');

	if (!equals || !equals[1] || equals - text > 200 || !word_of(text, (size_t)(equals - text), "_.-") || find_text(text, ".."))
		return NOT_KEY_VALUE;
	return sysctl_namespace(text) ? GOOD : WHOLE_MACHINE;
}

int
capability_number(const char *text)
{
	char   lower[32];
	size_t len = strlen(text);

	if (!copy(lower, sizeof(lower), text, len))
		return -1;
	for (char *c = lower; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 'a' - 'A');
	if (!strcmp(lower, "all"))
		return -2;
	text = starts_with(lower, "cap_") ? lower + 4 : lower;
	return word_index(text_of(CAPABILITIES), '|', text, strlen(text));
}

enum text
value_read(enum type type, const char *text, union value *out)
{
	switch (type) {
	case T_SIZE: return size_read(text, &out->number);
	case T_COUNT: return count_read(text, &out->number);
	case T_CPUS: return cpus_read(text, &out->number);
	case T_NUMBER: return number_read(text, &out->number);
	case T_TIME: return time_read(text, &out->number);
	case T_BOOL: return bool_read(text, &out->number);
	case T_SIGNAL: return signal_read(text, &out->number);
	case T_OCTAL: return octal_read(text, &out->number);
	case T_NOTIFY: return notify_setting_read(text, &out->number);
	case T_RESTART: return restart_read(text, &out->number);
	case T_CPUSET: return cpuset_read(text, &out->set);
	case T_SCHEDULER: return scheduler_read(text, &out->scheduler);
	case T_NAME:
	case T_MISSING: return name_read(text);
	case T_HOSTNAME: return hostname_read(text);
	case T_PARENT: return parent_read(text);
	case T_PATH: return path_read(text);
	case T_EXIT: return exit_read(text, &out->number);
	case T_ROOTFS: return text_read(text);
	case T_NETWORK: return network_read(text);
	case T_SECCOMP: return word_index("default|off", '|', text, strlen(text)) < 0 && !find_char(text, '/') ? UNKNOWN_WORD : GOOD;
	case T_STREAM: return stream_read(text);
	case T_REPORT: return report_read(text, &out->number);
	case T_USER: return user_read(text);
	case T_COMMAND: return command_split(text, &out->words);
	case T_RATE: return rate_read(text, &out->rate);
	case T_ULIMIT: return ulimit_read(text, &out->ulimit);
	case T_SYSCTL: return sysctl_read(text);
	case T_VOLUME: return volume_read(text, &out->mounting);
	case T_MOUNT: return mount_read(text, &out->mounting);
	case T_TMPFS: return tmpfs_read(text, &out->mounting);
	case T_DEVICE: return device_read(text, &out->mounting);
	case T_ENV: return *text == '=' ? NO_NAME : GOOD;
	case T_GROUP: return id_is_good(text, strlen(text)) ? GOOD : NOT_A_GROUP;
	case T_CAPABILITY: return capability_number(text) == -1 ? NOT_A_CAPABILITY : GOOD;
	case T_WORD: break; /* its words are in the table: settings.c */
	}
	return GOOD;
}
