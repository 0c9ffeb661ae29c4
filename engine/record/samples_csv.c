/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/samples_csv.h"

#include <inttypes.h>

#include "engine/base/clock.h"
#include "engine/record/inputlog.h"

struct table {
	const struct vocabulary *vocabulary;
	const char *entity;
	int kind;	      /* of `entity`, once it was seen; -1 */
	int *column_of;	      /* by signal; -1 */
	struct reading *cell; /* by column */
	bool *filled;
	size_t n;
	int64_t realtime_offset_ns;
	struct buf *out;
};

static void table_done(struct table *t)
{
	free(t->column_of);
	free(t->cell);
	free(t->filled);
}

static int table_init(struct table *t, const char *const *signals)
{
	size_t n_signals = t->vocabulary->n_signals;
	t->column_of = malloc((n_signals + 1) * sizeof(*t->column_of));
	t->cell = calloc(t->n + 1, sizeof(*t->cell));
	t->filled = calloc(t->n + 1, sizeof(*t->filled));
	if (!t->column_of || !t->cell || !t->filled)
		return -ENOMEM;
	memset(t->column_of, 0xff, n_signals * sizeof(*t->column_of));
	for (size_t i = 0; i < t->n; i++) {
		int s = vocabulary_signal(t->vocabulary, signals[i]);
		if (s >= 0)
			t->column_of[s] = (int)i;
	}
	return 0;
}

static void add_title(const struct table *t, const char *const *signals)
{
	buf_add_str(t->out, "time");
	for (size_t i = 0; i < t->n; i++) {
		int s = vocabulary_signal(t->vocabulary, signals[i]);
		const char *unit = s < 0 ? "" : unit_name(t->vocabulary->signals[s].unit);
		buf_printf(t->out, *unit ? ",%s[%s]" : ",%s%s", signals[i], unit);
	}
	buf_add_char(t->out, '\n');
}

/* Quanta per unit are powers of ten, so the decimals are exact. */
void samples_csv_value(struct buf *out, enum unit unit, int64_t value)
{
	uint64_t quanta = (uint64_t)unit_quanta(unit), size = value < 0 ? -(uint64_t)value : (uint64_t)value;
	uint64_t whole = size / quanta, rest = size % quanta;
	buf_printf(out, "%s%" PRIu64, value < 0 ? "-" : "", whole);
	if (rest)
		buf_add_char(out, '.');
	while (rest) {
		rest *= 10;
		buf_add_char(out, (char)('0' + rest / quanta));
		rest %= quanta;
	}
}

static void add_row(struct table *t, uint64_t t_ns)
{
	char at[CLOCK_TEXT_MAX];
	buf_add_str(t->out, clock_rfc3339(t_ns + (uint64_t)t->realtime_offset_ns, at));
	for (size_t i = 0; i < t->n; i++) {
		const struct reading *r = &t->cell[i];
		buf_add_char(t->out, ',');
		if (t->filled[i] && !r->unknown)
			samples_csv_value(t->out, t->vocabulary->signals[r->signal].unit, r->value);
	}
	buf_add_char(t->out, '\n');
}

static bool is_wanted(const struct table *t, const struct reading *r, const struct entity *e)
{
	bool own = t->kind >= 0 && (t->vocabulary->signals[r->signal].kinds & ENTITY_BIT(t->kind));
	return own ? (int)e->kind == t->kind && streq(e->name, t->entity) : e->kind == ENTITY_KIND_HOST;
}

static void take_tick(struct table *t, const struct input *in, const struct entities *entities)
{
	bool any = false;
	memset(t->filled, 0, t->n * sizeof(*t->filled));
	for (size_t i = 0; i < in->tick.n; i++) {
		const struct reading *r = &in->tick.readings[i];
		int column = t->column_of[r->signal];
		if (column < 0 || !is_wanted(t, r, entities_get(entities, r->entity)))
			continue;
		t->cell[column] = *r;
		t->filled[column] = any = true;
	}
	if (any)
		add_row(t, in->t_ns);
}

static void take_input(struct table *t, const struct input *in, const struct entities *entities)
{
	if (in->kind == INPUT_TICK)
		take_tick(t, in, entities);
	else if (in->kind == INPUT_BORN && t->kind < 0 && streq(in->born.name, t->entity))
		t->kind = (int)in->born.kind;
}

int samples_csv(const void *tts, size_t len, const struct vocabulary *vocabulary, const char *const *signals, size_t n,
		const char *entity, int64_t realtime_offset_ns, struct buf *out)
{
	_cleanup_(table_done) struct table t = {.vocabulary = vocabulary,
						.entity = entity,
						.kind = streq(entity, "host") ? ENTITY_KIND_HOST : -1,
						.n = n,
						.realtime_offset_ns = realtime_offset_ns,
						.out = out};
	struct inputlog_reader *reader = NULL;
	struct inputlog_item item;
	int r = table_init(&t, signals);
	r = r < 0 ? r : inputlog_open(tts, len, vocabulary, &reader);
	if (r < 0)
		return r;
	add_title(&t, signals);
	while ((r = inputlog_next(reader, &item)) == 0 && item.kind != INPUTLOG_END)
		if (item.kind == INPUTLOG_INPUT)
			take_input(&t, &item.input, inputlog_entities(reader));
	inputlog_close(reader);
	return r < 0 ? r : out->failed ? -ENOMEM : 0;
}
