/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/cli/command.h"
#include "engine/cli/options.h"

static const struct option options[] = {
	{"json", no_argument, NULL, 'j'}, {"rules", required_argument, NULL, 'r'}, {0}};

/* What is said of the first wrong one of these words. */
static void is_said(const char *expected, const char *const *words)
{
	char *argv[8] = {(char *)(uintptr_t)"check"}, *said = NULL;
	int argc = 1, option;
	size_t len;
	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
	optind = 0;
	while ((option = options_next(argc, argv, "c:", options)) != '?')
		assert_int_not_equal(option, -1);
	FILE *before = stderr;
	stderr = open_memstream(&said, &len);
	int code = options_wrong("check", options, argv);
	fclose(stderr);
	stderr = before;
	assert_int_equal(code, EXIT_USAGE);
	assert_non_null(strstr(said, expected));
	free(said);
}

static void a_wrong_option_is_named_with_the_remedy(void **state _unused_)
{
	is_said("check: unknown option '--jsn', perhaps '--json'; see `tracetrap check --help`",
		(const char *const[]){"--json", "--jsn", NULL});
	is_said("check: unknown option '--frobnicate'; see", (const char *const[]){"--frobnicate", NULL});
	is_said("check: unknown option '-z'; see", (const char *const[]){"file", "-z", NULL});
	is_said("check: the option '--rules' needs a value; see", (const char *const[]){"--rules", NULL});
	is_said("check: the option '--json' takes no value; see", (const char *const[]){"--json=yes", NULL});
	is_said("check: unknown option '--rulse=x', perhaps '--rules'; see", (const char *const[]){"--rulse=x", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_option_is_named_with_the_remedy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
