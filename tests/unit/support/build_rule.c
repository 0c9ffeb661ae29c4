/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/build_rule.h"

#include "tests/unit/support/vocabulary.h"

static struct expr pool[4096];
static size_t used;
static struct rule rules[64];
static struct ruleset set;

void build_reset(void)
{
	used = 0;
	set = (struct ruleset){.rules = rules, .digest = "built"};
}

static struct expr *node(enum expr_kind kind, enum unit unit)
{
	struct expr *e = &pool[used++];
	*e = (struct expr){.kind = kind, .unit = unit, .id = (uint16_t)used, .source = "…"};
	return e;
}

struct expr *number(double quanta, enum unit unit)
{
	struct expr *e = node(EXPR_NUMBER, unit);
	e->number.value = quanta;
	return e;
}

struct expr *constant(bool truth)
{
	struct expr *e = node(EXPR_CONSTANT, UNIT_NUMBER);
	e->number.value = truth;
	return e;
}

static uint16_t signal_index(const char *name)
{
	int i = vocabulary_signal(test_vocabulary(), name);
	if (i < 0)
		abort();
	return (uint16_t)i;
}

static uint16_t detector_index(const char *name)
{
	int i = vocabulary_detector(test_vocabulary(), name);
	if (i < 0)
		abort();
	return (uint16_t)i;
}

struct expr *signal_now(const char *name)
{
	uint16_t i = signal_index(name);
	struct expr *e = node(EXPR_SIGNAL, test_vocabulary()->signals[i].unit);
	e->source = name;
	e->signal.signal = i;
	return e;
}

struct expr *host_signal(const char *name)
{
	struct expr *e = signal_now(name);
	e->signal.of_host = true;
	return e;
}

static enum unit window_unit(enum window_fn fn, enum unit signal)
{
	switch (fn) {
	case WINDOW_RATIO:
	case WINDOW_ZSCORE:
	case WINDOW_COUNT:
		return UNIT_NUMBER;
	case WINDOW_RATE:
	case WINDOW_SLOPE:
		return signal == UNIT_PERCENT ? UNIT_PERCENT_PER_SECOND :
		       signal == UNIT_BYTES   ? UNIT_BYTES_PER_SECOND :
						UNIT_PER_SECOND;
	default:
		return signal;
	}
}

struct expr *window_of(enum window_fn fn, const char *signal, uint64_t span_ns)
{
	uint16_t i = signal_index(signal);
	struct expr *e = node(EXPR_WINDOW, window_unit(fn, test_vocabulary()->signals[i].unit));
	e->source = signal;
	e->window.fn = fn;
	e->window.signal = i;
	e->window.of_host = false;
	e->window.span_ns = span_ns;
	return e;
}

struct expr *events_of(const char *detector, uint64_t span_ns)
{
	struct expr *e = node(EXPR_EVENTS, UNIT_COUNT);
	e->events.detector = detector_index(detector);
	e->events.span_ns = span_ns;
	return e;
}

struct expr *field_of(const char *detector, const char *field, const char *text)
{
	const struct event_field *f = vocabulary_field(test_vocabulary(), detector_index(detector), field);
	struct expr *e = node(text ? EXPR_TEXT_EQUAL : EXPR_FIELD, f->unit);
	e->field.field = f;
	e->field.text = text;
	return e;
}

struct expr *pair(enum expr_kind kind, struct expr *a, struct expr *b)
{
	struct expr *e = node(kind, a->unit);
	e->a = a;
	e->b = b;
	return e;
}

struct expr *over(enum expr_kind kind, enum entity_kind entities, const char *match, struct expr *a)
{
	struct expr *e = node(kind, UNIT_COUNT);
	e->a = a;
	e->over.kind = entities;
	e->over.match = match;
	return e;
}

struct expr *above(const char *signal, double percent)
{
	return pair(EXPR_GREATER, signal_now(signal), number(percent * 1e4, UNIT_PERCENT));
}

struct rule *build_rule(const char *name, struct expr *when)
{
	struct rule *r = &rules[set.n++];
	*r = (struct rule){
		.name = name,
		.summary = name,
		.enabled = true,
		.for_each = ENTITY_KIND_HOST,
		.on = -1,
		.when = when,
		.digest = name,
		.yaml = name,
	};
	return r;
}

const struct ruleset *build_ruleset(void)
{
	return &set;
}
