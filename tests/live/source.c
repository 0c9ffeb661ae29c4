/* SPDX-License-Identifier: GPL-2.0-only */
/* The in-kernel tick beside /proc, on the same second of the same machine. */
#include "engine/source/source.h"
#include "engine/base/clock.h"
#include "engine/source/signals.h"
#include "tests/live/live.h"

struct seen {
	int64_t value[SIGNAL_MAX_];
	bool known[SIGNAL_MAX_];
	uint64_t last_ns;
	unsigned ticks, backwards;
};

static void see(void *ctx, const struct input *in)
{
	struct seen *s = ctx;
	s->backwards += in->t_ns < s->last_ns;
	s->last_ns = in->t_ns;
	if (in->kind != INPUT_TICK)
		return;
	s->ticks++;
	for (size_t i = 0; i < in->tick.n; i++) {
		const struct reading *r = &in->tick.readings[i];
		if (r->entity != ENTITY_HOST || r->unknown)
			continue;
		s->value[r->signal] = r->value;
		s->known[r->signal] = true;
	}
}

static struct source *open_source(enum source_kind kind)
{
	struct source *s = NULL;
	struct source_options options = {.kind = kind, .entities = entities_new(ENTITY_DEFAULT_MAX)};
	assert_int_equal(source_open(&options, &s), 0);
	return s;
}

/* Keeps one CPU busy, so that there is something to see. */
static void burn(uint64_t ns)
{
	uint64_t end = clock_now(CLOCK_MONOTONIC) + ns;
	while (clock_now(CLOCK_MONOTONIC) < end)
		;
}

static struct source *in_kernel, *by_files;
static struct seen kernel, files;

static int both_watch_one_busy_second(void **state _unused_)
{
	in_kernel = open_source(SOURCE_BPF);
	live_offered(source_kind(in_kernel) == SOURCE_BPF, source_fallback_reason(in_kernel));
	by_files = open_source(SOURCE_PROC);
	source_take_now(in_kernel, see, &kernel);
	source_take_now(by_files, see, &files);
	burn(NS_PER_S + NS_PER_S / 20);
	source_take_now(in_kernel, see, &kernel);
	source_take_now(by_files, see, &files);
	return 0;
}

static void assert_near(unsigned signal, int64_t tolerance)
{
	int64_t apart = llabs(kernel.value[signal] - files.value[signal]);
	assert_true(kernel.known[signal] && files.known[signal]);
	if (apart > tolerance)
		fail_msg("%s: %lld in the kernel, %lld by /proc", signal_table[signal].name, (long long)kernel.value[signal],
			 (long long)files.value[signal]);
}

static void shares_of_the_cpus_agree_within_five_points(void **state _unused_)
{
	assert_near(SIGNAL_CPU_USER, 50000);
	assert_near(SIGNAL_CPU_SYS, 50000);
	assert_near(SIGNAL_CPU_IDLE, 50000);
	assert_near(SIGNAL_CPU_IOWAIT, 50000);
}

static void levels_of_memory_agree_within_a_few_mib(void **state _unused_)
{
	static const unsigned signals[] = {SIGNAL_MEM_FREE,  SIGNAL_MEM_ANON,	SIGNAL_MEM_FILE,
					   SIGNAL_MEM_SHMEM, SIGNAL_MEM_SLAB,	SIGNAL_MEM_SLAB_UNRECLAIMABLE,
					   SIGNAL_MEM_DIRTY, SIGNAL_MEM_KERNEL_STACK, SIGNAL_MEM_PAGETABLES};
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		assert_near(signals[i], 8 << 20);
}

static void counts_agree(void **state _unused_)
{
	assert_near(SIGNAL_TASKS_TOTAL, 5);
	assert_near(SIGNAL_LOAD_15, 20);
	assert_near(SIGNAL_SCHED_SWITCHES, MAX(files.value[SIGNAL_SCHED_SWITCHES] / 4, 50000));
	assert_near(SIGNAL_IRQ_TOTAL, MAX(files.value[SIGNAL_IRQ_TOTAL] / 4, 100000));
	assert_near(SIGNAL_SOFTIRQ_TIMER, MAX(files.value[SIGNAL_SOFTIRQ_TIMER] / 4, 50000));
}

static void the_kernel_ticks_many_times_and_never_backwards(void **state _unused_)
{
	assert_true(kernel.ticks > 50);
	assert_int_equal(kernel.backwards, 0);
	assert_int_equal(source_lost(in_kernel), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_of_the_cpus_agree_within_five_points),
		cmocka_unit_test(levels_of_memory_agree_within_a_few_mib),
		cmocka_unit_test(counts_agree),
		cmocka_unit_test(the_kernel_ticks_many_times_and_never_backwards),
	};
	live_require(geteuid() == 0, "needs root");
	return cmocka_run_group_tests(tests, both_watch_one_busy_second, NULL);
}
