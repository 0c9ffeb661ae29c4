/* SPDX-License-Identifier: GPL-2.0-only */
/* A history made up for tests: one series or two, second by second, as the daemon would hand it to the writer. */
#pragma once

#include "engine/base/clock.h"
#include "engine/record/hourlog.h"
#include "engine/vocabulary.h"
#include "snapshot/store/hours.h"
#include "tests/unit/support/test.h"

#define DAYS_OFFSET INT64_C(1794999600000000000) /* realtime − monotonic: an hour begins 2026-11-18T11:00Z at 0 */

struct days {
	struct hourlog *log;
	struct entities *entities;
	uint64_t period_ns[512], t_ns;
	uint16_t cpu_sys;
};

/* A run of the daemon, from t_ns on its own CLOCK_MONOTONIC. */
static inline void days_begin(struct days *d, uint64_t run, uint64_t t_ns, int64_t realtime_offset_ns)
{
	const struct vocabulary *v = vocabulary();
	static const struct inputlog_rule rules[] = {{"busy", "0000000000000000"}};
	*d = (struct days){.entities = entities_new(16), .t_ns = t_ns, .cpu_sys = (uint16_t)vocabulary_signal(v, "cpu.sys")};
	assert_in_range(v->n_signals, 1, ARRAY_SIZE(d->period_ns));
	for (size_t i = 0; i < v->n_signals; i++)
		d->period_ns[i] = 10 * NS_PER_MS;
	struct inputlog_options o = {.vocabulary = v,
				     .period_ns = d->period_ns,
				     .rules_digest = "",
				     .rules = rules,
				     .n_rules = 1,
				     .entities = d->entities,
				     .host_burst = 12,
				     .host_refill_ns = 300 * NS_PER_S};
	assert_int_equal(hourlog_new(&o, run, &d->log), 0);
	hourlog_input(d->log, &(struct input){.kind = INPUT_CLOCK, .t_ns = t_ns, .clock = {0, realtime_offset_ns, 0}});
}

static inline void days_second(struct days *d, int64_t cpu_sys)
{
	struct reading r = {.signal = d->cpu_sys, .value = cpu_sys};
	d->t_ns += NS_PER_S;
	hourlog_second(d->log, d->t_ns, &r, 1);
}

/* What the daemon has to hand over, to the writer's side. */
static inline void days_hand_over(struct days *d, struct hours *h)
{
	const struct buf *bytes = hourlog_pending(d->log);
	assert_int_equal(hours_append(h, bytes->data, bytes->len), 0);
	hourlog_sent(d->log);
}

/* So many percent until that second. */
static inline void days_live(struct days *d, struct hours *h, unsigned until_s, unsigned percent)
{
	while (d->t_ns < until_s * NS_PER_S) {
		days_second(d, percent * 10000);
		days_hand_over(d, h);
	}
}

static inline void days_fired(struct days *d, enum transition_kind kind, bool token)
{
	hourlog_transition(d->log, &(struct transition){.t_ns = d->t_ns, .kind = kind, .token = token});
}

static inline void days_end(struct days *d)
{
	hourlog_free(d->log);
	entities_free(d->entities);
}
