/* SPDX-License-Identifier: GPL-2.0-only */
#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <json-c/json.h>

#include "engine/base/io.h"
#include "engine/cli/command.h"
#include "engine/vocabulary.h"
#include "tests/unit/support/command.h"
#include "tests/unit/support/bundle.h"

#define LIVE_VOCABULARY vocabulary()
#include "tests/unit/engine/live.h"

#define STOCK "conf/rules.d/tests"
#define PACKS "conf/packs/tests"

struct scene {
	char *dir;
	char path[512], junit[512];
	unsigned fired; /* by `busy` in the recording */
};

static void write_file(const char *dir, const char *name, const void *data, size_t len)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, data, len), 0);
}

static void write_text(const char *dir, const char *name, const char *text)
{
	write_file(dir, name, text, strlen(text));
}

static int scene_make(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct ruleset *set = load(busy_rule, hot_rule, NULL);
	struct live l;
	_cleanup_buf_ struct buf tts = {0}, rules = {0};
	s->dir = scratch_make();
	snprintf(s->junit, sizeof(s->junit), "%s/junit.xml", s->dir);
	record(set, 3, 0, &l, &tts);
	s->fired = l.fired[0];
	write_file(s->dir, "samples.tts", tts.data, tts.len);
	snprintf(s->path, sizeof(s->path), "%s/incident.tar.zst", s->dir);
	recording_bundle(s->path, &tts, ruleset_find(set, "busy")->yaml);
	snprintf(s->path, sizeof(s->path), "%s/a.test.yaml", s->dir);
	buf_printf(&rules, "version: 1\nrules:\n%s", busy_rule);
	write_text(s->dir, "busy.yaml", buf_str(&rules));
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

#define RUN(out, ...) command_run(command_find("test")->run, out, (const char *[]){"test", __VA_ARGS__, NULL})

static void the_stock_rules_and_packs_do_what_their_tests_say(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	int code = RUN(&out, "--diff", STOCK, PACKS);
	if (code != EXIT_OK)
		fail_msg("%s", buf_str(&out));
}

static void the_stock_rules_and_packs_have_no_mutation_that_survives(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	int code = RUN(&out, "--mutate", STOCK, PACKS);
	if (code != EXIT_OK || strstr(buf_str(&out), "survives"))
		fail_msg("%s", buf_str(&out));
	assert_non_null(strstr(buf_str(&out), "thresholds"));
}

static void every_stock_rule_has_its_test(void **state _unused_)
{
	DIR *names = opendir("conf/rules.d");
	assert_non_null(names);
	for (struct dirent *d; (d = readdir(names));) {
		char path[512];
		size_t len = strlen(d->d_name);
		if (len < 6 || !streq(d->d_name + len - 5, ".yaml"))
			continue;
		snprintf(path, sizeof(path), STOCK "/%.*s.test.yaml", (int)len - 5, d->d_name);
		if (access(path, R_OK) < 0)
			fail_msg("%s has no test", d->d_name);
	}
	closedir(names);
}

#define HEAD "version: 1\nrules: [busy.yaml]\ntests:\n"
#define SERIES "    series: {cpu.sys: 20x9 60x4}\n"

static void a_failure_is_told_and_explained(void **state)
{
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0}, diff = {0};
	write_text(s->dir, "a.test.yaml", HEAD "  - name: too late\n" SERIES "    expect: [{rule: busy, fires_at: 12s}]\n");
	assert_int_equal(RUN(&out, s->path), EXIT_FOUND);
	assert_non_null(strstr(buf_str(&out), "a.test.yaml:4: too late\n    11s: busy on host fires, not expected\n"
					      "    12s: busy on host fires: expected, not seen\n0 passed, 1 failed\n"));
	assert_int_equal(RUN(&diff, "--diff", s->path), EXIT_FOUND);
	assert_non_null(strstr(buf_str(&diff), "cpu.sys > $level: true\n"));
	assert_non_null(strstr(buf_str(&diff), "cpu.sys = 60.0%\n"));
}

static void run_chooses_by_name(void **state)
{
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0}, none = {0};
	write_text(s->dir, "a.test.yaml",
		   HEAD "  - name: right\n" SERIES "    expect: [{rule: busy, fires_at: 11s}]\n"
			"  - name: wrong\n" SERIES "    expect: []\n");
	assert_int_equal(RUN(&out, "--run", "^ri", s->path), EXIT_OK);
	assert_non_null(strstr(buf_str(&out), "1 passed, 0 failed\n"));
	assert_int_equal(RUN(&none, "--run", "nothing", s->path), EXIT_FOUND);
}

static void junit_counts_and_escapes(void **state)
{
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0}, junit = {0};
	write_text(s->dir, "a.test.yaml",
		   HEAD "  - name: a < b\n" SERIES "    expect: [{rule: busy, fires_at: 11s}]\n"
			"  - name: wrong\n" SERIES "    expect: []\n");
	assert_int_equal(RUN(&out, "--junit", s->junit, s->path), EXIT_FOUND);
	assert_int_equal(io_read_file(AT_FDCWD, s->junit, 1 << 20, &junit), 0);
	assert_non_null(strstr(buf_str(&junit), "tests=\"2\" failures=\"1\""));
	assert_non_null(strstr(buf_str(&junit), "name=\"a &#60; b\"/>"));
	assert_non_null(strstr(buf_str(&junit), "11s: busy on host fires, not expected\n</failure>"));
}

static void what_no_test_notices_is_listed(void **state)
{
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0};
	write_text(s->dir, "a.test.yaml", HEAD "  - name: t\n" SERIES "    expect: [{rule: busy, fires_at: 11s}]\n");
	assert_int_equal(RUN(&out, "--mutate", s->path), EXIT_FOUND);
	assert_non_null(strstr(buf_str(&out), "busy.yaml:8:19: survives: busy: > as >=\n"));
	assert_non_null(strstr(buf_str(&out), "comparisons  0 of 3 noticed (0.0 %)\n"));
}

static void a_file_that_cannot_be_loaded_is_a_failure_and_the_others_run(void **state)
{
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0};
	write_text(s->dir, "a.test.yaml", HEAD "  - name: t\n    serie: {}\n    expect: []\n");
	assert_int_equal(RUN(&out, s->path, STOCK "/oom.test.yaml"), EXIT_FOUND);
	assert_non_null(strstr(buf_str(&out), "a.test.yaml: cannot be loaded\n"));
	assert_non_null(strstr(buf_str(&out), "1 passed, 1 failed\n"));
}

static void reports_say_what_is_wrong_with_a_file(void **state)
{
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0}, junit = {0};
	static const char wrong[] = "a.test.yaml:5:5: error: unknown key 'serie' in a test, did you mean 'series'? [TT042]";
	write_text(s->dir, "a.test.yaml", HEAD "  - name: t\n    serie: {}\n    expect: []\n");
	assert_int_equal(RUN(&out, "--json", "--junit", s->junit, s->path), EXIT_FOUND);
	assert_non_null(strstr(buf_str(&out), wrong));
	assert_int_equal(io_read_file(AT_FDCWD, s->junit, 1 << 20, &junit), 0);
	assert_non_null(strstr(buf_str(&junit), "unknown key &#39;serie&#39; in a test, did you mean &#39;series&#39;? [TT042]\n</error>"));
}

/* What the recording makes the rule do, as the test would expect it: {rule: busy, fires_at: [...], suppressed_at: [...]} */
static void expect_as_seen(struct json_object *differences, const char *moment, struct buf *out, unsigned *n)
{
	buf_printf(out, ", %s_at: [", moment);
	for (size_t i = 0; i < json_object_array_length(differences); i++) {
		struct json_object *d = json_object_array_get_idx(differences, i), *v;
		assert_true(json_object_object_get_ex(d, "moment", &v));
		if (!streq(json_object_get_string(v), moment))
			continue;
		assert_true(json_object_object_get_ex(d, "at_s", &v));
		buf_printf(out, "%.9gs, ", json_object_get_double(v));
		++*n;
	}
	buf_add_str(out, "]");
}

/* Of a bundle as of its log alone. */
static void a_recording_is_an_input_and_time_begins_with_it(void **state)
{
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0}, again = {0}, test = {0};
	unsigned n = 0;
	buf_add_str(&test, HEAD "  - name: t\n    input: incident.tar.zst\n    expect: [");
	write_text(s->dir, "a.test.yaml", HEAD "  - name: t\n    input: samples.tts\n    expect: []\n");
	assert_int_equal(RUN(&out, "--json", s->path), EXIT_FOUND);
	struct json_object *all = json_tokener_parse(buf_str(&out)), *differences;
	assert_non_null(all);
	assert_true(json_object_object_get_ex(json_object_array_get_idx(all, 0), "differences", &differences));
	buf_add_str(&test, "{rule: busy");
	expect_as_seen(differences, "fires", &test, &n);
	expect_as_seen(differences, "suppressed", &test, &n);
	buf_add_str(&test, "}]\n");
	assert_int_equal(n, s->fired);
	assert_true(n > 0);
	json_object_put(all);
	write_text(s->dir, "a.test.yaml", buf_str(&test));
	assert_int_equal(RUN(&again, s->path), EXIT_OK);
}

static void a_recording_that_is_none_is_told(void **state)
{
	const struct scene *s = *state;
	_cleanup_buf_ struct buf out = {0};
	write_text(s->dir, "a.test.yaml", HEAD "  - name: t\n    input: nowhere.tar.zst\n    expect: []\n");
	assert_int_equal(RUN(&out, s->path), EXIT_FOUND);
	assert_non_null(strstr(buf_str(&out), "nowhere.tar.zst"));
}

static void what_is_no_usage_is_told(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	assert_int_equal(command_run(command_find("test")->run, &out, (const char *[]){"test", NULL}), EXIT_USAGE);
	assert_int_equal(RUN(&out, "--frob", STOCK), EXIT_USAGE);
	assert_int_equal(RUN(&out, "--run", "(", STOCK), EXIT_USAGE);
	assert_int_equal(RUN(&out, "conf/noise"), EXIT_FOUND);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_stock_rules_and_packs_do_what_their_tests_say),
		cmocka_unit_test(the_stock_rules_and_packs_have_no_mutation_that_survives),
		cmocka_unit_test(every_stock_rule_has_its_test),
		cmocka_unit_test(a_failure_is_told_and_explained),
		cmocka_unit_test(run_chooses_by_name),
		cmocka_unit_test(junit_counts_and_escapes),
		cmocka_unit_test(what_no_test_notices_is_listed),
		cmocka_unit_test(a_file_that_cannot_be_loaded_is_a_failure_and_the_others_run),
		cmocka_unit_test(reports_say_what_is_wrong_with_a_file),
		cmocka_unit_test(a_recording_is_an_input_and_time_begins_with_it),
		cmocka_unit_test(a_recording_that_is_none_is_told),
		cmocka_unit_test(what_is_no_usage_is_told),
	};
	return cmocka_run_group_tests(tests, scene_make, scene_remove);
}
