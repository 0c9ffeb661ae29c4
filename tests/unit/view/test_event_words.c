/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/vocabulary.h"
#include "snapshot/view/event_words.h"

static void assert_words(const char *json, const char *expected)
{
	_cleanup_json_ struct json_object *event = json_read(json, strlen(json));
	_cleanup_buf_ struct buf out = {0};
	event_words(vocabulary(), event, &out);
	assert_string_equal(buf_str(&out), expected);
}

static void an_event_is_a_line_with_units_and_without_its_bookkeeping(void **state _unused_)
{
	assert_words("{\"t_ns\":7,\"at\":\"2026\",\"kind\":\"oom\",\"entity\":\"/a\",\"cgroup_id\":1,\"comm\":\"java\",\"pid\":7,"
		     "\"anon\":1048576,\"swap\":0,\"victim_comm\":\"redis\",\"victim_pid\":9}",
		     "oom by java (pid 7): anon 1.0MiB, victim_comm redis, victim_pid 9");
	assert_words("{\"kind\":\"hungtask\",\"comm\":\"mount\",\"pid\":3,\"blocked\":122000000000,\"stack\":[\"a\"]}",
		     "hungtask by mount (pid 3): blocked 2m2s");
}

static void long_texts_and_what_is_no_event_are_left_out(void **state _unused_)
{
	assert_words("{\"kind\":\"lacp\",\"bond\":\"bond0\",\"text\":\"0123456789012345678901234567890123456789012345678901234567890123"
		     "456789\"}",
		     "lacp: bond bond0");
	assert_words("[1]", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_a_line_with_units_and_without_its_bookkeeping),
		cmocka_unit_test(long_texts_and_what_is_no_event_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
