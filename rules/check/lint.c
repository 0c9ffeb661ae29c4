/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/check.h"

static bool is_comparison(const struct expr *e)
{
	return e->kind >= EXPR_LESS && e->kind <= EXPR_NOT_EQUAL;
}

/* A share itself, or what stays within its bounds. */
static bool is_share(const struct expr *e)
{
	return e->unit == UNIT_PERCENT && (e->kind == EXPR_SIGNAL || (e->kind == EXPR_WINDOW && e->window.fn != WINDOW_SUM));
}

/* x > 120%, 120% < x */
static void lint_share(struct checker *c, const struct expr *e)
{
	bool up = e->kind == EXPR_GREATER || e->kind == EXPR_GREATER_EQUAL;
	bool down = e->kind == EXPR_LESS || e->kind == EXPR_LESS_EQUAL;
	const struct expr *share = up ? e->a : e->b, *bound = up ? e->b : e->a;
	bool strict = e->kind == EXPR_GREATER || e->kind == EXPR_LESS;
	const double whole = 100 * unit_quanta(UNIT_PERCENT);
	if (!(up || down) || !is_share(share) || bound->kind != EXPR_NUMBER)
		return;
	if (strict ? bound->number.value >= whole : bound->number.value > whole)
		check_warning_at(c, e->at, "never-true", "'%s' is never true: '%s' is at most 100%%", e->source, share->source);
}

static bool is_armed_here(const struct rule *r, uint16_t detector)
{
	for (size_t i = 0; i < r->arm.n_detectors; i++)
		if (r->arm.detectors[i] == detector)
			return true;
	return false;
}

static void lint_detector(struct checker *c, uint16_t detector, struct position at)
{
	const struct detector_def *d = &c->vocabulary->detectors[detector];
	if (d->class == DETECTOR_ARMED && !is_armed_here(c->rule, detector))
		check_warning_at(c, at, "unarmed-detector",
				 "'%s' is attached only while armed, and this rule does not arm it: until then its events are unknown",
				 d->name);
}

static void lint_expr(struct checker *c, const struct expr *e)
{
	if (!e)
		return;
	if (e->kind == EXPR_EVENTS)
		lint_detector(c, e->events.detector, e->at);
	if (is_comparison(e)) {
		if (expr_is_constant(e->a) && expr_is_constant(e->b))
			check_warning_at(c, e->at, "constant-condition", "'%s' is always the same", e->source);
		else
			lint_share(c, e);
	}
	lint_expr(c, e->a);
	lint_expr(c, e->b);
}

static void lint_root(struct checker *c, const struct expr *e)
{
	if (e && e->kind == EXPR_CONSTANT)
		check_warning_at(c, e->at, "constant-condition", "'%s' is always the same", e->source);
	lint_expr(c, e);
}

void check_lint(struct checker *c)
{
	const struct rule *r = c->rule;
	lint_root(c, r->when);
	lint_root(c, r->clear);
	lint_root(c, r->arm.when);
	check_params_used(c);
	if (r->on >= 0)
		lint_detector(c, (uint16_t)r->on, r->at);
	if (r->when && r->clear && streq(r->when->source, r->clear->source))
		check_warning_at(c, r->clear->at, "clear-is-when", "'clear' is the same as 'when': the firing ends while it holds");
	if (r->capture.n_collectors == 0)
		check_warning_at(c, r->at, "no-collectors", "this rule takes no evidence of its own; name some in capture.collect");
}
