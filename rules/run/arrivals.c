/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/arrivals.h"

static bool grow(struct arrivals *a)
{
	uint32_t cap = MAX(a->cap * 2, 8U);
	if (cap > ARRIVALS_MAX)
		return false;
	uint64_t *ring = malloc(cap * sizeof(*ring));
	if (!ring)
		return false;
	for (uint32_t i = a->first; i != a->end; i++)
		ring[i & (cap - 1)] = arrivals_at(a, i);
	free(a->ring);
	a->ring = ring;
	a->cap = cap;
	return true;
}

void arrivals_add(struct arrivals *a, uint64_t t_ns, uint64_t longest_ns)
{
	while (a->first != a->end && t_ns >= longest_ns && arrivals_at(a, a->first) <= t_ns - longest_ns)
		a->first++;
	if (a->end - a->first == a->cap && !grow(a)) {
		if (a->cap == 0)
			return;
		a->first++;
	}
	a->ring[a->end++ & (a->cap - 1)] = t_ns;
}

uint32_t arrivals_count(const struct arrivals *a, uint64_t now_ns, uint64_t span_ns)
{
	uint32_t lo = 0, n = a->end - a->first, hi = n;
	if (now_ns < span_ns)
		return n;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (arrivals_at(a, a->first + mid) <= now_ns - span_ns)
			lo = mid + 1;
		else
			hi = mid;
	}
	return n - lo;
}

void arrivals_done(struct arrivals *a)
{
	free(a->ring);
	*a = (struct arrivals){0};
}
