/* SPDX-License-Identifier: GPL-2.0-only */
/* A rough estimate, from what `make bench` measures: 25 ns for an evaluation of three terms, and per reading of a window what
 * its function needs. */
#include "rules/check/lint.h"

#include "engine/base/clock.h"

#define TERM_NS 8.0
#define WINDOW_NS 40.0
#define QUANTILE_NS 250.0
#define SAMPLE_BYTES 24.0
#define QUANTILE_BYTES 56.0

/* Half of what the daemon allows itself for everything, a quarter of its memory. */
#define CPU_NS_MAX (0.25 * NS_PER_MS)
#define MEMORY_MAX ((double)(8 << 20))

#define SLOW_TIER_NS (60 * NS_PER_S) /* windows over longer spans keep a reading a second */

struct cost {
	const struct checker *checker;
	double rate;	    /* readings a second of the signal in hand that make the rule due */
	double terms;	    /* evaluated for one entity of the rule */
	double ns, bytes;   /* per second, and kept, for windows */
	const char *heaviest;
	double heaviest_ns;
};

static double entities(enum entity_kind kind, const char *match)
{
	static const double usual[ENTITY_KIND_MAX_] = {
		[ENTITY_KIND_HOST] = 1,	  [ENTITY_KIND_CPU] = 16,     [ENTITY_KIND_DISK] = 16, [ENTITY_KIND_NETDEV] = 16,
		[ENTITY_KIND_MOUNT] = 16, [ENTITY_KIND_CGROUP] = 256, [ENTITY_KIND_BOND] = 2,
	};
	return kind != ENTITY_KIND_HOST && match ? usual[kind] / 4 : usual[kind];
}

static double readings_per_second(const struct cost *c, uint16_t signal)
{
	return c->checker->vocabulary->signals[signal].tier == TIER_TICK ? 100 : 1;
}

static void add_window(struct cost *c, const struct expr *e, double many)
{
	bool quantile = e->window.fn == WINDOW_P50 || e->window.fn == WINDOW_P90 || e->window.fn == WINDOW_P99;
	double rate = readings_per_second(c, e->window.signal), kept = e->window.span_ns > SLOW_TIER_NS ? 1 : rate;
	double ns = many * kept * (quantile ? QUANTILE_NS : WINDOW_NS);
	bool constant = e->window.fn == WINDOW_EWMA;
	c->ns += ns;
	c->bytes += constant ? 0
			     : many * kept * ((double)e->window.span_ns / (double)NS_PER_S) *
				       (quantile ? QUANTILE_BYTES : SAMPLE_BYTES);
	c->rate = MAX(c->rate, rate);
	if (ns > c->heaviest_ns) {
		c->heaviest_ns = ns;
		c->heaviest = e->source;
	}
}

/* `many`: how many entities this term is worked out for, `times`: how often for one of the rule's. */
static void add_expr(struct cost *c, const struct expr *e, double many, double times)
{
	if (!e)
		return;
	c->terms += times;
	if (e->kind == EXPR_SIGNAL)
		c->rate = MAX(c->rate, readings_per_second(c, e->signal.signal));
	if (e->kind == EXPR_WINDOW)
		add_window(c, e, e->window.of_host ? 1 : many);
	if (e->kind == EXPR_ANY || e->kind == EXPR_ALL || e->kind == EXPR_TALLY) {
		double over = entities(e->over.kind, e->over.match);
		add_expr(c, e->a, over, times * over);
		return;
	}
	add_expr(c, e->a, many, times);
	add_expr(c, e->b, many, times);
}

void lint_cost(struct checker *checker)
{
	const struct rule *r = checker->rule;
	struct cost c = {.checker = checker};
	double many = entities(r->for_each, r->match);
	if (!r->enabled)
		return;
	add_expr(&c, r->when, many, 1);
	add_expr(&c, r->clear, many, 1);
	add_expr(&c, r->arm.when, many, 1);
	double ns = c.ns + (r->on < 0 ? c.rate * many * c.terms * TERM_NS : 0);
	if (ns <= CPU_NS_MAX && c.bytes <= MEMORY_MAX)
		return;
	check_warning_at(checker, r->at, "costly-rule",
			 "this rule may cost %.2f ms of CPU a second and keep %.1f MiB; all rules together have 0.50 ms%s%s%s",
			 ns / NS_PER_MS, c.bytes / (1 << 20), c.heaviest ? "; most of it for '" : "", c.heaviest ? c.heaviest : "",
			 c.heaviest ? "'" : "");
}
