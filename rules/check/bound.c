/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/bound.h"

#include "rules/check/check.h"

#include <math.h>

/* Of numbers alone. */
static double fold(const struct expr *e)
{
	switch (e->kind) {
	case EXPR_NEGATE:
		return -fold(e->a);
	case EXPR_ADD:
		return fold(e->a) + fold(e->b);
	case EXPR_SUBTRACT:
		return fold(e->a) - fold(e->b);
	case EXPR_MULTIPLY:
		return fold(e->a) * fold(e->b);
	case EXPR_DIVIDE:
		return fold(e->a) / fold(e->b);
	default:
		return e->number.value;
	}
}

/* As if the term stood on the left. */
static enum expr_kind turned(enum expr_kind kind)
{
	switch (kind) {
	case EXPR_LESS:
		return EXPR_GREATER;
	case EXPR_LESS_EQUAL:
		return EXPR_GREATER_EQUAL;
	case EXPR_GREATER:
		return EXPR_LESS;
	case EXPR_GREATER_EQUAL:
		return EXPR_LESS_EQUAL;
	default:
		return kind;
	}
}

bool bound_of(const struct expr *e, struct bound *ret)
{
	if (e->kind < EXPR_LESS || e->kind > EXPR_EQUAL || expr_is_constant(e->a) == expr_is_constant(e->b))
		return false;
	bool left = expr_is_constant(e->b);
	enum expr_kind kind = left ? e->kind : turned(e->kind);
	double value = fold(left ? e->b : e->a);
	bool up = kind == EXPR_GREATER || kind == EXPR_GREATER_EQUAL, down = kind == EXPR_LESS || kind == EXPR_LESS_EQUAL;
	*ret = (struct bound){
		.term = left ? e->a : e->b,
		.least = down ? -INFINITY : value,
		.most = up ? INFINITY : value,
		.above = kind == EXPR_GREATER,
		.below = kind == EXPR_LESS,
	};
	return !isnan(value);
}

static bool is_signed(const struct expr *e)
{
	switch (e->kind) {
	case EXPR_SIGNAL:
	case EXPR_EVENTS:
	case EXPR_TALLY:
		return false;
	case EXPR_WINDOW:
		return e->window.fn == WINDOW_RATE || e->window.fn == WINDOW_SLOPE || e->window.fn == WINDOW_ZSCORE;
	default:
		return true;
	}
}

static bool is_share(const struct expr *e)
{
	return e->unit == UNIT_PERCENT && (e->kind == EXPR_SIGNAL || (e->kind == EXPR_WINDOW && e->window.fn != WINDOW_SUM));
}

struct bound bound_domain(const struct expr *e)
{
	return (struct bound){
		.term = e,
		.least = is_signed(e) ? -INFINITY : 0,
		.most = is_share(e) ? 100 * unit_quanta(UNIT_PERCENT) : INFINITY,
	};
}

struct bound bound_meet(const struct bound *a, const struct bound *b)
{
	const struct bound *low = a->least > b->least || (a->least == b->least && a->above) ? a : b;
	const struct bound *high = a->most < b->most || (a->most == b->most && a->below) ? a : b;
	return (struct bound){
		.term = a->term, .least = low->least, .most = high->most, .above = low->above, .below = high->below};
}

bool bound_is_empty(const struct bound *b)
{
	return b->least > b->most || (b->least == b->most && (b->above || b->below));
}

bool bound_is_within(const struct bound *a, const struct bound *b)
{
	bool low = a->least > b->least || (a->least == b->least && (a->above || !b->above));
	bool high = a->most < b->most || (a->most == b->most && (a->below || !b->below));
	return low && high;
}

bool bound_complement(const struct bound *b, struct bound *ret)
{
	bool down = b->least == -INFINITY, up = b->most == INFINITY;
	if (down == up)
		return false;
	*ret = (struct bound){.term = b->term, .least = -INFINITY, .most = INFINITY};
	if (down) {
		ret->least = b->most;
		ret->above = !b->below;
	} else {
		ret->most = b->least;
		ret->below = !b->above;
	}
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && streq(a, b));
}

static bool same_leaf(const struct expr *a, const struct expr *b)
{
	switch (a->kind) {
	case EXPR_NUMBER:
	case EXPR_CONSTANT:
		return a->number.value == b->number.value;
	case EXPR_SIGNAL:
		return a->signal.signal == b->signal.signal && a->signal.of_host == b->signal.of_host;
	case EXPR_WINDOW:
		return a->window.fn == b->window.fn && a->window.signal == b->window.signal &&
		       a->window.of_host == b->window.of_host && a->window.span_ns == b->window.span_ns;
	case EXPR_EVENTS:
		return a->events.detector == b->events.detector && a->events.span_ns == b->events.span_ns;
	case EXPR_FIELD:
	case EXPR_TEXT_EQUAL:
	case EXPR_TEXT_NOT_EQUAL:
		return a->field.field == b->field.field && same_text(a->field.text, b->field.text);
	case EXPR_ANY:
	case EXPR_ALL:
	case EXPR_TALLY:
		return a->over.kind == b->over.kind && same_text(a->over.match, b->over.match);
	default:
		return true;
	}
}

bool expr_same(const struct expr *a, const struct expr *b)
{
	if (!a || !b)
		return a == b;
	return a->kind == b->kind && a->unit == b->unit && same_leaf(a, b) && expr_same(a->a, b->a) && expr_same(a->b, b->b);
}
