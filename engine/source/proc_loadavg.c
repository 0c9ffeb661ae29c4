/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/loadavg: the three averages each second, the number of tasks each tick. */
#include "engine/source/part.h"
#include "engine/source/proc_file.h"
#include "engine/source/scan.h"

struct part {
	struct proc_file file;
	bool tasks; /* ours to bring */
	uint64_t load_due_ns, load_milli;
};

struct loadavg {
	uint64_t milli[3], tasks;
};

/* "0.20 0.06 0.02 1/95 7310": two decimals always. */
static bool scan_load(const char **at, uint64_t *ret_milli)
{
	uint64_t whole, hundredths;
	if (!scan_u64(at, &whole) || *(*at)++ != '.' || !scan_u64(at, &hundredths))
		return false;
	*ret_milli = whole * 1000 + hundredths % 100 * 10;
	return true;
}

static bool scan_loadavg(const char *at, struct loadavg *ret)
{
	uint64_t running;
	for (int i = 0; i < 3; i++)
		if (!scan_load(&at, &ret->milli[i]))
			return false;
	return scan_u64(&at, &running) && *at++ == '/' && scan_u64(&at, &ret->tasks);
}

static void loadavg_close(struct part *p)
{
	proc_file_close(&p->file);
	free(p);
}

static struct part *loadavg_open(struct env *env)
{
	struct loadavg l;
	if (env_has(env, SIGNAL_LOAD_1))
		return NULL;
	struct part *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	int r = proc_file_open(&p->file, env->proc_fd, "loadavg");
	if (r >= 0)
		r = proc_file_read(&p->file, &env->text);
	if (r < 0 || !scan_loadavg(buf_str(&env->text), &l)) {
		for (unsigned i = SIGNAL_LOAD_1; i <= SIGNAL_LOAD_5; i++)
			env_refuse(env, i, "cannot read '/proc/loadavg': %s", r < 0 ? strerror(-r) : "not understood");
		env_refuse(env, SIGNAL_TASKS_TOTAL, "cannot read '/proc/loadavg'");
		loadavg_close(p);
		return NULL;
	}
	for (unsigned i = SIGNAL_LOAD_1; i <= SIGNAL_LOAD_5; i++)
		env_offer(env, i, SECOND_NS, "/proc/loadavg");
	p->tasks = env_offer(env, SIGNAL_TASKS_TOTAL, env->fast_ns, "/proc/loadavg");
	return p;
}

/* Every 5 s the kernel makes load = load × 0.92 + active × 0.08. Turned round, that tells whether anything was active. */
static void follow_load(struct part *p, struct env *env, uint64_t milli)
{
	if (milli != p->load_milli)
		env->is_loaded = milli * 1000 > p->load_milli * 920 + 40 * 1000;
	else if (!milli)
		env->is_loaded = false;
	p->load_milli = milli;
}

static void loadavg_read(struct part *p, struct env *env, struct readings *out)
{
	struct loadavg l;
	bool due = env_is_due(env, &p->load_due_ns);
	bool known = proc_file_read(&p->file, &env->text) >= 0 && scan_loadavg(buf_str(&env->text), &l);
	static const uint16_t signals[3] = {SIGNAL_LOAD_1, SIGNAL_LOAD_5, SIGNAL_LOAD_15};
	for (int i = 0; due && i < 3; i++)
		readings_set(out, signals[i], ENTITY_HOST, known, known ? l.milli[i] : 0);
	if (p->tasks)
		readings_set(out, SIGNAL_TASKS_TOTAL, ENTITY_HOST, known, known ? l.tasks : 0);
	if (known)
		follow_load(p, env, l.milli[0]);
}

const struct part_ops part_loadavg = {"loadavg", TIER_TICK, loadavg_open, loadavg_read, loadavg_close};
