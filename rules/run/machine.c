/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/internal.h"

static int allocate(struct machine *m)
{
	size_t signals = m->vocabulary->n_signals, detectors = m->vocabulary->n_detectors, rules = m->n_rules;
	m->rules = calloc(rules + 1, sizeof(*m->rules));
	m->signals = calloc(signals + 1, sizeof(*m->signals));
	m->period_ns = calloc(signals + 1, sizeof(*m->period_ns));
	m->use_of_signal = malloc((signals + 1) * sizeof(*m->use_of_signal));
	m->detectors = calloc(detectors + 1, sizeof(*m->detectors));
	m->residents = calloc(m->max_entities, sizeof(*m->residents));
	m->pulse = calloc(m->n_words * 3, sizeof(*m->pulse));
	m->due_of = calloc(m->n_words * m->max_entities, sizeof(*m->due_of));
	if (!m->rules || !m->signals || !m->period_ns || !m->use_of_signal || !m->detectors || !m->residents ||
	    !m->pulse || !m->due_of)
		return -ENOMEM;
	m->due = m->pulse + m->n_words;
	m->due_all = m->due + m->n_words;
	memset(m->use_of_signal, 0xff, (signals + 1) * sizeof(*m->use_of_signal));
	return 0;
}

static void nothing_due(struct machine *m)
{
	memset(m->due, 0, m->n_words * 2 * sizeof(*m->due)); /* due_all stands behind it */
	if (m->due_first < m->due_end)
		memset(&m->due_of[m->due_first * m->n_words], 0,
		       (m->due_end - m->due_first) * m->n_words * sizeof(*m->due_of));
	m->due_first = m->max_entities;
	m->due_end = 0;
}

static int start(struct machine *m, const struct machine_options *options)
{
	int r = allocate(m);
	if (r < 0)
		return r;
	if (options->period_ns)
		copy_bytes(m->period_ns, options->period_ns, m->vocabulary->n_signals * sizeof(*m->period_ns));
	r = machine_compile(m);
	if (r < 0)
		return r;
	nothing_due(m);
	m->host_bucket = bucket_fresh(m, &m->host_limit);
	for (size_t i = 0; i < m->n_rules; i++)
		m->rules[i].bucket = bucket_fresh(m, &m->rules[i].rule->limits.rule);
	return roster_birth(m, ENTITY_HOST, ENTITY_KIND_HOST, entity_kind_name(ENTITY_KIND_HOST));
}

static void machine_freep(struct machine **m)
{
	machine_free(*m);
}

int machine_new(const struct machine_options *options, struct machine **ret)
{
	_cleanup_(machine_freep) struct machine *m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->set = options->rules;
	m->vocabulary = options->vocabulary;
	m->n_rules = options->rules->n;
	m->n_words = (m->n_rules + 63) / 64 + !m->n_rules;
	m->max_entities = CLAMP(options->max_entities, 1U, (unsigned)ENTITY_NONE);
	m->host_limit = options->host_limit;
	m->generation = options->generation;
	m->disarm_ns = UINT64_MAX;
	int r = start(m, options);
	if (r < 0)
		return r;
	*ret = take_ptr(m);
	return 0;
}

static void due_for_all(struct machine *m, const uint64_t *mask)
{
	for (size_t w = 0; w < m->n_words; w++) {
		m->due[w] |= mask[w];
		m->due_all[w] |= mask[w];
	}
}

static void due_for_one(struct machine *m, const uint64_t *mask, uint16_t slot)
{
	uint64_t *of = &m->due_of[slot * m->n_words];
	for (size_t w = 0; w < m->n_words; w++) {
		m->due[w] |= mask[w];
		of[w] |= mask[w];
	}
	m->due_first = MIN(m->due_first, slot);
	m->due_end = MAX(m->due_end, slot + 1U);
}

static void take_reading(struct machine *m, const struct reading *r)
{
	if (r->signal >= m->vocabulary->n_signals || m->use_of_signal[r->signal] == NONE ||
	    r->entity >= m->max_entities || !m->residents[r->entity].name)
		return;
	struct signal_use *u = &m->signals[m->use_of_signal[r->signal]];
	uint32_t kind = ENTITY_BIT(m->residents[r->entity].kind);
	if (!(u->kinds & kind))
		return;
	u->latest[r->entity] = (struct latest){m->now_ns, r->value, .known = !r->unknown, .ever = true};
	if (u->series && !r->unknown)
		series_add(series_of(u, r->entity), &u->spec, m->now_ns, r->value);
	if (r->entity == ENTITY_HOST)
		due_for_all(m, u->all);
	else
		due_for_one(m, u->own, r->entity);
	if (u->over_kinds & kind)
		due_for_all(m, u->over);
}

static void evaluate_rule(struct machine *m, size_t index)
{
	struct rule_run *r = &m->rules[index];
	bool all = mask_has(m->due_all, index);
	const uint64_t *word = &m->due_of[index / 64];
	uint64_t bit = UINT64_C(1) << (index % 64);
	for (size_t k = 0; k < r->n_instances; k++) {
		struct instance *i = &r->instances[k];
		if (!all && !(word[i->entity * m->n_words] & bit))
			continue;
		if (r->rule->on >= 0)
			state_consider_arming(m, r, i);
		else
			state_evaluate(m, r, i);
	}
}

/* In the order of rules; an event's own rules take it in their turn. */
static void evaluate_due(struct machine *m, const struct input *event)
{
	for (size_t w = 0; w < m->n_words; w++) {
		for (uint64_t bits = m->due[w]; bits; bits &= bits - 1) {
			size_t index = w * 64 + (size_t)__builtin_ctzll(bits);
			struct rule_run *r = &m->rules[index];
			if (event && r->rule->on == event->event.detector)
				state_event(m, r, event);
			else
				evaluate_rule(m, index);
		}
	}
	nothing_due(m);
}

static void due_over_nobody(struct machine *m)
{
	for (size_t i = 0; i < m->n_selections; i++)
		if (m->selections[i].over && m->selections[i].n == 0)
			due_for_all(m, m->selections[i].over);
}

static void take_tick(struct machine *m, const struct input *in)
{
	for (size_t i = 0; i < in->tick.n; i++)
		take_reading(m, &in->tick.readings[i]);
	if (in->tick.n) {
		due_for_all(m, m->pulse);
		due_over_nobody(m);
	}
	evaluate_due(m, NULL);
}

static void count_event(struct machine *m, struct detector_use *d, uint16_t entity)
{
	arrivals_add(&d->of[ENTITY_HOST], m->now_ns, d->span_ns);
	due_for_one(m, d->readers, ENTITY_HOST);
	due_for_all(m, d->over);
	if (entity == ENTITY_HOST)
		return;
	arrivals_add(&d->of[entity], m->now_ns, d->span_ns);
	due_for_one(m, d->readers, entity);
}

static void take_event(struct machine *m, const struct input *in)
{
	uint16_t entity = in->event.entity;
	if (in->event.detector >= m->vocabulary->n_detectors)
		return;
	struct detector_use *d = &m->detectors[in->event.detector];
	if (entity >= m->max_entities || !m->residents[entity].name)
		entity = ENTITY_HOST;
	if (d->of && d->attached)
		count_event(m, d, entity);
	for (size_t k = 0; k < m->n_rules; k++)
		if (m->rules[k].selection != NONE && m->rules[k].rule->on == in->event.detector)
			mask_set(m->due, k);
	struct input own = *in;
	own.t_ns = m->now_ns;
	own.event.entity = entity;
	m->event = &own;
	evaluate_due(m, &own);
	m->event = NULL;
}

static void take_attach(struct machine *m, const struct input *in)
{
	if (in->attach.detector >= m->vocabulary->n_detectors)
		return;
	struct detector_use *d = &m->detectors[in->attach.detector];
	for (unsigned i = 0; d->of && d->attached && !in->attach.attached && i < m->max_entities; i++)
		arrivals_done(&d->of[i]);
	d->attached = in->attach.attached;
}

static void take_clock(struct machine *m, const struct input *in)
{
	m->boottime_offset_ns = in->clock.boottime_offset_ns;
	m->realtime_offset_ns = in->clock.realtime_offset_ns;
	m->utc_offset_s = in->clock.utc_offset_s;
}

static bool is_gone(const struct input *in, const char *rule)
{
	for (size_t i = 0; i < in->reload.n_gone; i++)
		if (streq(in->reload.gone[i], rule))
			return true;
	return false;
}

static void take_reload(struct machine *m, const struct input *in)
{
	for (size_t k = 0; k < m->n_rules; k++) {
		struct rule_run *r = &m->rules[k];
		for (size_t i = 0; is_gone(in, r->rule->name) && i < r->n_instances; i++)
			state_vanish(m, r, &r->instances[i]);
	}
}

static void take(struct machine *m, const struct input *in)
{
	switch (in->kind) {
	case INPUT_BORN:
		roster_birth(m, in->born.entity, in->born.kind, in->born.name);
		break;
	case INPUT_GONE:
		roster_death(m, in->gone.entity);
		break;
	case INPUT_TICK:
		take_tick(m, in);
		break;
	case INPUT_EVENT:
		take_event(m, in);
		break;
	case INPUT_ATTACH:
		take_attach(m, in);
		break;
	case INPUT_CLOCK:
		take_clock(m, in);
		break;
	case INPUT_TRIGGER:
		state_trigger(m, in);
		break;
	case INPUT_RELOAD:
		take_reload(m, in);
		break;
	}
}

void machine_input(struct machine *m, const struct input *in, transition_fn emit, void *ctx)
{
	m->now_ns = MAX(m->now_ns, in->t_ns);
	m->emit = emit;
	m->ctx = ctx;
	take(m, in);
	buckets_settle(m);
	state_disarm_due(m);
	m->emit = NULL;
}

bool machine_reads_signal(const struct machine *m, uint16_t signal)
{
	return signal < m->vocabulary->n_signals && m->use_of_signal[signal] != NONE;
}

uint64_t machine_refused(const struct machine *m)
{
	return m->refused;
}

static uint64_t hold_progress(const struct rule_run *r, const struct instance *i)
{
	if (i->state != RULE_PENDING)
		return 0;
	if (!r->rule->hold_of_ns)
		return i->active_ns - i->begin_ns;
	return i->stretches ? stretches_sum(i->stretches, i->active_ns, r->rule->hold_of_ns) : 0;
}

static const char *exception_name(const struct rule_run *r, uint16_t index)
{
	return index == NONE ? NULL : r->rule->exceptions[index].name;
}

bool machine_status(const struct machine *m, uint16_t rule, uint16_t entity, struct rule_status *ret)
{
	const struct rule_run *r = rule < m->n_rules ? &m->rules[rule] : NULL;
	const struct instance *i = r ? instance_find(r, entity) : NULL;
	if (!i)
		return false;
	struct bucket own = i->bucket, shared = r->bucket;
	bucket_refill(&own, &r->rule->limits.entity, machine_boot_ns(m));
	bucket_refill(&shared, &r->rule->limits.rule, machine_boot_ns(m));
	*ret = (struct rule_status){
		.state = i->state,
		.verdict = i->verdict,
		.armed = i->armed,
		.since_ns = i->since_ns,
		.verdict_since_ns = i->verdict_since_ns,
		.suppressed_ns = i->suppressed_ns,
		.evaluated_ns = i->evaluated_ns,
		.hold_progress_ns = hold_progress(r, i),
		.true_span = i->true_span,
		.fired = i->fired,
		.suppressed = i->suppressed,
		.excepted = i->excepted,
		.exception = exception_name(r, exception_now(m, r, entity)),
		.last_exception = exception_name(r, i->exception),
		.tokens_entity = own.tokens,
		.tokens_rule = shared.tokens,
	};
	return true;
}

static void free_rules(struct machine *m)
{
	for (size_t i = 0; m->rules && i < m->n_rules; i++) {
		struct rule_run *r = &m->rules[i];
		for (size_t k = 0; k < r->n_instances; k++)
			stretches_free(r->instances[k].stretches);
		free(r->since_ns);
		free(r->instances);
		free(r->excepted);
		program_done(&r->program);
	}
	free(m->rules);
}

static void free_signals(struct machine *m)
{
	for (size_t i = 0; i < m->n_signals; i++) {
		struct signal_use *u = &m->signals[i];
		for (unsigned slot = 0; u->series && slot < u->slots; slot++)
			if (u->latest[slot].ever)
				series_done(series_of(u, slot), &u->spec);
		free(u->latest);
		free(u->series);
		free(u->spec.windows);
		free(u->own);
	}
	free(m->signals);
}

static void free_detectors(struct machine *m)
{
	for (size_t i = 0; m->detectors && i < m->vocabulary->n_detectors; i++) {
		struct detector_use *d = &m->detectors[i];
		for (unsigned slot = 0; d->of && slot < m->max_entities; slot++)
			arrivals_done(&d->of[slot]);
		free(d->of);
		free(d->readers);
	}
	free(m->detectors);
}

static void free_roster(struct machine *m)
{
	for (size_t i = 0; i < m->n_selections; i++) {
		matcher_done(&m->selections[i].matcher);
		free(m->selections[i].slots);
		free(m->selections[i].over);
	}
	for (unsigned i = 0; m->residents && i < m->max_entities; i++)
		free(m->residents[i].name);
	free(m->selections);
	free(m->residents);
}

struct machine *machine_free(struct machine *m)
{
	if (!m)
		return NULL;
	free_rules(m);
	free_signals(m);
	free_detectors(m);
	free_roster(m);
	buckets_done(&m->remembered);
	free(m->period_ns);
	free(m->use_of_signal);
	free(m->pulse);
	free(m->due_of);
	free(m);
	return NULL;
}
