/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/inputlog_read.h"

/* Readings as they stand in the log: series by series. */
struct decoded {
	struct column_reading *readings;
	uint32_t *tick;
	size_t n, cap;
};

static void decoded_done(struct decoded *d)
{
	free(d->readings);
	free(d->tick);
}

static int decode_times(struct cursor *c, uint32_t series, uint64_t n, uint32_t n_ticks, struct decoded *d)
{
	uint64_t tick = UINT64_MAX; /* so that the first gap is the tick + 1 */
	if (c->bad || n > cursor_left(c) || n > d->cap - d->n)
		return -EBADMSG;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t head = cursor_varint(c);
		if (c->bad || head < 2 || head / 2 > n_ticks || (tick += head / 2) >= n_ticks)
			return -EBADMSG;
		d->readings[d->n + i] = (struct column_reading){.series = series, .unknown = head % 2};
		d->tick[d->n + i] = (uint32_t)tick;
	}
	return 0;
}

static int decode_series(struct inputlog_reader *r, struct cursor *c, uint32_t n_ticks, struct decoded *d)
{
	uint64_t signal = cursor_varint(c), entity = cursor_varint(c), n = cursor_varint(c), value = 0;
	if (c->bad || signal >= r->signals.n || entity >= entities_max(r->entities))
		return -EBADMSG;
	int error = decode_times(c, series_of((uint32_t)signal, (uint32_t)entity), n, n_ticks, d);
	if (error < 0)
		return error;
	for (struct column_reading *at = d->readings + d->n, *end = at + n; at < end; at++) {
		if (at->unknown)
			continue;
		value += (uint64_t)cursor_zigzag(c);
		at->value = (int64_t)value;
	}
	d->n += n;
	return c->bad ? -EBADMSG : 0;
}

/* Turns the columns into ticks: a counting sort. */
static int by_ticks(const struct decoded *d, uint32_t n_ticks, struct columns *ret)
{
	struct columns c = {.readings = malloc((d->n + 1) * sizeof(*c.readings)),
			    .first = calloc((size_t)n_ticks + 2, sizeof(*c.first)),
			    .n_ticks = n_ticks};
	if (!c.readings || !c.first) {
		columns_done(&c);
		return -ENOMEM;
	}
	for (size_t i = 0; i < d->n; i++)
		c.first[d->tick[i] + 2]++;
	for (uint32_t t = 2; t <= n_ticks; t++)
		c.first[t] += c.first[t - 1];
	for (size_t i = 0; i < d->n; i++)
		c.readings[c.first[d->tick[i] + 1]++] = d->readings[i];
	columns_done(ret);
	*ret = c;
	return 0;
}

int columns_read(struct inputlog_reader *r, struct cursor *c)
{
	uint64_t n_ticks = cursor_varint(c), n = cursor_varint(c);
	/* A tick costs at least three bytes behind this record, a reading at least one in it. */
	if (c->bad || n_ticks == 0 || n_ticks > cursor_left(&r->records) / 3 || n > cursor_left(c))
		return -EBADMSG;
	size_t cap = cursor_left(c);
	_cleanup_(decoded_done) struct decoded d = {.readings = malloc((cap + 1) * sizeof(*d.readings)),
						    .tick = malloc((cap + 1) * sizeof(*d.tick)),
						    .cap = cap};
	int error = d.readings && d.tick ? 0 : -ENOMEM;
	for (uint64_t i = 0; error == 0 && i < n; i++)
		error = decode_series(r, c, (uint32_t)n_ticks, &d);
	return error < 0 ? error : by_ticks(&d, (uint32_t)n_ticks, &r->columns);
}

void columns_done(struct columns *c)
{
	free(c->readings);
	free(c->first);
	*c = (struct columns){0};
}
