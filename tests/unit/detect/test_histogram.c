/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/histogram.h"
#include "tests/unit/support/test.h"

static struct histogram h;

static void add(uint64_t ns, uint64_t times)
{
	h.bucket[hist_bucket(ns)] += times;
	h.max_ns = MAX(h.max_ns, ns);
	h.sum_ns += ns * times;
}

static int clear(void **state _unused_)
{
	h = (struct histogram){0};
	return 0;
}

static void a_quantile_is_within_a_quarter_of_an_octave(void **state _unused_)
{
	for (uint64_t ns = 300; ns < 1000000000000; ns = ns * 11 / 10) {
		clear(NULL);
		add(ns, 1000);
		add(ns * 4, 1);
		uint64_t median = histogram_quantile(&h, 0.5);
		assert_true(median <= ns + ns / 4 + 256 && median + ns / 4 + 256 >= ns);
	}
}

static void buckets_rise_with_the_time_and_never_leave_the_table(void **state _unused_)
{
	uint32_t before = 0;
	for (uint64_t ns = 0; ns < UINT64_MAX / 12; ns = ns * 11 / 10 + 1) {
		uint32_t at = hist_bucket(ns);
		assert_true(at >= before && at < HIST_BUCKETS);
		before = at;
	}
	assert_int_equal(hist_bucket(0), 0);
	assert_int_equal(hist_bucket(1024), 4);
	assert_true(hist_bucket(UINT64_MAX) < HIST_BUCKETS);
}

static void ranks_are_exact_between_buckets(void **state _unused_)
{
	add(1000, 98);
	add(1000000, 1);
	add(50000000, 1);
	assert_true(histogram_quantile(&h, 0.5) < 1100);
	assert_in_range(histogram_quantile(&h, 0.985), 900000, 1200000);
	assert_int_equal(histogram_quantile(&h, 1), 50000000); /* the longest, not its bucket's end */
	assert_int_equal(histogram_count(&h), 100);
}

static void nothing_measured_is_zero(void **state _unused_)
{
	assert_int_equal(histogram_quantile(&h, 0.99), 0);
	assert_int_equal(histogram_count(&h), 0);
}

static void a_second_is_the_difference_of_two_sums_and_its_own_longest(void **state _unused_)
{
	struct histogram before, since;
	add(80000000, 5);
	before = h;
	add(1000, 7);
	h.max_ns = 1000;
	histogram_since(&before, &h, &since);
	assert_int_equal(histogram_count(&since), 7);
	assert_int_equal(since.max_ns, 1000);
	assert_int_equal(since.sum_ns, 7000);
	assert_int_equal(histogram_quantile(&since, 0.99), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_quantile_is_within_a_quarter_of_an_octave, clear),
		cmocka_unit_test_setup(buckets_rise_with_the_time_and_never_leave_the_table, clear),
		cmocka_unit_test_setup(ranks_are_exact_between_buckets, clear),
		cmocka_unit_test_setup(nothing_measured_is_zero, clear),
		cmocka_unit_test_setup(a_second_is_the_difference_of_two_sums_and_its_own_longest, clear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
