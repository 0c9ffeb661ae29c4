/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/trials.h"

#include "snapshot/bundle/json.h"

struct tally {
	size_t tried[MUTATION_CLASSES_], killed[MUTATION_CLASSES_];
};

/* A set's own k-th mutation: every test may have a set of its own. */
struct mutated_case {
	struct trial_case *of;
	struct mutations mutations;
};

/* Whether the test passes with it. A rule that cannot be run any more is noticed, too. */
static bool passes(struct mutated_case *c, size_t k)
{
	struct trial_result result = {0};
	mutation_swap(&c->mutations.of[k]);
	int r = trial_case_run(c->of, NULL, &result);
	mutation_swap(&c->mutations.of[k]);
	bool passed = r == 0 && result.differences == 0;
	c->of->error[0] = '\0';
	trial_result_done(&result);
	return passed;
}

static bool survives(struct mutated_case *cases, size_t n, size_t k)
{
	for (size_t i = 0; i < n; i++)
		if (!passes(&cases[i], k))
			return false;
	return true;
}

/* Only what some test speaks of is under test. */
static bool is_under_test(const struct mutated_case *cases, size_t n, const struct rule *rule)
{
	for (size_t i = 0; i < n; i++)
		for (size_t e = 0; e < cases[i].of->test->n_expected; e++)
			if (streq(cases[i].of->test->expected[e].rule, rule->name))
				return true;
	return false;
}

static void tell_survivor(const struct mutation *m, struct json_object *list)
{
	if (!list) {
		printf("%s:%u:%u: survives: %s: %s as %s\n", m->at.file, m->at.line, m->at.column, m->rule->name, m->from, m->to);
		return;
	}
	struct json_object *o = json_object_new_object();
	json_add_text(o, "file", m->at.file);
	json_add_number(o, "line", m->at.line);
	json_add_number(o, "column", m->at.column);
	json_add_text(o, "rule", m->rule->name);
	json_add_text(o, "class", mutation_class_name(m->class));
	json_add_text(o, "from", m->from);
	json_add_text(o, "to", m->to);
	json_object_array_add(list, o);
}

/* How many of the file's chosen tests there are, each with its mutations listed; 0 when out of memory too. */
static size_t list_cases(struct trial_file *f, struct arena *arena, struct mutated_case *cases)
{
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++) {
		if (!f->cases[i].chosen)
			continue;
		cases[n].of = &f->cases[i];
		if (mutations_list(f->cases[i].set, arena, &cases[n++].mutations) < 0)
			return 0;
	}
	return n;
}

static void mutate_file(struct trial_file *f, struct tally *tally, struct json_object *list)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	struct mutated_case *cases = arena ? arena_array(arena, struct mutated_case, f->n) : NULL;
	size_t n = cases ? list_cases(f, arena, cases) : 0;
	for (size_t k = 0; n && k < cases[0].mutations.n; k++) {
		const struct mutation *m = &cases[0].mutations.of[k];
		if (!is_under_test(cases, n, m->rule))
			continue;
		bool survived = survives(cases, n, k);
		tally->tried[m->class]++;
		tally->killed[m->class] += !survived;
		if (survived)
			tell_survivor(m, list);
	}
}

static void print_rates(const struct tally *t)
{
	size_t tried = 0, killed = 0;
	for (unsigned c = 0; c < MUTATION_CLASSES_; c++) {
		tried += t->tried[c];
		killed += t->killed[c];
		if (t->tried[c])
			printf("%-12s %zu of %zu noticed (%.1f %%)\n", mutation_class_name(c), t->killed[c], t->tried[c],
			       100.0 * (double)t->killed[c] / (double)t->tried[c]);
	}
	printf("%-12s %zu of %zu noticed (%.1f %%)\n", "in all", killed, tried,
	       tried ? 100.0 * (double)killed / (double)tried : 100.0);
}

static struct json_object *rates_json(const struct tally *t)
{
	struct json_object *all = json_object_new_object();
	for (unsigned c = 0; c < MUTATION_CLASSES_; c++) {
		struct json_object *o = json_object_new_object();
		json_add_number(o, "tried", t->tried[c]);
		json_add_number(o, "noticed", t->killed[c]);
		json_object_object_add(all, mutation_class_name(c), o);
	}
	return all;
}

static void print_json(const struct tally *t, struct json_object *survivors)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	_cleanup_buf_ struct buf out = {0};
	json_object_object_add(o, "survivors", survivors);
	json_object_object_add(o, "rates", rates_json(t));
	if (json_print(o, &out) == 0)
		fputs(buf_str(&out), stdout);
}

bool trials_mutate(struct trials *t, bool json)
{
	struct tally tally = {0};
	struct json_object *list = json ? json_object_new_array() : NULL;
	for (size_t i = 0; i < t->n; i++)
		if (t->files[i].suite)
			mutate_file(&t->files[i], &tally, list);
	if (json)
		print_json(&tally, list);
	else
		print_rates(&tally);
	return tally.killed[MUTATION_COMPARISON] == tally.tried[MUTATION_COMPARISON] &&
	       tally.killed[MUTATION_THRESHOLD] == tally.tried[MUTATION_THRESHOLD];
}
