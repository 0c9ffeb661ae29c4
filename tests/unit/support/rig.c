/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/rig.h"

#include "engine/base/clock.h"
#include "tests/unit/support/vocabulary.h"

#define SLOTS 64

static struct machine *make(const struct ruleset *set)
{
	uint64_t periods[256];
	for (size_t i = 0; i < ARRAY_SIZE(periods); i++)
		periods[i] = RIG_PERIOD_NS;
	struct machine_options options = {
		.rules = set, .vocabulary = test_vocabulary(), .period_ns = periods, .max_entities = SLOTS};
	struct machine *m;
	if (machine_new(&options, &m) < 0)
		abort();
	return m;
}

void rig_start(struct rig *rig, const struct ruleset *set)
{
	*rig = (struct rig){.m = make(set), .set = set, .names[0] = "host"};
}

static void say(void *ctx, const struct transition *t)
{
	struct rig *rig = ctx;
	uint64_t ms = t->t_ns / NS_PER_MS;
	buf_printf(&rig->said, "%llu", (unsigned long long)(ms / 1000));
	if (ms % 1000)
		buf_printf(&rig->said, ".%03llu", (unsigned long long)(ms % 1000));
	buf_printf(&rig->said, "s %s %s %s%s%s%s%s%s%s\n", transition_name(t->kind), rig->set->rules[t->rule].name,
		   rig->names[t->entity], t->kind == TRANSITION_FIRED && !t->token ? "!" : "", t->by_hand ? "*" : "",
		   t->cold ? "?" : "", t->unarmed ? "~" : "", t->exception ? " but " : "", t->exception ? t->exception : "");
}

void rig_input(struct rig *rig, const struct input *in)
{
	machine_input(rig->m, in, say, rig);
}

void rig_born(struct rig *rig, uint64_t ms, uint16_t slot, enum entity_kind kind, const char *name)
{
	snprintf(rig->names[slot], sizeof(rig->names[slot]), "%s", name);
	rig_input(rig, &(struct input){.kind = INPUT_BORN,
				       .t_ns = ms * NS_PER_MS,
				       .born = {.entity = slot, .kind = kind, .name = name}});
}

void rig_gone(struct rig *rig, uint64_t ms, uint16_t slot)
{
	rig_input(rig, &(struct input){.kind = INPUT_GONE, .t_ns = ms * NS_PER_MS, .gone = {.entity = slot}});
}

static void read_one(struct rig *rig, uint64_t ms, struct reading r)
{
	rig_input(rig, &(struct input){.kind = INPUT_TICK, .t_ns = ms * NS_PER_MS, .tick = {.readings = &r, .n = 1}});
}

void rig_read(struct rig *rig, uint64_t ms, uint16_t slot, const char *signal, double value_in_units)
{
	int i = vocabulary_signal(test_vocabulary(), signal);
	double quanta = value_in_units * unit_quanta(test_vocabulary()->signals[i].unit);
	read_one(rig, ms, (struct reading){.signal = (uint16_t)i, .entity = slot, .value = (int64_t)quanta});
}

void rig_unknown(struct rig *rig, uint64_t ms, uint16_t slot, const char *signal)
{
	int i = vocabulary_signal(test_vocabulary(), signal);
	read_one(rig, ms, (struct reading){.signal = (uint16_t)i, .entity = slot, .unknown = true});
}

void rig_attach(struct rig *rig, uint64_t ms, const char *detector, bool attached)
{
	uint16_t i = (uint16_t)vocabulary_detector(test_vocabulary(), detector);
	rig_input(rig, &(struct input){.kind = INPUT_ATTACH,
				       .t_ns = ms * NS_PER_MS,
				       .attach = {.detector = i, .attached = attached}});
}

void rig_event(struct rig *rig, uint64_t ms, uint16_t slot, const char *detector, const void *record, uint32_t len)
{
	uint16_t i = (uint16_t)vocabulary_detector(test_vocabulary(), detector);
	rig_input(rig, &(struct input){.kind = INPUT_EVENT,
				       .t_ns = ms * NS_PER_MS,
				       .event = {.detector = i, .entity = slot, .record = record, .len = len}});
}

void rig_clock(struct rig *rig, uint64_t ms, int64_t boottime_offset_ns)
{
	rig_input(rig, &(struct input){.kind = INPUT_CLOCK,
				       .t_ns = ms * NS_PER_MS,
				       .clock = {.boottime_offset_ns = boottime_offset_ns}});
}

const char *rig_said(struct rig *rig)
{
	static char text[65536];
	snprintf(text, sizeof(text), "%s", buf_str(&rig->said));
	buf_clear(&rig->said);
	return text;
}

void rig_stop(struct rig *rig)
{
	machine_free(rig->m);
	buf_done(&rig->said);
}
