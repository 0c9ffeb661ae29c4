/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"
#include "engine/settings.h"
#include "tests/unit/support/command.h"
#include "tests/unit/support/tree.h"

static const char *at(const struct tree *t, const char *file, char path[128])
{
	snprintf(path, 128, "%s/%s", t->path, file);
	return path;
}

static void configure(struct tree *t, const char *text)
{
	char path[128];
	tree_init(t);
	tree_write(t, "tracetrap.yaml", text);
	unsetenv("TRACETRAP_STATE_DIR");
	unsetenv("TRACETRAP_RUN_DIR");
	setenv("TRACETRAP_CONFIG", at(t, "tracetrap.yaml", path), 1);
}

static void places_are(const char *state, const char *store, const char *run)
{
	char path[COMMAND_PATH_MAX];
	assert_string_equal(command_state_dir(path), state);
	assert_string_equal(command_store_dir(path), store);
	assert_string_equal(command_run_dir(path), run);
}

static void the_configuration_moves_what_commands_ask_and_read(void **state _unused_)
{
	struct tree t;
	configure(&t, "version: 1\npaths: {state: /srv/trap, run: /srv/run}\n");
	places_are("/srv/trap", "/srv/trap/incidents", "/srv/run");
	tree_done(&t);
}

static void the_environment_goes_before_the_configuration(void **state _unused_)
{
	struct tree t;
	configure(&t, "version: 1\npaths: {state: /srv/trap, run: /srv/run}\n");
	setenv("TRACETRAP_STATE_DIR", "/tmp/trap", 1);
	setenv("TRACETRAP_RUN_DIR", "", 1);
	places_are("/tmp/trap", "/tmp/trap/incidents", "/srv/run");
	tree_done(&t);
}

static void without_a_configuration_the_usual_places_are_meant(void **state _unused_)
{
	struct tree t;
	char path[128];
	configure(&t, "");
	setenv("TRACETRAP_CONFIG", at(&t, "absent.yaml", path), 1);
	places_are("/var/lib/tracetrap", "/var/lib/tracetrap/incidents", "/run/tracetrap");
	tree_done(&t);
}

static void mistakes_elsewhere_in_it_hide_no_incidents(void **state _unused_)
{
	struct tree t;
	configure(&t, "version: 1\npaths: {state: /srv/trap}\nstore: {max_use: lots}\n");
	places_are("/srv/trap", "/srv/trap/incidents", "/run/tracetrap");
	tree_done(&t);
}

static void a_flag_goes_before_environment_and_configuration(void **state _unused_)
{
	struct tree t;
	struct config c;
	configure(&t, "version: 1\npaths: {state: /srv/trap, klog: /srv/klog}\n");
	setenv("TRACETRAP_STATE_DIR", "/tmp/trap", 1);
	const struct settings_flags flags = {.usual_config = command_config(), .state_dir = "/flag", .proc_root = "/fake/proc"};
	assert_int_equal(command_load_config(&flags, &c), 0);
	assert_string_equal(c.state_dir, "/flag");
	assert_string_equal(c.proc_root, "/fake/proc");
	assert_string_equal(c.klog_path, "/srv/klog");
	config_done(&c);
	tree_done(&t);
}

static void the_doctor_looks_where_the_configuration_says(void **state _unused_)
{
	struct tree t;
	_cleanup_buf_ struct buf out = {0};
	configure(&t, "version: 1\npaths: {state: /proc/no/such/state}\n");
	command_run(command_find("doctor")->run, &out, (const char *[]){"doctor", "--json", NULL});
	assert_non_null(strstr(buf_str(&out), "nothing in /proc/no/such/state/history"));
	tree_done(&t);
}

static void the_doctor_refuses_a_configuration_that_is_wrong(void **state _unused_)
{
	struct tree t;
	char path[128];
	_cleanup_buf_ struct buf out = {0};
	configure(&t, "version: 1\nstore: {max_use: lots}\n");
	const char *argv[] = {"doctor", "--config", at(&t, "tracetrap.yaml", path), NULL};
	assert_int_equal(command_run(command_find("doctor")->run, &out, argv), EXIT_FOUND);
	assert_string_equal(buf_str(&out), "");
	tree_done(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configuration_moves_what_commands_ask_and_read),
		cmocka_unit_test(the_environment_goes_before_the_configuration),
		cmocka_unit_test(without_a_configuration_the_usual_places_are_meant),
		cmocka_unit_test(mistakes_elsewhere_in_it_hide_no_incidents),
		cmocka_unit_test(a_flag_goes_before_environment_and_configuration),
		cmocka_unit_test(the_doctor_looks_where_the_configuration_says),
		cmocka_unit_test(the_doctor_refuses_a_configuration_that_is_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
