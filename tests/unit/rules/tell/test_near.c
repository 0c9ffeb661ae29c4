/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/tell/near.h"
#include "tests/unit/support/test.h"

#include "rules/run/internal.h"
#include "tests/unit/support/build_rule.h"
#include "tests/unit/support/rig.h"

#include <math.h>

struct scene {
	struct rig rig;
	struct near *near;
};

static void begin(struct scene *s)
{
	*s = (struct scene){0};
	rig_start(&s->rig, build_ruleset());
	assert_int_equal(near_new(s->rig.set, 0, &s->near), 0);
}

static void end(struct scene *s)
{
	near_free(s->near);
	rig_stop(&s->rig);
}

static struct rule *one_rule(struct expr *when, uint64_t hold_ns)
{
	build_reset();
	struct rule *r = build_rule("r", when);
	r->hold_ns = hold_ns;
	return r;
}

/* A reading a second, from second `from` on; "-" is an unknown one. */
static void read_all(struct scene *s, unsigned from, const char *values)
{
	char *copy = strdup(values), *save = NULL;
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (*w == '-')
			rig_unknown(&s->rig, from++ * 1000, ENTITY_HOST, "cpu.sys");
		else
			rig_read(&s->rig, from++ * 1000, ENTITY_HOST, "cpu.sys", atof(w));
		near_watch(s->near, s->rig.m);
	}
	free(copy);
}

static const struct near_miss *misses(const struct scene *s, size_t expected)
{
	size_t n;
	uint64_t untold;
	const struct near_miss *all = near_misses(s->near, &n, &untold);
	assert_int_equal(n, expected);
	assert_int_equal(untold, 0);
	return all;
}

static void what_stays_just_below_its_threshold_is_told_with_its_nearest_reading(void **state _unused_)
{
	struct scene s;
	one_rule(above("cpu.sys", 50), 0);
	begin(&s);
	read_all(&s, 1, "10 46 48 47 30 10 44 - 46 10");
	const struct near_miss *m = misses(&s, 2);
	assert_string_equal(m[0].entity, "host");
	assert_int_equal(m[0].from_ns, 2 * NS_PER_S);
	assert_int_equal(m[0].to_ns, 4 * NS_PER_S);
	assert_int_equal(m[0].nearest_ns, 3 * NS_PER_S);
	assert_true(fabs(m[0].nearest.share - 0.04) < 1e-9);
	assert_int_equal(m[1].from_ns, 9 * NS_PER_S);
	end(&s);
}

static void what_did_not_hold_long_enough_is_told_with_how_long_it_held(void **state _unused_)
{
	struct scene s;
	one_rule(above("cpu.sys", 50), 3 * NS_PER_S);
	begin(&s);
	read_all(&s, 1, "10 60 60 60 10 10");
	const struct near_miss *m = misses(&s, 1);
	assert_int_equal(m->held_ns, 2 * NS_PER_S);
	assert_true(m->nearest.share == 0);
	end(&s);
}

static void what_fires_is_no_miss_nor_is_what_follows_it(void **state _unused_)
{
	struct scene s;
	one_rule(above("cpu.sys", 50), 2 * NS_PER_S);
	begin(&s);
	read_all(&s, 1, "10 48 60 60 60 60 48 47 10");
	misses(&s, 0);
	read_all(&s, 10, "10 10 48 10");
	assert_int_equal(misses(&s, 1)->from_ns, 12 * NS_PER_S);
	end(&s);
}

static void all_sides_of_and_have_to_be_near_and_one_of_or(void **state _unused_)
{
	static const struct {
		enum expr_kind kind;
		double sys, d, share;
	} cases[] = {
		{EXPR_AND, 60, 95, 0.05}, {EXPR_AND, 49, 10, 0.9}, {EXPR_OR, 49, 10, 0.02}, {EXPR_OR, 60, 10, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene s;
		one_rule(pair(cases[i].kind, above("cpu.sys", 50),
			      pair(EXPR_GREATER, signal_now("tasks.d"), number(100, UNIT_COUNT))), 0);
		begin(&s);
		rig_read(&s.rig, 1000, ENTITY_HOST, "tasks.d", cases[i].d);
		rig_read(&s.rig, 1000, ENTITY_HOST, "cpu.sys", cases[i].sys);
		assert_true(fabs(near_now(s.rig.m, 0, ENTITY_HOST).share - cases[i].share) < 1e-9);
		end(&s);
	}
}

static void not_asks_how_near_it_is_to_false_and_any_for_the_nearest_entity(void **state _unused_)
{
	struct scene s;
	one_rule(pair(EXPR_NOT, above("cpu.sys", 50), NULL), 0);
	begin(&s);
	rig_read(&s.rig, 1000, ENTITY_HOST, "cpu.sys", 52);
	assert_true(fabs(near_now(s.rig.m, 0, ENTITY_HOST).share - 0.04) < 1e-9);
	end(&s);
	one_rule(over(EXPR_ANY, ENTITY_KIND_DISK, NULL, above("disk.util", 50)), 0);
	begin(&s);
	assert_true(isinf(near_now(s.rig.m, 0, ENTITY_HOST).share));
	rig_born(&s.rig, 0, 1, ENTITY_KIND_DISK, "sda");
	rig_born(&s.rig, 0, 2, ENTITY_KIND_DISK, "sdb");
	rig_read(&s.rig, 1000, 1, "disk.util", 10);
	rig_read(&s.rig, 1000, 2, "disk.util", 45);
	assert_true(fabs(near_now(s.rig.m, 0, ENTITY_HOST).share - 0.1) < 1e-9);
	end(&s);
}

/* The allocator may give a machine the place of the one before it. */
static void a_machine_at_the_address_of_its_predecessor_begins_afresh(void **state _unused_)
{
	struct scene s;
	one_rule(above("cpu.sys", 50), 0);
	begin(&s);
	read_all(&s, 1, "10 46 48");
	s.rig.m->generation++;
	read_all(&s, 4, "47 46");
	const struct near_miss *m = misses(&s, 2);
	assert_int_equal(m[0].to_ns, 3 * NS_PER_S);
	assert_int_equal(m[1].from_ns, 4 * NS_PER_S);
	end(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stays_just_below_its_threshold_is_told_with_its_nearest_reading),
		cmocka_unit_test(what_did_not_hold_long_enough_is_told_with_how_long_it_held),
		cmocka_unit_test(what_fires_is_no_miss_nor_is_what_follows_it),
		cmocka_unit_test(all_sides_of_and_have_to_be_near_and_one_of_or),
		cmocka_unit_test(not_asks_how_near_it_is_to_false_and_any_for_the_nearest_entity),
		cmocka_unit_test(a_machine_at_the_address_of_its_predecessor_begins_afresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
