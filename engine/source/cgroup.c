/* SPDX-License-Identifier: GPL-2.0-only */
/* cgroup.* and, where no BPF counts them, tasks.d: out of the cgroups helper's rows. */
#include "engine/source/cgroup.h"
#include "engine/base/io.h"
#include "engine/source/helper.h"
#include "engine/source/rates.h"
#include "engine/source/roster.h"
#include "engine/source/scan.h"

#include <fcntl.h>

/* Where every column's reading goes; scale turns counters into what rate_value() wants. */
static const struct rate columns[CGROUP_COLUMNS] = {
	[CGROUP_CPU_NS] = {SIGNAL_CGROUP_CPU, COUNTER_64, 1},
	[CGROUP_PERIODS] = {SIGNAL_NONE, COUNTER_64, 1},
	[CGROUP_THROTTLED] = {SIGNAL_NONE, COUNTER_64, 1},
	[CGROUP_OOM_KILL] = {SIGNAL_CGROUP_OOM_KILL, COUNTER_64, 1},
	[CGROUP_PSI_CPU_US] = {SIGNAL_CGROUP_PSI_CPU, COUNTER_64, 1000},
	[CGROUP_PSI_MEM_US] = {SIGNAL_CGROUP_PSI_MEM, COUNTER_64, 1000},
	[CGROUP_PSI_IO_US] = {SIGNAL_CGROUP_PSI_IO, COUNTER_64, 1000},
	[CGROUP_MEM] = {SIGNAL_CGROUP_MEM, 0, 0},
	[CGROUP_ANON] = {SIGNAL_CGROUP_ANON, 0, 0},
	[CGROUP_FILE] = {SIGNAL_CGROUP_FILE, 0, 0},
	[CGROUP_PIDS] = {SIGNAL_CGROUP_PIDS, 0, 0},
	[CGROUP_D] = {SIGNAL_CGROUP_D, 0, 0},
};

struct group {
	struct deltas deltas;
	uint32_t mask; /* columns of its last row */
};

struct part {
	struct helper *helper; /* the environment's */
	struct roster roster;
	uint64_t due_ns, scanned_ns;
	bool tasks_d; /* ours to bring */
	uint64_t d;   /* by the last scan */
	uint64_t refused; /* by the last answer */
};

static void group_done(void *own)
{
	deltas_done(&((struct group *)own)->deltas);
}

static bool exists(const struct env *env, const char *path)
{
	return env->sys_fd >= 0 && faccessat(env->sys_fd, path, F_OK, 0) == 0;
}

static bool has_v2_controller(struct env *env, const char *name)
{
	size_t len;
	buf_clear(&env->text);
	if (env->sys_fd < 0 || io_read_file(env->sys_fd, "fs/cgroup/cgroup.controllers", 4096, &env->text) < 0)
		return false;
	const char *at = buf_str(&env->text);
	for (const char *word = scan_word(&at, &len); len; word = scan_word(&at, &len))
		if (strlen(name) == len && strncmp(word, name, len) == 0)
			return true;
	return false;
}

static void offer(struct env *env, uint16_t signal, bool there, const char *from)
{
	if (there)
		env_offer(env, signal, SECOND_NS, "%s, by a helper", from);
	else
		env_refuse(env, signal, "no '%s' in the cgroups below '%s/fs/cgroup'", from, env->sys_root);
}

static void offer_all(struct env *env)
{
	bool pure = exists(env, "fs/cgroup/cgroup.controllers"), v2 = pure || exists(env, "fs/cgroup/unified");
	bool memory = has_v2_controller(env, "memory") || exists(env, "fs/cgroup/memory");
	bool pressure = v2 && faccessat(env->proc_fd, "pressure/cpu", F_OK, 0) == 0;
	offer(env, SIGNAL_CGROUP_CPU, v2 || exists(env, "fs/cgroup/cpuacct"), pure ? "cpu.stat" : "cpuacct.usage");
	offer(env, SIGNAL_CGROUP_THROTTLED, has_v2_controller(env, "cpu") || exists(env, "fs/cgroup/cpu"), "cpu.stat");
	offer(env, SIGNAL_CGROUP_MEM, memory, pure ? "memory.current" : "memory.usage_in_bytes");
	offer(env, SIGNAL_CGROUP_ANON, memory, "memory.stat");
	offer(env, SIGNAL_CGROUP_FILE, memory, "memory.stat");
	offer(env, SIGNAL_CGROUP_OOM_KILL, memory, pure ? "memory.events" : "memory.oom_control");
	offer(env, SIGNAL_CGROUP_PIDS, has_v2_controller(env, "pids") || exists(env, "fs/cgroup/pids"), "pids.current");
	offer(env, SIGNAL_CGROUP_PSI_CPU, pressure, "cpu.pressure");
	offer(env, SIGNAL_CGROUP_PSI_MEM, pressure, "memory.pressure");
	offer(env, SIGNAL_CGROUP_PSI_IO, pressure, "io.pressure");
	offer(env, SIGNAL_CGROUP_D, exists(env, "fs/cgroup"), "/proc/*/stat");
}

static struct part *cgroup_open(struct env *env)
{
	struct part *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->roster = (struct roster){.kind = ENTITY_KIND_CGROUP, .own_bytes = sizeof(struct group), .own_done = group_done};
	p->helper = helper_get(env);
	if (!p->helper) {
		env_refuse(env, SIGNAL_CGROUP_CPU, "cannot start a helper: %s", strerror(errno));
		free(p);
		return NULL;
	}
	offer_all(env);
	if (env->d_tasks == UINT64_MAX)
		p->tasks_d = env_offer(env, SIGNAL_TASKS_D, SECOND_NS, "/proc/*/stat, by a helper");
	return p;
}

static void add_gauges(const struct helper_row *row, uint16_t slot, struct readings *out)
{
	for (unsigned c = CGROUP_COUNTERS; c < CGROUP_COLUMNS; c++)
		if (row->mask & 1U << c)
			readings_set(out, columns[c].signal, slot, true, row->values[c]);
}

/* Of the enforcement periods of the last second, how many were throttled; 0 without a limit. */
static int64_t throttled_ppm(const struct deltas *d)
{
	uint64_t periods = deltas_of(d, CGROUP_PERIODS);
	return periods ? rate_value(UNIT_PERCENT, deltas_of(d, CGROUP_THROTTLED), 1, periods) : 0;
}

static void take_row(struct part *p, struct env *env, const struct helper_row *row, struct readings *out)
{
	struct roster_item *i = roster_meet(&p->roster, env, row->name, strlen(row->name), NULL);
	if (!i)
		return;
	struct group *g = i->own;
	if (i->fresh && deltas_init(&g->deltas, CGROUP_COUNTERS, SECOND_NS) < 0)
		return;
	i->fresh = false;
	g->mask = row->mask;
	struct rate table[CGROUP_COUNTERS];
	for (unsigned c = 0; c < CGROUP_COUNTERS; c++) {
		table[c] = columns[c];
		if (!(row->mask & 1U << c))
			table[c].signal = SIGNAL_NONE;
	}
	rates_push(&g->deltas, table, env->now_ns, row->values, i->slot, out);
	if (row->mask & 1U << CGROUP_PERIODS && deltas_span(&g->deltas))
		readings_add(out, SIGNAL_CGROUP_THROTTLED, i->slot, throttled_ppm(&g->deltas));
	add_gauges(row, i->slot, out);
}

/* Those without room are lost once each, not once a second. */
static void take_row_of_all(struct part *p, struct env *env, const struct helper_row *row)
{
	uint64_t refused = row->values[CGROUP_REFUSED];
	if (row->mask & 1U << CGROUP_D)
		p->d = row->values[CGROUP_D];
	env->lost += refused > p->refused ? refused - p->refused : 0;
	p->refused = refused;
}

static void take_answer(struct part *p, struct env *env, struct cursor *rows, struct readings *out)
{
	struct helper_row row;
	roster_begin(&p->roster);
	while (helper_next_row(rows, &row)) {
		if (*row.name)
			take_row(p, env, &row, out);
		else
			take_row_of_all(p, env, &row);
	}
	roster_end(&p->roster, env);
	if (p->tasks_d)
		readings_set(out, SIGNAL_TASKS_D, ENTITY_HOST, true, p->d);
}

static void add_unknown(const struct part *p, struct readings *out)
{
	for (size_t k = 0; k < p->roster.n; k++) {
		const struct roster_item *i = p->roster.items[k];
		const struct group *g = i->own;
		for (unsigned c = 0; i->slot != ENTITY_NONE && c < CGROUP_COLUMNS; c++)
			if (g->mask & 1U << c && columns[c].signal != SIGNAL_NONE)
				readings_add_unknown(out, columns[c].signal, i->slot);
		if (i->slot != ENTITY_NONE && g->mask & 1U << CGROUP_PERIODS)
			readings_add_unknown(out, SIGNAL_CGROUP_THROTTLED, i->slot);
	}
	if (p->tasks_d)
		readings_add_unknown(out, SIGNAL_TASKS_D, ENTITY_HOST);
}

/*
 * A scan costs about 10 µs a task, so it is left out while nothing can be in D state: when the tick counts none, or
 * when the load average, sampled by the kernel each 5 s, says that nothing was running or blocked.
 */
static bool wants_scan(struct part *p, const struct env *env)
{
	bool wants = env->d_tasks == UINT64_MAX
			     ? env->is_loaded || p->d || env->now_ns >= p->scanned_ns + 10 * SECOND_NS
			     : env->d_tasks > 0;
	if (wants)
		p->scanned_ns = env->now_ns;
	return wants;
}

static void cgroup_read(struct part *p, struct env *env, struct readings *out)
{
	struct cursor rows;
	if (helper_take(p->helper, HELPER_CGROUPS, &rows))
		take_answer(p, env, &rows, out);
	if (!env_is_due(env, &p->due_ns))
		return;
	if (helper_is_late(p->helper, HELPER_CGROUPS)) {
		add_unknown(p, out);
		env->lost++;
	}
	helper_ask(p->helper, env, HELPER_CGROUPS, wants_scan(p, env) ? HELPER_SCAN_TASKS : 0);
}

static void cgroup_close(struct part *p)
{
	roster_done(&p->roster);
	free(p);
}

const struct part_ops part_cgroup = {"cgroup", TIER_TICK, cgroup_open, cgroup_read, cgroup_close};
