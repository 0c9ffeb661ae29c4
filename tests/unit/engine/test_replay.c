/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "engine/record/inputlog.h"
#include "engine/replay.h"
#include "rules/load.h"
#include "rules/run/machine.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/vocabulary.h"

#define TICK_NS (100 * NS_PER_MS)
#define REALTIME_OFFSET INT64_C(1700000000000000000)

static const char busy_rule[] = "  - name: busy\n"
				"    summary: busy\n"
				"    severity: major\n"
				"    for_each: host\n"
				"    params: {level: 50%}\n"
				"    when: cpu.sys > $level and rise(cpu.sys, 5s) > 10%\n"
				"    hold: 500ms\n"
				"    clear: cpu.sys < 30%\n"
				"    clear_hold: 1s\n"
				"    limits: {entity: 3/1m, rule: 4/1m}\n";
static const char hot_rule[] = "  - name: hot\n"
			       "    summary: average\n"
			       "    severity: minor\n"
			       "    for_each: host\n"
			       "    when: avg(cpu.sys, 3s) > 40%\n"
			       "    limits: {entity: 100/1m, rule: 100/1m}\n";

static struct ruleset *load(const char *one, const char *two, const char *override)
{
	_cleanup_buf_ struct buf text = {0};
	struct ruleset *set = NULL;
	struct diagnostics *d = diagnostics_new();
	struct load_options o = {
		.vocabulary = test_vocabulary(), .overrides = &override, .n_overrides = override ? 1 : 0};
	buf_printf(&text, "version: 1\nrules:\n%s%s", one, two);
	if (rules_load_text("test", text.data, text.len, &o, d, &set) < 0) {
		_cleanup_buf_ struct buf why = {0};
		size_t n;
		diagnostic_format(&why, diagnostics_all(d, &n));
		fail_msg("%s", buf_str(&why));
	}
	diagnostics_free(d);
	return set;
}

/* A daemon in small: rules live on random load, and the log of it. */
struct live {
	struct machine *machine;
	struct inputlog *log;
	struct entities *entities;
	uint64_t t_ns, random, period_ns[64];
	int64_t cpu;
	unsigned fired[2];
};

static void on_transition(void *ctx, const struct transition *t)
{
	struct live *l = ctx;
	inputlog_transition(l->log, t);
	l->fired[t->rule] += t->kind == TRANSITION_FIRED;
}

static int checkpoint(void *ctx, struct buf *out)
{
	return machine_checkpoint(((struct live *)ctx)->machine, out);
}

static void take(struct live *l, struct input in)
{
	in.t_ns = l->t_ns;
	inputlog_input(l->log, &in);
	machine_input(l->machine, &in, on_transition, l);
}

/* Long quiet and busy stretches, with noise. */
static int64_t next_cpu(struct live *l)
{
	l->random = l->random * 6364136223846793005U + 1442695040888963407U;
	uint64_t dice = l->random >> 33;
	if (dice % 40 == 0)
		l->cpu = l->cpu > 400000 ? 100000 : 600000;
	return l->cpu + (int64_t)(dice / 40 % 200000) - 50000;
}

static void live_begin(struct live *l, const struct ruleset *set, uint64_t seed)
{
	const struct vocabulary *v = test_vocabulary();
	struct inputlog_rule rules[2];
	*l = (struct live){.random = seed, .t_ns = 1000 * NS_PER_S, .entities = entities_new(16), .cpu = 100000};
	assert_in_range(v->n_signals, 1, ARRAY_SIZE(l->period_ns));
	for (size_t i = 0; i < v->n_signals; i++)
		l->period_ns[i] = TICK_NS;
	for (size_t i = 0; i < set->n; i++)
		rules[i] = (struct inputlog_rule){set->rules[i].name, set->rules[i].digest};
	struct machine_options m = {
		.rules = set, .vocabulary = v, .period_ns = l->period_ns, .max_entities = 16, .host_limit = {5, NS_PER_S * 60}};
	struct inputlog_options o = {.vocabulary = v,
				     .period_ns = l->period_ns,
				     .rules_digest = set->digest,
				     .rules = rules,
				     .n_rules = set->n,
				     .entities = l->entities,
				     .checkpoint = checkpoint,
				     .ctx = l,
				     .ring_bytes = 1 << 20,
				     .checkpoint_every_ns = 7 * NS_PER_S,
				     .host_burst = 5,
				     .host_refill_ns = NS_PER_S * 60};
	assert_int_equal(machine_new(&m, &l->machine), 0);
	assert_int_equal(inputlog_new(&o, &l->log), 0);
	take(l, (struct input){.kind = INPUT_CLOCK, .clock = {.realtime_offset_ns = REALTIME_OFFSET}});
}

static void live_run(struct live *l, unsigned ticks)
{
	int cpu_sys = vocabulary_signal(test_vocabulary(), "cpu.sys");
	for (unsigned i = 0; i < ticks; i++) {
		struct reading r = {(uint16_t)cpu_sys, ENTITY_HOST, false, next_cpu(l)};
		l->t_ns += TICK_NS;
		take(l, (struct input){.kind = INPUT_TICK, .tick = {&r, 1}});
	}
}

static void live_end(struct live *l)
{
	machine_free(l->machine);
	inputlog_free(l->log);
	entities_free(l->entities);
}

static void record(const struct ruleset *set, uint64_t seed, unsigned skip_s, struct live *l, struct buf *ret_tts)
{
	uint64_t begin_ns;
	live_begin(l, set, seed);
	uint64_t from_ns = l->t_ns + skip_s * NS_PER_S;
	live_run(l, 600);
	assert_int_equal(inputlog_lost(l->log), 0);
	assert_int_equal(inputlog_export(inputlog_fd(l->log), from_ns, UINT64_MAX, ret_tts, &begin_ns), 0);
}

static void replay(const struct buf *tts, const struct ruleset *set, struct replay_result *ret)
{
	struct replay_options o = {
		.samples = tts->data, .len = tts->len, .rules = set, .vocabulary = test_vocabulary()};
	assert_int_equal(replay_run(&o, ret), 0);
}

static void the_recorded_rules_decide_the_same_from_any_checkpoint(void **state _unused_)
{
	struct ruleset *set = load(busy_rule, hot_rule, NULL);
	unsigned fired = 0, suppressed = 0;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct live l;
		_cleanup_buf_ struct buf tts = {0};
		_cleanup_(replay_done) struct replay_result r = {0};
		record(set, seed, (unsigned)seed * 4, &l, &tts);
		replay(&tts, set, &r);
		if (r.differences)
			fail_msg("seed %d: %s", (int)seed, r.difference);
		assert_int_equal(r.happening, r.n);
		for (size_t i = 0; i < r.n; i++) {
			assert_true(r.firings[i].recorded);
			assert_int_equal(r.firings[i].t_ns, r.firings[i].recorded_t_ns);
			assert_int_equal(r.firings[i].at_ns, r.firings[i].t_ns + REALTIME_OFFSET);
			assert_string_equal(r.firings[i].mark, "");
			suppressed += !r.firings[i].token;
		}
		fired += r.n;
		live_end(&l);
	}
	assert_in_range(fired, 30, 1000);
	assert_in_range(suppressed, 1, fired - 1);
	ruleset_free(set);
}

static void a_rule_alone_decides_as_it_did_among_the_others(void **state _unused_)
{
	struct ruleset *set = load(busy_rule, hot_rule, NULL), *alone = load(hot_rule, "", NULL);
	struct live l;
	_cleanup_buf_ struct buf tts = {0};
	_cleanup_(replay_done) struct replay_result r = {0};
	record(set, 3, 20, &l, &tts);
	replay(&tts, alone, &r);
	if (r.differences)
		fail_msg("%s", r.difference);
	assert_in_range(r.n, 2, 100);
	for (size_t i = 0; i < r.n; i++) {
		assert_string_equal(r.firings[i].rule, "hot");
		assert_true(r.firings[i].recorded && r.firings[i].happens);
	}
	live_end(&l);
	ruleset_free(alone);
	ruleset_free(set);
}

static void a_higher_threshold_shows_what_would_not_have_fired(void **state _unused_)
{
	struct ruleset *set = load(busy_rule, hot_rule, NULL), *high = load(busy_rule, "", "busy.level=99%");
	struct live l;
	_cleanup_buf_ struct buf tts = {0};
	_cleanup_(replay_done) struct replay_result r = {0};
	record(set, 3, 0, &l, &tts);
	replay(&tts, high, &r);
	assert_int_equal(r.happening, 0);
	assert_int_equal(r.missed, l.fired[0]);
	assert_true(r.missed > 1);
	assert_false(r.firings[0].happens);
	assert_int_equal(r.firings[0].recorded_at_ns, r.firings[0].recorded_t_ns + REALTIME_OFFSET);
	assert_int_equal(r.differences, 0);
	live_end(&l);
	ruleset_free(high);
	ruleset_free(set);
}

static void a_lower_threshold_fires_the_same_incident_or_others_too(void **state _unused_)
{
	struct ruleset *set = load(busy_rule, hot_rule, NULL), *low = load(busy_rule, "", "busy.level=20%");
	struct live l;
	_cleanup_buf_ struct buf tts = {0};
	_cleanup_(replay_done) struct replay_result r = {0};
	record(set, 5, 0, &l, &tts);
	replay(&tts, low, &r);
	size_t recorded = 0;
	for (size_t i = 0; i < r.n; i++)
		recorded += r.firings[i].recorded;
	assert_int_equal(recorded, l.fired[0]);
	assert_in_range(r.happening, 1, 100);
	live_end(&l);
	ruleset_free(low);
	ruleset_free(set);
}

static void another_rule_starts_cold_until_its_windows_are_full(void **state _unused_)
{
	static const char eager[] = "  - name: eager\n    summary: x\n    severity: info\n    for_each: host\n"
				    "    when: cpu.sys > 0% and (avg(cpu.sys, 20s) > 0% or cpu.sys > 1%)\n"
				    "    clear: cpu.sys < 20%\n    clear_hold: 0s\n";
	struct ruleset *set = load(busy_rule, hot_rule, NULL), *other = load(eager, "", NULL);
	struct live l;
	_cleanup_buf_ struct buf tts = {0};
	_cleanup_(replay_done) struct replay_result r = {0};
	record(set, 4, 10, &l, &tts);
	replay(&tts, other, &r);
	assert_in_range(r.n, 2, 1000);
	for (size_t i = 0; i < r.n; i++) {
		bool early = r.firings[i].t_ns < r.begin_ns + 20 * NS_PER_S;
		assert_string_equal(r.firings[i].mark, early ? "cold" : "");
		assert_false(r.firings[i].recorded);
	}
	assert_true(r.firings[0].t_ns < r.begin_ns + 20 * NS_PER_S);
	assert_true(r.firings[r.n - 1].t_ns > r.begin_ns + 20 * NS_PER_S);
	live_end(&l);
	ruleset_free(other);
	ruleset_free(set);
}

static void a_changed_reading_shows_as_a_difference(void **state _unused_)
{
	struct ruleset *set = load(busy_rule, hot_rule, NULL);
	struct live l;
	_cleanup_buf_ struct buf tts = {0};
	record(set, 3, 0, &l, &tts);
	unsigned differing = 0;
	for (size_t at = tts.len / 2; at < tts.len / 2 + 400; at++) {
		_cleanup_(replay_done) struct replay_result r = {0};
		struct replay_options o = {
			.samples = tts.data, .len = tts.len, .rules = set, .vocabulary = test_vocabulary()};
		tts.data[at] ^= 0x40;
		if (replay_run(&o, &r) == 0 && r.differences) {
			assert_true(starts_with(r.difference, "recorded: "));
			differing++;
		}
		tts.data[at] ^= 0x40;
	}
	assert_in_range(differing, 1, 400);
	live_end(&l);
	ruleset_free(set);
}

static void foreign_bytes_are_refused(void **state _unused_)
{
	struct ruleset *set = load(busy_rule, "", NULL);
	struct replay_result r = {0};
	struct replay_options o = {.samples = "TTS1\x09", .len = 5, .rules = set, .vocabulary = test_vocabulary()};
	assert_int_equal(replay_run(&o, &r), -EPROTONOSUPPORT);
	o.samples = "nonsense";
	assert_int_equal(replay_run(&o, &r), -EBADMSG);
	ruleset_free(set);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recorded_rules_decide_the_same_from_any_checkpoint),
		cmocka_unit_test(a_rule_alone_decides_as_it_did_among_the_others),
		cmocka_unit_test(a_higher_threshold_shows_what_would_not_have_fired),
		cmocka_unit_test(a_lower_threshold_fires_the_same_incident_or_others_too),
		cmocka_unit_test(another_rule_starts_cold_until_its_windows_are_full),
		cmocka_unit_test(a_changed_reading_shows_as_a_difference),
		cmocka_unit_test(foreign_bytes_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
