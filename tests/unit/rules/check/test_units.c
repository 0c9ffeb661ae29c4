/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/units.h"
#include "tests/unit/support/test.h"

#include "engine/base/util.h"

#include <math.h>

/* One of a quantum in the unit's own dimension: 1 ns is 1e-9 s, 1 ppm is 1e-6. */
static double scale(enum unit u)
{
	return pow(10, unit_exponent(u));
}

static void every_product_keeps_its_physical_value(void **state _unused_)
{
	unsigned n = 0;
	for (enum unit a = 0; a < UNIT_MAX_; a++)
		for (enum unit b = 0; b < UNIT_MAX_; b++) {
			enum unit u, swapped;
			int e, swapped_e;
			if (!unit_multiply(a, b, &u, &e)) {
				assert_false(unit_multiply(b, a, &swapped, &swapped_e));
				continue;
			}
			n++;
			assert_true(unit_multiply(b, a, &swapped, &swapped_e));
			assert_int_equal(u, swapped);
			assert_true(fabs(scale(a) * scale(b) / (pow(10, e) * scale(u)) - 1) < 1e-9);
		}
	assert_true(n > 20);
}

static void a_quotient_undoes_a_product(void **state _unused_)
{
	enum unit product, back;
	int e;
	assert_true(unit_multiply(UNIT_BYTES_PER_SECOND, UNIT_SECONDS, &product, &e));
	assert_int_equal(product, UNIT_BYTES);
	assert_int_equal(e, -9);
	assert_true(unit_divide(UNIT_BYTES, UNIT_SECONDS, &back, &e));
	assert_int_equal(back, UNIT_BYTES_PER_SECOND);
	assert_int_equal(e, 9);
	assert_true(unit_divide(UNIT_PERCENT, UNIT_PERCENT, &back, &e));
	assert_int_equal(back, UNIT_NUMBER);
	assert_int_equal(e, 0);
	assert_false(unit_multiply(UNIT_SECONDS, UNIT_SECONDS, &back, &e));
}

static void a_rate_per_second_is_named_only_where_there_is_such_a_unit(void **state _unused_)
{
	enum unit u;
	assert_true(unit_per_second(UNIT_PERCENT, &u) && u == UNIT_PERCENT_PER_SECOND);
	assert_true(unit_per_second(UNIT_BYTES, &u) && u == UNIT_BYTES_PER_SECOND);
	assert_true(unit_per_second(UNIT_MILLI, &u) && u == UNIT_PER_SECOND);
	assert_true(unit_per_second(UNIT_SECONDS, &u) && u == UNIT_NUMBER);
	assert_false(unit_per_second(UNIT_PER_SECOND, &u));
	assert_false(unit_per_second(UNIT_BYTES_PER_SECOND, &u));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_product_keeps_its_physical_value),
		cmocka_unit_test(a_quotient_undoes_a_product),
		cmocka_unit_test(a_rate_per_second_is_named_only_where_there_is_such_a_unit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
