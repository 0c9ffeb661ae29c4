/* SPDX-License-Identifier: GPL-2.0-only */
/* Rule tests whose input is a slice of a history, of two runs of the daemon. */
#include <fcntl.h>
#include <getopt.h>

#include "engine/base/io.h"
#include "engine/cli/command.h"
#include "tests/unit/support/bundle.h"
#include "tests/unit/support/command.h"
#include "tests/unit/support/days.h"

#define NS(s) ((uint64_t)(s) * NS_PER_S)
#define HEAD "version: 1\nrules: [jump.yaml]\ntests:\n  - name: t\n"

static const char rule_text[] = "version: 1\nrules:\n"
				"  - name: jump\n"
				"    summary: jump\n"
				"    when: cpu.sys > 50% and rise(cpu.sys, 10s) > 20%\n"
				"    hold: 2s\n";

static char *dir;

static void write_text(const char *name, const char *text)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_int_equal(io_write(fd, text, strlen(text)), 0);
}

/* From 11:01:40 to 11:11:40 on, busy in the seconds 11:05:01 to 11:05:10; restarted, and on for a minute. */
static int setup(void **state _unused_)
{
	struct hours *h = NULL;
	struct days d;
	dir = scratch_make();
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(hours_open(fd, &(struct hours_bounds){0}, (gid_t)-1, &h), 0);
	days_begin(&d, 1, NS(100), DAYS_OFFSET);
	days_live(&d, h, 300, 10);
	days_live(&d, h, 310, 80);
	days_live(&d, h, 700, 10);
	days_end(&d);
	days_begin(&d, 2, NS(5), DAYS_OFFSET + INT64_C(820000000000));
	days_live(&d, h, 65, 10);
	days_end(&d);
	hours_close(h);
	write_text("jump.yaml", rule_text);
	return 0;
}

static int teardown(void **state _unused_)
{
	scratch_remove(dir);
	return 0;
}

/* What `tracetrap test` says of that one, which ends with `code`. */
static void expect_said(const char *test, int code, const char *said)
{
	_cleanup_buf_ struct buf text = {0}, out = {0};
	char path[512];
	snprintf(path, sizeof(path), "%s/a.test.yaml", dir);
	buf_printf(&text, HEAD "%s", test);
	write_text("a.test.yaml", buf_str(&text));
	int ended = command_run(command_find("test")->run, &out, (const char *[]){"test", path, NULL});
	if (ended != code || !strstr(buf_str(&out), said))
		print_error("%d, and '%s' is not in\n%s\n", ended, said, buf_str(&out));
	assert_int_equal(ended, code);
	assert_non_null(strstr(buf_str(&out), said));
}

static void time_begins_with_the_slice_and_its_windows_were_filled_before(void **state _unused_)
{
	expect_said("    input: history\n    since: 2026-11-18T11:04:58Z\n    until: 2026-11-18T11:06:00Z\n"
		    "    expect: [{rule: jump, fires_at: 5s, clears_at: 14s}]\n",
		    EXIT_OK, "1 passed");
	expect_said("    input: history/20261118T11Z.tth\n    since: 2026-11-18T11:05:02.5Z\n    until: 2026-11-18T11:06:00Z\n"
		    "    expect: [{rule: jump, fires_at: 0s}]\n",
		    EXIT_OK, "1 passed");
}

static void what_is_outside_of_the_slice_is_not_told(void **state _unused_)
{
	expect_said("    input: history\n    since: 2026-11-18T11:05:04Z\n    until: 2026-11-18T11:06:00Z\n"
		    "    expect: [{rule: jump, clears_at: 8s}]\n",
		    EXIT_OK, "1 passed");
	expect_said("    input: history\n    since: 2026-11-18T11:04:58Z\n    until: 2026-11-18T11:05:02Z\n"
		    "    expect: [{rule: jump, fires_at: 5s}]\n",
		    EXIT_FOUND, "5s: jump on host fires: expected, not seen");
}

static void before_the_slice_the_daemon_may_have_been_restarted(void **state _unused_)
{
	expect_said("    input: history\n    since: 2026-11-18T11:13:50Z\n    expect: []\n", EXIT_OK, "1 passed");
	expect_said("    input: history\n    since: 2026-11-18T11:11:00Z\n    expect: []\n", EXIT_FOUND,
		    "was restarted within this slice: choose one of before or after it");
}

static void a_slice_that_is_none_is_told(void **state _unused_)
{
	expect_said("    input: history\n    since: 2027-01-01T00:00:00Z\n    expect: []\n", EXIT_FOUND,
		    "there is nothing in");
	expect_said("    input: .\n    expect: []\n", EXIT_FOUND, "there is none");
	expect_said("    input: jump.yaml\n    since: 2026-11-18T11:05:00Z\n    expect: []\n", EXIT_FOUND,
		    "'since' and 'until' are for a history");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_begins_with_the_slice_and_its_windows_were_filled_before),
		cmocka_unit_test(what_is_outside_of_the_slice_is_not_told),
		cmocka_unit_test(before_the_slice_the_daemon_may_have_been_restarted),
		cmocka_unit_test(a_slice_that_is_none_is_told),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
