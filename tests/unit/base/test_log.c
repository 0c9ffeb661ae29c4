/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/log.h"

#include "tests/unit/support/test.h"

struct taken {
	char last[256];
	bool full;
};

static bool take(void *ctx, const char *line, size_t len)
{
	struct taken *t = ctx;
	if (t->full)
		return false;
	snprintf(t->last, sizeof(t->last), "%.*s", (int)len, line);
	return true;
}

static void a_sink_gets_whole_lines_with_the_errnos_text(void **state _unused_)
{
	struct taken t = {0};
	unsetenv("JOURNAL_STREAM");
	log_set_sink(take, &t);
	assert_int_equal(log_error_errno(-ENOENT, "cannot open '%s'", "/x"), -ENOENT);
	assert_string_equal(t.last, "tracetrap: error: cannot open '/x': No such file or directory\n");
	log_set_sink(NULL, NULL);
}

static void lines_that_a_full_sink_refused_are_told_of_with_the_next(void **state _unused_)
{
	struct taken t = {.full = true};
	log_set_sink(take, &t);
	log_info("one");
	log_info("two");
	t.full = false;
	log_info("three");
	assert_string_equal(t.last, "tracetrap: three (2 lines before this one are lost)\n");
	log_info("four");
	assert_string_equal(t.last, "tracetrap: four\n");
	log_set_sink(NULL, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sink_gets_whole_lines_with_the_errnos_text),
		cmocka_unit_test(lines_that_a_full_sink_refused_are_told_of_with_the_next),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
