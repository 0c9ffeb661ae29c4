/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/trial/internal.h"

void trial_keep(struct trial *t, const struct moment *m)
{
	if (t->n == TRIAL_MOMENTS_MAX)
		t->overflow = true;
	else if (!array_room(t->moments, t->n, t->cap))
		t->failed = true;
	else
		t->moments[t->n++] = *m;
}

static bool is_about(const struct expectation *e, const struct trial *t, const struct moment *m)
{
	const struct rule *rule = &t->options.rules->rules[m->rule];
	return streq(rule->name, e->rule) && streq(m->entity, e->entity);
}

/* Pairs it with one that was seen then, or adds it as one that was not. */
static void expect(struct trial *t, const struct moment *wanted, size_t n_seen)
{
	for (size_t i = 0; i < n_seen; i++) {
		struct moment *m = &t->moments[i];
		if (m->t_ns == wanted->t_ns && m->kind == wanted->kind && m->rule == wanted->rule && !m->expected &&
		    streq(m->entity, wanted->entity)) {
			m->expected = true;
			return;
		}
	}
	trial_keep(t, wanted);
}

static void expect_all(struct trial *t, const struct expectation *e, size_t n_seen)
{
	const struct rule *rule = ruleset_find(t->options.rules, e->rule);
	if (!rule)
		return;
	for (unsigned kind = 0; kind < MOMENT_KINDS_; kind++)
		for (size_t i = 0; i < e->of[kind].n; i++) {
			struct moment m = {
				.t_ns = e->of[kind].at_ns[i],
				.kind = (enum moment_kind)kind,
				.rule = (uint16_t)(rule - t->options.rules->rules),
				.entity_kind = rule->for_each,
				.entity = arena_strdup(t->arena, e->entity),
				.expected = true,
			};
			expect(t, &m, n_seen);
		}
}

/* Firings always matter, the rest where the test speaks of it. */
static bool matters(const struct trial *t, const struct moment *m)
{
	if (m->kind == MOMENT_FIRES || m->kind == MOMENT_SUPPRESSED || m->kind == MOMENT_EXCEPTED || m->expected)
		return true;
	for (size_t i = 0; i < t->options.test->n_expected; i++)
		if (is_about(&t->options.test->expected[i], t, m))
			return t->options.test->expected[i].of[m->kind].given;
	return false;
}

static int by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;
	if (x->t_ns != y->t_ns)
		return x->t_ns < y->t_ns ? -1 : 1;
	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	int c = strcmp(x->entity, y->entity);
	return c ? c : (x->kind > y->kind) - (x->kind < y->kind);
}

int trial_compare(struct trial *t, struct trial_result *ret)
{
	const struct trial_test *test = t->options.test;
	size_t n_seen = t->n, differences = t->overflow;
	for (size_t i = 0; i < test->n_expected; i++)
		expect_all(t, &test->expected[i], n_seen);
	if (t->failed || arena_failed(t->arena))
		return -ENOMEM;
	for (size_t i = 0; i < t->n; i++) {
		struct moment *m = &t->moments[i];
		m->differs = m->expected != m->seen && matters(t, m);
		differences += m->differs;
	}
	if (t->n)
		qsort(t->moments, t->n, sizeof(*t->moments), by_time);
	*ret = (struct trial_result){take_ptr(t->moments), t->n, differences, t->overflow, t->undelivered, take_ptr(t->arena)};
	t->n = t->cap = 0;
	return 0;
}
