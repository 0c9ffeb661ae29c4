/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random but repeatable inputs for the tests of the input log, and how an item reads as one line of text, so that what was
 * put in and what came out can be compared as sequences of lines.
 */
#pragma once

#include "bpf/event.h"
#include "engine/record/inputlog.h"
#include "tests/unit/support/test.h"

static const struct signal_def test_signals[] = {
	{"cpu.sys", UNIT_PERCENT, ENTITY_BIT(ENTITY_KIND_HOST) | ENTITY_BIT(ENTITY_KIND_CPU), TIER_TICK, ""},
	{"cpu.user", UNIT_PERCENT, ENTITY_BIT(ENTITY_KIND_HOST) | ENTITY_BIT(ENTITY_KIND_CPU), TIER_TICK, ""},
	{"disk.await", UNIT_SECONDS, ENTITY_BIT(ENTITY_KIND_DISK), TIER_SECOND, ""},
	{"mem.used", UNIT_BYTES, ENTITY_BIT(ENTITY_KIND_HOST), TIER_SECOND, ""},
};
static const struct detector_def test_detectors[] = {{.name = "oom", .kind = EVENT_OOM},
						     {.name = "softirq", .kind = EVENT_SOFTIRQ}};
static const struct vocabulary test_vocabulary = {.signals = test_signals,
						  .n_signals = ARRAY_SIZE(test_signals),
						  .detectors = test_detectors,
						  .n_detectors = ARRAY_SIZE(test_detectors)};
static const uint64_t test_periods[] = {10000000, 10000000, 1000000000, 1000000000};
static const struct inputlog_rule test_rules[] = {{"one", "d1"}, {"two", "d2"}};

struct lines {
	char **line;
	size_t n;
};

static inline void lines_add(struct lines *l, struct buf *b)
{
	l->line = realloc(l->line, (l->n + 1) * sizeof(*l->line));
	assert_non_null(l->line);
	l->line[l->n] = buf_take(b);
	assert_non_null(l->line[l->n++]);
}

static inline void lines_done(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->line[i]);
	free(l->line);
	*l = (struct lines){0};
}

static inline void describe_tick(struct buf *b, const struct input *in)
{
	buf_add_str(b, "tick");
	for (size_t i = 0; i < in->tick.n; i++) {
		const struct reading *r = &in->tick.readings[i];
		buf_printf(b, " %u/%u=%s%lld", r->signal, r->entity, r->unknown ? "?" : "", (long long)r->value);
	}
}

static inline void describe_event(struct buf *b, const struct input *in)
{
	uint32_t sum = 0;
	for (uint32_t i = 0; i < in->event.len; i++)
		sum = sum * 31 + ((const uint8_t *)in->event.record)[i];
	buf_printf(b, "event %u/%u %u bytes %08x", in->event.detector, in->event.entity, in->event.len, sum);
}

static inline void describe_input(struct buf *b, const struct input *in)
{
	buf_printf(b, "%llu ", (unsigned long long)in->t_ns);
	switch (in->kind) {
	case INPUT_BORN:
		buf_printf(b, "born %u %s %s", in->born.entity, entity_kind_name(in->born.kind), in->born.name);
		break;
	case INPUT_GONE:
		buf_printf(b, "gone %u", in->gone.entity);
		break;
	case INPUT_TICK:
		describe_tick(b, in);
		break;
	case INPUT_EVENT:
		describe_event(b, in);
		break;
	case INPUT_ATTACH:
		buf_printf(b, "attach %u %d", in->attach.detector, in->attach.attached);
		break;
	case INPUT_CLOCK:
		buf_printf(b, "clock %lld %lld %d", (long long)in->clock.boottime_offset_ns,
			   (long long)in->clock.realtime_offset_ns, in->clock.utc_offset_s);
		break;
	case INPUT_TRIGGER:
		buf_printf(b, "trigger %s %u %d", in->trigger.rule, in->trigger.entity, in->trigger.drill);
		break;
	case INPUT_RELOAD:
		buf_printf(b, "reload %s", in->reload.digest);
		for (size_t i = 0; i < in->reload.n_gone; i++)
			buf_printf(b, " %s", in->reload.gone[i]);
		break;
	}
}

static inline void describe_transition(struct buf *b, const struct recorded_transition *t)
{
	buf_printf(b, "%llu transition %d %s %s:%s%s%s%s%s", (unsigned long long)t->t_ns, t->kind, t->rule,
		   entity_kind_name(t->entity_kind), t->entity, t->token ? " token" : "", t->drill ? " drill" : "",
		   t->by_hand ? " by hand" : "", t->excepted ? " excepted" : "");
}

/* A little world: what lives, what it reads, and the log that it is written to. */
struct world {
	struct inputlog *log;
	struct entities *entities;
	struct lines lines; /* everything put in, in order */
	uint64_t t_ns, random;
	int64_t value[ARRAY_SIZE(test_signals)][64];
	uint16_t disk[8];
};

static inline uint64_t world_random(struct world *w, uint64_t below)
{
	w->random = w->random * 6364136223846793005U + 1442695040888963407U;
	return (w->random >> 33) % below;
}

/* Where in the list of lines this checkpoint stands. */
static inline int world_checkpoint(void *ctx, struct buf *out)
{
	struct world *w = ctx;
	buf_printf(out, "%zu", w->lines.n);
	for (unsigned i = 0; i < 500; i++)
		buf_add_char(out, 'x');
	return 0;
}

static inline void world_input(struct world *w, struct input in)
{
	struct buf b = {0};
	in.t_ns = w->t_ns;
	inputlog_input(w->log, &in);
	describe_input(&b, &in);
	lines_add(&w->lines, &b);
}

static inline void world_transition(struct world *w)
{
	struct buf b = {0};
	uint16_t entity = (uint16_t)world_random(w, 3);
	struct transition t = {.t_ns = w->t_ns - world_random(w, 2),
			       .kind = (enum transition_kind)world_random(w, TRANSITION_DISARM + 1),
			       .rule = (uint16_t)world_random(w, 2),
			       .entity = entity,
			       .token = world_random(w, 2),
			       .drill = world_random(w, 2),
			       .by_hand = world_random(w, 2),
			       .exception = world_random(w, 2) ? "backups" : NULL};
	const struct entity *e = entities_get(w->entities, entity);
	inputlog_transition(w->log, &t);
	describe_transition(&b, &(struct recorded_transition){t.t_ns, t.kind, test_rules[t.rule].name, e->name,
							      e->kind, t.token, t.drill, t.by_hand,
							      t.exception != NULL});
	lines_add(&w->lines, &b);
}

static inline int64_t world_next_value(struct world *w, int64_t v)
{
	switch (world_random(w, 8)) {
	case 0:
		return (int64_t)((uint64_t)v + world_random(w, 1000) - 500);
	case 1:
		return (int64_t)(world_random(w, UINT32_MAX) << 32 | world_random(w, UINT32_MAX));
	case 2:
		return INT64_MIN;
	case 3:
		return 0;
	default:
		return v;
	}
}

static inline void world_tick(struct world *w)
{
	struct reading readings[64];
	size_t n = 0;
	bool second = world_random(w, 10) == 0;
	for (uint16_t signal = 0; signal < ARRAY_SIZE(test_signals); signal++) {
		for (uint16_t e = 0; e < entities_max(w->entities) && n < ARRAY_SIZE(readings); e++) {
			const struct entity *who = entities_get(w->entities, e);
			if (!who->alive || !(test_signals[signal].kinds & ENTITY_BIT(who->kind)) ||
			    (test_signals[signal].tier == TIER_SECOND && !second))
				continue;
			int64_t *v = &w->value[signal][e];
			*v = world_next_value(w, *v);
			bool unknown = world_random(w, 30) == 0;
			readings[n++] = (struct reading){signal, e, unknown, unknown ? 0 : *v};
		}
	}
	world_input(w, (struct input){.kind = INPUT_TICK, .tick = {readings, n}});
}

static inline void world_disk(struct world *w)
{
	unsigned i = (unsigned)world_random(w, ARRAY_SIZE(w->disk));
	char name[16];
	if (w->disk[i]) {
		world_input(w, (struct input){.kind = INPUT_GONE, .gone = {w->disk[i]}});
		entities_remove(w->entities, w->disk[i]);
		w->disk[i] = 0;
		return;
	}
	snprintf(name, sizeof(name), "sd%c\xff", 'a' + (int)world_random(w, 20));
	if (entities_find(w->entities, ENTITY_KIND_DISK, name) != ENTITY_NONE)
		return;
	w->disk[i] = entities_add(w->entities, ENTITY_KIND_DISK, name);
	world_input(w, (struct input){.kind = INPUT_BORN, .born = {w->disk[i], ENTITY_KIND_DISK, name}});
}

static inline void world_event(struct world *w)
{
	uint8_t record[sizeof(struct event) + 100];
	for (size_t i = 0; i < sizeof(record); i++)
		record[i] = (uint8_t)world_random(w, 256);
	uint32_t len = (uint32_t)(sizeof(struct event) + world_random(w, 101));
	world_input(w, (struct input){.kind = INPUT_EVENT,
				      .event = {(uint16_t)world_random(w, 2), ENTITY_HOST, record, len}});
}

static inline void world_reload(struct world *w)
{
	static const char *const gone[] = {"one", "three"};
	struct inputlog_options o = {.rules_digest = "new", .rules = test_rules, .n_rules = ARRAY_SIZE(test_rules)};
	world_input(w, (struct input){.kind = INPUT_RELOAD, .reload = {"new", gone, world_random(w, 3)}});
	assert_int_equal(inputlog_reload(w->log, &o), 0);
}

static inline void world_rare(struct world *w)
{
	switch (world_random(w, 5)) {
	case 0:
		world_input(w, (struct input){.kind = INPUT_ATTACH,
					      .attach = {(uint16_t)world_random(w, 2), world_random(w, 2)}});
		break;
	case 1:
		world_input(w, (struct input){.kind = INPUT_CLOCK, .clock = {-5, INT64_MAX - 7, 3600}});
		break;
	case 2:
		world_input(w, (struct input){.kind = INPUT_TRIGGER, .trigger = {"two", 1, world_random(w, 2)}});
		break;
	case 3:
		world_input(w, (struct input){.kind = INPUT_TICK});
		break;
	case 4:
		world_reload(w);
		break;
	}
}

static inline void world_step(struct world *w)
{
	w->t_ns += world_random(w, 20000000);
	switch (world_random(w, 100)) {
	case 0:
		world_rare(w);
		break;
	case 1:
	case 2:
		world_disk(w);
		break;
	case 3:
		world_event(w);
		break;
	default:
		world_tick(w);
	}
	for (uint64_t n = world_random(w, 20) ? 0 : world_random(w, 4); n; n--)
		world_transition(w);
}

static inline void world_begin(struct world *w, uint64_t seed, uint64_t ring_bytes)
{
	*w = (struct world){.random = seed, .t_ns = 1000000000000, .entities = entities_new(64)};
	entities_add(w->entities, ENTITY_KIND_CPU, "0");
	entities_add(w->entities, ENTITY_KIND_CPU, "1");
	struct inputlog_options o = {.vocabulary = &test_vocabulary,
				     .period_ns = test_periods,
				     .rules_digest = "old",
				     .rules = test_rules,
				     .n_rules = ARRAY_SIZE(test_rules),
				     .entities = w->entities,
				     .checkpoint = world_checkpoint,
				     .ctx = w,
				     .ring_bytes = ring_bytes,
				     .checkpoint_every_ns = UINT64_C(5000000000)};
	assert_int_equal(inputlog_new(&o, &w->log), 0);
	world_input(w, (struct input){.kind = INPUT_CLOCK, .clock = {1, 2, 3}});
	for (uint16_t i = 1; i <= 2; i++)
		world_input(w, (struct input){.kind = INPUT_BORN,
					      .born = {i, ENTITY_KIND_CPU, entities_get(w->entities, i)->name}});
}

static inline void world_end(struct world *w)
{
	inputlog_free(w->log);
	entities_free(w->entities);
	lines_done(&w->lines);
}
