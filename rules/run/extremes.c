/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/extremes.h"

static int grow(struct extremes *e)
{
	uint32_t cap = MAX(e->cap * 2, 8U);
	uint32_t *ring = malloc(cap * sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	for (uint32_t i = e->first; i != e->end; i++)
		ring[i & (cap - 1)] = e->ring[i & (e->cap - 1)];
	free(e->ring);
	e->ring = ring;
	e->cap = cap;
	return 0;
}

static bool is_beaten(int64_t old, int64_t new, int sign)
{
	return sign > 0 ? old >= new : old <= new;
}

int extremes_push(struct extremes *e, const struct samples *s, uint32_t seq, int sign)
{
	int64_t value = samples_at(s, seq)->value;
	while (e->end != e->first && is_beaten(samples_at(s, e->ring[(e->end - 1) & (e->cap - 1)])->value, value, sign))
		e->end--;
	if (e->end - e->first == e->cap) {
		int r = grow(e);
		if (r < 0)
			return r;
	}
	e->ring[e->end++ & (e->cap - 1)] = seq;
	return 0;
}

void extremes_evict(struct extremes *e, uint32_t seq)
{
	if (e->end != e->first && e->ring[e->first & (e->cap - 1)] == seq)
		e->first++;
}

int64_t extremes_value(const struct extremes *e, const struct samples *s)
{
	return samples_at(s, e->ring[e->first & (e->cap - 1)])->value;
}

void extremes_done(struct extremes *e)
{
	free(e->ring);
	*e = (struct extremes){0};
}
