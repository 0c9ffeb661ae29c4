/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "rules/load.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/vocabulary.h"

#define S NS_PER_S
#define RULE(lines) "version: 1\nrules:\n  - name: r\n" lines

/* The set, or NULL and what was said in `said`. */
static struct ruleset *load_with(const char *text, const char *const *overrides, size_t n, struct buf *said)
{
	struct diagnostics *d = diagnostics_new();
	struct load_options options = {.vocabulary = test_vocabulary(), .overrides = overrides, .n_overrides = n};
	struct ruleset *set = NULL;
	rules_load_text("t.yaml", text, strlen(text), &options, d, &set);
	size_t n_all;
	const struct diagnostic *all = diagnostics_all(d, &n_all);
	for (size_t i = 0; i < n_all; i++) {
		diagnostic_format(said, &all[i]);
		buf_add_char(said, '\n');
	}
	diagnostics_free(d);
	return set;
}

static struct ruleset *load(const char *text)
{
	_cleanup_buf_ struct buf said = {0};
	struct ruleset *set = load_with(text, NULL, 0, &said);
	if (!set)
		fail_msg("%s", buf_str(&said));
	return set;
}

static const struct expr *when_of(const struct ruleset *set)
{
	return set->rules[0].when;
}

static void what_a_rule_leaves_out_has_its_default(void **state _unused_)
{
	struct ruleset *set = load(RULE("    when: cpu.sys > 45%\n    hold: 700ms\n"));
	const struct rule *r = ruleset_find(set, "r");
	assert_non_null(r);
	assert_int_equal(r->severity, SEVERITY_MAJOR);
	assert_true(r->enabled);
	assert_int_equal(r->for_each, ENTITY_KIND_HOST);
	assert_int_equal(r->on, -1);
	assert_null(r->clear);
	assert_int_equal(r->hold_ns, 700 * NS_PER_MS);
	assert_int_equal(r->clear_hold_ns, 700 * NS_PER_MS);
	assert_int_equal(r->unknown, UNKNOWN_KEEP);
	assert_int_equal(r->arm.for_ns, 30 * S);
	assert_int_equal(r->capture.before_ns, 60 * S);
	assert_int_equal(r->capture.after_ns, 10 * S);
	assert_int_equal(r->capture.max_bytes, 32 << 20);
	assert_int_equal(r->limits.entity.burst, 1);
	assert_int_equal(r->limits.entity.refill_ns, 600 * S);
	assert_int_equal(r->limits.rule.burst, 6);
	assert_int_equal(r->limits.rule.refill_ns, 600 * S);
	assert_null(ruleset_find(set, "s"));
	ruleset_free(set);
}

static void numbers_come_out_in_quanta_of_their_signal(void **state _unused_)
{
	static const struct {
		const char *when;
		enum unit unit;
		double value;
	} cases[] = {
		{"cpu.sys > 45%", UNIT_PERCENT, 450000},	   {"load.1 > 1.5", UNIT_MILLI, 1500},
		{"sched.running > 3", UNIT_COUNT, 3},		   {"sched.switches > 100/s", UNIT_PER_SECOND, 100000},
		{"mem.used > 1.5GiB", UNIT_BYTES, 1610612736},	   {"mem.used > 0", UNIT_BYTES, 0},
		{"any(disk, disk.await > 20ms)", UNIT_SECONDS, 2e7}, {"mem.used / mem.total > 90%", UNIT_PERCENT, 900000},
		{"ratio(mem.used, 10s) > 1.5", UNIT_NUMBER, 1.5},  {"cpu.sys > 0.1%", UNIT_PERCENT, 1000},
		{"rate(tasks.d, 10s) > 2/s", UNIT_PER_SECOND, 2000}, {"slope(load.1, 10s) > 0.5/s", UNIT_PER_SECOND, 500},
		{"rate(cpu.sys, 10s) > 5%/s", UNIT_PERCENT_PER_SECOND, 50000},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf text = {0};
		buf_printf(&text, RULE("    when: %s\n"), cases[i].when);
		struct ruleset *set = load(buf_str(&text));
		const struct expr *e = when_of(set);
		e = e->kind == EXPR_ANY ? e->a : e;
		if (e->unit != cases[i].unit || e->b->kind != EXPR_NUMBER || e->b->number.value != cases[i].value)
			fail_msg("%s: unit %d, value %.17g", cases[i].when, e->unit, e->b->number.value);
		assert_int_equal(e->a->unit, cases[i].unit);
		ruleset_free(set);
	}
}

/* What the evaluator does, for trees of numbers over one signal's value. */
static double evaluate(const struct expr *e, double signal)
{
	switch (e->kind) {
	case EXPR_NUMBER:
		return e->number.value;
	case EXPR_SIGNAL:
		return signal;
	case EXPR_NEGATE:
		return -evaluate(e->a, signal);
	case EXPR_ADD:
		return evaluate(e->a, signal) + evaluate(e->b, signal);
	case EXPR_SUBTRACT:
		return evaluate(e->a, signal) - evaluate(e->b, signal);
	case EXPR_MULTIPLY:
		return evaluate(e->a, signal) * evaluate(e->b, signal);
	case EXPR_DIVIDE:
		return evaluate(e->a, signal) / evaluate(e->b, signal);
	default:
		fail_msg("not a number: %s", e->source);
		return 0;
	}
}

static void units_that_meet_are_brought_to_one_scale(void **state _unused_)
{
	static const struct {
		const char *when;
		double signal; /* in its quanta */
		double left;   /* in quanta of the comparison */
		enum unit unit;
	} cases[] = {
		{"20% * mem.used > 1MiB", 1000000, 200000, UNIT_BYTES},
		{"mem.used / 4 > 1MiB", 1000, 250, UNIT_BYTES},
		{"mem.used / mem.used > 50%", 4096, 1000000, UNIT_PERCENT},
		{"mem.used / 10s > 1MiB/s", 1e6, 1e5, UNIT_BYTES_PER_SECOND},
		{"mem.used / 1MiB/s > 5s", 2 << 20, 2e9, UNIT_SECONDS},
		{"sched.switches * 10s > 100", 5000, 50, UNIT_NUMBER}, /* 5 per second */
		{"sched.running / 2s > 1/s", 6, 3000, UNIT_PER_SECOND},
		{"sched.running + 0.5 > 2", 1, 1.5, UNIT_COUNT},
		{"sched.running > load.1", 2, 2000, UNIT_MILLI},
		{"load.1 * 2 > sched.running", 1500, 3, UNIT_COUNT},
		{"cpu.sys / 10s > 1%/s", 500000, 50000, UNIT_PERCENT_PER_SECOND},
		{"-cpu.sys + 100% > 5%", 300000, 700000, UNIT_PERCENT},
		{"1 - 2 * 3 < sched.running", 0, -5, UNIT_COUNT},
		{"(1 + 2) * 3 < sched.running", 0, 9, UNIT_COUNT},
		{"8 / 4 / 2 < sched.running", 0, 1, UNIT_COUNT},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf text = {0};
		buf_printf(&text, RULE("    when: %s\n"), cases[i].when);
		struct ruleset *set = load(buf_str(&text));
		const struct expr *e = when_of(set);
		double left = evaluate(e->a, cases[i].signal);
		if (e->unit != cases[i].unit || left != cases[i].left)
			fail_msg("%s: unit %d, left side %.17g", cases[i].when, e->unit, left);
		ruleset_free(set);
	}
}

static void and_binds_stronger_than_or_and_not_stronger_than_both(void **state _unused_)
{
	struct ruleset *set = load(RULE("    when: not cpu.sys > 1% and cpu.user > 2% or cpu.idle > 3%\n"));
	const struct expr *e = when_of(set);
	assert_int_equal(e->kind, EXPR_OR);
	assert_int_equal(e->a->kind, EXPR_AND);
	assert_int_equal(e->a->a->kind, EXPR_NOT);
	assert_string_equal(e->a->a->source, "not cpu.sys > 1%");
	assert_string_equal(e->a->a->a->source, "cpu.sys > 1%");
	assert_string_equal(e->b->source, "cpu.idle > 3%");
	ruleset_free(set);
}

static void a_term_keeps_its_words_and_its_place(void **state _unused_)
{
	struct ruleset *set = load(RULE("    params: {level: 45%}\n    when: >-\n      (cpu.sys   > $level)\n"
					"      and rise(cpu.sys, 10s) > 5%\n"));
	const struct expr *e = when_of(set);
	assert_string_equal(e->source, "(cpu.sys > $level) and rise(cpu.sys, 10s) > 5%");
	assert_string_equal(e->a->source, "cpu.sys > $level");
	assert_string_equal(e->a->b->number.param, "level");
	assert_int_equal(e->b->at.line, 7);
	assert_int_equal(e->b->at.column, 11);
	assert_string_equal(e->b->at.file, "t.yaml");
	ruleset_free(set);
}

static unsigned seen_ids(const struct expr *e, bool *seen)
{
	if (!e)
		return 0;
	assert_false(seen[e->id]);
	seen[e->id] = true;
	return 1 + seen_ids(e->a, seen) + seen_ids(e->b, seen);
}

static void ids_are_dense_over_all_expressions_of_a_rule(void **state _unused_)
{
	struct ruleset *set = load(RULE("    when: cpu.sys > 45% and 20% * mem.total > mem.used\n    clear: cpu.sys < 5%\n"
					"    arm: {when: cpu.sys > 30%, detectors: softirq}\n"));
	const struct rule *r = &set->rules[0];
	bool seen[64] = {0};
	unsigned n = seen_ids(r->when, seen) + seen_ids(r->clear, seen) + seen_ids(r->arm.when, seen);
	assert_int_equal(n, r->n_exprs);
	for (unsigned i = 0; i < n; i++)
		assert_true(seen[i]);
	ruleset_free(set);
}

static void the_longest_span_counts_windows_and_holds(void **state _unused_)
{
	struct ruleset *set = load("version: 1\nrules:\n"
				   "  - {name: a, when: \"avg(cpu.sys, 30s) > 5% and events(oom, 2m) > 0\", hold: 5s}\n"
				   "  - {name: b, when: cpu.sys > 5%, hold: 3s of 50s}\n");
	assert_int_equal(set->rules[0].longest_span_ns, 120 * S);
	assert_int_equal(set->rules[1].longest_span_ns, 50 * S);
	assert_int_equal(set->rules[1].hold_ns, 3 * S);
	ruleset_free(set);
}

#define SPIKE                                                                                         \
	"version: 1\nrules:\n  - name: spike\n    params: {level: 45%}\n    when: cpu.sys > $level\n" \
	"    hold: 1s\n    limits: {entity: 2/1h}\n  - {name: other, when: cpu.user > 5%, hold: 1s}\n"

static void overrides_change_parameters_and_limits_of_the_rule_they_name(void **state _unused_)
{
	static const char *const overrides[] = {"spike.level=60%", "spike.limits.entity=none", "other.limits.rule=4/1h",
						"spike.level=70%", "other.enabled=false", "spike.severity=minor"};
	_cleanup_buf_ struct buf said = {0};
	struct ruleset *set = load_with(SPIKE, overrides, ARRAY_SIZE(overrides), &said);
	assert_string_equal(buf_str(&said), "");
	assert_true(set->rules[0].when->b->number.value == 700000);
	assert_int_equal(set->rules[0].limits.entity.burst, 0);
	assert_int_equal(set->rules[1].limits.rule.burst, 4);
	assert_int_equal(set->rules[1].limits.rule.refill_ns, 900 * S);
	assert_non_null(strstr(set->rules[0].yaml, "level: 70%"));
	assert_true(set->rules[0].enabled && !set->rules[1].enabled);
	assert_int_equal(set->rules[0].severity, SEVERITY_MINOR);
	ruleset_free(set);
}

static void an_override_that_fits_nothing_is_an_error_at_its_column(void **state _unused_)
{
	static const struct {
		const char *override, *said;
	} cases[] = {
		{"spik.level=60%", "--set:1:1: error: no rule 'spik', did you mean 'spike'? [TT719]\n"},
		{"spike.levl=60%", "--set:1:7: error: rule 'spike' has no parameter 'levl', did you mean 'level'? [TT713]\n"},
		{"spike.level=60", "--set:1:13: error: '60' is a bare number, the parameter 'level' is a percentage, as 45% [TT611]\n"},
		{"spike.level=", "--set:1:1: error: 'spike.level=' is not RULE.PARAM=VALUE, as in cpu-sys-spike.level=60% [TT618]\n"},
		{"spike.limits.entity=often",
		 "--set:1:21: error: expected a limit like 1/10m or 4/1h, or none, not 'often' [TT614]\n"},
		{"spike.hold=5s", "--set:1:7: error: rule 'spike' has no parameter 'hold'; what can be set are its params, "
				  "enabled, severity, limits.entity and limits.rule [TT713]\n"},
		{"spike.enabled=maybe", "--set:1:15: error: expected true or false, not 'maybe' [TT604]\n"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf said = {0};
		assert_null(load_with(SPIKE, &cases[i].override, 1, &said));
		assert_string_equal(buf_str(&said), cases[i].said);
	}
}

static void a_rule_as_loaded_loads_again_as_the_same_rule(void **state _unused_)
{
	struct ruleset *set = load("version: 1\nrules:\n"
		   "  - name: full\n    summary: \"it's: \\\"odd\\\" # \\u2028 \\x07 \xc3\xa9 \xc3\x80" "A \xc3\x80\\\" \xd2\x82Q\"\n    severity: info\n    enabled: no\n"
		   "    for_each: disk\n    match: \"/sd[a-z]/\"\n    params: {level: 45%, n: -3}\n"
		   "    when: |\n      disk.util > $level and\n        host.sched.running > $n\n    hold: 3s of 5s\n"
		   "    clear: disk.util < 5%\n    clear_hold: 1500ms\n    unknown: 'false'\n"
		   "    arm: {when: disk.util > 30%, detectors: [iolatency, softirq], for: 90s}\n"
		   "    capture: {before: 5m, after: 0s, collect: [blk, tasks], max_size: 1500KiB}\n"
		   "    except: [{name: \"a: b\", match: {disk: /s.*/, cgroup: '*'}, between: '23:30-24:00', days: [tue, sun]}]\n"
		   "    limits: {entity: 3/10s, rule: none}\n    labels: {who: \"a: b\"}\n"
		   "  - {name: event, on: oom, for_each: cgroup, when: 'event.victim_comm == \"ja  va\\\\\"'}\n");
	for (size_t i = 0; i < set->n; i++) {
		struct ruleset *again = load(set->rules[i].yaml);
		assert_string_equal(again->rules[0].yaml, set->rules[i].yaml);
		assert_string_equal(again->rules[0].digest, set->rules[i].digest);
		ruleset_free(again);
	}
	assert_string_equal(set->rules[0].summary, "it's: \"odd\" # \xe2\x80\xa8 \x07 \xc3\xa9 \xc3\x80" "A \xc3\x80\" \xd2\x82Q");
	assert_string_equal(set->rules[1].when->field.text, "ja  va\\");
	assert_non_null(strstr(set->rules[0].yaml, "when: disk.util > $level and host.sched.running > $n\n"));
	assert_non_null(strstr(set->rules[0].yaml, "entity: 3/10s\n"));
	ruleset_free(set);
}

static void digests_differ_by_meaning_and_not_by_layout(void **state _unused_)
{
	struct ruleset *a = load(RULE("    when: cpu.sys > 45%\n    hold: 60s\n"));
	struct ruleset *b = load("# the same\nversion: 1\nrules: [{hold: 1m, when: 'cpu.sys   > 45%', name: r}]\n");
	struct ruleset *c = load(RULE("    when: cpu.sys > 46%\n    hold: 60s\n"));
	assert_string_equal(a->rules[0].digest, b->rules[0].digest);
	assert_string_equal(a->digest, b->digest);
	assert_string_not_equal(a->rules[0].digest, c->rules[0].digest);
	assert_string_not_equal(a->digest, c->digest);
	assert_int_equal(strlen(a->rules[0].digest), 16);
	ruleset_free(a);
	ruleset_free(b);
	ruleset_free(c);
}

static void a_missing_path_is_an_error_that_names_it(void **state _unused_)
{
	static const char *const path = "tests/data/rules/nowhere";
	struct diagnostics *d = diagnostics_new();
	struct load_options options = {.paths = &path, .n_paths = 1, .vocabulary = test_vocabulary()};
	struct ruleset *set = NULL;
	size_t n;
	assert_int_equal(rules_load(&options, d, &set), -EINVAL);
	const struct diagnostic *all = diagnostics_all(d, &n);
	assert_int_equal(n, 1);
	assert_string_equal(all[0].message, "cannot read 'tests/data/rules/nowhere': No such file or directory");
	assert_null(set);
	diagnostics_free(d);
}

static void a_directory_is_read_in_the_order_of_its_names(void **state _unused_)
{
	static const char *const paths[] = {"tests/data/rules/good", "tests/data/rules/good/units.yaml"};
	struct diagnostics *d = diagnostics_new();
	struct load_options options = {.paths = paths, .n_paths = 1, .vocabulary = test_vocabulary()};
	struct ruleset *set = NULL;
	size_t n;
	assert_int_equal(rules_load(&options, d, &set), 0);
	assert_string_equal(set->rules[0].at.file, "tests/data/rules/good/aliases.yaml");
	assert_string_equal(set->rules[set->n - 1].at.file, "tests/data/rules/good/windows.yaml");
	ruleset_free(set);
	options.n_paths = 2;
	assert_int_equal(rules_load(&options, d, &set), -EINVAL);
	const struct diagnostic *first = diagnostics_all(d, &n);
	while (first->level != DIAGNOSTIC_ERROR)
		first++;
	assert_string_equal(first->code, "duplicate-rule");
	diagnostics_free(d);
}

static void a_set_that_is_wrong_everywhere_is_left_after_a_while(void **state _unused_)
{
	_cleanup_buf_ struct buf text = {0}, said = {0};
	buf_add_str(&text, "version: 1\nrules:\n");
	for (int i = 0; i < 600; i++)
		buf_printf(&text, "  - {name: r%d, when: cpu.sys > 5, hold: 1s}\n", i);
	assert_null(load_with(buf_str(&text), NULL, 0, &said));
	assert_non_null(strstr(buf_str(&said), "t.yaml:503:5: error: too many errors, the rules from here on were not looked at [TT032]\n"));
}

static void hostile_nesting_ends_in_a_sentence(void **state _unused_)
{
	_cleanup_buf_ struct buf text = {0}, said = {0};
	buf_add_str(&text, RULE("    when: "));
	for (int i = 0; i < 5000; i++)
		buf_add_char(&text, '(');
	assert_null(load_with(buf_str(&text), NULL, 0, &said));
	assert_string_equal(buf_str(&said), "t.yaml:4:75: error: nested deeper than 64 levels; is a ')' missing? [TT707]\n");
	buf_clear(&text);
	buf_clear(&said);
	buf_add_str(&text, RULE("    when: 1"));
	for (int i = 0; i < 600; i++)
		buf_add_str(&text, "+1");
	assert_null(load_with(buf_str(&text), NULL, 0, &said));
	assert_non_null(strstr(buf_str(&said), "an expression of more than 512 terms"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_rule_leaves_out_has_its_default),
		cmocka_unit_test(numbers_come_out_in_quanta_of_their_signal),
		cmocka_unit_test(units_that_meet_are_brought_to_one_scale),
		cmocka_unit_test(and_binds_stronger_than_or_and_not_stronger_than_both),
		cmocka_unit_test(a_term_keeps_its_words_and_its_place),
		cmocka_unit_test(ids_are_dense_over_all_expressions_of_a_rule),
		cmocka_unit_test(the_longest_span_counts_windows_and_holds),
		cmocka_unit_test(overrides_change_parameters_and_limits_of_the_rule_they_name),
		cmocka_unit_test(an_override_that_fits_nothing_is_an_error_at_its_column),
		cmocka_unit_test(a_rule_as_loaded_loads_again_as_the_same_rule),
		cmocka_unit_test(digests_differ_by_meaning_and_not_by_layout),
		cmocka_unit_test(a_missing_path_is_an_error_that_names_it),
		cmocka_unit_test(a_directory_is_read_in_the_order_of_its_names),
		cmocka_unit_test(a_set_that_is_wrong_everywhere_is_left_after_a_while),
		cmocka_unit_test(hostile_nesting_ends_in_a_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
