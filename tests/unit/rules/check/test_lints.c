/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/load.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/vocabulary.h"

static size_t say(const char *text, uint64_t store_bytes, struct buf *out)
{
	struct diagnostics *d = diagnostics_new();
	struct load_options options = {.vocabulary = test_vocabulary(), .store_bytes = store_bytes};
	struct ruleset *set = NULL;
	size_t n;
	assert_int_equal(rules_load_text("t.yaml", text, strlen(text), &options, d, &set), 0);
	const struct diagnostic *all = diagnostics_all(d, &n);
	for (size_t i = 0; i < n; i++) {
		diagnostic_format(out, &all[i]);
		buf_add_char(out, '\n');
	}
	ruleset_free(set);
	diagnostics_free(d);
	return n;
}

#define RULE(lines) "version: 1\nrules:\n  - name: r\n" lines

static void a_capture_is_held_against_the_store_where_that_is_known(void **state _unused_)
{
	static const char text[] = RULE("    when: cpu.sys > 50%\n    hold: 1s\n    capture: {max_size: 64MiB}\n");
	_cleanup_buf_ struct buf said = {0};
	assert_int_equal(say(text, 0, &said), 0);
	assert_int_equal(say(text, 64 << 20, &said), 0);
	assert_int_equal(say(text, 32 << 20, &said), 1);
	assert_string_equal(buf_str(&said),
			    "t.yaml:3:5: warning: capture.max_size is 64 MiB, the whole store has 32 MiB [TT402]\n");
}

/* What looks alike and is meant. */
static void these_are_left_alone(void **state _unused_)
{
	static const char *const texts[] = {
		RULE("    when: cpu.sys > 50% and cpu.sys < 80%\n    hold: 1s\n"),
		RULE("    when: cpu.sys > 80% or cpu.sys < 20%\n    hold: 1s\n"),
		RULE("    when: cpu.sys > 50%\n    clear: cpu.sys < 50%\n"),
		RULE("    when: cpu.sys > 50%\n    clear: cpu.sys <= 50% and load.1 < 9\n"),
		RULE("    when: cpu.sys > 50%\n    clear_hold: 5s\n"),
		RULE("    when: avg(cpu.sys, 10s) > 50%\n"),
		RULE("    when: cpu.sys > 50%\n    clear: rise(cpu.sys, 10s) < 5%\n"),
		RULE("    when: slope(cpu.sys, 10s) < 0 and zscore(cpu.sys, 10s) < 0\n"),
		RULE("    when: min(cpu.sys, 10s) > 80% and max(cpu.sys, 5s) < 90%\n    hold: 10s\n"),
		RULE("    when: p99(cpu.sys, 60s) > 50%\n"),
		RULE("    for_each: cgroup\n    when: cgroup.mem > 1GiB and rise(cgroup.mem, 1m) > 200MiB\n"),
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_buf_ struct buf said = {0};
		say(texts[i], 0, &said);
		if (said.len)
			fail_msg("%s\nis said to be %s", texts[i], buf_str(&said));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_capture_is_held_against_the_store_where_that_is_known),
		cmocka_unit_test(these_are_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
