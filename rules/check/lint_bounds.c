/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/lint.h"

#include <math.h>

static bool gather(const struct expr *e, enum expr_kind connective, struct sides *s)
{
	if (e->kind == connective)
		return gather(e->a, connective, s) && gather(e->b, connective, s);
	if (s->n == LINT_SIDES_MAX)
		return false;
	s->of[s->n++] = e;
	return true;
}

bool lint_sides(const struct expr *e, enum expr_kind connective, struct sides *ret)
{
	*ret = (struct sides){0};
	return e && gather(e, connective, ret);
}

/* One comparison against what its term can be at all. */
static void lint_reach(struct checker *c, const struct expr *e)
{
	struct bound b;
	if (!bound_of(e, &b))
		return;
	const struct bound domain = bound_domain(b.term), met = bound_meet(&b, &domain);
	bool low = b.most <= 0 && domain.least == 0;
	const char *limit = low || domain.most == INFINITY ? "never below 0" : "at most 100%";
	if (bound_is_empty(&met))
		check_warning_at(c, e->at, "never-true", "'%s' is never true: '%s' is %s", e->source, b.term->source, limit);
	else if (bound_is_within(&domain, &b))
		check_warning_at(c, e->at, "always-true", "'%s' is always true: '%s' is %s", e->source, b.term->source,
				 b.most == INFINITY ? "never below 0" : "at most 100%");
}

static void lint_and(struct checker *c, const struct expr *e)
{
	struct sides s;
	struct bound a, b;
	if (!lint_sides(e, EXPR_AND, &s))
		return;
	for (size_t i = 0; i < s.n; i++)
		for (size_t k = 0; bound_of(s.of[i], &b) && k < i; k++) {
			if (!bound_of(s.of[k], &a) || !expr_same(a.term, b.term))
				continue;
			const struct bound both = bound_meet(&a, &b);
			if (bound_is_empty(&both))
				check_warning_at(c, s.of[i]->at, "contradiction", "'%s' and '%s' exclude each other", s.of[k]->source,
						 s.of[i]->source);
		}
}

/* a or b leaves nothing out when nothing is neither. */
static void lint_or(struct checker *c, const struct expr *e)
{
	struct sides s;
	struct bound a, b, not_a, not_b;
	if (!lint_sides(e, EXPR_OR, &s))
		return;
	for (size_t i = 0; i < s.n; i++)
		for (size_t k = 0; bound_of(s.of[i], &b) && k < i; k++) {
			if (!bound_of(s.of[k], &a) || !expr_same(a.term, b.term) || !bound_complement(&a, &not_a) ||
			    !bound_complement(&b, &not_b))
				continue;
			const struct bound neither = bound_meet(&not_a, &not_b);
			if (bound_is_empty(&neither))
				check_warning_at(c, s.of[i]->at, "always-true", "'%s' or '%s' is always true", s.of[k]->source,
						 s.of[i]->source);
		}
}

static void lint_below(struct checker *c, const struct expr *e, enum expr_kind above)
{
	if (!e)
		return;
	if (e->kind == EXPR_AND && above != EXPR_AND)
		lint_and(c, e);
	if (e->kind == EXPR_OR && above != EXPR_OR)
		lint_or(c, e);
	lint_reach(c, e);
	lint_below(c, e->a, e->kind);
	lint_below(c, e->b, e->kind);
}

void lint_bounds(struct checker *c, const struct expr *e)
{
	lint_below(c, e, EXPR_CONSTANT);
}

/* How the values of one comparison stand to those of the same term among `sides`. */
enum relation { UNRELATED, OVERLAPS, APART };

static enum relation relate(const struct expr *e, const struct sides *sides)
{
	enum relation found = UNRELATED;
	struct bound a, b;
	for (size_t i = 0; bound_of(e, &a) && i < sides->n; i++) {
		if (!bound_of(sides->of[i], &b) || !expr_same(a.term, b.term))
			continue;
		const struct bound both = bound_meet(&a, &b);
		if (bound_is_empty(&both))
			return APART;
		found = OVERLAPS;
	}
	return found;
}

/* One comparison of clear that is apart from when is enough: they never hold together. */
void lint_clear(struct checker *c)
{
	const struct rule *r = c->rule;
	struct sides when, clear;
	const struct expr *overlapping = NULL;
	if (!lint_sides(r->when, EXPR_AND, &when) || !lint_sides(r->clear, EXPR_AND, &clear))
		return;
	for (size_t i = 0; i < clear.n; i++) {
		enum relation relation = relate(clear.of[i], &when);
		if (relation == APART)
			return;
		if (relation == OVERLAPS && !overlapping)
			overlapping = clear.of[i];
	}
	if (overlapping)
		check_warning_at(c, overlapping->at, "clear-overlaps", "'%s' holds for values that fire: the firing ends and begins again",
				 overlapping->source);
}
