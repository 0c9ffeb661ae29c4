/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random conditions over random inputs: why says what the engine decided, and blames exactly the terms that, were they
 * otherwise, would have made it another verdict: the opposite one where nothing is unknown. What it would have been is worked
 * out by the naive evaluator.
 */
#include "tests/unit/support/test.h"

#include "engine/base/clock.h"
#include "rules/tell/why.h"
#include "tests/unit/support/dice.h"
#include "tests/unit/support/naive.h"
#include "tests/unit/support/random_inputs.h"
#include "tests/unit/support/vocabulary.h"

#define CASES 120
#define INPUTS 300
#define DEPTH 4

struct looking {
	struct random_sets sets;
	struct world world;
	struct machine *machine;
	struct naive naive;
	unsigned verdicts, blamed, known; /* the last: of the blamed, where nothing was unknown */
};

static void begin(struct looking *l, unsigned seed)
{
	static uint64_t periods[256];
	dice_seed(seed);
	random_rules(&l->sets);
	for (size_t i = 0; i < RANDOM_NAMES; i++) {
		l->sets.rules[0][i].when = random_truth(l->sets.rules[0][i].for_each, DEPTH);
		l->sets.rules[0][i].on = -1;
	}
	world_begin(&l->world, &l->sets);
	for (size_t i = 0; i < ARRAY_SIZE(periods); i++)
		periods[i] = WORLD_PERIOD_NS;
	struct machine_options o = {
		.rules = &l->sets.of[0], .vocabulary = test_vocabulary(), .period_ns = periods, .max_entities = NAIVE_SLOTS};
	assert_int_equal(machine_new(&o, &l->machine), 0);
	naive_start(&l->naive, &l->sets.of[0], test_vocabulary(), WORLD_PERIOD_NS);
}

static void end(struct looking *l)
{
	machine_free(l->machine);
	naive_stop(&l->naive);
}

static enum truth opposite(enum truth t)
{
	return t == TRUTH_UNKNOWN ? t : t == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

/* What the condition would be if `term` were `as`. */
static enum truth supposed(const struct naive *n, const struct expr *e, uint16_t entity, const struct expr *term, enum truth as)
{
	if (e == term)
		return as;
	if (e->kind == EXPR_NOT)
		return opposite(supposed(n, e->a, entity, term, as));
	if (e->kind != EXPR_AND && e->kind != EXPR_OR)
		return naive_truth(n, e, entity);
	enum truth a = supposed(n, e->a, entity, term, as), b = supposed(n, e->b, entity, term, as);
	enum truth decisive = e->kind == EXPR_AND ? TRUTH_FALSE : TRUTH_TRUE;
	if (a == decisive || b == decisive)
		return decisive;
	return a == TRUTH_UNKNOWN || b == TRUTH_UNKNOWN ? TRUTH_UNKNOWN : opposite(decisive);
}

/* Below quantifiers and comparisons there is nothing to be blamed: they are, as a whole. */
static bool is_part(const struct expr *e, const struct expr *term)
{
	if (e == term)
		return true;
	return (e->kind == EXPR_NOT || e->kind == EXPR_AND || e->kind == EXPR_OR) &&
	       (is_part(e->a, term) || (e->b && is_part(e->b, term)));
}

static bool is_known(const struct naive *n, const struct expr *e, uint16_t entity)
{
	if (e->kind == EXPR_NOT)
		return is_known(n, e->a, entity);
	if (e->kind == EXPR_AND || e->kind == EXPR_OR)
		return is_known(n, e->a, entity) && is_known(n, e->b, entity);
	return naive_truth(n, e, entity) != TRUTH_UNKNOWN;
}

static void look_at_term(struct looking *l, const struct expr *when, const struct why_term *t, enum truth whole, uint16_t slot)
{
	const struct expr *e = t->expr;
	if (!is_part(when, e)) {
		assert_false(t->blamed);
		return;
	}
	enum truth if_true = supposed(&l->naive, when, slot, e, TRUTH_TRUE);
	enum truth if_false = supposed(&l->naive, when, slot, e, TRUTH_FALSE);
	enum truth flipped = t->verdict == TRUTH_TRUE ? if_false : if_true;
	bool known = t->verdict != TRUTH_UNKNOWN;
	assert_int_equal(t->blamed, flipped != whole || (!known && if_false != whole));
	l->blamed += t->blamed;
	if (!t->blamed || !is_known(&l->naive, when, slot))
		return;
	l->known++;
	assert_int_equal(flipped, opposite(whole));
}

static void look(struct looking *l, uint16_t rule, uint16_t slot, bool evaluated)
{
	_cleanup_free_ struct why_term *terms = NULL;
	const struct expr *when = l->sets.of[0].rules[rule].when;
	struct rule_status s;
	size_t n;
	if (!machine_status(l->machine, rule, slot, &s) || why_terms(l->machine, rule, slot, &terms, &n) < 0)
		return;
	enum truth whole = naive_truth(&l->naive, when, slot);
	assert_int_equal(terms[0].verdict, whole);
	if (evaluated && s.evaluated_ns == l->world.t_ns)
		assert_int_equal(terms[0].verdict, s.verdict);
	l->verdicts += evaluated && s.evaluated_ns == l->world.t_ns;
	for (size_t i = 0; i < n; i++)
		look_at_term(l, when, &terms[i], whole, slot);
}

/* Inputs of one time may stand between an evaluation and now. */
static void watch(struct looking *l)
{
	for (unsigned k = 0; k < INPUTS; k++) {
		uint64_t before_ns = l->world.t_ns;
		struct input in = world_next(&l->world);
		machine_input(l->machine, &in, NULL, NULL);
		naive_input(&l->naive, &in);
		for (uint16_t rule = 0; rule < RANDOM_NAMES; rule++)
			for (uint16_t slot = 0; slot < NAIVE_SLOTS; slot++)
				look(l, rule, slot, l->world.t_ns > before_ns);
	}
}

static void blamed_are_the_terms_that_would_turn_what_the_engine_decided_and_no_others(void **state _unused_)
{
	static struct looking l;
	for (unsigned seed = 0; seed < CASES; seed++) {
		begin(&l, seed);
		watch(&l);
		end(&l);
	}
	assert_true(l.verdicts > CASES * INPUTS);
	assert_true(l.blamed > l.verdicts);
	assert_true(l.known > l.blamed / 4 && l.known < l.blamed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(blamed_are_the_terms_that_would_turn_what_the_engine_decided_and_no_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
