/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/signals.h"
#include "engine/source/source.h"
#include "tests/unit/support/test.h"

static void signals_are_sorted_by_name_so_that_a_name_is_found(void **state _unused_)
{
	const struct vocabulary v = {.signals = signal_table, .n_signals = signal_table_n};
	for (size_t i = 0; i < signal_table_n; i++) {
		if (i)
			assert_true(strcmp(signal_table[i - 1].name, signal_table[i].name) < 0);
		assert_int_equal(vocabulary_signal(&v, signal_table[i].name), i);
	}
}

static void every_signal_has_an_entity_and_a_meaning(void **state _unused_)
{
	for (size_t i = 0; i < signal_table_n; i++) {
		assert_true(signal_table[i].kinds != 0);
		assert_true(strlen(signal_table[i].summary) > 3);
	}
}

static void quanta_are_those_that_rules_are_written_in(void **state _unused_)
{
	assert_int_equal(signal_table[SIGNAL_CPU_SYS].unit, UNIT_PERCENT);
	assert_int_equal(signal_table[SIGNAL_LOAD_1].unit, UNIT_MILLI);
	assert_int_equal(signal_table[SIGNAL_CGROUP_CPU].unit, UNIT_MILLI);
	assert_int_equal(signal_table[SIGNAL_DISK_AWAIT].unit, UNIT_SECONDS);
	assert_int_equal(signal_table[SIGNAL_TCP_RETRANS].unit, UNIT_PER_SECOND);
	assert_int_equal(signal_table[SIGNAL_NETDEV_RX_BYTES].unit, UNIT_BYTES_PER_SECOND);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_are_sorted_by_name_so_that_a_name_is_found),
		cmocka_unit_test(every_signal_has_an_entity_and_a_meaning),
		cmocka_unit_test(quanta_are_those_that_rules_are_written_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
