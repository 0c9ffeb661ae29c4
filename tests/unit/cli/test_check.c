/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"
#include "tests/unit/support/test.h"

#include <fcntl.h>
#include <getopt.h>

/* Runs `tracetrap check ARGUMENTS` with its output thrown away; the exit code. */
static int check(const char *const *arguments)
{
	char *argv[8] = {"check"};
	int argc = 1, out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	_cleanup_close_ int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	for (; arguments[argc - 1]; argc++)
		argv[argc] = (char *)arguments[argc - 1];
	fflush(NULL);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	optind = 0;
	int status = command_find("check")->run(argc, argv);
	fflush(NULL);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	return status;
}

#define CHECK(...) check((const char *const[]){__VA_ARGS__, NULL})

static void the_exit_code_tells_clean_from_warnings_from_errors(void **state _unused_)
{
	assert_int_equal(CHECK("conf/rules.d"), EXIT_OK);
	assert_int_equal(CHECK("--rules", "conf/rules.d"), EXIT_OK);
	assert_int_equal(CHECK("--json", "tests/data/rules/bad/lint-always.yaml"), EXIT_WARNINGS);
	assert_int_equal(CHECK("tests/data/rules/bad/signal-misspelt.yaml", "conf/rules.d"), EXIT_FOUND);
	assert_int_equal(CHECK("tests/data/rules/nowhere.yaml"), EXIT_FOUND);
}

static void overrides_are_checked_as_the_daemon_would(void **state _unused_)
{
	assert_int_equal(CHECK("--set", "cpu-sys-spike.level=60%", "conf/rules.d"), EXIT_OK);
	assert_int_equal(CHECK("--set", "cpu-sys-spike.level=60", "conf/rules.d"), EXIT_FOUND);
}

static void the_rules_in_force_are_shown_when_there_are_any(void **state _unused_)
{
	assert_int_equal(CHECK("--effective", "conf/rules.d"), EXIT_OK);
	assert_int_equal(CHECK("--schema"), EXIT_OK);
	assert_int_equal(CHECK("--effective", "tests/data/rules/bad/signal-misspelt.yaml"), EXIT_FOUND);
}

static void a_code_or_a_name_is_explained(void **state _unused_)
{
	assert_int_equal(CHECK("--explain", "TT101"), EXIT_OK);
	assert_int_equal(CHECK("--explain", "never-true"), EXIT_OK);
	assert_int_equal(CHECK("--explain", "TT999"), EXIT_USAGE);
}

static void the_configuration_is_checked_when_asked_for(void **state _unused_)
{
	assert_int_equal(CHECK("--config", "conf/tracetrap.yaml", "conf/rules.d"), EXIT_OK);
	assert_int_equal(CHECK("--config", "tests/data/rules/nowhere.yaml", "conf/rules.d"), EXIT_FOUND);
	assert_int_equal(CHECK("--config", "tests/data/rules/good/design.yaml", "conf/rules.d"), EXIT_FOUND);
}

static void unknown_options_are_usage_errors(void **state _unused_)
{
	assert_int_equal(CHECK("--frob"), EXIT_USAGE);
	assert_int_equal(CHECK("--rules"), EXIT_USAGE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_code_tells_clean_from_warnings_from_errors),
		cmocka_unit_test(overrides_are_checked_as_the_daemon_would),
		cmocka_unit_test(the_rules_in_force_are_shown_when_there_are_any),
		cmocka_unit_test(a_code_or_a_name_is_explained),
		cmocka_unit_test(the_configuration_is_checked_when_asked_for),
		cmocka_unit_test(unknown_options_are_usage_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
