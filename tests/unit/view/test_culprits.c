/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/record/census.h"
#include "snapshot/view/blame.h"
#include "snapshot/wire.h"
#include "tests/unit/support/culprits.h"
#include "tests/unit/support/tree.h"

static struct task_row row(uint32_t pid, const char *comm, uint64_t sys_ns, uint64_t rss)
{
	struct task_row r = {.pid = pid, .tgid = pid, .start_ns = pid, .cpu_sys_ns = sys_ns, .rss_bytes = rss};
	snprintf(r.comm, sizeof(r.comm), "%s", comm);
	return r;
}

static void add_census(struct taken *t, struct ring *ring, const struct task_row *rows, size_t bytes, uint64_t t_ns)
{
	taken_fd(t, CAPTURE_FD_TASK_ROWS, rows, bytes);
	assert_true(census_append(ring, t->fds[CAPTURE_FD_TASK_ROWS], t_ns) > 0);
	close(t->fds[CAPTURE_FD_TASK_ROWS]);
	t->fds[CAPTURE_FD_TASK_ROWS] = -1;
}

static void add_growth(struct taken *t)
{
	struct ring_options o = {.name = "t", .segment_bytes = 65536, .segments = 4};
	struct task_row before[] = {row(5, "burner", 0, 1 << 20), row(6, "eater", 0, 0), row(7, "old", 9 * NS_PER_S, 0)};
	struct task_row after[] = {row(5, "burner", 3 * NS_PER_S, 1 << 20), row(6, "eater", NS_PER_S / 2, 1 << 30),
				   row(7, "old", 9 * NS_PER_S, 0), row(8, "ours", 50 * NS_PER_S, UINT64_C(8) << 30)};
	static uint32_t ours[] = {8};
	struct ring *ring;
	assert_int_equal(ring_new(&o, &ring), 0);
	add_census(t, ring, before, sizeof(before), 95 * NS_PER_S);
	add_census(t, ring, after, sizeof(after), 105 * NS_PER_S);
	t->fds[CAPTURE_FD_CENSUS] = dup(ring_fd(ring));
	t->plan.self_pids = ours;
	t->plan.n_self_pids = 1;
	ring_free(ring);
}

/* Of 10 s in the kernel, burner had 8.8. */
static const char profile[] =
	"{\"true_span\":{\"samples\":500,\"kernel_us\":10000000,\"user_us\":4000000,"
	"\"tasks\":[{\"name\":\"burner\",\"kernel_us\":8800000,\"user_us\":0,\"tasks\":8,\"pid\":5},"
	"{\"name\":\"cc1\",\"kernel_us\":400000,\"user_us\":4000000,\"tasks\":2,\"pid\":6}],"
	"\"functions\":[{\"name\":\"[kernel]\",\"kernel_us\":3000000,\"user_us\":0,\"comm\":\"burner\"},"
	"{\"name\":\"queued_spin_lock\",\"kernel_us\":6000000,\"user_us\":0,\"comm\":\"burner\"},"
	"{\"name\":\"parse\",\"kernel_us\":0,\"user_us\":3900000,\"comm\":\"cc1\"}]},"
	"\"window\":{\"samples\":900,\"kernel_us\":90000000,\"user_us\":0,"
	"\"tasks\":[{\"name\":\"daily\",\"kernel_us\":80000000,\"user_us\":0,\"tasks\":1,\"pid\":9}],\"functions\":[]}}";

static void kernel_time_blames_who_used_it_while_the_rule_was_true_and_then_the_function(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, "cpu.sys");
	add_growth(&t);
	taken_put(&t, "profile/summary.json", profile);
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "kind"), "task");
	assert_string_equal(text_of(all, 0, "name"), "burner");
	assert_string_equal(text_of(all, 0, "pid"), "5");
	assert_string_equal(text_of(all, 0, "tasks"), "8");
	assert_string_equal(text_of(all, 0, "score"), "0.88");
	assert_string_equal(text_of(all, 0, "evidence"),
			    "used 88 % of the CPU time in the kernel while the rule was true, 8.8s of 10s (profile/summary.json), "
			    "and used 3s of CPU time in the kernel in 10s, 86 % of what all tasks used (census.jsonl)");
	assert_string_equal(text_of(all, 1, "kind"), "function");
	assert_string_equal(text_of(all, 1, "name"), "queued_spin_lock");
	assert_string_equal(text_of(all, 1, "evidence"),
			    "60 % of the CPU time in the kernel ended in it while the rule was true, 6s of 10s, most of that by "
			    "burner (profile/summary.json)");
	assert_int_equal(json_length(json_member(all, "culprits")), 2);
	json_object_put(all);
	taken_done(&t);
}

static void user_time_is_ranked_by_user_time(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, "cpu.user");
	taken_put(&t, "profile/summary.json", profile);
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "name"), "cc1");
	assert_string_equal(text_of(all, 0, "score"), "1.00");
	assert_string_equal(text_of(all, 1, "name"), "parse");
	json_object_put(all);
	taken_done(&t);
}

static void a_rule_that_was_true_for_a_moment_is_told_by_the_whole_window(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, "cpu.sys");
	taken_put(&t, "profile/summary.json",
		  "{\"true_span\":{\"samples\":2,\"kernel_us\":20,\"user_us\":0,\"tasks\":[{\"name\":\"chance\",\"kernel_us\":20}]},"
		  "\"window\":{\"samples\":900,\"kernel_us\":90000000,\"user_us\":0,"
		  "\"tasks\":[{\"name\":\"daily\",\"kernel_us\":80000000,\"user_us\":0,\"tasks\":1,\"pid\":9}]}}");
	struct json_object *all = culprits(&t);
	assert_int_equal(json_length(json_member(all, "culprits")), 1);
	assert_string_equal(text_of(all, 0, "name"), "daily");
	assert_non_null(strstr(text_of(all, 0, "evidence"), "in the whole window"));
	json_object_put(all);
	taken_done(&t);
}

static void without_a_profile_the_censuses_name_who_burnt_the_time(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, "cpu.sys");
	add_growth(&t);
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "name"), "burner");
	assert_string_equal(text_of(all, 0, "evidence"),
			    "used 3s of CPU time in the kernel in 10s, 86 % of what all tasks used (census.jsonl)");
	json_object_put(all);
	taken_done(&t);
}

static void who_ended_before_the_last_census_is_blamed_all_the_same(void **state)
{
	(void)state;
	struct ring_options o = {.name = "t", .segment_bytes = 65536, .segments = 4};
	struct task_row before[] = {row(7, "old", 0, 0)};
	struct task_row firing[] = {row(7, "old", NS_PER_MS, 0), row(9, "spinner", 2 * NS_PER_S, 0)};
	struct task_row last[] = {row(7, "old", 200 * NS_PER_MS, 0)};
	struct ring *ring;
	struct taken t;
	rig_init(&t, "cpu.sys");
	assert_int_equal(ring_new(&o, &ring), 0);
	add_census(&t, ring, before, sizeof(before), 95 * NS_PER_S);
	add_census(&t, ring, firing, sizeof(firing), 100 * NS_PER_S + 1);
	add_census(&t, ring, last, sizeof(last), 108 * NS_PER_S);
	t.fds[CAPTURE_FD_CENSUS] = dup(ring_fd(ring));
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "name"), "spinner");
	assert_non_null(strstr(text_of(all, 0, "evidence"), "used 2s of CPU time in the kernel in 5s"));
	json_object_put(all);
	ring_free(ring);
	taken_done(&t);
}

static void the_span_is_the_engines_word_within_the_window(void **state)
{
	(void)state;
	struct truth_span told = {101 * NS_PER_S, 500 * NS_PER_S};
	struct taken t;
	rig_init(&t, "cpu.sys");
	taken_put_bytes(&t, ".truth", &told, sizeof(told));
	struct json_object *all = culprits(&t), *span = json_member(all, "true_span");
	assert_int_equal(json_number(span, "first_ns"), 101 * NS_PER_S);
	assert_int_equal(json_number(span, "last_ns"), 110 * NS_PER_S);
	json_object_put(all);
	taken_done(&t);
	rig_init(&t, "cpu.sys");
	t.plan.onset_ns = 99 * NS_PER_S;
	all = culprits(&t), span = json_member(all, "true_span");
	assert_int_equal(json_number(span, "first_ns"), 99 * NS_PER_S);
	assert_int_equal(json_number(span, "last_ns"), 100 * NS_PER_S);
	json_object_put(all);
	taken_done(&t);
}

static void add_short_life(struct taken *t)
{
	struct ring_options o = {.name = "t", .segment_bytes = 65536, .segments = 4};
	struct task_row start[] = {row(6, "steady", 0, 1 << 20)};
	struct task_row middle[] = {row(5, "writer", 0, UINT64_C(900) << 20), row(6, "steady", 0, 1 << 20)};
	struct task_row end[] = {row(6, "steady", 0, 2 << 20)};
	struct ring *ring;
	middle[0].write_bytes = UINT64_C(800) << 20;
	end[0].write_bytes = UINT64_C(40) << 20;
	assert_int_equal(ring_new(&o, &ring), 0);
	add_census(t, ring, start, sizeof(start), 95 * NS_PER_S);
	add_census(t, ring, middle, sizeof(middle), 100 * NS_PER_S);
	add_census(t, ring, end, sizeof(end), 105 * NS_PER_S);
	t->fds[CAPTURE_FD_CENSUS] = dup(ring_fd(ring));
	ring_free(ring);
}

static void who_ended_within_the_window_is_not_forgotten(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, "mem.used");
	add_short_life(&t);
	taken_put(&t, "proc/meminfo", "MemTotal:        4194304 kB\nMemFree: 1 kB\n");
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "name"), "writer");
	assert_string_equal(text_of(all, 0, "evidence"),
			    "grew by 900.0MiB of resident memory in 5s, 100 % of what all tasks gained, 22 % of the machine's "
			    "(census.jsonl)");
	json_object_put(all);
	taken_done(&t);
}

static void a_disk_rule_blames_who_wrote_and_then_the_disk(void **state)
{
	(void)state;
	struct truth_span told = {99 * NS_PER_S, 103 * NS_PER_S};
	struct taken t;
	rig_init(&t, "disk.write_bytes");
	add_short_life(&t);
	t.plan.entity_kind = ENTITY_KIND_DISK;
	snprintf(t.plan.entity, sizeof(t.plan.entity), "vda");
	t.plan.why = "{\"terms\":[{\"kind\":\"and\",\"source\":\"a and b\",\"text\":\"x\",\"blamed\":true},"
		     "{\"kind\":\"gt\",\"source\":\"disk.util > $busy\",\"text\":\"98.0% > 50.0%\",\"blamed\":true}]}";
	taken_put_bytes(&t, ".truth", &told, sizeof(told));
	taken_put(&t, "events.jsonl", "{\"kind\":\"iolatency\",\"disk\":\"vda\",\"issuer_comm\":\"writer\",\"issuer_pid\":5,"
				      "\"q2c\":300000000}\n");
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "name"), "writer");
	assert_string_equal(text_of(all, 0, "evidence"),
			    "read and wrote 800.0MiB on disks in 10s, 95 % of what all tasks read and wrote (census.jsonl), and issued requests "
			    "that were slow 1 time, at worst 300ms, 300ms in sum (events.jsonl)");
	assert_string_equal(text_of(all, 1, "kind"), "device");
	assert_string_equal(text_of(all, 1, "name"), "vda");
	assert_non_null(strstr(text_of(all, 1, "evidence"), "disk.util > $busy was true with 98.0% > 50.0% (why.json)"));
	json_object_put(all);
	taken_done(&t);
}

static void a_disk_rule_names_the_file_with_the_most_bytes(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, "disk.write_bytes");
	taken_put(&t, "events.jsonl",
		  "{\"kind\":\"iotrace\",\"comm\":\"cp\",\"tgid\":7,\"fs_read\":0,\"fs_write\":1048576,\"path\":\"/a\"}\n"
		  "{\"kind\":\"iotrace\",\"comm\":\"dd\",\"tgid\":8,\"fs_write\":3145728,\"disk_write\":2097152,\"path\":\"/b\"}\n"
		  "{\"kind\":\"iotrace\",\"comm\":\"dd\",\"tgid\":8,\"disk_read\":4194304,\"path\":\"\"}\n");
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "kind"), "task");
	assert_string_equal(text_of(all, 0, "name"), "dd");
	assert_string_equal(text_of(all, 0, "evidence"), "read and wrote, file by file, 7.0MiB (events.jsonl)");
	assert_string_equal(text_of(all, 1, "kind"), "file");
	assert_string_equal(text_of(all, 1, "name"), "/b");
	assert_string_equal(text_of(all, 1, "evidence"), "was read and written: 3.0MiB (events.jsonl)");
	json_object_put(all);
	taken_done(&t);
}

static void a_rule_over_tasks_names_whose_processes_stay(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, "tasks.total");
	t.plan.fired_ns = 100;
	taken_put(&t, "events.jsonl",
		  "{\"kind\":\"exec\",\"t_ns\":1,\"what\":\"fork\",\"pid\":9,\"parent_comm\":\"script\",\"ppid\":5}\n"
		  "{\"kind\":\"exec\",\"t_ns\":2,\"what\":\"exit\",\"pid\":9,\"parent_comm\":\"script\",\"ppid\":5}\n"
		  "{\"kind\":\"exec\",\"t_ns\":3,\"what\":\"fork\",\"pid\":10,\"parent_comm\":\"script\",\"ppid\":5}\n"
		  "{\"kind\":\"exec\",\"t_ns\":4,\"what\":\"exec\",\"pid\":10,\"parent_comm\":\"script\",\"ppid\":5}\n"
		  "{\"kind\":\"exec\",\"t_ns\":5,\"what\":\"exit\",\"pid\":10,\"parent_comm\":\"script\",\"ppid\":5}\n"
		  "{\"kind\":\"exec\",\"t_ns\":6,\"what\":\"fork\",\"pid\":11,\"parent_comm\":\"bomb\",\"ppid\":8}\n"
		  "{\"kind\":\"exec\",\"t_ns\":101,\"what\":\"exit\",\"pid\":11,\"parent_comm\":\"bomb\",\"ppid\":8}\n");
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "name"), "bomb");
	assert_string_equal(text_of(all, 0, "evidence"), "started 1 process, 1 of which stayed (events.jsonl)");
	json_object_put(all);
	taken_done(&t);
}

static void memory_blames_who_grew_not_who_is_large_and_never_ourselves(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, "mem.available");
	add_growth(&t);
	struct json_object *all = culprits(&t);
	assert_int_equal(json_length(json_member(all, "culprits")), 1);
	assert_string_equal(text_of(all, 0, "name"), "eater");
	assert_non_null(strstr(text_of(all, 0, "evidence"), "grew by 1.0GiB of resident memory"));
	json_object_put(all);
	taken_done(&t);
}

static void d_tasks_blame_the_function_behind_the_generic_wait(void **state)
{
	(void)state;
	struct task_stack stacks[3] = {
		{.n_frames = 3, .stack = {0x110, 0x410, 0x210}, .task = row(1, "dd", 0, 0)},
		{.n_frames = 3, .stack = {0x110, 0x410, 0x210}, .task = row(2, "dd", 0, 0)},
		{.n_frames = 2, .stack = {0x110, 0x310}, .task = row(3, "cp", 0, 0)},
	};
	struct tree tree;
	struct taken t;
	tree_init(&tree);
	tree_write(&tree, "kallsyms", "0000000000000100 T io_schedule\n0000000000000200 T jbd2_log_wait_commit\n"
				      "0000000000000300 T nfs_wait\n0000000000000400 T bit_wait_io\n0000000000000500 T last\n");
	rig_init(&t, "tasks.d");
	snprintf(t.plan.proc_root, sizeof(t.plan.proc_root), "%s", tree.path);
	taken_fd(&t, CAPTURE_FD_D_STACKS, stacks, sizeof(stacks));
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "name"), "dd");
	assert_string_equal(text_of(all, 0, "tasks"), "2");
	assert_string_equal(text_of(all, 0, "evidence"),
			    "2 of the 3 tasks in D state at the firing, 2 of these waiting in jbd2_log_wait_commit (tasks/d.txt)");
	assert_string_equal(text_of(all, 1, "kind"), "wait");
	assert_string_equal(text_of(all, 1, "name"), "jbd2_log_wait_commit");
	assert_string_equal(text_of(all, 1, "evidence"),
			    "2 of 3 tasks in D state wait in it, pid 1 among them, by way of bit_wait_io < jbd2_log_wait_commit "
			    "(tasks/d.txt)");
	json_object_put(all);
	taken_done(&t);
	tree_done(&tree);
}

static void many_events_are_told_in_sums_and_stand_behind_the_profile(void **state)
{
	(void)state;
	static uint32_t ours[] = {8};
	struct taken t;
	rig_init(&t, "cpu.sys");
	t.plan.self_pids = ours;
	t.plan.n_self_pids = 1;
	taken_put(&t, "profile/summary.json", profile);
	taken_put(&t, "events.jsonl",
		  "{\"kind\":\"runqlat\",\"prev_comm\":\"hog\",\"prev_pid\":9,\"wait\":30000000}\n"
		  "{\"kind\":\"runqlat\",\"prev_comm\":\"hog\",\"prev_pid\":9,\"wait\":50000000}\n"
		  "{\"kind\":\"runqlat\",\"prev_comm\":\"us\",\"prev_pid\":8,\"wait\":900000000}\n"
		  "{\"kind\":\"runqlat\",\"prev_comm\":\"swapper/0\",\"prev_pid\":0,\"wait\":900000000}\n"
		  "{\"kind\":\"softirq\",\"offtime\":15000000,\"stack\":[\"bpf_prog_ff_on_timer+0x1\",\"__hrtimer_run_queues+0x1\",\"spin_here+0x2/0x9\"]}\n"
		  "{\"kind\":\"soft");
	struct json_object *all = culprits(&t);
	assert_int_equal(json_length(json_member(all, "culprits")), 4);
	assert_string_equal(text_of(all, 0, "name"), "burner");
	assert_string_equal(text_of(all, 1, "name"), "queued_spin_lock");
	assert_string_equal(text_of(all, 2, "name"), "spin_here");
	assert_string_equal(text_of(all, 3, "name"), "hog");
	assert_string_equal(text_of(all, 3, "evidence"),
			    "held a CPU that others waited for 2 times, at worst 50ms, 80ms in sum (events.jsonl)");
	json_object_put(all);
	taken_done(&t);
}

static void when_nobody_stands_out_it_says_so(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, "cpu.sys");
	struct json_object *all = culprits(&t);
	assert_int_equal(json_length(json_member(all, "culprits")), 0);
	assert_non_null(strstr(json_object_get_string(json_member(all, "note")), "Nothing stands out"));
	json_object_put(all);
	taken_done(&t);
}

static void what_the_rule_watches_decides_what_counts(void **state)
{
	(void)state;
	const char *signals[] = {"host.cpu.sys", "disk.util"};
	struct plan p = {.signals = signals, .n_signals = 2};
	assert_int_equal(focus_of(&p), FOCUS_SYS | FOCUS_IO);
	p.n_signals = 0;
	assert_int_equal(focus_of(&p), FOCUS_CPU | FOCUS_MEM | FOCUS_IO | FOCUS_WAIT);
	p.event = "{\"kind\":\"hungtask\"}";
	assert_int_equal(focus_of(&p), FOCUS_WAIT);
}

static void a_summary_escapes_what_others_named(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, "cpu.sys");
	t.plan.summary = "<script>alert(1)</script>";
	t.plan.why = "{\"terms\":[{\"source\":\"cpu.sys > $level\",\"text\":\"62.1% > 45%\",\"threshold\":450000,"
		     "\"verdict\":\"true\",\"blamed\":true}]}";
	taken_put(&t, "culprits.json", "{\"culprits\":[{\"kind\":\"task\",\"name\":\"[x](http://evil)\",\"pid\":3,"
				       "\"score\":0.9,\"evidence\":\"a\\nb\"}]}");
	taken_put(&t, "profile/after.folded", "`rm`;a;b\xe2\x80\xae\xff 1000\n");
	taken_run(&t, &view_table[1]);
	const char *text = taken_text(&t, "summary.md");
	assert_null(strstr(text, "<script>"));
	assert_null(strstr(text, "[x](http"));
	assert_non_null(strstr(text, "\\[x\\](http://evil)** (pid 3): a\\x0ab\n"));
	assert_non_null(strstr(text, "- cpu.sys \\> $level was true: **62.1% \\> 45%**"));
	assert_non_null(strstr(text, "by frame pointer only"));
	assert_non_null(strstr(text, "```\n100 %  1ms     `rm`: b\\xe2\\x80\\xae\\xff < a\n```\n"));
	taken_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_time_blames_who_used_it_while_the_rule_was_true_and_then_the_function),
		cmocka_unit_test(user_time_is_ranked_by_user_time),
		cmocka_unit_test(a_rule_that_was_true_for_a_moment_is_told_by_the_whole_window),
		cmocka_unit_test(without_a_profile_the_censuses_name_who_burnt_the_time),
		cmocka_unit_test(who_ended_before_the_last_census_is_blamed_all_the_same),
		cmocka_unit_test(the_span_is_the_engines_word_within_the_window),
		cmocka_unit_test(a_disk_rule_names_the_file_with_the_most_bytes),
		cmocka_unit_test(a_rule_over_tasks_names_whose_processes_stay),
		cmocka_unit_test(memory_blames_who_grew_not_who_is_large_and_never_ourselves),
		cmocka_unit_test(who_ended_within_the_window_is_not_forgotten),
		cmocka_unit_test(a_disk_rule_blames_who_wrote_and_then_the_disk),
		cmocka_unit_test(d_tasks_blame_the_function_behind_the_generic_wait),
		cmocka_unit_test(many_events_are_told_in_sums_and_stand_behind_the_profile),
		cmocka_unit_test(when_nobody_stands_out_it_says_so),
		cmocka_unit_test(what_the_rule_watches_decides_what_counts),
		cmocka_unit_test(a_summary_escapes_what_others_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
