/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/inputlog_read.h"

#include "bpf/event.h"

struct record {
	uint64_t type;
	const void *data;
	size_t len;
	struct cursor c;
};

static int record_next(struct inputlog_reader *r, struct record *ret)
{
	ret->type = cursor_varint(&r->records);
	uint64_t len = cursor_varint(&r->records);
	ret->len = len <= cursor_left(&r->records) ? (size_t)len : SIZE_MAX;
	ret->data = cursor_bytes(&r->records, ret->len);
	if (r->records.bad)
		return -EBADMSG;
	ret->c = cursor_over(ret->data, ret->len);
	return 0;
}

static int open_first_header(struct inputlog_reader *r)
{
	const char *magic = cursor_bytes(&r->records, strlen(INPUTLOG_MAGIC));
	if (!magic || memcmp(magic, INPUTLOG_MAGIC, strlen(INPUTLOG_MAGIC)) != 0)
		return -EBADMSG;
	uint64_t version = cursor_varint(&r->records);
	if (r->records.bad || version == 0)
		return -EBADMSG;
	if (version > INPUTLOG_VERSION)
		return -EPROTONOSUPPORT;
	struct record rec;
	int error = record_next(r, &rec);
	if (error == 0 && rec.type != RECORD_HEADER)
		return -EBADMSG;
	return error < 0 ? error : header_read(r, &rec.c);
}

int inputlog_open(const void *data, size_t len, const struct vocabulary *vocabulary, struct inputlog_reader **ret)
{
	struct inputlog_reader *r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->vocabulary = vocabulary;
	r->records = cursor_over(data, len);
	r->period_ns = calloc(vocabulary->n_signals + 1, sizeof(*r->period_ns));
	r->attached = calloc(vocabulary->n_detectors + 1, sizeof(*r->attached));
	int error = r->period_ns && r->attached ? open_first_header(r) : -ENOMEM;
	if (error < 0) {
		inputlog_close(r);
		return error;
	}
	*ret = r;
	return 0;
}

int inputlog_feed(struct inputlog_reader *r, const void *data, size_t len, bool restarted, int64_t shift_ns)
{
	r->records = cursor_over(data, len);
	r->in_segment = false;
	r->queue_n = r->queue_at = 0;
	r->shift_ns = shift_ns;
	if (restarted) {
		r->entities = entities_free(r->entities);
		r->clock = (struct input){0};
		memset(r->attached, 0, r->vocabulary->n_detectors * sizeof(*r->attached));
	}
	return open_first_header(r);
}

const uint64_t *inputlog_periods(const struct inputlog_reader *r)
{
	return r->period_ns;
}

const struct entities *inputlog_entities(const struct inputlog_reader *r)
{
	return r->entities;
}

const char *inputlog_rules_digest(const struct inputlog_reader *r)
{
	return r->digest;
}

const struct inputlog_rule *inputlog_rules(const struct inputlog_reader *r, size_t *ret_n)
{
	*ret_n = r->n_rules;
	return r->rules;
}

bool inputlog_host_limit(const struct inputlog_reader *r, uint32_t *ret_burst, uint64_t *ret_refill_ns)
{
	if (!r->host_refill_ns)
		return false;
	*ret_burst = r->host_burst;
	*ret_refill_ns = r->host_refill_ns;
	return true;
}

uint64_t inputlog_reader_lost(const struct inputlog_reader *r)
{
	return r->lost;
}

static bool is_living(const struct inputlog_reader *r, uint64_t slot)
{
	return slot < entities_max(r->entities) && entities_get(r->entities, (uint16_t)slot)->alive;
}

/* What an input changes in what the reader keeps. */
static int apply(struct inputlog_reader *r, const struct input *in)
{
	switch (in->kind) {
	case INPUT_BORN:
		return entities_add_at(r->entities, in->born.entity, in->born.kind, in->born.name) ? 0 : -EBADMSG;
	case INPUT_GONE:
		entities_remove(r->entities, in->gone.entity);
		return 0;
	case INPUT_ATTACH:
		r->attached[in->attach.detector] = in->attach.attached;
		return 0;
	case INPUT_CLOCK:
		r->clock = *in;
		return 0;
	default:
		return 0;
	}
}

/* The readers of one record's body return 1 with an input, 0 when it is passed over, -EBADMSG, -ENOMEM. */

static int born_read(struct inputlog_reader *r _unused_, struct cursor *c, struct input *ret)
{
	uint64_t slot = cursor_varint(c);
	uint8_t kind = cursor_u8(c);
	const char *name = cursor_text(c);
	if (c->bad || slot >= ENTITY_NONE || kind >= ENTITY_KIND_MAX_)
		return -EBADMSG;
	ret->kind = INPUT_BORN;
	ret->born.entity = (uint16_t)slot;
	ret->born.kind = (enum entity_kind)kind;
	ret->born.name = name;
	return 1;
}

static int gone_read(struct inputlog_reader *r, struct cursor *c, struct input *ret)
{
	uint64_t slot = cursor_varint(c);
	if (c->bad || slot == ENTITY_HOST || !is_living(r, slot))
		return -EBADMSG;
	ret->kind = INPUT_GONE;
	ret->gone.entity = (uint16_t)slot;
	return 1;
}

static int tick_body(struct inputlog_reader *r, struct cursor *c, struct input *ret)
{
	ret->kind = INPUT_TICK;
	int error = tick_read(r, c, ret);
	return error < 0 ? error : 1;
}

/* Copied to memory of its own, because whoever takes it may read it as struct event. */
static int event_read(struct inputlog_reader *r, struct cursor *c, struct input *ret)
{
	uint64_t detector = cursor_varint(c), slot = cursor_varint(c);
	size_t len = cursor_left(c);
	if (c->bad || detector >= r->detectors.n || len < sizeof(struct event))
		return -EBADMSG;
	if (r->detectors.to[detector] == NOT_KNOWN || !is_living(r, slot)) {
		r->passed_over++;
		return 0;
	}
	void *copy = malloc(len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, c->at, len);
	free(r->event);
	r->event = copy;
	ret->kind = INPUT_EVENT;
	ret->event.detector = r->detectors.to[detector];
	ret->event.entity = (uint16_t)slot;
	ret->event.record = copy;
	ret->event.len = (uint32_t)MIN(len, (size_t)UINT32_MAX);
	return 1;
}

static int attach_read(struct inputlog_reader *r, struct cursor *c, struct input *ret)
{
	uint64_t detector = cursor_varint(c);
	uint8_t attached = cursor_u8(c);
	if (c->bad || detector >= r->detectors.n)
		return -EBADMSG;
	if (r->detectors.to[detector] == NOT_KNOWN)
		return 0;
	ret->kind = INPUT_ATTACH;
	ret->attach.detector = r->detectors.to[detector];
	ret->attach.attached = attached != 0;
	return 1;
}

static int clock_body(struct inputlog_reader *r, struct cursor *c, struct input *ret)
{
	ret->kind = INPUT_CLOCK;
	read_offsets(r, c, ret);
	return c->bad ? -EBADMSG : 1;
}

static int trigger_read(struct inputlog_reader *r, struct cursor *c, struct input *ret)
{
	uint64_t slot = cursor_varint(c);
	uint8_t drill = cursor_u8(c);
	const char *rule = cursor_text(c);
	if (c->bad || !is_living(r, slot))
		return -EBADMSG;
	ret->kind = INPUT_TRIGGER;
	ret->trigger.entity = (uint16_t)slot;
	ret->trigger.drill = drill != 0;
	ret->trigger.rule = rule;
	return 1;
}

static int reload_read(struct inputlog_reader *r, struct cursor *c, struct input *ret)
{
	size_t n = 0;
	ret->kind = INPUT_RELOAD;
	ret->reload.digest = cursor_text(c);
	while (!c->bad && cursor_left(c) > 0) {
		if (!array_room(r->names, n, r->names_cap))
			return -ENOMEM;
		r->names[n++] = cursor_text(c);
	}
	ret->reload.gone = r->names;
	ret->reload.n_gone = n;
	return c->bad ? -EBADMSG : 1;
}

typedef int (*body_fn)(struct inputlog_reader *r, struct cursor *c, struct input *ret);

static body_fn body_of(uint64_t type)
{
	static const body_fn bodies[] = {
		[RECORD_TICK] = tick_body,     [RECORD_BORN] = born_read,	[RECORD_GONE] = gone_read,
		[RECORD_EVENT] = event_read,   [RECORD_ATTACH] = attach_read, [RECORD_CLOCK] = clock_body,
		[RECORD_TRIGGER] = trigger_read, [RECORD_RELOAD] = reload_read,
	};
	return type < ARRAY_SIZE(bodies) ? bodies[type] : NULL;
}

static int input_read(struct inputlog_reader *r, struct record *rec, struct inputlog_item *ret)
{
	struct input in = {0};
	uint64_t dt = cursor_varint(&rec->c);
	if (rec->c.bad || !r->in_segment || __builtin_add_overflow(r->t_ns, dt, &r->t_ns))
		return -EBADMSG;
	in.t_ns = r->t_ns;
	int got = body_of(rec->type)(r, &rec->c, &in);
	int error = got > 0 ? apply(r, &in) : 0;
	if (got <= 0 || error < 0)
		return got < 0 ? got : error;
	*ret = (struct inputlog_item){.kind = INPUTLOG_INPUT, .input = in};
	return 1;
}

static int transition_read(struct inputlog_reader *r, struct record *rec, struct inputlog_item *ret)
{
	struct cursor *c = &rec->c;
	int64_t dt = cursor_zigzag(c);
	uint8_t kind = cursor_u8(c), flags = cursor_u8(c);
	uint64_t rule = cursor_varint(c), slot = cursor_varint(c);
	if (c->bad || !r->in_segment || kind > TRANSITION_DISARM || rule >= r->n_rules ||
	    slot >= entities_max(r->entities))
		return -EBADMSG;
	const struct entity *e = entities_get(r->entities, (uint16_t)slot);
	*ret = (struct inputlog_item){.kind = INPUTLOG_TRANSITION,
				      .transition = {.t_ns = r->t_ns + (uint64_t)dt,
						     .kind = (enum transition_kind)kind,
						     .rule = r->rules[rule].name,
						     .entity = e->name,
						     .entity_kind = e->kind,
						     .token = flags & TRANSITION_TOKEN,
						     .drill = flags & TRANSITION_DRILL,
						     .by_hand = flags & TRANSITION_BY_HAND,
						     .excepted = flags & TRANSITION_EXCEPTED}};
	return 1;
}

static int checkpoint_read(struct inputlog_reader *r, const struct record *rec, struct inputlog_item *ret)
{
	if (!r->in_segment)
		return -EBADMSG;
	*ret = (struct inputlog_item){.kind = INPUTLOG_CHECKPOINT,
				      .checkpoint = {.data = rec->data, .len = rec->len}};
	return 1;
}

static int queue_pop(struct inputlog_reader *r, struct inputlog_item *ret)
{
	*ret = (struct inputlog_item){.kind = INPUTLOG_INPUT, .input = r->queue[r->queue_at++]};
	int error = apply(r, &ret->input);
	return error < 0 ? error : 1;
}

/* 1 with an item, 0 for a record that only changed the reader. Records of later versions are passed over. */
static int step(struct inputlog_reader *r, struct inputlog_item *ret)
{
	struct record rec;
	if (r->queue_at < r->queue_n)
		return queue_pop(r, ret);
	if (cursor_left(&r->records) == 0) {
		*ret = (struct inputlog_item){.kind = INPUTLOG_END};
		return 1;
	}
	int error = record_next(r, &rec);
	if (error < 0)
		return error;
	switch (rec.type) {
	case RECORD_HEADER:
		return header_read(r, &rec.c);
	case RECORD_SEGMENT:
		return dictionary_read(r, &rec.c);
	case RECORD_CHECKPOINT:
		return checkpoint_read(r, &rec, ret);
	case RECORD_SHAPE:
		return r->in_segment ? shape_read(r, &rec.c) : -EBADMSG;
	case RECORD_COLUMNS:
		return r->in_segment ? columns_read(r, &rec.c) : -EBADMSG;
	case RECORD_TRANSITION:
		return transition_read(r, &rec, ret);
	case RECORD_LOST:
		r->lost += cursor_varint(&rec.c);
		return 0;
	default:
		return body_of(rec.type) ? input_read(r, &rec, ret) : 0;
	}
}

int inputlog_next(struct inputlog_reader *r, struct inputlog_item *ret)
{
	int got;
	do
		got = step(r, ret);
	while (got == 0);
	return got < 0 ? got : 0;
}

struct inputlog_reader *inputlog_close(struct inputlog_reader *r)
{
	if (r) {
		for (size_t i = 0; i < INPUTLOG_SHAPES; i++)
			shape_done(&r->shapes[i]);
		columns_done(&r->columns);
		entities_free(r->entities);
		free(r->signals.to);
		free(r->detectors.to);
		free(r->period_ns);
		free(r->attached);
		free(r->rules);
		free(r->queue);
		free(r->readings);
		free(r->names);
		free(r->event);
		free(r);
	}
	return NULL;
}
