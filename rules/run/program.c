/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/internal.h"

#include "engine/base/clock.h"

/* What compiling one rule needs at hand. `inside` is the kind a quantifier runs over, or the rule's own. */
struct compiler {
	struct machine *m;
	struct rule_run *run;
	size_t rule;
	enum entity_kind inside;
	bool quantified, pulses, reads;
};

static int compile(struct compiler *c, const struct expr *e, uint16_t *ret_op);

static int new_op(struct program *p, const struct expr *e)
{
	if (p->n == NONE - 1)
		return -E2BIG;
	if (p->n == p->cap) {
		uint16_t cap = (uint16_t)MIN(MAX(p->cap * 2, 16), NONE);
		struct op *ops = realloc(p->ops, cap * sizeof(*ops));
		if (!ops)
			return -ENOMEM;
		p->ops = ops;
		p->cap = cap;
	}
	p->ops[p->n] = (struct op){.kind = (uint8_t)e->kind, .terms = TERM_NONE, .a = NONE, .b = NONE, .number = 1, .expr = e};
	return p->n++;
}

static uint64_t period_of(const struct machine *m, uint16_t signal)
{
	if (m->period_ns[signal])
		return m->period_ns[signal];
	return m->vocabulary->signals[signal].tier == TIER_TICK ? 10 * NS_PER_MS : NS_PER_S;
}

static int signal_use(struct machine *m, uint16_t signal)
{
	if (signal >= m->vocabulary->n_signals)
		return -EINVAL;
	if (m->use_of_signal[signal] != NONE)
		return m->use_of_signal[signal];
	struct signal_use *u = &m->signals[m->n_signals];
	u->signal = signal;
	u->spec.period_ns = period_of(m, signal);
	u->own = calloc(m->n_words * 3, sizeof(*u->own));
	if (!u->own)
		return -ENOMEM;
	u->all = u->own + m->n_words;
	u->over = u->all + m->n_words;
	m->use_of_signal[signal] = (uint16_t)m->n_signals;
	return (int)m->n_signals++;
}

/* Marks who reads the signal of whom, so that a reading finds its rules. */
static int read_signal(struct compiler *c, uint16_t signal, bool of_host, uint16_t *ret_use)
{
	int i = signal_use(c->m, signal);
	if (i < 0)
		return i;
	struct signal_use *u = &c->m->signals[i];
	bool host = of_host || c->inside == ENTITY_KIND_HOST;
	u->kinds |= ENTITY_BIT(host ? ENTITY_KIND_HOST : c->inside);
	if (!host && c->quantified)
		u->over_kinds |= ENTITY_BIT(c->inside);
	mask_set(host ? u->all : c->quantified ? u->over : u->own, c->rule);
	c->run->gap_ns = MAX(c->run->gap_ns, series_gap(u->spec.period_ns));
	c->reads = true;
	*ret_use = (uint16_t)i;
	return 0;
}

static int compile_signal(struct compiler *c, const struct expr *e, struct op *o)
{
	o->of_host = e->signal.of_host;
	return read_signal(c, e->signal.signal, e->signal.of_host, &o->use);
}

static int compile_window(struct compiler *c, const struct expr *e, struct op *o)
{
	if (e->window.fn >= WINDOW_FN_MAX_)
		return -EINVAL;
	if (e->window.span_ns > WINDOW_SPAN_MAX)
		return -E2BIG;
	int r = read_signal(c, e->window.signal, e->window.of_host, &o->use);
	if (r < 0)
		return r;
	r = series_spec_window(&c->m->signals[o->use].spec, e->window.span_ns, window_features(e->window.fn));
	if (r < 0)
		return r;
	o->fn = (uint8_t)e->window.fn;
	o->of_host = e->window.of_host;
	o->window = (uint16_t)r;
	if (o->fn == WINDOW_RATE || o->fn == WINDOW_SLOPE)
		o->number = unit_quanta(e->unit) / unit_quanta(c->m->vocabulary->signals[e->window.signal].unit);
	return 0;
}

static int compile_events(struct compiler *c, const struct expr *e, struct op *o)
{
	struct machine *m = c->m;
	if (e->events.detector >= m->vocabulary->n_detectors)
		return -EINVAL;
	struct detector_use *d = &m->detectors[e->events.detector];
	if (!d->of)
		d->of = calloc(m->max_entities, sizeof(*d->of));
	if (!d->readers)
		d->readers = calloc(m->n_words * 2, sizeof(*d->readers));
	if (!d->of || !d->readers)
		return -ENOMEM;
	d->over = d->readers + m->n_words;
	o->use = e->events.detector;
	o->span_ns = e->events.span_ns;
	d->span_ns = MAX(d->span_ns, e->events.span_ns);
	mask_set(c->quantified ? d->over : d->readers, c->rule);
	c->pulses = true;
	return 0;
}

/* Index of the selection of that kind and pattern (NULL: the usual ones), made if there is none yet. */
static int selection_of(struct machine *m, enum entity_kind kind, const char *pattern)
{
	for (size_t i = 0; i < m->n_selections; i++) {
		const struct selection *s = &m->selections[i];
		if (s->matcher.kind == kind && (s->pattern == pattern ||
						(s->pattern && pattern && streq(s->pattern, pattern))))
			return (int)i;
	}
	if (m->n_selections == NONE)
		return -E2BIG;
	struct selection *all = realloc(m->selections, (m->n_selections + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	m->selections = all;
	struct selection *s = &all[m->n_selections];
	*s = (struct selection){.pattern = pattern, .slots = malloc(m->max_entities * sizeof(*s->slots))};
	int r = s->slots ? matcher_init(&s->matcher, kind, pattern) : -ENOMEM;
	if (r < 0) {
		free(s->slots);
		return r;
	}
	return (int)m->n_selections++;
}

/* While nobody is in it no reading comes that would make the rule due. */
static int mark_quantified(struct compiler *c, struct selection *s)
{
	if (!s->over && !(s->over = calloc(c->m->n_words, sizeof(*s->over))))
		return -ENOMEM;
	mask_set(s->over, c->rule);
	return 0;
}

static int compile_quantifier(struct compiler *c, const struct expr *e, struct op *o, uint16_t *ret_a)
{
	enum entity_kind outer = c->inside;
	bool quantified = c->quantified;
	int r = selection_of(c->m, e->over.kind, e->over.match);
	if (r < 0)
		return r;
	o->use = (uint16_t)r;
	c->inside = e->over.kind;
	c->quantified = true;
	r = mark_quantified(c, &c->m->selections[r]);
	r = r < 0 ? r : compile(c, e->a, ret_a);
	c->inside = outer;
	c->quantified = quantified;
	return r;
}

static int compile_sides(struct compiler *c, const struct expr *e, uint16_t *ret_a, uint16_t *ret_b)
{
	int r = e->a ? compile(c, e->a, ret_a) : 0;
	return r == 0 && e->b ? compile(c, e->b, ret_b) : r;
}

/* Compiles into a copy, since the array may move while the children are compiled. */
static int compile(struct compiler *c, const struct expr *e, uint16_t *ret_op)
{
	int i = new_op(&c->run->program, e);
	if (i < 0)
		return i;
	struct op o = c->run->program.ops[i];
	int r = 0;
	switch (e->kind) {
	case EXPR_NUMBER:
	case EXPR_CONSTANT:
		o.number = e->number.value;
		break;
	case EXPR_SIGNAL:
		r = compile_signal(c, e, &o);
		break;
	case EXPR_WINDOW:
		r = compile_window(c, e, &o);
		break;
	case EXPR_EVENTS:
		r = compile_events(c, e, &o);
		break;
	case EXPR_ANY:
	case EXPR_ALL:
	case EXPR_TALLY:
		r = compile_quantifier(c, e, &o, &o.a);
		break;
	default:
		r = compile_sides(c, e, &o.a, &o.b);
		break;
	}
	c->run->program.ops[i] = o;
	*ret_op = (uint16_t)i;
	return r;
}

static int compile_root(struct compiler *c, const struct expr *e, uint16_t *ret_op)
{
	return e ? compile(c, e, ret_op) : 0;
}

/* Whoever is below `and`, `or` and `not`; what is below a quantifier is another's. */
static void number_terms(struct program *p, uint16_t op)
{
	struct op *o = &p->ops[op];
	unsigned parts = o->kind == EXPR_NOT ? 1 : o->kind == EXPR_AND || o->kind == EXPR_OR ? 2 : 0;
	if (!parts || p->n_terms + parts > SAID_TERMS_MAX)
		return;
	o->terms = p->n_terms;
	p->n_terms = (uint8_t)(p->n_terms + parts);
	number_terms(p, o->a);
	if (parts == 2)
		number_terms(p, o->b);
}

/* The selections of all matches of all its exceptions, in the order of the text. */
static int compile_exceptions(struct machine *m, struct rule_run *r)
{
	const struct rule *rule = r->rule;
	size_t n = 0;
	for (size_t i = 0; i < rule->n_exceptions; i++)
		n += rule->exceptions[i].n_matches;
	r->excepted = n ? calloc(n, sizeof(*r->excepted)) : NULL;
	if (n && !r->excepted)
		return -ENOMEM;
	n = 0;
	for (size_t i = 0; i < rule->n_exceptions; i++)
		for (size_t k = 0; k < rule->exceptions[i].n_matches; k++) {
			const struct exception_match *x = &rule->exceptions[i].matches[k];
			int selection = selection_of(m, x->kind, x->pattern);
			if (selection < 0)
				return selection;
			r->excepted[n++] = (uint16_t)selection;
		}
	return 0;
}

static int compile_rule(struct machine *m, size_t index)
{
	struct rule_run *run = &m->rules[index];
	const struct rule *rule = run->rule;
	struct compiler c = {.m = m, .run = run, .rule = index, .inside = rule->for_each};
	int r = selection_of(m, rule->for_each, rule->match);
	if (r < 0)
		return r;
	run->selection = (uint16_t)r;
	if ((r = compile_exceptions(m, run)) < 0 || (r = compile_root(&c, rule->when, &run->program.when)) < 0 ||
	    (r = compile_root(&c, rule->clear, &run->program.clear)) < 0 ||
	    (r = compile_root(&c, rule->arm.when, &run->program.arm_when)) < 0)
		return r;
	if (run->program.when != NONE)
		number_terms(&run->program, run->program.when);
	if ((rule->on < 0 || rule->arm.when) && (c.pulses || !c.reads))
		mask_set(m->pulse, index);
	if (!c.reads)
		run->gap_ns = UINT64_MAX;
	return 0;
}

/* One entity's share of every series of its kind. */
static int settle_series(struct machine *m)
{
	uint64_t least = 0;
	for (size_t i = 0; i < m->n_signals; i++) {
		struct signal_use *u = &m->signals[i];
		series_spec_settle(&u->spec);
		u->slots = u->kinds == ENTITY_BIT(ENTITY_KIND_HOST) ? 1 : m->max_entities;
		u->latest = calloc(u->slots, sizeof(*u->latest));
		u->series = u->spec.n_windows ? calloc(u->slots, u->spec.stride) : NULL;
		if (!u->latest || (u->spec.n_windows && !u->series))
			return -ENOMEM;
		for (int kind = 0; kind < ENTITY_KIND_MAX_; kind++)
			if (u->kinds & ENTITY_BIT(kind) && u->spec.n_windows)
				m->window_cost[kind] += u->spec.cost;
	}
	for (int kind = 0; kind < ENTITY_KIND_MAX_; kind++)
		least += m->window_cost[kind];
	return least > WINDOW_BYTES_MAX ? -E2BIG : 0;
}

int machine_compile(struct machine *m)
{
	for (size_t i = 0; i < m->n_rules; i++) {
		struct rule_run *run = &m->rules[i];
		run->rule = &m->set->rules[i];
		run->selection = run->program.when = run->program.clear = run->program.arm_when = NONE;
		int r = run->rule->enabled ? compile_rule(m, i) : 0;
		if (r < 0)
			return r;
	}
	return settle_series(m);
}

void program_done(struct program *p)
{
	free(p->ops);
	*p = (struct program){0};
}
