/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/trial/mutate.h"

#include "engine/base/clock.h"

#include <math.h>

#define NUMBER_SHARE 100 /* a hundredth */
#define TIME_SHARE 10
#define MINUTE_S 60

const char *mutation_class_name(enum mutation_class c)
{
	static const char *const names[] = {"comparisons", "logic", "arithmetic", "thresholds", "times", "exceptions"};
	return names[c];
}

/* What becomes of an operator, with both signs. */
static const struct {
	enum expr_kind from, to;
	enum mutation_class class;
	const char *from_sign, *to_sign;
} operators[] = {
	{EXPR_LESS, EXPR_LESS_EQUAL, MUTATION_COMPARISON, "<", "<="},
	{EXPR_LESS_EQUAL, EXPR_LESS, MUTATION_COMPARISON, "<=", "<"},
	{EXPR_GREATER, EXPR_GREATER_EQUAL, MUTATION_COMPARISON, ">", ">="},
	{EXPR_GREATER_EQUAL, EXPR_GREATER, MUTATION_COMPARISON, ">=", ">"},
	{EXPR_EQUAL, EXPR_NOT_EQUAL, MUTATION_COMPARISON, "==", "!="},
	{EXPR_NOT_EQUAL, EXPR_EQUAL, MUTATION_COMPARISON, "!=", "=="},
	{EXPR_TEXT_EQUAL, EXPR_TEXT_NOT_EQUAL, MUTATION_COMPARISON, "==", "!="},
	{EXPR_TEXT_NOT_EQUAL, EXPR_TEXT_EQUAL, MUTATION_COMPARISON, "!=", "=="},
	{EXPR_AND, EXPR_OR, MUTATION_LOGIC, "and", "or"},
	{EXPR_OR, EXPR_AND, MUTATION_LOGIC, "or", "and"},
	{EXPR_ANY, EXPR_ALL, MUTATION_LOGIC, "any", "all"},
	{EXPR_ALL, EXPR_ANY, MUTATION_LOGIC, "all", "any"},
	{EXPR_ADD, EXPR_SUBTRACT, MUTATION_ARITHMETIC, "+", "-"},
	{EXPR_SUBTRACT, EXPR_ADD, MUTATION_ARITHMETIC, "-", "+"},
	{EXPR_MULTIPLY, EXPR_DIVIDE, MUTATION_ARITHMETIC, "*", "/"},
	{EXPR_DIVIDE, EXPR_MULTIPLY, MUTATION_ARITHMETIC, "/", "*"},
};

struct lister {
	struct arena *arena;
	struct mutations list;
	size_t cap;
	const struct rule *rule;
	bool failed;
};

static struct mutation *add(struct lister *l, struct position at, enum mutation_class class, const char *from,
			    const char *to)
{
	if (!from || !to || !array_room(l->list.of, l->list.n, l->cap)) {
		l->failed = true;
		return NULL;
	}
	struct mutation *m = &l->list.of[l->list.n++];
	*m = (struct mutation){.rule = l->rule, .at = at, .class = class, .from = from, .to = to};
	return m;
}

/* The checker's own factor where units meet: nobody wrote it. */
static bool is_rescaling(const struct expr *e)
{
	return (e->kind == EXPR_MULTIPLY || e->kind == EXPR_DIVIDE) && !*e->b->source;
}

static void list_operator(struct lister *l, const struct expr *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		if (operators[i].from != e->kind || is_rescaling(e))
			continue;
		struct mutation *m = add(l, e->operator_at, operators[i].class, operators[i].from_sign, operators[i].to_sign);
		if (!m)
			return;
		m->what = MUTATES_KIND;
		m->target.kind = &((struct expr *)e)->kind;
		m->other.kind = operators[i].to;
	}
}

/* As the rule could have written it. */
static void add_number(struct buf *out, enum unit unit, double quanta)
{
	if (unit == UNIT_SECONDS && fabs(quanta) < (double)NS_PER_S)
		buf_printf(out, "%.9gms", quanta / (double)NS_PER_MS);
	else if (unit == UNIT_BYTES || unit == UNIT_BYTES_PER_SECOND)
		buf_printf(out, "%.0fB%s", quanta, unit == UNIT_BYTES ? "" : "/s");
	else
		buf_printf(out, "%.9g%s", quanta / unit_quanta(unit), unit_name(unit));
}

static const char *nudged_text(struct lister *l, const struct expr *e, double quanta)
{
	_cleanup_buf_ struct buf out = {0};
	add_number(&out, e->unit, quanta);
	return arena_strdup(l->arena, buf_str(&out));
}

/* "15", "$level = 50%" */
static const char *written_text(struct lister *l, const struct expr *e)
{
	_cleanup_buf_ struct buf out = {0};
	buf_add_str(&out, e->source);
	for (size_t i = 0; e->number.param && i < l->rule->n_params; i++)
		if (streq(l->rule->params[i].name, e->number.param))
			buf_printf(&out, " = %s", l->rule->params[i].text);
	return arena_strdup(l->arena, buf_str(&out));
}

/* A bare number that is no count may be any fraction. */
static double nudge(const struct expr *e)
{
	double step = fabs(e->number.value) / NUMBER_SHARE;
	return e->unit == UNIT_NUMBER && step > 0 ? step : MAX(round(step), 1.0);
}

static void list_number(struct lister *l, const struct expr *e)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		double to = e->number.value + sign * nudge(e);
		struct mutation *m = add(l, e->at, MUTATION_THRESHOLD, written_text(l, e), nudged_text(l, e, to));
		if (!m)
			return;
		m->what = MUTATES_NUMBER;
		m->target.number = &((struct expr *)e)->number.value;
		m->other.number = to;
	}
}

static const char *time_text(struct lister *l, const char *what, uint64_t ns)
{
	char text[CLOCK_TEXT_MAX];
	_cleanup_buf_ struct buf out = {0};
	buf_printf(&out, "%s%s%s", what, *what ? " " : "", ns ? clock_span(ns, text) : "0s");
	return arena_strdup(l->arena, buf_str(&out));
}

/* A time of 0 has no neighbours. */
static void list_time(struct lister *l, const char *what, struct position at, const uint64_t *ns)
{
	uint64_t step = *ns / TIME_SHARE;
	if (*ns >= 2 * NS_PER_S)
		step = MAX(step, NS_PER_S);
	for (int sign = -1; *ns && sign <= 1; sign += 2) {
		uint64_t to = sign < 0 ? *ns - step : *ns + step;
		struct mutation *m = add(l, at, MUTATION_TIME, time_text(l, what, *ns), time_text(l, what, to));
		if (!m)
			return;
		m->what = MUTATES_TIME;
		m->target.time_ns = (uint64_t *)ns;
		m->other.time_ns = to;
	}
}

/* What is not written is nobody's number. */
static void list_setting(struct lister *l, const char *key, const char *what, const uint64_t *ns)
{
	const struct origin *o = rule_origin(l->rule, key);
	if (o)
		list_time(l, what, o->at, ns);
}

static void list_expr(struct lister *l, const struct expr *e)
{
	if (!e)
		return;
	if (e->kind == EXPR_NUMBER && *e->source)
		list_number(l, e);
	else if (e->kind == EXPR_WINDOW)
		list_time(l, e->source, e->at, &e->window.span_ns);
	else if (e->kind == EXPR_EVENTS)
		list_time(l, e->source, e->at, &e->events.span_ns);
	else
		list_operator(l, e);
	list_expr(l, e->a);
	list_expr(l, e->b);
}

static const char *clock_text(struct lister *l, uint32_t s)
{
	_cleanup_buf_ struct buf out = {0};
	buf_printf(&out, "%02u:%02u", s / 3600, s / MINUTE_S % 60);
	return arena_strdup(l->arena, buf_str(&out));
}

/* One end of `between`; not onto the other one, nor out of the day. */
static void list_clock(struct lister *l, const struct exception *e, const uint32_t *s, uint32_t last_s)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		uint32_t to = *s + (uint32_t)(sign * MINUTE_S), end = s == &e->from_s ? e->to_s : e->from_s;
		if (to > last_s || to == end)
			continue;
		struct mutation *m = add(l, e->at, MUTATION_EXCEPTION, clock_text(l, *s), clock_text(l, to));
		if (!m)
			return;
		m->what = MUTATES_CLOCK;
		m->target.clock_s = (uint32_t *)s;
		m->other.clock_s = to;
	}
}

static void list_days(struct lister *l, const struct exception *e)
{
	static const char *const words[][2] = {{"not mon", "mon"}, {"not tue", "tue"}, {"not wed", "wed"}, {"not thu", "thu"},
					       {"not fri", "fri"}, {"not sat", "sat"}, {"not sun", "sun"}};
	for (unsigned day = 0; day < ARRAY_SIZE(words); day++) {
		bool is = e->days >> day & 1;
		struct mutation *m = add(l, e->at, MUTATION_EXCEPTION, words[day][is], words[day][!is]);
		if (!m)
			return;
		m->what = MUTATES_DAYS;
		m->target.days = (uint8_t *)&e->days;
		m->other.days = (uint8_t)(e->days ^ 1U << day);
	}
}

static void list_exception(struct lister *l, const struct exception *e)
{
	if (e->from_s != 0 || e->to_s != DAY_S) {
		list_clock(l, e, &e->from_s, DAY_S - MINUTE_S);
		list_clock(l, e, &e->to_s, DAY_S);
	}
	if (e->days != EVERY_DAY)
		list_days(l, e);
}

static void list_rule(struct lister *l, const struct rule *r)
{
	l->rule = r;
	list_expr(l, r->when);
	list_setting(l, "hold", "hold", &r->hold_ns);
	list_setting(l, "hold", "hold of", &r->hold_of_ns);
	list_expr(l, r->clear);
	list_setting(l, "clear_hold", "clear_hold", &r->clear_hold_ns);
	list_expr(l, r->arm.when);
	list_setting(l, "arm.for", "arm.for", &r->arm.for_ns);
	for (size_t i = 0; i < r->n_exceptions; i++)
		list_exception(l, &r->exceptions[i]);
}

int mutations_list(const struct ruleset *set, struct arena *arena, struct mutations *ret)
{
	struct lister l = {.arena = arena};
	for (size_t i = 0; i < set->n; i++)
		list_rule(&l, &set->rules[i]);
	struct mutation *of = arena_array(arena, struct mutation, l.list.n);
	if (of)
		copy_bytes(of, l.list.of, l.list.n * sizeof(*of));
	free(l.list.of);
	if (!of || l.failed || arena_failed(arena))
		return -ENOMEM;
	*ret = (struct mutations){of, l.list.n};
	return 0;
}

#define SWAP(a, b)                       \
	do {                             \
		__auto_type _was = (a);  \
		(a) = (b);               \
		(b) = _was;              \
	} while (0)

void mutation_swap(struct mutation *m)
{
	switch (m->what) {
	case MUTATES_KIND:
		SWAP(*m->target.kind, m->other.kind);
		break;
	case MUTATES_NUMBER:
		SWAP(*m->target.number, m->other.number);
		break;
	case MUTATES_TIME:
		SWAP(*m->target.time_ns, m->other.time_ns);
		break;
	case MUTATES_CLOCK:
		SWAP(*m->target.clock_s, m->other.clock_s);
		break;
	case MUTATES_DAYS:
		SWAP(*m->target.days, m->other.days);
		break;
	}
}
