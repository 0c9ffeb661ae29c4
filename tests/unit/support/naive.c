/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/naive.h"

#include "engine/base/clock.h"

void naive_start(struct naive *n, const struct ruleset *set, const struct vocabulary *v, uint64_t period_ns)
{
	*n = (struct naive){.vocabulary = v, .set = set, .period_ns = period_ns};
	naive_input(n, &(struct input){.kind = INPUT_BORN, .born = {.kind = ENTITY_KIND_HOST, .name = "host"}});
}

static void *grown(void *array, size_t n, size_t size)
{
	void *p = realloc(array, (n + 1) * size);
	if (!p)
		abort();
	return p;
}

static void say(struct naive *n, const char *what, size_t rule, size_t slot)
{
	buf_printf(&n->said, "%llu %s %zu %zu\n", (unsigned long long)n->now_ns, what, rule, slot);
}

/* --- holds: from all records since the last change between firing and not --- */

static bool both_known(const struct naive_record *r)
{
	return r[-1].counts_as != TRUTH_UNKNOWN && r[0].counts_as != TRUTH_UNKNOWN;
}

/* How long it has been true without a false in between, the unknown stretches left out. */
static uint64_t held(const struct naive_watch *w)
{
	size_t first = w->n;
	uint64_t sum = 0;
	while (first > 0 && w->records[first - 1].counts_as != TRUTH_FALSE)
		first--;
	while (first < w->n && w->records[first].counts_as != TRUTH_TRUE)
		first++;
	for (size_t k = first + 1; k < w->n; k++)
		sum += both_known(&w->records[k]) ? w->records[k].t_ns - w->records[k - 1].t_ns : 0;
	return sum;
}

/* The sum of true time within the last of_ns of known time; *ret_any: whether any of it is left. */
static uint64_t held_of(const struct naive_watch *w, uint64_t of_ns, bool *ret_any)
{
	uint64_t back = 0, sum = 0; /* known time from the last record back */
	*ret_any = false;
	for (size_t k = w->n; k-- > 0;) {
		if (back >= of_ns)
			break;
		*ret_any |= w->records[k].counts_as == TRUTH_TRUE;
		if (k == 0 || !both_known(&w->records[k]))
			continue;
		uint64_t dt = w->records[k].t_ns - w->records[k - 1].t_ns;
		if (w->records[k].counts_as == TRUTH_TRUE && w->records[k - 1].counts_as == TRUTH_TRUE)
			sum += MIN(dt, of_ns - back);
		back += dt;
	}
	return sum;
}

static void turn(struct naive *n, struct naive_watch *w, enum rule_state state, const char *what, size_t rule, size_t slot)
{
	if ((state == RULE_FIRING) != (w->state == RULE_FIRING))
		w->n = 0;
	w->state = state;
	say(n, what, rule, slot);
}

static void arm(struct naive *n, size_t rule, size_t slot)
{
	struct naive_watch *w = &n->watches[rule][slot];
	if (!w->armed)
		say(n, "arm", rule, slot);
	w->armed = true;
	w->arm_true_ns = n->now_ns;
}

static void arm_if_wanted(struct naive *n, size_t rule, size_t slot)
{
	const struct rule *r = &n->set->rules[rule];
	if (r->arm.n_detectors && r->arm.when && naive_truth(n, r->arm.when, (uint16_t)slot) == TRUTH_TRUE)
		arm(n, rule, slot);
}

static void disarm_due(struct naive *n)
{
	for (size_t rule = 0; rule < n->set->n; rule++)
		for (size_t slot = 0; slot < NAIVE_SLOTS; slot++) {
			struct naive_watch *w = &n->watches[rule][slot];
			if (!w->armed || w->arm_true_ns + n->set->rules[rule].arm.for_ns > n->now_ns)
				continue;
			w->armed = false;
			say(n, "disarm", rule, slot);
		}
}

/* After the firing was said: what holds against it, and what else follows from it. */
static void follow_up(struct naive *n, size_t rule, size_t slot, const char *exception)
{
	const struct rule *r = &n->set->rules[rule];
	if (exception)
		buf_printf(&n->said, "but %s\n", exception);
	else if (n->watches[rule][slot].watched && r->arm.n_detectors && !r->arm.when)
		arm(n, rule, slot);
}

static void fire(struct naive *n, struct naive_watch *w, size_t rule, size_t slot)
{
	const char *exception = naive_exception(n, &n->set->rules[rule], (uint16_t)slot);
	turn(n, w, RULE_FIRING, "fired", rule, slot);
	follow_up(n, rule, slot, exception);
}

static void step(struct naive *n, size_t rule, size_t slot, enum truth counts_as)
{
	const struct rule *r = &n->set->rules[rule];
	struct naive_watch *w = &n->watches[rule][slot];
	bool any = false, of = r->hold_ns && r->hold_of_ns;
	if (w->n && counts_as == TRUTH_UNKNOWN && w->records[w->n - 1].counts_as == TRUTH_UNKNOWN)
		w->n--; /* an unknown one after another says nothing more */
	w->records = grown(w->records, w->n, sizeof(*w->records));
	w->records[w->n++] = (struct naive_record){n->now_ns, counts_as};
	if (w->state == RULE_FIRING) {
		if (counts_as == TRUTH_TRUE && held(w) >= r->clear_hold_ns)
			turn(n, w, RULE_IDLE, "ended", rule, slot);
		return;
	}
	uint64_t so_far = of ? held_of(w, r->hold_of_ns, &any) : held(w);
	if (counts_as == TRUTH_TRUE && w->state == RULE_IDLE && r->hold_ns)
		turn(n, w, RULE_PENDING, "pending", rule, slot);
	if (counts_as == TRUTH_TRUE && so_far >= r->hold_ns)
		fire(n, w, rule, slot);
	else if (counts_as == TRUTH_FALSE && w->state == RULE_PENDING && !any)
		turn(n, w, RULE_IDLE, "idle", rule, slot);
}

/* --- inputs --- */

static enum truth policy(const struct rule *r, enum truth t, bool clearing)
{
	if (t != TRUTH_UNKNOWN || r->unknown == UNKNOWN_KEEP)
		return t;
	return (r->unknown == UNKNOWN_TRUE) == !clearing ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth negated(enum truth t)
{
	return t == TRUTH_UNKNOWN ? t : t == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

uint64_t naive_gap(const struct naive *n, bool slow)
{
	return MAX((slow ? MAX(n->period_ns, NS_PER_S) : n->period_ns) * 5 / 2, NS_PER_S);
}

static void evaluate(struct naive *n, size_t rule, size_t slot)
{
	const struct rule *r = &n->set->rules[rule];
	struct naive_watch *w = &n->watches[rule][slot];
	bool has_signals = naive_any(r, naive_is_signal, NULL);
	if (w->judged && has_signals && n->now_ns - w->evaluated_ns > naive_gap(n, false))
		step(n, rule, slot, policy(r, TRUTH_UNKNOWN, w->state == RULE_FIRING));
	arm_if_wanted(n, rule, slot);
	w->verdict = naive_truth(n, r->when, (uint16_t)slot);
	if (w->state == RULE_FIRING)
		step(n, rule, slot,
		     policy(r, r->clear ? naive_truth(n, r->clear, (uint16_t)slot) : negated(w->verdict), true));
	else
		step(n, rule, slot, policy(r, w->verdict, false));
	w->judged = true;
	w->evaluated_ns = n->now_ns;
}

/* A rule on events fires for each, and is over. */
static void judge_event(struct naive *n, size_t rule, uint16_t slot)
{
	const struct rule *r = &n->set->rules[rule];
	struct naive_watch *w = &n->watches[rule][slot];
	w->verdict = r->when ? naive_truth(n, r->when, slot) : TRUTH_TRUE;
	w->judged = true;
	w->evaluated_ns = n->now_ns;
	arm_if_wanted(n, rule, slot);
	if (policy(r, w->verdict, false) != TRUTH_TRUE)
		return;
	const char *exception = naive_exception(n, r, slot);
	say(n, "fired", rule, slot);
	follow_up(n, rule, slot, exception);
	say(n, "ended", rule, slot);
}

static void evaluate_one(struct naive *n, size_t rule, uint16_t slot, const struct input *in)
{
	const struct rule *r = &n->set->rules[rule];
	if (!n->watches[rule][slot].watched)
		return;
	if (in->kind == INPUT_EVENT && r->on == in->event.detector) {
		if (slot == (r->for_each == ENTITY_KIND_HOST ? ENTITY_HOST : in->event.entity))
			judge_event(n, rule, slot);
	} else if (naive_is_due(n, r, slot, in)) {
		r->on < 0 ? evaluate(n, rule, slot) : arm_if_wanted(n, rule, slot);
	}
}

static void evaluate_due(struct naive *n, const struct input *in)
{
	n->event = in->kind == INPUT_EVENT ? in : NULL;
	for (size_t rule = 0; rule < n->set->n; rule++)
		for (uint16_t slot = 0; slot < NAIVE_SLOTS; slot++)
			evaluate_one(n, rule, slot, in);
	n->event = NULL;
}

/* By hand: fires and is over, whatever it was at. */
static void trigger(struct naive *n, const struct input *in)
{
	for (size_t rule = 0; rule < n->set->n; rule++) {
		if (!streq(n->set->rules[rule].name, in->trigger.rule))
			continue;
		say(n, "fired", rule, in->trigger.entity);
		follow_up(n, rule, in->trigger.entity, NULL);
		say(n, "ended", rule, in->trigger.entity);
	}
}

static void born(struct naive *n, uint16_t slot, enum entity_kind kind, const char *name)
{
	snprintf(n->slots[slot].name, sizeof(n->slots[slot].name), "%s", name);
	n->slots[slot].alive = true;
	n->slots[slot].kind = kind;
	n->slots[slot].series = calloc(n->vocabulary->n_signals, sizeof(struct naive_series));
	for (size_t rule = 0; rule < n->set->n; rule++)
		n->watches[rule][slot].watched =
			n->set->rules[rule].for_each == kind && naive_matches(n, n->set->rules[rule].match, slot);
}

static void forget_watch(struct naive *n, size_t rule, size_t slot)
{
	struct naive_watch *w = &n->watches[rule][slot];
	if (w->watched && w->state != RULE_IDLE)
		say(n, w->state == RULE_FIRING ? "gone" : "idle", rule, slot);
	if (w->armed)
		say(n, "disarm", rule, slot);
	free(w->records);
	*w = (struct naive_watch){0};
}

static void gone(struct naive *n, uint16_t slot)
{
	for (size_t rule = 0; rule < n->set->n; rule++)
		forget_watch(n, rule, slot);
	for (size_t s = 0; n->slots[slot].series && s < n->vocabulary->n_signals; s++)
		free(n->slots[slot].series[s].of);
	free(n->slots[slot].series);
	n->slots[slot].series = NULL;
	n->slots[slot].alive = false;
	for (size_t d = 0; d < ARRAY_SIZE(n->detectors); d++)
		n->detectors[d].of[slot].n = 0;
}

/* Nothing looks back over a gap. */
static bool ends_gap(const struct naive *n, const struct naive_series *s)
{
	size_t last = s->n;
	while (last && s->of[last - 1].unknown)
		last--;
	return last && n->now_ns - s->of[last - 1].t_ns > naive_gap(n, false);
}

static void read_one(struct naive *n, const struct reading *r)
{
	if (!n->slots[r->entity].alive)
		return;
	struct naive_series *s = &n->slots[r->entity].series[r->signal];
	if (!r->unknown && ends_gap(n, s)) {
		free(s->of);
		*s = (struct naive_series){0};
	}
	s->of = grown(s->of, s->n, sizeof(*s->of));
	s->of[s->n++] = (struct naive_reading){n->now_ns, r->unknown, r->value};
}

static void arrive(struct naive *n, struct naive_arrivals *a)
{
	a->t_ns = grown(a->t_ns, a->n, sizeof(*a->t_ns));
	a->t_ns[a->n++] = n->now_ns;
}

static void take_event(struct naive *n, const struct input *in)
{
	if (!n->detectors[in->event.detector].attached)
		return;
	arrive(n, &n->detectors[in->event.detector].of[ENTITY_HOST]);
	if (in->event.entity != ENTITY_HOST)
		arrive(n, &n->detectors[in->event.detector].of[in->event.entity]);
}

static void take_attach(struct naive *n, size_t detector, bool attached)
{
	for (uint16_t slot = 0; !attached && slot < NAIVE_SLOTS; slot++)
		n->detectors[detector].of[slot].n = 0;
	n->detectors[detector].attached = attached;
}

/* What goes or changes ends; naive_reload() does the rest. */
static void take_reload(struct naive *n, const struct input *in)
{
	for (size_t rule = 0; rule < n->set->n; rule++)
		for (size_t i = 0; i < in->reload.n_gone; i++)
			for (size_t slot = 0; streq(in->reload.gone[i], n->set->rules[rule].name) && slot < NAIVE_SLOTS; slot++)
				forget_watch(n, rule, slot);
}

void naive_input(struct naive *n, const struct input *in)
{
	n->now_ns = MAX(n->now_ns, in->t_ns);
	switch (in->kind) {
	case INPUT_BORN:
		born(n, in->born.entity, in->born.kind, in->born.name);
		break;
	case INPUT_GONE:
		gone(n, in->gone.entity);
		break;
	case INPUT_TICK:
		for (size_t i = 0; i < in->tick.n; i++)
			read_one(n, &in->tick.readings[i]);
		evaluate_due(n, in);
		break;
	case INPUT_EVENT:
		take_event(n, in);
		evaluate_due(n, in);
		break;
	case INPUT_ATTACH:
		take_attach(n, in->attach.detector, in->attach.attached);
		break;
	case INPUT_CLOCK:
		n->realtime_offset_ns = in->clock.realtime_offset_ns;
		n->utc_offset_s = in->clock.utc_offset_s;
		break;
	case INPUT_TRIGGER:
		trigger(n, in);
		break;
	case INPUT_RELOAD:
		take_reload(n, in);
		break;
	}
	disarm_due(n);
}

void naive_stop(struct naive *n)
{
	for (uint16_t slot = 0; slot < NAIVE_SLOTS; slot++)
		gone(n, slot);
	for (size_t d = 0; d < ARRAY_SIZE(n->detectors); d++)
		for (uint16_t slot = 0; slot < NAIVE_SLOTS; slot++)
			free(n->detectors[d].of[slot].t_ns);
	buf_done(&n->said);
}
