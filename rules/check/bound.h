/* SPDX-License-Identifier: GPL-2.0-only */
/* Which values a comparison with a constant admits: what contradictions and overlaps are found by. */
#pragma once

#include "rules/rule.h"

struct bound {
	const struct expr *term;
	double least, most;
	bool above, below; /* least, most themselves are not in it */
};

/* False when it is no comparison of a term with a constant by < <= > >= or ==. */
bool bound_of(const struct expr *comparison, struct bound *ret);
/* What values the term can have at all. */
struct bound bound_domain(const struct expr *term);

struct bound bound_meet(const struct bound *a, const struct bound *b);
bool bound_is_empty(const struct bound *b);
/* Whether all of a is in b. */
bool bound_is_within(const struct bound *a, const struct bound *b);
/* All other values; false when these are no interval. */
bool bound_complement(const struct bound *b, struct bound *ret);

/* The same computation, wherever it is written and however its parameters are called. */
bool expr_same(const struct expr *a, const struct expr *b);
