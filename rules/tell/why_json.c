/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/tell/why.h"

#include "rules/run/internal.h"
#include "rules/text/json.h"

#include <math.h>

static const char *const verdicts[] = {"false", "true", "unknown"};
static const char *const states[] = {"idle", "pending", "firing"};

static const char *const kinds[] = {
	[EXPR_NUMBER] = "number",	[EXPR_SIGNAL] = "signal",	  [EXPR_FIELD] = "field",
	[EXPR_NEGATE] = "arithmetic",	[EXPR_ADD] = "arithmetic",	  [EXPR_SUBTRACT] = "arithmetic",
	[EXPR_MULTIPLY] = "arithmetic", [EXPR_DIVIDE] = "arithmetic",	  [EXPR_WINDOW] = "window",
	[EXPR_EVENTS] = "events",	[EXPR_TALLY] = "count",		  [EXPR_NOT] = "not",
	[EXPR_AND] = "and",		[EXPR_OR] = "or",		  [EXPR_LESS] = "comparison",
	[EXPR_LESS_EQUAL] = "comparison", [EXPR_GREATER] = "comparison",  [EXPR_GREATER_EQUAL] = "comparison",
	[EXPR_EQUAL] = "comparison",	[EXPR_NOT_EQUAL] = "comparison",  [EXPR_TEXT_EQUAL] = "text",
	[EXPR_TEXT_NOT_EQUAL] = "text", [EXPR_ANY] = "any",		  [EXPR_ALL] = "all",
	[EXPR_CONSTANT] = "constant",
};

static const char *const signs[] = {
	[EXPR_LESS] = "<",	      [EXPR_LESS_EQUAL] = "<=", [EXPR_GREATER] = ">",
	[EXPR_GREATER_EQUAL] = ">=", [EXPR_EQUAL] = "==",      [EXPR_NOT_EQUAL] = "!=",
};

/* As few digits as give the same double back; JSON has no infinity. */
static void put_number(struct buf *out, double value)
{
	char text[40];
	if (!isfinite(value)) {
		buf_add_str(out, "null");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	buf_add_str(out, text);
}

/* A whole of the unit, as people count. */
static void put_value(struct buf *out, const char *key, const struct why_term *term)
{
	json_put_key(out, key);
	if (term->known)
		put_number(out, term->value / unit_quanta(term->expr->unit));
	else
		buf_add_str(out, "null");
}

static void format_value(struct buf *out, const struct why_term *term)
{
	if (term->known)
		unit_format(out, term->expr->unit, term->value);
	else
		buf_add_str(out, "unknown");
}

static void put_number_term(struct buf *out, const struct why_term *term)
{
	_cleanup_buf_ struct buf text = {0};
	put_value(out, "value", term);
	json_put_key_text(out, "unit", unit_name(term->expr->unit));
	format_value(&text, term);
	json_put_key_text(out, "text", buf_str(&text));
}

/* The left side is the next term, the right side the next of the same depth. */
static void put_comparison(struct buf *out, const struct why_term *term, const struct why_term *end)
{
	_cleanup_buf_ struct buf text = {0};
	const struct why_term *a = term + 1, *b = a + 1;
	while (b < end && b->depth != a->depth)
		b++;
	if (b >= end)
		return;
	put_value(out, "value", a);
	json_put_key_text(out, "unit", unit_name(a->expr->unit));
	format_value(&text, a);
	buf_printf(&text, " %s ", signs[term->expr->kind]);
	format_value(&text, b);
	json_put_key_text(out, "text", buf_str(&text));
	put_value(out, "threshold", b);
}

static void put_entity(struct buf *out, enum entity_kind kind, const char *name)
{
	json_put_key(out, "entity");
	buf_add_char(out, '{');
	json_put_key_text(out, "kind", entity_kind_name(kind));
	json_put_key_text(out, "name", name);
	buf_add_char(out, '}');
}

/* Seconds before the machine's present; null: never. */
static void put_ago(struct buf *out, const char *key, const struct machine *m, uint64_t t_ns)
{
	json_put_key(out, key);
	if (t_ns)
		put_number(out, (double)(m->now_ns - MIN(t_ns, m->now_ns)) / 1e9);
	else
		buf_add_str(out, "null");
}

static void put_term(struct buf *out, const struct machine *m, uint16_t entity, const struct why_term *term,
		     const struct why_term *end)
{
	enum expr_kind kind = term->expr->kind;
	buf_add_char(out, '{');
	json_put_key_text(out, "source", term->expr->source);
	json_put_key_text(out, "kind", kinds[kind]);
	if (kind < EXPR_NOT)
		put_number_term(out, term);
	else if (kind >= EXPR_LESS && kind <= EXPR_NOT_EQUAL)
		put_comparison(out, term, end);
	if (kind >= EXPR_NOT) {
		json_put_key_text(out, "verdict", verdicts[term->verdict]);
		put_ago(out, "since_s", m, term->since_ns);
	}
	json_put_key(out, "blamed");
	buf_add_str(out, term->blamed ? "true" : "false");
	json_put_key(out, "depth");
	buf_printf(out, "%u", term->depth);
	if (term->entity != entity)
		put_entity(out, m->residents[term->entity].kind, m->residents[term->entity].name);
	buf_add_char(out, '}');
}

static void put_exception(struct buf *out, const struct machine *m, uint16_t rule, uint16_t entity)
{
	const struct rule_run *r = &m->rules[rule];
	uint16_t index = exception_now(m, r, entity);
	json_put_key(out, "exception");
	if (index == NONE) {
		buf_add_str(out, "null");
		return;
	}
	const struct exception *e = &r->rule->exceptions[index];
	buf_add_char(out, '{');
	json_put_key_text(out, "name", e->name);
	json_put_key_text(out, "reason", e->reason ? e->reason : "");
	buf_add_char(out, '}');
}

static void put_tokens(struct buf *out, const char *key, uint32_t left, const struct limit *of)
{
	json_put_key(out, key);
	if (of->burst)
		buf_printf(out, "{\"left\": %u, \"of\": %u}", left, of->burst);
	else
		buf_add_str(out, "null");
}

static void put_standing(struct buf *out, const struct machine *m, const struct rule *rule, const struct rule_status *s)
{
	put_ago(out, "since_s", m, s->since_ns);
	put_ago(out, "verdict_since_s", m, s->verdict_since_ns);
	json_put_key(out, "held_s");
	put_number(out, (double)s->hold_progress_ns / 1e9);
	json_put_key(out, "hold_s");
	put_number(out, (double)rule->hold_ns / 1e9);
	put_tokens(out, "entity_limit", s->tokens_entity, &rule->limits.entity);
	put_tokens(out, "rule_limit", s->tokens_rule, &rule->limits.rule);
	put_ago(out, "suppressed_ago_s", m, s->suppressed_ns);
}

int why_json(const struct machine *m, uint16_t rule, uint16_t entity, const struct entity *who, struct buf *out)
{
	_cleanup_free_ struct why_term *terms = NULL;
	struct rule_status status;
	size_t n;
	int r = why_terms(m, rule, entity, &terms, &n);
	if (r < 0)
		return r;
	machine_status(m, rule, entity, &status);
	buf_add_char(out, '{');
	json_put_key_text(out, "rule", m->rules[rule].rule->name);
	put_entity(out, who->kind, who->name);
	json_put_key(out, "at");
	buf_printf(out, "%llu", (unsigned long long)status.evaluated_ns);
	json_put_key_text(out, "verdict", verdicts[status.verdict]);
	json_put_key_text(out, "state", states[status.state]);
	put_standing(out, m, m->rules[rule].rule, &status);
	put_exception(out, m, rule, entity);
	json_put_key(out, "terms");
	buf_add_char(out, '[');
	for (size_t i = 0; i < n; i++) {
		buf_add_str(out, i ? ", " : "");
		put_term(out, m, entity, &terms[i], terms + n);
	}
	buf_add_str(out, "]}");
	return out->failed ? -ENOMEM : 0;
}
