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

static void a_device_is_an_entity_unless_it_is_of_another_namespace(void **state _unused_)
{
	struct detector_world world = {.netns = 7};
	struct detector d = {.world = &world};
	static const char name[EVENT_NAME_LEN] = "eth0";
	char ours[ENTITY_NAME_MAX] = "", theirs[ENTITY_NAME_MAX] = "", unknown[ENTITY_NAME_MAX] = "";
	detector_name_device(&d, name, 7, ours);
	detector_name_device(&d, name, 8, theirs);
	detector_name_device(&d, name, 0, unknown);
	assert_string_equal(ours, "eth0");
	assert_string_equal(theirs, "");
	assert_string_equal(unknown, "eth0");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_jiffy_is_one_to_ten_milliseconds),
		cmocka_unit_test(without_programs_both_tries_succeed_and_leave_nothing_attached),
		cmocka_unit_test(a_device_is_an_entity_unless_it_is_of_another_namespace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
