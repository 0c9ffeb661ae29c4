/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/inputlog_read.h"

static int map_alloc(struct name_map *m, struct cursor *c)
{
	uint64_t n = cursor_varint(c);
	if (c->bad || n > cursor_left(c) || n > UINT16_MAX)
		return -EBADMSG;
	free(m->to);
	m->to = calloc(n + 1, sizeof(*m->to));
	m->n = n;
	return m->to ? 0 : -ENOMEM;
}

static int signals_read(struct inputlog_reader *r, struct cursor *c)
{
	int error = map_alloc(&r->signals, c);
	if (error < 0)
		return error;
	memset(r->period_ns, 0, r->vocabulary->n_signals * sizeof(*r->period_ns));
	for (size_t i = 0; i < r->signals.n; i++) {
		const char *name = cursor_text(c);
		uint64_t unit = cursor_varint(c), period_ns = cursor_varint(c);
		int s = name ? vocabulary_signal(r->vocabulary, name) : -1;
		bool known = s >= 0 && !c->bad && r->vocabulary->signals[s].unit == unit;
		r->signals.to[i] = known ? (uint16_t)s : NOT_KNOWN;
		if (known)
			r->period_ns[s] = period_ns;
	}
	return c->bad ? -EBADMSG : 0;
}

static int detectors_read(struct inputlog_reader *r, struct cursor *c)
{
	int error = map_alloc(&r->detectors, c);
	if (error < 0)
		return error;
	for (size_t i = 0; i < r->detectors.n; i++) {
		const char *name = cursor_text(c);
		int d = name ? vocabulary_detector(r->vocabulary, name) : -1;
		r->detectors.to[i] = d < 0 ? NOT_KNOWN : (uint16_t)d;
	}
	return c->bad ? -EBADMSG : 0;
}

static int rules_read(struct inputlog_reader *r, struct cursor *c)
{
	r->digest = cursor_text(c);
	uint64_t n = cursor_varint(c);
	if (c->bad || n > cursor_left(c) / 4 || n > UINT16_MAX)
		return -EBADMSG;
	free(r->rules);
	r->n_rules = 0;
	r->rules = calloc(n + 1, sizeof(*r->rules));
	if (!r->rules)
		return -ENOMEM;
	r->n_rules = n;
	for (size_t i = 0; i < n; i++) {
		r->rules[i].name = cursor_text(c);
		r->rules[i].digest = cursor_text(c);
	}
	return c->bad ? -EBADMSG : 0;
}

static int host_limit_read(struct inputlog_reader *r, struct cursor *c)
{
	uint64_t burst = cursor_varint(c);
	r->host_refill_ns = cursor_varint(c);
	r->host_burst = (uint32_t)burst;
	return c->bad || burst > UINT32_MAX ? -EBADMSG : 0;
}

int header_read(struct inputlog_reader *r, struct cursor *c)
{
	uint64_t version = cursor_varint(c), slots = cursor_varint(c);
	if (c->bad || slots == 0 || slots > INPUTLOG_ENTITIES_MAX)
		return -EBADMSG;
	if (version != 0)
		return -EPROTONOSUPPORT;
	if (r->entities && entities_max(r->entities) != slots)
		return -EBADMSG;
	if (!r->entities)
		r->entities = entities_new((unsigned)slots);
	if (!r->entities)
		return -ENOMEM;
	r->in_segment = false;
	int error = signals_read(r, c);
	error = error < 0 ? error : detectors_read(r, c);
	error = error < 0 ? error : rules_read(r, c);
	return error < 0 ? error : host_limit_read(r, c);
}

static int queue_add(struct inputlog_reader *r, struct input in)
{
	if (r->queue_n % 64 == 0) {
		struct input *more = realloc(r->queue, (r->queue_n + 64) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		r->queue = more;
	}
	in.t_ns = r->t_ns;
	r->queue[r->queue_n++] = in;
	return 0;
}

void read_offsets(const struct inputlog_reader *r, struct cursor *c, struct input *ret)
{
	ret->clock.boottime_offset_ns = (int64_t)((uint64_t)cursor_zigzag(c) - (uint64_t)r->shift_ns);
	ret->clock.realtime_offset_ns = (int64_t)((uint64_t)cursor_zigzag(c) - (uint64_t)r->shift_ns);
	int64_t utc_offset_s = cursor_zigzag(c);
	if (utc_offset_s < -86400 || utc_offset_s > 86400)
		c->bad = true;
	ret->clock.utc_offset_s = c->bad ? 0 : (int32_t)utc_offset_s;
}

static int clock_read(struct inputlog_reader *r, struct cursor *c)
{
	struct input now = {.kind = INPUT_CLOCK};
	if (!cursor_u8(c))
		return 0;
	read_offsets(r, c, &now);
	bool same = r->clock.kind == INPUT_CLOCK && r->clock.clock.boottime_offset_ns == now.clock.boottime_offset_ns &&
		    r->clock.clock.realtime_offset_ns == now.clock.realtime_offset_ns &&
		    r->clock.clock.utc_offset_s == now.clock.utc_offset_s;
	return c->bad ? -EBADMSG : same ? 0 : queue_add(r, now);
}

static bool is_in_slot(const struct inputlog_reader *r, const struct input *born)
{
	const struct entity *e = entities_get(r->entities, born->born.entity);
	return e->alive && e->kind == born->born.kind && streq(e->name, born->born.name);
}

static int entity_read(struct inputlog_reader *r, struct cursor *c, struct input *ret)
{
	uint64_t slot = cursor_varint(c);
	uint8_t kind = cursor_u8(c);
	const char *name = cursor_text(c);
	if (c->bad || slot >= entities_max(r->entities) || kind >= ENTITY_KIND_MAX_)
		return -EBADMSG;
	*ret = (struct input){
		.kind = INPUT_BORN, .born = {.entity = (uint16_t)slot, .kind = (enum entity_kind)kind, .name = name}};
	return 0;
}

/* Those that live here but not in the dictionary go first, so that their slots and names are free. The host stays. */
static int entities_read(struct inputlog_reader *r, struct cursor *c)
{
	_cleanup_free_ bool *stays = calloc(entities_max(r->entities), sizeof(*stays));
	uint64_t n = cursor_varint(c);
	struct cursor again = *c;
	struct input born;
	int error = stays ? 0 : -ENOMEM;
	for (uint64_t i = 0; error == 0 && i < n; i++) {
		error = entity_read(r, c, &born);
		if (error == 0)
			stays[born.born.entity] = is_in_slot(r, &born);
	}
	if (error == 0 && !stays[ENTITY_HOST])
		return -EBADMSG;
	for (unsigned i = 0; error == 0 && i < entities_max(r->entities); i++)
		if (!stays[i] && entities_get(r->entities, (uint16_t)i)->alive)
			error = queue_add(r, (struct input){.kind = INPUT_GONE, .gone = {.entity = (uint16_t)i}});
	for (uint64_t i = 0; error == 0 && i < n; i++) {
		error = entity_read(r, &again, &born);
		if (error == 0 && !stays[born.born.entity])
			error = queue_add(r, born);
	}
	return error;
}

static int attached_read(struct inputlog_reader *r, struct cursor *c)
{
	_cleanup_free_ bool *now = calloc(r->vocabulary->n_detectors + 1, sizeof(*now));
	uint64_t n = cursor_varint(c);
	if (!now)
		return -ENOMEM;
	for (uint64_t i = 0; i < n && !c->bad; i++) {
		uint64_t d = cursor_varint(c);
		if (d >= r->detectors.n)
			return -EBADMSG;
		if (r->detectors.to[d] != NOT_KNOWN)
			now[r->detectors.to[d]] = true;
	}
	int error = c->bad ? -EBADMSG : 0;
	for (size_t d = 0; error == 0 && d < r->vocabulary->n_detectors; d++)
		if (now[d] != r->attached[d])
			error = queue_add(r, (struct input){.kind = INPUT_ATTACH,
							    .attach = {.detector = (uint16_t)d, .attached = now[d]}});
	return error;
}

int dictionary_read(struct inputlog_reader *r, struct cursor *c)
{
	uint64_t t_ns = cursor_varint(c) + (uint64_t)r->shift_ns;
	if (c->bad || t_ns < r->t_ns)
		return -EBADMSG;
	r->t_ns = t_ns;
	r->in_segment = true;
	r->queue_n = r->queue_at = 0;
	for (size_t i = 0; i < INPUTLOG_SHAPES; i++)
		r->shapes[i].n = 0;
	r->columns.n_ticks = 0;
	int error = clock_read(r, c);
	error = error < 0 ? error : entities_read(r, c);
	return error < 0 ? error : attached_read(r, c);
}
