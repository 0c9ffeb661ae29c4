/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "rules/run/internal.h"
#include "tests/unit/support/build_rule.h"
#include "tests/unit/support/rig.h"
#include "tests/unit/support/vocabulary.h"

#include <math.h>

/* A machine with one rule that looks through one window at the host. */
struct glass {
	struct rig rig;
	uint64_t ms;
};

static void look(struct glass *g, enum window_fn fn, const char *signal, uint64_t span_s)
{
	build_reset();
	build_rule("r", pair(EXPR_GREATER, window_of(fn, signal, span_s * NS_PER_S), number(0, UNIT_NUMBER)));
	rig_start(&g->rig, build_ruleset());
	g->ms = 0;
}

/* Readings a second apart. */
static void feed(struct glass *g, const char *signal, const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++, g->ms += 1000)
		rig_read(&g->rig, g->ms, ENTITY_HOST, signal, values[i]);
}

#define FEED(g, signal, ...) feed(g, signal, (const double[]){__VA_ARGS__}, sizeof((double[]){__VA_ARGS__}) / 8)

/* In whole units; NAN when unknown. */
static double seen(const struct glass *g)
{
	const struct program *p = &g->rig.m->rules[0].program;
	double value;
	if (!eval_number(g->rig.m, p, p->ops[p->when].a, ENTITY_HOST, &value))
		return NAN;
	return value / unit_quanta(p->ops[p->ops[p->when].a].expr->unit);
}

struct hand {
	enum window_fn fn;
	double expected;
};

static void every_function_gives_what_a_hand_calculates(void **state)
{
	/* The window of 5 s at t = 7 holds the last five: 20 50 40 10 30. */
	static const struct hand cases[] = {
		{WINDOW_AVG, 30},     {WINDOW_MIN, 10},	   {WINDOW_MAX, 50},  {WINDOW_SUM, 150}, {WINDOW_LAST, 30},
		{WINDOW_RISE, 20},    {WINDOW_DROP, 20},   {WINDOW_RATIO, 3}, {WINDOW_RATE, 2},	 {WINDOW_COUNT, 5},
		{WINDOW_SLOPE, -2},   {WINDOW_STDDEV, 14.142135623730951},    {WINDOW_ZSCORE, 0},
		{WINDOW_P50, 30},     {WINDOW_P90, 50},	   {WINDOW_P99, 50},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct glass g;
		look(&g, cases[i].fn, "cpu.sys", 5);
		FEED(&g, "cpu.sys", 90, 5, 70, 20, 50, 40, 10, 30);
		if (fabs(seen(&g) - cases[i].expected) > 1e-9)
			print_error("function %u: %.17g\n", cases[i].fn, seen(&g));
		assert_true(fabs(seen(&g) - cases[i].expected) <= 1e-9);
		rig_stop(&g.rig);
	}
}

static void an_ewma_advances_by_dt_over_tau_plus_dt(void **state)
{
	struct glass g;
	(void)state;
	look(&g, WINDOW_EWMA, "cpu.sys", 3);
	FEED(&g, "cpu.sys", 10, 50, 50, 50);
	/* 10, then a quarter of the way to 50 three times. */
	assert_true(fabs(seen(&g) - (50 - 40 * 0.75 * 0.75 * 0.75)) < 1e-9);
	rig_stop(&g.rig);
}

static void a_window_is_unknown_until_its_span_of_readings_exists(void **state)
{
	struct glass g;
	(void)state;
	look(&g, WINDOW_AVG, "cpu.sys", 3);
	FEED(&g, "cpu.sys", 10, 20, 30);
	assert_true(isnan(seen(&g)));
	FEED(&g, "cpu.sys", 40);
	assert_true(seen(&g) == 30); /* (0 s, 3 s]: the reading at 0 is out */
	rig_stop(&g.rig);
}

static void one_missing_reading_is_forgiven_and_two_make_a_gap(void **state)
{
	struct glass g;
	(void)state;
	look(&g, WINDOW_SUM, "cpu.sys", 3);
	FEED(&g, "cpu.sys", 10, 10, 10, 10);
	rig_unknown(&g.rig, 4000, ENTITY_HOST, "cpu.sys");
	assert_true(seen(&g) == 20);
	g.ms = 5000;
	FEED(&g, "cpu.sys", 10);
	assert_true(seen(&g) == 20);
	rig_unknown(&g.rig, 6000, ENTITY_HOST, "cpu.sys");
	rig_unknown(&g.rig, 7000, ENTITY_HOST, "cpu.sys");
	g.ms = 8000;
	FEED(&g, "cpu.sys", 10, 10, 10);
	assert_true(isnan(seen(&g)));
	FEED(&g, "cpu.sys", 10);
	assert_true(seen(&g) == 30);
	rig_stop(&g.rig);
}

static void a_window_is_unknown_when_its_readings_stopped(void **state)
{
	struct glass g;
	(void)state;
	look(&g, WINDOW_LAST, "cpu.sys", 3);
	FEED(&g, "cpu.sys", 10, 10, 10, 10);
	rig_clock(&g.rig, 5500, 0);
	assert_true(seen(&g) == 10);
	rig_clock(&g.rig, 5600, 0);
	assert_true(isnan(seen(&g)));
	rig_stop(&g.rig);
}

static void division_by_zero_is_unknown(void **state)
{
	struct glass g;
	(void)state;
	look(&g, WINDOW_RATIO, "cpu.sys", 2);
	FEED(&g, "cpu.sys", 0, 0, 5, 5);
	assert_true(seen(&g) == 1);
	FEED(&g, "cpu.sys", 0, 5);
	assert_true(isnan(seen(&g)));
	rig_stop(&g.rig);
	look(&g, WINDOW_ZSCORE, "cpu.sys", 2);
	FEED(&g, "cpu.sys", 5, 5, 5, 5);
	assert_true(isnan(seen(&g)));
	rig_stop(&g.rig);
}

static void a_long_window_keeps_the_first_reading_of_each_second(void **state)
{
	struct glass g;
	(void)state;
	look(&g, WINDOW_COUNT, "cpu.sys", 61);
	for (g.ms = 0; g.ms <= 70000; g.ms += 100)
		rig_read(&g.rig, g.ms, ENTITY_HOST, "cpu.sys", 5);
	assert_true(seen(&g) == 61);
	rig_stop(&g.rig);
}

static void a_rate_of_a_count_is_per_second(void **state)
{
	struct glass g;
	(void)state;
	look(&g, WINDOW_RATE, "tasks.total", 4);
	FEED(&g, "tasks.total", 100, 100, 108, 116, 124);
	assert_true(seen(&g) == 6); /* (124 − 100) ÷ 4 s */
	rig_stop(&g.rig);
	look(&g, WINDOW_SLOPE, "tasks.total", 4);
	FEED(&g, "tasks.total", 100, 100, 108, 116, 124);
	assert_true(seen(&g) == 8);
	rig_stop(&g.rig);
}

static void sums_of_huge_values_do_not_wrap_and_moments_of_them_are_unknown(void **state)
{
	static const struct sample huge = {1000, INT64_MAX};
	struct moments m = {0};
	double value;
	(void)state;
	moments_add(&m, &huge);
	assert_false(moments_stddev(&m, &value));
	moments_remove(&m, &huge);
	moments_add(&m, &(struct sample){2000, 5});
	assert_true(moments_stddev(&m, &value) && value == 0);
	struct glass g;
	look(&g, WINDOW_SUM, "mem.used", 3);
	FEED(&g, "mem.used", 9e18, 9e18, 9e18, 9e18);
	assert_true(fabs(seen(&g) / 27e18 - 1) < 1e-12);
	rig_stop(&g.rig);
}

static void ranks_stay_right_and_balanced_whatever_the_order(void **state)
{
	struct samples s = {0};
	struct ranks *r = ranks_new();
	uint32_t tail = 0;
	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		assert_int_equal(samples_reserve(&s, 8192), 0);
		samples_push(&s, i, (int64_t)(i * 7919 % 1000) * (i % 2 ? 1 : -1));
		assert_int_equal(ranks_add(r, &s, tail, i), 0);
		if (i % 3 == 0)
			ranks_remove(r, &s, tail++);
		s.first = tail;
	}
	assert_int_equal(ranks_count(r), 5000 - tail);
	int64_t before = INT64_MIN;
	for (uint32_t k = 0; k < ranks_count(r); k++) {
		assert_true(ranks_value(r, &s, k) >= before);
		before = ranks_value(r, &s, k);
	}
	ranks_free(r);
	samples_done(&s);
}

/* Two windows of seven days do not fit. */
static void start_with_long_windows(struct rig *rig)
{
	build_reset();
	build_rule("week", pair(EXPR_GREATER, window_of(WINDOW_AVG, "disk.util", 7 * 86400 * NS_PER_S), number(0, UNIT_PERCENT)))
		->for_each = ENTITY_KIND_DISK;
	build_rule("now", pair(EXPR_GREATER, window_of(WINDOW_AVG, "disk.util", 2 * NS_PER_S), number(0, UNIT_PERCENT)))
		->for_each = ENTITY_KIND_DISK;
	rig_start(rig, build_ruleset());
	rig_born(rig, 0, 1, ENTITY_KIND_DISK, "sda");
	rig_born(rig, 0, 2, ENTITY_KIND_DISK, "sdb");
	assert_int_equal(machine_refused(rig->m), 1);
}

static void read_util(struct rig *rig, uint64_t from_ms, uint64_t to_ms)
{
	for (uint64_t ms = from_ms; ms <= to_ms; ms += 1000)
		rig_read(rig, ms, 2, "disk.util", 50);
}

static void whoever_comes_after_one_without_windows_has_its_own(void **state)
{
	struct rig rig;
	(void)state;
	start_with_long_windows(&rig);
	rig_gone(&rig, 1000, 1);
	rig_gone(&rig, 1000, 2);
	rig_born(&rig, 2000, 2, ENTITY_KIND_DISK, "sdc");
	assert_int_equal(machine_refused(rig.m), 1);
	read_util(&rig, 3000, 6000);
	assert_string_equal(rig_said(&rig), "5s fired now sdc\n");
	rig_stop(&rig);
}

static void who_has_no_windows_has_none_when_restored_but_may_have_some_after_a_reload(void **state)
{
	struct rig rig, next;
	_cleanup_buf_ struct buf bytes = {0};
	(void)state;
	start_with_long_windows(&rig);
	read_util(&rig, 1000, 5000);
	rig_gone(&rig, 5500, 1);
	assert_int_equal(machine_checkpoint(rig.m, &bytes), 0);
	rig_start(&next, rig.set);
	assert_int_equal(machine_restore(next.m, bytes.data, bytes.len), 0);
	assert_int_equal(machine_refused(next.m), 1);
	read_util(&next, 6000, 9000);
	assert_string_equal(rig_said(&next), "");
	rig_stop(&next);
	rig_start(&next, rig.set);
	snprintf(next.names[2], sizeof(next.names[2]), "sdb");
	assert_int_equal(machine_succeed(next.m, rig.m), 0);
	read_util(&next, 6000, 9000);
	assert_string_equal(rig_said(&next), "8s fired now sdb\n");
	rig_stop(&next);
	rig_stop(&rig);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_function_gives_what_a_hand_calculates),
		cmocka_unit_test(an_ewma_advances_by_dt_over_tau_plus_dt),
		cmocka_unit_test(a_window_is_unknown_until_its_span_of_readings_exists),
		cmocka_unit_test(one_missing_reading_is_forgiven_and_two_make_a_gap),
		cmocka_unit_test(a_window_is_unknown_when_its_readings_stopped),
		cmocka_unit_test(division_by_zero_is_unknown),
		cmocka_unit_test(a_long_window_keeps_the_first_reading_of_each_second),
		cmocka_unit_test(a_rate_of_a_count_is_per_second),
		cmocka_unit_test(sums_of_huge_values_do_not_wrap_and_moments_of_them_are_unknown),
		cmocka_unit_test(ranks_stay_right_and_balanced_whatever_the_order),
		cmocka_unit_test(whoever_comes_after_one_without_windows_has_its_own),
		cmocka_unit_test(who_has_no_windows_has_none_when_restored_but_may_have_some_after_a_reload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
