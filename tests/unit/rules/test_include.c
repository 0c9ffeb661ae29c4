/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/load.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/tree.h"
#include "tests/unit/support/vocabulary.h"

#include <limits.h>

#define DIR "tests/data/rules/include/"

static struct ruleset *load(const char *const *paths, size_t n, struct buf *said)
{
	struct diagnostics *d = diagnostics_new();
	struct load_options options = {.paths = paths, .n_paths = n, .vocabulary = test_vocabulary()};
	struct ruleset *set = NULL;
	size_t n_all;
	rules_load(&options, d, &set);
	const struct diagnostic *all = diagnostics_all(d, &n_all);
	for (size_t i = 0; i < n_all; i++) {
		diagnostic_format(said, &all[i]);
		buf_add_char(said, '\n');
	}
	diagnostics_free(d);
	return set;
}

static void assert_said(const char *path, const char *expected)
{
	_cleanup_buf_ struct buf said = {0};
	struct ruleset *set = load(&path, 1, &said);
	ruleset_free(set);
	assert_string_equal(buf_str(&said), expected);
}

static void what_is_included_comes_first_and_once(void **state _unused_)
{
	static const char *const path = DIR "site.yaml";
	_cleanup_buf_ struct buf said = {0};
	struct ruleset *set = load(&path, 1, &said);
	assert_string_equal(buf_str(&said), "");
	assert_int_equal(set->n, 3);
	assert_string_equal(set->rules[0].name, "one");
	assert_string_equal(set->rules[0].at.file, DIR "parts/one.yaml");
	assert_string_equal(set->rules[1].name, "two");
	assert_string_equal(set->rules[2].name, "own");
	ruleset_free(set);
}

static void the_last_override_of_the_including_file_wins(void **state _unused_)
{
	static const char *const path = DIR "site.yaml";
	_cleanup_buf_ struct buf said = {0};
	struct ruleset *set = load(&path, 1, &said);
	const struct rule *one = ruleset_find(set, "one");
	assert_true(one->params[0].value == 800000 && one->params[1].value == 200000);
	assert_int_equal(one->severity, SEVERITY_CRITICAL);
	assert_int_equal(one->limits.entity.burst, 2);
	assert_int_equal(one->limits.rule.burst, 6);
	assert_false(ruleset_find(set, "two")->enabled);
	assert_int_equal(ruleset_find(set, "own")->severity, SEVERITY_INFO);
	ruleset_free(set);
}

static void a_file_named_beside_its_includer_is_read_twice_and_said_so(void **state _unused_)
{
	static const char *const paths[] = {DIR "site.yaml", DIR "parts/two.yaml"};
	_cleanup_buf_ struct buf said = {0};
	assert_null(load(paths, 2, &said));
	assert_non_null(strstr(buf_str(&said), "a second rule 'two'; the first stands at " DIR "parts/two.yaml:3"));
}

static void a_cycle_is_told_by_its_way(void **state _unused_)
{
	assert_said(DIR "cycle-a.yaml",
		    DIR "cycle-c.yaml:2:10: error: a file that includes itself: " DIR "cycle-a.yaml includes " DIR
			"cycle-b.yaml includes " DIR "cycle-c.yaml includes " DIR "cycle-a.yaml (included from " DIR
			"cycle-b.yaml:4, from " DIR "cycle-a.yaml:2) [TT021]\n");
}

static void includes_end_at_a_depth(void **state _unused_)
{
	static const char *const path = DIR "deep/1.yaml", *const lower = DIR "deep/2.yaml";
	_cleanup_buf_ struct buf said = {0};
	assert_null(load(&path, 1, &said));
	assert_non_null(strstr(buf_str(&said), DIR "deep/9.yaml:2:10: error: includes nest deeper than 8 files"));
	buf_clear(&said);
	struct ruleset *set = load(&lower, 1, &said);
	assert_non_null(set);
	ruleset_free(set);
}

static void a_mistake_in_an_included_file_says_who_included_it(void **state _unused_)
{
	assert_said(DIR "typo.yaml", DIR "typo-inner.yaml:3:21: error: unknown signal 'cpu.sytem', did you mean 'cpu.sys'? "
					 "(included from " DIR "typo-part.yaml:2, from " DIR "typo.yaml:2) [TT711]\n");
}

static void what_is_not_there_is_told_where_it_was_asked_for(void **state _unused_)
{
	assert_said(DIR "missing.yaml",
		    DIR "missing.yaml:2:11: error: cannot read '" DIR "nowhere.yaml': No such file or directory [TT001]\n"
		    DIR "missing.yaml:2:25: warning: 'none/*.yaml' matches no file [TT504]\n");
}

/* `to_include` of them, and one that takes in all of these by a glob. */
static void tree_of_many(struct tree *t, int to_include)
{
	tree_init(t);
	for (int i = 0; i < to_include; i++) {
		char name[16];
		snprintf(name, sizeof(name), "%d.yaml", i);
		tree_write(t, name, "version: 1\nrules: []\n");
	}
	tree_write(t, "site.conf", "version: 1\ninclude: \"*.yaml\"\nrules: []\n");
}

static void a_directory_of_too_many_files_is_refused(void **state _unused_)
{
	struct tree many;
	_cleanup_buf_ struct buf said = {0};
	tree_of_many(&many, 520);
	const char *path = many.path;
	assert_null(load(&path, 1, &said));
	assert_memory_equal(buf_str(&said), many.path, strlen(many.path));
	assert_string_equal(strchr(buf_str(&said), ':'), ":1:1: error: more than 512 files [TT024]\n");
	tree_done(&many);
}

static void a_glob_that_takes_in_too_much_is_refused(void **state _unused_)
{
	struct tree many;
	char path[PATH_MAX];
	_cleanup_buf_ struct buf said = {0}, expected = {0};
	tree_of_many(&many, 512);
	snprintf(path, sizeof(path), "%s/site.conf", many.path);
	buf_printf(&expected, "%s:2:10: error: more than 512 files [TT024]\n", path);
	assert_null(load(&(const char *){path}, 1, &said));
	assert_string_equal(buf_str(&said), buf_str(&expected));
	tree_done(&many);
}

static void a_glob_of_as_many_files_as_may_be_is_taken(void **state _unused_)
{
	struct tree many;
	char path[PATH_MAX];
	_cleanup_buf_ struct buf said = {0};
	tree_of_many(&many, 511);
	snprintf(path, sizeof(path), "%s/site.conf", many.path);
	ruleset_free(load(&(const char *){path}, 1, &said));
	assert_string_equal(buf_str(&said), "");
	tree_done(&many);
}

static void rules_out_of_a_bundle_include_nothing(void **state _unused_)
{
	static const char text[] = "version: 1\ninclude: /etc/passwd\nrules: []\n";
	struct diagnostics *d = diagnostics_new();
	struct load_options options = {.vocabulary = test_vocabulary()};
	struct ruleset *set = NULL;
	size_t n;
	assert_int_equal(rules_load_text("rule.yaml", text, strlen(text), &options, d, &set), -EINVAL);
	assert_string_equal(diagnostics_all(d, &n)->message, "only a file can include others; this text is none");
	assert_int_equal(n, 1);
	diagnostics_free(d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_included_comes_first_and_once),
		cmocka_unit_test(the_last_override_of_the_including_file_wins),
		cmocka_unit_test(a_file_named_beside_its_includer_is_read_twice_and_said_so),
		cmocka_unit_test(a_cycle_is_told_by_its_way),
		cmocka_unit_test(includes_end_at_a_depth),
		cmocka_unit_test(a_mistake_in_an_included_file_says_who_included_it),
		cmocka_unit_test(what_is_not_there_is_told_where_it_was_asked_for),
		cmocka_unit_test(a_directory_of_too_many_files_is_refused),
		cmocka_unit_test(a_glob_of_as_many_files_as_may_be_is_taken),
		cmocka_unit_test(a_glob_that_takes_in_too_much_is_refused),
		cmocka_unit_test(rules_out_of_a_bundle_include_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
