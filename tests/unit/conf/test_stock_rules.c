/* SPDX-License-Identifier: GPL-2.0-only */
/* The shipped rules, with the real vocabulary, decided by the real machine over made-up series. */
#include "bpf/event.h"
#include "engine/base/clock.h"
#include "engine/vocabulary.h"
#include "rules/load.h"
#include "rules/run/machine.h"
#include "tests/unit/support/test.h"

#define S NS_PER_S
#define MS NS_PER_MS
#define PERCENT INT64_C(10000)
#define MIB (INT64_C(1) << 20)

struct trial {
	struct ruleset *set;
	struct machine *machine;
	uint64_t period_ns[256];
	uint16_t rule;
	uint64_t t_ns, fired_ns; /* the first firing; 0: none */
	unsigned fired;
};

static void setup(struct trial *t, const char *rule, uint64_t tick_ns)
{
	static const char *const path = "conf/rules.d";
	const struct vocabulary *v = vocabulary();
	struct diagnostics *d = diagnostics_new();
	struct load_options options = {.paths = &path, .n_paths = 1, .vocabulary = v};
	*t = (struct trial){.t_ns = 1000 * S};
	assert_int_equal(rules_load(&options, d, &t->set), 0);
	assert_int_equal(diagnostics_count(d, DIAGNOSTIC_WARNING), 0);
	diagnostics_free(d);
	assert_true(v->n_signals <= ARRAY_SIZE(t->period_ns));
	for (size_t i = 0; i < v->n_signals; i++)
		t->period_ns[i] = v->signals[i].tier == TIER_TICK ? tick_ns : S;
	struct machine_options m = {.rules = t->set, .vocabulary = v, .period_ns = t->period_ns, .max_entities = 8};
	assert_int_equal(machine_new(&m, &t->machine), 0);
	t->rule = (uint16_t)(ruleset_find(t->set, rule) - t->set->rules);
}

static void teardown(struct trial *t)
{
	machine_free(t->machine);
	ruleset_free(t->set);
}

static void on_transition(void *ctx, const struct transition *x)
{
	struct trial *t = ctx;
	if (x->kind != TRANSITION_FIRED || x->rule != t->rule)
		return;
	t->fired++;
	if (!t->fired_ns)
		t->fired_ns = x->t_ns;
}

struct value {
	const char *signal;
	int64_t value;
};

static void tick(struct trial *t, uint16_t entity, const struct value *values, size_t n)
{
	struct reading readings[8];
	for (size_t i = 0; i < n; i++)
		readings[i] = (struct reading){.signal = (uint16_t)vocabulary_signal(vocabulary(), values[i].signal),
					       .entity = entity,
					       .value = values[i].value};
	struct input in = {.kind = INPUT_TICK, .t_ns = t->t_ns, .tick = {readings, n}};
	machine_input(t->machine, &in, on_transition, t);
}

/* The part of the second before `now` that lies within a spike from `onset` on, in per mille of a second. */
static double overlap(double now, double onset, double seconds)
{
	double from = MAX(now - 1, onset), to = MIN(now, onset + seconds);
	return MAX(to - from, 0.0);
}

/* A spike of that share over a floor, `phase` after a tick; the decision's delay from the onset, 0 if there was none. */
static uint64_t spike(double share, double seconds, double floor, uint64_t tick_ns, double phase)
{
	struct trial t;
	setup(&t, "cpu-sys-spike", tick_ns);
	uint64_t start = t.t_ns;
	double onset = 15 + phase;
	for (; t.t_ns < start + 30 * S; t.t_ns += tick_ns) {
		double now = (double)(t.t_ns - start) / 1e9, in = overlap(now, onset, seconds);
		double sys = in * share + (1 - in) * floor;
		tick(&t, ENTITY_HOST, (struct value[]){{"cpu.sys", (int64_t)(sys * 1e6)}}, 1);
	}
	assert_true(t.fired <= 1);
	uint64_t delay = t.fired_ns ? t.fired_ns - start - (uint64_t)(onset * 1e9) : 0;
	teardown(&t);
	return delay;
}

static void a_spike_of_60_percent_for_2s_is_decided_within_2s_at_any_phase(void **state _unused_)
{
	static const uint64_t ticks[] = {10 * MS, 100 * MS};
	for (size_t i = 0; i < ARRAY_SIZE(ticks); i++)
		for (int phase = 0; phase < 10; phase++)
			for (double share = 0.6; share < 0.71; share += 0.05) {
				uint64_t delay = spike(share, 2, 0.03, ticks[i], phase * (double)ticks[i] / 1e10);
				if (delay == 0 || delay > 2 * S)
					fail_msg("share %.2f, tick %lu ms, phase %d: decided after %lu ms", share, ticks[i] / MS,
						 phase, delay / MS);
			}
}

static void what_builds_do_fires_no_spike(void **state _unused_)
{
	assert_int_equal(spike(0.48, 20, 0.2, 10 * MS, 0), 0); /* a parallel build, all of the time */
	assert_int_equal(spike(0.90, 0.6, 0.1, 10 * MS, 0), 0); /* a storm of forks */
	assert_int_equal(spike(0.65, 10, 0.55, 10 * MS, 0), 0); /* a machine that is always there */
}

/* Feeds one signal once a second; returns the firings. */
static unsigned each_second(const char *rule, const struct value *fixed, size_t n_fixed, const char *signal,
			    const int64_t *series, size_t n)
{
	struct trial t;
	setup(&t, rule, 100 * MS);
	for (size_t i = 0; i < n; i++, t.t_ns += S) {
		struct value values[8];
		memcpy(values, fixed, n_fixed * sizeof(*fixed));
		values[n_fixed] = (struct value){signal, series[i]};
		tick(&t, ENTITY_HOST, values, n_fixed + 1);
	}
	unsigned fired = t.fired;
	teardown(&t);
	return fired;
}

static void memory_that_is_taken_within_seconds_fires_once(void **state _unused_)
{
	const struct value total = {"mem.total", 2048 * MIB};
	int64_t burst[30], slow[60];
	for (int i = 0; i < 30; i++)
		burst[i] = (i < 15 ? 300 : 900) * MIB;
	for (int i = 0; i < 60; i++)
		slow[i] = (300 + 20 * i) * MIB;
	assert_int_equal(each_second("memory-burst", &total, 1, "mem.used", burst, 30), 1);
	assert_int_equal(each_second("memory-burst", &total, 1, "mem.used", slow, 60), 0);
	const struct value big = {"mem.total", 256 * 1024 * MIB};
	assert_int_equal(each_second("memory-burst", &big, 1, "mem.used", burst, 30), 0);
}

static unsigned disk_writes(int64_t mib, int64_t util, unsigned seconds)
{
	struct trial t;
	setup(&t, "io-burst", 100 * MS);
	struct input born = {.kind = INPUT_BORN, .t_ns = t.t_ns, .born = {1, ENTITY_KIND_DISK, "sda"}};
	machine_input(t.machine, &born, on_transition, &t);
	for (unsigned i = 0; i < 40; i++, t.t_ns += S) {
		bool busy = i >= 15 && i < 15 + seconds;
		tick(&t, 1, (struct value[]){{"disk.read_bytes", MIB}, {"disk.util", (busy ? util : 1) * PERCENT},
					     {"disk.write_bytes", busy ? mib * MIB : 0}}, 3);
	}
	unsigned fired = t.fired;
	teardown(&t);
	return fired;
}

static void a_disk_at_full_speed_fires_once_and_a_flush_does_not(void **state _unused_)
{
	assert_int_equal(disk_writes(150, 95, 8), 1);
	assert_int_equal(disk_writes(150, 95, 3), 0);  /* the page cache is flushed */
	assert_int_equal(disk_writes(150, 20, 8), 0);  /* the disk has room for more */
	assert_int_equal(disk_writes(60, 95, 20), 0);
}

/* Firings of io-latency for a request of sda that took so long. */
static unsigned slow_request(const char *op, uint64_t q2c_ns, uint64_t d2c_ns)
{
	static const char *const ops[] = {"read", "write", "flush"};
	struct event_iolatency e = {.h = {.kind = EVENT_IOLATENCY, .size = sizeof(e)}, .q2c_ns = q2c_ns, .d2c_ns = d2c_ns};
	struct trial t;
	setup(&t, "io-latency", 100 * MS);
	while (strcmp(ops[e.op], op) != 0)
		e.op++;
	struct input born = {.kind = INPUT_BORN, .t_ns = t.t_ns, .born = {1, ENTITY_KIND_DISK, "sda"}};
	machine_input(t.machine, &born, on_transition, &t);
	struct input in = {.kind = INPUT_EVENT, .t_ns = t.t_ns, .event = {.entity = 1, .record = &e.h, .len = sizeof(e)}};
	in.event.detector = (uint16_t)vocabulary_detector(vocabulary(), "iolatency");
	machine_input(t.machine, &in, on_transition, &t);
	unsigned fired = t.fired;
	teardown(&t);
	return fired;
}

static void a_read_that_somebody_waits_for_is_slow_long_before_a_write_in_a_queue(void **state _unused_)
{
	assert_int_equal(slow_request("read", 500 * MS, 20 * MS), 1);
	assert_int_equal(slow_request("flush", 500 * MS, 500 * MS), 1);
	assert_int_equal(slow_request("read", 300 * MS, 300 * MS), 0);
	assert_int_equal(slow_request("write", 5 * S, 300 * MS), 0); /* a copy fills the queue */
	assert_int_equal(slow_request("write", 3 * S, 3 * S), 1);
}

/* tasks.d for 40 s at ten readings a second: `pile` of them from 15 s on, for that long. */
static unsigned d_tasks(int64_t pile, uint64_t length_ns)
{
	struct trial t;
	setup(&t, "d-state-growth", 100 * MS);
	uint64_t onset = t.t_ns + 15 * S, end = t.t_ns + 40 * S;
	for (; t.t_ns < end; t.t_ns += 100 * MS) {
		bool piled = t.t_ns >= onset && t.t_ns < onset + length_ns;
		tick(&t, ENTITY_HOST, (struct value[]){{"tasks.d", piled ? pile : 1}}, 1);
	}
	unsigned fired = t.fired;
	teardown(&t);
	return fired;
}

static void tasks_that_pile_up_fire_once_and_a_moment_does_not(void **state _unused_)
{
	assert_int_equal(d_tasks(40, 8 * S), 1);
	assert_int_equal(d_tasks(40, S), 0);
	assert_int_equal(d_tasks(10, 20 * S), 0);
}

/* tasks.total at ten readings a second: from `before` on, after 15 s, `more` within two seconds. */
static unsigned task_growth(int64_t before, int64_t more)
{
	struct trial t;
	setup(&t, "fork-bomb", 100 * MS);
	for (int i = 0; i < 300; i++, t.t_ns += 100 * MS) {
		int64_t grown = i < 150 ? 0 : MIN(more * (i - 150) / 20, more);
		tick(&t, ENTITY_HOST, (struct value[]){{"tasks.total", before + grown}}, 1);
	}
	unsigned fired = t.fired;
	teardown(&t);
	return fired;
}

static void tasks_that_multiply_fire_once_and_a_build_does_not(void **state _unused_)
{
	assert_int_equal(task_growth(200, 3000), 1);
	assert_int_equal(task_growth(200, 150), 0);    /* make -j64 */
	assert_int_equal(task_growth(10000, 1500), 0); /* a large machine has a busy morning */
}

static void each_rule_file_gives_its_reason_and_its_parameters(void **state _unused_)
{
	struct trial t;
	setup(&t, "oom", 100 * MS);
	assert_true(t.set->n >= 7);
	for (size_t i = 0; i < t.set->n; i++) {
		const struct rule *r = &t.set->rules[i];
		char text[4096] = "", wanted[96];
		FILE *f = fopen(r->at.file, "re");
		assert_non_null(f);
		assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
		fclose(f);
		assert_non_null(strstr(text, "# Why: "));
		assert_true(*r->summary);
		for (size_t p = 0; p < r->n_params; p++) {
			snprintf(wanted, sizeof(wanted), "# %s ", r->params[p].name);
			if (!strstr(text, wanted))
				fail_msg("%s: parameter '%s' is not explained", r->at.file, r->params[p].name);
		}
	}
	teardown(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_spike_of_60_percent_for_2s_is_decided_within_2s_at_any_phase),
		cmocka_unit_test(what_builds_do_fires_no_spike),
		cmocka_unit_test(memory_that_is_taken_within_seconds_fires_once),
		cmocka_unit_test(a_disk_at_full_speed_fires_once_and_a_flush_does_not),
		cmocka_unit_test(a_read_that_somebody_waits_for_is_slow_long_before_a_write_in_a_queue),
		cmocka_unit_test(tasks_that_pile_up_fire_once_and_a_moment_does_not),
		cmocka_unit_test(tasks_that_multiply_fire_once_and_a_build_does_not),
		cmocka_unit_test(each_rule_file_gives_its_reason_and_its_parameters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
