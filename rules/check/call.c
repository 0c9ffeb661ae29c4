/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/check.h"

#include "engine/base/clock.h"
#include "engine/base/text.h"

enum result { RESULT_SAME, RESULT_NUMBER, RESULT_COUNT, RESULT_PER_SECOND };

/* Sorted by name. `spread`: says nothing about a single reading. */
static const struct {
	const char *name;
	enum window_fn fn;
	enum result result;
	bool spread;
} functions[] = {
	{"avg", WINDOW_AVG, RESULT_SAME, false},	  {"count", WINDOW_COUNT, RESULT_COUNT, false},
	{"drop", WINDOW_DROP, RESULT_SAME, true},	  {"ewma", WINDOW_EWMA, RESULT_SAME, false},
	{"last", WINDOW_LAST, RESULT_SAME, false},	  {"max", WINDOW_MAX, RESULT_SAME, false},
	{"min", WINDOW_MIN, RESULT_SAME, false},	  {"p50", WINDOW_P50, RESULT_SAME, false},
	{"p90", WINDOW_P90, RESULT_SAME, false},	  {"p99", WINDOW_P99, RESULT_SAME, false},
	{"rate", WINDOW_RATE, RESULT_PER_SECOND, true},	  {"ratio", WINDOW_RATIO, RESULT_NUMBER, true},
	{"rise", WINDOW_RISE, RESULT_SAME, true},	  {"slope", WINDOW_SLOPE, RESULT_PER_SECOND, true},
	{"stddev", WINDOW_STDDEV, RESULT_SAME, true},	  {"sum", WINDOW_SUM, RESULT_SAME, false},
	{"zscore", WINDOW_ZSCORE, RESULT_NUMBER, true},
};

static const char *const others[] = {"all", "any", "events"};

#define SPAN_MIN_NS (10 * NS_PER_MS) /* a reading of the fastest tick */
#define SPAN_SLOW_NS (100 * NS_PER_MS) /* a reading where there is no in-kernel tick */

static const struct term *argument(const struct term *call, unsigned i)
{
	const struct term_list *l = call->args;
	while (i--)
		l = l->next;
	return l->term;
}

static bool check_arguments(struct checker *c, const struct term *call, const char *usage)
{
	if (call->n_args == 2)
		return true;
	check_error(c, call->start, "wrong-arguments", "'%s' takes 2 arguments, not %zu, as in %s", call->text, call->n_args,
		    usage);
	return false;
}

/* The D of f(x, D): a time that is known when the rule is loaded. */
static bool check_span(struct checker *c, const struct term *t, uint64_t *ret_ns)
{
	struct expr *e = t->kind == TERM_NUMBER || t->kind == TERM_PARAM ? check_term(c, (struct scope){0}, t) : NULL;
	char longest[CLOCK_TEXT_MAX];
	if (!e) {
		if (t->kind != TERM_PARAM)
			check_error(c, t->start, "bad-span", "a window's length is a plain time, like 10s or $span");
		return false;
	}
	if (e->unit != UNIT_SECONDS)
		check_error(c, t->start, "bad-span", "a window's length is a time, like 10s; '%s' is %s", e->source,
			    unit_describe(e->unit));
	else if (e->number.value > (double)c->caps->span_ns)
		check_error(c, t->start, "span-too-long", "a window of %s; the history reaches back %s", e->source,
			    clock_span(c->caps->span_ns, longest));
	else if (e->number.value < (double)SPAN_MIN_NS)
		check_error(c, t->start, "span-too-short", "a window of %s is shorter than a tick (10ms)", e->source);
	else {
		*ret_ns = (uint64_t)e->number.value;
		return true;
	}
	return false;
}

static void check_readings(struct checker *c, const struct term *span, const struct signal_def *s, uint64_t span_ns,
			   size_t function)
{
	if (s->tier == TIER_TICK) {
		if (span_ns < SPAN_SLOW_NS)
			check_warning(c, span->start, "short-span",
				      "without the in-kernel tick '%s' is read every 100ms and this window stays unknown", s->name);
		return;
	}
	uint64_t least = (functions[function].spread ? 2 : 1) * NS_PER_S;
	if (span_ns < least)
		check_error(c, span->start, "span-too-short", "'%s' is read once a second; %s() over it takes at least %s",
			    s->name, functions[function].name, functions[function].spread ? "2s" : "1s");
}

static bool window_unit(struct checker *c, const struct term *t, const struct signal_def *s, size_t function,
			enum unit *ret)
{
	switch (functions[function].result) {
	case RESULT_SAME:
		*ret = s->unit;
		return true;
	case RESULT_NUMBER:
		*ret = UNIT_NUMBER;
		return true;
	case RESULT_COUNT:
		*ret = UNIT_COUNT;
		return true;
	case RESULT_PER_SECOND:
		break;
	}
	if (unit_per_second(s->unit, ret))
		return true;
	check_error(c, t->start, "unit-mismatch", "'%s' is %s already; %s() of it has no unit that we know", s->name,
		    unit_describe(s->unit), functions[function].name);
	return false;
}

static struct expr *check_window(struct checker *c, struct scope scope, const struct term *t, size_t function)
{
	struct signal_ref ref;
	uint64_t span_ns;
	enum unit unit;
	if (!check_arguments(c, t, "avg(cpu.sys, 10s)"))
		return NULL;
	const struct term *what = argument(t, 0), *span = argument(t, 1);
	if (what->kind != TERM_NAME || what->match || starts_with(what->text, "event.")) {
		check_error(c, what->start, "not-a-signal", "%s() takes a signal and a time, as in %s(cpu.sys, 10s)", t->text,
			    t->text);
		return NULL;
	}
	bool good = check_signal(c, scope, what, &ref);
	good &= check_span(c, span, &span_ns);
	if (!good)
		return NULL;
	const struct signal_def *s = &c->vocabulary->signals[ref.signal];
	check_readings(c, span, s, span_ns, function);
	struct expr *e = window_unit(c, t, s, function, &unit) ? expr_new(c, EXPR_WINDOW, unit, t) : NULL;
	if (!e)
		return NULL;
	e->window.fn = functions[function].fn;
	e->window.signal = ref.signal;
	e->window.of_host = ref.of_host;
	e->window.span_ns = span_ns;
	return e;
}

static bool events_fit(struct checker *c, struct scope scope, const struct term *t, const struct detector_def *d)
{
	if (scope.about == ENTITY_KIND_HOST || scope.about == d->entity)
		return true;
	check_error(c, t->start, "wrong-entity", "events of '%s' belong to a %s and the host, not to a %s", d->name,
		    entity_kind_name(d->entity), entity_kind_name(scope.about));
	return false;
}

static struct expr *check_events(struct checker *c, struct scope scope, const struct term *t)
{
	uint64_t span_ns;
	if (!check_arguments(c, t, "events(oom, 10m)"))
		return NULL;
	const struct term *what = argument(t, 0);
	if (what->kind != TERM_NAME || what->match) {
		check_error(c, what->start, "not-a-detector", "events() takes a detector and a time, as in events(oom, 10m)");
		return NULL;
	}
	int detector = check_detector(c, what->text, node_place(c->scalar, what->start));
	bool good = check_span(c, argument(t, 1), &span_ns);
	if (detector < 0 || !good || !events_fit(c, scope, t, &c->vocabulary->detectors[detector]))
		return NULL;
	struct expr *e = expr_new(c, EXPR_EVENTS, UNIT_COUNT, t);
	if (e) {
		e->events.detector = (uint16_t)detector;
		e->events.span_ns = span_ns;
	}
	return e;
}

static bool check_over(struct checker *c, struct scope scope, const struct term *what, enum entity_kind *ret)
{
	struct position at = node_place(c->scalar, what->start);
	if (what->kind != TERM_NAME) {
		check_error_at(c, at, "not-an-entity", "a quantifier goes over a kind of entity, as in any(disk, disk.util > 90%%)");
		return false;
	}
	int kind = check_entity_kind(c, what->text, at);
	if (kind < 0)
		return false;
	if (kind == ENTITY_KIND_HOST || kind == ENTITY_KIND_BOND)
		check_error_at(c, at, "not-an-entity", "there is no quantifier over '%s'; write the condition by itself", what->text);
	else if (scope.in_quantifier)
		check_error_at(c, at, "nested-quantifier", "'%s' inside a quantifier; join the two by `and`, or make it a rule with for_each",
			       what->text);
	else if (!what->match || check_match(c, what->match, at)) {
		*ret = (enum entity_kind)kind;
		return true;
	}
	return false;
}

static struct expr *check_quantifier(struct checker *c, struct scope scope, const struct term *t, enum expr_kind kind)
{
	enum entity_kind over;
	if (!check_arguments(c, t, kind == EXPR_TALLY ? "count(disk, disk.util > 90%)" : "any(disk, disk.util > 90%)") ||
	    !check_over(c, scope, argument(t, 0), &over))
		return NULL;
	struct scope inner = {.about = over, .in_quantifier = true};
	struct expr *a = check_truth(c, inner, argument(t, 1));
	struct expr *e = a ? expr_new(c, kind, kind == EXPR_TALLY ? UNIT_COUNT : UNIT_NUMBER, t) : NULL;
	if (!e)
		return NULL;
	e->a = a;
	e->over.kind = over;
	e->over.match = argument(t, 0)->match;
	return e;
}

/* count(disk, …) counts entities, count(cpu.sys, 10s) readings. */
static bool is_tally(const struct term *t)
{
	if (!streq(t->text, "count") || t->n_args == 0)
		return false;
	const struct term *first = argument(t, 0);
	return first->kind == TERM_NAME && (first->match || entity_kind_of(first->text) >= 0);
}

const char *check_function_name(size_t i)
{
	if (i < ARRAY_SIZE(functions))
		return functions[i].name;
	i -= ARRAY_SIZE(functions);
	return i < ARRAY_SIZE(others) ? others[i] : NULL;
}

static struct expr *unknown_function(struct checker *c, const struct term *t)
{
	const char *names[ARRAY_SIZE(functions) + ARRAY_SIZE(others)];
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		names[i] = check_function_name(i);
	const char *near = text_nearest(t->text, names, ARRAY_SIZE(names));
	if (near)
		check_error(c, t->start, "unknown-function", "unknown function '%.64s', did you mean '%s'?", t->text, near);
	else
		check_error(c, t->start, "unknown-function",
			    "unknown function '%.64s'; there are avg min max sum last rise drop ratio rate slope ewma stddev "
			    "zscore p50 p90 p99 count events any all", t->text);
	return NULL;
}

struct expr *check_call(struct checker *c, struct scope scope, const struct term *t)
{
	if (streq(t->text, "any"))
		return check_quantifier(c, scope, t, EXPR_ANY);
	if (streq(t->text, "all"))
		return check_quantifier(c, scope, t, EXPR_ALL);
	if (is_tally(t))
		return check_quantifier(c, scope, t, EXPR_TALLY);
	if (streq(t->text, "events"))
		return check_events(c, scope, t);
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (streq(functions[i].name, t->text))
			return check_window(c, scope, t, i);
	return unknown_function(c, t);
}
