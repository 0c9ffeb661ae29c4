/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/text.h"
#include "rules/trial/reader.h"

/* By enum moment_kind. */
static const char *const moment_keys[] = {"fires_at", "suppressed_at", "excepted_at", "clears_at", "gone_at", "arms_at", "disarms_at"};

/* A list of times in order, or one alone. */
static void read_moments(struct reader *r, const struct node *n, struct moments_expected *ret)
{
	bool list = n->kind == NODE_SEQUENCE;
	size_t count = list ? n->n : 1;
	uint64_t *at_ns = arena_array(r->files.arena, uint64_t, count);
	ret->given = true;
	ret->at_ns = at_ns;
	for (size_t i = 0; at_ns && i < count; i++) {
		const struct node *item = list ? n->items[i] : n;
		if (!node_duration(item, r->files.diagnostics, &at_ns[i]))
			continue;
		if (i && at_ns[i] < at_ns[i - 1])
			trial_error(r, item->at, "bad-order", "'%s' is before the one before it; write them in order", item->text);
		ret->n++;
	}
}

static void refuse_second(struct reader *r, const struct expectation *e)
{
	for (const struct expectation *x = r->test->expected; x < e; x++)
		if (streq(x->rule, e->rule) && streq(x->entity, e->entity))
			trial_error(r, e->rule_at, "duplicate-expectation",
				    "'%.64s' on '%.64s' stands here a second time; write all its times into one", e->rule, e->entity);
}

static void read_one(struct reader *r, const struct node *map)
{
	static const char *const keys[] = {"rule",	"entity",  "fires_at", "suppressed_at", "excepted_at",
					   "clears_at", "gone_at", "arms_at",  "disarms_at"};
	struct expectation *e = &r->test->expected[r->test->n_expected];
	*e = (struct expectation){.rule = "", .entity = "host", .rule_at = map->at, .entity_at = map->at};
	if (!node_is_mapping(map, "what a rule does, as in {rule: cpu-sys-spike, fires_at: 10s}", r->files.diagnostics))
		return;
	node_check_keys(map, "expect", keys, ARRAY_SIZE(keys), r->files.diagnostics);
	const struct node *rule = node_get(map, "rule"), *entity = node_get(map, "entity");
	if (!rule)
		trial_error(r, map->at, "missing-key", "this names no rule, as in rule: cpu-sys-spike");
	if (rule && node_string(rule, r->files.diagnostics, &e->rule))
		e->rule_at = rule->at;
	if (entity && node_string(entity, r->files.diagnostics, &e->entity))
		e->entity_at = entity->at;
	for (size_t k = 0; k < MOMENT_KINDS_; k++)
		if (node_get(map, moment_keys[k]))
			read_moments(r, node_get(map, moment_keys[k]), &e->of[k]);
	refuse_second(r, e);
	r->test->n_expected++;
}

void expected_read(struct reader *r, const struct node *list)
{
	if (!list) {
		trial_error(r, r->test->at, "missing-key", "this test expects nothing; for silence write expect: []");
		return;
	}
	if (!node_is_sequence(list, "a list, as in [{rule: cpu-sys-spike, fires_at: 10s}]", r->files.diagnostics))
		return;
	r->test->expected = arena_array(r->files.arena, struct expectation, list->n);
	for (size_t i = 0; r->test->expected && i < list->n; i++)
		read_one(r, list->items[i]);
}

static void unknown_rule(const struct expectation *e, const struct ruleset *set, struct diagnostics *d)
{
	const char *names[set->n + 1];
	for (size_t i = 0; i < set->n; i++)
		names[i] = set->rules[i].name;
	const char *near = text_nearest(e->rule, names, set->n);
	if (near)
		diagnostics_add(d, DIAGNOSTIC_ERROR, e->rule_at, "unknown-rule", "no rule '%.64s', did you mean '%s'?", e->rule,
				near);
	else
		diagnostics_add(d, DIAGNOSTIC_ERROR, e->rule_at, "unknown-rule", "no rule '%.64s' was loaded", e->rule);
}

/* The test's entities of that kind; those of a recording are not known yet. */
static bool has_entity(const struct trial_test *t, enum entity_kind kind, const char *name)
{
	for (size_t i = 0; i < t->n_entities; i++)
		if (t->entities[i].kind == kind && streq(t->entities[i].name, name))
			return true;
	return t->input && kind != ENTITY_KIND_HOST;
}

void suite_check(const struct trial_test *t, const struct ruleset *set, struct diagnostics *d)
{
	for (size_t i = 0; i < t->n_expected; i++) {
		const struct expectation *e = &t->expected[i];
		const struct rule *rule = ruleset_find(set, e->rule);
		if (!rule)
			unknown_rule(e, set, d);
		else if (!has_entity(t, rule->for_each, e->entity))
			diagnostics_add(d, DIAGNOSTIC_ERROR, e->entity_at, "unknown-entity",
					"'%s' is for each %s, and this test has no %s '%.64s'", rule->name,
					entity_kind_name(rule->for_each), entity_kind_name(rule->for_each), e->entity);
	}
}
