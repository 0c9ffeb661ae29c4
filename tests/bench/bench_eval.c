/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What deciding costs: 1,000 cgroups × 40 rules once a second, and a tick of the host at 100 Hz with 60 readings and the
 * rules that read them. Prints the CPU time of a tick, with full windows; making the inputs is not counted.
 */
#include "engine/base/clock.h"
#include "rules/load.h"
#include "rules/run/machine.h"
#include "tests/unit/support/vocabulary.h"

#define ENTITIES 1000
#define RULES 40
#define RUNS 121
#define FAST_RUNS 12000

/* What people write: levels, jumps, quantiles, shares of the host. %u is the rule's number. */
static const char *const shapes[] = {
	"cgroup.cpu > 3 and rise(cgroup.cpu, 10s) > 1",
	"cgroup.mem > %uGiB and rate(cgroup.mem, 30s) > 10MiB/s",
	"avg(cgroup.throttled, 30s) > 2%u%%",
	"cgroup.pids > 1%u00 or cgroup.oom_kill > 0/s",
	"cgroup.throttled > 1%u%% and cgroup.cpu > 1",
	"max(cgroup.anon, 10s) > %uGiB and cgroup.anon / cgroup.mem > 90%%",
	"p90(cgroup.cpu, 30s) > %u",
	"cgroup.cpu > 2 and host.cpu.sys > 30%%",
};

static const char *const host_shapes[] = {
	"cpu.sys > 4%u%% and rise(cpu.sys, 10s) > 20%%",
	"avg(cpu.softirq, 5s) > 2%u%%",
	"sched.running > 5%u and sched.blocked > 10",
	"rise(tasks.d, 30s) > 2%u",
};

static void add_rules(struct buf *text, const char *kind, const char *const *of, size_t n_shapes, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		buf_printf(text, "  - name: %s-%u\n    summary: bench\n    severity: info\n    for_each: %s\n    when: ", kind, i, kind);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		buf_printf(text, of[i % n_shapes], i / (unsigned)n_shapes + 1);
#pragma GCC diagnostic pop
		buf_printf(text, "\n    hold: 3s\n    capture: {collect: [tasks]}\n");
	}
}

static struct ruleset *load(const struct buf *text)
{
	const struct load_options options = {.vocabulary = test_vocabulary()};
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	size_t n;
	if (rules_load_text("bench.yaml", buf_str(text), text->len, &options, d, &set) < 0) {
		const struct diagnostic *all = diagnostics_all(d, &n);
		for (size_t i = 0; i < n; i++)
			fprintf(stderr, "%u: %s\n", all[i].at.line, all[i].message);
		exit(1);
	}
	diagnostics_free(d);
	return set;
}

static uint64_t transitions;

static void count(void *ctx, const struct transition *t)
{
	(void)ctx;
	(void)t;
	transitions++;
}

static uint64_t noise(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Values that mostly stay below the thresholds, as they do. */
static size_t read_all(struct reading *out, unsigned entities, const char *prefix, uint64_t *seed)
{
	const struct vocabulary *v = test_vocabulary();
	size_t n = 0;
	for (unsigned e = entities > 1; e < entities + (entities > 1); e++)
		for (size_t s = 0; s < v->n_signals; s++) {
			bool cgroup = v->signals[s].kinds & ENTITY_BIT(ENTITY_KIND_CGROUP);
			if (cgroup != (*prefix == 'c'))
				continue;
			double level = unit_quanta(v->signals[s].unit) * (noise(seed) % 1000 < 5 ? 90 : 1);
			int64_t value = (int64_t)(level * (double)(500 + noise(seed) % 1000) / 1000);
			out[n++] = (struct reading){.signal = (uint16_t)s, .entity = (uint16_t)e, .value = value};
		}
	return n;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

struct spread {
	double median_us, worst_us;
};

static struct spread spread_of(uint64_t *values_ns, size_t n)
{
	qsort(values_ns, n, sizeof(*values_ns), by_value);
	return (struct spread){(double)values_ns[n / 2] / 1e3, (double)values_ns[n - 1] / 1e3};
}

static struct machine *machine_for(const struct ruleset *set, unsigned entities)
{
	struct machine_options options = {.rules = set, .vocabulary = test_vocabulary(), .max_entities = ENTITIES + 2};
	struct machine *m;
	if (machine_new(&options, &m) < 0)
		exit(1);
	for (unsigned e = 1; e <= entities; e++) {
		char name[32];
		snprintf(name, sizeof(name), "/app-%u.service", e);
		machine_input(m, &(struct input){.kind = INPUT_BORN, .t_ns = 1,
						 .born = {.entity = (uint16_t)e, .kind = ENTITY_KIND_CGROUP, .name = name}}, count, NULL);
	}
	return m;
}

static struct spread run(const struct ruleset *set, unsigned entities, const char *prefix, uint64_t step_ns, size_t runs)
{
	static struct reading readings[ENTITIES * 40];
	static uint64_t took[FAST_RUNS];
	struct machine *m = machine_for(set, entities > 1 ? entities : 0);
	uint64_t seed = 88172645463325252u;
	for (size_t i = 0; i < runs; i++) {
		struct input in = {.kind = INPUT_TICK, .t_ns = NS_PER_S + i * step_ns, .tick = {.readings = readings}};
		in.tick.n = read_all(readings, entities, prefix, &seed);
		uint64_t begin = clock_now(CLOCK_THREAD_CPUTIME_ID);
		machine_input(m, &in, count, NULL);
		took[i] = clock_now(CLOCK_THREAD_CPUTIME_ID) - begin;
	}
	machine_free(m);
	return spread_of(took + runs / 2, runs - runs / 2);
}

int main(void)
{
	_cleanup_buf_ struct buf cgroups = {0}, host = {0};
	buf_add_str(&cgroups, "version: 1\nrules:\n");
	add_rules(&cgroups, "cgroup", shapes, ARRAY_SIZE(shapes), RULES);
	struct ruleset *set = load(&cgroups);
	struct spread us = run(set, ENTITIES, "c", NS_PER_S, RUNS);
	printf("evaluation, %u entities x %u rules: %.0f us a tick, worst %.0f (budget 2000), %.1f ns an evaluation\n", ENTITIES,
	       RULES, us.median_us, us.worst_us, us.median_us * 1e3 / ENTITIES / RULES);
	ruleset_free(set);

	buf_add_str(&host, "version: 1\nrules:\n");
	add_rules(&host, "host", host_shapes, ARRAY_SIZE(host_shapes), 12);
	set = load(&host);
	us = run(set, 1, "h", 10 * NS_PER_MS, FAST_RUNS);
	printf("a tick of the host at 100 Hz with 12 rules: %.2f us\n", us.median_us);
	ruleset_free(set);
	return 0;
}
