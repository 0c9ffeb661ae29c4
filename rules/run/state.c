/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/internal.h"

static void emit(const struct machine *m, const struct transition *t)
{
	if (m->emit)
		m->emit(m->ctx, t);
}

static void announce(const struct machine *m, const struct rule_run *r, uint16_t entity, enum transition_kind kind)
{
	struct transition t = {
		.t_ns = m->now_ns, .kind = kind, .rule = (uint16_t)(r - m->rules), .entity = entity};
	emit(m, &t);
}

static bool wants_arming(const struct rule *rule)
{
	return rule->arm.n_detectors > 0;
}

/* Wanted at least until `for` from now. */
static void arm(struct machine *m, struct rule_run *r, struct instance *i)
{
	i->arm_true_ns = m->now_ns;
	m->disarm_ns = MIN(m->disarm_ns, m->now_ns + r->rule->arm.for_ns);
	if (i->armed)
		return;
	i->armed = true;
	announce(m, r, i->entity, TRANSITION_ARM);
}

static void disarm(struct machine *m, struct rule_run *r, struct instance *i)
{
	i->armed = false;
	announce(m, r, i->entity, TRANSITION_DISARM);
}

void state_disarm_due(struct machine *m)
{
	if (m->now_ns < m->disarm_ns)
		return;
	m->disarm_ns = UINT64_MAX;
	for (size_t k = 0; k < m->n_rules; k++) {
		struct rule_run *r = &m->rules[k];
		for (size_t n = 0; wants_arming(r->rule) && n < r->n_instances; n++) {
			struct instance *i = &r->instances[n];
			uint64_t due_ns = i->arm_true_ns + r->rule->arm.for_ns;
			if (i->armed && due_ns <= m->now_ns)
				disarm(m, r, i);
			else if (i->armed)
				m->disarm_ns = MIN(m->disarm_ns, due_ns);
		}
	}
}

static bool rests_on_unattached(const struct machine *m, const struct rule_run *r)
{
	for (uint16_t k = 0; k < r->program.n; k++) {
		const struct op *o = &r->program.ops[k];
		if (o->kind == EXPR_EVENTS && !m->detectors[o->use].attached)
			return true;
	}
	return r->rule->on >= 0 && !m->detectors[r->rule->on].attached;
}

static struct transition firing(const struct machine *m, const struct rule_run *r, uint16_t entity)
{
	return (struct transition){
		.t_ns = m->now_ns,
		.kind = TRANSITION_FIRED,
		.rule = (uint16_t)(r - m->rules),
		.entity = entity,
		.true_since_ns = m->now_ns,
		.cold = r->foreign && m->now_ns < r->cold_until_ns,
		.unarmed = r->foreign && rests_on_unattached(m, r),
	};
}

/* Whether it may capture. What falls under an exception takes no token. */
static void admit(struct machine *m, struct rule_run *r, struct instance *i, struct transition *t)
{
	i->exception = exception_now(m, r, i->entity);
	if (i->exception == NONE)
		t->token = buckets_take_for(m, r, i);
	else
		t->exception = r->rule->exceptions[i->exception].name;
}

static inline void judge(const struct machine *m, const struct rule_run *r, struct instance *i)
{
	const struct program *p = &r->program;
	uint64_t outcome = p->when == NONE ? TRUTH_TRUE : eval_outcome(m, p, p->when, i->entity);
	enum truth verdict = outcome_truth(outcome);
	terms_word said = outcome_said(outcome);
	if (said != i->said) {
		terms_take(terms_since(r, i), p->n_terms, i->said, said, m->now_ns);
		i->said = said & TERMS_ALL;
	}
	if (i->verdict != verdict || !i->judged)
		i->verdict_since_ns = m->now_ns;
	i->verdict = (uint8_t)verdict;
}

static void count_firing(struct instance *i, const struct transition *t)
{
	if (!t->token && !t->exception)
		i->suppressed_ns = t->t_ns;
	i->fired++;
	i->excepted += t->exception != NULL;
	i->suppressed += !t->token && !t->exception;
}

/* Evidence that nobody takes needs no detectors. */
static bool arms_at(const struct rule_run *r, const struct transition *firing)
{
	return wants_arming(r->rule) && !r->rule->arm.when && !firing->exception;
}

static void enter(const struct machine *m, struct instance *i, enum rule_state state)
{
	i->state = (uint8_t)state;
	i->since_ns = m->now_ns;
	i->counting = false;
}

static void fire(struct machine *m, struct rule_run *r, struct instance *i)
{
	struct transition t = firing(m, r, i->entity);
	t.true_since_ns = i->true_since_ns;
	admit(m, r, i, &t);
	count_firing(i, &t);
	i->true_span = (struct true_span){i->true_since_ns, m->now_ns};
	i->stretches = stretches_free(i->stretches);
	enter(m, i, RULE_FIRING);
	/* `clear` is another condition: its time starts with the next evaluation. */
	i->before = TRUTH_UNKNOWN;
	emit(m, &t);
	if (arms_at(r, &t))
		arm(m, r, i);
}

static void end(struct machine *m, struct rule_run *r, struct instance *i, enum transition_kind how)
{
	enter(m, i, RULE_IDLE);
	i->before = TRUTH_UNKNOWN;
	announce(m, r, i->entity, how);
}

static void hold_begins(struct machine *m, struct rule_run *r, struct instance *i)
{
	i->true_since_ns = m->now_ns;
	enter(m, i, RULE_PENDING);
	i->counting = true;
	i->begin_ns = i->active_ns;
	announce(m, r, i->entity, TRANSITION_PENDING);
}

/* hold: D. True at every evaluation for D; what is unknown neither counts nor breaks it. */
static void step_hold(struct machine *m, struct rule_run *r, struct instance *i, enum truth now)
{
	if (now == TRUTH_TRUE && i->state == RULE_IDLE && r->rule->hold_ns == 0) {
		i->true_since_ns = m->now_ns;
		fire(m, r, i);
	} else if (now == TRUTH_TRUE && i->state == RULE_IDLE) {
		hold_begins(m, r, i);
	} else if (now == TRUTH_TRUE && i->active_ns - i->begin_ns >= r->rule->hold_ns) {
		fire(m, r, i);
	} else if (now == TRUTH_FALSE && i->state == RULE_PENDING) {
		end(m, r, i, TRANSITION_IDLE);
	}
}

static uint64_t held_of(const struct rule_run *r, struct instance *i)
{
	return i->stretches ? stretches_sum(i->stretches, i->active_ns, r->rule->hold_of_ns) : 0;
}

/* hold: "3s of 5s". A stretch lasts from one true evaluation to the next. */
static void step_hold_of(struct machine *m, struct rule_run *r, struct instance *i, enum truth now, uint64_t was_ns)
{
	if (now == TRUTH_TRUE) {
		if (!i->stretches)
			i->stretches = calloc(1, sizeof(*i->stretches));
		if (i->stretches)
			stretches_add(i->stretches, i->before == TRUTH_TRUE ? was_ns : i->active_ns, i->active_ns);
		if (i->state == RULE_IDLE)
			hold_begins(m, r, i);
	}
	if (i->state != RULE_PENDING)
		return;
	uint64_t held = held_of(r, i);
	if (held >= r->rule->hold_ns && now == TRUTH_TRUE)
		fire(m, r, i);
	else if (now == TRUTH_FALSE && (!i->stretches || i->stretches->n == 0))
		end(m, r, i, TRANSITION_IDLE);
}

static void step_clear(struct machine *m, struct rule_run *r, struct instance *i, enum truth now)
{
	if (now == TRUTH_FALSE)
		i->counting = false;
	if (now != TRUTH_TRUE)
		return;
	if (!i->counting)
		i->begin_ns = i->active_ns;
	i->counting = true;
	if (i->active_ns - i->begin_ns >= r->rule->clear_hold_ns)
		end(m, r, i, TRANSITION_ENDED);
}

/* One evaluation's condition: `when`, or `clear` while firing. The clock of holds runs between two known ones. */
static void step(struct machine *m, struct rule_run *r, struct instance *i, enum truth now)
{
	uint64_t was_ns = i->active_ns;
	enum rule_state state = i->state;
	if (i->before != TRUTH_UNKNOWN && now != TRUTH_UNKNOWN)
		i->active_ns += m->now_ns - i->evaluated_ns;
	i->evaluated_ns = m->now_ns;
	i->judged = true;
	if (state == RULE_FIRING)
		step_clear(m, r, i, now);
	else if (r->rule->hold_of_ns && r->rule->hold_ns)
		step_hold_of(m, r, i, now, was_ns);
	else
		step_hold(m, r, i, now);
	if ((state == RULE_FIRING) == (i->state == RULE_FIRING))
		i->before = (uint8_t)now;
}

/* An unknown `when` counts as the rule says; an unknown `clear` as the opposite, for it asks whether the trouble is over. */
static enum truth counts_as(const struct rule *rule, enum truth t, bool clearing)
{
	if (t != TRUTH_UNKNOWN || rule->unknown == UNKNOWN_KEEP)
		return t;
	return (rule->unknown == UNKNOWN_TRUE) != clearing ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth clear_truth(const struct machine *m, const struct rule_run *r, const struct instance *i)
{
	if (r->program.clear != NONE)
		return eval_truth(m, &r->program, r->program.clear, i->entity);
	return i->verdict == TRUTH_UNKNOWN ? TRUTH_UNKNOWN : i->verdict == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

/* Idle and false, as nearly always: no clock runs that anybody would look at. */
static bool is_at_rest(const struct rule_run *r, const struct instance *i)
{
	return i->state == RULE_IDLE && i->verdict == TRUTH_FALSE && r->rule->hold_of_ns == 0;
}

void state_consider_arming(struct machine *m, struct rule_run *r, struct instance *i)
{
	const struct program *p = &r->program;
	if (p->arm_when != NONE && wants_arming(r->rule) && eval_truth(m, p, p->arm_when, i->entity) == TRUTH_TRUE)
		arm(m, r, i);
}

void state_evaluate(struct machine *m, struct rule_run *r, struct instance *i)
{
	if (i->judged && m->now_ns - i->evaluated_ns > r->gap_ns)
		step(m, r, i, counts_as(r->rule, TRUTH_UNKNOWN, i->state == RULE_FIRING));
	state_consider_arming(m, r, i);
	judge(m, r, i);
	if (is_at_rest(r, i)) {
		i->before = TRUTH_FALSE;
		i->evaluated_ns = m->now_ns;
		i->judged = true;
	} else if (i->state == RULE_FIRING) {
		if (i->verdict == TRUTH_TRUE)
			i->true_span.last_ns = m->now_ns;
		step(m, r, i, counts_as(r->rule, clear_truth(m, r, i), /* clearing= */ true));
	} else {
		step(m, r, i, counts_as(r->rule, (enum truth)i->verdict, /* clearing= */ false));
	}
}

/* Fires and is over at once; the state it is in otherwise stays as it is. */
static void fire_and_end(struct machine *m, struct rule_run *r, struct instance *i, struct transition *t)
{
	if (i)
		count_firing(i, t);
	emit(m, t);
	if (i && arms_at(r, t))
		arm(m, r, i);
	announce(m, r, t->entity, TRANSITION_ENDED);
}

void state_event(struct machine *m, struct rule_run *r, const struct input *in)
{
	struct instance *i =
		instance_find(r, r->rule->for_each == ENTITY_KIND_HOST ? ENTITY_HOST : in->event.entity);
	if (!i)
		return;
	judge(m, r, i);
	i->evaluated_ns = m->now_ns;
	i->judged = true;
	state_consider_arming(m, r, i);
	if (counts_as(r->rule, (enum truth)i->verdict, /* clearing= */ false) != TRUTH_TRUE)
		return;
	struct transition t = firing(m, r, i->entity);
	admit(m, r, i, &t);
	t.event = in;
	i->since_ns = i->true_since_ns = m->now_ns;
	i->true_span = (struct true_span){m->now_ns, m->now_ns};
	fire_and_end(m, r, i, &t);
}

void state_trigger(struct machine *m, const struct input *in)
{
	uint16_t entity = in->trigger.entity;
	if (entity >= m->max_entities || !m->residents[entity].name)
		return;
	for (size_t k = 0; k < m->n_rules; k++) {
		struct rule_run *r = &m->rules[k];
		if (!streq(r->rule->name, in->trigger.rule))
			continue;
		struct transition t = firing(m, r, entity);
		t.token = t.by_hand = true;
		t.drill = in->trigger.drill;
		fire_and_end(m, r, instance_find(r, entity), &t);
		return;
	}
}

void state_vanish(struct machine *m, struct rule_run *r, struct instance *i)
{
	if (i->state == RULE_FIRING)
		end(m, r, i, TRANSITION_GONE);
	else if (i->state == RULE_PENDING)
		end(m, r, i, TRANSITION_IDLE);
	if (i->armed)
		disarm(m, r, i);
}
