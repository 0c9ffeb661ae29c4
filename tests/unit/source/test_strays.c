/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/strays.h"
#include "tests/unit/source/fake.h"

static uint16_t last_gone;

static unsigned gone_after(struct fake *f, uint64_t ns)
{
	unsigned n = 0;
	f->env.now_ns += ns;
	for (uint16_t slot; (slot = strays_next_old(&f->env.strays, f->env.now_ns)) != ENTITY_NONE; n++)
		last_gone = slot;
	return n;
}

static void one_that_nobody_meets_goes_away_some_time_after_its_last_event(void **state _unused_)
{
	struct fake *f = fake_new();
	uint16_t slot = entities_add(f->env.entities, ENTITY_KIND_CGROUP, "/gone");
	assert_int_equal(strays_hear(&f->env.strays, slot, /* is_new= */ true, f->env.now_ns), 0);
	assert_int_equal(gone_after(f, STRAY_NS - 1), 0);
	assert_int_equal(strays_hear(&f->env.strays, slot, /* is_new= */ false, f->env.now_ns), 0);
	assert_int_equal(gone_after(f, STRAY_NS - 1), 0);
	assert_int_equal(gone_after(f, 1), 1);
	assert_int_equal(last_gone, slot);
	assert_int_equal(gone_after(f, STRAY_NS), 0);
	fake_free(f);
}

static void one_that_a_part_has_met_is_announced_once_and_stays(void **state _unused_)
{
	struct fake *f = fake_new();
	uint16_t slot = entities_add(f->env.entities, ENTITY_KIND_CGROUP, "/here");
	strays_hear(&f->env.strays, slot, /* is_new= */ true, f->env.now_ns);
	assert_int_equal(env_born(&f->env, ENTITY_KIND_CGROUP, "/here"), slot);
	assert_int_equal(f->env.churn.n_born, 0);
	assert_int_equal(gone_after(f, 2 * STRAY_NS), 0);
	fake_free(f);
}

static void what_the_source_met_before_its_first_event_is_no_stray(void **state _unused_)
{
	struct fake *f = fake_new();
	uint16_t slot = env_born(&f->env, ENTITY_KIND_CGROUP, "/known");
	strays_hear(&f->env.strays, slot, /* is_new= */ false, f->env.now_ns);
	assert_int_equal(gone_after(f, 2 * STRAY_NS), 0);
	fake_free(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_nobody_meets_goes_away_some_time_after_its_last_event),
		cmocka_unit_test(one_that_a_part_has_met_is_announced_once_and_stays),
		cmocka_unit_test(what_the_source_met_before_its_first_event_is_no_stray),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
