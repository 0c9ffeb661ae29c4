/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/base/clock.h"
#include "rules/rule.h"

static void a_limit_is_so_many_in_a_span(void **state _unused_)
{
	struct limit l;
	assert_true(limit_parse("4/1h", &l));
	assert_int_equal(l.burst, 4);
	assert_int_equal(l.refill_ns, 900 * NS_PER_S);
	assert_true(limit_parse("none", &l));
	assert_int_equal(l.burst, 0);
}

/* Below one a millisecond the refill would round to nothing, which means something else. */
static void what_is_no_limit_is_refused(void **state _unused_)
{
	static const char *const wrong[] = {"",	   "4",	     "/1h",    "0/1h",	 "-1/1h", " 4/1h", "4/",      "4/1",
					    "4/1KiB", "4/1h ", "9999/1ns", "10001/1h", "4/0s",	"4/367d", "99999999999999999999/1h"};
	struct limit l;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (limit_parse(wrong[i], &l))
			fail_msg("'%s' was taken", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_is_so_many_in_a_span),
		cmocka_unit_test(what_is_no_limit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
