/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/random_inputs.h"

#include "engine/base/clock.h"
#include "tests/unit/support/dice.h"
#include "tests/unit/support/vocabulary.h"

void world_begin(struct world *w, const struct random_sets *sets)
{
	*w = (struct world){.sets = sets, .t_ns = WORLD_PERIOD_NS};
	w->record.h = (struct event){.kind = EVENT_IOLATENCY, .size = sizeof(w->record)};
}

static enum entity_kind kind_of_slot(uint16_t slot)
{
	return slot == 0 ? ENTITY_KIND_HOST : slot <= 3 ? ENTITY_KIND_DISK : ENTITY_KIND_CPU;
}

static struct input make_birth_or_death(struct world *w)
{
	uint16_t slot = (uint16_t)(1 + dice_draw(WORLD_SLOTS - 1));
	w->alive[slot] = !w->alive[slot];
	if (!w->alive[slot])
		return (struct input){.kind = INPUT_GONE, .t_ns = w->t_ns, .gone = {.entity = slot}};
	/* An old name comes back, or a new one takes the slot. */
	snprintf(w->name, sizeof(w->name), "e%u-%u", slot, dice_chance(50) ? 0 : ++w->births);
	return (struct input){.kind = INPUT_BORN,
			      .t_ns = w->t_ns,
			      .born = {.entity = slot, .kind = kind_of_slot(slot), .name = w->name}};
}

static int64_t make_value(const struct world *w)
{
	int64_t scale = w->sets->scale, whole = ((int64_t)dice_draw(10) - 1) * scale;
	return whole + (int64_t)dice_draw((uint64_t)scale);
}

static size_t read_slot(struct world *w, uint16_t slot, size_t n)
{
	static const char *const names[] = {"cpu.sys", "tasks.d", "mem.used", "disk.util", "disk.await"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint16_t signal = (uint16_t)vocabulary_signal(test_vocabulary(), names[i]);
		if (!(test_vocabulary()->signals[signal].kinds & ENTITY_BIT(kind_of_slot(slot))) || dice_chance(8))
			continue;
		bool unknown = dice_chance(6);
		w->readings[n++] = (struct reading){signal, slot, unknown, unknown ? 0 : make_value(w)};
	}
	return n;
}

static struct input make_tick(struct world *w)
{
	struct input in = {.kind = INPUT_TICK, .t_ns = w->t_ns, .tick = {.readings = w->readings}};
	for (uint16_t slot = 0; slot < WORLD_SLOTS; slot++)
		if ((slot == 0 || w->alive[slot]) && dice_chance(95))
			in.tick.n = read_slot(w, slot, in.tick.n);
	return in;
}

static struct input make_event(struct world *w)
{
	uint16_t slot = (uint16_t)dice_draw(WORLD_SLOTS);
	const char *detector = kind_of_slot(slot) == ENTITY_KIND_DISK ? "iolatency" : "softirq";
	w->record.bytes = dice_draw(10);
	w->record.sector = dice_draw(10);
	snprintf(w->record.disk, sizeof(w->record.disk), "sd%c", "abc"[dice_draw(3)]);
	return (struct input){.kind = INPUT_EVENT,
			      .t_ns = w->t_ns,
			      .event = {.detector = (uint16_t)vocabulary_detector(test_vocabulary(), detector),
					.entity = slot && w->alive[slot] ? slot : ENTITY_HOST,
					.record = &w->record,
					.len = sizeof(w->record)}};
}

static struct input make_attach(struct world *w)
{
	const char *detector = dice_chance(50) ? "iolatency" : "softirq";
	return (struct input){.kind = INPUT_ATTACH,
			      .t_ns = w->t_ns,
			      .attach = {.detector = (uint16_t)vocabulary_detector(test_vocabulary(), detector),
					 .attached = dice_chance(80)}};
}

static struct input make_trigger(const struct world *w)
{
	const struct ruleset *set = &w->sets->of[w->set];
	uint16_t slot = (uint16_t)dice_draw(WORLD_SLOTS);
	struct input in = {.kind = INPUT_TRIGGER, .t_ns = w->t_ns};
	in.trigger.entity = w->alive[slot] ? slot : ENTITY_HOST;
	in.trigger.rule = set->n ? set->rules[dice_draw(set->n)].name : "none";
	in.trigger.drill = dice_chance(30);
	return in;
}

/* Some day from 1960 to 2060, somewhere on earth. */
static struct input make_clock(const struct world *w)
{
	int64_t day = (int64_t)dice_draw(36525) - 3652, ns = (int64_t)dice_draw(DAY_S * NS_PER_S);
	int32_t half_hours = (int32_t)dice_draw(53) - 24;
	return (struct input){.kind = INPUT_CLOCK,
			      .t_ns = w->t_ns,
			      .clock = {.boottime_offset_ns = (int64_t)(w->t_ns / 2),
					.realtime_offset_ns = day * (int64_t)(DAY_S * NS_PER_S) + ns,
					.utc_offset_s = half_hours * 1800}};
}

static bool has_rule(const struct ruleset *set, const struct rule *r)
{
	const struct rule *other = ruleset_find(set, r->name);
	return other && streq(other->digest, r->digest);
}

static struct input make_reload(struct world *w)
{
	const struct ruleset *old = &w->sets->of[w->set];
	w->reloads_left--;
	w->set = (w->set + 1 + (unsigned)dice_draw(RANDOM_SETS - 1)) % RANDOM_SETS;
	const struct ruleset *next = &w->sets->of[w->set];
	struct input in = {.kind = INPUT_RELOAD, .t_ns = w->t_ns, .reload = {next->digest, w->gone, 0}};
	for (size_t i = 0; i < old->n; i++)
		if (!has_rule(next, &old->rules[i]))
			w->gone[in.reload.n_gone++] = old->rules[i].name;
	return in;
}

struct input world_next(struct world *w)
{
	static const uint64_t steps_ms[] = {0, 200, 500, 1000, 1000, 1000, 1000, 1500, 3000};
	unsigned what = (unsigned)dice_draw(100);
	if (w->reload_every && w->reloads_left && dice_draw(w->reload_every) == 0)
		return make_reload(w);
	if (what < 75) {
		w->t_ns += steps_ms[dice_draw(dice_chance(90) ? 8 : 9)] * NS_PER_MS;
		return make_tick(w);
	}
	if (what < 80)
		return make_birth_or_death(w);
	w->t_ns += dice_draw(300) * NS_PER_MS;
	if (what < 93)
		return make_event(w);
	if (what < 96)
		return make_attach(w);
	if (what < 98)
		return make_trigger(w);
	return make_clock(w);
}
