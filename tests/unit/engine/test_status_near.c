/* SPDX-License-Identifier: GPL-2.0-only */
/* `tracetrap status --near` over a history that is made up: what nearly fired in it. */
#include <fcntl.h>
#include <getopt.h>
#include <json-c/json.h>

#include "engine/base/io.h"
#include "engine/cli/command.h"
#include "tests/unit/support/bundle.h"
#include "tests/unit/support/days.h"

int cmd_status(int argc, char **argv);

static const char rule_text[] = "version: 1\nrules:\n"
				"  - name: busy\n"
				"    summary: busy\n"
				"    severity: major\n"
				"    for_each: host\n"
				"    params: {level: 50%}\n"
				"    when: cpu.sys > $level\n"
				"    hold: 2s\n";

static char *dir;
static char rules[512];

static int setup(void **state _unused_)
{
	struct hours *h = NULL;
	struct days d;
	dir = scratch_make();
	snprintf(rules, sizeof(rules), "%s/rules.yaml", dir);
	setenv("TRACETRAP_STATE_DIR", dir, 1);
	setenv("TRACETRAP_CONFIG", scratch_path(dir, "none.yaml"), 1);
	_cleanup_close_ int state_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int fd = open(rules, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(io_write(fd, rule_text, strlen(rule_text)), 0);
	assert_int_equal(hours_open(state_fd, &(struct hours_bounds){0}, (gid_t)-1, &h), 0);
	days_begin(&d, 1, 0, DAYS_OFFSET);
	days_live(&d, h, 339, 10);
	days_live(&d, h, 344, 47);
	days_live(&d, h, 399, 10);
	days_live(&d, h, 401, 60);
	days_live(&d, h, 500, 10);
	days_live(&d, h, 510, 80);
	days_live(&d, h, 600, 10);
	days_end(&d);
	hours_close(h);
	return 0;
}

static int teardown(void **state _unused_)
{
	scratch_remove(dir);
	return 0;
}

static int run(struct buf *ret_out, char **argv)
{
	int argc = 0, saved = dup(STDOUT_FILENO);
	_cleanup_close_ int fd = io_memfd("stdout", 0);
	while (argv[argc])
		argc++;
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	optind = 0;
	int code = cmd_status(argc, argv);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	lseek(fd, 0, SEEK_SET);
	io_read_all(fd, 1 << 20, ret_out);
	return code;
}

#define RUN(out, ...) run(out, (char *[]){"status", __VA_ARGS__, NULL})

static void what_nearly_fired_is_a_line_each(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	assert_int_equal(RUN(&out, "--near", "2026-11-18", "--rules", rules), EXIT_OK);
	assert_string_equal(buf_str(&out),
			    "RULE  ENTITY  FROM                  FOR  NEAREST\n"
			    "busy  host    2026-11-18T11:05:40Z   4s  47.0% against 50.0% (6.0 % off) in cpu.sys > $level\n"
			    "busy  host    2026-11-18T11:06:40Z   1s  true, held 1s of 2s\n");
}

static void the_json_has_the_same(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	assert_int_equal(RUN(&out, "--json", "--near", "2026-11-18", "--rules", rules), EXIT_OK);
	struct json_object *all = json_tokener_parse(buf_str(&out)), *v;
	assert_int_equal(json_object_array_length(all), 2);
	struct json_object *o = json_object_array_get_idx(all, 0);
	static const char *const keys[] = {"rule", "entity_kind", "entity", "from", "to", "nearest_at", "off", "term", "value",
					   "threshold", "held_s", "hold_s"};
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_true(json_object_object_get_ex(o, keys[i], &v) && v);
	assert_true(json_object_object_get_ex(json_object_array_get_idx(all, 1), "held_s", &v));
	assert_true(json_object_get_double(v) == 1);
	json_object_put(all);
}

static void a_time_without_a_near_miss_ends_with_1_and_nonsense_with_2(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	assert_int_equal(RUN(&out, "--near", "2026-11-18T11:07:00Z", "--rules", rules), EXIT_FOUND);
	assert_string_equal(buf_str(&out), "no rule came within 10 % of firing since 2026-11-18T11:07:00.000Z\n");
	assert_int_equal(RUN(&out, "--near", "lately", "--rules", rules), EXIT_USAGE);
	assert_int_equal(RUN(&out, "--rules", rules), EXIT_USAGE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nearly_fired_is_a_line_each),
		cmocka_unit_test(the_json_has_the_same),
		cmocka_unit_test(a_time_without_a_near_miss_ends_with_1_and_nonsense_with_2),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
