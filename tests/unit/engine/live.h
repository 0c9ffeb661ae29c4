/* SPDX-License-Identifier: GPL-2.0-only */
/* A daemon in small, for tests of replay: two rules live on random load, and the log of what they were told and decided. */
#pragma once

#include "engine/base/clock.h"
#include "engine/record/inputlog.h"
#include "rules/load.h"
#include "rules/run/machine.h"
#include "tests/unit/support/test.h"

#define TICK_NS (100 * NS_PER_MS)
#define REALTIME_OFFSET INT64_C(1700000000000000000)

static const char busy_rule[] = "  - name: busy\n"
				"    summary: busy\n"
				"    severity: major\n"
				"    for_each: host\n"
				"    params: {level: 50%}\n"
				"    when: cpu.sys > $level and rise(cpu.sys, 5s) > 10%\n"
				"    hold: 500ms\n"
				"    clear: cpu.sys < 30%\n"
				"    clear_hold: 1s\n"
				"    limits: {entity: 3/1m, rule: 4/1m}\n";
static const char hot_rule[] = "  - name: hot\n"
			       "    summary: average\n"
			       "    severity: minor\n"
			       "    for_each: host\n"
			       "    when: avg(cpu.sys, 3s) > 40%\n"
			       "    limits: {entity: 100/1m, rule: 100/1m}\n";

/* Which words the rules may use: test_vocabulary() or vocabulary(). */
#ifndef LIVE_VOCABULARY
#error "say which vocabulary"
#endif

static inline struct ruleset *load(const char *one, const char *two, const char *override)
{
	_cleanup_buf_ struct buf text = {0};
	struct ruleset *set = NULL;
	struct diagnostics *d = diagnostics_new();
	struct load_options o = {
		.vocabulary = LIVE_VOCABULARY, .overrides = &override, .n_overrides = override ? 1 : 0};
	buf_printf(&text, "version: 1\nrules:\n%s%s", one, two);
	if (rules_load_text("test", text.data, text.len, &o, d, &set) < 0) {
		_cleanup_buf_ struct buf why = {0};
		size_t n;
		diagnostic_format(&why, diagnostics_all(d, &n));
		fail_msg("%s", buf_str(&why));
	}
	diagnostics_free(d);
	return set;
}

/* A daemon in small: rules live on random load, and the log of it. */
struct live {
	struct machine *machine;
	struct inputlog *log;
	struct entities *entities;
	uint64_t t_ns, random, period_ns[512];
	int64_t cpu;
	unsigned fired[8];
};

static inline void on_transition(void *ctx, const struct transition *t)
{
	struct live *l = ctx;
	inputlog_transition(l->log, t);
	l->fired[t->rule] += t->kind == TRANSITION_FIRED;
}

static inline int checkpoint(void *ctx, struct buf *out)
{
	return machine_checkpoint(((struct live *)ctx)->machine, out);
}

static inline void take(struct live *l, struct input in)
{
	in.t_ns = l->t_ns;
	inputlog_input(l->log, &in);
	machine_input(l->machine, &in, on_transition, l);
}

/* Long quiet and busy stretches, with noise. */
static inline int64_t next_cpu(struct live *l)
{
	l->random = l->random * 6364136223846793005U + 1442695040888963407U;
	uint64_t dice = l->random >> 33;
	if (dice % 40 == 0)
		l->cpu = l->cpu > 400000 ? 100000 : 600000;
	return l->cpu + (int64_t)(dice / 40 % 200000) - 50000;
}

/* What the log is told of a set of rules; `rules` has room for them. */
static inline struct inputlog_options live_rules(const struct ruleset *set, struct inputlog_rule rules[8])
{
	assert_in_range(set->n, 0, 8);
	for (size_t i = 0; i < set->n; i++)
		rules[i] = (struct inputlog_rule){set->rules[i].name, set->rules[i].digest};
	return (struct inputlog_options){.rules_digest = set->digest,
					 .rules = rules,
					 .n_rules = set->n,
					 .host_burst = 5,
					 .host_refill_ns = NS_PER_S * 60};
}

static inline struct machine *live_machine(const struct live *l, const struct ruleset *set)
{
	struct machine *ret;
	struct machine_options m = {.rules = set, .vocabulary = LIVE_VOCABULARY, .period_ns = l->period_ns,
				    .max_entities = 16, .host_limit = {5, NS_PER_S * 60}};
	assert_int_equal(machine_new(&m, &ret), 0);
	return ret;
}

static inline void live_begin(struct live *l, const struct ruleset *set, uint64_t seed)
{
	const struct vocabulary *v = LIVE_VOCABULARY;
	struct inputlog_rule rules[8];
	*l = (struct live){.random = seed, .t_ns = 1000 * NS_PER_S, .entities = entities_new(16), .cpu = 100000};
	assert_in_range(v->n_signals, 1, ARRAY_SIZE(l->period_ns));
	for (size_t i = 0; i < v->n_signals; i++)
		l->period_ns[i] = TICK_NS;
	struct inputlog_options o = live_rules(set, rules);
	o.vocabulary = v;
	o.period_ns = l->period_ns;
	o.entities = l->entities;
	o.checkpoint = checkpoint;
	o.ctx = l;
	o.ring_bytes = 1 << 20;
	o.checkpoint_every_ns = 7 * NS_PER_S;
	l->machine = live_machine(l, set);
	assert_int_equal(inputlog_new(&o, &l->log), 0);
	take(l, (struct input){.kind = INPUT_CLOCK, .clock = {.realtime_offset_ns = REALTIME_OFFSET}});
}

static inline void live_run(struct live *l, unsigned ticks)
{
	int cpu_sys = vocabulary_signal(LIVE_VOCABULARY, "cpu.sys");
	for (unsigned i = 0; i < ticks; i++) {
		struct reading r = {(uint16_t)cpu_sys, ENTITY_HOST, false, next_cpu(l)};
		l->t_ns += TICK_NS;
		take(l, (struct input){.kind = INPUT_TICK, .tick = {&r, 1}});
	}
}

static inline void live_end(struct live *l)
{
	machine_free(l->machine);
	inputlog_free(l->log);
	entities_free(l->entities);
}

static inline void record(const struct ruleset *set, uint64_t seed, unsigned skip_s, struct live *l, struct buf *ret_tts)
{
	uint64_t begin_ns;
	live_begin(l, set, seed);
	uint64_t from_ns = l->t_ns + skip_s * NS_PER_S;
	live_run(l, 600);
	assert_int_equal(inputlog_lost(l->log), 0);
	assert_int_equal(inputlog_export(inputlog_fd(l->log), from_ns, UINT64_MAX, ret_tts, &begin_ns), 0);
}
