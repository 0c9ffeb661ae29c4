/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/lint.h"

#include "engine/base/clock.h"

static bool is_comparison(const struct expr *e)
{
	return e->kind >= EXPR_LESS && e->kind <= EXPR_NOT_EQUAL;
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
	if (is_comparison(e) && expr_is_constant(e->a) && expr_is_constant(e->b))
		check_warning_at(c, e->at, "constant-condition", "'%s' is always the same", e->source);
	lint_expr(c, e->a);
	lint_expr(c, e->b);
}

static void lint_root(struct checker *c, const struct expr *e)
{
	if (e && e->kind == EXPR_CONSTANT)
		check_warning_at(c, e->at, "constant-condition", "'%s' is always the same", e->source);
	lint_expr(c, e);
	lint_bounds(c, e);
}

/* Of windows that tell a change, which is over when the window has passed it. */
static void lint_hold(struct checker *c, const struct expr *e)
{
	char hold[CLOCK_TEXT_MAX];
	if (!e)
		return;
	bool change = e->kind == EXPR_WINDOW && (e->window.fn == WINDOW_RISE || e->window.fn == WINDOW_DROP ||
						 e->window.fn == WINDOW_RATIO || e->window.fn == WINDOW_ZSCORE);
	if (change && c->rule->hold_ns > e->window.span_ns)
		check_warning_at(c, e->at, "hold-beyond-window", "a hold of %s is longer than the window of '%s'",
				 clock_span(c->rule->hold_ns, hold), e->source);
	lint_hold(c, e->a);
	lint_hold(c, e->b);
}

/* Nothing but latest values beside constants, joined by `and` and `or`. */
static bool is_level(const struct expr *e)
{
	struct bound b;
	if (e->kind == EXPR_AND || e->kind == EXPR_OR)
		return is_level(e->a) && is_level(e->b);
	return bound_of(e, &b) && b.term->kind == EXPR_SIGNAL;
}

static void lint_end(struct checker *c)
{
	const struct rule *r = c->rule;
	if (r->when && r->clear && expr_same(r->when, r->clear))
		check_warning_at(c, r->clear->at, "clear-is-when", "'clear' is the same as 'when': the firing ends while it holds");
	else
		lint_clear(c);
	if (r->on < 0 && r->when && !r->clear && r->hold_ns == 0 && r->clear_hold_ns == 0 && is_level(r->when))
		check_warning_at(c, r->when->at, "no-clear",
				 "'%s' fires and ends at each crossing; give the rule a hold, or a clear below it", r->when->source);
}

static void lint_capture(struct checker *c)
{
	const struct rule *r = c->rule;
	if (r->capture.n_collectors == 0)
		check_warning_at(c, r->at, "no-collectors", "this rule takes no evidence of its own; name some in capture.collect");
	if (c->store_bytes && r->capture.max_bytes > c->store_bytes)
		check_warning_at(c, r->at, "capture-too-big", "capture.max_size is %llu MiB, the whole store has %llu MiB",
				 (unsigned long long)(r->capture.max_bytes >> 20), (unsigned long long)(c->store_bytes >> 20));
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
	lint_hold(c, r->when);
	lint_end(c);
	lint_capture(c);
	lint_cost(c);
}
