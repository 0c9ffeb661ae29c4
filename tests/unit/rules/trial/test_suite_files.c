/* SPDX-License-Identifier: GPL-2.0-only */
/* Every file in tests/data/trials/bad says what has to be said about it; those in good/ load and pass. */
#include "rules/trial/trial.h"
#include "tests/unit/support/complaints.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/vocabulary.h"

static int play(const struct suite *s, const struct trial_test *t, struct diagnostics *d)
{
	struct ruleset *set = NULL;
	struct trial_result result = {0};
	int r = suite_rules(s, t, test_vocabulary(), d, &set);
	if (r == 0) {
		struct trial_options options = {.test = t, .rules = set, .vocabulary = test_vocabulary()};
		r = trial_run(&options, &result);
	}
	if (r == 0 && result.differences) {
		print_error("%s:%u: %s: %zu differences\n", s->path, t->at.line, t->name, result.differences);
		r = -EIO;
	}
	trial_result_done(&result);
	ruleset_free(set);
	return r;
}

static int load(const char *path, struct diagnostics *d)
{
	struct suite *s = NULL;
	int r = suite_load(path, test_vocabulary(), d, &s);
	for (size_t i = 0; r == 0 && i < s->n; i++)
		r = play(s, &s->tests[i], d);
	suite_free(s);
	return r;
}

static void every_mistake_is_told_where_it_stands_and_how_to_mend_it(void **state _unused_)
{
	unsigned n;
	assert_int_equal(complaints_check_bad("tests/data/trials/bad", load, &n), 0);
	assert_true(n >= 30);
}

static void what_is_expected_comes_true(void **state _unused_)
{
	unsigned n;
	assert_int_equal(complaints_check_good("tests/data/trials/good", load, &n), 0);
	assert_true(n >= 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mistake_is_told_where_it_stands_and_how_to_mend_it),
		cmocka_unit_test(what_is_expected_comes_true),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
