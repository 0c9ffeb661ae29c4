/* SPDX-License-Identifier: GPL-2.0-only */
/* The running kernel's own log: what user space writes there is no event, and a self test comes through. */
#include "engine/base/clock.h"
#include "engine/detect/detect.h"
#include "tests/live/live.h"

#include <fcntl.h>
#include <poll.h>

#define WHILE_NS (500 * NS_PER_MS)

static uint16_t klog(void)
{
	for (uint16_t i = 0; i < detector_defs_n; i++)
		if (strcmp(detector_defs[i].name, "klog") == 0)
			return i;
	fail_msg("no detector klog");
	return 0;
}

static struct detect *start_with(const char *path, struct detector_status *ret)
{
	struct detect *d;
	assert_int_equal(detect_new(&(struct detect_options){.klog_path = path}, &d), 0);
	assert_int_equal(detect_start(d), 0);
	detect_status(d, klog(), ret);
	return d;
}

struct seen {
	unsigned forged, tests;
};

static void keep(void *ctx, uint16_t detector, const struct event *record, uint32_t len _unused_, const char *entity)
{
	struct seen *s = ctx;
	const struct event_klog *e = (const void *)record;
	if (detector != klog())
		return;
	assert_string_equal(entity, "host");
	s->tests += (record->flags & EVENT_FLAG_TEST) != 0;
	s->forged += strstr(e->message, "tracetrap-test") != NULL;
}

static void look_for(struct detect *d, struct seen *s, uint64_t ns)
{
	uint64_t now, end = clock_now(CLOCK_MONOTONIC) + ns;
	while ((now = clock_now(CLOCK_MONOTONIC)) < end) {
		struct pollfd p = {.fd = detect_fd(d), .events = POLLIN};
		poll(&p, 1, (int)((end - now) / NS_PER_MS) + 1);
		assert_true(detect_take(d, keep, s) >= 0);
	}
}

static void a_forged_line_is_ignored_and_a_self_test_is_not(void **state _unused_)
{
	static const char forged[] = "<4>BUG: tracetrap-test forged this\n";
	struct detector_status status;
	struct seen s = {0};
	struct detect *d = start_with("conf/klog", &status);
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0 && write(fd, forged, sizeof(forged) - 1) > 0);
	close(fd);
	assert_int_equal(status.state, DETECTOR_ATTACHED);
	assert_int_equal(detect_self_test(d, klog()), 0);
	look_for(d, &s, WHILE_NS);
	assert_int_equal(s.tests, 1);
	assert_int_equal(s.forged, 0);
	detect_free(d);
}

static void without_patterns_it_says_where_it_looked(void **state _unused_)
{
	struct detector_status status;
	struct detect *d = start_with("/nonexistent/klog", &status);
	assert_int_equal(status.state, DETECTOR_UNSUPPORTED);
	assert_non_null(strstr(status.reason, "no patterns at '/nonexistent/klog'"));
	detect_free(d);
}

static void a_wrong_pattern_is_told_with_its_place(void **state _unused_)
{
	static const char text[] = "version: 1\npatterns:\n  - {name: a, subsystem: b, match: '('}\n";
	char path[] = "/tmp/tt-klog-XXXXXX";
	struct detector_status status;
	int fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	struct detect *d = start_with(path, &status);
	unlink(path);
	assert_int_equal(status.state, DETECTOR_UNSUPPORTED);
	assert_non_null(strstr(status.reason, ":3:36: error: the pattern is no regular expression"));
	detect_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_forged_line_is_ignored_and_a_self_test_is_not),
		cmocka_unit_test(without_patterns_it_says_where_it_looked),
		cmocka_unit_test(a_wrong_pattern_is_told_with_its_place),
	};
	live_require(geteuid() == 0, "not root");
	live_offered(access("/dev/kmsg", R_OK | W_OK) == 0, "no kernel log device");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
