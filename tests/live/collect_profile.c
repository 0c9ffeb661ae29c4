/* SPDX-License-Identifier: GPL-2.0-only */
/* The profile collector over a ring that is filled as the daemon does it, and its own sampling after the firing. */
#include "tests/live/burner.h"

#include "engine/record/ring.h"
#include "snapshot/bundle/json.h"
#include "snapshot/profile/sample.h"
#include "tests/unit/support/taken.h"

struct daemon {
	struct ring *stacks, *maps;
	struct sampler *sampler;
};

static void daemon_start(struct daemon *d)
{
	struct ring_options options = {.name = "r", .segment_bytes = 65536, .segments = 8};
	int r = sampler_open(&(struct sampler_options){.hz = SAMPLE_HZ_BEFORE, .pages = 16}, &d->sampler);
	live_require(r == 0, "perf events: not permitted or not there");
	assert_int_equal(ring_new(&options, &d->stacks), 0);
	assert_int_equal(ring_new(&options, &d->maps), 0);
}

static void daemon_drain(struct daemon *d, int seconds)
{
	for (int i = 0; i < 10 * seconds; i++) {
		usleep(100000);
		sampler_drain(d->sampler, d->stacks, d->maps);
	}
}

static void daemon_stop(struct daemon *d)
{
	sampler_close(d->sampler);
	ring_free(d->stacks);
	ring_free(d->maps);
}

static uint64_t summary_number(const struct taken *t, const char *window, const char *key)
{
	const char *text = taken_text(t, "profile/summary.json");
	_cleanup_json_ struct json_object *o = json_read(text, strlen(text));
	return json_number(json_member(o, window), key);
}

static void a_firing_has_its_past_and_its_future_profiled(void **state _unused_)
{
	struct daemon d;
	struct taken t;
	pid_t pid = burner_start("burner", 0);
	daemon_start(&d);
	daemon_drain(&d, 1);
	taken_init(&t);
	snprintf(t.plan.proc_root, sizeof(t.plan.proc_root), "/proc");
	snprintf(t.plan.sys_root, sizeof(t.plan.sys_root), "/sys");
	clocks_read(&t.plan.clocks);
	t.plan.fired_ns = clock_now(CLOCK_MONOTONIC);
	t.plan.before_ns = NS_PER_S;
	t.plan.after_ns = NS_PER_S;
	t.fds[CAPTURE_FD_STACKS] = ring_fd(d.stacks);
	t.fds[CAPTURE_FD_MAPS] = ring_fd(d.maps);
	taken_run_named(&t, "profile");
	t.fds[CAPTURE_FD_STACKS] = t.fds[CAPTURE_FD_MAPS] = -1;
	end_child(pid);
	assert_non_null(strstr(taken_text(&t, "profile/before.folded"), ";live_burn "));
	assert_non_null(strstr(taken_text(&t, "profile/after.folded"), ";live_burn "));
	assert_true(summary_number(&t, "before", "samples") >= 10);
	/* From when the sampler was there, one CPU alone gives 99 a second, however busy the machine is. */
	uint64_t begin_ns = summary_number(&t, "after", "begin_ns");
	assert_in_range(begin_ns, t.plan.fired_ns, t.plan.fired_ns + t.plan.after_ns);
	uint64_t due = (t.plan.fired_ns + t.plan.after_ns - begin_ns) / (NS_PER_S / SAMPLE_HZ_AFTER);
	assert_true(summary_number(&t, "after", "samples") >= due / 2);
	assert_true(due < 10 || summary_number(&t, "after", "first_ns") < begin_ns + 200 * NS_PER_MS);
	for (size_t i = 0; i < t.n; i++)
		printf("%-24s %-10s %8llu bytes, %llu us CPU %s\n", t.lines[i].member,
		       member_state_name(t.lines[i].state), (unsigned long long)t.lines[i].bytes,
		       (unsigned long long)t.lines[i].cpu_ns / 1000, t.lines[i].reason);
	taken_done(&t);
	daemon_stop(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_firing_has_its_past_and_its_future_profiled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
