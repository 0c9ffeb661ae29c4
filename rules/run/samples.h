/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The readings of one signal of one entity that its windows may still need, in a ring that grows by doubling up to a
 * bound. A sample is named by its sequence number, which survives growth; numbers wrap, so compare them by difference.
 */
#pragma once

#include "engine/base/util.h"

struct sample {
	uint64_t t_ns;
	int64_t value;
};

struct samples {
	struct sample *ring;
	uint32_t cap;	     /* a power of two, 0 before the first sample */
	uint32_t first, end; /* sequence numbers: [first, end) are held */
};

static inline uint32_t samples_count(const struct samples *s)
{
	return s->end - s->first;
}

static inline const struct sample *samples_at(const struct samples *s, uint32_t seq)
{
	return &s->ring[seq & (s->cap - 1)];
}

/* Makes room for one more; -ENOMEM, or -ENOSPC when `max` are held already. */
int samples_reserve(struct samples *s, uint32_t max);
/* After samples_reserve(). */
void samples_push(struct samples *s, uint64_t t_ns, int64_t value);
void samples_done(struct samples *s);
