/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"
#include "tests/unit/support/test.h"

static void a_jiffy_is_one_to_ten_milliseconds(void **state _unused_)
{
	assert_in_range(detector_jiffy_ns(), NS_PER_MS, 10 * NS_PER_MS);
}

static void without_programs_both_tries_succeed_and_leave_nothing_attached(void **state _unused_)
{
	struct detector d = {0};
	assert_int_equal(detector_try_twice(&d), 0);
	assert_int_equal(d.n_links, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_jiffy_is_one_to_ten_milliseconds),
		cmocka_unit_test(without_programs_both_tries_succeed_and_leave_nothing_attached),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
