/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <json-c/json.h>

#include "engine/base/io.h"
#include "engine/cli/command.h"
#include "engine/cli/sweep.h"
#include "engine/vocabulary.h"
#include "tests/unit/support/command.h"
#include "tests/unit/support/bundle.h"

#define LIVE_VOCABULARY vocabulary()
#include "tests/unit/engine/live.h"

int cmd_replay(int argc, char **argv);

struct scene {
	char *dir;
	char bundle[512], log[512], rules[512];
	unsigned fired;
};

static void write_file(const char *path, const void *data, size_t len)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, data, len), 0);
}

static int scene_make(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct ruleset *set = load(busy_rule, hot_rule, NULL);
	struct live l;
	_cleanup_buf_ struct buf tts = {0}, rules = {0};
	s->dir = scratch_make();
	snprintf(s->bundle, sizeof(s->bundle), "%s/%s" BUNDLE_SUFFIX, s->dir, SAMPLE_ID);
	snprintf(s->log, sizeof(s->log), "%s/samples.tts", s->dir);
	snprintf(s->rules, sizeof(s->rules), "%s/rules.yaml", s->dir);
	record(set, 3, 0, &l, &tts);
	s->fired = l.fired[0];
	recording_bundle(s->bundle, &tts, ruleset_find(set, "busy")->yaml);
	write_file(s->log, tts.data, tts.len);
	buf_printf(&rules, "version: 1\nrules:\n%s%s", busy_rule, hot_rule);
	write_file(s->rules, rules.data, rules.len);
	live_end(&l);
	ruleset_free(set);
	*state = s;
	return 0;
}

static int scene_remove(void **state)
{
	struct scene *s = *state;
	scratch_remove(s->dir);
	free(s);
	return 0;
}

#define RUN(out, ...) command_run(cmd_replay, out, (const char *[]){"replay", __VA_ARGS__, NULL})

static void a_bundles_own_rule_fires_as_recorded(void **state)
{
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0};
	assert_int_equal(RUN(&out, (char *)s->bundle), EXIT_OK);
	assert_non_null(strstr(buf_str(&out), "busy on host fires at 2023-11-14T22:"));
	assert_non_null(strstr(buf_str(&out), ", as recorded"));
	assert_null(strstr(buf_str(&out), "not recorded"));
	assert_null(strstr(buf_str(&out), "hot on host"));
	assert_non_null(strstr(buf_str(&out), "600 readings over 1m, 1 rule\n"));
}

static void a_parameter_that_is_set_higher_would_not_have_fired(void **state)
{
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0};
	assert_int_equal(RUN(&out, "--set", "busy.level=99%", (char *)s->bundle), EXIT_FOUND);
	assert_non_null(strstr(buf_str(&out), "busy on host would not have fired; recorded at 2023-11-14T22:"));
	assert_non_null(strstr(buf_str(&out), "with these rules it would not have fired\n"));
}

static void json_names_rules_span_and_firings(void **state)
{
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0};
	assert_int_equal(RUN(&out, "--json", "--rules", (char *)s->rules, (char *)s->log), EXIT_OK);
	struct json_object *o = json_tokener_parse(buf_str(&out)), *firings, *v;
	assert_non_null(o);
	assert_true(json_object_object_get_ex(o, "rules", &v));
	assert_int_equal(json_object_array_length(v), 2);
	assert_true(json_object_object_get_ex(o, "samples", &v));
	assert_int_equal(json_object_get_int64(v), 600);
	assert_true(json_object_object_get_ex(o, "span_s", &v));
	assert_true(json_object_get_double(v) == 60);
	assert_true(json_object_object_get_ex(o, "differences", &v));
	assert_int_equal(json_object_get_int64(v), 0);
	assert_true(json_object_object_get_ex(o, "firings", &firings));
	assert_true(json_object_array_length(firings) > s->fired);
	struct json_object *first = json_object_array_get_idx(firings, 0);
	static const char *const keys[] = {"rule", "entity", "at", "recorded", "mark"};
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_true(json_object_object_get_ex(first, keys[i], &v));
	json_object_put(o);
}

static void a_range_tells_for_each_value_what_it_would_have_done(void **state)
{
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0}, json = {0};
	char expected[128];
	assert_int_equal(RUN(&out, "--set", "busy.level=50%..99%/49%", (char *)s->bundle), EXIT_OK);
	snprintf(expected, sizeof(expected), "busy.level=50%%: fires %u times, first at 2023-", s->fired);
	assert_true(starts_with(buf_str(&out), expected));
	assert_non_null(strstr(buf_str(&out), "\nbusy.level=99%: does not fire; 0 as recorded, 0 new, "));
	assert_int_equal(RUN(&json, "--json", "--set", "busy.level=50%..100%", (char *)s->bundle), EXIT_OK);
	struct json_object *o = json_tokener_parse(buf_str(&json)), *v;
	assert_int_equal(json_object_array_length(o), 11);
	assert_true(json_object_object_get_ex(json_object_array_get_idx(o, 10), "set", &v));
	assert_string_equal(json_object_get_string(v), "busy.level=100%");
	json_object_put(o);
}

static void a_range_has_its_ends_and_any_unit(void **state _unused_)
{
	struct sweep s;
	char text[SWEEP_TEXT_MAX];
	assert_false(sweep_is("a.b=10ms"));
	assert_true(sweep_is("a.b=1..2/0.5") && sweep_parse("a.b=1..2/0.5", &s));
	assert_int_equal(s.n, 3);
	assert_string_equal(sweep_value(&s, 2, text), "a.b=2");
	assert_true(sweep_parse("a.b=10/s..20/s/5/s", &s));
	assert_string_equal(sweep_value(&s, 1, text), "a.b=15/s");
	assert_true(sweep_parse("a.b=0.1ms..0.3ms/0.1ms", &s));
	assert_int_equal(s.n, 3);
	assert_string_equal(sweep_value(&s, 2, text), "a.b=0.3ms");
}

static void what_is_no_range_is_a_usage_error(void **state)
{
	static const char *const bad[] = {"a.b=1%..2s",	    "a.b=2%..1%/1%", "a.b=1%..2%/0%", "a.b=..",
					  "a.b=1%..2%/1e-9%", "a.b=x..y",	     "a.b=1..2/1s",   "a.b=1..inf/1"};
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(RUN(&out, "--set", (char *)bad[i], (char *)s->bundle), EXIT_USAGE);
	assert_int_equal(RUN(&out, "--set", "a.b=1..2", "--set", "a.c=1..2", (char *)s->bundle), EXIT_USAGE);
}

static void a_log_alone_needs_rules_and_damage_is_named(void **state)
{
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0};
	assert_int_equal(RUN(&out, (char *)s->log), EXIT_FOUND);
	assert_int_equal(RUN(&out, (char *)s->rules), EXIT_FOUND);
	assert_int_equal(RUN(&out, "/no/such/file"), EXIT_FOUND);
	assert_int_equal(RUN(&out, "--set", "busy.levle=1%", (char *)s->bundle), EXIT_FOUND);
	assert_int_equal(RUN(&out, "--bogus", (char *)s->bundle), EXIT_USAGE);
	assert_int_equal(command_run(cmd_replay, &out, (const char *[]){"replay", NULL}), EXIT_USAGE);
	assert_string_equal(buf_str(&out), "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bundles_own_rule_fires_as_recorded),
		cmocka_unit_test(a_parameter_that_is_set_higher_would_not_have_fired),
		cmocka_unit_test(json_names_rules_span_and_firings),
		cmocka_unit_test(a_range_tells_for_each_value_what_it_would_have_done),
		cmocka_unit_test(a_range_has_its_ends_and_any_unit),
		cmocka_unit_test(what_is_no_range_is_a_usage_error),
		cmocka_unit_test(a_log_alone_needs_rules_and_damage_is_named),
	};
	return cmocka_run_group_tests(tests, scene_make, scene_remove);
}
