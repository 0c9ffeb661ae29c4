/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every file in tests/data/rules/bad says in its first lines what has to be said about it:
 *     # expect: LINE:COLUMN: CODE: part of the message            (expect-warning: for a warning)
 * Nothing else may be said. Every file in good/ has to load without a word.
 */
#include "engine/base/io.h"
#include "rules/load.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/vocabulary.h"

#include <dirent.h>
#include <fcntl.h>

#define BAD "tests/data/rules/bad"
#define GOOD "tests/data/rules/good"

struct expectation {
	bool warning, met;
	unsigned line, column;
	char code[64], part[512];
};

static struct diagnostics *load(const char *path, int *ret_r)
{
	struct diagnostics *d = diagnostics_new();
	struct load_options options = {.paths = &path, .n_paths = 1, .vocabulary = test_vocabulary()};
	struct ruleset *set = NULL;
	*ret_r = rules_load(&options, d, &set);
	ruleset_free(set);
	return d;
}

static size_t read_expectations(const char *text, struct expectation *all, size_t max)
{
	size_t n = 0;
	for (; starts_with(text, "# expect") && n < max; n++) {
		struct expectation *e = &all[n];
		*e = (struct expectation){.warning = starts_with(text, "# expect-warning:")};
		const char *at = strchr(text, ':') + 1;
		int used = 0;
		assert_int_equal(sscanf(at, "%u:%u: %63[a-z0-9-]: %n", &e->line, &e->column, e->code, &used), 3);
		snprintf(e->part, sizeof(e->part), "%.*s", (int)strcspn(at + used, "\n"), at + used);
		text += strcspn(text, "\n") + 1;
	}
	return n;
}

static bool meets(const struct diagnostic *d, const struct expectation *e)
{
	return (d->level == DIAGNOSTIC_WARNING) == e->warning && d->at.line == e->line && d->at.column == e->column &&
	       streq(d->code, e->code) && strstr(d->message, e->part);
}

static unsigned compare(const char *path, struct diagnostics *d, struct expectation *all, size_t n)
{
	size_t n_said;
	unsigned wrong = 0;
	const struct diagnostic *said = diagnostics_all(d, &n_said);
	for (size_t i = 0; i < n_said; i++) {
		size_t j = 0;
		while (j < n && (all[j].met || !meets(&said[i], &all[j])))
			j++;
		if (j < n) {
			all[j].met = true;
			continue;
		}
		wrong++;
		_cleanup_buf_ struct buf line = {0};
		diagnostic_format(&line, &said[i]);
		print_error("not expected: %s [%s]\n", buf_str(&line), said[i].code);
	}
	for (size_t j = 0; j < n; j++)
		if (!all[j].met && ++wrong)
			print_error("never said: %s:%u:%u: %s: %s\n", path, all[j].line, all[j].column, all[j].code, all[j].part);
	return wrong;
}

static unsigned check_bad(const char *path)
{
	struct expectation all[8];
	_cleanup_buf_ struct buf text = {0};
	assert_int_equal(io_read_file(AT_FDCWD, path, 1 << 20, &text), 0);
	size_t n = read_expectations(buf_str(&text), all, ARRAY_SIZE(all)), errors = 0;
	int r;
	struct diagnostics *d = load(path, &r);
	unsigned wrong = compare(path, d, all, n);
	for (size_t i = 0; i < n; i++)
		errors += !all[i].warning;
	if (n == 0 || r != (errors ? -EINVAL : 0)) {
		print_error("%s: %zu expectations, loading returned %d\n", path, n, r);
		wrong++;
	}
	diagnostics_free(d);
	return wrong;
}

static unsigned check_good(const char *path)
{
	int r;
	struct diagnostics *d = load(path, &r);
	unsigned wrong = compare(path, d, NULL, 0) + (r != 0);
	diagnostics_free(d);
	return wrong;
}

/* Returns the number of files, and how many of them were not as they should be. */
static unsigned for_each_file(const char *dir, unsigned (*check)(const char *path), unsigned *ret_wrong)
{
	DIR *names = opendir(dir);
	unsigned n = 0;
	assert_non_null(names);
	for (struct dirent *d; (d = readdir(names));) {
		char path[512];
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
		*ret_wrong += check(path);
		n++;
	}
	closedir(names);
	return n;
}

static void every_mistake_is_told_where_it_stands_and_how_to_mend_it(void **state _unused_)
{
	unsigned wrong = 0;
	assert_true(for_each_file(BAD, check_bad, &wrong) >= 45);
	assert_int_equal(wrong, 0);
}

static void what_the_language_allows_loads_without_a_word(void **state _unused_)
{
	unsigned wrong = 0;
	assert_true(for_each_file(GOOD, check_good, &wrong) >= 5);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mistake_is_told_where_it_stands_and_how_to_mend_it),
		cmocka_unit_test(what_the_language_allows_loads_without_a_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
