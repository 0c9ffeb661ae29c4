/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/replay.h"
#include "tests/unit/support/vocabulary.h"

#define LIVE_VOCABULARY test_vocabulary()
#include "tests/unit/engine/live.h"

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

/* The log begins at 22:30:00 UTC and lasts a minute. */
static void an_exception_holds_by_the_recorded_clock(void **state _unused_)
{
	_cleanup_buf_ struct buf rule = {0}, tts = {0};
	buf_printf(&rule, "%s    except: [{name: evening, between: \"22:30-22:31\"}]\n", hot_rule);
	struct ruleset *set = load(busy_rule, buf_str(&rule), NULL);
	struct live l;
	_cleanup_(replay_done) struct replay_result r = {0};
	record(set, 3, 20, &l, &tts);
	replay(&tts, set, &r);
	if (r.differences)
		fail_msg("%s", r.difference);
	assert_in_range(r.n, 2, 100);
	for (size_t i = 0; i < r.n; i++)
		assert_int_equal(r.firings[i].excepted, streq(r.firings[i].rule, "hot"));
	live_end(&l);
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
		cmocka_unit_test(an_exception_holds_by_the_recorded_clock),
		cmocka_unit_test(a_changed_reading_shows_as_a_difference),
		cmocka_unit_test(foreign_bytes_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
