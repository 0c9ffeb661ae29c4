/* SPDX-License-Identifier: GPL-2.0-only */
/* A flood of events from all CPUs at once: each is a record, lost, or limited, and our side of it stays cheap. */
#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "engine/detect/detect.h"
#include "tests/live/child.h"

#include <fcntl.h>
#include <poll.h>

#define FLOOD_NS      (3 * NS_PER_S)
#define FLOODERS      4
#define CALLS	      20 /* between two switches, so that both detectors have a flood */
#define RSS_MORE_MOST (1 << 20) /* bytes that a flood may add */

struct flood {
	struct detect *detect;
	uint16_t detector;
	pid_t pids[FLOODERS];
	struct detector_status before, after;
	uint64_t records, cpu_ns, span_ns;
};

static void count(void *ctx, uint16_t detector, const struct event *record, uint32_t len, const char *entity _unused_)
{
	struct flood *f = ctx;
	assert_int_equal(record->size, len);
	f->records += detector == f->detector;
}

/* The one with the most events of those that are here: every system call, else every switch. */
static bool choose(struct flood *f)
{
	static const char *const names[] = {"syscall", "runqlat"};
	for (size_t n = 0; n < ARRAY_SIZE(names); n++)
		for (uint16_t i = 0; i < detector_defs_n; i++)
			if (streq(detector_defs[i].name, names[n])) {
				f->detector = i;
				detect_status(f->detect, i, &f->before);
				if (f->before.state != DETECTOR_UNSUPPORTED)
					return true;
			}
	return false;
}

static void start(struct flood *f, uint32_t rate_per_s)
{
	struct detector_settings settings[64];
	*f = (struct flood){0};
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		settings[i] = (struct detector_settings){.threshold = 1, .rate_per_s = rate_per_s};
	assert_int_equal(detect_new(&(struct detect_options){.settings = settings}, &f->detect), 0);
	assert_int_equal(detect_start(f->detect), 0);
	assert_true(choose(f));
	assert_int_equal(detect_arm(f->detect, f->detector), 0);
}

/* Takes what comes; with `lazy` nothing until the end, so that the ring must overflow. */
static void let_it_flood(struct flood *f, bool lazy)
{
	for (int i = 0; i < FLOODERS; i++)
		f->pids[i] = spawn_pipes(i % 2, CALLS);
	uint64_t begin = clock_now(CLOCK_MONOTONIC), used = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	while (clock_now(CLOCK_MONOTONIC) < begin + FLOOD_NS) {
		struct pollfd p = {.fd = lazy ? -1 : detect_fd(f->detect), .events = POLLIN};
		poll(&p, 1, 50);
		if (!lazy)
			assert_true(detect_take(f->detect, count, f) >= 0);
	}
	f->span_ns = clock_now(CLOCK_MONOTONIC) - begin;
	f->cpu_ns = clock_now(CLOCK_PROCESS_CPUTIME_ID) - used;
	for (int i = 0; i < FLOODERS; i++)
		end_child(f->pids[i]);
}

/* A program that was running as it was detached may still submit: the sums settle when nothing moves any more. */
static void settle(struct flood *f)
{
	detect_disarm(f->detect, f->detector);
	while (detect_take(f->detect, count, f) > 0)
		;
	do {
		f->before = f->after;
		assert_true(detect_take(f->detect, count, f) >= 0);
		detect_status(f->detect, f->detector, &f->after);
		sched_yield();
	} while (f->before.seen != f->after.seen || f->before.events != f->after.events || f->after.seen == 0);
	assert_true(detect_take(f->detect, count, f) >= 0);
}

static void check_sums(const struct flood *f, const char *what)
{
	const struct detector_status *s = &f->after;
	printf("%s, %s: %llu events a second: %llu records, %llu lost, %llu limited; %.1f %% of a CPU\n",
	       detector_defs[f->detector].name, what, (unsigned long long)(s->seen * NS_PER_S / f->span_ns),
	       (unsigned long long)f->records, (unsigned long long)s->lost, (unsigned long long)s->limited,
	       (double)f->cpu_ns * 100 / (double)f->span_ns);
	assert_int_equal(s->seen, s->events + s->lost + s->limited);
	assert_int_equal(f->records, s->events);
}

static uint64_t resident_bytes(void)
{
	char line[128];
	unsigned long total, resident = 0;
	assert_true(io_read_line(AT_FDCWD, "/proc/self/statm", line, sizeof(line)) >= 0);
	assert_int_equal(sscanf(line, "%lu %lu", &total, &resident), 2);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void a_flood_over_the_rate_is_limited_and_costs_little(void **state _unused_)
{
	struct flood f;
	start(&f, 100);
	uint64_t resident = resident_bytes();
	let_it_flood(&f, false);
	settle(&f);
	check_sums(&f, "limited");
	assert_true(f.after.limited > 0);
	assert_true(f.records <= 100 * (f.span_ns / NS_PER_S + 2) + 100);
	assert_true(f.cpu_ns * 10 < f.span_ns);
	assert_true(resident_bytes() < resident + RSS_MORE_MOST);
	detect_free(f.detect);
}

static void what_the_ring_cannot_hold_is_counted_as_lost(void **state _unused_)
{
	struct flood f;
	start(&f, 4000000);
	let_it_flood(&f, true);
	settle(&f);
	check_sums(&f, "nobody reads");
	assert_true(f.after.lost > 0);
	detect_free(f.detect);
}

static void under_a_flood_that_is_read_every_event_is_accounted_for(void **state _unused_)
{
	struct flood f;
	start(&f, 4000000);
	let_it_flood(&f, false);
	settle(&f);
	check_sums(&f, "read");
	assert_true(f.records > 0);
	assert_true(f.span_ns < 2 * FLOOD_NS); /* taking comes back to the loop even if there is always more */
	detect_free(f.detect);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_over_the_rate_is_limited_and_costs_little),
		cmocka_unit_test(what_the_ring_cannot_hold_is_counted_as_lost),
		cmocka_unit_test(under_a_flood_that_is_read_every_event_is_accounted_for),
	};
	live_require(geteuid() == 0, "not root");
	live_require(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "the kernel has no BTF");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
