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
	struct proc_file statm; /* of that pid */
};

struct part {
	struct deltas deltas;
	struct proc_file statm; /* our own */
	struct process process[ENV_PIDS_MAX];
	uint64_t children_ns;
};

static uint64_t cpu_ns(clockid_t clock)
{
	struct timespec t;
	return clock_gettime(clock, &t) < 0 ? 0 : (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static void meet(struct process *seen, const struct env *env, pid_t pid, uint64_t now)
{
	char path[32];
	proc_file_close(&seen->statm);
	seen->pid = pid;
	seen->cpu_ns = now;
	snprintf(path, sizeof(path), "%d/statm", (int)pid);
	proc_file_open(&seen->statm, env->proc_fd, path);
}

static void add_child(struct part *p, const struct env *env, struct process *seen, pid_t pid)
{
	clockid_t clock;
	if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0)
		return;
	uint64_t now = cpu_ns(clock);
	if (seen->pid != pid)
		meet(seen, env, pid, now);
	if (now > seen->cpu_ns)
		p->children_ns += counter_step(COUNTER_64, &seen->cpu_ns, now);
}

static uint64_t all_cpu_ns(struct part *p, const struct env *env)
{
	for (size_t i = 0; i < env->n_pids; i++)
		add_child(p, env, &p->process[i], env->pids[i]);
	return cpu_ns(CLOCK_PROCESS_CPUTIME_ID) + env->kernel_ns + p->children_ns;
}

static bool add_rss(const struct proc_file *statm, struct env *env, uint64_t *sum)
{
	uint64_t pages[2];
	bool known = proc_file_read(statm, &env->text) >= 0;
	const char *at = buf_str(&env->text);
	known = known && scan_numbers(&at, pages, 2) == 2;
	if (known)
		*sum += pages[1] * (uint64_t)sysconf(_SC_PAGESIZE);
	return known;
}

static bool all_rss(const struct part *p, struct env *env, uint64_t *ret)
{
	*ret = 0;
	bool known = add_rss(&p->statm, env, ret);
	for (size_t i = 0; i < env->n_pids; i++)
		if (p->process[i].pid == env->pids[i])
			add_rss(&p->process[i].statm, env, ret); /* one that has just ended has none */
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
	for (size_t i = 0; i < ENV_PIDS_MAX; i++)
		p->process[i].statm.fd = -1;
	proc_file_open(&p->statm, env->proc_fd, "self/statm");
	env_offer(env, SIGNAL_SELF_CPU, SECOND_NS, "our CPU clocks");
	env_offer(env, SIGNAL_SELF_LOST, SECOND_NS, "our own count");
	if (all_rss(p, env, &rss))
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
		bool known = all_rss(p, env, &rss);
		readings_set(out, SIGNAL_SELF_RSS, ENTITY_HOST, known, rss);
	}
	readings_set(out, SIGNAL_SELF_LOST, ENTITY_HOST, true, env->lost + entities_refused(env->entities) + out->lost);
}

static void self_close(struct part *p)
{
	proc_file_close(&p->statm);
	for (size_t i = 0; i < ENV_PIDS_MAX; i++)
		proc_file_close(&p->process[i].statm);
	deltas_done(&p->deltas);
	free(p);
}

const struct part_ops part_self = {"self", TIER_SECOND, self_open, self_read, self_close};
