/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random rules over random inputs, reloads among them: the machine decides as the naive evaluator does, and the log of it is
 * decided again to the byte. `make property` runs the same at full size. A failure prints its seed, for
 * build/tests/property/property SEED INPUTS.
 */
#include "tests/unit/support/test.h"

#include "tests/unit/support/course.h"

#define COURSES 120
#define INPUTS 1000
#define LONG 30000

static void many_random_courses_are_decided_as_they_mean_and_again_as_they_were(void **state _unused_)
{
	struct course_sum sum;
	course_sum_begin(&sum);
	for (unsigned seed = 0; seed < COURSES; seed++)
		assert_true(course_run(seed, INPUTS, &sum));
	assert_true(sum.reloads > COURSES);
	assert_true(sum.firings > 50 * COURSES);
	assert_true(sum.replayed > sum.transitions);
}

static void so_is_a_long_one(void **state _unused_)
{
	struct course_sum sum;
	course_sum_begin(&sum);
	assert_true(course_run(COURSES, LONG, &sum));
	assert_true(sum.firings > 100);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_random_courses_are_decided_as_they_mean_and_again_as_they_were),
		cmocka_unit_test(so_is_a_long_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
