/* SPDX-License-Identifier: GPL-2.0-only */
/* The softirq detector against a CPU that is held for as long as the fault says: by a softirq, then by the timer's interrupt. */
#include "engine/base/clock.h"
#include "engine/detect/detect.h"
#include "tests/live/live.h"

#include <poll.h>

#define HELD_AT_LEAST_NS (50 * NS_PER_MS)
#define EVENTS_MAX	 256

struct seen {
	struct event_softirq events[EVENTS_MAX];
	size_t n;
};

static struct detect *detect;
static uint16_t softirq;

static int start(void **state _unused_)
{
	struct detector_settings settings[32] = {0};
	int at = -1;
	for (size_t i = 0; i < detector_defs_n; i++)
		if (strcmp(detector_defs[i].name, "softirq") == 0)
			at = (int)i;
	assert_in_range(at, 0, ARRAY_SIZE(settings) - 1);
	softirq = (uint16_t)at;
	settings[at] = (struct detector_settings){.threshold = 10 * NS_PER_MS, .rate_per_s = 1000};
	assert_int_equal(detect_new(&(struct detect_options){.settings = settings}, &detect), 0);
	assert_int_equal(detect_start(detect), 0);
	return detect_arm(detect, softirq);
}

static int stop(void **state _unused_)
{
	detect = detect_free(detect);
	return 0;
}

static void keep(void *ctx, uint16_t detector, const struct event *record, uint32_t len, const char *entity _unused_)
{
	struct seen *s = ctx;
	if (detector == softirq && s->n < EVENTS_MAX && len >= sizeof(s->events[0]))
		memcpy(&s->events[s->n++], record, sizeof(s->events[0]));
}

static void take(struct seen *s)
{
	struct pollfd p = {.fd = detect_fd(detect), .events = POLLIN};
	poll(&p, 1, 0);
	assert_true(detect_take(detect, keep, s) >= 0);
}

/* What the fault measured itself; 0 when it did not come to hold anything. */
static uint64_t hold(const char *where)
{
	const char *build = getenv("B");
	char command[256], line[128];
	uint64_t held_ns = 0;
	snprintf(command, sizeof(command), "%s/tests/fault/fault hold --seconds 0.06 --cpu 0 --times 1 --where %s",
		 build ? build : "build", where);
	FILE *f = popen(command, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "held_ns=%lu", &held_ns);
	assert_int_equal(pclose(f), 0);
	return held_ns;
}

static bool is_within_a_tenth(uint64_t ns, uint64_t of_ns)
{
	return ns > of_ns - of_ns / 10 && ns < of_ns + of_ns / 10;
}

static void say(const struct seen *s, uint64_t held_ns)
{
	printf("held %lu us\n", held_ns / NS_PER_US);
	for (size_t i = 0; i < s->n; i++)
		printf("cpu %u vec %u late %llu us, %u ran %llu us\n", s->events[i].h.cpu, s->events[i].vec,
		       s->events[i].offtime_ns / NS_PER_US, s->events[i].ran, s->events[i].ran_ns / NS_PER_US);
}

static void a_softirq_behind_one_that_runs_long_is_late_and_names_it(void **state _unused_)
{
	static struct seen s;
	bool late = false, named = false;
	uint64_t held_ns = hold("softirq_entry");
	take(&s);
	say(&s, held_ns);
	assert_true(held_ns > HELD_AT_LEAST_NS);
	for (size_t i = 0; i < s.n; i++) {
		late |= s.events[i].vec < SOFTIRQ_TICK && is_within_a_tenth(s.events[i].offtime_ns, held_ns);
		named |= s.events[i].ran && is_within_a_tenth(s.events[i].ran_ns, held_ns);
	}
	assert_true(late && named);
}

static void a_tick_behind_an_interrupt_that_runs_long_is_late(void **state _unused_)
{
	static struct seen s;
	bool late = false;
	uint64_t held_ns = hold("local_timer_entry");
	take(&s);
	say(&s, held_ns);
	assert_true(held_ns > HELD_AT_LEAST_NS);
	for (size_t i = 0; i < s.n; i++)
		late |= is_within_a_tenth(s.events[i].offtime_ns, held_ns);
	assert_true(late);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_softirq_behind_one_that_runs_long_is_late_and_names_it, start, stop),
		cmocka_unit_test_setup_teardown(a_tick_behind_an_interrupt_that_runs_long_is_late, start, stop),
	};
	live_require(geteuid() == 0, "not root");
	live_require(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "the kernel has no BTF");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
