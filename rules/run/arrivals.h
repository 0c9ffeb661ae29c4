/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the events of one detector arrived for one entity: what events(x, D) counts. Times are kept for the longest span
 * that is asked for, at most ARRIVALS_MAX of them; beyond that the oldest give way and a count saturates, so `> n` stays
 * true for any n below it.
 */
#pragma once

#include "engine/base/util.h"

#define ARRIVALS_MAX 16384U

struct arrivals {
	uint64_t *ring;
	uint32_t cap, first, end;
};

void arrivals_add(struct arrivals *a, uint64_t t_ns, uint64_t longest_ns);
/* How many stand in (now − span, now]. O(log n). */
uint32_t arrivals_count(const struct arrivals *a, uint64_t now_ns, uint64_t span_ns);
static inline uint64_t arrivals_at(const struct arrivals *a, uint32_t i)
{
	return a->ring[i & (a->cap - 1)];
}
void arrivals_done(struct arrivals *a);
