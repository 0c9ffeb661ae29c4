/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/stat: where the CPUs' time went, and the machine-wide counts of switches, forks, interrupts and softirqs. */
#include "engine/source/cpus.h"
#include "engine/source/part.h"
#include "engine/source/proc_file.h"
#include "engine/source/scan.h"

#define NS_PER_JIFFY (1000000000U / 100) /* USER_HZ is 100 on every architecture we build for */

enum { INTR, CTXT, FORKS, NET_RX, NET_TX, BLOCK, TIMER, SCHED, RCU, COUNTS };

static const struct rate table[COUNTS] = {
	[INTR] = {SIGNAL_IRQ_TOTAL, COUNTER_64, 1},	      [CTXT] = {SIGNAL_SCHED_SWITCHES, COUNTER_64, 1},
	[FORKS] = {SIGNAL_SCHED_FORKS, COUNTER_64, 1},	      [NET_RX] = {SIGNAL_SOFTIRQ_NET_RX, COUNTER_64, 1},
	[NET_TX] = {SIGNAL_SOFTIRQ_NET_TX, COUNTER_64, 1},    [BLOCK] = {SIGNAL_SOFTIRQ_BLOCK, COUNTER_64, 1},
	[TIMER] = {SIGNAL_SOFTIRQ_TIMER, COUNTER_64, 1},      [SCHED] = {SIGNAL_SOFTIRQ_SCHED, COUNTER_64, 1},
	[RCU] = {SIGNAL_SOFTIRQ_RCU, COUNTER_64, 1},
};

struct part {
	struct proc_file file;
	struct cpus cpus;
	struct deltas deltas;
	uint64_t raw[COUNTS];
	uint64_t running, blocked;
	unsigned found; /* lines understood in this reading */
};

static const char *scan_cpu_line(struct part *p, const char *at)
{
	uint64_t cpu, jiffies[CPU_STATES] = {0};
	at += 3;
	if (*at == ' ' || !scan_u64(&at, &cpu))
		return at;
	unsigned n = scan_numbers(&at, jiffies, CPU_STATES);
	uint64_t *ns = n >= 4 ? cpus_row(&p->cpus, cpu) : NULL;
	for (unsigned s = 0; ns && s < CPU_STATES; s++)
		ns[s] = jiffies[s] * NS_PER_JIFFY;
	p->found += ns != NULL;
	return at;
}

/* softirq TOTAL hi timer net_tx net_rx block irq_poll tasklet sched hrtimer rcu */
static const char *scan_softirq_line(struct part *p, const char *at)
{
	uint64_t v[11];
	if (scan_numbers(&at, v, ARRAY_SIZE(v)) < ARRAY_SIZE(v))
		return at;
	p->raw[TIMER] = v[2];
	p->raw[NET_TX] = v[3];
	p->raw[NET_RX] = v[4];
	p->raw[BLOCK] = v[5];
	p->raw[SCHED] = v[8];
	p->raw[RCU] = v[10];
	return at;
}

static const char *scan_count(struct part *p, const char *at, uint64_t *ret)
{
	p->found += scan_u64(&at, ret);
	return at;
}

static const char *scan_line(struct part *p, const char *at)
{
	switch (*at) {
	case 'c':
		if (scan_starts(at, "cpu", 3))
			return scan_cpu_line(p, at);
		return scan_starts(at, "ctxt ", 5) ? scan_count(p, at + 5, &p->raw[CTXT]) : at;
	case 'i':
		return scan_starts(at, "intr ", 5) ? scan_count(p, at + 5, &p->raw[INTR]) : at;
	case 'p':
		if (scan_starts(at, "processes ", 10))
			return scan_count(p, at + 10, &p->raw[FORKS]);
		if (scan_starts(at, "procs_running ", 14))
			return scan_count(p, at + 14, &p->running);
		return scan_starts(at, "procs_blocked ", 14) ? scan_count(p, at + 14, &p->blocked) : at;
	case 's':
		return scan_starts(at, "softirq ", 8) ? scan_softirq_line(p, at + 8) : at;
	default:
		return at;
	}
}

/* All of a good file: five counts and a CPU at the least. */
static bool scan_stat(struct part *p, const char *text)
{
	p->found = 0;
	cpus_begin(&p->cpus);
	for (const char *at = text; *at; at = scan_next_line(at))
		at = scan_line(p, at);
	return p->found >= 6;
}

static void stat_close(struct part *p)
{
	proc_file_close(&p->file);
	cpus_done(&p->cpus);
	deltas_done(&p->deltas);
	free(p);
}

static void offer_all(struct env *env)
{
	cpus_offer(env, env->fast_ns, "/proc/stat cpu");
	for (unsigned i = 0; i < COUNTS; i++)
		env_offer(env, table[i].signal, env->fast_ns, "/proc/stat %s",
			  i == INTR ? "intr" : i == CTXT ? "ctxt" : i == FORKS ? "processes" : "softirq");
	env_offer(env, SIGNAL_SCHED_RUNNING, env->fast_ns, "/proc/stat procs_running");
	env_offer(env, SIGNAL_SCHED_BLOCKED, env->fast_ns, "/proc/stat procs_blocked");
}

static void refuse_all(struct env *env, const char *why)
{
	cpus_refuse(env, why);
	for (unsigned i = 0; i < COUNTS; i++)
		env_refuse(env, table[i].signal, "%s", why);
	env_refuse(env, SIGNAL_SCHED_RUNNING, "%s", why);
	env_refuse(env, SIGNAL_SCHED_BLOCKED, "%s", why);
}

static int stat_init(struct part *p, struct env *env)
{
	int r = proc_file_open(&p->file, env->proc_fd, "stat");
	if (r >= 0)
		r = proc_file_read(&p->file, &env->text);
	if (r >= 0)
		r = cpus_init(&p->cpus, cpus_possible(env), env->fast_ns);
	if (r >= 0)
		r = deltas_init(&p->deltas, COUNTS, env->fast_ns);
	return r;
}

static struct part *stat_open(struct env *env)
{
	if (env_has(env, SIGNAL_CPU_SYS))
		return NULL;
	struct part *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->file.fd = -1;
	int r = stat_init(p, env);
	if (r >= 0 && scan_stat(p, buf_str(&env->text))) {
		offer_all(env);
		return p;
	}
	char why[96];
	snprintf(why, sizeof(why), "cannot read '/proc/stat': %s", r < 0 ? strerror(-r) : "not what a kernel writes");
	refuse_all(env, why);
	stat_close(p);
	return NULL;
}

static void stat_read(struct part *p, struct env *env, struct readings *out)
{
	if (proc_file_read(&p->file, &env->text) < 0 || !scan_stat(p, buf_str(&env->text))) {
		cpus_unknown(&p->cpus, out);
		rates_unknown(&p->deltas, table, ENTITY_HOST, out);
		readings_add_unknown(out, SIGNAL_SCHED_RUNNING, ENTITY_HOST);
		readings_add_unknown(out, SIGNAL_SCHED_BLOCKED, ENTITY_HOST);
		return;
	}
	cpus_push(&p->cpus, env, env->now_ns, out);
	rates_push(&p->deltas, table, env->now_ns, p->raw, ENTITY_HOST, out);
	/* Whoever reads this file is running. */
	readings_add(out, SIGNAL_SCHED_RUNNING, ENTITY_HOST, p->running ? (int64_t)(p->running - 1) : 0);
	readings_add(out, SIGNAL_SCHED_BLOCKED, ENTITY_HOST, (int64_t)p->blocked);
}

const struct part_ops part_stat = {"stat", TIER_TICK, stat_open, stat_read, stat_close};
