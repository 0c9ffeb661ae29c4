/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/hourlog.h"

#include "engine/record/hourlog_codec.h"

struct tail_item {
	uint8_t type;
	struct cursor body;
};

/* False at the end of what is whole. */
static bool tail_next(struct cursor *tail, struct tail_item *ret)
{
	struct cursor c = *tail;
	const uint8_t *head = cursor_bytes(&c, TAIL_HEAD);
	uint32_t len = head ? get_u32(head) : 0;
	const uint8_t *data = len ? cursor_bytes(&c, len) : NULL;
	if (!data || tail_checksum(data, len) != get_u32(head + 4))
		return false;
	*ret = (struct tail_item){.type = data[0], .body = cursor_over(data + 1, len - 1)};
	*tail = c;
	return true;
}

size_t hourlog_whole(const void *tail, size_t len)
{
	struct cursor c = cursor_over(tail, len);
	struct tail_item item;
	while (tail_next(&c, &item))
		;
	return (size_t)(c.at - (const uint8_t *)tail);
}

bool hourlog_begins(const void *tail, size_t len)
{
	struct cursor c = cursor_over(tail, len);
	struct tail_item item;
	return tail_next(&c, &item) && item.type == TAIL_BEGIN;
}

size_t hourlog_block_end(const void *tail, size_t len)
{
	struct cursor c = cursor_over(tail, len);
	struct tail_item item;
	size_t end = 0;
	while (tail_next(&c, &item)) {
		if (item.type == TAIL_BEGIN && end)
			return end;
		end = (size_t)(c.at - (const uint8_t *)tail);
	}
	return len;
}

struct row {
	uint32_t series, tick;
	bool unknown;
	int64_t value;
};

struct fold {
	struct series_map series;
	struct row *rows;
	size_t n, cap;
	int64_t *last; /* by the series' index */
	size_t last_cap;
	uint32_t n_ticks;
	uint64_t run, begin_ns, end_ns;
	int64_t realtime_offset_ns;
	struct buf preamble, rest; /* HEADER and SEGMENT; what comes behind the columns */
};

static void fold_done(struct fold *f)
{
	series_map_done(&f->series);
	free(f->rows);
	free(f->last);
	buf_done(&f->preamble);
	buf_done(&f->rest);
}

static void add_record(struct buf *out, uint8_t type, const void *data, size_t len)
{
	buf_add_varint(out, type);
	buf_add_varint(out, len);
	buf_add(out, data, len);
}

static int take_row(struct fold *f, uint32_t series, bool unknown, struct cursor *c)
{
	int64_t index = series_map_index(&f->series, series);
	if (index < 0 || !array_room(f->rows, f->n, f->cap))
		return -ENOMEM;
	if ((size_t)index >= f->last_cap) {
		size_t cap = MAX((size_t)index + 1, f->last_cap * 2 + 64);
		int64_t *last = reallocarray(f->last, cap, sizeof(*last));
		if (!last)
			return -ENOMEM;
		memset(last + f->last_cap, 0, (cap - f->last_cap) * sizeof(*last));
		f->last = last;
		f->last_cap = cap;
	}
	if (!unknown)
		f->last[index] = (int64_t)((uint64_t)f->last[index] + (uint64_t)cursor_zigzag(c));
	f->rows[f->n++] = (struct row){(uint32_t)index, f->n_ticks, unknown, f->last[index]};
	return c->bad ? -EBADMSG : 0;
}

static int take_second(struct fold *f, struct cursor *c)
{
	_cleanup_buf_ struct buf tick = {0};
	uint64_t dt = cursor_varint(c), series = 0;
	buf_add_varint(&tick, dt);
	buf_add_char(&tick, (char)INPUTLOG_COLUMNS);
	int r = c->bad || tick.failed ? -EBADMSG : 0;
	while (r == 0 && cursor_left(c)) {
		uint64_t head = cursor_varint(c);
		if (c->bad || head / 2 > UINT32_MAX || (series += head / 2) > UINT32_MAX)
			return -EBADMSG;
		r = take_row(f, (uint32_t)series, head % 2, c);
	}
	f->end_ns += dt;
	f->n_ticks++;
	add_record(&f->rest, RECORD_TICK, tick.data, tick.len);
	return r;
}

static int take_begin(struct fold *f, struct cursor *c)
{
	if (f->begin_ns || f->preamble.len)
		return -EBADMSG;
	f->run = cursor_varint(c);
	f->begin_ns = f->end_ns = cursor_varint(c);
	f->realtime_offset_ns = cursor_zigzag(c);
	return c->bad ? -EBADMSG : 0;
}

static int take_item(struct fold *f, struct tail_item *item)
{
	struct cursor c = item->body;
	switch (item->type) {
	case TAIL_BEGIN:
		return take_begin(f, &item->body);
	case TAIL_SECOND:
		return take_second(f, &item->body);
	case RECORD_HEADER:
	case RECORD_SEGMENT:
		add_record(&f->preamble, item->type, c.at, cursor_left(&c));
		return 0;
	default:
		if (item->type != RECORD_TRANSITION) /* whose time leads nowhere */
			f->end_ns += cursor_varint(&item->body);
		add_record(&f->rest, item->type, c.at, cursor_left(&c));
		return 0;
	}
}

/* Where each series' rows begin once they are put in order; one more at the end. */
static uint32_t *sort_rows(struct fold *f, struct row **ret_sorted)
{
	struct row *sorted = malloc((f->n + 1) * sizeof(*sorted));
	uint32_t *first = calloc((size_t)f->series.n + 2, sizeof(*first));
	*ret_sorted = sorted;
	if (!sorted || !first) {
		free(first);
		return NULL;
	}
	for (size_t i = 0; i < f->n; i++)
		first[f->rows[i].series + 2]++;
	for (uint32_t s = 2; s <= f->series.n; s++)
		first[s] += first[s - 1];
	for (size_t i = 0; i < f->n; i++)
		sorted[first[f->rows[i].series + 1]++] = f->rows[i];
	return first;
}

static void add_column(struct buf *out, uint32_t series, const struct row *rows, uint32_t n)
{
	uint32_t before = UINT32_MAX;
	uint64_t last = 0;
	buf_add_varint(out, series & 0xffff);
	buf_add_varint(out, series >> 16);
	buf_add_varint(out, n);
	for (uint32_t i = 0; i < n; i++) {
		buf_add_varint(out, (uint64_t)(rows[i].tick - before) * 2 + rows[i].unknown);
		before = rows[i].tick;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (rows[i].unknown)
			continue;
		buf_add_zigzag(out, (int64_t)((uint64_t)rows[i].value - last));
		last = (uint64_t)rows[i].value;
	}
}

struct column {
	uint32_t series, index;
};

static int by_series(const void *a, const void *b)
{
	uint32_t x = ((const struct column *)a)->series, y = ((const struct column *)b)->series;
	return (x > y) - (x < y);
}

static struct column *sort_columns(const struct series_map *m)
{
	struct column *columns = calloc((size_t)m->n + 1, sizeof(*columns));
	for (uint32_t i = 0, n = 0; columns && i < m->n_slots; i++)
		if (m->slot[i].index)
			columns[n++] = (struct column){m->slot[i].series, m->slot[i].index - 1};
	if (columns)
		qsort(columns, m->n, sizeof(*columns), by_series);
	return columns;
}

static int add_columns(struct fold *f, struct buf *out)
{
	_cleanup_free_ struct row *sorted = NULL;
	_cleanup_free_ uint32_t *first = sort_rows(f, &sorted);
	_cleanup_free_ struct column *columns = sort_columns(&f->series);
	_cleanup_buf_ struct buf b = {0};
	if (!first || !columns)
		return -ENOMEM;
	buf_add_varint(&b, f->n_ticks);
	buf_add_varint(&b, f->series.n);
	for (uint32_t i = 0; i < f->series.n; i++) {
		uint32_t index = columns[i].index;
		add_column(&b, columns[i].series, sorted + first[index], first[index + 1] - first[index]);
	}
	add_record(out, RECORD_COLUMNS, b.data, b.len);
	return b.failed ? -ENOMEM : 0;
}

static int add_block(struct fold *f, struct buf *out)
{
	buf_add(out, HOURLOG_MAGIC, strlen(HOURLOG_MAGIC));
	buf_add_varint(out, f->run);
	buf_add_varint(out, f->begin_ns);
	buf_add_varint(out, f->end_ns);
	buf_add_zigzag(out, f->realtime_offset_ns);
	buf_add(out, INPUTLOG_MAGIC, strlen(INPUTLOG_MAGIC));
	buf_add_varint(out, INPUTLOG_VERSION);
	buf_add(out, f->preamble.data, f->preamble.len);
	int r = f->n_ticks ? add_columns(f, out) : 0;
	buf_add(out, f->rest.data, f->rest.len);
	return out->failed || f->preamble.failed || f->rest.failed ? -ENOMEM : r;
}

int hourlog_fold(const void *tail, size_t len, struct buf *ret_block)
{
	_cleanup_(fold_done) struct fold f = {0};
	struct cursor c = cursor_over(tail, len);
	struct tail_item item;
	int r = 0;
	while (r == 0 && tail_next(&c, &item))
		r = take_item(&f, &item);
	if (r < 0)
		return r;
	return f.rest.len && f.preamble.len ? add_block(&f, ret_block) : -ENODATA;
}
