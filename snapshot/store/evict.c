/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/store/store.h"

struct eviction {
	const struct store_row *rows;
	size_t n, n_rules;
	const struct store_bounds *bounds;
	size_t *rule;	     /* of each row: the index of the first row with the same rule */
	uint64_t *rule_used; /* by that index */
	bool *stays, *evict;
	uint64_t used, free;
};

static void mark(struct eviction *e, size_t i)
{
	e->evict[i] = true;
	e->used -= e->rows[i].bytes;
	e->free += e->rows[i].bytes;
	e->rule_used[e->rule[i]] -= e->rows[i].bytes;
}

static void group(struct eviction *e)
{
	for (size_t i = 0; i < e->n; i++) {
		size_t first = 0;
		while (!streq(e->rows[first].rule, e->rows[i].rule))
			first++;
		e->rule[i] = first;
		e->rule_used[first] += e->rows[i].bytes;
		e->used += e->rows[i].bytes;
		e->n_rules += first == i;
	}
}

static void protect(struct eviction *e)
{
	for (size_t first = 0; first < e->n; first++) {
		size_t biggest = first;
		if (e->rule[first] != first)
			continue;
		for (size_t i = first; i < e->n; i++)
			if (e->rule[i] == first && e->rows[i].bytes > e->rows[biggest].bytes)
				biggest = i;
		e->stays[first] = e->stays[biggest] = true;
	}
	for (size_t i = 0; i < e->n; i++)
		e->stays[i] |= e->rows[i].pinned || streq(e->rows[i].state, "writing") || i == e->n - 1;
}

/* A bound on age is a promise to forget: only a pin outlives it. */
static void evict_old(struct eviction *e, uint64_t now_realtime_ns)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct store_row *row = &e->rows[i];
		bool kept = row->pinned || streq(row->state, "writing");
		if (!kept && e->bounds->max_age_ns && row->fired_realtime_ns &&
		    now_realtime_ns > row->fired_realtime_ns &&
		    now_realtime_ns - row->fired_realtime_ns > e->bounds->max_age_ns)
			mark(e, i);
	}
}

static bool fits(const struct eviction *e, uint64_t need)
{
	const struct store_bounds *b = e->bounds;
	bool in_use = !b->max_use || (need <= b->max_use && e->used <= b->max_use - need);
	return in_use && (!b->keep_free || (e->free >= need && e->free - need >= b->keep_free));
}

/* The oldest of a rule that has more than its share; where every rule keeps to it, the oldest of all. n: none. */
static size_t next_victim(const struct eviction *e)
{
	uint64_t share = e->used / MAX(e->n_rules, (size_t)1);
	size_t oldest = e->n;
	for (size_t i = 0; i < e->n; i++) {
		if (e->stays[i] || e->evict[i])
			continue;
		if (e->rule_used[e->rule[i]] > share)
			return i;
		oldest = MIN(oldest, i);
	}
	return oldest;
}

static bool plan(struct eviction *e, uint64_t need, uint64_t now_realtime_ns)
{
	group(e);
	protect(e);
	evict_old(e, now_realtime_ns);
	for (size_t i; !fits(e, need); mark(e, i)) {
		i = next_victim(e);
		if (i == e->n)
			return false;
	}
	return true;
}

bool store_plan_eviction(const struct store_row *rows, size_t n, const struct store_bounds *bounds, uint64_t free_bytes,
			 uint64_t need, uint64_t now_realtime_ns, bool *ret_evict)
{
	struct eviction e = {
		.rows = rows,
		.n = n,
		.bounds = bounds,
		.rule = calloc(n + 1, sizeof(*e.rule)),
		.rule_used = calloc(n + 1, sizeof(*e.rule_used)),
		.stays = calloc(n + 1, sizeof(*e.stays)),
		.evict = ret_evict,
		.free = free_bytes,
	};
	memset(ret_evict, 0, n * sizeof(*ret_evict));
	bool ok = e.rule && e.rule_used && e.stays && plan(&e, need, now_realtime_ns);
	free(e.rule);
	free(e.rule_used);
	free(e.stays);
	return ok;
}
