/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The least (or greatest) value of a sliding window in O(1) amortized: a queue of the samples that could still become it,
 * each better than all after it. The front is the answer.
 */
#pragma once

#include "rules/run/samples.h"

struct extremes {
	uint32_t *ring; /* sequence numbers of samples */
	uint32_t cap, first, end;
};

/* `sign` is 1 for the least, −1 for the greatest value. -ENOMEM. */
int extremes_push(struct extremes *e, const struct samples *s, uint32_t seq, int sign);
/* The sample leaves the window. */
void extremes_evict(struct extremes *e, uint32_t seq);
/* Of a window that is not empty. */
int64_t extremes_value(const struct extremes *e, const struct samples *s);
void extremes_done(struct extremes *e);
