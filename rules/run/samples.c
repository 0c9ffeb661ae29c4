/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/samples.h"

static int grow(struct samples *s)
{
	uint32_t cap = MAX(s->cap * 2, 8U);
	struct sample *ring = malloc(cap * sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	for (uint32_t seq = s->first; seq != s->end; seq++)
		ring[seq & (cap - 1)] = *samples_at(s, seq);
	free(s->ring);
	s->ring = ring;
	s->cap = cap;
	return 0;
}

int samples_reserve(struct samples *s, uint32_t max)
{
	if (samples_count(s) >= max)
		return -ENOSPC;
	return samples_count(s) < s->cap ? 0 : grow(s);
}

void samples_push(struct samples *s, uint64_t t_ns, int64_t value)
{
	s->ring[s->end++ & (s->cap - 1)] = (struct sample){t_ns, value};
}

void samples_done(struct samples *s)
{
	free(s->ring);
	*s = (struct samples){0};
}
