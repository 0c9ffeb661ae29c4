/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/rates.h"
#include "tests/unit/support/test.h"

#define S UINT64_C(1000000000)

static uint64_t step(enum counter kind, uint64_t was, uint64_t now)
{
	return counter_step(kind, &was, now);
}

static void a_counter_that_starts_over_has_counted_what_it_shows(void **state _unused_)
{
	assert_int_equal(step(COUNTER_64, 1000, 7), 7);
	assert_int_equal(step(COUNTER_64, 7, 7), 0);
	assert_int_equal(step(COUNTER_64, 7, UINT64_MAX), UINT64_MAX - 7);
	assert_int_equal(step(COUNTER_32, 100, 7), 7);
}

static void a_32_bit_counter_wraps(void **state _unused_)
{
	assert_int_equal(step(COUNTER_32, UINT32_MAX - 4, 5), 10);
	assert_int_equal(step(COUNTER_32, 5, 9), 4);
}

static void a_lagging_counter_stands_until_it_passes_where_it_was(void **state _unused_)
{
	uint64_t ref = 10 * S;
	assert_int_equal(counter_step(COUNTER_LAGS, &ref, 9 * S), 0);
	assert_int_equal(counter_step(COUNTER_LAGS, &ref, 10 * S), 0);
	assert_int_equal(counter_step(COUNTER_LAGS, &ref, 11 * S), S);
}

static void a_lagging_counter_that_falls_far_has_started_over(void **state _unused_)
{
	uint64_t ref = 1000 * S;
	assert_int_equal(counter_step(COUNTER_LAGS, &ref, 1 * S), 0);
	assert_int_equal(counter_step(COUNTER_LAGS, &ref, 2 * S), S);
}

static void there_is_no_difference_in_the_first_second(void **state _unused_)
{
	struct deltas d;
	assert_int_equal(deltas_init(&d, 1, S / 10), 0);
	for (uint64_t i = 0; i < 10; i++) {
		deltas_push(&d, 5 * S + i * S / 10, &(uint64_t){i}, NULL);
		assert_int_equal(deltas_span(&d), 0);
	}
	deltas_push(&d, 6 * S, &(uint64_t){10}, NULL);
	assert_int_equal(deltas_span(&d), S);
	assert_int_equal(deltas_of(&d, 0), 10);
	deltas_done(&d);
}

static void the_second_slides_whatever_the_tick(void **state _unused_)
{
	static const uint64_t periods[] = {S / 100, S / 10, S};
	for (size_t p = 0; p < ARRAY_SIZE(periods); p++) {
		struct deltas d;
		assert_int_equal(deltas_init(&d, 1, periods[p]), 0);
		for (uint64_t t = 0; t <= 5 * S; t += periods[p]) {
			uint64_t jitter = t / periods[p] % 2 ? periods[p] / 5 : 0;
			uint64_t raw = t + jitter;
			deltas_push(&d, 100 * S + raw, &raw, NULL);
			uint64_t span = deltas_span(&d);
			if (t <= S)
				continue;
			assert_int_equal(deltas_of(&d, 0), span);
			assert_in_range(span, S - periods[p] / 4, S + periods[p] / 4);
		}
		deltas_done(&d);
	}
}

static void after_a_gap_the_difference_is_over_the_gap(void **state _unused_)
{
	struct deltas d;
	assert_int_equal(deltas_init(&d, 1, S), 0);
	deltas_push(&d, 10 * S, &(uint64_t){0}, NULL);
	deltas_push(&d, 11 * S, &(uint64_t){1}, NULL);
	deltas_push(&d, 61 * S, &(uint64_t){51}, NULL);
	assert_int_equal(deltas_span(&d), 50 * S);
	assert_int_equal(deltas_of(&d, 0), 50);
	deltas_done(&d);
}

static void rows_that_come_too_fast_do_not_push_the_base_out(void **state _unused_)
{
	struct deltas d;
	assert_int_equal(deltas_init(&d, 1, S / 10), 0);
	for (uint64_t i = 0; i <= 1000; i++)
		deltas_push(&d, 5 * S + i * S / 1000, &i, NULL);
	assert_in_range(deltas_span(&d), S - S / 20, S + S / 20);
	assert_int_equal(deltas_of(&d, 0) * S / 1000, deltas_span(&d));
	deltas_done(&d);
}

static void values_are_in_the_quantum_of_their_unit(void **state _unused_)
{
	assert_int_equal(rate_value(UNIT_PER_SECOND, 3, 1, 2 * S), 1500);
	assert_int_equal(rate_value(UNIT_BYTES_PER_SECOND, 8, 512, S), 4096);
	assert_int_equal(rate_value(UNIT_PERCENT, S / 2, 1, S), 500000);
	assert_int_equal(rate_value(UNIT_PERCENT, 3 * S, 1, S), 1000000);
	assert_int_equal(rate_value(UNIT_MILLI, 3 * S / 2, 1, S), 1500);
	assert_int_equal(rate_value(UNIT_PER_SECOND, UINT64_MAX, UINT32_MAX, 1), INT64_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter_that_starts_over_has_counted_what_it_shows),
		cmocka_unit_test(a_32_bit_counter_wraps),
		cmocka_unit_test(a_lagging_counter_stands_until_it_passes_where_it_was),
		cmocka_unit_test(a_lagging_counter_that_falls_far_has_started_over),
		cmocka_unit_test(there_is_no_difference_in_the_first_second),
		cmocka_unit_test(the_second_slides_whatever_the_tick),
		cmocka_unit_test(after_a_gap_the_difference_is_over_the_gap),
		cmocka_unit_test(rows_that_come_too_fast_do_not_push_the_base_out),
		cmocka_unit_test(values_are_in_the_quantum_of_their_unit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
