/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/io.h"
#include "engine/vocabulary.h"
#include "rules/kinds/kind.h"
#include "rules/load.h"
#include "tests/unit/support/test.h"

#include <fcntl.h>
#include <glob.h>

#define PARAGRAPH_MIN 40
#define PARAGRAPH_MAX 1000

static void codes_are_in_order_and_names_are_of_one_kind(void **state _unused_)
{
	const struct kind *k, *before = kind_at(0);
	for (size_t i = 0; (k = kind_at(i)); before = k, i++) {
		assert_int_equal(strlen(k->code), 5);
		assert_true(i == 0 || strcmp(before->code, k->code) < 0);
		assert_ptr_equal(kind_find(k->code), k);
		assert_ptr_equal(kind_find(k->name), k);
	}
	assert_string_equal(kind_find("tt101")->name, "never-true");
	assert_null(kind_find("TT9"));
}

static void each_is_explained_and_has_its_remedy(void **state _unused_)
{
	const struct kind *k;
	for (size_t i = 0; (k = kind_at(i)); i++) {
		assert_in_range(strlen(k->paragraph), PARAGRAPH_MIN, PARAGRAPH_MAX);
		if (!streq(k->name, "too-many-errors") && (!k->wrong || !k->right))
			fail_msg("%s has no example", k->name);
	}
}

static bool is_in(const char *path, const struct kind *k)
{
	char expected[80];
	_cleanup_buf_ struct buf text = {0};
	snprintf(expected, sizeof(expected), ": %s %s: ", k->code, k->name);
	assert_int_equal(io_read_file(AT_FDCWD, path, 1 << 20, &text), 0);
	return strstr(buf_str(&text), expected);
}

/* What no file by itself can be wrong in; each is provoked by a test of its own. */
static bool is_of_no_file(const struct kind *k)
{
	static const char *const names[] = {"bad-override", "capture-too-big", "include-in-memory", "too-many-errors", "too-many-files",
					     "unknown-source"};
	bool found = false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		found |= streq(k->name, names[i]);
	return found;
}

static void each_has_a_file_that_provokes_it(void **state _unused_)
{
	const struct kind *k;
	glob_t files = {0};
	size_t missing = 0;
	assert_int_equal(glob("tests/data/*/bad/*.yaml", 0, NULL, &files), 0);
	for (size_t i = 0; (k = kind_at(i)); i++) {
		bool found = is_of_no_file(k);
		for (size_t f = 0; !found && f < files.gl_pathc; f++)
			found = is_in(files.gl_pathv[f], k);
		if (!found && ++missing)
			print_error("no file in tests/data/*/bad provokes %s %s\n", k->code, k->name);
	}
	globfree(&files);
	assert_int_equal(missing, 0);
}

/* Lines of a rule, as a file; NULL for other examples, and for those that leave something out. */
static char *rule_of(const char *lines, struct buf *out)
{
	static const char *const keys[] = {"arm:", "capture:", "clear_hold:", "for_each:", "hold:", "limits:", "match:", "on:", "params:",
					   "severity:", "when:"};
	bool ours = false;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		ours |= starts_with(lines, keys[i]);
	if (!ours || strstr(lines, "…"))
		return NULL;
	buf_add_str(out, "version: 1\nrules:\n  - name: example\n");
	for (const char *line = lines; *line; line += strcspn(line, "\n"), line += *line == '\n')
		buf_printf(out, "    %.*s\n", (int)strcspn(line, "\n"), line);
	if (!strstr(lines, "when:") && !strstr(lines, "on:"))
		buf_add_str(out, "    when: cpu.sys > 45%\n");
	return out->data;
}

static bool says(const char *text, const struct kind *k)
{
	const struct load_options options = {.vocabulary = vocabulary(), .store_bytes = 32 << 20};
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	size_t n;
	bool found = false;
	rules_load_text("example.yaml", text, strlen(text), &options, d, &set);
	const struct diagnostic *all = diagnostics_all(d, &n);
	for (size_t i = 0; i < n; i++)
		found |= streq(all[i].code, k->name);
	ruleset_free(set);
	diagnostics_free(d);
	return found;
}

static void what_is_to_be_written_instead_is_better(void **state _unused_)
{
	const struct kind *k;
	size_t n = 0, bad = 0;
	for (size_t i = 0; (k = kind_at(i)); i++) {
		_cleanup_buf_ struct buf wrong = {0}, right = {0};
		if (!k->wrong || !rule_of(k->wrong, &wrong) || !rule_of(k->right, &right))
			continue;
		n++;
		if (!says(buf_str(&wrong), k) && ++bad)
			print_error("%s %s does not come of\n%s\n", k->code, k->name, buf_str(&wrong));
		if (says(buf_str(&right), k) && ++bad)
			print_error("%s %s does come of\n%s\n", k->code, k->name, buf_str(&right));
	}
	assert_int_equal(bad, 0);
	assert_true(n > 50);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_in_order_and_names_are_of_one_kind),
		cmocka_unit_test(each_is_explained_and_has_its_remedy),
		cmocka_unit_test(each_has_a_file_that_provokes_it),
		cmocka_unit_test(what_is_to_be_written_instead_is_better),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
