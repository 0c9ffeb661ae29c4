/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/record/events.h"
#include "snapshot/collect/growth.h"
#include "snapshot/collect/rows.h"
#include "tests/unit/support/taken.h"
#include "tests/unit/support/tree.h"

static struct task_row row(uint32_t pid, uint32_t tgid, const char *comm)
{
	struct task_row t = {.pid = pid, .tgid = tgid, .start_ns = pid, .state = TASK_STATE_INTERRUPTIBLE};
	snprintf(t.comm, sizeof(t.comm), "%s", comm);
	return t;
}

static void threads_are_summed_into_their_process(void **state)
{
	(void)state;
	struct task_row before_rows[] = {row(10, 10, "main"), row(11, 10, "io")};
	struct task_row now_rows[] = {row(10, 10, "main"), row(11, 10, "io"), row(12, 12, "new")};
	before_rows[1].cpu_sys_ns = 5;
	before_rows[0].rss_bytes = 100;
	now_rows[0].cpu_sys_ns = 7;
	now_rows[0].rss_bytes = now_rows[1].rss_bytes = 40;
	now_rows[1].cpu_sys_ns = 25;
	now_rows[2].cpu_sys_ns = 26;
	struct census before = {.rows = before_rows, .n = 2}, now = {.rows = now_rows, .n = 3};
	struct growth *list;
	size_t n;
	assert_int_equal(growth_by_process(&before, &now, &list, &n), 0);
	assert_int_equal(n, 2);
	growth_sort(list, n, GROWTH_SYS);
	assert_int_equal(list[0].sys_ns, 27);
	assert_string_equal(list[0].comm, "main");
	assert_int_equal(list[0].threads, 2);
	assert_true(list[0].rss_grown == -60);
	assert_int_equal(growth_value(&list[0], GROWTH_RSS_GROWN), 0);
	assert_int_equal(list[1].sys_ns, 26);
	free(list);
}

static void states_are_the_letters_of_ps(void **state)
{
	(void)state;
	const uint32_t bits[] = {0, 1, 2, 4, 8, 0x10, 0x20, 0x40, 0x402};
	char seen[sizeof(bits) / sizeof(bits[0]) + 1] = {0};
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		seen[i] = row_state(&(struct task_row){.state = bits[i]});
	assert_string_equal(seen, "RSDTtXZPI");
}

static void d_tasks_are_grouped_by_stack_with_names_of_functions(void **state)
{
	(void)state;
	struct task_stack stacks[3] = {
		{.task = row(1, 1, "lone"), .n_frames = 1, .stack = {0xffffffff81000210}},
		{.task = row(2, 2, "dd\x1b[m"), .n_frames = 2, .stack = {0xffffffff81000110, 0xffffffff81000210}},
		{.task = row(3, 3, "dd"), .n_frames = 2, .stack = {0xffffffff81000110, 0xffffffff81000210}},
	};
	struct tree tree;
	struct taken t;
	tree_init(&tree);
	tree_write(&tree, "kallsyms", "ffffffff81000000 T _stext\nffffffff81000100 T io_schedule\n"
				      "ffffffff81000200 T sys_fsync\nffffffff81001000 T _etext\n");
	taken_init(&t);
	snprintf(t.plan.proc_root, sizeof(t.plan.proc_root), "%s", tree.path);
	taken_fd(&t, CAPTURE_FD_D_STACKS, stacks, sizeof(stacks));
	taken_run_named(&t, "tasks");
	const char *text = taken_text(&t, "tasks/d.txt");
	assert_non_null(strstr(text, "# 3 tasks in D state"));
	assert_non_null(strstr(text, "2 tasks with this stack:\n    io_schedule+0x10/0x100\n    sys_fsync+0x10/"));
	assert_non_null(strstr(text, "pid 2 (dd\\x1b[m) tgid 2"));
	assert_true(strstr(text, "2 tasks with") < strstr(text, "1 task with"));
	assert_int_equal(taken_line(&t, "tasks/top.txt")->state, MEMBER_UNSUPPORTED);
	taken_done(&t);
	tree_done(&tree);
}

static void the_kernels_names_are_read_once_for_all_collectors_of_an_incident(void **state)
{
	(void)state;
	struct task_stack stacks[] = {{.task = row(1, 1, "dd"), .n_frames = 1, .stack = {0xffffffff81000110}}};
	char kallsyms[128];
	struct tree tree;
	struct taken t;
	tree_init(&tree);
	tree_write(&tree, "kallsyms", "ffffffff81000100 T io_schedule\nffffffff81001000 T _etext\n");
	taken_init(&t);
	snprintf(t.plan.proc_root, sizeof(t.plan.proc_root), "%s", tree.path);
	taken_fd(&t, CAPTURE_FD_D_STACKS, stacks, sizeof(stacks));
	taken_run_named(&t, "tasks");
	snprintf(kallsyms, sizeof(kallsyms), "%s/kallsyms", tree.path);
	assert_int_equal(unlink(kallsyms), 0);
	taken_run_named(&t, "sysrq-w");
	assert_non_null(strstr(taken_text(&t, "tasks/d.txt"), "io_schedule+0x10/"));
	assert_non_null(strstr(taken_text(&t, "sysrq/w.txt"), "io_schedule+0x10/"));
	taken_done(&t);
	tree_done(&tree);
}

static void iterators_are_read_once_and_shared(void **state)
{
	(void)state;
	struct task_row rows[] = {row(7, 7, "busy"), row(8, 8, "idle")};
	struct taken t;
	rows[0].state = TASK_STATE_RUNNING;
	rows[0].rss_bytes = 3 << 20;
	taken_init(&t);
	taken_fd(&t, CAPTURE_FD_TASK_ROWS, rows, sizeof(rows));
	taken_run_named(&t, "tasks");
	assert_non_null(strstr(taken_text(&t, "tasks/running.txt"), "pid 7 (busy)"));
	assert_null(strstr(taken_text(&t, "tasks/running.txt"), "idle"));
	assert_non_null(strstr(taken_text(&t, "tasks/top.txt"), "no census of before"));
	assert_int_equal(taken_line(&t, ".task-rows")->bytes, sizeof(rows));
	assert_memory_equal(taken_text(&t, ".task-rows"), rows, sizeof(rows));
	taken_done(&t);
}

static void events_and_censuses_of_the_window_become_lines_of_json(void **state)
{
	(void)state;
	struct ring_options o = {.name = "t", .segment_bytes = 65536, .segments = 4};
	struct event e = {.kind = EVENT_OOM, .size = sizeof(e), .t_ns = 99 * NS_PER_S, .pid = 5, .comm = "java"};
	struct task_row r = row(4, 4, "cp\"");
	struct taken t;
	struct ring *events, *censuses;
	taken_init(&t);
	assert_int_equal(ring_new(&o, &events), 0);
	assert_int_equal(ring_new(&o, &censuses), 0);
	events_append(events, &e, sizeof(e), "host");
	e.t_ns = 200 * NS_PER_S;
	events_append(events, &e, sizeof(e), "host");
	taken_fd(&t, CAPTURE_FD_TASK_ROWS, &r, sizeof(r));
	assert_int_equal(census_append(censuses, t.fds[CAPTURE_FD_TASK_ROWS], 50 * NS_PER_S), 1);
	t.fds[CAPTURE_FD_EVENTS] = dup(ring_fd(events));
	t.fds[CAPTURE_FD_CENSUS] = dup(ring_fd(censuses));
	taken_run_named(&t, "events");
	taken_run_named(&t, "census");
	const char *text = taken_text(&t, "events.jsonl");
	assert_non_null(strstr(text, "\"t_ns\":99000000000"));
	assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));
	assert_int_equal(taken_line(&t, "events.jsonl")->state, MEMBER_COMPLETE);
	assert_non_null(strstr(taken_text(&t, "census.jsonl"), "\"t_ns\":50000000000,\"pid\":4"));
	assert_non_null(strstr(taken_text(&t, "census.jsonl"), "\"comm\":\"cp\\\"\",\"state\":\"S\""));
	assert_int_equal(taken_line(&t, "census.jsonl")->state, MEMBER_COMPLETE);
	ring_free(events);
	ring_free(censuses);
	taken_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_are_summed_into_their_process),
		cmocka_unit_test(states_are_the_letters_of_ps),
		cmocka_unit_test(d_tasks_are_grouped_by_stack_with_names_of_functions),
		cmocka_unit_test(the_kernels_names_are_read_once_for_all_collectors_of_an_incident),
		cmocka_unit_test(iterators_are_read_once_and_shared),
		cmocka_unit_test(events_and_censuses_of_the_window_become_lines_of_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
