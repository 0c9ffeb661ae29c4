/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/tasks_proc.h"
#include "tests/unit/support/test.h"

#define REST " 1 2 3 0 -1 2129920 5 6 7 8 250 40 0 0 20 0 1 0 700 9999 12 " \
	     "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 3 0 0 0 0 0\n"

static void a_stat_line_becomes_a_row(void **state _unused_)
{
	struct task_row row;
	uint64_t tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	assert_true(tasks_proc_parse_stat("42 (kworker/0:1) D" REST, &row));
	assert_int_equal(row.pid, 42);
	assert_int_equal(row.ppid, 1);
	assert_int_equal(row.state, TASK_STATE_UNINTERRUPTIBLE);
	assert_int_equal(row.flags, 2129920);
	assert_int_equal(row.cpu_user_ns, 250 * tick_ns);
	assert_int_equal(row.cpu_sys_ns, 40 * tick_ns);
	assert_int_equal(row.start_ns, 700 * tick_ns);
	assert_int_equal(row.rss_bytes, 12 * sysconf(_SC_PAGESIZE));
	assert_int_equal(row.cpu, 3);
	assert_string_equal(row.comm, "kworker/0:1");
}

static void a_comm_may_hold_brackets_and_blanks(void **state _unused_)
{
	struct task_row row;
	assert_true(tasks_proc_parse_stat("7 (a) R (b) I" REST, &row));
	assert_string_equal(row.comm, "a) R (b");
	assert_int_equal(row.state, TASK_STATE_UNINTERRUPTIBLE | TASK_STATE_NOLOAD);
}

static void a_cut_stat_line_is_refused(void **state _unused_)
{
	struct task_row row;
	assert_false(tasks_proc_parse_stat("", &row));
	assert_false(tasks_proc_parse_stat("42 (sh", &row));
	assert_false(tasks_proc_parse_stat("42 )sh( S" REST, &row));
	assert_false(tasks_proc_parse_stat("42 (sh) S 1 2 3", &row));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stat_line_becomes_a_row),
		cmocka_unit_test(a_comm_may_hold_brackets_and_blanks),
		cmocka_unit_test(a_cut_stat_line_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
