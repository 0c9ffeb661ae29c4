/* SPDX-License-Identifier: GPL-2.0-only */
/* The shipped filters, with the real vocabulary. */
#include "engine/noise.h"
#include "engine/vocabulary.h"
#include "tests/unit/support/test.h"

static struct noise *load_shipped(void)
{
	static const char *const path = "conf/noise";
	struct diagnostics *d = diagnostics_new();
	struct noise *n = NULL;
	struct load_options options = {.paths = &path, .n_paths = 1, .vocabulary = vocabulary()};
	assert_int_equal(noise_load(&options, d, &n), 0);
	assert_int_equal(diagnostics_count(d, DIAGNOSTIC_WARNING), 0);
	diagnostics_free(d);
	return n;
}

static void every_shipped_filter_gives_its_reason(void **state _unused_)
{
	struct noise *n = load_shipped();
	assert_true(n->conditions.n > 0);
	for (size_t i = 0; i < n->conditions.n; i++)
		assert_true(strlen(n->filters[i].why) > 20);
	noise_free(n);
}

static void a_discard_is_slow_by_its_nature_and_a_read_is_not(void **state _unused_)
{
	struct noise *n = load_shipped();
	struct noise_judge *j;
	struct event_iolatency e = {.h.kind = EVENT_IOLATENCY, .q2c_ns = 2000000000, .op = 3};
	uint16_t iolatency = (uint16_t)vocabulary_detector(vocabulary(), "iolatency");
	assert_int_equal(noise_judge_new(n, vocabulary(), "/proc", &j), 0);
	assert_non_null(noise_judge_event(j, iolatency, &e.h, sizeof(e)));
	e.op = 0;
	assert_null(noise_judge_event(j, iolatency, &e.h, sizeof(e)));
	noise_judge_free(j);
	noise_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_filter_gives_its_reason),
		cmocka_unit_test(a_discard_is_slow_by_its_nature_and_a_read_is_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
