/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/trial/internal.h"

#include "engine/base/clock.h"

static void on_transition(void *ctx, const struct transition *x);

static void feed(struct trial *t, const struct input *in)
{
	machine_input(t->machine, in, on_transition, t);
}

/* What the engine does on its own after an input: attach what is wanted now, and let go of the rest. */
static void settle_attachments(struct trial *t, uint64_t t_ns)
{
	for (uint16_t k = 0; t->unsettled && k < t->options.vocabulary->n_detectors; k++) {
		bool wanted = t->always[k] || t->wants[k] > 0;
		if (wanted == t->attached[k])
			continue;
		t->attached[k] = wanted;
		feed(t, &(struct input){.kind = INPUT_ATTACH, .t_ns = t_ns, .attach = {k, wanted}});
	}
	t->unsettled = false;
}

static void count_wants(struct trial *t, const struct transition *x)
{
	const struct rule *rule = &t->options.rules->rules[x->rule];
	for (size_t i = 0; i < rule->arm.n_detectors; i++) {
		unsigned *wants = &t->wants[rule->arm.detectors[i]];
		*wants += x->kind == TRANSITION_ARM ? 1U : *wants ? -1U : 0U;
	}
	t->unsettled = !t->options.test->input;
}

static bool moment_of(const struct transition *x, enum moment_kind *ret)
{
	switch (x->kind) {
	case TRANSITION_FIRED:
		*ret = x->exception ? MOMENT_EXCEPTED : x->token ? MOMENT_FIRES : MOMENT_SUPPRESSED;
		return true;
	case TRANSITION_ENDED:
		*ret = MOMENT_CLEARS;
		return true;
	case TRANSITION_GONE:
		*ret = MOMENT_GONE;
		return true;
	case TRANSITION_ARM:
		*ret = MOMENT_ARMS;
		return true;
	case TRANSITION_DISARM:
		*ret = MOMENT_DISARMS;
		return true;
	case TRANSITION_PENDING:
	case TRANSITION_IDLE:
		break;
	}
	return false;
}

static void on_transition(void *ctx, const struct transition *x)
{
	struct trial *t = ctx;
	enum moment_kind kind;
	if (!moment_of(x, &kind))
		return;
	if (kind == MOMENT_ARMS || kind == MOMENT_DISARMS)
		count_wants(t, x);
	if (!t->begun)
		return;
	struct moment m = {
		.t_ns = x->t_ns - t->begin_ns,
		.kind = kind,
		.rule = x->rule,
		.entity_kind = t->residents[x->entity].kind,
		.entity = t->residents[x->entity].name ? t->residents[x->entity].name : "",
		.seen = true,
	};
	explain_seen(t, &m, x->entity);
	trial_keep(t, &m);
}

static void take_birth(struct trial *t, const struct input *in)
{
	if (in->born.entity < t->max_entities)
		t->residents[in->born.entity] =
			(struct trial_entity){in->born.kind, arena_strdup(t->arena, in->born.name)};
}

void trial_input(struct trial *t, const struct input *in)
{
	if (!t->begun && in->t_ns >= t->options.begin_ns) {
		t->begin_ns = in->t_ns;
		t->begun = true;
	}
	if (in->kind == INPUT_BORN)
		take_birth(t, in);
	feed(t, in);
	settle_attachments(t, in->t_ns);
	if (t->begun)
		explain_missed(t, in->t_ns);
}

int trial_restore(struct trial *t, const void *data, size_t len)
{
	return machine_restore(t->machine, data, len);
}

static int allocate(struct trial *t)
{
	size_t detectors = t->options.vocabulary->n_detectors;
	t->arena = arena_new();
	if (!t->arena)
		return -ENOMEM;
	t->attached = arena_array(t->arena, bool, detectors);
	t->always = arena_array(t->arena, bool, detectors);
	t->wants = arena_array(t->arena, unsigned, detectors);
	t->residents = arena_array(t->arena, struct trial_entity, t->max_entities);
	t->period_ns = arena_array(t->arena, uint64_t, t->options.vocabulary->n_signals);
	return arena_failed(t->arena) ? -ENOMEM : 0;
}

static void set_periods(struct trial *t)
{
	for (size_t i = 0; i < t->options.vocabulary->n_signals; i++)
		t->period_ns[i] = t->options.period_ns ? t->options.period_ns[i] : t->options.test->interval_ns;
}

static void set_always(struct trial *t)
{
	for (size_t i = 0; i < t->options.vocabulary->n_detectors; i++)
		t->always[i] = t->options.vocabulary->detectors[i].class == DETECTOR_ALWAYS;
	for (size_t i = 0; i < t->options.test->n_attached; i++)
		t->always[t->options.test->attached[i]] = true;
	t->unsettled = !t->options.test->input;
}

static int make_machine(struct trial *t)
{
	struct machine_options m = {.rules = t->options.rules,
				    .vocabulary = t->options.vocabulary,
				    .period_ns = t->period_ns,
				    .max_entities = t->max_entities,
				    .host_limit = t->options.host_limit};
	if (!m.host_limit.burst && !m.host_limit.refill_ns)
		m.host_limit = (struct limit){12, 300 * NS_PER_S};
	return machine_new(&m, &t->machine);
}

int trial_new(const struct trial_options *options, struct trial **ret)
{
	struct trial *t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->options = *options;
	t->max_entities = options->max_entities ? options->max_entities : (unsigned)options->test->n_entities;
	int r = allocate(t);
	if (r == 0) {
		t->residents[ENTITY_HOST] = options->test->entities[ENTITY_HOST];
		set_periods(t);
		set_always(t);
		r = make_machine(t);
	}
	if (r < 0) {
		trial_free(t);
		return r;
	}
	*ret = t;
	return 0;
}

struct trial *trial_free(struct trial *t)
{
	if (!t)
		return NULL;
	machine_free(t->machine);
	arena_free(t->arena);
	free(t->moments);
	free(t);
	return NULL;
}

int trial_run(const struct trial_options *options, struct trial_result *ret)
{
	struct trial *t;
	int r = trial_new(options, &t);
	if (r < 0)
		return r;
	r = trial_play(t);
	r = r < 0 ? r : trial_compare(t, ret);
	trial_free(t);
	return r;
}

void trial_result_done(struct trial_result *r)
{
	free(r->moments);
	arena_free(r->arena);
	*r = (struct trial_result){0};
}
