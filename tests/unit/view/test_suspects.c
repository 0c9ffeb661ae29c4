/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "snapshot/view/suspects.h"

static void who_did_it_comes_before_the_place_unless_that_stands_out_twice_as_much(void **state _unused_)
{
	struct suspects s = {0};
	suspects_add(&s, &(struct charge){"function", "lock", 0, 0, 0.9, STANDING_PLACE}, "ended in it");
	suspects_add(&s, &(struct charge){"task", "a", 1, 0, 0.5, STANDING_DEED}, "did it");
	suspects_add(&s, &(struct charge){"task", "b", 2, 0, 0.4, STANDING_DEED}, "did it");
	suspects_add(&s, &(struct charge){"task", "c", 3, 0, 1.0, STANDING_BESIDE}, "was there");
	suspects_sort(&s);
	assert_int_equal(s.n, 4);
	assert_string_equal(s.list[0].name, "a");
	assert_string_equal(s.list[1].name, "lock");
	assert_string_equal(s.list[2].name, "b");
	assert_string_equal(s.list[3].name, "c");
}

static void a_second_sentence_is_added_and_a_third_is_not(void **state _unused_)
{
	struct suspects s = {0};
	suspects_add(&s, &(struct charge){"task", "a", 0, 0, 0.5, STANDING_DEED}, "used %d s", 4);
	suspects_add(&s, &(struct charge){"task", "a", 7, 3, 1.0, STANDING_BESIDE}, "held a CPU");
	suspects_add(&s, &(struct charge){"task", "a", 8, 0, 0.6, STANDING_DEED}, "and so on");
	assert_int_equal(s.n, 1);
	assert_string_equal(s.list[0].evidence, "used 4 s, and held a CPU");
	assert_int_equal(s.list[0].pid, 7);
	assert_int_equal(s.list[0].tasks, 3);
	assert_true(s.list[0].score == 0.6 && s.list[0].standing == STANDING_DEED);
}

static void a_small_share_stands_out_for_nobody(void **state _unused_)
{
	struct suspects s = {0};
	suspects_add(&s, &(struct charge){"task", "a", 0, 0, 0.19, STANDING_DEED}, "did a little");
	suspects_add(&s, &(struct charge){"function", "f", 0, 0, 0.09, STANDING_PLACE}, "ended in it");
	suspects_add(&s, &(struct charge){"task", "", 0, 0, 1, STANDING_DEED}, "has no name");
	assert_int_equal(s.n, 0);
	suspects_add(&s, &(struct charge){"function", "f", 0, 0, 0.11, STANDING_PLACE}, "ended in it");
	assert_int_equal(s.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_did_it_comes_before_the_place_unless_that_stands_out_twice_as_much),
		cmocka_unit_test(a_second_sentence_is_added_and_a_third_is_not),
		cmocka_unit_test(a_small_share_stands_out_for_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
