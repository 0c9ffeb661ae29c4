/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/check.h"

#include "engine/base/text.h"

/* White space outside texts becomes one space, so that a folded expression reads as a line. */
static const char *source_of(struct checker *c, const struct term *t)
{
	const char *text = c->scalar->text;
	char *out = arena_alloc(c->arena, t->end - t->start + 1);
	char quote = '\0';
	size_t n = 0;
	for (size_t i = t->start; out && i < t->end; i++) {
		bool space = !quote && strchr(" \t\r\n", text[i]);
		if (space && n && out[n - 1] == ' ')
			continue;
		if (quote ? text[i] == quote : text[i] == '"' || text[i] == '\'')
			quote = quote ? '\0' : text[i];
		out[n++] = space ? ' ' : text[i];
		if (quote && text[i] == '\\' && i + 1 < t->end)
			out[n++] = text[++i];
	}
	return out;
}

struct expr *expr_new(struct checker *c, enum expr_kind kind, enum unit unit, const struct term *t)
{
	struct expr *e = arena_alloc(c->arena, sizeof(*e));
	const char *source = source_of(c, t);
	if (!e || !source)
		return NULL;
	e->kind = kind;
	e->unit = unit;
	e->at = e->operator_at = node_place(c->scalar, t->start);
	if (t->kind == TERM_INFIX)
		e->operator_at = node_place(c->scalar, t->operator);
	e->source = source;
	return e;
}

bool expr_is_truth(const struct expr *e)
{
	return e->kind >= EXPR_NOT;
}

static bool expr_is_text(const struct expr *e)
{
	return e->kind == EXPR_FIELD && event_field_is_text(e->field.field);
}

bool expr_is_constant(const struct expr *e)
{
	if (e->kind == EXPR_NUMBER)
		return true;
	if (e->kind < EXPR_NEGATE || e->kind > EXPR_DIVIDE)
		return false;
	return expr_is_constant(e->a) && (!e->b || expr_is_constant(e->b));
}

static struct expr *power_of_ten(struct checker *c, const struct expr *like, int exponent)
{
	struct expr *e = arena_alloc(c->arena, sizeof(*e));
	if (!e)
		return NULL;
	double value = 1;
	for (int i = 0; i < exponent; i++)
		value *= 10;
	*e = (struct expr){.kind = EXPR_NUMBER, .unit = UNIT_NUMBER, .at = like->at, .source = "", .number = {.value = value}};
	return e;
}

struct expr *expr_rescale(struct checker *c, struct expr *e, int exponent, enum unit unit)
{
	if (exponent == 0) {
		e->unit = unit;
		return e;
	}
	struct expr *ten = power_of_ten(c, e, abs(exponent)), *scaled = arena_alloc(c->arena, sizeof(*scaled));
	if (!ten || !scaled)
		return NULL;
	if (e->kind == EXPR_NUMBER) {
		e->number.value = exponent > 0 ? e->number.value * ten->number.value : e->number.value / ten->number.value;
		e->unit = unit;
		return e;
	}
	*scaled = (struct expr){.kind = exponent > 0 ? EXPR_MULTIPLY : EXPR_DIVIDE, .unit = unit, .at = e->at,
				.source = e->source, .a = e, .b = ten};
	return scaled;
}

static struct expr *check_leaf_number(struct checker *c, const struct term *t)
{
	struct expr *e = expr_new(c, EXPR_NUMBER, t->quantity.unit, t);
	if (e)
		e->number.value = t->quantity.value;
	return e;
}

static struct expr *check_leaf_param(struct checker *c, const struct term *t)
{
	const struct param *p = check_param(c, t->text);
	if (!p) {
		const char *names[c->rule->n_params + 1];
		for (size_t i = 0; i < c->rule->n_params; i++)
			names[i] = c->params[i].name;
		const char *near = text_nearest(t->text, names, c->rule->n_params);
		if (near)
			check_error(c, t->start, "unknown-param", "unknown parameter '$%.64s', did you mean '$%s'?", t->text, near);
		else
			check_error(c, t->start, "unknown-param", "unknown parameter '$%.64s'; add it to this rule's params",
				    t->text);
		return NULL;
	}
	struct expr *e = expr_new(c, EXPR_NUMBER, p->unit, t);
	if (e) {
		e->number.value = p->value;
		e->number.param = p->name;
	}
	return e;
}

static struct expr *check_leaf_field(struct checker *c, const struct term *t)
{
	const struct event_field *f = check_field(c, t);
	if (!f)
		return NULL;
	if (f->type == FIELD_STACK) {
		check_error(c, t->start, "opaque-field", "'%s' is a stack; it cannot be compared", t->text);
		return NULL;
	}
	struct expr *e = expr_new(c, EXPR_FIELD, f->unit, t);
	if (e)
		e->field.field = f;
	return e;
}

static struct expr *check_leaf_name(struct checker *c, struct scope scope, const struct term *t)
{
	if (t->match) {
		check_error(c, t->start, "syntax", "a pattern stands only behind a kind of entity, as in any(disk \"sd*\", …)");
		return NULL;
	}
	if (starts_with(t->text, "event."))
		return check_leaf_field(c, t);
	struct signal_ref ref;
	if (!check_signal(c, scope, t, &ref))
		return NULL;
	struct expr *e = expr_new(c, EXPR_SIGNAL, c->vocabulary->signals[ref.signal].unit, t);
	if (e) {
		e->signal.signal = ref.signal;
		e->signal.of_host = ref.of_host;
	}
	return e;
}

static struct expr *check_leaf_truth(struct checker *c, const struct term *t)
{
	struct expr *e = expr_new(c, EXPR_CONSTANT, UNIT_NUMBER, t);
	if (e)
		e->number.value = t->truth;
	return e;
}

static struct expr *check_prefix(struct checker *c, struct scope scope, const struct term *t)
{
	struct expr *a = t->op == EXPR_NOT ? check_truth(c, scope, t->a) : check_number(c, scope, t->a);
	struct expr *e = a ? expr_new(c, t->op, a->unit, t) : NULL;
	if (e)
		e->a = a;
	return e;
}

struct expr *check_term(struct checker *c, struct scope scope, const struct term *t)
{
	switch (t->kind) {
	case TERM_NUMBER:
		return check_leaf_number(c, t);
	case TERM_TRUTH:
		return check_leaf_truth(c, t);
	case TERM_PARAM:
		return check_leaf_param(c, t);
	case TERM_NAME:
		return check_leaf_name(c, scope, t);
	case TERM_CALL:
		return check_call(c, scope, t);
	case TERM_PREFIX:
		return check_prefix(c, scope, t);
	case TERM_INFIX:
		return check_infix(c, scope, t);
	case TERM_TEXT:
		break;
	}
	check_error(c, t->start, "misplaced-text", "a text can only be compared with a text field of an event");
	return NULL;
}

struct expr *check_number(struct checker *c, struct scope scope, const struct term *t)
{
	struct expr *e = check_term(c, scope, t);
	if (!e)
		return NULL;
	if (expr_is_text(e)) {
		check_error(c, t->start, "not-a-number", "'%s' is a text; compare it with == or != and a \"text\"", e->source);
		return NULL;
	}
	if (expr_is_truth(e)) {
		check_error(c, t->start, "not-a-number", "'%s' is true or false where a number is needed; truths are joined by and, or, not", e->source);
		return NULL;
	}
	return e;
}

struct expr *check_truth(struct checker *c, struct scope scope, const struct term *t)
{
	struct expr *e = check_term(c, scope, t);
	if (!e || expr_is_truth(e))
		return e;
	check_error(c, t->start, "not-a-truth", "'%s' is %s, not true or false; compare it, as in %s > …", e->source,
		    expr_is_text(e) ? "a text" : unit_describe(e->unit), e->source);
	return NULL;
}

const struct expr *check_condition(struct checker *c, const struct node *scalar)
{
	const char *text;
	if (!node_string(scalar, c->diagnostics, &text))
		return NULL;
	const struct term *t = term_parse(scalar, c->arena, c->diagnostics);
	if (!t)
		return NULL;
	c->scalar = scalar;
	return check_truth(c, (struct scope){.about = c->rule->for_each}, t);
}
