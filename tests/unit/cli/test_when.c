/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "engine/cli/incident.h"
#include "tests/unit/support/test.h"

#define NOW (1795195381 * NS_PER_S) /* 2026-11-20T17:23:01Z */

static uint64_t when(const char *text)
{
	uint64_t v = 1;
	return when_parse(text, NOW, &v) ? v : 1;
}

static void a_point_in_time_is_rfc3339_or_a_date(void **state _unused_)
{
	assert_true(when("2026-11-20T17:23:01Z") == NOW);
	assert_true(when("2026-11-20 17:23:01Z") == NOW);
	assert_true(when("2026-11-20T17:23:01.000000005Z") == NOW + 5);
	assert_true(when("2026-11-20T18:53:01+01:30") == NOW);
	assert_true(when("2026-11-20T16:23:01-01:00") == NOW);
	assert_true(when("2026-11-20") == NOW - (17 * 3600 + 23 * 60 + 1) * NS_PER_S);
}

static void a_span_counts_back_from_now(void **state _unused_)
{
	assert_true(when("2h") == NOW - 7200 * NS_PER_S);
	assert_true(when("1d12h") == NOW - 36 * 3600 * NS_PER_S);
	assert_true(when("90s") == NOW - 90 * NS_PER_S);
	assert_true(when("250ms") == NOW - 250 * NS_PER_MS);
	assert_true(when("100000d") == 0);
}

static void anything_else_is_refused(void **state _unused_)
{
	static const char *const bad[] = {
		"", "h", "2", "2x", "-2h", "2h ", "2026", "2026-13-01", "2026-11-00", "2026-11-20T", "2026-11-20T17:23:01",
		"2026-11-20T25:00:00Z", "2026-11-20T17:23:01Zx", "2026-11-20T17:23:01.Z", "1969-01-01", "99999999999999999999h",
	};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (when(bad[i]) != 1)
			fail_msg("'%s' was taken", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_point_in_time_is_rfc3339_or_a_date),
		cmocka_unit_test(a_span_counts_back_from_now),
		cmocka_unit_test(anything_else_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
