/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "snapshot/collect/collect.h"

static void table_is_sorted_by_name_and_each_row_says_what_it_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < collector_table_n; i++) {
		const struct collector *c = &collector_table[i];
		assert_true(strlen(c->summary) > 10);
		assert_in_range(c->deadline_ms, 100, 60000);
		if (i > 0)
			assert_true(strcmp(collector_table[i - 1].name, c->name) < 0);
	}
}

static void a_collector_is_found_by_its_whole_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < collector_table_n; i++)
		assert_ptr_equal(collector_find(collector_table[i].name), &collector_table[i]);
	assert_null(collector_find("sysrq"));
	assert_null(collector_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_sorted_by_name_and_each_row_says_what_it_takes),
		cmocka_unit_test(a_collector_is_found_by_its_whole_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
