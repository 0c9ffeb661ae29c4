/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/inputlog_encode.h"

int told_init(struct told *t, const struct inputlog_options *o)
{
	*t = (struct told){.living = calloc(entities_max(o->entities), sizeof(*t->living)),
			   .attached = calloc(o->vocabulary->n_detectors + 1, sizeof(*t->attached))};
	if (!t->living || !t->attached)
		return -ENOMEM;
	t->living[ENTITY_HOST] = true;
	return 0;
}

bool told_take(struct told *t, const struct input *in)
{
	bool *living = in->kind == INPUT_BORN ? &t->living[in->born.entity]
		       : in->kind == INPUT_GONE ? &t->living[in->gone.entity]
						: NULL;
	if (living && *living == (in->kind == INPUT_BORN))
		return false;
	if (living)
		*living = !*living;
	if (in->kind == INPUT_ATTACH)
		t->attached[in->attach.detector] = in->attach.attached;
	if (in->kind == INPUT_CLOCK)
		t->clock = *in;
	return true;
}

void told_done(struct told *t)
{
	free(t->living);
	free(t->attached);
	*t = (struct told){0};
}

void encode_header(struct buf *b, const struct inputlog_options *o, const char *digest, const struct inputlog_rule *rules,
		   size_t n_rules)
{
	const struct vocabulary *v = o->vocabulary;
	buf_clear(b);
	buf_add_varint(b, 0);
	buf_add_varint(b, entities_max(o->entities));
	buf_add_varint(b, v->n_signals);
	for (size_t i = 0; i < v->n_signals; i++) {
		buf_add_text(b, v->signals[i].name);
		buf_add_varint(b, v->signals[i].unit);
		buf_add_varint(b, o->period_ns[i]);
	}
	buf_add_varint(b, v->n_detectors);
	for (size_t i = 0; i < v->n_detectors; i++)
		buf_add_text(b, v->detectors[i].name);
	buf_add_text(b, digest);
	buf_add_varint(b, n_rules);
	for (size_t i = 0; i < n_rules; i++) {
		buf_add_text(b, rules[i].name);
		buf_add_text(b, rules[i].digest);
	}
	buf_add_varint(b, o->host_burst);
	buf_add_varint(b, o->host_refill_ns);
}

static void add_clock(struct buf *b, const struct input *in)
{
	buf_add_zigzag(b, in->clock.boottime_offset_ns);
	buf_add_zigzag(b, in->clock.realtime_offset_ns);
	buf_add_zigzag(b, in->clock.utc_offset_s);
}

static unsigned count_set(const bool *flags, size_t n)
{
	unsigned count = 0;
	for (size_t i = 0; i < n; i++)
		count += flags[i];
	return count;
}

static void add_entity(struct buf *b, uint16_t slot, enum entity_kind kind, const char *name)
{
	buf_add_varint(b, slot);
	buf_add_char(b, (char)kind);
	buf_add_text(b, name);
}

static void add_entities(struct buf *b, const struct entities *entities, const bool *living)
{
	unsigned max = entities_max(entities);
	buf_add_varint(b, count_set(living, max));
	for (unsigned i = 0; i < max; i++) {
		const struct entity *e = entities_get(entities, (uint16_t)i);
		if (living[i])
			add_entity(b, (uint16_t)i, e->kind, e->name);
	}
}

static void add_attached(struct buf *b, const bool *attached, size_t n)
{
	buf_add_varint(b, count_set(attached, n));
	for (size_t i = 0; i < n; i++)
		if (attached[i])
			buf_add_varint(b, i);
}

void encode_segment(struct buf *b, const struct inputlog_options *o, const struct told *t, uint64_t t_ns)
{
	buf_clear(b);
	buf_add_varint(b, t_ns);
	buf_add_char(b, t->clock.kind == INPUT_CLOCK);
	if (t->clock.kind == INPUT_CLOCK)
		add_clock(b, &t->clock);
	add_entities(b, o->entities, t->living);
	add_attached(b, t->attached, o->vocabulary->n_detectors);
}

static void add_event(struct buf *b, const struct input *in)
{
	buf_add_varint(b, in->event.detector);
	buf_add_varint(b, in->event.entity);
	buf_add(b, in->event.record, in->event.len);
}

static void add_reload(struct buf *b, const struct input *in)
{
	buf_add_text(b, in->reload.digest);
	for (size_t i = 0; i < in->reload.n_gone; i++)
		buf_add_text(b, in->reload.gone[i]);
}

enum inputlog_record encode_input(struct buf *b, const struct input *in, uint64_t dt_ns)
{
	buf_clear(b);
	buf_add_varint(b, dt_ns);
	switch (in->kind) {
	case INPUT_BORN:
		add_entity(b, in->born.entity, in->born.kind, in->born.name);
		return RECORD_BORN;
	case INPUT_GONE:
		buf_add_varint(b, in->gone.entity);
		return RECORD_GONE;
	case INPUT_EVENT:
		add_event(b, in);
		return RECORD_EVENT;
	case INPUT_ATTACH:
		buf_add_varint(b, in->attach.detector);
		buf_add_char(b, in->attach.attached);
		return RECORD_ATTACH;
	case INPUT_CLOCK:
		add_clock(b, in);
		return RECORD_CLOCK;
	case INPUT_TRIGGER:
		buf_add_varint(b, in->trigger.entity);
		buf_add_char(b, in->trigger.drill);
		buf_add_text(b, in->trigger.rule);
		return RECORD_TRIGGER;
	case INPUT_RELOAD:
		add_reload(b, in);
		return RECORD_RELOAD;
	case INPUT_TICK:
		break;
	}
	return RECORD_TICK;
}

void encode_transition(struct buf *b, const struct transition *t, uint64_t before_ns)
{
	buf_clear(b);
	buf_add_zigzag(b, (int64_t)(t->t_ns - before_ns));
	buf_add_char(b, (char)t->kind);
	buf_add_char(b, (char)((t->token ? TRANSITION_TOKEN : 0) | (t->drill ? TRANSITION_DRILL : 0) |
			       (t->by_hand ? TRANSITION_BY_HAND : 0) | (t->exception ? TRANSITION_EXCEPTED : 0)));
	buf_add_varint(b, t->rule);
	buf_add_varint(b, t->entity);
}
