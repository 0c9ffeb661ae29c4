/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/internal.h"

#define FIELD_TEXT_MAX 1024

static enum truth not(enum truth a)
{
	return a == TRUTH_UNKNOWN ? a : a == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

static enum truth is(bool yes)
{
	return yes ? TRUTH_TRUE : TRUTH_FALSE;
}

static bool signal_number(const struct machine *m, const struct op *o, uint16_t entity, double *ret)
{
	const struct signal_use *u = &m->signals[o->use];
	uint16_t slot = o->of_host ? ENTITY_HOST : entity;
	if (o->kind == EXPR_SIGNAL)
		return slot < u->slots && latest_value(&u->latest[slot], &u->spec, m->now_ns, ret);
	struct series *s = series_of(u, slot);
	if (!s || !series_window(s, &u->spec, o->window, o->fn, m->now_ns, ret))
		return false;
	*ret *= o->number;
	return true;
}

static bool field_number(const struct machine *m, const struct op *o, double *ret)
{
	int64_t value;
	if (!m->event || !event_field_number(m->event->event.record, m->event->event.len, o->expr->field.field, &value))
		return false;
	*ret = (double)value;
	return true;
}

static bool event_count(const struct machine *m, const struct op *o, uint16_t entity, double *ret)
{
	const struct detector_use *d = &m->detectors[o->use];
	if (!d->attached)
		return false;
	*ret = arrivals_count(&d->of[entity], m->now_ns, o->span_ns);
	return true;
}

static double tally(const struct machine *m, const struct program *p, const struct op *o)
{
	const struct selection *s = &m->selections[o->use];
	double count = 0;
	for (size_t i = 0; i < s->n; i++)
		count += eval_truth(m, p, o->a, s->slots[i]) == TRUTH_TRUE;
	return count;
}

static bool arithmetic(const struct machine *m, const struct program *p, const struct op *o, uint16_t entity,
		       double *ret)
{
	double a, b;
	if (!eval_number(m, p, o->a, entity, &a) || !eval_number(m, p, o->b, entity, &b))
		return false;
	switch (o->kind) {
	case EXPR_ADD:
		*ret = a + b;
		return true;
	case EXPR_SUBTRACT:
		*ret = a - b;
		return true;
	case EXPR_MULTIPLY:
		*ret = a * b;
		return true;
	default:
		*ret = a / b;
		return b != 0;
	}
}

bool eval_number(const struct machine *m, const struct program *p, uint16_t op, uint16_t entity, double *ret)
{
	const struct op *o = &p->ops[op];
	switch (o->kind) {
	case EXPR_NUMBER:
		*ret = o->number;
		return true;
	case EXPR_SIGNAL:
	case EXPR_WINDOW:
		return signal_number(m, o, entity, ret);
	case EXPR_FIELD:
		return field_number(m, o, ret);
	case EXPR_EVENTS:
		return event_count(m, o, entity, ret);
	case EXPR_TALLY:
		*ret = tally(m, p, o);
		return true;
	case EXPR_NEGATE:
		if (!eval_number(m, p, o->a, entity, ret))
			return false;
		*ret = -*ret;
		return true;
	case EXPR_ADD:
	case EXPR_SUBTRACT:
	case EXPR_MULTIPLY:
	case EXPR_DIVIDE:
		return arithmetic(m, p, o, entity, ret);
	default:
		return false;
	}
}

static enum truth compare(const struct machine *m, const struct program *p, const struct op *o, uint16_t entity)
{
	double a, b;
	if (!eval_number(m, p, o->a, entity, &a) || !eval_number(m, p, o->b, entity, &b))
		return TRUTH_UNKNOWN;
	switch (o->kind) {
	case EXPR_LESS:
		return is(a < b);
	case EXPR_LESS_EQUAL:
		return is(a <= b);
	case EXPR_GREATER:
		return is(a > b);
	case EXPR_GREATER_EQUAL:
		return is(a >= b);
	case EXPR_EQUAL:
		return is(a == b);
	default:
		return is(a != b);
	}
}

static enum truth compare_text(const struct machine *m, const struct op *o)
{
	char text[FIELD_TEXT_MAX];
	if (!m->event ||
	    !event_field_text(m->event->event.record, m->event->event.len, o->expr->field.field, text, sizeof(text)))
		return TRUTH_UNKNOWN;
	return is(streq(text, o->expr->field.text) == (o->kind == EXPR_TEXT_EQUAL));
}

/* ANY is an or over the entities, ALL an and: `decisive` ends it, an unknown one spoils the neutral outcome. */
static enum truth quantify(const struct machine *m, const struct program *p, const struct op *o, enum truth decisive)
{
	const struct selection *s = &m->selections[o->use];
	enum truth so_far = not(decisive);
	for (size_t i = 0; i < s->n; i++) {
		enum truth one = eval_truth(m, p, o->a, s->slots[i]);
		if (one == decisive)
			return decisive;
		if (one == TRUTH_UNKNOWN)
			so_far = TRUTH_UNKNOWN;
	}
	return so_far;
}

static inline uint64_t said_by(const struct op *o, unsigned side, uint64_t outcome)
{
	uint64_t below = outcome & ~UINT64_C(3);
	return o->terms == TERM_NONE ? below : below | ((outcome & 3) + 1) << (2 * (o->terms + side + 1));
}

static uint64_t negate(const struct machine *m, const struct program *p, const struct op *o, uint16_t entity)
{
	uint64_t a = eval_outcome(m, p, o->a, entity);
	return said_by(o, 0, a) | not(outcome_truth(a));
}

/* In line for each operator: most conditions are one of these, and a call costs as much as what it does. */
static inline __attribute__((always_inline)) uint64_t connect(const struct machine *m, const struct program *p,
							      const struct op *o, uint16_t entity, enum truth decisive)
{
	uint64_t a = eval_outcome(m, p, o->a, entity), said = said_by(o, 0, a);
	if (outcome_truth(a) == decisive)
		return said | decisive;
	uint64_t b = eval_outcome(m, p, o->b, entity);
	said |= said_by(o, 1, b);
	return said | (outcome_truth(b) == decisive || outcome_truth(a) != TRUTH_UNKNOWN ? outcome_truth(b) : TRUTH_UNKNOWN);
}

uint64_t eval_outcome(const struct machine *m, const struct program *p, uint16_t op, uint16_t entity)
{
	const struct op *o = &p->ops[op];
	switch (o->kind) {
	case EXPR_NOT:
		return negate(m, p, o, entity);
	case EXPR_AND:
		return connect(m, p, o, entity, TRUTH_FALSE);
	case EXPR_OR:
		return connect(m, p, o, entity, TRUTH_TRUE);
	case EXPR_ANY:
		return quantify(m, p, o, TRUTH_TRUE);
	case EXPR_ALL:
		return quantify(m, p, o, TRUTH_FALSE);
	case EXPR_CONSTANT:
		return is(o->number != 0);
	case EXPR_TEXT_EQUAL:
	case EXPR_TEXT_NOT_EQUAL:
		return compare_text(m, o);
	case EXPR_LESS:
	case EXPR_LESS_EQUAL:
	case EXPR_GREATER:
	case EXPR_GREATER_EQUAL:
	case EXPR_EQUAL:
	case EXPR_NOT_EQUAL:
		return compare(m, p, o, entity);
	default:
		return TRUTH_UNKNOWN;
	}
}
