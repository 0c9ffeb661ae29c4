/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/signals.h"
#include "engine/source/source.h"
#include "tests/live/child.h"
#include "tests/live/watch.h"

#include <bpf/bpf.h>

/* A source over a set of detectors, and the latest reading of each of the host's signals. */
struct machine {
	struct detect *detect;
	struct source *source;
	struct entities *entities;
	struct reading latest[SIGNAL_MAX_];
	bool seen[SIGNAL_MAX_];
};

static bool read_histogram(void *ctx, enum histogram_id id, struct histogram *ret)
{
	return detect_histogram(((struct machine *)ctx)->detect, id, ret);
}

static int open_machine(void **state)
{
	static struct machine m;
	m.entities = entities_new(ENTITY_DEFAULT_MAX);
	assert_int_equal(detect_new(&(struct detect_options){.entities = m.entities}, &m.detect), 0);
	assert_int_equal(detect_start(m.detect), 0);
	struct source_options options = {.proc_root = "/proc", .sys_root = "/sys", .entities = m.entities,
					 .histogram = read_histogram, .histogram_ctx = &m};
	assert_int_equal(source_open(&options, &m.source), 0);
	*state = &m;
	return 0;
}

static int close_machine(void **state)
{
	struct machine *m = *state;
	source_close(m->source);
	detect_free(m->detect);
	entities_free(m->entities);
	return 0;
}

static void keep(void *ctx, const struct input *in)
{
	struct machine *m = ctx;
	for (size_t i = 0; in->kind == INPUT_TICK && i < in->tick.n; i++) {
		const struct reading *r = &in->tick.readings[i];
		if (r->entity != ENTITY_HOST)
			continue;
		m->latest[r->signal] = *r;
		m->seen[r->signal] = true;
	}
}

static void take(struct machine *m)
{
	memset(m->seen, 0, sizeof(m->seen));
	source_take_now(m->source, keep, m);
}

static void wait_a_second(struct machine *m)
{
	take(m);
	poll(NULL, 0, 1000);
	take(m);
}

static void waits_for_a_busy_cpu_are_seen_in_all_quantiles(void **state)
{
	struct machine *m = *state;
	pid_t busy[2] = {spawn_busy(), spawn_busy()};
	assert_int_equal(detect_arm(m->detect, detector_named("runqlat")), 0);
	wait_a_second(m);
	for (size_t i = 0; i < ARRAY_SIZE(busy); i++)
		end_child(busy[i]);
	int64_t p50 = m->latest[SIGNAL_SCHED_RUNQ_P50].value, p99 = m->latest[SIGNAL_SCHED_RUNQ_P99].value,
		max = m->latest[SIGNAL_SCHED_RUNQ_MAX].value;
	printf("run queue: p50 %ld us, p99 %ld us, max %ld us, %ld waits/s\n", (long)(p50 / 1000), (long)(p99 / 1000),
	       (long)(max / 1000), (long)(m->latest[SIGNAL_SCHED_RUNQ_WAITS].value / 1000));
	assert_true(m->seen[SIGNAL_SCHED_RUNQ_WAITS] && m->latest[SIGNAL_SCHED_RUNQ_WAITS].value > 0);
	assert_true(0 < p50 && p50 <= p99 && p99 <= max);
	assert_true(max >= (int64_t)NS_PER_MS); /* two took turns, a slice each */
}

static void softirqs_have_delays_too(void **state)
{
	struct machine *m = *state;
	assert_int_equal(detect_arm(m->detect, detector_named("softirq")), 0);
	wait_a_second(m);
	assert_true(m->latest[SIGNAL_SOFTIRQ_DELAYS].value > 0);
	assert_true(m->latest[SIGNAL_SOFTIRQ_DELAY_P99].value >= m->latest[SIGNAL_SOFTIRQ_DELAY_P50].value);
	assert_true(m->latest[SIGNAL_SOFTIRQ_DELAY_MAX].value > 0);
}

static void what_is_not_attached_is_unknown(void **state)
{
	struct machine *m = *state;
	take(m);
	assert_true(m->seen[SIGNAL_SCHED_RUNQ_P99] && !m->latest[SIGNAL_SCHED_RUNQ_P99].unknown);
	detect_disarm(m->detect, detector_named("runqlat"));
	take(m);
	assert_true(m->seen[SIGNAL_SCHED_RUNQ_P99] && m->latest[SIGNAL_SCHED_RUNQ_P99].unknown);
	take(m);
	assert_false(m->seen[SIGNAL_SCHED_RUNQ_P99]);
	assert_false(m->seen[SIGNAL_BLOCK_Q2C_P99]);
}

/* Says what a run of a program costs, its histogram included; no assertion, since machines differ. */
static void the_cost_of_an_event_is_told(void **state)
{
	static const char *const names[] = {"runqlat", "softirq"};
	struct machine *m = *state;
	int stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	pid_t pipes = spawn_pipes(0, 0);
	if (stats < 0) {
		printf("unsupported: bpf statistics\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct detector_status before, after;
		detect_arm(m->detect, detector_named(names[i]));
		detect_status(m->detect, detector_named(names[i]), &before);
		poll(NULL, 0, 1000);
		detect_status(m->detect, detector_named(names[i]), &after);
		uint64_t runs = after.run_count - before.run_count;
		printf("%s: %llu runs, %llu ns each\n", names[i], (unsigned long long)runs,
		       (unsigned long long)((after.run_ns - before.run_ns) / MAX(runs, UINT64_C(1))));
		assert_true(runs > 0);
	}
	end_child(pipes);
	close(stats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_for_a_busy_cpu_are_seen_in_all_quantiles),
		cmocka_unit_test(softirqs_have_delays_too),
		cmocka_unit_test(what_is_not_attached_is_unknown),
		cmocka_unit_test(the_cost_of_an_event_is_told),
	};
	live_require(geteuid() == 0, "not root");
	live_require(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "the kernel has no BTF");
	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
