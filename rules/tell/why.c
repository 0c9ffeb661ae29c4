/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/tell/why.h"

#include "rules/run/internal.h"

struct telling {
	const struct machine *m;
	const struct program *p;
	const struct rule_run *rule;
	const struct instance *instance;
	struct why_term *terms;
	size_t n;
};

static bool is_truth(const struct op *o)
{
	return o->kind >= EXPR_NOT;
}

static bool is_quantifier(const struct op *o)
{
	return o->kind == EXPR_ANY || o->kind == EXPR_ALL || o->kind == EXPR_TALLY;
}

/* The checker puts a factor without a source where units meet: × or ÷ 10^k. That is no term of anybody's. */
static bool is_rescaling(const struct program *p, const struct op *o)
{
	return (o->kind == EXPR_MULTIPLY || o->kind == EXPR_DIVIDE) && !*p->ops[o->b].expr->source;
}

/* The first for whom the term inside speaks for the outcome of the quantifier: a true one, for all() a false one. */
static uint16_t witness(const struct telling *t, const struct op *o)
{
	const struct selection *s = &t->m->selections[o->use];
	enum truth sought = o->kind == EXPR_ALL ? TRUTH_FALSE : TRUTH_TRUE;
	for (size_t i = 0; i < s->n; i++)
		if (eval_truth(t->m, t->p, o->a, s->slots[i]) == sought)
			return s->slots[i];
	return s->n ? s->slots[0] : ENTITY_NONE;
}

static uint64_t whole_since(const struct telling *t, enum truth verdict)
{
	return t->instance->verdict == verdict ? t->instance->verdict_since_ns : 0;
}

/* Of the term of that number. */
static uint64_t term_since(const struct telling *t, unsigned number, enum truth verdict)
{
	bool so = number < SAID_TERMS_MAX && terms_said(t->instance->said, number) == 1U + verdict;
	return so ? terms_since(t->rule, t->instance)[number] : 0;
}

/* `number`: as a term, TERM_NONE where since when is not known. */
static void tell(struct telling *t, uint16_t op, uint16_t entity, unsigned depth, unsigned number)
{
	const struct op *o = &t->p->ops[op];
	struct why_term *term = &t->terms[t->n++];
	*term = (struct why_term){.expr = o->expr, .depth = depth, .verdict = TRUTH_UNKNOWN, .entity = entity};
	if (is_truth(o)) {
		term->verdict = eval_truth(t->m, t->p, op, entity);
		term->since_ns = op == t->p->when ? whole_since(t, term->verdict) : term_since(t, number, term->verdict);
	} else {
		term->known = eval_number(t->m, t->p, op, entity, &term->value);
	}
	while (is_rescaling(t->p, o)) /* what was only rescaled is the same term */
		o = &t->p->ops[o->a];
	if (is_quantifier(o)) {
		uint16_t who = witness(t, o);
		if (who != ENTITY_NONE)
			tell(t, o->a, who, depth + 1, TERM_NONE);
		return;
	}
	if (o->a != NONE)
		tell(t, o->a, entity, depth + 1, o->terms);
	if (o->b != NONE)
		tell(t, o->b, entity, depth + 1, o->terms == TERM_NONE ? TERM_NONE : o->terms + 1U);
}

static enum truth not(enum truth a)
{
	return a == TRUTH_UNKNOWN ? a : a == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

/* The whole if the truth at `flipped` were `as`; steps over terms[*at] and its parts. */
static enum truth supposed(const struct telling *t, size_t *at, size_t flipped, enum truth as)
{
	size_t i = (*at)++;
	const struct why_term *term = &t->terms[i];
	enum expr_kind kind = term->expr->kind;
	enum truth a, b, whole = term->verdict;
	if (kind == EXPR_NOT) {
		whole = not(supposed(t, at, flipped, as));
	} else if (kind == EXPR_AND || kind == EXPR_OR) {
		enum truth decisive = kind == EXPR_AND ? TRUTH_FALSE : TRUTH_TRUE;
		a = supposed(t, at, flipped, as);
		b = supposed(t, at, flipped, as);
		whole = a == decisive || b == decisive ? decisive :
			a == TRUTH_UNKNOWN || b == TRUTH_UNKNOWN ? TRUTH_UNKNOWN :
								   not(decisive);
	}
	while (*at < t->n && t->terms[*at].depth > term->depth)
		(*at)++;
	return i == flipped ? as : whole;
}

static bool would_change(const struct telling *t, size_t i, enum truth as)
{
	size_t at = 0;
	return supposed(t, &at, i, as) != t->terms[0].verdict;
}

/* Truths below a quantifier or a comparison are not reached by supposed(), so nothing changes and none is blamed. */
static void blame(struct telling *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct why_term *term = &t->terms[i];
		if (term->expr->kind < EXPR_NOT)
			continue;
		term->blamed = term->verdict == TRUTH_UNKNOWN ?
				       would_change(t, i, TRUTH_TRUE) || would_change(t, i, TRUTH_FALSE) :
				       would_change(t, i, not(term->verdict));
	}
}

int why_terms(const struct machine *m, uint16_t rule, uint16_t entity, struct why_term **ret_terms, size_t *ret_n)
{
	const struct rule_run *r = rule < m->n_rules ? &m->rules[rule] : NULL;
	const struct instance *i = r ? instance_find(r, entity) : NULL;
	if (!i || !i->judged)
		return -ENOENT;
	_cleanup_free_ struct why_term *terms = calloc(r->program.n + 1U, sizeof(*terms));
	if (!terms)
		return -ENOMEM;
	struct telling t = {.m = m, .p = &r->program, .rule = r, .instance = i, .terms = terms};
	if (r->program.when != NONE)
		tell(&t, r->program.when, entity, 0, TERM_NONE);
	blame(&t);
	*ret_terms = take_ptr(terms);
	*ret_n = t.n;
	return 0;
}
