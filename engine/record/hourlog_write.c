/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/hourlog.h"

#include "engine/base/clock.h"
#include "engine/record/hourlog_codec.h"
#include "engine/record/inputlog_encode.h"

#define PENDING_MAX ((size_t)1 << 20)
#define EVENTS_MAX 64U /* of one detector in a block */
#define EVENT_BYTES_MAX 4096U
#define FIRED_MAX 1024U /* in a block */
#define HOUR_NS (3600 * NS_PER_S)

struct hourlog {
	struct inputlog_options options;
	uint64_t run;
	struct told told;
	struct buf header, record, pending;
	int64_t *last;	   /* of each series in this block: slot × signals + signal */
	uint32_t *events;  /* by detector, in this block */
	uint32_t fired;	   /* in this block */
	size_t n_series, block_bytes;
	uint64_t begin_ns, t_ns; /* of the block; of the last timed record */
	uint64_t lost;
	bool cut;
};

/* Once a record of a block is lost, so is the rest: what follows is coded against it. */
static void put(struct hourlog *h, uint8_t type, const struct buf *body)
{
	size_t len = 1 + body->len;
	char *to = h->cut || body->failed || h->pending.len + len > PENDING_MAX ? NULL : buf_reserve(&h->pending, TAIL_HEAD + len);
	if (!to) {
		buf_clear(&h->pending);
		h->lost++;
		h->cut = true;
		return;
	}
	to[TAIL_HEAD] = (char)type;
	copy_bytes(to + TAIL_HEAD + 1, body->data, body->len);
	put_u32(to, (uint32_t)len);
	put_u32(to + 4, tail_checksum(to + TAIL_HEAD, len));
	h->pending.len += TAIL_HEAD + len;
	h->block_bytes += TAIL_HEAD + len;
}

static uint64_t hour_of(const struct hourlog *h, uint64_t t_ns)
{
	return (t_ns + (uint64_t)h->told.clock.clock.realtime_offset_ns) / HOUR_NS;
}

static void begin_block(struct hourlog *h, uint64_t t_ns)
{
	h->cut = false;
	h->begin_ns = h->t_ns = t_ns;
	h->block_bytes = h->fired = 0;
	memset(h->last, 0, h->n_series * sizeof(*h->last));
	memset(h->events, 0, h->options.vocabulary->n_detectors * sizeof(*h->events));
	buf_clear(&h->record);
	buf_add_varint(&h->record, h->run);
	buf_add_varint(&h->record, t_ns);
	buf_add_zigzag(&h->record, h->told.clock.clock.realtime_offset_ns);
	put(h, TAIL_BEGIN, &h->record);
	put(h, RECORD_HEADER, &h->header);
	encode_segment(&h->record, &h->options, &h->told, t_ns);
	put(h, RECORD_SEGMENT, &h->record);
}

/* The time of the record to be written, in a block that may take it. */
static uint64_t begin_record(struct hourlog *h, uint64_t t_ns)
{
	t_ns = MAX(t_ns, h->t_ns);
	if (h->cut || t_ns - h->begin_ns >= HOURLOG_BLOCK_NS || hour_of(h, t_ns) != hour_of(h, h->begin_ns) ||
	    h->block_bytes > HOURLOG_TAIL_MAX - PENDING_MAX)
		begin_block(h, t_ns);
	return t_ns;
}

static bool is_always(const struct hourlog *h, uint16_t detector)
{
	return h->options.vocabulary->detectors[detector].class == DETECTOR_ALWAYS;
}

static bool is_wanted(const struct hourlog *h, const struct input *in)
{
	if (h->told.clock.kind != INPUT_CLOCK)
		return false;
	if (in->kind == INPUT_ATTACH)
		return is_always(h, in->attach.detector);
	if (in->kind != INPUT_EVENT)
		return in->kind != INPUT_TICK && in->kind != INPUT_RELOAD;
	return is_always(h, in->event.detector) && in->event.len <= EVENT_BYTES_MAX;
}

void hourlog_input(struct hourlog *h, const struct input *in)
{
	if (in->kind == INPUT_CLOCK)
		told_take(&h->told, in);
	if (!is_wanted(h, in))
		return;
	uint64_t t_ns = begin_record(h, in->t_ns);
	bool one_too_many = in->kind == INPUT_EVENT && h->events[in->event.detector]++ >= EVENTS_MAX;
	if (one_too_many || !told_take(&h->told, in))
		return;
	enum inputlog_record type = encode_input(&h->record, in, t_ns - h->t_ns);
	h->t_ns = t_ns;
	put(h, (uint8_t)type, &h->record);
}

static void add_reading(struct hourlog *h, const struct reading *r, uint32_t *before)
{
	uint32_t series = (uint32_t)r->entity << 16 | r->signal;
	int64_t *last = &h->last[r->entity * h->options.vocabulary->n_signals + r->signal];
	buf_add_varint(&h->record, (uint64_t)(series - *before) * 2 + r->unknown);
	*before = series;
	if (r->unknown)
		return;
	buf_add_zigzag(&h->record, (int64_t)((uint64_t)r->value - (uint64_t)*last));
	*last = r->value;
}

void hourlog_second(struct hourlog *h, uint64_t t_ns, const struct reading *readings, size_t n)
{
	uint32_t before = 0;
	if (h->told.clock.kind != INPUT_CLOCK)
		return;
	t_ns = begin_record(h, t_ns);
	buf_clear(&h->record);
	buf_add_varint(&h->record, t_ns - h->t_ns);
	for (size_t i = 0; i < n; i++)
		add_reading(h, &readings[i], &before);
	h->t_ns = t_ns;
	put(h, TAIL_SECOND, &h->record);
}

void hourlog_transition(struct hourlog *h, const struct transition *t)
{
	bool fired = t->kind == TRANSITION_FIRED;
	if (h->told.clock.kind != INPUT_CLOCK || !(fired || t->kind == TRANSITION_ENDED || t->kind == TRANSITION_GONE))
		return;
	begin_record(h, t->t_ns);
	if (fired && h->fired++ >= FIRED_MAX) {
		h->lost++;
		return;
	}
	encode_transition(&h->record, t, h->t_ns);
	put(h, RECORD_TRANSITION, &h->record);
}

int hourlog_reload(struct hourlog *h, const struct inputlog_options *options)
{
	h->options.host_burst = options->host_burst;
	h->options.host_refill_ns = options->host_refill_ns;
	encode_header(&h->header, &h->options, options->rules_digest, options->rules, options->n_rules);
	h->cut = true;
	return h->header.failed ? -ENOMEM : 0;
}

int hourlog_new(const struct inputlog_options *options, uint64_t run, struct hourlog **ret)
{
	struct hourlog *h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->options = *options;
	h->run = run;
	h->n_series = entities_max(options->entities) * options->vocabulary->n_signals;
	h->last = calloc(h->n_series + 1, sizeof(*h->last));
	h->events = calloc(options->vocabulary->n_detectors + 1, sizeof(*h->events));
	int r = told_init(&h->told, options);
	r = r < 0 || !h->last || !h->events ? -ENOMEM
					    : hourlog_reload(h, options);
	if (r < 0) {
		hourlog_free(h);
		return r;
	}
	*ret = h;
	return 0;
}

const struct buf *hourlog_pending(const struct hourlog *h)
{
	return h->pending.len ? &h->pending : NULL;
}

void hourlog_sent(struct hourlog *h)
{
	buf_clear(&h->pending);
}

void hourlog_cut(struct hourlog *h)
{
	buf_clear(&h->pending);
	h->cut = true;
}

uint64_t hourlog_lost(const struct hourlog *h)
{
	return h->lost;
}

struct hourlog *hourlog_free(struct hourlog *h)
{
	if (h) {
		told_done(&h->told);
		buf_done(&h->header);
		buf_done(&h->record);
		buf_done(&h->pending);
		free(h->last);
		free(h->events);
		free(h);
	}
	return NULL;
}
