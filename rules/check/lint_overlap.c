/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/lint.h"

static bool same_match(const char *a, const char *b)
{
	return a == b || (a && b && streq(a, b));
}

static bool implies(const struct expr *a, const struct expr *b)
{
	struct bound x, y;
	if (expr_same(a, b))
		return true;
	return bound_of(a, &x) && bound_of(b, &y) && expr_same(x.term, y.term) && bound_is_within(&x, &y);
}

static bool is_implied(const struct expr *e, const struct sides *by)
{
	for (size_t i = 0; i < by->n; i++)
		if (implies(by->of[i], e))
			return true;
	return false;
}

/* Wherever a's condition holds b's does; without a condition every event counts. */
static bool is_covered(const struct rule *a, const struct rule *b)
{
	struct sides x, y;
	if (!b->when)
		return b->on >= 0;
	if (!lint_sides(a->when, EXPR_AND, &x) || !lint_sides(b->when, EXPR_AND, &y))
		return false;
	for (size_t i = 0; i < y.n; i++)
		if (!is_implied(y.of[i], &x))
			return false;
	return true;
}

static bool are_about_the_same(const struct rule *a, const struct rule *b)
{
	return a->enabled && b->enabled && a->on == b->on && a->for_each == b->for_each && a->severity == b->severity &&
	       same_match(a->match, b->match);
}

/* With another hold the stricter condition may be the quicker one: then both have their use. */
static bool overlaps(const struct rule *strict, const struct rule *wide)
{
	return is_covered(strict, wide) && strict->hold_ns >= wide->hold_ns && strict->hold_of_ns == wide->hold_of_ns;
}

void lint_overlaps(const struct rule *rules, size_t n, struct diagnostics *d)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++) {
			if (!are_about_the_same(&rules[i], &rules[k]))
				continue;
			bool later = overlaps(&rules[i], &rules[k]);
			if (!later && !overlaps(&rules[k], &rules[i]))
				continue;
			const struct rule *strict = later ? &rules[i] : &rules[k], *wide = later ? &rules[k] : &rules[i];
			diagnostics_add(d, DIAGNOSTIC_WARNING, rules[i].at, "overlapping-rules",
					"'%s' holds only where '%s' (%s:%u) holds too, and both are %s", strict->name, wide->name,
					wide->at.file, wide->at.line, severity_name(wide->severity));
		}
}
