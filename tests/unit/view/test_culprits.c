/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/record/census.h"
#include "snapshot/bundle/json.h"
#include "snapshot/view/blame.h"
#include "snapshot/view/view.h"
#include "tests/unit/support/taken.h"
#include "tests/unit/support/tree.h"

#include <linux/perf_event.h>

static const char *one_signal[1];

static void rig_init(struct taken *t, const char *signal)
{
	taken_init(t);
	one_signal[0] = signal;
	t->plan.signals = one_signal;
	t->plan.n_signals = signal ? 1 : 0;
}

/* The culprits; the caller puts them. */
static struct json_object *culprits(struct taken *t)
{
	taken_run(t, &view_table[0]);
	const char *text = taken_text(t, "culprits.json");
	struct json_object *o = json_read(text, strlen(text));
	assert_non_null(o);
	return o;
}

static const char *text_of(struct json_object *all, size_t i, const char *key)
{
	struct json_object *list = json_member(all, "culprits");
	assert_true(json_length(list) > i);
	return json_object_get_string(json_member(json_object_array_get_idx(list, i), key));
}

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

static void kernel_time_blames_who_used_it_and_the_function_it_ended_in(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, "cpu.sys");
	add_growth(&t);
	taken_put(&t, "profile/after.folded",
		  "burner;main;entry_SYSCALL_64_after_hwframe;do_syscall_64;futex_wait;native_queued_spin_lock_slowpath 700000\n"
		  "burner;main;entry_SYSCALL_64_after_hwframe;do_syscall_64;futex_wait 100000\n"
		  "other;main;compute 9000000\n"
		  "garbage\n");
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "kind"), "task");
	assert_string_equal(text_of(all, 0, "name"), "burner");
	assert_string_equal(text_of(all, 0, "pid"), "5");
	assert_non_null(strstr(text_of(all, 0, "evidence"), "used 3s of CPU time in the kernel in 10s, 86 %"));
	assert_non_null(strstr(text_of(all, 0, "evidence"), "profile/after.folded"));
	assert_string_equal(text_of(all, 1, "kind"), "function");
	assert_string_equal(text_of(all, 1, "name"), "native_queued_spin_lock_slowpath");
	assert_string_equal(text_of(all, 1, "score"), "0.88");
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

/* As PERF_SAMPLE_IP|TID|TIME|CPU|PERIOD|CALLCHAIN has it. */
struct record {
	struct perf_event_header h;
	uint64_t ip;
	uint32_t pid, tid;
	uint64_t t_ns;
	uint32_t cpu, pad;
	uint64_t period, n_chain;
};

static void add_samples(struct taken *t, unsigned n, uint32_t pid, uint64_t ip, uint64_t from_ns)
{
	struct ring_options o = {.name = "t", .segment_bytes = 65536, .segments = 4};
	struct ring *ring;
	assert_int_equal(ring_new(&o, &ring), 0);
	for (unsigned i = 0; i < n; i++) {
		struct record r = {.h = {.type = PERF_RECORD_SAMPLE, .size = sizeof(r)}, .ip = ip, .pid = pid, .tid = pid,
				   .t_ns = from_ns + i * 50 * NS_PER_MS, .period = 50 * NS_PER_MS};
		assert_int_equal(ring_append(ring, r.t_ns, PERF_RECORD_SAMPLE, &r, sizeof(r)), 0);
	}
	t->fds[CAPTURE_FD_STACKS] = dup(ring_fd(ring));
	ring_free(ring);
}

static void what_ran_before_the_onset_does_not_hide_what_ran_after_it(void **state)
{
	(void)state;
	struct tree tree;
	struct taken t;
	tree_init(&tree);
	tree_write(&tree, "kallsyms", "ffffffff81000100 T copy_loop\nffffffff81000200 T next\n");
	rig_init(&t, "cpu.sys");
	snprintf(t.plan.proc_root, sizeof(t.plan.proc_root), "%s", tree.path);
	add_growth(&t);
	add_samples(&t, 40, 5, 0xffffffff81000110, 99 * NS_PER_S);
	taken_put(&t, "profile/before.folded", "daily;main;entry_SYSCALL_64_after_hwframe;do_syscall_64;read 60000000\n");
	struct json_object *all = culprits(&t);
	_cleanup_free_ char *whole = strdup(json_object_to_json_string(all));
	assert_non_null(strstr(whole, "\"name\": \"copy_loop\""));
	assert_non_null(strstr(whole, "from the onset on, 100 % of the sampled CPU time ended in it, 2s of 2s"));
	assert_non_null(strstr(whole, "burner"));
	json_object_put(all);
	taken_done(&t);
	tree_done(&tree);
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
		{.n_frames = 2, .stack = {0x110, 0x210}, .task = row(1, "dd", 0, 0)},
		{.n_frames = 2, .stack = {0x110, 0x210}, .task = row(2, "dd", 0, 0)},
		{.n_frames = 2, .stack = {0x110, 0x310}, .task = row(3, "cp", 0, 0)},
	};
	struct tree tree;
	struct taken t;
	tree_init(&tree);
	tree_write(&tree, "kallsyms", "0000000000000100 T io_schedule\n0000000000000200 T jbd2_log_wait_commit\n"
				      "0000000000000300 T nfs_wait\n0000000000000400 T last\n");
	rig_init(&t, "tasks.d");
	snprintf(t.plan.proc_root, sizeof(t.plan.proc_root), "%s", tree.path);
	taken_fd(&t, CAPTURE_FD_D_STACKS, stacks, sizeof(stacks));
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "kind"), "wait");
	assert_string_equal(text_of(all, 0, "name"), "jbd2_log_wait_commit");
	assert_non_null(strstr(text_of(all, 0, "evidence"), "2 of 3 tasks in D state"));
	assert_string_equal(text_of(all, 1, "name"), "dd");
	json_object_put(all);
	taken_done(&t);
	tree_done(&tree);
}

static void an_event_names_its_own_culprits(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, NULL);
	t.plan.event = "{\"t_ns\":1,\"kind\":\"lacp\",\"bond\":\"bond0\",\"slave\":\"eth1\",\"change\":1}";
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "name"), "eth1");
	assert_string_equal(text_of(all, 0, "evidence"), "port of bond0 stopped collecting or distributing (events.jsonl)");
	assert_string_equal(text_of(all, 1, "kind"), "bond");
	json_object_put(all);
	taken_done(&t);
	rig_init(&t, NULL);
	t.plan.event = "{\"kind\":\"oom\",\"comm\":\"java\",\"tgid\":7,\"victim_comm\":\"redis\",\"victim_pid\":9,"
		       "\"memcg_id\":4,\"entity\":\"/a.slice\",\"usage\":1048576,\"limit\":1048576}";
	all = culprits(&t);
	assert_string_equal(text_of(all, 0, "name"), "redis");
	assert_string_equal(text_of(all, 0, "pid"), "9");
	assert_string_equal(text_of(all, 1, "name"), "/a.slice");
	assert_string_equal(text_of(all, 2, "name"), "java");
	json_object_put(all);
	taken_done(&t);
}

static void many_events_are_told_by_shares_and_the_detectors_own_frames_are_passed_over(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, "cpu.sys");
	taken_put(&t, "events.jsonl",
		  "{\"kind\":\"runqlat\",\"prev_comm\":\"hog\",\"prev_pid\":9,\"wait\":30000000}\n"
		  "{\"kind\":\"runqlat\",\"prev_comm\":\"hog\",\"prev_pid\":9,\"wait\":50000000}\n"
		  "{\"kind\":\"runqlat\",\"prev_comm\":\"rare\",\"prev_pid\":8,\"wait\":20000000}\n"
		  "{\"kind\":\"softirq\",\"offtime\":15000000,\"stack\":[\"bpf_prog_ff_on_timer+0x1\",\"spin_here+0x2/0x9\"]}\n"
		  "{\"kind\":\"soft");
	struct json_object *all = culprits(&t);
	assert_int_equal(json_length(json_member(all, "culprits")), 2);
	assert_string_equal(text_of(all, 0, "name"), "spin_here");
	assert_string_equal(text_of(all, 1, "name"), "hog");
	assert_string_equal(text_of(all, 1, "score"), "0.40");
	assert_string_equal(text_of(all, 1, "evidence"),
			    "held a CPU that another task waited for 2 times, 80ms in sum, 80 % of all (events.jsonl)");
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
	taken_put(&t, "profile/after.folded", "`rm`;a;b 1000\n");
	taken_run(&t, &view_table[1]);
	const char *text = taken_text(&t, "summary.md");
	assert_null(strstr(text, "<script>"));
	assert_null(strstr(text, "[x](http"));
	assert_null(strstr(text, "`rm`"));
	assert_non_null(strstr(text, "\\[x\\](http://evil)** (pid 3): a\\x0ab\n"));
	assert_non_null(strstr(text, "- cpu.sys \\> $level was true: **62.1% \\> 45%**"));
	assert_non_null(strstr(text, "by frame pointer only"));
	assert_non_null(strstr(text, "100 %, 1ms: \\`rm\\` … a;b"));
	taken_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_time_blames_who_used_it_and_the_function_it_ended_in),
		cmocka_unit_test(who_ended_before_the_last_census_is_blamed_all_the_same),
		cmocka_unit_test(what_ran_before_the_onset_does_not_hide_what_ran_after_it),
		cmocka_unit_test(memory_blames_who_grew_not_who_is_large_and_never_ourselves),
		cmocka_unit_test(d_tasks_blame_the_function_behind_the_generic_wait),
		cmocka_unit_test(an_event_names_its_own_culprits),
		cmocka_unit_test(many_events_are_told_by_shares_and_the_detectors_own_frames_are_passed_over),
		cmocka_unit_test(when_nobody_stands_out_it_says_so),
		cmocka_unit_test(what_the_rule_watches_decides_what_counts),
		cmocka_unit_test(a_summary_escapes_what_others_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
