/* SPDX-License-Identifier: GPL-2.0-only */
/* What we ourselves cost: this process, those the engine named, the helper, and the in-kernel tick. */
#include "engine/source/part.h"
#include "engine/source/proc_file.h"
#include "engine/source/rates.h"
#include "engine/source/scan.h"

#include <time.h>

static const struct rate table[1] = {{SIGNAL_SELF_CPU, COUNTER_64, 1}};

/* What a process had used when we last looked: its time goes with it when it ends. */
struct process {
	pid_t pid;
	uint64_t cpu_ns;
};

struct part {
	struct deltas deltas;
	struct process process[ENV_PIDS_MAX];
	uint64_t children_ns;
};

static uint64_t cpu_ns(clockid_t clock)
{
	struct timespec t;
	return clock_gettime(clock, &t) < 0 ? 0 : (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static void add_child(struct part *p, struct process *seen, pid_t pid)
{
	clockid_t clock;
	if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0)
		return;
	uint64_t now = cpu_ns(clock);
	if (seen->pid != pid)
		*seen = (struct process){pid, now};
	if (now > seen->cpu_ns)
		p->children_ns += counter_step(COUNTER_64, &seen->cpu_ns, now);
}

static uint64_t all_cpu_ns(struct part *p, const struct env *env)
{
	for (size_t i = 0; i < env->n_pids; i++)
		add_child(p, &p->process[i], env->pids[i]);
	return cpu_ns(CLOCK_PROCESS_CPUTIME_ID) + env->kernel_ns + p->children_ns;
}

static bool add_rss(struct env *env, const char *name, uint64_t *sum)
{
	char path[64];
	struct proc_file f;
	uint64_t pages[2];
	snprintf(path, sizeof(path), "%s/statm", name);
	bool known = proc_file_open(&f, env->proc_fd, path) >= 0 && proc_file_read(&f, &env->text) >= 0;
	const char *at = buf_str(&env->text);
	known = known && scan_numbers(&at, pages, 2) == 2;
	if (known)
		*sum += pages[1] * (uint64_t)sysconf(_SC_PAGESIZE);
	proc_file_close(&f);
	return known;
}

static bool all_rss(struct env *env, uint64_t *ret)
{
	*ret = 0;
	bool known = add_rss(env, "self", ret);
	for (size_t i = 0; i < env->n_pids; i++) {
		char name[16];
		if (env->pids[i] <= 0)
			continue;
		snprintf(name, sizeof(name), "%d", (int)env->pids[i]);
		add_rss(env, name, ret); /* one that has just ended has none */
	}
	return known;
}

static struct part *self_open(struct env *env)
{
	uint64_t rss;
	struct part *p = calloc(1, sizeof(*p));
	if (!p || deltas_init(&p->deltas, 1, SECOND_NS) < 0) {
		free(p);
		return NULL;
	}
	env_offer(env, SIGNAL_SELF_CPU, SECOND_NS, "our CPU clocks");
	env_offer(env, SIGNAL_SELF_LOST, SECOND_NS, "our own count");
	if (all_rss(env, &rss))
		env_offer(env, SIGNAL_SELF_RSS, SECOND_NS, "/proc/self/statm");
	else
		env_refuse(env, SIGNAL_SELF_RSS, "no 'self/statm' below '%s'", env->proc_root);
	return p;
}

static void self_read(struct part *p, struct env *env, struct readings *out)
{
	uint64_t cpu = all_cpu_ns(p, env), rss;
	rates_push(&p->deltas, table, env->now_ns, &cpu, ENTITY_HOST, out);
	if (env_has(env, SIGNAL_SELF_RSS)) {
		bool known = all_rss(env, &rss);
		readings_set(out, SIGNAL_SELF_RSS, ENTITY_HOST, known, rss);
	}
	readings_set(out, SIGNAL_SELF_LOST, ENTITY_HOST, true, env->lost + entities_refused(env->entities) + out->lost);
}

static void self_close(struct part *p)
{
	deltas_done(&p->deltas);
	free(p);
}

const struct part_ops part_self = {"self", TIER_SECOND, self_open, self_read, self_close};
