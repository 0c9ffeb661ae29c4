/* SPDX-License-Identifier: GPL-2.0-only */
/* Other rules go on with what these asked for, and with nothing else. */
#include "tests/unit/support/naive.h"

#include "engine/base/clock.h"

/* What is looked for in a set of rules. */
struct wish {
	uint16_t signal; /* or detector */
	enum entity_kind kind;
	uint64_t span_ns;
	bool slow;
	uint64_t *longest_ns; /* found on the way */
};

static bool is_read(const struct expr *e, enum entity_kind inside, bool quantified, const void *ctx)
{
	const struct wish *w = ctx;
	bool of_host;
	(void)quantified;
	return naive_signal(e, &of_host) == w->signal && (of_host ? ENTITY_KIND_HOST : inside) == w->kind;
}

/* Windows are kept for all entities of a signal alike. */
static bool has_window(const struct expr *e, enum entity_kind inside, bool quantified, const void *ctx)
{
	const struct wish *w = ctx;
	(void)inside;
	(void)quantified;
	return e->kind == EXPR_WINDOW && e->window.signal == w->signal;
}

static bool has_ewma(const struct expr *e, enum entity_kind inside, bool quantified, const void *ctx)
{
	const struct wish *w = ctx;
	return has_window(e, inside, quantified, ctx) && e->window.fn == WINDOW_EWMA && e->window.span_ns == w->span_ns;
}

/* An ewma keeps no readings. */
static bool longest_window(const struct expr *e, enum entity_kind inside, bool quantified, const void *ctx)
{
	const struct wish *w = ctx;
	if (has_window(e, inside, quantified, ctx) && e->window.fn != WINDOW_EWMA &&
	    (e->window.span_ns > 60 * NS_PER_S) == w->slow)
		*w->longest_ns = MAX(*w->longest_ns, e->window.span_ns);
	return false;
}

static bool longest_count(const struct expr *e, enum entity_kind inside, bool quantified, const void *ctx)
{
	const struct wish *w = ctx;
	(void)inside;
	(void)quantified;
	if (e->kind == EXPR_EVENTS && e->events.detector == w->signal)
		*w->longest_ns = MAX(*w->longest_ns, e->events.span_ns);
	return false;
}

static bool asks(const struct ruleset *set, naive_visit_fn visit, const struct wish *w)
{
	for (size_t rule = 0; rule < set->n; rule++)
		if (naive_any(&set->rules[rule], visit, w))
			return true;
	return false;
}

static void reach_back(const struct naive *n, struct naive_series *s, uint16_t signal, bool slow)
{
	static struct naive_seen seen;
	uint64_t span_ns = 0;
	asks(n->set, longest_window, &(struct wish){.signal = signal, .slow = slow, .longest_ns = &span_ns});
	naive_look(n, s, slow, &seen);
	uint64_t last_ns = seen.n ? seen.t_ns[seen.n - 1] : 0;
	s->since_ns[slow] = MAX(s->since_ns[slow], last_ns - MIN(span_ns, last_ns));
}

static void begin_ewma(struct naive_series *s, uint64_t tau_ns)
{
	size_t i = 0;
	while (i < s->n_ewmas && s->ewmas[i].tau_ns != tau_ns)
		i++;
	if (i == ARRAY_SIZE(s->ewmas))
		abort();
	s->n_ewmas = MAX(s->n_ewmas, i + 1);
	s->ewmas[i].tau_ns = tau_ns;
	s->ewmas[i].from = s->n;
}

/* Those that the next rules ask for, and these did not. */
static void begin_ewmas(const struct naive *n, struct naive_series *s, uint16_t signal, const struct ruleset *next)
{
	struct wish w = {.signal = signal};
	for (w.span_ns = NS_PER_S; w.span_ns < 100 * NS_PER_S; w.span_ns += NS_PER_S)
		if (asks(next, has_ewma, &w) && !asks(n->set, has_ewma, &w))
			begin_ewma(s, w.span_ns);
}

static void outlive(const struct naive *n, struct naive_series *s, uint16_t signal, enum entity_kind kind,
		    const struct ruleset *next)
{
	const struct wish w = {.signal = signal, .kind = kind};
	if (!asks(n->set, is_read, &w)) {
		free(s->of);
		*s = (struct naive_series){0};
	} else if (!asks(n->set, has_window, &w)) {
		s->windows_from = s->n;
	} else {
		reach_back(n, s, signal, false);
		reach_back(n, s, signal, true);
	}
	begin_ewmas(n, s, signal, next);
}

static void keep_arrivals(const struct naive *n, size_t detector, struct naive_arrivals *a)
{
	uint64_t span_ns = 0;
	asks(n->set, longest_count, &(struct wish){.signal = (uint16_t)detector, .longest_ns = &span_ns});
	uint64_t last_ns = a->n ? a->t_ns[a->n - 1] : 0;
	size_t kept = 0;
	for (size_t i = 0; i < a->n; i++)
		if (a->t_ns[i] + span_ns > last_ns && span_ns)
			a->t_ns[kept++] = a->t_ns[i];
	a->n = kept;
}

static struct naive_watch watch_of(const struct naive *n, const struct rule *r, uint16_t slot)
{
	struct naive_watch fresh = {.watched = n->slots[slot].alive && n->slots[slot].kind == r->for_each &&
					       naive_matches(n, r->match, slot)};
	for (size_t i = 0; i < n->set->n; i++)
		if (streq(n->set->rules[i].name, r->name) && streq(n->set->rules[i].digest, r->digest))
			return n->watches[i][slot];
	return fresh;
}

void naive_reload(struct naive *n, const struct ruleset *next)
{
	struct naive_watch watches[NAIVE_RULES][NAIVE_SLOTS] = {0};
	for (size_t slot = 0; slot < NAIVE_SLOTS; slot++)
		for (uint16_t s = 0; n->slots[slot].alive && s < n->vocabulary->n_signals; s++)
			if (n->slots[slot].series[s].n)
				outlive(n, &n->slots[slot].series[s], s, n->slots[slot].kind, next);
	for (size_t d = 0; d < ARRAY_SIZE(n->detectors); d++)
		for (size_t slot = 0; slot < NAIVE_SLOTS; slot++)
			keep_arrivals(n, d, &n->detectors[d].of[slot]);
	for (size_t rule = 0; rule < next->n; rule++)
		for (uint16_t slot = 0; slot < NAIVE_SLOTS; slot++)
			watches[rule][slot] = watch_of(n, &next->rules[rule], slot);
	memcpy(n->watches, watches, sizeof(watches));
	n->set = next;
}
