/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/trial/internal.h"

#include "engine/base/clock.h"

/* Where the timeline stands when a test begins: past any window, so that nothing is special about the first second. */
#define BEGIN_NS (3600 * NS_PER_S)

struct player {
	struct trial *trial;
	const struct trial_test *test;
	struct values_cursor *cursors; /* per series */
	struct reading *readings;
	bool *dead; /* per entity */
	size_t events, gone; /* done so far */
};

static void input(struct player *p, uint64_t at_ns, struct input in)
{
	in.t_ns = BEGIN_NS + at_ns;
	trial_input(p->trial, &in);
}

static void begin(struct player *p)
{
	int64_t realtime_offset_ns = p->test->starts_s * (int64_t)NS_PER_S - (int64_t)BEGIN_NS;
	input(p, 0, (struct input){.kind = INPUT_CLOCK, .clock = {.realtime_offset_ns = realtime_offset_ns}});
	for (uint16_t i = 1; i < p->test->n_entities; i++)
		input(p, 0, (struct input){.kind = INPUT_BORN, .born = {i, p->test->entities[i].kind, p->test->entities[i].name}});
}

static void play_gone(struct player *p, uint64_t until_ns)
{
	for (; p->gone < p->test->n_gone && p->test->gone[p->gone].at_ns <= until_ns; p->gone++) {
		const struct trial_gone *g = &p->test->gone[p->gone];
		if (p->dead[g->entity])
			continue;
		p->dead[g->entity] = true;
		input(p, g->at_ns, (struct input){.kind = INPUT_GONE, .gone = {g->entity}});
	}
}

/* What is not attached sees nothing; what belongs to nobody any more belongs to the host. */
static void play_event(struct player *p, const struct trial_event *e)
{
	if (!p->trial->attached[e->detector]) {
		p->trial->undelivered++;
		return;
	}
	uint16_t entity = p->dead[e->entity] ? ENTITY_HOST : e->entity;
	input(p, e->at_ns,
	      (struct input){.kind = INPUT_EVENT, .event = {e->detector, entity, e->record, e->len}});
}

/* Departures and events before this time, in the order of time. */
static void play_until(struct player *p, uint64_t until_ns)
{
	for (; p->events < p->test->n_events && p->test->events[p->events].at_ns < until_ns; p->events++) {
		play_gone(p, p->test->events[p->events].at_ns);
		play_event(p, &p->test->events[p->events]);
	}
	play_gone(p, until_ns);
}

static void play_tick(struct player *p, uint64_t at_ns)
{
	size_t n = 0;
	for (size_t i = 0; i < p->test->n_series; i++) {
		const struct trial_series *s = &p->test->series[i];
		struct value v = values_next(&p->cursors[i]);
		if (v.kind != READING_MISSING && !p->dead[s->entity])
			p->readings[n++] = (struct reading){s->signal, s->entity, v.kind == READING_UNKNOWN, v.quanta};
	}
	input(p, at_ns, (struct input){.kind = INPUT_TICK, .tick = {p->readings, n}});
}

static uint32_t count_ticks(const struct trial_test *test)
{
	uint32_t n = 0;
	for (size_t i = 0; i < test->n_series; i++)
		n = MAX(n, test->series[i].values.n);
	return n;
}

int trial_play(struct trial *t)
{
	const struct trial_test *test = t->options.test;
	struct player p = {
		.trial = t,
		.test = test,
		.cursors = arena_array(t->arena, struct values_cursor, test->n_series),
		.readings = arena_array(t->arena, struct reading, test->n_series),
		.dead = arena_array(t->arena, bool, test->n_entities),
	};
	if (arena_failed(t->arena))
		return -ENOMEM;
	for (size_t i = 0; i < test->n_series; i++)
		p.cursors[i].values = &test->series[i].values;
	begin(&p);
	uint32_t n = count_ticks(test);
	for (uint32_t i = 0; i < n; i++) {
		play_until(&p, i * test->interval_ns);
		play_tick(&p, i * test->interval_ns);
	}
	play_until(&p, UINT64_MAX);
	return t->failed ? -ENOMEM : 0;
}
