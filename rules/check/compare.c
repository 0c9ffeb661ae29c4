/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/check.h"

struct operands {
	struct expr *a, *b;
};

static bool is_bare_zero(const struct expr *e)
{
	return e->kind == EXPR_NUMBER && e->unit == UNIT_NUMBER && e->number.value == 0;
}

static struct expr *to_unit(struct checker *c, struct expr *e, enum unit unit)
{
	return expr_rescale(c, e, unit_exponent(e->unit) - unit_exponent(unit), unit);
}

/* The unit both sides can be brought to; false when they are of different kinds. */
static bool common_unit(const struct expr *a, const struct expr *b, enum unit *ret)
{
	if (a->unit == b->unit || is_bare_zero(b))
		*ret = a->unit;
	else if (is_bare_zero(a))
		*ret = b->unit;
	else if (unit_is_plain(a->unit) && unit_is_plain(b->unit))
		*ret = a->unit == UNIT_MILLI || b->unit == UNIT_MILLI ? UNIT_MILLI : UNIT_COUNT;
	else if (a->unit == UNIT_PERCENT && b->unit == UNIT_NUMBER && !expr_is_constant(b))
		*ret = UNIT_PERCENT; /* x / y against 10%: a quotient is a share */
	else if (b->unit == UNIT_PERCENT && a->unit == UNIT_NUMBER && !expr_is_constant(a))
		*ret = UNIT_PERCENT;
	else
		return false;
	return true;
}

/* What to write instead, as far as that is certain: a bare number wants the other side's unit. */
static const char *unit_remedy(const struct expr *bare, enum unit unit, char *text, size_t size)
{
	if (!bare)
		snprintf(text, size, "only what has one unit can be compared or added");
	else if (bare->number.param)
		snprintf(text, size, "give the parameter its unit");
	else
		snprintf(text, size, "write %.40s%s", bare->source, unit_suffix(unit));
	return text;
}

static void complain_of_units(struct checker *c, const struct term *t, const struct expr *a, const struct expr *b)
{
	char remedy[80];
	const struct expr *bare = a->kind == EXPR_NUMBER && a->unit == UNIT_NUMBER	 ? a
				  : b->kind == EXPR_NUMBER && b->unit == UNIT_NUMBER ? b
										     : NULL;
	size_t at = bare == a ? t->a->start : bare == b ? t->b->start : t->operator;
	check_error(c, at, "unit-mismatch", "'%s' is %s, '%s' is %s; %s", a->source, unit_describe(a->unit), b->source,
		    unit_describe(b->unit), unit_remedy(bare, bare == a ? b->unit : a->unit, remedy, sizeof(remedy)));
}

/* Both sides as numbers of one unit. */
static bool check_alike(struct checker *c, struct scope scope, const struct term *t, struct operands *ret)
{
	struct operands o = {check_number(c, scope, t->a), check_number(c, scope, t->b)};
	enum unit unit;
	if (!o.a || !o.b)
		return false;
	if (!common_unit(o.a, o.b, &unit)) {
		complain_of_units(c, t, o.a, o.b);
		return false;
	}
	o.a = is_bare_zero(o.a) ? expr_rescale(c, o.a, 0, unit) : to_unit(c, o.a, unit);
	o.b = is_bare_zero(o.b) ? expr_rescale(c, o.b, 0, unit) : to_unit(c, o.b, unit);
	*ret = o;
	return o.a && o.b;
}

static struct expr *joined(struct checker *c, const struct term *t, enum unit unit, struct operands o)
{
	struct expr *e = expr_new(c, t->op, unit, t);
	if (!e)
		return NULL;
	e->a = o.a;
	e->b = o.b;
	return e;
}

static struct expr *check_sum(struct checker *c, struct scope scope, const struct term *t)
{
	struct operands o;
	return check_alike(c, scope, t, &o) ? joined(c, t, o.a->unit, o) : NULL;
}

static struct expr *check_product(struct checker *c, struct scope scope, const struct term *t)
{
	struct operands o = {check_number(c, scope, t->a), check_number(c, scope, t->b)};
	enum unit unit;
	int exponent;
	if (!o.a || !o.b)
		return NULL;
	bool times = t->op == EXPR_MULTIPLY;
	if (!(times ? unit_multiply : unit_divide)(o.a->unit, o.b->unit, &unit, &exponent)) {
		check_error(c, t->operator, "unit-mismatch", "'%s', %s, %s '%s', %s, has no unit that we know", o.a->source,
			    unit_describe(o.a->unit), times ? "times" : "divided by", o.b->source, unit_describe(o.b->unit));
		return NULL;
	}
	if (!times && o.b->kind == EXPR_NUMBER && o.b->number.value == 0) {
		check_error(c, t->b->start, "division-by-zero", "'%s' divided by '%s', which is zero, is never known",
			    o.a->source, o.b->source);
		return NULL;
	}
	struct expr *e = joined(c, t, unit, o);
	return e ? expr_rescale(c, e, exponent, unit) : NULL;
}

static bool is_text_field(const struct term *t)
{
	return t->kind == TERM_NAME && starts_with(t->text, "event.");
}

/* event.victim_comm == "java", either way round. */
static struct expr *check_text(struct checker *c, const struct term *t)
{
	const struct term *text = t->a->kind == TERM_TEXT ? t->a : t->b, *name = text == t->a ? t->b : t->a;
	if (!is_text_field(name) || (t->op != EXPR_EQUAL && t->op != EXPR_NOT_EQUAL)) {
		check_error(c, text->start, "misplaced-text",
			    "a text can only be compared, by == or !=, with a text field of an event");
		return NULL;
	}
	const struct event_field *f = check_field(c, name);
	if (!f)
		return NULL;
	if (!event_field_is_text(f)) {
		check_error(c, name->start, "misplaced-text", "'%s' is no text; compare it with a number", name->text);
		return NULL;
	}
	if (f->type == FIELD_WORD && !check_word(c, f, text->text, node_place(c->scalar, text->start)))
		return NULL;
	struct expr *e = expr_new(c, t->op == EXPR_EQUAL ? EXPR_TEXT_EQUAL : EXPR_TEXT_NOT_EQUAL, UNIT_NUMBER, t);
	if (e) {
		e->field.field = f;
		e->field.text = text->text;
	}
	return e;
}

static struct expr *check_compare(struct checker *c, struct scope scope, const struct term *t)
{
	struct operands o;
	if (t->a->kind == TERM_TEXT || t->b->kind == TERM_TEXT)
		return check_text(c, t);
	return check_alike(c, scope, t, &o) ? joined(c, t, o.a->unit, o) : NULL;
}

static struct expr *check_logic(struct checker *c, struct scope scope, const struct term *t)
{
	struct operands o = {check_truth(c, scope, t->a), check_truth(c, scope, t->b)};
	return o.a && o.b ? joined(c, t, UNIT_NUMBER, o) : NULL;
}

struct expr *check_infix(struct checker *c, struct scope scope, const struct term *t)
{
	switch (t->op) {
	case EXPR_AND:
	case EXPR_OR:
		return check_logic(c, scope, t);
	case EXPR_ADD:
	case EXPR_SUBTRACT:
		return check_sum(c, scope, t);
	case EXPR_MULTIPLY:
	case EXPR_DIVIDE:
		return check_product(c, scope, t);
	default:
		return check_compare(c, scope, t);
	}
}
