/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/check.h"

/* The checker built these nodes; they are const to everybody after it. */
static void number(struct rule *r, const struct expr *e)
{
	if (!e)
		return;
	((struct expr *)e)->id = r->n_exprs++;
	if (e->kind == EXPR_WINDOW)
		r->longest_span_ns = MAX(r->longest_span_ns, e->window.span_ns);
	else if (e->kind == EXPR_EVENTS)
		r->longest_span_ns = MAX(r->longest_span_ns, e->events.span_ns);
	number(r, e->a);
	number(r, e->b);
}

void check_number_exprs(struct checker *c)
{
	struct rule *r = c->rule;
	r->longest_span_ns = MAX(MAX(r->hold_ns, r->hold_of_ns), r->clear_hold_ns);
	number(r, r->when);
	number(r, r->clear);
	number(r, r->arm.when);
}
