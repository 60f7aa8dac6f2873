/* SPDX-License-Identifier: ISC */
/*
 * limits.c - the limits and the figures of a group, v1 and v2 side by side in limits.tab
 *
 * A limit goes where its controller lives. Each is written before anything runs inside and read
 * back: what does not read as asked is an error, and what the kernel lacks is refused by name.
 * The kernel's admin-guide/cgroup-v1/ and admin-guide/cgroup-v2.rst say what the files mean.
 */
#include "nook.h"

#include "kernel.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum kind { SIZE, PERIOD, WEIGHT, SET, RATE };
enum { CPU_PERIOD = 100000, PAGE_MAX = 65536 };

struct limit {
	uint16_t into; /* offset in struct config */
	uint8_t	 controller, kind;
};
struct figure {
	uint16_t into; /* offset in struct usage */
	uint8_t	 controller;
	bool	 wanted;
	uint16_t divide1;
};
#define LIMIT(field) offsetof(struct config, field)
#define FIGURE(field) offsetof(struct usage, field)

/* limits[] and figures[], and four texts of each: limits.tab, by pack.awk. */
#define WANT_LIMITS
#include "build/tables.h"

/* Its file on v1, on v2 ("": not offered there), the CONFIG_ it needs, and of a RATE the word in io.max. */
static const char *
text_for(const struct limit *l, int n)
{
	return text_of(FIRST_LIMIT + (unsigned)(l - limits) * 4 + (unsigned)n);
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
	if (errno == EPERM) /* none is mounted, and mounting one is not for us */
		fail(TO_MOUNT, "cgroup file system for %s", name);
	refuse(NO_CONTROLLER, name, controller_name(l->controller, false), text_for(l, 2),
	    controller_name(l->controller, false), l->controller == C_MEMORY ? text_of(RASPBERRY) : "");
}


bool
limits_hold(const struct hierarchy *h, const char *group)
{
	const char *file, *got;

	for (size_t i = 0; i < countof(limits); i++) {
		const struct limit *l = &limits[i];
		if (!(h->controllers & 1u << l->controller) || l->kind == SET || l->kind == RATE || l->kind == WEIGHT ||
		    l->into == LIMIT(memory_reservation) || /* it holds nothing back */
		    (!h->v2 && l->into == LIMIT(swap))) /* v1 has none without one of memory, which comes first */
			continue;
		file = text_for(l, h->v2);
		got = *file ? file_read(h->root, textf("%s/%s", group, file)) : NULL;
		/* "no limit" is max, -1, or v1's 2^63 less a page */
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
	if (cfg->cpu_time != UNSET && hierarchy_find(g, C_CPUACCT) < 0 && !settings_excused(cfg, NAME_OF(cpu_time)))
		refuse(NO_CPU_TIME, NAME_OF(cpu_time));
	g->needed = g->count; /* for figures alone, it is not */
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
	refuse(NO_FILE, w->name, w->file, text_for(w->limit, 2),
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
read_back(const struct writing *w, int fd, const char *asked)
{
	char	   *got = NULL;
	bool	    elsewhere = w->limit->kind == SET && w->h->v2, good;
	const char *file = elsewhere ? textf("%s.effective", w->file) : w->file;

	if (elsewhere) {
		close(fd);
		got = file_read(w->h->dir, file);
	} else if (lseek(fd, 0, SEEK_SET) == 0) {
		got = file_rest(fd);
	}
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

/* It cannot be limited, and nobody asked: that is worth a line where there is some. */
static void
tell_of_swap(void)
{
	const char *swaps = file_read(AT_FDCWD, "/proc/swaps"), *second;

	if (swaps && (second = find_char(swaps, '\n')) && second[1])
		say(text_of(SWAP_FREE), NAME_OF(memory));
}

static void
write_one(const struct writing *w, const char *text)
{
	int fd = *w->file ? file_put(w->h->dir, w->file, O_RDWR, text) : -1;

	if (fd < 0) {
		if (!*w->file || errno == ENOENT) {
			if (w->limit->into == LIMIT(swap) && w->cfg->swap == UNSET)
				tell_of_swap();
			else if (!settings_excused(w->cfg, w->name))
				lacks_file(w);
			return;
		}
		fail(TO_LIMIT, "%s to %s of %s", text, w->file, w->h->path);
	}
	read_back(w, fd, text);
}

static void
write_rates(const struct writing *w, const struct item *item)
{
	static roomy struct rate rate;
	struct stat	   st;

	for (; item; item = item->next) {
		(void)rate_read(item->text, &rate); /* checked when it was read */
		if (sys_stat(rate.device, &st) < 0)
			fail(TO_USE, "%s for %s", rate.device, w->name);
		if (!S_ISBLK(st.st_mode))
			refuse(NO_BLOCK_DEVICE, w->name, rate.device);
		write_one(w, textf("%u:%u %s%s%lld", major(st.st_rdev), minor(st.st_rdev),
		    w->h->v2 ? text_for(w->limit, 3) : "", w->h->v2 ? "=" : "", (long long)rate.rate));
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

/* v1 limits memory and swap together. */
static void
write_swap(const struct writing *w)
{
	const struct config *cfg = w->cfg;
	int64_t swap = cfg->swap == UNSET ? 0 : cfg->swap;

	if (!w->h->v2 && cfg->memory == UNSET)
		refuse(SWAP_ALONE, w->name, NAME_OF(memory));
	if (!w->h->v2 && swap != UNLIMITED && (cfg->memory == UNLIMITED || __builtin_add_overflow(swap, cfg->memory, &swap)))
		swap = UNLIMITED;
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
		w.file = text_for(l, w.h->v2);
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

/* UNSET: this kernel has none, which is left out, never guessed. */
static int64_t
figure_of(const struct cgroup *g, const struct figure *f)
{
	const struct hierarchy *h = limits_hierarchy(g, f->controller);
	const char	       *file, *got;
	unsigned		text;
	int64_t			sum;

	for (size_t n = 0; !h && f->controller == C_CPUACCT && n < g->count; n++)
		h = g->at[n].v2 ? &g->at[n] : NULL; /* every v2 group has cpu.stat */
	if (!h)
		return UNSET;
	text = FIRST_FIGURE + (unsigned)(f - figures) * 4 + (h->v2 ? 2 : 0);
	file = text_of(text);
	got = *file ? file_read(h->dir, file) : NULL;
	sum = got ? sum_after(got, text_of(text + 1)) : UNSET;
	return sum == UNSET || h->v2 ? sum : sum / f->divide1;
}

void
limits_usage(const struct cgroup *g, struct usage *out)
{
	for (size_t i = 0; i < countof(figures); i++)
		*(int64_t *)((char *)out + figures[i].into) = figure_of(g, &figures[i]);
}

int64_t
limits_cpu_usec(const struct cgroup *g)
{
	for (size_t i = 0; i < countof(figures); i++)
		if (figures[i].into == FIGURE(cpu_usec))
			return figure_of(g, &figures[i]);
	return UNSET;
}

int64_t
limits_now(const struct cgroup *g, size_t into)
{
	const struct hierarchy *h;
	const char	       *got = NULL;
	int64_t			n;

	for (size_t i = 0; i < countof(limits); i++)
		if (limits[i].into == into && (h = limits_hierarchy(g, limits[i].controller)))
			got = file_read(h->dir, text_for(&limits[i], h->v2));
	/* "no limit" is max, or v1's 2^63 less a page */
	return got && digits(got, &n) && n < INT64_MAX - PAGE_MAX ? n : UNSET;
}

/* Would a group of this hierarchy have the file? v1's root shows it; on v2 any group that was handed
 * the controller. Where there is none, by what else the same option brings. */
static bool
is_offered(const struct hierarchy *h, const struct limit *l)
{
	const char    *file = text_for(l, h->v2), *controller = controller_name(l->controller, true), *name;
	char	      *got;
	struct listing groups = { .dir = -1 };
	bool	       found = false, there = true;

	if (!*file)
		return false;
	if (!h->v2)
		return l->controller == C_PIDS || exists(h->root, file);
	groups.dir = sys_openat(h->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (!found && groups.dir >= 0 && (name = next_entry(&groups, DT_DIR))) {
		got = file_read(h->root, textf("%s/cgroup.controllers", name));
		found = got && word_index(first_line(got), ' ', controller, strlen(controller)) >= 0;
		there = !found || exists(h->root, textf("%s/%s", name, file));
	}
	close(groups.dir);
	if (!found && l->into == LIMIT(cpus))
		there = exists(AT_FDCWD, "/proc/sys/kernel/sched_cfs_bandwidth_slice_us");
	if (!found && l->into == LIMIT(swap))
		there = exists(AT_FDCWD, "/proc/swaps");
	return there;
}

void
limits_check(struct cgroup *g, const struct config *cfg)
{
	for (size_t i = 0; i < countof(limits); i++) {
		const struct limit *l = &limits[i];
		const char	   *name = settings_name(l->into), *config = text_for(l, 2);
		int		    at;

		if (!is_asked(cfg, l) || (l->into == LIMIT(swap) && cfg->swap == UNSET))
			continue;
		at = hierarchy_find(g, l->controller);
		if (at < 0)
			check_need(name, false, name, textf(text_of(NEEDS_CONTROLLER), config,
			    controller_name(l->controller, false), l->controller == C_MEMORY ? text_of(RASPBERRY) : ""));
		else
			check_need(name, is_offered(&g->at[at], l), textf("%s, on cgroup v%d", name, 1 + g->at[at].v2),
			    *text_for(l, g->at[at].v2) ? textf("CONFIG_%s", config) : text_of(NEEDS_V2));
	}
}
