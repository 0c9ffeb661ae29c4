/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/history.h"

#include "engine/base/clock.h"
#include "engine/record/history_codec.h"

#define SEGMENTS 16
#define RING_BYTES_MIN (256U << 10)

struct series {
	int64_t last, least, greatest; /* of the second that is filled */
	int64_t coded;		       /* last value written into this segment */
	uint32_t segment;	       /* that `coded` is of; else it is 0 */
	bool unknown;		       /* the latest reading was */
};

struct history {
	const struct vocabulary *vocabulary;
	const struct entities *entities;
	struct ring *ring;
	struct series *series; /* slot × signals + signal: an entity's row lies together */
	uint64_t *touched;     /* a bit for each series that has a point in this second: most never have */
	uint64_t *missing;     /* the same for those that were unknown in this second */
	size_t n_signals, n_slots;
	history_second_fn on_second;
	void *ctx;
	struct reading *readings; /* for on_second */
	bool *living; /* by slot */
	struct buf record;
	uint64_t second, t_ns; /* being filled; of its latest tick */
	uint64_t written_ns;   /* of the record before in this segment */
	uint32_t segment;
};

static bool is_set(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

static void set(uint64_t *bits, size_t i)
{
	bits[i / 64] |= UINT64_C(1) << i % 64;
}

/* The first touched series of [from, to); to when there is none. */
static size_t next_touched(const struct history *h, size_t from, size_t to)
{
	while (from < to) {
		uint64_t rest = h->touched[from / 64] >> from % 64;
		if (rest)
			return MIN(from + (size_t)__builtin_ctzll(rest), to);
		from = (from / 64 + 1) * 64;
	}
	return to;
}

static void add_entity(struct buf *b, uint16_t slot, enum entity_kind kind, const char *name)
{
	buf_add_varint(b, slot);
	buf_add_char(b, (char)kind);
	buf_add_text(b, name);
}

/* The ring must not begin a segment by itself: points are coded against this one. False: lost. */
static bool put(struct history *h, uint32_t type, uint64_t t_ns)
{
	if (!h->record.failed && h->record.len <= ring_room(h->ring))
		return ring_append(h->ring, t_ns, type, h->record.data, h->record.len) == 0;
	ring_lost(h->ring, 1);
	return false;
}

static void begin_segment(void *ctx, struct ring *ring _unused_, uint64_t t_ns)
{
	struct history *h = ctx;
	unsigned n = 0;
	h->segment++;
	h->written_ns = t_ns;
	buf_clear(&h->record);
	buf_add_varint(&h->record, h->n_signals);
	buf_add_varint(&h->record, h->n_slots);
	buf_add_varint(&h->record, t_ns);
	for (size_t i = 0; i < h->n_slots; i++)
		n += h->living[i];
	buf_add_varint(&h->record, n);
	for (size_t i = 0; i < h->n_slots; i++) {
		const struct entity *e = entities_get(h->entities, (uint16_t)i);
		if (h->living[i])
			add_entity(&h->record, (uint16_t)i, e->kind, e->name);
	}
	put(h, HISTORY_DICTIONARY, t_ns);
}

static void make_room(struct history *h, size_t need, uint64_t t_ns)
{
	if (ring_room(h->ring) < need)
		ring_begin(h->ring, t_ns);
}

int history_new(const struct vocabulary *vocabulary, const struct entities *entities, uint64_t ring_bytes,
		struct history **ret)
{
	if (ring_bytes < RING_BYTES_MIN)
		return -EINVAL;
	struct history *h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->vocabulary = vocabulary;
	h->entities = entities;
	h->n_signals = vocabulary->n_signals;
	h->n_slots = entities_max(entities);
	h->series = calloc(h->n_signals * h->n_slots + 1, sizeof(*h->series));
	h->touched = calloc(h->n_signals * h->n_slots / 64 + 1, sizeof(*h->touched));
	h->missing = calloc(h->n_signals * h->n_slots / 64 + 1, sizeof(*h->missing));
	h->living = calloc(h->n_slots, sizeof(*h->living));
	struct ring_options ring = {.name = "tracetrap-history",
				    .segment_bytes = (uint32_t)MIN(ring_bytes / SEGMENTS, 64U << 20) & ~7U,
				    .segments = SEGMENTS,
				    .begin_segment = begin_segment,
				    .ctx = h};
	int r = h->series && h->touched && h->missing && h->living ? ring_new(&ring, &h->ring) : -ENOMEM;
	if (r < 0) {
		history_free(h);
		return r;
	}
	h->living[ENTITY_HOST] = true;
	*ret = h;
	return 0;
}

static void add_point(struct history *h, size_t series, size_t gap)
{
	const struct series *s = &h->series[series];
	int64_t before = s->segment == h->segment ? s->coded : 0;
	bool changed = s->last != before || s->least != s->last || s->greatest != s->last;
	buf_add_varint(&h->record, gap * 2 + changed);
	if (changed) {
		buf_add_zigzag(&h->record, (int64_t)((uint64_t)s->last - (uint64_t)before));
		buf_add_varint(&h->record, (uint64_t)s->last - (uint64_t)s->least);
		buf_add_varint(&h->record, (uint64_t)s->greatest - (uint64_t)s->last);
	}
}

static void tell_second(struct history *h, size_t from, size_t to)
{
	size_t n = 0;
	for (size_t i = from; i < to; i++) {
		if (i % 64 == 0 && to - i >= 64 && !h->touched[i / 64] && !h->missing[i / 64]) {
			i += 63;
			continue;
		}
		if (!is_set(h->touched, i) && !is_set(h->missing, i))
			continue;
		const struct series *s = &h->series[i];
		h->missing[i / 64] &= ~(UINT64_C(1) << i % 64);
		h->readings[n++] = (struct reading){.signal = (uint16_t)(i % h->n_signals),
						    .entity = (uint16_t)(i / h->n_signals),
						    .unknown = s->unknown,
						    .value = s->unknown ? 0 : s->last};
	}
	if (n)
		h->on_second(h->ctx, h->t_ns, h->readings, n);
}

static void encode_points(struct history *h, size_t from, size_t to, size_t n)
{
	size_t before = 0;
	buf_clear(&h->record);
	buf_add_varint(&h->record, MAX(h->t_ns, h->written_ns) - h->written_ns);
	buf_add_varint(&h->record, n);
	for (size_t i = from; (i = next_touched(h, i, to)) < to; i++) {
		add_point(h, i, i - before);
		before = i;
	}
}

/* What was lost is no ground for what comes. */
static void settle_points(struct history *h, size_t from, size_t to, bool written)
{
	for (size_t i = from; (i = next_touched(h, i, to)) < to; i++) {
		struct series *s = &h->series[i];
		h->touched[i / 64] &= ~(UINT64_C(1) << i % 64);
		if (!written)
			continue;
		s->coded = s->last;
		s->segment = h->segment;
	}
	if (written)
		h->written_ns = MAX(h->t_ns, h->written_ns);
}

/* Writes the points of the series [from, to) as one record; against nothing, in a segment of its own, if it fits no more. */
static void write_points(struct history *h, size_t from, size_t to)
{
	size_t n = 0;
	if (h->on_second)
		tell_second(h, from, to);
	for (size_t i = from; (i = next_touched(h, i, to)) < to; i++)
		n++;
	if (n == 0)
		return;
	encode_points(h, from, to, n);
	if (h->record.len > ring_room(h->ring)) {
		ring_begin(h->ring, h->t_ns);
		encode_points(h, from, to, n);
	}
	settle_points(h, from, to, put(h, HISTORY_SECOND, h->t_ns));
}

static void take_reading(struct history *h, const struct reading *r)
{
	size_t series = r->entity * h->n_signals + r->signal;
	struct series *s = &h->series[series];
	s->unknown = r->unknown;
	if (r->unknown) {
		set(h->missing, series);
		return;
	}
	bool touched = is_set(h->touched, series);
	s->least = touched ? MIN(s->least, r->value) : r->value;
	s->greatest = touched ? MAX(s->greatest, r->value) : r->value;
	s->last = r->value;
	set(h->touched, series);
}

static void take_tick(struct history *h, const struct input *in)
{
	uint64_t second = in->t_ns / NS_PER_S;
	if (second > h->second) {
		write_points(h, 0, h->n_signals * h->n_slots);
		h->second = second;
	}
	h->t_ns = in->t_ns;
	for (size_t i = 0; i < in->tick.n; i++)
		take_reading(h, &in->tick.readings[i]);
}

static void take_birth(struct history *h, const struct input *in)
{
	uint16_t slot = in->born.entity;
	if (h->living[slot])
		return;
	make_room(h, 64 + strlen(in->born.name), in->t_ns);
	h->living[slot] = true;
	buf_clear(&h->record);
	add_entity(&h->record, slot, in->born.kind, in->born.name);
	put(h, HISTORY_BORN, in->t_ns);
}

static void take_death(struct history *h, const struct input *in)
{
	size_t row = in->gone.entity * h->n_signals;
	if (!h->living[in->gone.entity])
		return;
	write_points(h, row, row + h->n_signals);
	make_room(h, 64, in->t_ns);
	h->living[in->gone.entity] = false;
	memset(h->series + row, 0, h->n_signals * sizeof(*h->series));
	buf_clear(&h->record);
	buf_add_varint(&h->record, in->gone.entity);
	put(h, HISTORY_GONE, in->t_ns);
}

void history_input(struct history *h, const struct input *in)
{
	if (in->kind == INPUT_TICK)
		take_tick(h, in);
	else if (in->kind == INPUT_BORN)
		take_birth(h, in);
	else if (in->kind == INPUT_GONE)
		take_death(h, in);
}

int history_on_second(struct history *h, history_second_fn fn, void *ctx)
{
	h->readings = calloc(h->n_signals * h->n_slots + 1, sizeof(*h->readings));
	h->on_second = h->readings ? fn : NULL;
	h->ctx = ctx;
	return h->readings ? 0 : -ENOMEM;
}

int history_fd(const struct history *h)
{
	return ring_fd(h->ring);
}

struct history *history_free(struct history *h)
{
	if (h) {
		ring_free(h->ring);
		buf_done(&h->record);
		free(h->series);
		free(h->touched);
		free(h->missing);
		free(h->readings);
		free(h->living);
		free(h);
	}
	return NULL;
}
