/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/tell/effective.h"

#include "engine/vocabulary.h"
#include "rules/load.h"
#include "tests/unit/support/test.h"

static struct ruleset *load(const char *path, const char *override)
{
	struct diagnostics *d = diagnostics_new();
	struct load_options options = {.paths = &path,
				       .n_paths = 1,
				       .overrides = &override,
				       .n_overrides = override != NULL,
				       .vocabulary = vocabulary()};
	struct ruleset *set = NULL;
	assert_int_equal(rules_load(&options, d, &set), 0);
	diagnostics_free(d);
	return set;
}

static void assert_line(const char *text, const char *line, const char *origin)
{
	const char *at = strstr(text, line);
	if (!at)
		fail_msg("no line '%s' in\n%s", line, text);
	at += strlen(line);
	at += strspn(at, " ");
	if (strncmp(at, origin, strlen(origin)) != 0 || at[strlen(origin)] != '\n')
		fail_msg("'%s' comes from '%.*s', not '%s'", line, (int)strcspn(at, "\n"), at, origin);
}

static void each_value_says_where_it_was_written(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	struct ruleset *set = load("tests/data/rules/include/site.yaml", "one.jump=30%");
	rules_effective(set, &out);
	assert_line(buf_str(&out), "\n  - name: one", "# tests/data/rules/include/parts/one.yaml:3");
	assert_line(buf_str(&out), "\n    severity: critical", "# tests/data/rules/include/site.yaml:7");
	assert_line(buf_str(&out), "\n      level: 80%", "# tests/data/rules/include/site.yaml:8");
	assert_line(buf_str(&out), "\n      jump: 30%", "# --set:1");
	assert_line(buf_str(&out), "\n    clear_hold: 1s", "# default");
	assert_line(buf_str(&out), "\n      entity: 2/1h", "# tests/data/rules/include/site.yaml:4");
	assert_line(buf_str(&out), "\n    enabled: false", "# tests/data/rules/include/site.yaml:5");
	ruleset_free(set);
}

static void it_loads_again_as_the_same_rules(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	struct ruleset *set = load("conf/rules.d", NULL), *same = NULL;
	struct diagnostics *d = diagnostics_new();
	struct load_options options = {.vocabulary = vocabulary()};
	rules_effective(set, &out);
	assert_int_equal(rules_load_text("effective.yaml", buf_str(&out), out.len, &options, d, &same), 0);
	assert_string_equal(same->digest, set->digest);
	diagnostics_free(d);
	ruleset_free(same);
	ruleset_free(set);
}

static void no_rules_are_a_list_of_none(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	rules_effective(&(struct ruleset){0}, &out);
	assert_string_equal(buf_str(&out), "version: 1\nrules: []\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_value_says_where_it_was_written),
		cmocka_unit_test(it_loads_again_as_the_same_rules),
		cmocka_unit_test(no_rules_are_a_list_of_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
