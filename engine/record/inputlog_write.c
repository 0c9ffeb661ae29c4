/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/inputlog.h"

#include "engine/record/inputlog_encode.h"

#define SEGMENTS 16
#define ENTITY_ROOM 96U	      /* of a segment's dictionary, per slot: names are seldom longer */
#define HEADER_USUAL 8192U
#define TRANSITION_ROOM 2048U /* kept free behind an input, for what it leads to */

struct inputlog {
	struct inputlog_options options; /* rules and digest are not kept: they are in the header */
	struct ring *ring;
	struct buf header, record, checkpoint; /* the latter two keep their memory from use to use */
	struct shape shapes[INPUTLOG_SHAPES];
	unsigned last_shape, next_shape;
	uint64_t t_ns;	     /* of the last timed record in the segment */
	uint64_t now_ns;     /* of the input being taken */
	uint64_t segment_ns; /* of the segment's begin */
	struct told told;
	uint32_t segment_bytes;
	uint64_t lost, untold;
	bool cut; /* the next input begins a segment */
};

static void lose(struct inputlog *l)
{
	l->lost++;
	l->untold++;
	ring_lost(l->ring, 1);
}

/* Never lets the ring begin a segment by itself: the codec's state would be another segment's. */
static bool put(struct inputlog *l, uint32_t type, const struct buf *b)
{
	if (!b->failed && b->len <= ring_room(l->ring) && ring_append(l->ring, l->now_ns, type, b->data, b->len) == 0)
		return true;
	lose(l);
	return false;
}

/* Inputs carry their distance to the one before; a lost one does not move that. */
static void begin_input(struct inputlog *l)
{
	buf_clear(&l->record);
	buf_add_varint(&l->record, l->now_ns - l->t_ns);
}

static bool put_input(struct inputlog *l, uint32_t type)
{
	if (!put(l, type, &l->record))
		return false;
	l->t_ns = l->now_ns;
	return true;
}

static void put_checkpoint(struct inputlog *l)
{
	if (!l->options.checkpoint)
		return;
	buf_clear(&l->checkpoint);
	if (l->options.checkpoint(l->options.ctx, &l->checkpoint) < 0)
		lose(l);
	else
		put(l, RECORD_CHECKPOINT, &l->checkpoint);
}

static void begin_segment(void *ctx, struct ring *ring _unused_, uint64_t t_ns)
{
	struct inputlog *l = ctx;
	struct buf *b = &l->record;
	l->t_ns = l->segment_ns = t_ns;
	l->cut = false;
	for (size_t i = 0; i < INPUTLOG_SHAPES; i++)
		l->shapes[i].n = 0;
	put(l, RECORD_HEADER, &l->header);
	encode_segment(b, &l->options, &l->told, t_ns);
	put(l, RECORD_SEGMENT, b);
	put_checkpoint(l);
}

int inputlog_reload(struct inputlog *l, const struct inputlog_options *options)
{
	l->options.host_burst = options->host_burst;
	l->options.host_refill_ns = options->host_refill_ns;
	encode_header(&l->header, &l->options, options->rules_digest, options->rules, options->n_rules);
	l->cut = true;
	return l->header.failed ? -ENOMEM : 0;
}

/* Of a segment, beside the header. */
static size_t preamble_bytes(unsigned slots)
{
	return (size_t)slots * ENTITY_ROOM + 2 * TRANSITION_ROOM;
}

uint64_t inputlog_bytes_min(unsigned slots)
{
	return SEGMENTS * (HEADER_USUAL + preamble_bytes(slots));
}

static bool preamble_fits(const struct inputlog *l, const struct buf *header)
{
	return header->len + preamble_bytes(entities_max(l->options.entities)) <= l->segment_bytes;
}

bool inputlog_may_reload(const struct inputlog *l, const struct inputlog_options *options)
{
	_cleanup_buf_ struct buf header = {0};
	encode_header(&header, &l->options, options->rules_digest, options->rules, options->n_rules);
	return !header.failed && preamble_fits(l, &header);
}

int inputlog_new(const struct inputlog_options *options, struct inputlog **ret)
{
	if (entities_max(options->entities) > INPUTLOG_ENTITIES_MAX)
		return -EINVAL;
	struct inputlog *l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->options = *options;
	l->segment_bytes = (uint32_t)MIN(options->ring_bytes / SEGMENTS, 64U << 20) & ~7U;
	struct ring_options ring = {.name = "tracetrap-inputlog",
				    .segment_bytes = l->segment_bytes,
				    .segments = SEGMENTS,
				    .begin_segment = begin_segment,
				    .ctx = l};
	int r = told_init(&l->told, options);
	r = r < 0 ? r : inputlog_reload(l, options);
	r = r < 0 ? r : preamble_fits(l, &l->header) ? ring_new(&ring, &l->ring) : -EINVAL;
	if (r < 0) {
		inputlog_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

static struct shape *shape_find(struct inputlog *l, const struct reading *readings, uint32_t n)
{
	for (unsigned i = 0; i < INPUTLOG_SHAPES; i++) {
		unsigned at = (l->last_shape + i) % INPUTLOG_SHAPES;
		struct shape *s = &l->shapes[at];
		if (s->n != n)
			continue;
		uint32_t same = 0;
		while (same < n && s->series[same] == series_of(readings[same].signal, readings[same].entity))
			same++;
		if (same == n) {
			l->last_shape = at;
			return s;
		}
	}
	return NULL;
}

static struct shape *shape_add(struct inputlog *l, const struct reading *readings, uint32_t n)
{
	unsigned id = l->next_shape++ % INPUTLOG_SHAPES;
	struct shape *s = &l->shapes[id];
	if (shape_define(s, n) < 0) {
		lose(l);
		return NULL;
	}
	buf_clear(&l->record);
	buf_add_char(&l->record, (char)id);
	buf_add_varint(&l->record, n);
	for (uint32_t i = 0; i < n; i++) {
		s->series[i] = series_of(readings[i].signal, readings[i].entity);
		buf_add_varint(&l->record, readings[i].signal);
		buf_add_varint(&l->record, readings[i].entity);
	}
	if (!put(l, RECORD_SHAPE, &l->record)) {
		s->n = 0;
		return NULL;
	}
	l->last_shape = id;
	return s;
}

static inline uint8_t *put_zigzag(uint8_t *to, uint64_t delta)
{
	uint64_t v = (delta << 1) ^ -(delta >> 63);
	for (; v > 0x7f; v >>= 7)
		*to++ = (uint8_t)(v | 0x80);
	*to++ = (uint8_t)v;
	return to;
}

/* One reading: true when it must be written, with the delta to write. */
static inline bool changed(struct shape *s, uint32_t i, const struct reading *r, uint64_t *delta)
{
	*delta = r->unknown ? 0 : (uint64_t)r->value - (uint64_t)s->last[i];
	if (r->unknown == s->unknown[i] && *delta == 0)
		return false;
	s->unknown[i] = r->unknown;
	if (!r->unknown)
		s->last[i] = r->value;
	return true;
}

/* Bits and deltas side by side into memory reserved for the worst; the encoded end. */
static uint8_t *encode_readings(struct shape *s, const struct reading *readings, uint8_t *to)
{
	uint8_t *bits = to;
	uint64_t delta;
	to += (s->n + 7) / 8;
	memset(bits, 0, (s->n + 7) / 8);
	for (uint32_t i = 0; i < s->n; i++) {
		if (!changed(s, i, &readings[i], &delta))
			continue;
		bits[i / 8] |= (uint8_t)(1U << i % 8);
		to = put_zigzag(to, delta);
	}
	return to;
}

static void put_tick(struct inputlog *l, const struct input *in)
{
	uint32_t n = (uint32_t)in->tick.n;
	if (n == 0) {
		begin_input(l);
		buf_add_char(&l->record, (char)INPUTLOG_NO_SHAPE);
		put_input(l, RECORD_TICK);
		return;
	}
	struct shape *s = shape_find(l, in->tick.readings, n);
	s = s ? s : shape_add(l, in->tick.readings, n);
	if (!s)
		return;
	begin_input(l);
	buf_add_char(&l->record, (char)(s - l->shapes));
	char *to = buf_reserve(&l->record, (n + 7) / 8 + (size_t)n * VARINT_MAX);
	if (to)
		l->record.len += (size_t)(encode_readings(s, in->tick.readings, (uint8_t *)to) - (uint8_t *)to);
	if (!put_input(l, RECORD_TICK))
		s->n = 0;
}

static void put_other(struct inputlog *l, const struct input *in)
{
	if (!told_take(&l->told, in))
		return;
	enum inputlog_record type = encode_input(&l->record, in, l->now_ns - l->t_ns);
	put_input(l, type);
}

static size_t names_len(const struct input *in)
{
	size_t len = 0;
	for (size_t i = 0; i < in->reload.n_gone; i++)
		len += VARINT_MAX + strlen(in->reload.gone[i]) + 1;
	return len;
}

/* At most so many bytes of records, their shape's definition included. */
static size_t worst_case(const struct input *in)
{
	size_t fixed = 128;
	switch (in->kind) {
	case INPUT_TICK:
		return fixed + in->tick.n * (1 + VARINT_MAX + 6);
	case INPUT_BORN:
		return fixed + strlen(in->born.name);
	case INPUT_EVENT:
		return fixed + in->event.len;
	case INPUT_TRIGGER:
		return fixed + strlen(in->trigger.rule);
	case INPUT_RELOAD:
		return fixed + names_len(in);
	default:
		return fixed;
	}
}

/* What fits no segment begins none either: it would only push the past out. */
static void make_room(struct inputlog *l, const struct input *in)
{
	size_t need = worst_case(in) + TRANSITION_ROOM;
	bool tight = ring_room(l->ring) < need && need < l->segment_bytes;
	bool old = l->now_ns - l->segment_ns >= l->options.checkpoint_every_ns;
	if (l->cut || old || tight)
		ring_begin(l->ring, l->now_ns);
	if (!l->untold || ring_room(l->ring) < 64)
		return;
	buf_clear(&l->record);
	buf_add_varint(&l->record, l->untold);
	if (put(l, RECORD_LOST, &l->record))
		l->untold = 0;
}

void inputlog_input(struct inputlog *l, const struct input *in)
{
	l->now_ns = MAX(in->t_ns, l->t_ns);
	if (in->kind == INPUT_TICK && in->tick.n > INPUTLOG_READINGS_MAX) {
		lose(l);
		return;
	}
	make_room(l, in);
	if (in->kind == INPUT_TICK)
		put_tick(l, in);
	else
		put_other(l, in);
}

void inputlog_transition(struct inputlog *l, const struct transition *t)
{
	encode_transition(&l->record, t, l->t_ns);
	put(l, RECORD_TRANSITION, &l->record);
}

int inputlog_fd(const struct inputlog *l)
{
	return ring_fd(l->ring);
}

uint64_t inputlog_lost(const struct inputlog *l)
{
	return l->lost;
}

struct inputlog *inputlog_free(struct inputlog *l)
{
	if (l) {
		for (size_t i = 0; i < INPUTLOG_SHAPES; i++)
			shape_done(&l->shapes[i]);
		ring_free(l->ring);
		buf_done(&l->header);
		buf_done(&l->record);
		buf_done(&l->checkpoint);
		told_done(&l->told);
		free(l);
	}
	return NULL;
}
