/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/history_csv.h"

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/record/history.h"
#include "engine/record/samples_csv.h"

struct table {
	const struct vocabulary *vocabulary;
	int64_t realtime_offset_ns;
	FILE *to;
	struct buf row;
	uint64_t first_ns, t_ns; /* of the first row, of the latest */
	char at[CLOCK_TEXT_MAX]; /* t_ns as text */
};

static void add_name(struct buf *out, const char *name)
{
	_cleanup_buf_ struct buf safe = {0};
	text_escape_terminal(&safe, name);
	const char *quote = strpbrk(buf_str(&safe), ",\"") ? "\"" : "";
	buf_add_str(out, quote);
	for (const char *c = buf_str(&safe); *c; c++) {
		if (*c == '"')
			buf_add_char(out, '"');
		buf_add_char(out, *c);
	}
	buf_add_str(out, quote);
}

static void add_extreme(struct buf *out, enum unit unit, int64_t value, int64_t last)
{
	buf_add_char(out, ',');
	if (value != last)
		samples_csv_value(out, unit, value);
}

static int print_point(void *ctx, const struct history_point *p, const struct entity *e)
{
	struct table *t = ctx;
	const struct signal_def *signal = &t->vocabulary->signals[p->signal];
	const char *unit = unit_name(signal->unit);
	if (!t->first_ns)
		t->first_ns = p->t_ns;
	if (p->t_ns != t->t_ns)
		clock_rfc3339(p->t_ns + (uint64_t)t->realtime_offset_ns, t->at);
	t->t_ns = p->t_ns;
	buf_clear(&t->row);
	buf_printf(&t->row, "%s,%s,", t->at, entity_kind_name(e->kind));
	add_name(&t->row, e->name);
	buf_printf(&t->row, *unit ? ",%s[%s]," : ",%s%s,", signal->name, unit);
	samples_csv_value(&t->row, signal->unit, p->last);
	add_extreme(&t->row, signal->unit, p->least, p->last);
	add_extreme(&t->row, signal->unit, p->greatest, p->last);
	buf_add_char(&t->row, '\n');
	fwrite(buf_str(&t->row), 1, t->row.len, t->to);
	return t->row.failed ? -ENOMEM : 0;
}

int history_csv(int ring_fd, const struct vocabulary *vocabulary, uint64_t from_ns, uint64_t to_ns, int64_t realtime_offset_ns,
		FILE *to, uint64_t *ret_first_ns)
{
	struct table t = {.vocabulary = vocabulary, .realtime_offset_ns = realtime_offset_ns, .to = to};
	fputs("time,kind,entity,signal,last,least,greatest\n", to);
	int r = history_read(ring_fd, vocabulary, from_ns, to_ns, print_point, &t);
	buf_done(&t.row);
	*ret_first_ns = t.first_ns;
	return r;
}
