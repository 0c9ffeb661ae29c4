/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/base/clock.h"
#include "snapshot/profile/slices.h"
#include "tests/unit/support/profile_bench.h"

#define OURS	       99

static int set_up(void **state)
{
	struct profile_bench *b = calloc(1, sizeof(*b));
	profile_bench_init(b,
			   "ffffffff81000000 T _stext\nffffffff81000100 T vfs_write\nffffffff81000200 t do_idle\n"
			   "ffffffff81000300 t net_rx_action\nffffffff81000400 T _etext\n",
			   (uint32_t[]){OURS}, 1);
	tree_write(
		&b->tree, "42/maps",
		"00400000-00402000 r-xp 00001000 08:01 77 /opt/app\n7f0000000000-7f0000001000 rw-p 00000000 00:00 0\n"
		"7ffd0000-7ffd2000 r-xp 00000000 00:00 0 [vdso]\n");
	tree_write(&b->tree, "42/task/42/comm", "app\n");
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

static void sample(struct profile_bench *b, uint32_t pid, uint32_t tid, uint64_t t_ns, const uint64_t *chain, size_t n)
{
	_cleanup_buf_ struct buf raw = {0};
	raw_sample(&raw, pid, tid, t_ns, chain, n);
	profile_bench_take(&b->p.after, &raw);
}

static void learn(struct profile_bench *b, struct buf *raw)
{
	size_t at = 0;
	profile_bench_take(&b->p.maps, raw);
	buf_done(raw);
	profile_look(&b->p, &b->p.after, &at);
	assert_int_equal(profile_learn(&b->p), 0);
	profile_resolve(&b->p, clock_now(CLOCK_MONOTONIC) + NS_PER_S);
}

static void folds_to(struct profile_bench *b, uint64_t from_ns, uint64_t to_ns, const char *expected,
		     struct profile_counts *counts)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	struct fold *fold = fold_new();
	FILE *to = open_memstream(&text, &len);
	assert_int_equal(profile_fold(&b->p, &b->p.after, from_ns, to_ns, fold, counts), 0);
	assert_int_equal(fold_write(fold, to), 0);
	fclose(to);
	fold_free(fold);
	assert_string_equal(text, expected);
}

static void a_stack_reads_comm_then_user_then_kernel_and_weighs_its_period(void **state)
{
	struct profile_bench *b = *state;
	struct profile_counts counts;
	sample(b, 42, 42, 10, (uint64_t[]){KERNEL_FRAMES, KERNEL(0x110), USER_FRAMES, 0x400010, 0x400020}, 5);
	learn(b, &(struct buf){0});
	folds_to(b, 0, 20, "app;[app];[app];vfs_write 10101\n", &counts);
	assert_int_equal(counts.folded, 1);
}

static void a_return_address_at_a_functions_end_names_the_caller(void **state)
{
	struct profile_bench *b = *state;
	struct profile_counts counts;
	sample(b, 42, 42, 10, (uint64_t[]){KERNEL_FRAMES, KERNEL(0x300), KERNEL(0x200)}, 3);
	learn(b, &(struct buf){0});
	folds_to(b, 0, 20, "app;vfs_write;net_rx_action 10101\n", &counts);
}

static void idle_and_our_own_samples_are_counted_apart(void **state)
{
	struct profile_bench *b = *state;
	struct profile_counts counts;
	sample(b, 0, 0, 10, (uint64_t[]){KERNEL_FRAMES, KERNEL(0x210)}, 2);
	sample(b, OURS, OURS, 11, (uint64_t[]){KERNEL_FRAMES, KERNEL(0x110)}, 2);
	sample(b, 42, 42, 12, (uint64_t[]){KERNEL_FRAMES, KERNEL(0x110)}, 2);
	learn(b, &(struct buf){0});
	folds_to(b, 0, 20, "app;vfs_write 10101\n", &counts);
	assert_int_equal(counts.samples, 3);
	assert_int_equal(counts.idle, 1);
	assert_int_equal(counts.self, 1);
	assert_int_equal(counts.first_ns, 10);
	assert_int_equal(counts.last_ns, 12);
}

static void softirq_work_in_the_idle_task_is_no_idling(void **state)
{
	struct profile_bench *b = *state;
	struct profile_counts counts;
	sample(b, 0, 0, 10, (uint64_t[]){KERNEL_FRAMES, KERNEL(0x310), KERNEL(0x210)}, 3);
	learn(b, &(struct buf){0});
	folds_to(b, 0, 20, "swapper;do_idle;net_rx_action 10101\n", &counts);
	assert_int_equal(counts.idle, 0);
}

static void a_span_takes_its_end_but_not_its_begin(void **state)
{
	struct profile_bench *b = *state;
	struct profile_counts counts;
	for (uint64_t t = 10; t <= 30; t += 10)
		sample(b, 42, 42, t, (uint64_t[]){KERNEL_FRAMES, KERNEL(0x110)}, 2);
	learn(b, &(struct buf){0});
	folds_to(b, 10, 20, "app;vfs_write 10101\n", &counts);
	assert_int_equal(counts.samples, 1);
}

static void a_task_is_called_what_it_was_called_then(void **state)
{
	struct profile_bench *b = *state;
	struct profile_counts counts;
	struct buf raw = {0};
	raw_comm(&raw, 7, 7, 25, "after-exec");
	raw_fork(&raw, 7, 42, 5);
	sample(b, 42, 42, 3, (uint64_t[]){KERNEL_FRAMES, KERNEL(0x110)}, 2);
	sample(b, 7, 7, 20, (uint64_t[]){KERNEL_FRAMES, KERNEL(0x110)}, 2);
	sample(b, 7, 7, 30, (uint64_t[]){KERNEL_FRAMES, KERNEL(0x110)}, 2);
	learn(b, &raw);
	folds_to(b, 4, 40, "after-exec;vfs_write 10101\napp;vfs_write 10101\n", &counts);
}

static void a_forked_process_has_its_parents_files_mapped(void **state)
{
	struct profile_bench *b = *state;
	struct profile_counts counts;
	struct buf raw = {0};
	raw_fork(&raw, 8, 7, 6);
	raw_mmap2(&raw, 7, 5, 0x10000, 0x1000, 0, 5, "/usr/lib/libx.so");
	sample(b, 8, 8, 10, (uint64_t[]){USER_FRAMES, 0x10010}, 2);
	learn(b, &raw);
	folds_to(b, 0, 40, ":8;[libx.so] 10101\n", &counts);
}

static void a_sample_without_a_stack_is_counted_and_keeps_its_comm(void **state)
{
	struct profile_bench *b = *state;
	struct profile_counts counts;
	sample(b, 42, 42, 10, NULL, 0);
	learn(b, &(struct buf){0});
	folds_to(b, 0, 20, "app 10101\n", &counts);
	assert_int_equal(counts.stackless, 1);
}

static void addresses_in_nothing_are_one_unknown_frame(void **state)
{
	struct profile_bench *b = *state;
	struct profile_counts counts;
	sample(b, 42, 42, 10, (uint64_t[]){USER_FRAMES, 0x400010, 0x666000, 0x777000, 0, 0x7ffd0010}, 6);
	learn(b, &(struct buf){0});
	folds_to(b, 0, 20, "app;[vdso];[unknown];[app] 10101\n", &counts);
}

static void malformed_records_are_left_out_and_counted(void **state)
{
	struct profile_bench *b = *state;
	struct perf_event_header bad[] = {{.type = PERF_RECORD_SAMPLE, .size = 4},
					  {.type = PERF_RECORD_SAMPLE, .size = 4096}};
	records_add(&b->p.after, &bad[0], sizeof(bad[0]));
	records_add(&b->p.after, &bad[1], sizeof(bad[1]));
	records_add(&b->p.after, &bad[1], 3);
	assert_int_equal(b->p.after.malformed, 3);
	assert_int_equal(b->p.after.n, 0);
}

static void names_that_never_end_teach_nothing(void **state)
{
	struct profile_bench *b = *state;
	struct {
		struct perf_event_header h;
		uint64_t words[8];
	} comm = {.h = {.type = PERF_RECORD_COMM, .size = sizeof(comm)}},
	  mmap = {.h = {.type = PERF_RECORD_MMAP2, .size = 16}};
	memset(comm.words, 'x', sizeof(comm.words));
	records_add(&b->p.maps, &comm, sizeof(comm));
	records_add(&b->p.maps, &mmap, sizeof(mmap));
	assert_int_equal(profile_learn(&b->p), 0);
	assert_int_equal(b->p.names.n, 0);
	assert_int_equal(symbols_dsos(b->p.symbols), 0);
}

static void the_slice_of_kallsyms_holds_what_was_hit_and_what_bounds_it(void **state)
{
	struct profile_bench *b = *state;
	_cleanup_free_ char *text = NULL;
	size_t len;
	sample(b, 42, 42, 10, (uint64_t[]){KERNEL_FRAMES, KERNEL(0x210)}, 2);
	learn(b, &(struct buf){0});
	FILE *to = open_memstream(&text, &len);
	assert_int_equal(slices_write_kallsyms(to, &b->p), 0);
	fclose(to);
	assert_string_equal(text, "ffffffff81000000 T _stext\nffffffff81000200 t do_idle\n"
				  "ffffffff81000300 t net_rx_action\nffffffff81000400 T _etext\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stack_reads_comm_then_user_then_kernel_and_weighs_its_period),
		TEST(a_return_address_at_a_functions_end_names_the_caller),
		TEST(idle_and_our_own_samples_are_counted_apart),
		TEST(softirq_work_in_the_idle_task_is_no_idling),
		TEST(a_span_takes_its_end_but_not_its_begin),
		TEST(a_task_is_called_what_it_was_called_then),
		TEST(a_forked_process_has_its_parents_files_mapped),
		TEST(a_sample_without_a_stack_is_counted_and_keeps_its_comm),
		TEST(addresses_in_nothing_are_one_unknown_frame),
		TEST(malformed_records_are_left_out_and_counted),
		TEST(names_that_never_end_teach_nothing),
		TEST(the_slice_of_kallsyms_holds_what_was_hit_and_what_bounds_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
