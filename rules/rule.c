/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/rule.h"

#include "engine/base/arena.h"

const char *window_fn_name(enum window_fn fn)
{
	static const char *const names[WINDOW_FN_MAX_] = {
		[WINDOW_AVG] = "avg",	    [WINDOW_MIN] = "min",	[WINDOW_MAX] = "max",	[WINDOW_SUM] = "sum",
		[WINDOW_LAST] = "last",	    [WINDOW_RISE] = "rise",	[WINDOW_DROP] = "drop", [WINDOW_RATIO] = "ratio",
		[WINDOW_RATE] = "rate",	    [WINDOW_SLOPE] = "slope",	[WINDOW_EWMA] = "ewma", [WINDOW_STDDEV] = "stddev",
		[WINDOW_ZSCORE] = "zscore", [WINDOW_P50] = "p50",	[WINDOW_P90] = "p90",	[WINDOW_P99] = "p99",
		[WINDOW_COUNT] = "count",
	};
	return names[fn];
}

const char *severity_name(enum severity s)
{
	static const char *const names[] = {"info", "minor", "major", "critical"};
	return names[s];
}

const struct rule *ruleset_find(const struct ruleset *set, const char *name)
{
	for (size_t i = 0; i < set->n; i++)
		if (streq(set->rules[i].name, name))
			return &set->rules[i];
	return NULL;
}

const struct origin *rule_origin(const struct rule *r, const char *key)
{
	for (size_t i = r->n_origins; i-- > 0;)
		if (streq(r->origins[i].key, key))
			return &r->origins[i];
	return NULL;
}

/* The set itself lies in its arena. */
struct ruleset *ruleset_free(struct ruleset *set)
{
	if (set)
		arena_free(set->arena);
	return NULL;
}
