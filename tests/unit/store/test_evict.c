/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "snapshot/store/store.h"
#include "tests/unit/support/test.h"

#define NOW (1000 * NS_PER_S)

struct table {
	struct store_row rows[12];
	bool evict[12];
	size_t n;
};

static void add(struct table *t, const char *rule, uint64_t bytes)
{
	struct store_row *row = &t->rows[t->n];
	snprintf(row->id, sizeof(row->id), "%zu", t->n);
	snprintf(row->rule, sizeof(row->rule), "%s", rule);
	snprintf(row->state, sizeof(row->state), "complete");
	row->bytes = bytes;
	row->fired_realtime_ns = (100 + 100 * t->n++) * NS_PER_S;
}

/* The evicted rows as a string of their numbers; "!" in front when there is no room all the same. */
static const char *evicted(struct table *t, struct store_bounds bounds, uint64_t free_bytes, uint64_t need)
{
	static char text[16];
	char *at = text;
	if (!store_plan_eviction(t->rows, t->n, &bounds, free_bytes, need, NOW, t->evict))
		*at++ = '!';
	for (size_t i = 0; i < t->n; i++)
		if (t->evict[i])
			*at++ = (char)('0' + i);
	*at = '\0';
	return text;
}

static struct table five_of_one_rule(void)
{
	struct table t = {0};
	uint64_t bytes[] = {10, 10, 50, 10, 10};
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++)
		add(&t, "cpu", bytes[i]);
	return t;
}

static void nothing_goes_while_there_is_room(void **state _unused_)
{
	struct table t = five_of_one_rule();
	assert_string_equal(evicted(&t, (struct store_bounds){.max_use = 90}, 0, 0), "");
	assert_string_equal(evicted(&t, (struct store_bounds){.keep_free = 5}, 5, 0), "");
	assert_string_equal(evicted(&t, (struct store_bounds){0}, 0, 1000000), "");
}

static void the_oldest_goes_first_but_the_first_and_the_biggest_stay(void **state _unused_)
{
	struct table t = five_of_one_rule();
	assert_string_equal(evicted(&t, (struct store_bounds){.max_use = 85}, 0, 0), "1");
	assert_string_equal(evicted(&t, (struct store_bounds){.max_use = 90}, 0, 15), "13");
	assert_string_equal(evicted(&t, (struct store_bounds){.max_use = 60}, 0, 0), "!13");
}

static void free_space_of_the_file_system_is_kept(void **state _unused_)
{
	struct table t = five_of_one_rule();
	assert_string_equal(evicted(&t, (struct store_bounds){.keep_free = 100}, 95, 0), "1");
	assert_string_equal(evicted(&t, (struct store_bounds){.keep_free = 100}, 90, 10), "13");
}

static void pinned_ones_and_those_being_written_stay(void **state _unused_)
{
	struct table t = five_of_one_rule();
	t.rows[1].pinned = true;
	assert_string_equal(evicted(&t, (struct store_bounds){.max_use = 85}, 0, 0), "3");
	strcpy(t.rows[3].state, "writing");
	assert_string_equal(evicted(&t, (struct store_bounds){.max_use = 85}, 0, 0), "!");
}

static void a_noisy_rule_gives_way_before_a_quiet_one(void **state _unused_)
{
	struct table t = {0};
	add(&t, "quiet", 10);
	add(&t, "quiet", 10);
	add(&t, "quiet", 12);
	for (int i = 0; i < 6; i++)
		add(&t, "noisy", 20);
	add(&t, "last", 1);
	assert_string_equal(evicted(&t, (struct store_bounds){.max_use = 120}, 0, 0), "45");
}

static void what_is_too_old_goes_unless_pinned(void **state _unused_)
{
	struct table t = five_of_one_rule();
	t.rows[1].pinned = true;
	assert_string_equal(evicted(&t, (struct store_bounds){.max_age_ns = 650 * NS_PER_S}, 0, 0), "02");
	assert_string_equal(evicted(&t, (struct store_bounds){.max_age_ns = 2000 * NS_PER_S}, 0, 0), "");
}

static void an_empty_store_fits_or_does_not(void **state _unused_)
{
	struct table t = {0};
	assert_string_equal(evicted(&t, (struct store_bounds){.max_use = 10}, 0, 10), "");
	assert_string_equal(evicted(&t, (struct store_bounds){.max_use = 10}, 0, 11), "!");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_goes_while_there_is_room),
		cmocka_unit_test(the_oldest_goes_first_but_the_first_and_the_biggest_stay),
		cmocka_unit_test(free_space_of_the_file_system_is_kept),
		cmocka_unit_test(pinned_ones_and_those_being_written_stay),
		cmocka_unit_test(a_noisy_rule_gives_way_before_a_quiet_one),
		cmocka_unit_test(what_is_too_old_goes_unless_pinned),
		cmocka_unit_test(an_empty_store_fits_or_does_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
