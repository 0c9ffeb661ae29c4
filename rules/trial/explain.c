/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/trial/internal.h"

#include "rules/tell/why.h"

static const char *const verdicts[] = {"false", "true", "unknown"};

static void add_value(struct buf *out, const struct why_term *term)
{
	if (term->known)
		unit_format(out, term->expr->unit, term->value);
	else
		buf_add_str(out, "unknown");
}

/* "cpu.sys > $level: false" and below it, deeper, "cpu.sys = 45.0%". Constants tell nothing new. */
static void add_term(struct buf *out, const struct why_term *term)
{
	if (term->expr->kind == EXPR_NUMBER && !term->expr->number.param)
		return;
	buf_printf(out, "%s%*s%s", out->len ? "\n" : "", (int)(2 * term->depth), "", term->expr->source);
	if (term->expr->kind >= EXPR_NOT) {
		buf_printf(out, ": %s", verdicts[term->verdict]);
	} else {
		buf_add_str(out, " = ");
		add_value(out, term);
	}
}

/* What keeps a condition that is true from firing. */
static void add_hold(struct buf *out, const struct trial *t, uint16_t rule, uint16_t slot)
{
	struct rule_status s;
	if (!machine_status(t->machine, rule, slot, &s) || s.state != RULE_PENDING)
		return;
	buf_add_str(out, "\nheld ");
	unit_format(out, UNIT_SECONDS, (double)s.hold_progress_ns);
	buf_add_str(out, " of ");
	unit_format(out, UNIT_SECONDS, (double)t->options.rules->rules[rule].hold_ns);
}

static const char *terms_text(struct trial *t, uint16_t rule, uint16_t slot)
{
	_cleanup_free_ struct why_term *terms = NULL;
	_cleanup_buf_ struct buf out = {0};
	size_t n;
	if (why_terms(t->machine, rule, slot, &terms, &n) < 0)
		return NULL;
	for (size_t i = 0; i < n; i++)
		add_term(&out, &terms[i]);
	add_hold(&out, t, rule, slot);
	return n ? arena_strdup(t->options.explain->arena, buf_str(&out)) : NULL;
}

void explain_seen(struct trial *t, const struct moment *m, uint16_t slot)
{
	struct trial_result *of = t->options.explain;
	for (size_t i = 0; of && i < of->n; i++) {
		struct moment *told = &of->moments[i];
		if (told->differs && told->seen && !told->why && told->t_ns == m->t_ns && told->kind == m->kind &&
		    told->rule == m->rule && streq(told->entity, m->entity))
			told->why = terms_text(t, m->rule, slot);
	}
}

static uint16_t slot_of(const struct trial *t, const struct moment *m)
{
	for (unsigned i = 0; i < t->max_entities; i++)
		if (t->residents[i].name && t->residents[i].kind == m->entity_kind && streq(t->residents[i].name, m->entity))
			return (uint16_t)i;
	return ENTITY_NONE;
}

/* A rule on events is left out: its terms mean nothing once the event is over. */
void explain_missed(struct trial *t, uint64_t t_ns)
{
	struct trial_result *of = t->options.explain;
	for (size_t i = 0; of && i < of->n; i++) {
		struct moment *told = &of->moments[i];
		bool lasts = t->options.rules->rules[told->rule].on < 0;
		if (lasts && told->differs && !told->seen && told->t_ns == t_ns - t->begin_ns)
			told->why = terms_text(t, told->rule, slot_of(t, told));
	}
}
