/* SPDX-License-Identifier: GPL-2.0-only */
/* A history of two boots, as the writer leaves it on disk, under other rules: by the function and by the command. */
#include <fcntl.h>
#include <getopt.h>
#include <json-c/json.h>

#include "engine/base/io.h"
#include "engine/base/log.h"
#include "engine/cli/command.h"
#include "engine/replay_hours.h"
#include "rules/load.h"
#include "tests/unit/support/command.h"
#include "tests/unit/support/bundle.h"
#include "tests/unit/support/days.h"

#define BOOT2_OFFSET (DAYS_OFFSET + INT64_C(820000000000)) /* its second 5 is 125 s after the last one of the first boot */
#define NS(s) ((uint64_t)(s) * NS_PER_S)

int cmd_replay(int argc, char **argv);

static const char rule_text[] = "version: 1\nrules:\n"
				"  - name: busy\n"
				"    summary: busy\n"
				"    severity: major\n"
				"    for_each: host\n"
				"    params: {level: 50%}\n"
				"    when: cpu.sys > $level\n"
				"    hold: 2s\n"
				"    limits: {entity: 1/10m, rule: 6/1h}\n";

static char *dir;
static char history[512], rules[512];

/* Busy in seconds 301 to 310, which fired; from 500 to 510 half as much, which fired too, by rules of that time. */
static void first_boot(struct hours *h)
{
	struct days d;
	days_begin(&d, 1, NS(100), DAYS_OFFSET);
	days_live(&d, h, 300, 10);
	days_live(&d, h, 303, 80);
	days_fired(&d, TRANSITION_FIRED, true);
	days_live(&d, h, 310, 80);
	days_fired(&d, TRANSITION_ENDED, false);
	days_live(&d, h, 500, 10);
	days_fired(&d, TRANSITION_FIRED, false);
	days_live(&d, h, 510, 40);
	days_fired(&d, TRANSITION_ENDED, false);
	days_live(&d, h, 700, 10);
	days_end(&d);
}

/* Busy in its seconds 101 to 110, which nobody noticed. */
static void second_boot(struct hours *h)
{
	struct days d;
	days_begin(&d, 2, NS(5), BOOT2_OFFSET);
	days_live(&d, h, 100, 10);
	days_live(&d, h, 110, 90);
	days_live(&d, h, 200, 10);
	days_end(&d);
}

static int setup(void **state _unused_)
{
	struct hours *h = NULL;
	dir = scratch_make();
	snprintf(history, sizeof(history), "%s/" HOURS_DIR, dir);
	snprintf(rules, sizeof(rules), "%s/rules.yaml", dir);
	_cleanup_close_ int state_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int fd = open(rules, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(io_write(fd, rule_text, strlen(rule_text)), 0);
	assert_int_equal(hours_open(state_fd, &(struct hours_bounds){0}, (gid_t)-1, &h), 0);
	first_boot(h);
	second_boot(h);
	hours_close(h);
	return 0;
}

static int teardown(void **state _unused_)
{
	scratch_remove(dir);
	return 0;
}

static struct ruleset *load(void)
{
	const char *path = rules;
	struct load_options o = {.paths = &path, .n_paths = 1, .vocabulary = vocabulary()};
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	assert_int_equal(rules_load(&o, d, &set), 0);
	diagnostics_free(d);
	return set;
}

static void replay(const struct ruleset *set, uint64_t since_ns, uint64_t until_ns, struct replay_result *ret)
{
	struct replay_hours_options hours = {.path = history};
	struct replay_options o = {.rules = set, .vocabulary = vocabulary(), .since_ns = since_ns, .until_ns = until_ns};
	uint64_t damaged = 1;
	assert_int_equal(replay_hours(&hours, &o, ret, &damaged), 0);
	assert_int_equal(damaged, 0);
}

static void what_was_recorded_what_is_new_and_what_is_gone_over_two_boots(void **state _unused_)
{
	struct ruleset *set = load();
	struct replay_result r;
	replay(set, 0, 0, &r);
	assert_int_equal(r.samples, 600 + 195);
	assert_int_equal(r.n, 3);
	assert_int_equal(r.happening, 2);
	assert_true(r.firings[0].happens && r.firings[0].recorded && r.firings[0].token);
	assert_int_equal(r.firings[0].at_ns, DAYS_OFFSET + NS(303));
	assert_string_equal(r.firings[0].mark, "1 Hz");
	assert_true(!r.firings[1].happens && r.firings[1].recorded);
	assert_int_equal(r.firings[1].recorded_at_ns, DAYS_OFFSET + NS(500));
	assert_true(r.firings[2].happens && !r.firings[2].recorded);
	assert_int_equal(r.firings[2].at_ns, BOOT2_OFFSET + NS(103));
	assert_false(r.firings[2].token); /* the token is spent, and 103 s of uptime refill none */
	assert_int_equal(r.end_ns - r.begin_ns, BOOT2_OFFSET + NS(200) - DAYS_OFFSET - NS(100));
	replay_done(&r);
	ruleset_free(set);
}

static void since_and_until_bound_what_is_told_not_what_the_windows_saw(void **state _unused_)
{
	struct ruleset *set = load();
	struct replay_result r;
	replay(set, (uint64_t)DAYS_OFFSET + NS(303), (uint64_t)DAYS_OFFSET + NS(499), &r);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.happening, 1);
	replay_done(&r);
	replay(set, (uint64_t)DAYS_OFFSET + NS(304), 0, &r);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.happening, 1);
	assert_int_equal(r.missed, 1);
	replay_done(&r);
	ruleset_free(set);
}

#define RUN(out, ...) command_run(cmd_replay, out, (const char *[]){"replay", "--store", dir, __VA_ARGS__, NULL})

static void the_command_tells_the_firings_of_a_directory(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	assert_int_equal(RUN(&out, "--rules", rules, history), EXIT_OK);
	assert_string_equal(buf_str(&out),
			    "busy on host fires at 2026-11-18T11:05:03.000Z, as recorded (1 Hz)\n"
			    "busy on host would not have fired; recorded at 2026-11-18T11:08:20.000Z, suppressed by its limits\n"
			    "busy on host fires at 2026-11-18T11:15:23.000Z, not recorded (1 Hz), suppressed by its limits\n"
			    "795 readings over 15m20s, 1 rule\n");
}

static void a_sweep_tells_what_each_setting_would_have_cost(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	assert_int_equal(RUN(&out, "--rules", rules, "--set", "busy.level=35%..95%/25%", history), EXIT_OK);
	assert_string_equal(
		buf_str(&out),
		"busy.level=35%: fires 3 times, first at 2026-11-18T11:05:03.000Z; 1 captured (2.0MiB), 2 suppressed; "
		"2 as recorded, 1 new, 0 gone\n"
		"busy.level=60%: fires 2 times, first at 2026-11-18T11:05:03.000Z; 1 captured (2.0MiB), 1 suppressed; "
		"1 as recorded, 1 new, 1 gone\n"
		"busy.level=85%: fires 1 time, first at 2026-11-18T11:15:23.000Z; 1 captured (2.0MiB), 0 suppressed; "
		"0 as recorded, 1 new, 2 gone\n");
}

static void a_sweeps_json_has_the_same_for_each_setting(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	assert_int_equal(RUN(&out, "--json", "--rules", rules, "--set", "busy.level=60%..85%/25%", history, history), EXIT_OK);
	struct json_object *all = json_tokener_parse(buf_str(&out)), *v;
	assert_int_equal(json_object_array_length(all), 2);
	struct json_object *o = json_object_array_get_idx(all, 0);
	static const struct {
		const char *key;
		int64_t value;
	} expected[] = {{"fired", 4}, {"suppressed", 2}, {"captured", 2}, {"as_recorded", 2}, {"new", 2}, {"gone", 2}};
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_true(json_object_object_get_ex(o, expected[i].key, &v));
		assert_int_equal(json_object_get_int64(v), expected[i].value);
	}
	assert_true(json_object_object_get_ex(o, "recordings", &v));
	assert_int_equal(json_object_array_length(v), 2);
	json_object_put(all);
}

static bool keep(void *ctx, const char *line, size_t len)
{
	buf_add(ctx, line, len);
	return true;
}

static void a_directory_without_hours_is_told_from_one_with_them(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0}, said = {0};
	log_set_sink(keep, &said);
	assert_int_equal(RUN(&out, dir), EXIT_FOUND);
	assert_int_equal(RUN(&out, "--rules", rules, "tests/data"), EXIT_FOUND);
	log_set_sink(NULL, NULL);
	assert_non_null(strstr(buf_str(&said), "holds no hours of history; '"));
	assert_non_null(strstr(buf_str(&said), "/" HOURS_DIR "' does\n"));
	assert_non_null(strstr(buf_str(&said), "'tests/data' holds no hours of history (20261121T15Z.tth and so on): name @history"));
}

static void history_without_rules_or_at_no_time_is_refused(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	assert_int_equal(RUN(&out, history), EXIT_FOUND);
	assert_int_equal(RUN(&out, "--rules", rules, "--since", "yesterday", history), EXIT_USAGE);
	assert_int_equal(RUN(&out, "--rules", rules, dir), EXIT_FOUND); /* a directory without hours */
	assert_string_equal(buf_str(&out), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_recorded_what_is_new_and_what_is_gone_over_two_boots),
		cmocka_unit_test(since_and_until_bound_what_is_told_not_what_the_windows_saw),
		cmocka_unit_test(the_command_tells_the_firings_of_a_directory),
		cmocka_unit_test(a_sweep_tells_what_each_setting_would_have_cost),
		cmocka_unit_test(a_sweeps_json_has_the_same_for_each_setting),
		cmocka_unit_test(a_directory_without_hours_is_told_from_one_with_them),
		cmocka_unit_test(history_without_rules_or_at_no_time_is_refused),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
