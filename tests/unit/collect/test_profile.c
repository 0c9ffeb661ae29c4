/* SPDX-License-Identifier: GPL-2.0-only */
/* The window of these captures lies in the past: nothing is waited for, and nothing can be sampled any more. */
#include "tests/unit/support/test.h"

#include "engine/record/ring.h"
#include "tests/unit/support/perf_records.h"
#include "tests/unit/support/taken.h"
#include "tests/unit/support/tree.h"

#define FIRED (6 * NS_PER_S) /* after the boot */
#define KERNEL(offset) (UINT64_C(0xffffffff81000000) + (offset))

struct bench {
	struct tree tree;
	struct taken taken;
	struct ring *stacks, *maps;
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	tree_init(&b->tree);
	tree_write(&b->tree, "kallsyms", "ffffffff81000000 T _stext\nffffffff81000100 T vfs_write\nffffffff81000200 t do_idle\n"
					 "ffffffff81000400 T _etext\n");
	tree_write(&b->tree, "42/task/42/comm", "app\n");
	tree_write(&b->tree, "sys/kernel/perf_event_paranoid", "3\n");
	taken_init(&b->taken);
	snprintf(b->taken.plan.proc_root, sizeof(b->taken.plan.proc_root), "%s", b->tree.path);
	b->taken.plan.fired_ns = FIRED;
	b->taken.plan.before_ns = 4 * NS_PER_S;
	b->taken.plan.after_ns = 0;
	assert_int_equal(ring_new(&(struct ring_options){.name = "s", .segment_bytes = 4096, .segments = 4}, &b->stacks), 0);
	assert_int_equal(ring_new(&(struct ring_options){.name = "m", .segment_bytes = 4096, .segments = 4}, &b->maps), 0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	b->taken.fds[CAPTURE_FD_STACKS] = b->taken.fds[CAPTURE_FD_MAPS] = -1;
	taken_done(&b->taken);
	ring_free(b->stacks);
	ring_free(b->maps);
	tree_done(&b->tree);
	free(b);
	return 0;
}

struct append {
	struct ring *ring;
	uint64_t t_ns;
};

static void append(void *ctx, const struct perf_event_header *h)
{
	struct append *a = ctx;
	assert_int_equal(ring_append(a->ring, a->t_ns, h->type, h, h->size), 0);
}

static void sampled(struct bench *b, uint32_t pid, uint64_t t_ns, uint64_t kernel_frame)
{
	_cleanup_buf_ struct buf raw = {0};
	raw_sample(&raw, pid, pid, t_ns, (uint64_t[]){KERNEL_FRAMES, kernel_frame}, 2);
	raw_each(&raw, append, &(struct append){b->stacks, t_ns});
}

static void called(struct bench *b, uint32_t pid, uint64_t t_ns, const char *comm)
{
	_cleanup_buf_ struct buf raw = {0};
	raw_comm(&raw, pid, pid, t_ns, comm);
	raw_each(&raw, append, &(struct append){b->maps, t_ns});
}

static void run(struct bench *b)
{
	b->taken.fds[CAPTURE_FD_STACKS] = ring_fd(b->stacks);
	b->taken.fds[CAPTURE_FD_MAPS] = ring_fd(b->maps);
	taken_run_named(&b->taken, "profile");
}

static void the_rings_past_becomes_the_profile_before(void **state)
{
	struct bench *b = *state;
	sampled(b, 42, FIRED - 4 * NS_PER_S, KERNEL(0x110)); /* its begin is outside */
	sampled(b, 42, FIRED - NS_PER_S, KERNEL(0x110));
	sampled(b, 0, FIRED - NS_PER_S, KERNEL(0x210));
	called(b, 7, FIRED - 3 * NS_PER_S, "short-lived");
	sampled(b, 7, FIRED, KERNEL(0x110));
	sampled(b, 42, FIRED + 1, KERNEL(0x110));
	run(b);
	assert_string_equal(taken_text(&b->taken, "profile/before.folded"), "app;vfs_write 10101\nshort-lived;vfs_write 10101\n");
	assert_int_equal(taken_line(&b->taken, "profile/before.folded")->state, MEMBER_COMPLETE);
	assert_non_null(strstr(taken_text(&b->taken, "profile/summary.json"), "\"idle\""));
	assert_non_null(strstr(taken_text(&b->taken, "profile/symbols.tsv"), "\tvfs_write\t[kernel]\t"));
	assert_memory_equal(taken_text(&b->taken, "profile/perf.data"), "PERFILE2", 8);
	assert_non_null(strstr(taken_text(&b->taken, "profile/flame.svg"), "short-lived"));
}

static void a_ring_that_begins_later_makes_it_partial(void **state)
{
	struct bench *b = *state;
	sampled(b, 42, FIRED - 2 * NS_PER_S, KERNEL(0x110));
	run(b);
	const struct ledger_entry *line = taken_line(&b->taken, "profile/before.folded");
	assert_int_equal(line->state, MEMBER_PARTIAL);
	assert_int_equal(line->begin_ns, FIRED - 2 * NS_PER_S);
}

static void records_lost_before_the_ring_make_it_lossy(void **state)
{
	struct bench *b = *state;
	sampled(b, 42, FIRED - 4 * NS_PER_S + 1, KERNEL(0x110));
	ring_lost(b->stacks, 5);
	run(b);
	assert_int_equal(taken_line(&b->taken, "profile/before.folded")->state, MEMBER_LOSSY);
	assert_int_equal(taken_line(&b->taken, "profile/before.folded")->lost, 5);
}

static void without_a_ring_the_past_is_missing_with_its_reason(void **state)
{
	struct bench *b = *state;
	taken_run_named(&b->taken, "profile");
	const struct ledger_entry *line = taken_line(&b->taken, "profile/before.folded");
	assert_non_null(line);
	assert_false(line->present);
	/* What this machine permits decides which of the two it is. */
	if (line->state == MEMBER_DENIED)
		assert_string_equal(line->reason, "perf_event_paranoid is 3: run as root or grant CAP_PERFMON");
	else
		assert_string_equal(line->reason, "no stacks were recorded before the firing");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_rings_past_becomes_the_profile_before),
		TEST(a_ring_that_begins_later_makes_it_partial),
		TEST(records_lost_before_the_ring_make_it_lossy),
		TEST(without_a_ring_the_past_is_missing_with_its_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
