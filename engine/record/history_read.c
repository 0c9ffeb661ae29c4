/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/history.h"
#include "engine/record/history_codec.h"

struct walk {
	const struct vocabulary *vocabulary;
	uint64_t from_ns, to_ns;
	int (*fn)(void *ctx, const struct history_point *p, const struct entity *e);
	void *ctx;

	struct entities *entities; /* of the present segment */
	int64_t *last;		   /* per series, of the present segment */
	uint64_t t_ns;
};

static void walk_forget(struct walk *w)
{
	w->entities = entities_free(w->entities);
	free(w->last);
	w->last = NULL;
}

static int read_entity(struct walk *w, struct cursor *c)
{
	uint64_t slot = cursor_varint(c);
	uint8_t kind = cursor_u8(c);
	const char *name = cursor_text(c);
	if (c->bad || slot >= ENTITY_NONE || kind >= ENTITY_KIND_MAX_)
		return -EBADMSG;
	if (slot == ENTITY_HOST)
		return 0;
	return entities_add_at(w->entities, (uint16_t)slot, (enum entity_kind)kind, name) ? 0 : -EBADMSG;
}

static int read_dictionary(struct walk *w, struct cursor *c)
{
	uint64_t signals = cursor_varint(c), slots = cursor_varint(c);
	w->t_ns = cursor_varint(c);
	uint64_t n = cursor_varint(c);
	if (c->bad || signals != w->vocabulary->n_signals || slots == 0 || slots >= ENTITY_NONE)
		return -EBADMSG;
	walk_forget(w);
	w->entities = entities_new((unsigned)slots);
	w->last = calloc(slots * signals + 1, sizeof(*w->last));
	int r = w->entities && w->last ? 0 : -ENOMEM;
	for (uint64_t i = 0; r == 0 && i < n; i++)
		r = read_entity(w, c);
	return r;
}

static int read_gone(struct walk *w, struct cursor *c)
{
	uint64_t slot = cursor_varint(c);
	size_t n_signals = w->vocabulary->n_signals;
	if (c->bad || slot >= entities_max(w->entities) || !entities_get(w->entities, (uint16_t)slot)->alive)
		return -EBADMSG;
	entities_remove(w->entities, (uint16_t)slot);
	memset(w->last + slot * n_signals, 0, n_signals * sizeof(*w->last));
	return 0;
}

static int read_point(struct walk *w, struct cursor *c, uint64_t *series)
{
	size_t n_signals = w->vocabulary->n_signals;
	uint64_t head = cursor_varint(c);
	if (c->bad || __builtin_add_overflow(*series, head / 2, series) ||
	    *series >= entities_max(w->entities) * (uint64_t)n_signals)
		return -EBADMSG;
	uint64_t last = (uint64_t)w->last[*series], least = last, greatest = last;
	if (head % 2) {
		last += (uint64_t)cursor_zigzag(c);
		least = last - cursor_varint(c);
		greatest = last + cursor_varint(c);
	}
	w->last[*series] = (int64_t)last;
	struct history_point p = {.t_ns = w->t_ns,
				  .signal = (uint16_t)(*series % n_signals),
				  .entity = (uint16_t)(*series / n_signals),
				  .last = (int64_t)last,
				  .least = (int64_t)least,
				  .greatest = (int64_t)greatest};
	if (c->bad)
		return -EBADMSG;
	bool wanted = p.t_ns >= w->from_ns && p.t_ns <= w->to_ns;
	return wanted ? w->fn(w->ctx, &p, entities_get(w->entities, p.entity)) : 0;
}

static int read_second(struct walk *w, struct cursor *c)
{
	uint64_t dt = cursor_varint(c), n = cursor_varint(c), series = 0;
	if (c->bad || __builtin_add_overflow(w->t_ns, dt, &w->t_ns))
		return -EBADMSG;
	int r = 0;
	for (uint64_t i = 0; r == 0 && i < n; i++)
		r = read_point(w, c, &series);
	return r;
}

/* A segment whose dictionary did not fit (counted as lost) says nothing. */
static int read_record(struct walk *w, const struct ring_record *rec)
{
	struct cursor c = cursor_over(rec->data, rec->len);
	if (rec->first_of_segment)
		walk_forget(w);
	if (!w->entities && rec->type != HISTORY_DICTIONARY)
		return 0;
	switch (rec->type) {
	case HISTORY_DICTIONARY:
		return read_dictionary(w, &c);
	case HISTORY_BORN:
		return read_entity(w, &c);
	case HISTORY_GONE:
		return read_gone(w, &c);
	case HISTORY_SECOND:
		return read_second(w, &c);
	default:
		return -EBADMSG;
	}
}

int history_read(int ring_fd, const struct vocabulary *vocabulary, uint64_t from_ns, uint64_t to_ns,
		 int (*fn)(void *ctx, const struct history_point *p, const struct entity *e), void *ctx)
{
	struct ring_snapshot *snapshot = NULL;
	int r = ring_snapshot_take(ring_fd, from_ns, to_ns, &snapshot);
	if (r < 0)
		return r;
	_cleanup_(walk_forget) struct walk w = {
		.vocabulary = vocabulary, .from_ns = from_ns, .to_ns = to_ns, .fn = fn, .ctx = ctx};
	struct ring_record rec;
	while (r == 0 && ring_snapshot_next(snapshot, &rec))
		r = read_record(&w, &rec);
	ring_snapshot_free(snapshot);
	return r;
}
