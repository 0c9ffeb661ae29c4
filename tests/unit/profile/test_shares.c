/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/base/clock.h"
#include "snapshot/bundle/json.h"
#include "snapshot/profile/shares.h"
#include "tests/unit/support/profile_bench.h"

#define OURS	       99
#define FIRED	       (100 * NS_PER_S)

static int set_up(void **state)
{
	struct profile_bench *b = calloc(1, sizeof(*b));
	profile_bench_init(b,
			   "ffffffff81000000 T _stext\nffffffff81000100 T chacha_permute\nffffffff81000200 t do_idle\n"
			   "ffffffff81000300 t vfs_read\nffffffff81000400 T _etext\n",
			   (uint32_t[]){OURS}, 1);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct profile_bench *b = *state;
	profile_bench_done(b);
	free(b);
	return 0;
}

static void ran(struct profile_bench *b, uint32_t pid, uint32_t tid, uint64_t t_ns, uint64_t frame)
{
	_cleanup_buf_ struct buf raw = {0};
	bool kernel = (int64_t)frame < 0;
	raw_sample(&raw, pid, tid, t_ns, (uint64_t[]){kernel ? KERNEL_FRAMES : USER_FRAMES, frame}, 2);
	profile_bench_take(t_ns <= FIRED ? &b->p.before : &b->p.after, &raw);
}

static void is_called(struct profile_bench *b, uint32_t pid, uint32_t tid, const char *comm)
{
	assert_int_equal(names_add(&b->p.names, pid, tid, 0, comm), 0);
}

static struct shares shares(struct profile_bench *b, uint64_t first_ns, uint64_t last_ns)
{
	struct shares s;
	names_sort(&b->p.names);
	assert_int_equal(profile_shares(&b->p, first_ns, last_ns, FIRED, &s), 0);
	return s;
}

static void tasks_of_one_name_are_one_with_the_heaviest_process(void **state)
{
	struct profile_bench *b = *state;
	is_called(b, 5, 5, "spin"), is_called(b, 6, 6, "spin"), is_called(b, 6, 7, "spin"), is_called(b, 8, 8, "cc1");
	ran(b, 5, 5, FIRED - 2, KERNEL(0x110));
	ran(b, 6, 6, FIRED - 1, KERNEL(0x110));
	ran(b, 6, 7, FIRED + 1, KERNEL(0x310));
	ran(b, 8, 8, FIRED + 2, 0x400000);
	struct shares s = shares(b, FIRED - 2, FIRED + 2);
	assert_int_equal(s.samples, 4);
	assert_int_equal(s.n_tasks, 2);
	assert_string_equal(s.tasks[0].name, "spin");
	assert_int_equal(s.tasks[0].tasks, 3);
	assert_int_equal(s.tasks[0].pid, 6);
	assert_int_equal(s.tasks[0].kernel_us, s.kernel_us);
	assert_int_equal(s.tasks[1].user_us, s.user_us);
	assert_string_equal(s.functions[0].name, "chacha_permute");
	assert_string_equal(s.functions[0].comm, "spin");
	assert_int_equal(s.functions[0].tasks, 2);
	assert_int_equal(3 * s.functions[0].kernel_us, 2 * s.kernel_us);
}

static void idle_cpus_and_our_own_are_counted_apart_and_the_span_is_kept(void **state)
{
	struct profile_bench *b = *state;
	is_called(b, 5, 5, "spin");
	ran(b, 5, 5, FIRED - 9, KERNEL(0x110));
	ran(b, 5, 5, FIRED - 5, KERNEL(0x110));
	ran(b, 0, 0, FIRED - 4, KERNEL(0x210));
	ran(b, OURS, OURS, FIRED - 3, KERNEL(0x310));
	ran(b, 5, 5, FIRED + 9, KERNEL(0x110));
	struct shares s = shares(b, FIRED - 5, FIRED + 5);
	assert_int_equal(s.samples, 1);
	assert_int_equal(s.idle, 1);
	assert_int_equal(s.self, 1);
	_cleanup_json_ struct json_object *o = shares_json(&s, FIRED - 5, FIRED + 5);
	assert_string_equal(json_object_get_string(json_member(o, "top_comm")), "spin");
	assert_int_equal(json_number(o, "top_pid"), 5);
	assert_true(json_object_get_double(json_member(o, "top_share")) == 1);
	assert_string_equal(json_object_get_string(json_member(o, "function")), "chacha_permute");
	assert_int_equal(json_number(o, "last_ns"), FIRED + 5);
}

static void what_ours_fork_is_ours(void **state)
{
	struct profile_bench *b = *state;
	_cleanup_buf_ struct buf raw = {0};
	raw_fork(&raw, 200, OURS, 1);
	raw_fork(&raw, 201, 200, 2);
	raw_fork(&raw, 202, 5, 3);
	profile_bench_take(&b->p.maps, &raw);
	assert_int_equal(profile_learn(&b->p), 0);
	ran(b, 200, 200, FIRED - 3, KERNEL(0x110));
	ran(b, 201, 201, FIRED - 2, KERNEL(0x110));
	ran(b, 202, 202, FIRED - 1, KERNEL(0x110));
	struct shares s = shares(b, FIRED - 5, FIRED);
	assert_int_equal(s.self, 2);
	assert_int_equal(s.samples, 1);
}

static void a_span_without_samples_names_nobody(void **state)
{
	struct profile_bench *b = *state;
	struct shares s = shares(b, FIRED, FIRED);
	_cleanup_json_ struct json_object *o = shares_json(&s, FIRED, FIRED);
	assert_int_equal(s.n_tasks + s.n_functions, 0);
	assert_null(json_member(o, "top_comm"));
	assert_int_equal(json_number(o, "samples"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tasks_of_one_name_are_one_with_the_heaviest_process),
		TEST(idle_cpus_and_our_own_are_counted_apart_and_the_span_is_kept),
		TEST(what_ours_fork_is_ours),
		TEST(a_span_without_samples_names_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
