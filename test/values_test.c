/* SPDX-License-Identifier: ISC */
/*
 * values_test.c - what the readers of values.c make of a text: the numbers and words that
 * no output of nook shows
 *
 * Built with the host's libc: cc -I. -o test/values_test test/values_test.c messages.c util.c values.c mountings.c -latf-c
 */
#include "nook.h"

#include <atf-c.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>

/* A case with its head in one line. */
#define CASE(name, text)                                \
	ATF_TC(name);                                   \
	ATF_TC_HEAD(name, tc)                           \
	{                                               \
		atf_tc_set_md_var(tc, "descr", "%s", text); \
	}                                               \
	ATF_TC_BODY(name, tc)

struct vector {
	enum type   type;
	const char *text;
	int64_t	    want;
};

static union value value; /* large: not on the stack */

static void
check_numbers(const struct vector *v, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum text why;

		value.number = -12345;
		why = value_read(v[i].type, v[i].text, &value);
		ATF_CHECK_MSG(!why, "%s: refused: %s", v[i].text, text_of(why));
		ATF_CHECK_MSG(value.number == v[i].want, "%s: %lld, wanted %lld", v[i].text,
		    (long long)value.number, (long long)v[i].want);
	}
}

CASE(size__in_bytes, "sizes are powers of 1024")
{
	static const struct vector v[] = {
		{ T_SIZE, "0", 0 }, { T_SIZE, "1", 1 }, { T_SIZE, "5b", 5 }, { T_SIZE, "1k", 1024 },
		{ T_SIZE, "1K", 1024 }, { T_SIZE, "500m", 524288000 }, { T_SIZE, "2G", 2147483648 },
		{ T_SIZE, "1t", 1099511627776 }, { T_SIZE, "8388607t", 9223370937343148032 },
		{ T_SIZE, "9223372036854775807", INT64_MAX }, { T_SIZE, "max", UNLIMITED },
	};
	(void)tc;
	check_numbers(v, countof(v));
}

CASE(cpus__in_millionths, "cpus are exact decimals")
{
	static const struct vector v[] = {
		{ T_CPUS, "0", 0 }, { T_CPUS, "1", 1000000 }, { T_CPUS, "0.5", 500000 },
		{ T_CPUS, "0.000001", 1 }, { T_CPUS, "1.234567", 1234567 }, { T_CPUS, "0.10", 100000 },
		{ T_CPUS, "1024", 1024000000 },
	};
	(void)tc;
	check_numbers(v, countof(v));
}

CASE(cpus__no_overflow, "the largest whole number of CPUs with a fraction is refused, never negative")
{
	(void)tc;
	ATF_CHECK(value_read(T_CPUS, "9223372036854.775808", &value) || value.number > 0);
	ATF_CHECK(value_read(T_CPUS, "9223372036854.9", &value) || value.number > 0);
}

CASE(time__in_milliseconds, "times are seconds unless they say otherwise")
{
	static const struct vector v[] = {
		{ T_TIME, "0", 0 }, { T_TIME, "1", 1000 }, { T_TIME, "1500ms", 1500 }, { T_TIME, "10s", 10000 },
		{ T_TIME, "5m", 300000 }, { T_TIME, "2h", 7200000 }, { T_TIME, "1d", 86400000 },
		{ T_TIME, "30s", 30000 }, { T_TIME, "2305843009213693951ms", INT64_MAX / 4 },
	};
	(void)tc;
	check_numbers(v, countof(v));
}

CASE(number__others, "whole numbers, booleans, masks, signals")
{
	static const struct vector v[] = {
		{ T_NUMBER, "-20", -20 }, { T_NUMBER, "0", 0 }, { T_NUMBER, "9223372036854775807", INT64_MAX },
		{ T_BOOL, "no", 0 }, { T_BOOL, "false", 0 }, { T_BOOL, "off", 0 }, { T_BOOL, "yes", 1 },
		{ T_BOOL, "true", 1 }, { T_BOOL, "on", 1 }, { T_OCTAL, "022", 022 }, { T_OCTAL, "22", 022 },
		{ T_OCTAL, "0777", 0777 }, { T_OCTAL, "0", 0 }, { T_SIGNAL, "TERM", SIGTERM },
		{ T_SIGNAL, "SIGKILL", SIGKILL }, { T_SIGNAL, "USR1", SIGUSR1 }, { T_SIGNAL, "SYS", SIGSYS },
		{ T_SIGNAL, "WINCH", SIGWINCH }, { T_SIGNAL, "64", 64 },
	};
	(void)tc;
	check_numbers(v, countof(v));
}

CASE(signal__of_this_machine, "numbers end where the signals of this machine do")
{
	char text[8];

	(void)tc;
	(void)snprintf(text, sizeof(text), "%d", _NSIG - 1);
	ATF_CHECK_EQ(_NSIG - 1, signal_number(text));
	(void)snprintf(text, sizeof(text), "%d", _NSIG);
	ATF_CHECK_EQ(-1, signal_number(text));
	ATF_CHECK_EQ(-1, signal_number("0"));
}

CASE(signal__names_and_back, "each signal's name is read as that signal")
{
	int named = 0;

	(void)tc;
	for (int sig = 1; sig <= 64; sig++) {
		const char *name = signal_name(sig);
		if (!name)
			continue;
		named++;
		ATF_CHECK_EQ_MSG(sig, signal_number(name), "%d: %s", sig, name);
	}
	ATF_CHECK_EQ(30, named); /* 1 to 31 less STKFLT */
}

CASE(exit__port, "an I/O port is one to four digits, and nothing behind them")
{
	static const struct vector good[] = { { T_EXIT, "isa-debug-exit", 0x501 }, { T_EXIT, "isa-debug-exit:0xf4", 0xf4 },
		{ T_EXIT, "isa-debug-exit:0xffff", 0xffff }, { T_EXIT, "virtio:a", 0 }, { T_EXIT, "/dev/x", 0 } };
	static const char wrong[][40] = { "isa-debug-exit:", "isa-debug-exit:0x", "isa-debug-exit:0x0", "isa-debug-exit:0x10000",
		"isa-debug-exit:0x501x", "isa-debug-exit:0x501 ", "isa-debug-exit:0x10000000000000501", "isa-debug-exit:501", "isa-debug-exits" };

	(void)tc;
	check_numbers(good, countof(good));
	for (size_t i = 0; i < countof(wrong); i++)
		ATF_CHECK_EQ_MSG(NOT_A_PORT, value_read(T_EXIT, wrong[i], &value), "%s: accepted", wrong[i]);
}

CASE(cpuset__bits, "a cpuset has the bits of its numbers and ranges")
{
	struct cpuset set;

	(void)tc;
	ATF_REQUIRE(!cpuset_read("0-2,4,63-64,16383", &set));
	ATF_CHECK_EQ(UINT64_C(0x8000000000000017), set.bits[0]);
	ATF_CHECK_EQ(1, set.bits[1]);
	for (size_t i = 2; i < countof(set.bits) - 1; i++)
		ATF_CHECK_EQ(0, set.bits[i]);
	ATF_CHECK_EQ(UINT64_C(1) << 63, set.bits[countof(set.bits) - 1]);
	ATF_REQUIRE(!cpuset_read("1", &set));
	ATF_CHECK_EQ(2, set.bits[0]);
	ATF_CHECK_EQ(0, set.bits[1]);
	ATF_REQUIRE(!cpuset_read("0-16383", &set));
	for (size_t i = 0; i < countof(set.bits); i++)
		ATF_CHECK_EQ(UINT64_MAX, set.bits[i]);
	ATF_CHECK(cpuset_read("16384", &set));
	ATF_CHECK(cpuset_read("0-16384", &set));
}

CASE(scheduler__policy, "schedulers and their priorities")
{
	static const struct {
		const char *text;
		int	    policy, priority;
	} v[] = { { "other", SCHED_OTHER, 0 }, { "batch", SCHED_BATCH, 0 }, { "idle", SCHED_IDLE, 0 },
		{ "fifo:1", SCHED_FIFO, 1 }, { "rr:99", SCHED_RR, 99 } };
	struct scheduler s;

	(void)tc;
	for (size_t i = 0; i < countof(v); i++) {
		ATF_REQUIRE_MSG(!scheduler_read(v[i].text, &s), "%s", v[i].text);
		ATF_CHECK_EQ_MSG(v[i].policy, s.policy, "%s", v[i].text);
		ATF_CHECK_EQ_MSG(v[i].priority, s.priority, "%s", v[i].text);
	}
}

CASE(ulimit__numbers, "ulimits by their resource, soft alone is both")
{
	struct ulimit u;

	(void)tc;
	ATF_REQUIRE(!ulimit_read("nofile=256", &u));
	ATF_CHECK_EQ(RLIMIT_NOFILE, u.resource);
	ATF_CHECK(u.limit.rlim_cur == 256 && u.limit.rlim_max == 256);
	ATF_REQUIRE(!ulimit_read("as=1g:unlimited", &u));
	ATF_CHECK_EQ(RLIMIT_AS, u.resource);
	ATF_CHECK(u.limit.rlim_cur == 1 << 30 && u.limit.rlim_max == RLIM_INFINITY);
	ATF_REQUIRE(!ulimit_read("core=0:1k", &u));
	ATF_CHECK_EQ(RLIMIT_CORE, u.resource);
	ATF_CHECK(u.limit.rlim_cur == 0 && u.limit.rlim_max == 1024);
	ATF_REQUIRE(!ulimit_read("core=unlimited", &u));
	ATF_CHECK(u.limit.rlim_cur == RLIM_INFINITY && u.limit.rlim_max == RLIM_INFINITY);
	ATF_CHECK(ulimit_read("core=unlimited:1", &u));
	ATF_REQUIRE(!ulimit_read("rttime=1", &u));
	ATF_CHECK_EQ(RLIMIT_RTTIME, u.resource);
}

CASE(volume__parts, "volumes: nosuid and nodev unless asked; the source is the place when none is given")
{
	static struct mounting m;
	const unsigned long base = MS_BIND | MS_REC | MS_NOSUID | MS_NODEV;

	(void)tc;
	ATF_REQUIRE(!volume_read("/a:/b:ro,noexec", &m));
	ATF_CHECK_STREQ("/a", m.source);
	ATF_CHECK_STREQ("/b", m.target);
	ATF_CHECK_EQ(base | MS_RDONLY | MS_NOEXEC, m.flags);
	ATF_CHECK(!m.may_miss);
	ATF_REQUIRE(!volume_read("/a:try", &m));
	ATF_CHECK_STREQ("/a", m.target);
	ATF_CHECK_EQ(base, m.flags);
	ATF_CHECK(m.may_miss);
	ATF_REQUIRE(!volume_read("/a:ro,rw,dev,suid", &m));
	ATF_CHECK_EQ(MS_BIND | MS_REC, m.flags);
	ATF_CHECK(!m.may_miss);
	ATF_REQUIRE(!device_read("/dev/net/tun", &m));
	ATF_CHECK_STREQ("/dev/net/tun", m.target);
	ATF_CHECK_EQ(MS_BIND | MS_NOSUID, m.flags);
}

CASE(mount__parts, "mounts and tmpfs: flags are told from data")
{
	static struct mounting m;

	(void)tc;
	ATF_REQUIRE(!mount_read("dst=/m,type=9p,src=tag,opt=ro,trans=virtio,nodev,version=9p2000.L", &m));
	ATF_CHECK_STREQ("9p", m.type);
	ATF_CHECK_STREQ("tag", m.source);
	ATF_CHECK_STREQ("/m", m.target);
	ATF_CHECK_STREQ("trans=virtio,version=9p2000.L", m.data);
	ATF_CHECK_EQ(MS_NOSUID | MS_NODEV | MS_RDONLY, m.flags);
	ATF_REQUIRE(!tmpfs_read("/t:size=1m,noexec,mode=0700", &m));
	ATF_CHECK_STREQ("tmpfs", m.type);
	ATF_CHECK_STREQ("/t", m.target);
	ATF_CHECK_STREQ("mode=1777,size=1m,mode=0700", m.data);
	ATF_CHECK_EQ(MS_NOSUID | MS_NODEV | MS_NOEXEC, m.flags);
}

CASE(rate__parts, "rates: the last colon divides device and rate")
{
	(void)tc;
	ATF_REQUIRE(!rate_read("/dev/a:b:2m", &value.rate));
	ATF_CHECK_STREQ("/dev/a:b", value.rate.device);
	ATF_CHECK_EQ(2 << 20, value.rate.rate);
}

CASE(capability__numbers, "capabilities by their numbers, with or without CAP_, in any case")
{
	(void)tc;
	ATF_CHECK_EQ(0, capability_number("chown"));
	ATF_CHECK_EQ(10, capability_number("CAP_NET_BIND_SERVICE"));
	ATF_CHECK_EQ(21, capability_number("Sys_Admin"));
	ATF_CHECK_EQ(34, capability_number("cap_syslog"));
	ATF_CHECK_EQ(40, capability_number("checkpoint_restore"));
	ATF_CHECK_EQ(-2, capability_number("ALL"));
	ATF_CHECK_EQ(-1, capability_number("cap_"));
	ATF_CHECK_EQ(-1, capability_number("chow"));
}

CASE(sysctl__namespaces, "sysctls by the namespace they belong to")
{
	(void)tc;
	ATF_CHECK_EQ(offsetof(struct config, network), sysctl_namespace("net.ipv4.ip_forward=1"));
	ATF_CHECK_EQ(offsetof(struct config, ipc), sysctl_namespace("kernel.shmmax=1"));
	ATF_CHECK_EQ(offsetof(struct config, ipc), sysctl_namespace("fs.mqueue.msg_max=1"));
	ATF_CHECK_EQ(offsetof(struct config, uts), sysctl_namespace("kernel.domainname=a"));
	ATF_CHECK_EQ(0, sysctl_namespace("kernel.core_pattern=x"));
	ATF_CHECK_EQ(0, sysctl_namespace("network=1"));
}

CASE(command__words, "a command line is split as a shell would, without expansions")
{
	static const struct {
		const char *text, *want; /* words, each followed by | */
	} v[] = {
		{ "a b", "a|b|" }, { " \ta \t b\t", "a|b|" }, { "\"a b\" c", "a b|c|" }, { "'a b' c", "a b|c|" },
		{ "a\\ b c", "a b|c|" }, { "a\"b c\"d", "ab cd|" }, { "a'b c'd", "ab cd|" }, { "a \"\" b", "a||b|" },
		{ "a ''", "a||" }, { "\"a\\\"b\"", "a\"b|" }, { "\"a\\\\b\"", "a\\b|" }, { "\"a\\b\"", "a\\b|" },
		{ "'a\\b'", "a\\b|" }, { "'a\\\\b'", "a\\\\b|" }, { "'a\"b'", "a\"b|" }, { "\"a'b\"", "a'b|" }, { "a\\'b", "a'b|" },
		{ "a\\\\b", "a\\b|" }, { "a\\bc", "abc|" }, { "$A `b` # *", "$A|`b`|#|*|" },
		{ "\"a\"'b'c", "abc|" }, { "\\\"a b\\\"", "\"a|b\"|" },
	};
	char got[256];

	(void)tc;
	for (size_t i = 0; i < countof(v); i++) {
		enum text why = command_split(v[i].text, &value.words);
		ATF_CHECK_MSG(!why, "%s: %s", v[i].text, text_of(why));
		*got = '\0';
		for (char **word = value.words.argv; !why && *word; word++) {
			strcat(got, *word);
			strcat(got, "|");
		}
		ATF_CHECK_STREQ_MSG(v[i].want, got, "%s", v[i].text);
	}
}

CASE(command__fits_or_not, "a command that does not fit is refused, at the last byte and the last word")
{
	static char text[sizeof(value.words.buf) + 2];
	const size_t most = sizeof(value.words.buf) - 2; /* with its end, and one byte kept */

	(void)tc;
	memset(text, 'a', sizeof(text) - 1);
	ATF_CHECK_STREQ("too long a command", text_of(command_split(text, &value.words)));
	text[most] = '\0';
	ATF_CHECK(!command_split(text, &value.words));
	ATF_CHECK_EQ(most, strlen(value.words.argv[0]));
	ATF_CHECK(!value.words.argv[1]);
	for (size_t i = 0; i < WORDS_MAX; i++)
		memcpy(text + 2 * i, "a ", 2);
	text[2 * WORDS_MAX] = '\0';
	ATF_CHECK_STREQ("too many words", text_of(command_split(text, &value.words)));
	text[2 * (WORDS_MAX - 1)] = '\0';
	ATF_CHECK(!command_split(text, &value.words));
	ATF_CHECK(!value.words.argv[WORDS_MAX - 1]);
}

CASE(path__plain, "a plain path is not empty, has no .. and fits")
{
	static char path[PATH_MAX + 1];

	(void)tc;
	ATF_CHECK(path_is_plain("/"));
	ATF_CHECK(path_is_plain("/a/b/"));
	ATF_CHECK(path_is_plain("/..a/b../..."));
	ATF_CHECK(!path_is_plain(""));
	ATF_CHECK(!path_is_plain(".."));
	ATF_CHECK(!path_is_plain("/.."));
	ATF_CHECK(!path_is_plain("/a/../b"));
	ATF_CHECK(!path_is_plain("/a/.."));
	for (size_t i = 0; i < PATH_MAX; i++)
		path[i] = i % 2 ? 'a' : '/';
	ATF_CHECK(!path_is_plain(path));
	path[PATH_MAX - 1] = '\0';
	ATF_CHECK(path_is_plain(path));
	memset(path, 'a', 257);
	path[0] = '/';
	path[257] = '\0';
	ATF_CHECK(!path_is_plain(path));
	path[256] = '\0';
	ATF_CHECK(path_is_plain(path));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, size__in_bytes);
	ATF_TP_ADD_TC(tp, cpus__in_millionths);
	ATF_TP_ADD_TC(tp, cpus__no_overflow);
	ATF_TP_ADD_TC(tp, time__in_milliseconds);
	ATF_TP_ADD_TC(tp, number__others);
	ATF_TP_ADD_TC(tp, signal__of_this_machine);
	ATF_TP_ADD_TC(tp, signal__names_and_back);
	ATF_TP_ADD_TC(tp, exit__port);
	ATF_TP_ADD_TC(tp, cpuset__bits);
	ATF_TP_ADD_TC(tp, scheduler__policy);
	ATF_TP_ADD_TC(tp, ulimit__numbers);
	ATF_TP_ADD_TC(tp, volume__parts);
	ATF_TP_ADD_TC(tp, mount__parts);
	ATF_TP_ADD_TC(tp, rate__parts);
	ATF_TP_ADD_TC(tp, capability__numbers);
	ATF_TP_ADD_TC(tp, sysctl__namespaces);
	ATF_TP_ADD_TC(tp, command__words);
	ATF_TP_ADD_TC(tp, command__fits_or_not);
	ATF_TP_ADD_TC(tp, path__plain);
	return atf_no_error();
}
