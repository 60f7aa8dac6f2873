/* SPDX-License-Identifier: ISC */
/*
 * groups.c - the limits that go into a group, v1 or v2, are those that were asked for
 */

enum { GROUP_DIR = 77 };

static struct {
	size_t count;
	struct {
		char path[64], text[VALUE_MAX];
	} at[32];
} group;

static const char *
settings_find(int dir, const char *path, size_t *size)
{
	static const char policy[] = "allow @default\nkill ptrace\n";

	if (dir == GROUP_DIR) {
		*size = 0;
		for (size_t i = 0; i < group.count; i++)
			if (!strncmp(path, group.at[i].path, strlen(group.at[i].path)) && !strcmp(path + strlen(group.at[i].path), strstr(path, ".effective") ? ".effective" : "")) {
				*size = strlen(group.at[i].text);
				return group.at[i].text;
			}
		return "";
	}
	if (!strcmp(path, CONF) && file_bytes) {
		*size = file_size;
		return file_bytes;
	}
	*size = sizeof(policy) - 1;
	return !strcmp(path, "/policy") ? policy : !strncmp(path, "/dev/", 5) ? "" : NULL;
}

static void
group_written(const char *path, const char *bytes, size_t size)
{
	size_t i = 0;

	while (i < group.count && strcmp(group.at[i].path, path))
		i++;
	if (i == countof(group.at))
		broken("writes too many files");
	if (i == group.count) {
		snprintf(group.at[group.count++].path, sizeof(group.at[0].path), "%s", path);
		*group.at[i].text = '\0';
	}
	/* of rates it shows all, of others the last */
	if (strstr(path, "io") == path || strstr(path, "blkio") == path)
		strncat(group.at[i].text, bytes, sizeof(group.at[0].text) - strlen(group.at[i].text) - 2), strcat(group.at[i].text, "\n");
	else
		snprintf(group.at[i].text, sizeof(group.at[0].text), "%.*s", (int)size, bytes);
}

static void
expect_text(const char *path, const char *text)
{
	for (size_t i = 0; i < group.count; i++)
		if (!strcmp(group.at[i].path, path)) {
			if (strcmp(group.at[i].text, text))
				broken("%s gets %s, not %s", path, group.at[i].text, text);
			*group.at[i].path = '\0';
			return;
		}
	broken("%s gets nothing, not %s", path, text);
}

static void
expect_number(const char *path, int64_t n, const char *more, bool v2)
{
	char text[64];

	if (n == UNLIMITED && !v2)
		return; /* as it is without */
	snprintf(text, sizeof(text), n == UNLIMITED ? "max" : "%lld%s", (long long)n, more);
	expect_text(path, text);
}

static void
expect_rates(const char *path, const char *word, const struct item *item)
{
	static char all[VALUE_MAX];
	struct rate rate;

	for (*all = '\0'; item; item = item->next)
		if (ref_rate(item->text, &rate))
			snprintf(all + strlen(all), sizeof(all) - strlen(all), "8:16 %s%lld\n", word, (long long)rate.rate);
	if (*all)
		expect_text(path, all);
}

/* The fields of cfg were compared with the text before. */
static void
check_limits(const struct config *cfg, bool v2)
{
	struct cgroup g = { .count = 1, .at = { { .v2 = v2, .controllers = ~0u, .root = GROUP_DIR, .dir = GROUP_DIR, .path = "/nook/x" } } };
	__int128      both = cfg->swap == UNSET ? 0 : cfg->swap;

	group.count = 0;
	if (!WORLD_RUN(limits_write(&g, cfg))) {
		bool rates = cfg->read_bps || cfg->write_bps || cfg->read_iops || cfg->write_iops;
		if (!rates && (v2 || (cfg->memory_high == UNSET && (cfg->swap == UNSET || cfg->memory != UNSET))))
			broken("the limits cannot be written");
		return;
	}
	if (cfg->memory != UNSET)
		expect_number(v2 ? "memory.max" : "memory.limit_in_bytes", cfg->memory, "", v2);
	if (!v2)
		both = both < 0 || cfg->memory < 0 || both + cfg->memory > INT64_MAX ? UNLIMITED : both + cfg->memory;
	if ((cfg->swap != UNSET || cfg->memory >= 0) && both != UNLIMITED)
		expect_number(v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes", (int64_t)both, "", v2);
	if (cfg->memory_high != UNSET)
		expect_number("memory.high", cfg->memory_high, "", v2);
	if (cfg->memory_reservation != UNSET)
		expect_number(v2 ? "memory.low" : "memory.soft_limit_in_bytes", cfg->memory_reservation, "", v2);
	if (cfg->cpus != UNSET)
		expect_number(v2 ? "cpu.max" : "cpu.cfs_quota_us", cfg->cpus / 10, v2 ? " 100000" : "", v2);
	if (cfg->cpu_shares != UNSET)
		expect_number(v2 ? "cpu.weight" : "cpu.shares", v2 ? 1 + (cfg->cpu_shares - 2) * 9999 / 262142 : cfg->cpu_shares, "", v2);
	if (cfg->cpuset_cpus)
		expect_text("cpuset.cpus", cfg->cpuset_cpus);
	if (cfg->cpuset_mems)
		expect_text("cpuset.mems", cfg->cpuset_mems);
	if (cfg->pids_limit != UNSET)
		expect_number("pids.max", cfg->pids_limit, "", v2);
	if (!v2) {
		expect_rates("blkio.throttle.read_bps_device", "", cfg->read_bps);
		expect_rates("blkio.throttle.write_bps_device", "", cfg->write_bps);
		expect_rates("blkio.throttle.read_iops_device", "", cfg->read_iops);
		expect_rates("blkio.throttle.write_iops_device", "", cfg->write_iops);
	}
	for (size_t i = 0; i < group.count; i++)
		if (*group.at[i].path && strcmp(group.at[i].path, "io.max"))
			broken("%s gets %s", group.at[i].path, group.at[i].text);
}
