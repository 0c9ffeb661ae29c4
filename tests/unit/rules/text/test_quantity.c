/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/text/quantity.h"
#include "engine/base/util.h"
#include "tests/unit/support/test.h"

static void a_number_with_its_unit_is_exact_in_quanta(void **state _unused_)
{
	static const struct {
		const char *text;
		enum unit unit;
		double value;
		size_t len;
	} cases[] = {
		{"45%", UNIT_PERCENT, 450000, 3},    {"4.35%", UNIT_PERCENT, 43500, 5},
		{"0.1%", UNIT_PERCENT, 1000, 4},     {"32MiB", UNIT_BYTES, 33554432, 5},
		{"1.5GiB", UNIT_BYTES, 1610612736, 6}, {"10kB/s", UNIT_BYTES_PER_SECOND, 10000, 6},
		{"500ms", UNIT_SECONDS, 5e8, 5},     {"0.3us", UNIT_SECONDS, 300, 5},
		{"2d", UNIT_SECONDS, 172800e9, 2},   {"100/s", UNIT_PER_SECOND, 100000, 5},
		{"5%/s", UNIT_PERCENT_PER_SECOND, 50000, 4}, {"007", UNIT_NUMBER, 7, 3},
		{"1.5", UNIT_NUMBER, 1.5, 3},	     {"100/sched.running", UNIT_NUMBER, 100, 3},
		{"10s/s", UNIT_NUMBER, 0, 0},	     {"3 MiB", UNIT_NUMBER, 3, 1},
		{"5%)", UNIT_PERCENT, 50000, 2},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct quantity q = {0};
		size_t len;
		enum quantity_result r = quantity_scan(cases[i].text, &q, &len);
		if (cases[i].len == 0) {
			assert_int_equal(r, QUANTITY_NO_UNIT);
			continue;
		}
		if (r != QUANTITY_OK || q.unit != cases[i].unit || q.value != cases[i].value || len != cases[i].len)
			fail_msg("%s: result %d, unit %d, value %.17g, length %zu", cases[i].text, r, q.unit, q.value, len);
	}
}

static void what_is_no_quantity_is_told_apart(void **state _unused_)
{
	struct quantity q;
	size_t len;
	assert_int_equal(quantity_scan("", &q, &len), QUANTITY_NO_NUMBER);
	assert_int_equal(quantity_scan("-5", &q, &len), QUANTITY_NO_NUMBER);
	assert_int_equal(quantity_scan(".5", &q, &len), QUANTITY_NO_NUMBER);
	assert_int_equal(quantity_scan("5.", &q, &len), QUANTITY_NO_UNIT);
	assert_int_equal(quantity_scan("1e6", &q, &len), QUANTITY_NO_UNIT);
	assert_int_equal(quantity_scan("0x10", &q, &len), QUANTITY_NO_UNIT);
	assert_int_equal(quantity_scan("1.2.3", &q, &len), QUANTITY_NO_UNIT);
	assert_int_equal(quantity_scan("1234567890123456", &q, &len), QUANTITY_TOO_LONG);
	assert_int_equal(len, 16);
}

static void a_unit_nearly_right_is_named(void **state _unused_)
{
	assert_string_equal(quantity_nearest_unit("Mib"), "MiB");
	assert_string_equal(quantity_nearest_unit("MS"), "ms");
	assert_null(quantity_nearest_unit("florins"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_with_its_unit_is_exact_in_quanta),
		cmocka_unit_test(what_is_no_quantity_is_told_apart),
		cmocka_unit_test(a_unit_nearly_right_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
