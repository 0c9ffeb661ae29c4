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

static void keep(struct inputlog_reader *r, uint32_t series, bool unknown, int64_t value, size_t *n)
{
	uint16_t signal = r->signals.to[series >> 16], entity = (uint16_t)series;
	if (offered(r, signal, entity))
		r->readings[(*n)++] = (struct reading){
			.signal = signal, .entity = entity, .unknown = unknown, .value = unknown ? 0 : value};
	else
		r->passed_over++;
}

static int readings_room(struct inputlog_reader *r, size_t n)
{
	if (n <= r->readings_cap)
		return 0;
	struct reading *more = realloc(r->readings, n * sizeof(*more));
	if (!more)
		return -ENOMEM;
	r->readings = more;
	r->readings_cap = n;
	return 0;
}

static int column_tick(struct inputlog_reader *r, struct input *ret)
{
	struct columns *c = &r->columns;
	if (c->next >= c->n_ticks)
		return -EBADMSG;
	uint32_t from = c->first[c->next], to = c->first[c->next + 1];
	c->next++;
	if (readings_room(r, to - from) < 0)
		return -ENOMEM;
	for (uint32_t i = from; i < to; i++)
		keep(r, c->readings[i].series, c->readings[i].unknown, c->readings[i].value, &ret->tick.n);
	ret->tick.readings = r->readings;
	return 0;
}

int tick_read(struct inputlog_reader *r, struct cursor *c, struct input *ret)
{
	uint8_t id = cursor_u8(c);
	if (id == INPUTLOG_NO_SHAPE)
		return c->bad ? -EBADMSG : 0;
	if (id == INPUTLOG_COLUMNS && !c->bad)
		return column_tick(r, ret);
	if (c->bad || id >= INPUTLOG_SHAPES || r->shapes[id].n == 0)
		return -EBADMSG;
	struct shape *s = &r->shapes[id];
	const uint8_t *bits = cursor_bytes(c, (s->n + 7) / 8);
	if (!bits)
		return -EBADMSG;
	if (readings_room(r, s->n) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->n; i++)
		if (bits[i / 8] >> i % 8 & 1)
			advance(s, i, c);
	if (c->bad)
		return -EBADMSG;
	for (uint32_t i = 0; i < s->n; i++)
		keep(r, s->series[i], s->unknown[i], s->last[i], &ret->tick.n);
	ret->tick.readings = r->readings;
	return 0;
}
