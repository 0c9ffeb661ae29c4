/* SPDX-License-Identifier: GPL-2.0-only */
/* Which rules read what, found by walking their expressions every time. */
#include "tests/unit/support/naive.h"

static bool any_node(const struct expr *e, enum entity_kind inside, bool quantified, naive_visit_fn visit, const void *ctx)
{
	if (!e)
		return false;
	if (visit(e, inside, quantified, ctx))
		return true;
	if (e->kind == EXPR_ANY || e->kind == EXPR_ALL || e->kind == EXPR_TALLY)
		return any_node(e->a, e->over.kind, true, visit, ctx);
	return any_node(e->a, inside, quantified, visit, ctx) || any_node(e->b, inside, quantified, visit, ctx);
}

bool naive_any(const struct rule *r, naive_visit_fn visit, const void *ctx)
{
	return any_node(r->when, r->for_each, false, visit, ctx) || any_node(r->clear, r->for_each, false, visit, ctx) ||
	       any_node(r->arm.when, r->for_each, false, visit, ctx);
}

struct asked {
	const struct naive *n;
	const struct reading *reading;
	uint16_t entity;
};

int naive_signal(const struct expr *e, bool *ret_of_host)
{
	*ret_of_host = e->kind == EXPR_SIGNAL ? e->signal.of_host : e->kind == EXPR_WINDOW && e->window.of_host;
	return e->kind == EXPR_SIGNAL ? e->signal.signal : e->kind == EXPR_WINDOW ? e->window.signal : -1;
}

static bool reads(const struct expr *e, enum entity_kind inside, bool quantified, const void *ctx)
{
	const struct asked *a = ctx;
	bool of_host;
	if (naive_signal(e, &of_host) != a->reading->signal)
		return false;
	if (of_host || inside == ENTITY_KIND_HOST)
		return a->reading->entity == ENTITY_HOST;
	return quantified ? a->n->slots[a->reading->entity].kind == inside : a->reading->entity == a->entity;
}

/* Which events are asked for: any, or those of one detector that arrived for `event`, by a rule on `own`. */
struct asked_events {
	int detector;
	uint16_t event, own;
};

static bool counts_events(const struct expr *e, enum entity_kind inside, bool quantified, const void *ctx)
{
	(void)inside;
	const struct asked_events *a = ctx;
	if (e->kind != EXPR_EVENTS || a->detector < 0)
		return e->kind == EXPR_EVENTS;
	return e->events.detector == a->detector && (quantified || a->own == ENTITY_HOST || a->own == a->event);
}

bool naive_is_signal(const struct expr *e, enum entity_kind inside, bool quantified, const void *ctx)
{
	bool of_host;
	(void)inside;
	(void)quantified;
	(void)ctx;
	return naive_signal(e, &of_host) >= 0;
}

static bool quantifies_over_nobody(const struct expr *e, enum entity_kind inside, bool quantified, const void *ctx)
{
	const struct naive *n = ctx;
	(void)inside;
	(void)quantified;
	if (e->kind != EXPR_ANY && e->kind != EXPR_ALL && e->kind != EXPR_TALLY)
		return false;
	for (uint16_t slot = 0; slot < NAIVE_SLOTS; slot++)
		if (n->slots[slot].alive && n->slots[slot].kind == e->over.kind && naive_matches(n, e->over.match, slot))
			return false;
	return true;
}

static bool tick_is_due(const struct naive *n, const struct rule *r, uint16_t entity, const struct input *in)
{
	static const struct asked_events any = {.detector = -1};
	if (in->tick.n && (naive_any(r, counts_events, &any) || !naive_any(r, naive_is_signal, NULL) ||
			   naive_any(r, quantifies_over_nobody, n)))
		return true;
	for (size_t i = 0; i < in->tick.n; i++) {
		struct asked a = {n, &in->tick.readings[i], entity};
		if (n->slots[a.reading->entity].alive && naive_any(r, reads, &a))
			return true;
	}
	return false;
}

bool naive_is_due(const struct naive *n, const struct rule *r, uint16_t entity, const struct input *in)
{
	if (in->kind == INPUT_TICK)
		return tick_is_due(n, r, entity, in);
	struct asked_events of = {in->event.detector, in->event.entity, entity};
	return in->kind == INPUT_EVENT && n->detectors[of.detector].attached && naive_any(r, counts_events, &of);
}
