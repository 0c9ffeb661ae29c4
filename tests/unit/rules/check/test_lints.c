/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/lints.h"

#include "engine/base/io.h"
#include "rules/load.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/vocabulary.h"

#include <fcntl.h>
#include <glob.h>

static void codes_are_in_order_and_names_are_of_one_lint(void **state _unused_)
{
	for (size_t i = 1; i < lints_n; i++)
		assert_true(strcmp(lints[i - 1].code, lints[i].code) < 0);
	for (size_t i = 0; i < lints_n; i++) {
		assert_ptr_equal(lint_find(lints[i].code), &lints[i]);
		assert_ptr_equal(lint_find(lints[i].name), &lints[i]);
		assert_in_range(strlen(lints[i].paragraph), 40, 1000);
	}
	assert_ptr_equal(lint_find("tt101"), &lints[0]);
	assert_null(lint_find("TT9"));
}

static bool is_expected_somewhere(const char *name)
{
	glob_t found = {0};
	bool yes = false;
	char expected[80];
	snprintf(expected, sizeof(expected), ": %s: ", name);
	assert_int_equal(glob("tests/data/rules/bad/*.yaml", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc && !yes; i++) {
		_cleanup_buf_ struct buf text = {0};
		assert_int_equal(io_read_file(AT_FDCWD, found.gl_pathv[i], 1 << 20, &text), 0);
		yes = strstr(buf_str(&text), expected) != NULL;
	}
	globfree(&found);
	return yes;
}

static void each_has_a_file_that_provokes_it(void **state _unused_)
{
	for (size_t i = 0; i < lints_n; i++)
		if (!streq(lints[i].name, "capture-too-big") && !is_expected_somewhere(lints[i].name))
			fail_msg("no file in tests/data/rules/bad provokes %s", lints[i].name);
}

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
		cmocka_unit_test(codes_are_in_order_and_names_are_of_one_lint),
		cmocka_unit_test(each_has_a_file_that_provokes_it),
		cmocka_unit_test(a_capture_is_held_against_the_store_where_that_is_known),
		cmocka_unit_test(these_are_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
