/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/inputlog_read.h"

int shape_read(struct inputlog_reader *r, struct cursor *c)
{
	uint8_t id = cursor_u8(c);
	uint64_t n = cursor_varint(c);
	if (c->bad || id >= INPUTLOG_SHAPES || n == 0 || n > INPUTLOG_READINGS_MAX || n > cursor_left(c) / 2)
		return -EBADMSG;
	struct shape *s = &r->shapes[id];
	if (shape_define(s, (uint32_t)n) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t signal = cursor_varint(c), entity = cursor_varint(c);
		if (c->bad || signal >= r->signals.n || entity >= entities_max(r->entities)) {
			s->n = 0;
			return -EBADMSG;
		}
		s->series[i] = series_of((uint32_t)signal, (uint32_t)entity);
	}
	return 0;
}

static void advance(struct shape *s, uint32_t i, struct cursor *c)
{
	uint64_t delta = (uint64_t)cursor_zigzag(c);
	if (!s->unknown[i] && delta == 0) {
		s->unknown[i] = true;
		return;
	}
	s->unknown[i] = false;
	s->last[i] = (int64_t)((uint64_t)s->last[i] + delta);
}

static bool offered(const struct inputlog_reader *r, uint16_t signal, uint16_t entity)
{
	const struct entity *e = entities_get(r->entities, entity);
	return signal != NOT_KNOWN && e->alive && (r->vocabulary->signals[signal].kinds & ENTITY_BIT(e->kind));
}

static void collect(struct inputlog_reader *r, const struct shape *s, size_t *n)
{
	for (uint32_t i = 0; i < s->n; i++) {
		uint16_t signal = r->signals.to[s->series[i] >> 16], entity = (uint16_t)s->series[i];
		if (!offered(r, signal, entity)) {
			r->passed_over++;
			continue;
		}
		r->readings[(*n)++] = (struct reading){.signal = signal,
						       .entity = entity,
						       .unknown = s->unknown[i],
						       .value = s->unknown[i] ? 0 : s->last[i]};
	}
}

int tick_read(struct inputlog_reader *r, struct cursor *c, struct input *ret)
{
	uint8_t id = cursor_u8(c);
	if (id == INPUTLOG_NO_SHAPE)
		return c->bad ? -EBADMSG : 0;
	if (c->bad || id >= INPUTLOG_SHAPES || r->shapes[id].n == 0)
		return -EBADMSG;
	struct shape *s = &r->shapes[id];
	const uint8_t *bits = cursor_bytes(c, (s->n + 7) / 8);
	if (!bits)
		return -EBADMSG;
	if (r->readings_cap < s->n) {
		struct reading *more = realloc(r->readings, s->n * sizeof(*more));
		if (!more)
			return -ENOMEM;
		r->readings = more;
		r->readings_cap = s->n;
	}
	for (uint32_t i = 0; i < s->n; i++)
		if (bits[i / 8] >> i % 8 & 1)
			advance(s, i, c);
	if (c->bad)
		return -EBADMSG;
	collect(r, s, &ret->tick.n);
	ret->tick.readings = r->readings;
	return 0;
}
