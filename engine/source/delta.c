/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/delta.h"

#define LAG_MAX UINT64_C(60000000000)

static uint64_t step_lagging(uint64_t *ref, uint64_t now)
{
	if (now < *ref && *ref - now <= LAG_MAX)
		return 0;
	uint64_t step = now > *ref ? now - *ref : 0;
	*ref = now;
	return step;
}

uint64_t counter_step(enum counter kind, uint64_t *ref, uint64_t now)
{
	if (kind == COUNTER_LAGS)
		return step_lagging(ref, now);
	uint64_t was = *ref;
	*ref = now;
	if (now >= was)
		return now - was;
	/* A step of more than half the range is not a wrap: no counter moves that far in a second. */
	uint32_t wrapped = (uint32_t)now - (uint32_t)was;
	return kind == COUNTER_32 && wrapped <= INT32_MAX ? wrapped : now;
}

int deltas_init(struct deltas *d, unsigned columns, uint64_t period_ns)
{
	unsigned rows = (unsigned)(DELTA_SPAN_NS / period_ns) + 3;
	*d = (struct deltas){.columns = columns, .rows = rows, .slack_ns = period_ns / 2};
	d->ref = calloc(columns, sizeof(*d->ref));
	d->sum = calloc((size_t)rows * columns, sizeof(*d->sum));
	d->t_ns = calloc(rows, sizeof(*d->t_ns));
	if (d->ref && d->sum && d->t_ns)
		return 0;
	deltas_done(d);
	return -ENOMEM;
}

static uint64_t *row(const struct deltas *d, uint64_t number)
{
	return &d->sum[(number % d->rows) * d->columns];
}

static bool is_old_enough(const struct deltas *d, uint64_t number, uint64_t now_ns)
{
	return d->t_ns[number % d->rows] + DELTA_SPAN_NS <= now_ns + d->slack_ns;
}

/* The row to write; the newest again when rows come so fast that the base would be overwritten. */
static uint64_t number_of_next_row(struct deltas *d, uint64_t now_ns)
{
	while (d->base + 1 < d->pushed && is_old_enough(d, d->base + 1, now_ns))
		d->base++;
	if (d->pushed - d->base >= d->rows)
		return d->pushed - 1;
	return d->pushed++;
}

void deltas_push(struct deltas *d, uint64_t t_ns, const uint64_t *raw, const uint8_t *kinds)
{
	if (!d->pushed)
		memcpy(d->ref, raw, d->columns * sizeof(*raw));
	uint64_t newest = d->pushed ? d->pushed - 1 : 0, number = number_of_next_row(d, t_ns);
	const uint64_t *before = row(d, newest);
	uint64_t *sum = row(d, number);
	for (unsigned i = 0; i < d->columns; i++)
		sum[i] = before[i] + counter_step(kinds ? kinds[i] : COUNTER_64, &d->ref[i], raw[i]);
	d->t_ns[number % d->rows] = t_ns;
}

void deltas_restart(struct deltas *d, unsigned column, uint64_t raw)
{
	d->ref[column] = raw;
}

uint64_t deltas_span(const struct deltas *d)
{
	if (d->pushed < 2)
		return 0;
	uint64_t now_ns = d->t_ns[(d->pushed - 1) % d->rows];
	return is_old_enough(d, d->base, now_ns) ? now_ns - d->t_ns[d->base % d->rows] : 0;
}

uint64_t deltas_of(const struct deltas *d, unsigned column)
{
	return row(d, d->pushed - 1)[column] - row(d, d->base)[column];
}

void deltas_done(struct deltas *d)
{
	free(d->ref);
	free(d->sum);
	free(d->t_ns);
	*d = (struct deltas){0};
}
