/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/io.h"
#include "engine/base/text.h"
#include "snapshot/collect/collectors.h"

#include <fcntl.h>
#include <inttypes.h>

#define FILE_MAX (64 << 10)
#define GROUPS_MAX 4096
#define DEPTH_MAX 6
#define TOP 6

/* Where a controller's files may lie below the sys root, v2 first; hybrid machines have several. */
static const struct {
	const char *root;
	const char *files[20];
} hierarchies[] = {
	{"fs/cgroup",
	 {"cgroup.events", "cgroup.stat", "cpu.stat", "cpu.max", "cpu.pressure", "memory.current", "memory.max", "memory.high",
	  "memory.swap.current", "memory.events", "memory.stat", "memory.pressure", "io.stat", "io.pressure",
	  "pids.current", "pids.max"}},
	{"fs/cgroup/unified", {"cgroup.events", "cgroup.stat", "cpu.stat"}},
	{"fs/cgroup/memory",
	 {"memory.usage_in_bytes", "memory.limit_in_bytes", "memory.failcnt", "memory.max_usage_in_bytes",
	  "memory.oom_control", "memory.stat"}},
	{"fs/cgroup/cpu", {"cpu.stat", "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.shares"}},
	{"fs/cgroup/cpuacct", {"cpuacct.usage", "cpuacct.stat"}},
	{"fs/cgroup/pids", {"pids.current", "pids.max"}},
	{"fs/cgroup/blkio", {"blkio.throttle.io_service_bytes", "blkio.throttle.io_serviced"}},
};

struct group {
	char *path; /* "/a.slice" below the hierarchy */
	uint64_t memory, cpu_ns;
	bool taken;
};

struct groups {
	struct group *list;
	size_t n;
	bool cut;
};

static void groups_done(struct groups *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->list[i].path);
	free(g->list);
}

static uint64_t read_number(int dirfd, const char *file)
{
	char line[64];
	uint64_t v = 0;
	return io_read_line(dirfd, file, line, sizeof(line)) == 0 && text_u64(line, &v) ? v : 0;
}

/* usage_usec of v2's cpu.stat, its first line; v1 has cpuacct.usage in ns. */
static uint64_t read_cpu(int dirfd)
{
	char line[64];
	unsigned long long usec = 0;
	if (io_read_line(dirfd, "cpu.stat", line, sizeof(line)) == 0 && sscanf(line, "usage_usec %llu", &usec) == 1)
		return usec * NS_PER_US;
	return read_number(dirfd, "cpuacct.usage");
}

static struct group *group_find(struct groups *g, const char *path)
{
	for (size_t i = 0; i < g->n; i++)
		if (streq(g->list[i].path, path))
			return &g->list[i];
	if (g->n == GROUPS_MAX) {
		g->cut = true;
		return NULL;
	}
	struct group *more = reallocarray(g->list, g->n + 1, sizeof(*more));
	if (!more)
		return NULL;
	g->list = more;
	more[g->n] = (struct group){.path = strdup(path)};
	return more[g->n].path ? &more[g->n++] : NULL;
}

static void group_measure(struct groups *g, int dirfd, const char *path)
{
	struct group *group = group_find(g, path);
	if (!group)
		return;
	group->memory = MAX(group->memory, read_number(dirfd, "memory.current"));
	group->memory = MAX(group->memory, read_number(dirfd, "memory.usage_in_bytes"));
	group->cpu_ns = MAX(group->cpu_ns, read_cpu(dirfd));
}

/* Takes `fd`. `path` is "" for the root of the hierarchy, which is measured by nobody. */
static void walk(struct groups *g, int fd, const char *path, unsigned depth)
{
	_cleanup_closedir_ DIR *dir = fdopendir(fd);
	char child[512];
	if (!dir)
		return;
	if (*path)
		group_measure(g, fd, path);
	for (struct dirent *e; depth < DEPTH_MAX && !g->cut && (e = readdir(dir));) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.' ||
		    snprintf(child, sizeof(child), "%s/%s", path, e->d_name) >= (int)sizeof(child))
			continue;
		int sub = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			walk(g, sub, child, depth + 1);
	}
}

static int open_root(struct collect *c, const char *root)
{
	return openat(collect_sys_dirfd(c), root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void walk_all(struct collect *c, struct groups *g)
{
	static const char *const v1[] = {"fs/cgroup/memory", "fs/cgroup/cpuacct"};
	bool v2 = faccessat(collect_sys_dirfd(c), "fs/cgroup/cgroup.controllers", F_OK, 0) == 0;
	if (v2) {
		walk(g, open_root(c, "fs/cgroup"), "", 0);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(v1); i++) {
		int fd = open_root(c, v1[i]);
		if (fd >= 0)
			walk(g, fd, "", 0);
	}
}

static bool print_file(FILE *to, int dirfd, const char *file)
{
	_cleanup_buf_ struct buf text = {0};
	int r = io_read_file(dirfd, file, FILE_MAX, &text);
	if (r < 0 && r != -EFBIG)
		return false;
	fprintf(to, "== %s\n%s%s", file, buf_str(&text), text.len && text.data[text.len - 1] != '\n' ? "\n" : "");
	return true;
}

/* Every file of the cgroup in every hierarchy there is. */
static unsigned print_group(struct collect *c, FILE *to, const char *path)
{
	char below[600];
	unsigned n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(hierarchies); i++) {
		snprintf(below, sizeof(below), "%s%s", hierarchies[i].root, path);
		_cleanup_close_ int dir = openat(collect_sys_dirfd(c), below, O_PATH | O_DIRECTORY | O_CLOEXEC);
		for (size_t j = 0; dir >= 0 && hierarchies[i].files[j]; j++)
			n += print_file(to, dir, hierarchies[i].files[j]);
	}
	return n;
}

/* "/a/b.slice" → cgroup/a/b.slice.txt; a long name keeps its end. */
static void take_group(struct collect *c, const char *path)
{
	char member[160];
	size_t len = strlen(path);
	snprintf(member, sizeof(member), "cgroup/%s.txt", path + 1 + (len > 140 ? len - 140 : 0));
	if (strstr(path, "/.."))
		return;
	FILE *to = collect_open(c, member);
	if (!to)
		return;
	_cleanup_buf_ struct buf name = {0};
	text_escape_terminal(&name, path);
	fprintf(to, "# %s\n", buf_str(&name));
	unsigned files = print_group(c, to, path);
	collect_close(c, files ? MEMBER_COMPLETE : MEMBER_UNSUPPORTED, files ? NULL : "no such cgroup, or without controllers", 0);
}

static int by_memory(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	return (x->memory < y->memory) - (x->memory > y->memory);
}

static int by_cpu(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	return (x->cpu_ns < y->cpu_ns) - (x->cpu_ns > y->cpu_ns);
}

static void print_groups(struct collect *c, const struct groups *g)
{
	FILE *to = collect_open(c, "cgroup/all.tsv");
	if (!to)
		return;
	fprintf(to, "cgroup\tmemory bytes\tcpu ns since its start\n");
	for (size_t i = 0; i < g->n; i++) {
		_cleanup_buf_ struct buf name = {0};
		text_escape_terminal(&name, g->list[i].path);
		fprintf(to, "%s\t%" PRIu64 "\t%" PRIu64 "\n", buf_str(&name), g->list[i].memory, g->list[i].cpu_ns);
	}
	collect_close(c, g->cut ? MEMBER_TRUNCATED : MEMBER_COMPLETE, g->cut ? "more cgroups than 4096" : NULL, 0);
}

static void take_top(struct collect *c, struct groups *g, int (*order)(const void *, const void *))
{
	qsort(g->list, g->n, sizeof(*g->list), order);
	for (size_t i = 0; i < MIN(g->n, (size_t)TOP); i++) {
		if (!g->list[i].taken)
			take_group(c, g->list[i].path);
		g->list[i].taken = true;
	}
}

static void take_entity(struct collect *c, struct groups *g)
{
	const struct plan *p = collect_plan(c);
	if (p->entity_kind != ENTITY_KIND_CGROUP || p->entity[0] != '/')
		return;
	take_group(c, p->entity);
	for (size_t i = 0; i < g->n; i++)
		g->list[i].taken = streq(g->list[i].path, p->entity);
}

int collect_cgroup(struct collect *c)
{
	_cleanup_(groups_done) struct groups all = {0};
	if (faccessat(collect_sys_dirfd(c), "fs/cgroup", F_OK, 0) < 0)
		return -errno;
	walk_all(c, &all);
	take_entity(c, &all);
	print_groups(c, &all);
	if (all.n) {
		take_top(c, &all, by_memory);
		take_top(c, &all, by_cpu);
	}
	return 0;
}
