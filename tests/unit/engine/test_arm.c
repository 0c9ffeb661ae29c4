/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/arm.h"
#include "engine/base/clock.h"
#include "tests/unit/support/test.h"

struct kernel {
	bool on[2];
	unsigned attached, detached;
	int answer;
};

static int attach(void *ctx, uint16_t detector, bool on)
{
	struct kernel *k = ctx;
	if (on && k->answer < 0)
		return k->answer;
	k->on[detector] = on;
	*(on ? &k->attached : &k->detached) += 1;
	return 0;
}

static struct arm *make(struct kernel *k, double share, const bool *always)
{
	struct arm_options options = {.n_detectors = 2, .share = share, .always = always, .attach = attach, .ctx = k};
	struct arm *a = NULL;
	assert_int_equal(arm_new(&options, &a), 0);
	return a;
}

static void stays_attached_until_the_last_who_wanted_it_lets_go(void **state _unused_)
{
	struct kernel k = {0};
	struct arm *a = make(&k, 1, NULL);
	arm_want(a, 0, NS_PER_S);
	arm_want(a, 0, 2 * NS_PER_S);
	assert_int_equal(k.attached, 1);
	arm_release(a, 0, 3 * NS_PER_S);
	assert_true(k.on[0]);
	arm_release(a, 0, 4 * NS_PER_S);
	assert_false(k.on[0]);
	arm_release(a, 0, 5 * NS_PER_S);
	assert_int_equal(k.detached, 1);
	arm_free(a);
}

static void never_exceeds_its_share_of_the_time(void **state _unused_)
{
	struct kernel k = {0};
	struct arm *a = make(&k, 0.1, NULL);
	uint64_t on_ns = 0, end_ns = 7200 * NS_PER_S;
	arm_want(a, 0, 0);
	for (uint64_t now = 0; now < end_ns; now += NS_PER_S) {
		on_ns += k.on[0] ? NS_PER_S : 0;
		arm_tick(a, now);
	}
	/* The bucket starts full: 30 s beyond the share are possible once, and a tick of a second beside. */
	assert_in_range(on_ns / NS_PER_S, 600, 720 + 31);
	struct arm_status s;
	arm_status(a, 0, &s);
	assert_true(s.rests > 10);
	arm_free(a);
	assert_false(k.on[0]);
}

static void an_ordinary_incident_is_never_cut_short(void **state _unused_)
{
	struct kernel k = {0};
	struct arm *a = make(&k, 0.1, NULL);
	arm_want(a, 1, 100 * NS_PER_S);
	for (uint64_t now = 100; now < 130; now++) {
		arm_tick(a, now * NS_PER_S);
		assert_true(k.on[1]);
	}
	arm_free(a);
}

static void one_set_to_always_is_attached_at_once_and_never_rests(void **state _unused_)
{
	static const bool always[] = {false, true};
	struct kernel k = {0};
	struct arm *a = make(&k, 0.1, always);
	assert_true(k.on[1]);
	for (uint64_t now = 0; now < 4000; now++)
		arm_tick(a, now * NS_PER_S);
	assert_true(k.on[1]);
	assert_int_equal(k.detached, 0);
	arm_free(a);
}

static void one_that_cannot_attach_is_asked_again_only_when_wanted_anew(void **state _unused_)
{
	struct kernel k = {.answer = -EOPNOTSUPP};
	struct arm *a = make(&k, 1, NULL);
	struct arm_status s;
	arm_want(a, 0, 0);
	k.answer = 0;
	arm_tick(a, NS_PER_S);
	arm_want(a, 0, NS_PER_S);
	arm_status(a, 0, &s);
	assert_false(s.attached);
	arm_release(a, 0, 2 * NS_PER_S);
	arm_release(a, 0, 2 * NS_PER_S);
	arm_want(a, 0, 3 * NS_PER_S);
	assert_true(k.on[0]);
	arm_free(a);
}

static void every_change_is_told_once_whoever_made_it(void **state _unused_)
{
	static const bool always[] = {true, false};
	struct kernel k = {0};
	struct arm *a = make(&k, 0.1, always);
	uint16_t detector;
	bool attached;
	assert_false(arm_next_change(a, &detector, &attached));
	arm_want(a, 1, 0);
	assert_true(arm_next_change(a, &detector, &attached));
	assert_int_equal(detector, 1);
	assert_true(attached);
	assert_false(arm_next_change(a, &detector, &attached));
	for (uint64_t now = 0; k.on[1]; now += NS_PER_S)
		arm_tick(a, now);
	assert_true(arm_next_change(a, &detector, &attached));
	assert_int_equal(detector, 1);
	assert_false(attached);
	for (uint64_t now = 60 * NS_PER_S; !k.on[1]; now += NS_PER_S)
		arm_tick(a, now);
	assert_true(arm_next_change(a, &detector, &attached));
	assert_true(attached);
	arm_release(a, 1, 3600 * NS_PER_S);
	assert_true(arm_next_change(a, &detector, &attached));
	assert_false(attached);
	assert_false(arm_next_change(a, &detector, &attached));
	arm_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(stays_attached_until_the_last_who_wanted_it_lets_go),
		cmocka_unit_test(never_exceeds_its_share_of_the_time),
		cmocka_unit_test(an_ordinary_incident_is_never_cut_short),
		cmocka_unit_test(one_set_to_always_is_attached_at_once_and_never_rests),
		cmocka_unit_test(one_that_cannot_attach_is_asked_again_only_when_wanted_anew),
		cmocka_unit_test(every_change_is_told_once_whoever_made_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
