/* SPDX-License-Identifier: ISC */
/*
 * limits.c - the limits and the figures of a group, v1 and v2 side by side in two tables
 *
 * A limit goes where its controller lives. Each is written before anything runs inside and read
 * back: what does not read as asked is an error, and what the kernel lacks is refused by name.
 * The kernel's admin-guide/cgroup-v1/ and admin-guide/cgroup-v2.rst say what the files mean.
 */
#include "nook.h"

#include "kernel.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

enum kind { SIZE, PERIOD, WEIGHT, SET, RATE };
enum { CPU_PERIOD = 100000, PAGE_MAX = 65536 };

/* In the order of writing: the kernel wants memory before memory+swap. */
static const struct limit {
	uint16_t into; /* offset in struct config */
	uint8_t	 controller, kind;
	/* file on v1, on v2 ("": not offered there), CONFIG_ it needs, and of a RATE the word in io.max */
	char texts[68];
} limits[] = {
#define LIMIT(field) offsetof(struct config, field)
	{ LIMIT(memory), C_MEMORY, SIZE, "memory.limit_in_bytes\0memory.max\0MEMCG\0" },
	{ LIMIT(swap), C_MEMORY, SIZE, "memory.memsw.limit_in_bytes\0memory.swap.max\0SWAP\0" },
	{ LIMIT(memory_high), C_MEMORY, SIZE, "\0memory.high\0MEMCG\0" },
	{ LIMIT(memory_reservation), C_MEMORY, SIZE, "memory.soft_limit_in_bytes\0memory.low\0MEMCG\0" },
	{ LIMIT(cpus), C_CPU, PERIOD, "cpu.cfs_quota_us\0cpu.max\0CFS_BANDWIDTH\0" },
	{ LIMIT(cpu_shares), C_CPU, WEIGHT, "cpu.shares\0cpu.weight\0FAIR_GROUP_SCHED\0" },
	{ LIMIT(cpuset_cpus), C_CPUSET, SET, "cpuset.cpus\0cpuset.cpus\0CPUSETS\0" },
	{ LIMIT(cpuset_mems), C_CPUSET, SET, "cpuset.mems\0cpuset.mems\0CPUSETS\0" },
	{ LIMIT(pids_limit), C_PIDS, SIZE, "pids.max\0pids.max\0CGROUP_PIDS\0" },
	{ LIMIT(read_bps), C_IO, RATE, "blkio.throttle.read_bps_device\0io.max\0BLK_DEV_THROTTLING\0rbps" },
	{ LIMIT(write_bps), C_IO, RATE, "blkio.throttle.write_bps_device\0io.max\0BLK_DEV_THROTTLING\0wbps" },
	{ LIMIT(read_iops), C_IO, RATE, "blkio.throttle.read_iops_device\0io.max\0BLK_DEV_THROTTLING\0riops" },
	{ LIMIT(write_iops), C_IO, RATE, "blkio.throttle.write_iops_device\0io.max\0BLK_DEV_THROTTLING\0wiops" },
};

/* A figure is the sum of the numbers after each key, or the file's number where there is no key. */
static const struct figure {
	uint16_t into; /* offset in struct usage */
	uint8_t	 controller;
	bool	 wanted;   /* a report brings the controller in, limit or not */
	uint16_t divide1;  /* v1 counts CPU time in nanoseconds */
	char	 texts[56]; /* file and key on v1, file and key on v2 */
} figures[] = {
#define FIGURE(field) offsetof(struct usage, field)
	{ FIGURE(memory_peak), C_MEMORY, true, 1, "memory.max_usage_in_bytes\0\0memory.peak\0" },
	{ FIGURE(oom_kills), C_MEMORY, false, 1, "memory.oom_control\0oom_kill \0memory.events\0oom_kill " },
	{ FIGURE(oom_own), C_MEMORY, false, 1, "\0\0memory.events\0oom " },
	{ FIGURE(cpu_usec), C_CPUACCT, true, 1000, "cpuacct.usage\0\0cpu.stat\0usage_usec " },
	{ FIGURE(cpu_user_usec), C_CPUACCT, false, 1000, "cpuacct.usage_user\0\0cpu.stat\0user_usec " },
	{ FIGURE(cpu_system_usec), C_CPUACCT, false, 1000, "cpuacct.usage_sys\0\0cpu.stat\0system_usec " },
	{ FIGURE(throttled_usec), C_CPU, false, 1000, "cpu.stat\0throttled_time \0cpu.stat\0throttled_usec " },
	{ FIGURE(pids_peak), C_PIDS, false, 1, "pids.peak\0\0pids.peak\0" },
	{ FIGURE(io_read), C_IO, false, 1, "blkio.throttle.io_service_bytes\0Read \0io.stat\0rbytes=" },
	{ FIGURE(io_write), C_IO, false, 1, "blkio.throttle.io_service_bytes\0Write \0io.stat\0wbytes=" },
};

/* The nth of several texts in one. */
static const char *
nth(const char *texts, int n)
{
	while (n--)
		texts += strlen(texts) + 1;
	return texts;
}

const struct hierarchy *
limits_hierarchy(const struct cgroup *g, enum controller c)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->at[i].controllers & 1u << c)
			return &g->at[i];
	return NULL;
}

static bool
is_asked(const struct config *cfg, const struct limit *l)
{
	const void *field = (const char *)cfg + l->into;

	if (l->kind == RATE || l->kind == SET)
		return *(const void *const *)field != NULL;
	if (l->into == LIMIT(swap) && cfg->swap == UNSET) /* so that the limit is a limit */
		return cfg->memory != UNSET && cfg->memory != UNLIMITED;
	return *(const int64_t *)field != UNSET;
}

/* Without a controller there is no limit: refuse, unless excused. */
static bool
find_controller(struct cgroup *g, const struct config *cfg, const struct limit *l)
{
	const char *name = settings_name(l->into);

	if (limits_hierarchy(g, l->controller) || hierarchy_find(g, l->controller) >= 0)
		return true;
	if ((l->into == LIMIT(swap) && cfg->swap == UNSET) || settings_excused(cfg, name))
		return false;
	refuse(NO_CONTROLLER,
	    name, controller_name(l->controller, false), nth(l->texts, 2), controller_name(l->controller, false));
}


bool
limits_hold(const struct hierarchy *h, const char *group)
{
	const char *got;

	for (size_t i = 0; i < countof(limits); i++) {
		const struct limit *l = &limits[i];
		if (!(h->controllers & 1u << l->controller) || l->kind == SET || l->kind == RATE || l->kind == WEIGHT)
			continue;
		got = file_read(h->root, textf("%s/%s", group, nth(l->texts, h->v2)));
		/* "no limit" is max, -1, or v1's 2^63 less a page; 0 is memory.low's */
		if (got && *got >= '1' && *got <= '9' && strlen(got) < 19)
			return true;
	}
	return false;
}

/* Adds the hierarchies that the limits need, and those with figures for a report. */
void
limits_choose(struct cgroup *g, const struct config *cfg)
{
	for (size_t i = 0; i < countof(limits); i++)
		if (is_asked(cfg, &limits[i]))
			(void)find_controller(g, cfg, &limits[i]);
	for (size_t i = 0; cfg->report && i < countof(figures); i++)
		if (figures[i].wanted && !limits_hierarchy(g, figures[i].controller))
			(void)hierarchy_find(g, figures[i].controller);
}

/* One value on its way to a file of the group. */
struct writing {
	const struct config    *cfg;
	const struct limit     *limit;
	const struct hierarchy *h;
	const char	       *file, *name;
};

static noreturn void
lacks_file(const struct writing *w)
{
	if (!*w->file)
		refuse(V2_ONLY, w->name);
	refuse(NO_FILE, w->name, w->file, nth(w->limit->texts, 2),
	    w->limit->into == LIMIT(swap) && !w->h->v2 ? " and the boot option swapaccount=1" : "");
}

static bool
same_number(const char *got, const char *asked, int64_t slack)
{
	int64_t a, b;

	if (!strcmp(got, asked))
		return true;
	if (!digits(asked, &b))
		return false;
	/* v1 shows 2^63 less a page for no limit, v2 says max */
	if (!digits(got, &a))
		return false;
	return a <= b && b - a < slack;
}

static bool
same_set(const char *got, const char *asked, bool subset)
{
	struct cpuset a, b;

	if (cpuset_read(got, &a) || cpuset_read(asked, &b))
		return false;
	for (size_t i = 0; i < countof(a.bits); i++)
		if (subset ? a.bits[i] & ~b.bits[i] : a.bits[i] != b.bits[i])
			return false;
	return true;
}

/* io.max shows one line a device with every word, v1's files a line with the number. */
static bool
has_rate(const char *got, const char *asked)
{
	size_t	    device = span_until(asked, " ") + 1;
	const char *line = find_text(got, asked), *word;

	if (line)
		return true;
	for (line = got; line && strncmp(line, asked, device); line = line ? line + 1 : NULL)
		line = find_char(line, '\n');
	word = line ? find_text(line, asked + device) : NULL;
	return word && (size_t)(word - line) < span_until(line, "\n");
}

static void
read_back(const struct writing *w, const char *asked)
{
	char	   *got;
	const char *file = textf("%s%s", w->file, w->limit->kind == SET && w->h->v2 ? ".effective" : "");
	bool	    good;

	got = file_read(w->h->dir, file);
	if (!got)
		fail(TO_READ, "%s of %s", file, w->h->path);
	if (w->limit->kind != RATE)
		(void)first_line(got);
	switch (w->limit->kind) {
	case SIZE: /* the kernel rounds to pages */
		good = same_number(got, asked, w->limit->controller == C_MEMORY ? PAGE_MAX : 1);
		break;
	case SET:
		good = same_set(got, asked, w->h->v2);
		break;
	case RATE:
		good = has_rate(got, asked);
		break;
	default:
		good = !strcmp(got, asked);
	}
	if (!good)
		refuse(READ_BACK, w->name, file, w->h->path, got, asked);
}

static void
write_one(const struct writing *w, const char *text)
{
	if (!*w->file || file_write(w->h->dir, w->file, text) < 0) {
		if (!*w->file || errno == ENOENT) {
			if (settings_excused(w->cfg, w->name))
				return;
			lacks_file(w);
		}
		fail(TO_LIMIT, "%s to %s of %s", text, w->file, w->h->path);
	}
	read_back(w, text);
}

static void
write_rates(const struct writing *w, const struct item *item)
{
	static struct rate rate;
	struct stat	   st;

	for (; item; item = item->next) {
		(void)rate_read(item->text, &rate); /* checked when it was read */
		if (sys_stat(rate.device, &st) < 0)
			fail(TO_USE, "%s for %s", rate.device, w->name);
		if (!S_ISBLK(st.st_mode))
			refuse(NO_BLOCK_DEVICE, w->name, rate.device);
		write_one(w, textf("%u:%u %s%s%lld", major(st.st_rdev), minor(st.st_rdev),
		    w->h->v2 ? nth(w->limit->texts, 3) : "", w->h->v2 ? "=" : "", (long long)rate.rate));
	}
}

/* cpus in millionths become microseconds of a period; shares become a weight as systemd and runc do. */
static void
write_number(const struct writing *w, int64_t n)
{
	if (w->limit->kind == PERIOD)
		n = n * CPU_PERIOD / 1000000;
	if (w->limit->kind == WEIGHT && w->h->v2)
		n = 1 + (n - 2) * 9999 / 262142;
	if (n == UNLIMITED)
		write_one(w, w->h->v2 || w->limit->controller == C_PIDS ? "max" : "-1");
	else
		write_one(w, textf(w->limit->kind == PERIOD && w->h->v2 ? "%lld 100000" : "%lld", (long long)n));
}

/* v1 limits memory and swap together. Where swap cannot be limited and nobody asked, say so. */
static void
write_swap(const struct writing *w)
{
	const struct config *cfg = w->cfg;
	int64_t swap = cfg->swap == UNSET ? 0 : cfg->swap;

	if (cfg->swap == UNSET && !exists(w->h->dir, w->file)) {
		const char *swaps = file_read(AT_FDCWD, "/proc/swaps"), *second;
		if (swaps && (second = find_char(swaps, '\n')) && second[1])
			say(text_of(SWAP_FREE), NAME_OF(memory));
		return;
	}
	if (!w->h->v2 && cfg->memory == UNSET)
		refuse(SWAP_ALONE, w->name, NAME_OF(memory));
	if (!w->h->v2 && swap != UNLIMITED && cfg->memory != UNLIMITED)
		swap += cfg->memory;
	if (swap != UNLIMITED)
		write_number(w, swap);
}

void
limits_write(const struct cgroup *g, const struct config *cfg)
{
	struct writing w = { .cfg = cfg };

	for (size_t i = 0; i < countof(limits); i++) {
		const struct limit *l = &limits[i];
		const void	   *field = (const char *)cfg + l->into;
		if (!is_asked(cfg, l) || !(w.h = limits_hierarchy(g, l->controller)))
			continue; /* not asked, or excused */
		w.limit = l;
		w.name = settings_name(l->into);
		w.file = nth(l->texts, w.h->v2);
		if (l->kind == RATE)
			write_rates(&w, *(const struct item *const *)field);
		else if (l->kind == SET)
			write_one(&w, *(const char *const *)field);
		else if (l->into == LIMIT(swap))
			write_swap(&w);
		else if (*(const int64_t *)field != UNLIMITED || w.h->v2)
			write_number(&w, *(const int64_t *)field);
	}
}

void
limits_usage(const struct cgroup *g, struct usage *out)
{
	for (size_t i = 0; i < countof(figures); i++) {
		const struct figure    *f = &figures[i];
		const struct hierarchy *h = limits_hierarchy(g, f->controller);
		int64_t		       *to = (int64_t *)((char *)out + f->into);
		const char	       *file, *got;

		*to = UNSET;
		for (size_t n = 0; !h && f->controller == C_CPUACCT && n < g->count; n++)
			h = g->at[n].v2 ? &g->at[n] : NULL; /* every v2 group has cpu.stat */
		if (!h)
			continue;
		file = nth(f->texts, h->v2 ? 2 : 0);
		got = *file ? file_read(h->dir, file) : NULL;
		if (!got)
			continue; /* left out, never guessed */
		*to = sum_after(got, nth(file, 1));
		if (*to != UNSET && !h->v2)
			*to /= f->divide1;
	}
}
