/* SPDX-License-Identifier: GPL-2.0-only */
/* Every file in tests/data/rules/bad says what has to be said about it; every file in good/ loads without a word. */
#include "tests/unit/support/complaints.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/vocabulary.h"

#define BAD "tests/data/rules/bad"
#define GOOD "tests/data/rules/good"

static int load(const char *path, struct diagnostics *d)
{
	struct load_options options = {.paths = &path, .n_paths = 1, .vocabulary = test_vocabulary()};
	struct ruleset *set = NULL;
	int r = rules_load(&options, d, &set);
	ruleset_free(set);
	return r;
}

static void every_mistake_is_told_where_it_stands_and_how_to_mend_it(void **state _unused_)
{
	unsigned n;
	assert_int_equal(complaints_check_bad(BAD, load, &n), 0);
	assert_true(n >= 45);
}

static void what_the_language_allows_loads_without_a_word(void **state _unused_)
{
	unsigned n;
	assert_int_equal(complaints_check_good(GOOD, load, &n), 0);
	assert_true(n >= 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mistake_is_told_where_it_stands_and_how_to_mend_it),
		cmocka_unit_test(what_the_language_allows_loads_without_a_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
