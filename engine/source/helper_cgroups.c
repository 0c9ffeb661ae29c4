/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The helper's cgroups, v1 and v2 alike: walks the hierarchies when their number changed (and each 10 s), keeps every file
 * open, and reads all of a cgroup's files only while it uses CPU or stalls: nothing in it can grow while nothing runs.
 */
#include "engine/source/cgroup.h"
#include "engine/base/io.h"
#include "engine/source/dtasks.h"
#include "engine/source/helper.h"
#include "engine/source/keyed.h"
#include "engine/source/proc_file.h"
#include "engine/source/psi.h"

#include <dirent.h>
#include <fcntl.h>

enum { GROUPS_MAX = 1024, DEPTH_MAX = 16, WALK_EACH = 10, REFRESH_EACH = 10, MEMORY_STEP = 256 << 10 };

enum hierarchy { V2, V1_CPUACCT, V1_CPU, V1_MEMORY, V1_PIDS, HIERARCHIES };

struct group;

/* One file of a cgroup: where it may be, and what it brings. */
struct source_file {
	enum hierarchy hierarchy;
	const char *name;
	bool (*scan)(const char *text, struct group *g, unsigned column);
	uint8_t column;
};

static bool scan_number(const char *text, struct group *g, unsigned column);
static bool scan_cpu_v2(const char *text, struct group *g, unsigned column);
static bool scan_cpu_v1(const char *text, struct group *g, unsigned column);
static bool scan_memory_v2(const char *text, struct group *g, unsigned column);
static bool scan_memory_v1(const char *text, struct group *g, unsigned column);
static bool scan_oom_kill(const char *text, struct group *g, unsigned column);
static bool scan_psi(const char *text, struct group *g, unsigned column);

/* The first rows tell whether anything ran. */
static const struct source_file files[] = {
	{V2, "cpu.stat", scan_cpu_v2, CGROUP_CPU_NS},
	{V1_CPUACCT, "cpuacct.usage", scan_number, CGROUP_CPU_NS},
	{V2, "cpu.pressure", scan_psi, CGROUP_PSI_CPU_US},
	{V2, "memory.pressure", scan_psi, CGROUP_PSI_MEM_US},
	{V2, "io.pressure", scan_psi, CGROUP_PSI_IO_US},
	{V1_CPU, "cpu.stat", scan_cpu_v1, CGROUP_PERIODS},
	{V2, "pids.current", scan_number, CGROUP_PIDS},
	{V1_PIDS, "pids.current", scan_number, CGROUP_PIDS},
	{V2, "memory.current", scan_number, CGROUP_MEM},
	{V1_MEMORY, "memory.usage_in_bytes", scan_number, CGROUP_MEM},
	{V2, "memory.events", scan_oom_kill, CGROUP_OOM_KILL},
	{V1_MEMORY, "memory.oom_control", scan_oom_kill, CGROUP_OOM_KILL},
	{V2, "memory.stat", scan_memory_v2, CGROUP_ANON},
	{V1_MEMORY, "memory.stat", scan_memory_v1, CGROUP_ANON},
};
enum { FILES = ARRAY_SIZE(files), CPU_FILES = 2, PSI_END = 5, USAGE_END = 10, KILLS_END = 12 };

struct group {
	char path[ENTITY_NAME_MAX]; /* "/a/b" in its hierarchy */
	struct proc_file file[FILES];
	uint32_t mask;
	uint64_t values[HELPER_COLUMNS_MAX];
	uint64_t parted; /* CGROUP_MEM when its parts were last read */
	uint64_t d;
};

struct groups {
	int root[HIERARCHIES]; /* -1: not there */
	struct group **all, **before; /* breadth first; those of the walk before, NULL where taken over */
	size_t n, n_before;
	size_t refused[HIERARCHIES]; /* by the last walk; what is below them is not counted */
	uint64_t count; /* of cgroups, as the kernel counts them: a walk is due when it changes */
	unsigned turn;
	struct proc_file counts[2]; /* /proc/cgroups, cgroup.stat */
	struct buf text;
};

static void set(struct group *g, unsigned column, uint64_t value)
{
	g->values[column] = value;
	g->mask |= 1U << column;
}

static bool scan_number(const char *text, struct group *g, unsigned column)
{
	uint64_t v;
	if (!scan_u64(&text, &v))
		return false;
	set(g, column, v);
	return true;
}

static bool find_key(const char *text, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);
	for (const char *at = text; *at; at = scan_next_line(at))
		if (strncmp(at, key, len) == 0 && at[len] == ' ') {
			at += len;
			return scan_u64(&at, ret);
		}
	return false;
}

static bool scan_cpu_v1(const char *text, struct group *g, unsigned column _unused_)
{
	uint64_t periods, throttled;
	if (!find_key(text, "nr_periods", &periods) || !find_key(text, "nr_throttled", &throttled))
		return false;
	set(g, CGROUP_PERIODS, periods);
	set(g, CGROUP_THROTTLED, throttled);
	return true;
}

static bool scan_cpu_v2(const char *text, struct group *g, unsigned column)
{
	uint64_t us;
	if (!find_key(text, "usage_usec", &us))
		return false;
	set(g, column, us * 1000);
	scan_cpu_v1(text, g, column); /* without the cpu controller there are no periods */
	return true;
}

static bool scan_memory(const char *text, struct group *g, const char *anon, const char *file)
{
	uint64_t v;
	if (find_key(text, anon, &v))
		set(g, CGROUP_ANON, v);
	if (find_key(text, file, &v))
		set(g, CGROUP_FILE, v);
	return true;
}

static bool scan_memory_v2(const char *text, struct group *g, unsigned column _unused_)
{
	return scan_memory(text, g, "anon", "file");
}

static bool scan_memory_v1(const char *text, struct group *g, unsigned column _unused_)
{
	return scan_memory(text, g, "total_rss", "total_cache");
}

static bool scan_oom_kill(const char *text, struct group *g, unsigned column)
{
	uint64_t v;
	if (find_key(text, "oom_kill", &v))
		set(g, column, v);
	return true;
}

static bool scan_psi(const char *text, struct group *g, unsigned column)
{
	uint64_t us;
	if (psi_scan_total(text, PSI_SOME, &us))
		set(g, column, us);
	return true;
}

/* A walk mostly meets them in the order of the one before: the first place to look is where the last one was found. */
static struct group *take_from_before(struct groups *s, const char *path)
{
	for (size_t k = 0; k < s->n_before; k++) {
		size_t i = (s->n + k) % s->n_before;
		if (s->before[i] && streq(s->before[i]->path, path))
			return take_ptr(s->before[i]);
	}
	return NULL;
}

static bool is_met(const struct groups *s, const char *path)
{
	for (size_t i = s->n; i-- > 0;)
		if (streq(s->all[i]->path, path))
			return true;
	return false;
}

static void open_files(const struct groups *s, struct group *g)
{
	char path[ENTITY_NAME_MAX + 64];
	for (unsigned i = 0; i < FILES; i++) {
		int root = s->root[files[i].hierarchy];
		g->file[i].fd = -1;
		snprintf(path, sizeof(path), "%s/%s", g->path + 1, files[i].name);
		if (root >= 0)
			proc_file_open(&g->file[i], root, path);
	}
}

static struct group *open_group(const struct groups *s, const char *path)
{
	struct group *g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	snprintf(g->path, sizeof(g->path), "%s", path);
	open_files(s, g);
	return g;
}

/* False when there is no room. */
static bool meet(struct groups *s, const char *path)
{
	if (is_met(s, path))
		return true;
	struct group *g = s->n < GROUPS_MAX ? take_from_before(s, path) : NULL;
	if (!g && s->n < GROUPS_MAX)
		g = open_group(s, path);
	if (g)
		s->all[s->n++] = g;
	return g;
}

static bool is_too_deep(const char *path)
{
	unsigned depth = 0;
	for (; *path; path++)
		depth += *path == '/';
	return depth > DEPTH_MAX;
}

static void meet_children(struct groups *s, enum hierarchy h, const char *path)
{
	char below[ENTITY_NAME_MAX];
	int fd = openat(s->root[h], *path ? path + 1 : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		close_fd(&fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		bool fits = snprintf(below, sizeof(below), "%s/%s", path, e->d_name) < (int)sizeof(below);
		if (!fits || is_too_deep(below) || !meet(s, below))
			s->refused[h]++;
	}
	closedir(d);
}

static void walk_below(struct groups *s, const char *path)
{
	for (unsigned h = 0; h < HIERARCHIES; h++)
		if (s->root[h] >= 0 && h != V1_CPU)
			meet_children(s, h, path);
}

static void close_group(struct group *g)
{
	for (unsigned i = 0; i < FILES; i++)
		proc_file_close(&g->file[i]);
	free(g);
}

/* Level by level, what was met being the queue: a full table holds the upper levels, whatever came first. */
static void walk_all(struct groups *s)
{
	struct group **before = s->all;
	s->all = s->before;
	s->before = before;
	s->n_before = s->n;
	s->n = 0;
	memset(s->refused, 0, sizeof(s->refused));
	walk_below(s, "");
	for (size_t i = 0; i < s->n; i++)
		walk_below(s, s->all[i]->path);
	for (size_t i = 0; i < s->n_before; i++)
		if (s->before[i])
			close_group(s->before[i]);
}

/* Any change of these numbers means that a cgroup came or went. */
static uint64_t count_cgroups(struct groups *s)
{
	uint64_t sum = 0, v;
	if (proc_file_read(&s->counts[0], &s->text) >= 0)
		for (const char *at = buf_str(&s->text); *at; at = scan_next_line(at)) {
			size_t len;
			scan_word(&at, &len);
			if (scan_u64(&at, &v) && scan_u64(&at, &v))
				sum += v;
		}
	if (proc_file_read(&s->counts[1], &s->text) >= 0 && find_key(buf_str(&s->text), "nr_descendants", &v))
		sum += v;
	return sum;
}

static int open_dir(int dirfd, const char *path)
{
	return openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void open_roots(struct groups *s, const char *sys_root)
{
	static const char *const v1[HIERARCHIES] = {NULL, "cpuacct", "cpu", "memory", "pids"};
	char path[512];
	snprintf(path, sizeof(path), "%s/fs/cgroup", sys_root);
	_cleanup_close_ int base = open_dir(AT_FDCWD, path);
	for (unsigned h = 0; h < HIERARCHIES; h++)
		s->root[h] = -1;
	if (base < 0)
		return;
	bool pure = faccessat(base, "cgroup.controllers", F_OK, 0) == 0;
	s->root[V2] = open_dir(base, pure ? "." : "unified");
	for (unsigned h = V1_CPUACCT; !pure && h < HIERARCHIES; h++)
		s->root[h] = open_dir(base, v1[h]);
	s->counts[1].fd = -1;
	if (s->root[V2] >= 0)
		proc_file_open(&s->counts[1], s->root[V2], "cgroup.stat");
}

static struct groups *groups_open(const char *proc_root, const char *sys_root)
{
	char path[512];
	struct groups *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->all = calloc(GROUPS_MAX, sizeof(struct group *));
	s->before = calloc(GROUPS_MAX, sizeof(struct group *));
	if (!s->all || !s->before) {
		free(s->all);
		free(s->before);
		free(s);
		return NULL;
	}
	open_roots(s, sys_root);
	snprintf(path, sizeof(path), "%s/cgroups", proc_root);
	proc_file_open(&s->counts[0], AT_FDCWD, path);
	return s;
}

static void follow(struct groups *s)
{
	uint64_t count = count_cgroups(s);
	bool is_due = s->turn++ % WALK_EACH == 0;
	if (is_due || count != s->count)
		walk_all(s);
	s->count = count;
}

static void read_files(struct groups *s, struct group *g, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		if (g->file[i].fd >= 0 && proc_file_read(&g->file[i], &s->text) >= 0)
			files[i].scan(buf_str(&s->text), g, files[i].column);
}

static uint64_t stalls(const struct group *g)
{
	return g->values[CGROUP_PSI_CPU_US] + g->values[CGROUP_PSI_MEM_US] + g->values[CGROUP_PSI_IO_US];
}

static bool has_moved(uint64_t now, uint64_t before)
{
	return (now > before ? now - before : before - now) >= MEMORY_STEP;
}

static void read_group(struct groups *s, struct group *g, bool refresh)
{
	uint64_t cpu = g->values[CGROUP_CPU_NS], stalled = stalls(g), memory = g->values[CGROUP_MEM];
	bool fresh = !g->mask;
	read_files(s, g, 0, CPU_FILES);
	bool ran = fresh || refresh || g->values[CGROUP_CPU_NS] != cpu || !(g->mask & 1U << CGROUP_CPU_NS);
	if (ran || stalled)
		read_files(s, g, CPU_FILES, PSI_END);
	if (ran || stalls(g) != stalled)
		read_files(s, g, PSI_END, USAGE_END);
	bool again = fresh || refresh;
	if (again || g->values[CGROUP_MEM] != memory)
		read_files(s, g, USAGE_END, KILLS_END);
	/* memory.stat is by far the dearest; where the sum stands still, so do its parts, near enough. */
	if (again || has_moved(g->values[CGROUP_MEM], g->parted)) {
		g->parted = g->values[CGROUP_MEM];
		read_files(s, g, KILLS_END, FILES);
	}
}

static bool is_at_or_below(const char *path, const char *group)
{
	size_t len = strlen(group);
	return strncmp(path, group, len) == 0 && (path[len] == '\n' || path[len] == '/' || !path[len]);
}

/* "0::/a/b" and "4:memory:/a": a task counts once for each cgroup that is on any of its paths. */
static void count_d_task(void *ctx, const char *cgroups)
{
	struct groups *s = ctx;
	for (size_t i = 0; i < s->n; i++)
		for (const char *at = cgroups; *at; at = scan_next_line(at)) {
			const char *path = strchr(at, '/');
			if (path && path < scan_next_line(at) && is_at_or_below(path, s->all[i]->path)) {
				s->all[i]->d++;
				break;
			}
		}
}

/* The hierarchies mostly hold the same ones. */
static size_t most_refused(const struct groups *s)
{
	size_t most = 0;
	for (unsigned h = 0; h < HIERARCHIES; h++)
		most = MAX(most, s->refused[h]);
	return most;
}

static void add_row_of_all(struct groups *s, const char *proc_root, bool scans_tasks, struct buf *rows)
{
	int d = scans_tasks ? dtasks_scan(proc_root, CGROUP_SCAN_TASKS_MAX, count_d_task, s) : -1;
	uint64_t values[HELPER_COLUMNS_MAX] = {[CGROUP_D] = d < 0 ? 0 : (uint64_t)d, [CGROUP_REFUSED] = most_refused(s)};
	helper_add_row(rows, HELPER_NAME_OF_ALL, 1U << CGROUP_REFUSED | (d < 0 ? 0 : 1U << CGROUP_D), values);
}

void helper_cgroups(void **state, const char *proc_root, const char *sys_root, uint32_t flags, struct buf *rows)
{
	struct groups *s = *state;
	if (!s)
		s = *state = groups_open(proc_root, sys_root);
	if (!s)
		return;
	follow(s);
	for (size_t i = 0; i < s->n; i++) {
		s->all[i]->d = 0;
		/* In turns, so that what changes from outside (a limit that reclaims) is not missed for ever. */
		read_group(s, s->all[i], (s->turn + i) % REFRESH_EACH == 0);
	}
	add_row_of_all(s, proc_root, flags & HELPER_SCAN_TASKS, rows);
	for (size_t i = 0; i < s->n; i++) {
		set(s->all[i], CGROUP_D, s->all[i]->d);
		helper_add_row(rows, s->all[i]->path, s->all[i]->mask, s->all[i]->values);
	}
}
