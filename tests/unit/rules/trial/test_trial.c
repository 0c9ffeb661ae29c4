/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "rules/trial/trial.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/vocabulary.h"

#define RULES                                                                                       \
	"version: 1\nrules:\n"                                                                      \
	"  - {name: busy, params: {level: 50%}, when: cpu.sys > $level, hold: 2s, arm: {detectors: [softirq], for: 5s}}\n" \
	"  - {name: full, for_each: disk, when: disk.util > 90%, limits: {entity: none, rule: none}}\n"

#define SUITE "version: 1\nrules: [r.yaml]\ntests:\n  - name: t\n"

struct played {
	struct suite *suite;
	struct ruleset *set;
	struct trial_options options;
	struct trial_result result;
};

/* A suite of one test over RULES. */
static void play(struct played *p, const char *test)
{
	_cleanup_buf_ struct buf text = {0};
	struct diagnostics *d = diagnostics_new();
	const struct load_options options = {.vocabulary = test_vocabulary()};
	*p = (struct played){0};
	buf_printf(&text, SUITE "%s", test);
	assert_int_equal(suite_load_text("t.yaml", text.data, text.len, test_vocabulary(), d, &p->suite), 0);
	assert_int_equal(rules_load_text("r.yaml", RULES, strlen(RULES), &options, d, &p->set), 0);
	diagnostics_free(d);
	p->options = (struct trial_options){.test = p->suite->tests, .rules = p->set, .vocabulary = test_vocabulary()};
	assert_int_equal(trial_run(&p->options, &p->result), 0);
}

static void played_done(struct played *p)
{
	trial_result_done(&p->result);
	ruleset_free(p->set);
	suite_free(p->suite);
}

/* What differs, as "+7 busy fires" for what was seen and "-5 …" for what was expected. */
static void expect_differences(const char *test, const char *differences)
{
	struct played p;
	_cleanup_buf_ struct buf out = {0};
	play(&p, test);
	for (size_t i = 0; i < p.result.n; i++) {
		const struct moment *m = &p.result.moments[i];
		if (m->differs)
			buf_printf(&out, "%s%c%.4g %s %s %s", out.len ? ", " : "", m->seen ? '+' : '-',
				   (double)m->t_ns / (double)NS_PER_S, p.set->rules[m->rule].name, m->entity, moment_name(m->kind));
	}
	assert_string_equal(buf_str(&out), differences);
	assert_int_equal(p.result.differences > 0, out.len > 0);
	played_done(&p);
}

#define BUSY "    series: {cpu.sys: 10x4 60x4 10x9}\n"

static void what_fires_unexpected_is_a_difference(void **state _unused_)
{
	expect_differences(BUSY "    expect: []\n", "+7 busy host fires");
	expect_differences(BUSY "    expect: [{rule: busy}]\n", "+7 busy host fires");
}

static void what_is_expected_and_does_not_come_is_a_difference(void **state _unused_)
{
	expect_differences(BUSY "    expect: [{rule: busy, fires_at: [7s, 9s]}]\n", "-9 busy host fires");
	expect_differences(BUSY "    expect: [{rule: busy, fires_at: 7s, gone_at: 8s}]\n", "-8 busy host gone");
}

static void a_time_is_exact(void **state _unused_)
{
	expect_differences(BUSY "    expect: [{rule: busy, fires_at: 7001ms}]\n", "+7 busy host fires, -7.001 busy host fires");
	expect_differences(BUSY "    expect: [{rule: busy, fires_at: 7s}]\n", "");
}

static void other_moments_matter_where_they_are_given(void **state _unused_)
{
	expect_differences(BUSY "    expect: [{rule: busy, fires_at: 7s, clears_at: 12s, arms_at: 7s, disarms_at: 12s}]\n", "");
	expect_differences(BUSY "    expect: [{rule: busy, fires_at: 7s, clears_at: 11s, arms_at: []}]\n",
			   "+7 busy host arms, -11 busy host clears, +12 busy host clears");
}

static void every_entity_has_its_own_expectation(void **state _unused_)
{
	const char *series = "    series: {\"disk.util{vda}\": 95x3, \"disk.util{vdb}\": 1x1 95x2}\n";
	_cleanup_buf_ struct buf both = {0}, one = {0};
	buf_printf(&both, "%s    expect: [{rule: full, entity: vda, fires_at: 0s}, {rule: full, entity: vdb, fires_at: 2s}]\n", series);
	buf_printf(&one, "%s    expect: [{rule: full, entity: vda, fires_at: 0s}]\n", series);
	expect_differences(buf_str(&both), "");
	expect_differences(buf_str(&one), "+2 full vdb fires");
}

/* The same time twice is expected twice. */
static void two_firings_of_one_time_are_two(void **state _unused_)
{
	expect_differences(BUSY "    expect: [{rule: busy, fires_at: [7s, 7s]}]\n", "-7 busy host fires");
}

static void a_difference_is_explained_by_its_terms(void **state _unused_)
{
	struct played p;
	struct trial_result again;
	play(&p, BUSY "    expect: [{rule: busy, fires_at: 4s}]\n");
	p.options.explain = &p.result;
	assert_int_equal(trial_run(&p.options, &again), 0);
	trial_result_done(&again);
	assert_int_equal(p.result.moments[0].t_ns, 4 * NS_PER_S);
	assert_string_equal(p.result.moments[0].why,
			    "cpu.sys > $level: false\n  cpu.sys = 10.0%\n  $level = 50.0%");
	for (size_t i = 0; i < p.result.n; i++)
		if (p.result.moments[i].seen && p.result.moments[i].kind == MOMENT_FIRES)
			assert_string_equal(p.result.moments[i].why,
					    "cpu.sys > $level: true\n  cpu.sys = 60.0%\n  $level = 50.0%");
	played_done(&p);
}

static void what_is_true_and_does_not_fire_tells_its_hold(void **state _unused_)
{
	struct played p;
	struct trial_result again;
	play(&p, BUSY "    expect: [{rule: busy, fires_at: [6s, 7s]}]\n");
	p.options.explain = &p.result;
	assert_int_equal(trial_run(&p.options, &again), 0);
	trial_result_done(&again);
	assert_int_equal(p.result.moments[0].t_ns, 6 * NS_PER_S);
	assert_string_equal(p.result.moments[0].why,
			    "cpu.sys > $level: true\n  cpu.sys = 60.0%\n  $level = 50.0%\nheld 1s of 2s");
	played_done(&p);
}

static void what_flaps_without_end_has_failed(void **state _unused_)
{
	struct played p;
	_cleanup_buf_ struct buf test = {0};
	buf_add_str(&test, "    series: {\"disk.util{vda}\": \"");
	for (unsigned i = 0; i < 1700; i++)
		buf_add_str(&test, "95 1 ");
	buf_add_str(&test, "\"");
	for (unsigned k = 0; k < 6; k++) {
		buf_printf(&test, ", \"disk.util{vd%c}\": \"", 'b' + k);
		for (unsigned i = 0; i < 1700; i++)
			buf_add_str(&test, "95 1 ");
		buf_add_str(&test, "\"");
	}
	buf_add_str(&test, "}\n    expect: []\n");
	play(&p, buf_str(&test));
	assert_true(p.result.overflow);
	assert_int_equal(p.result.n, TRIAL_MOMENTS_MAX);
	played_done(&p);
}

static void events_that_nobody_is_attached_for_are_counted(void **state _unused_)
{
	struct played p;
	play(&p, "    events: [{at: 1s, kind: softirq}, {at: 2s, kind: oom}]\n    expect: []\n");
	assert_int_equal(p.result.undelivered, 1);
	played_done(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fires_unexpected_is_a_difference),
		cmocka_unit_test(what_is_expected_and_does_not_come_is_a_difference),
		cmocka_unit_test(a_time_is_exact),
		cmocka_unit_test(other_moments_matter_where_they_are_given),
		cmocka_unit_test(every_entity_has_its_own_expectation),
		cmocka_unit_test(two_firings_of_one_time_are_two),
		cmocka_unit_test(a_difference_is_explained_by_its_terms),
		cmocka_unit_test(what_is_true_and_does_not_fire_tells_its_hold),
		cmocka_unit_test(what_flaps_without_end_has_failed),
		cmocka_unit_test(events_that_nobody_is_attached_for_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
