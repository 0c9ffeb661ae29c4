/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/text.h"
#include "tests/unit/support/test.h"

static void a_typing_mistake_finds_the_name_that_was_meant(void **state _unused_)
{
	static const char *const names[] = {"cpu.sys", "cpu.user", "disk.await"};
	assert_string_equal(text_nearest("cpu.sytem", names, 3), "cpu.sys");
	assert_null(text_nearest("zebra", names, 3));
	assert_string_equal(text_nearest("dsik", (const char *[]){"cpu", "disk"}, 2), "disk");
	assert_string_equal(text_nearest("cpu.sytem", (const char *[]){"cpu.steal", "cpu.sys"}, 2), "cpu.sys");
}

static void a_glob_is_anchored_and_its_star_crosses_slashes(void **state _unused_)
{
	assert_true(text_glob("/backup.slice/*", "/backup.slice/a/b"));
	assert_true(text_glob("sd[a-c]", "sdb"));
	assert_false(text_glob("sd[a-c]", "sdb1"));
	assert_false(text_glob("sd?", "sd"));
	assert_true(text_glob("a\\*", "a*"));
	assert_false(text_glob("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static void a_number_is_whole_decimal_and_fits(void **state _unused_)
{
	uint64_t v = 7;
	assert_true(text_u64("18446744073709551615", &v));
	assert_int_equal(v, UINT64_MAX);
	assert_false(text_u64("18446744073709551616", &v));
	assert_false(text_u64("", &v));
	assert_false(text_u64("1x", &v));
}

static void a_hostile_name_reaches_no_sink_raw(void **state _unused_)
{
	_cleanup_buf_ struct buf b = {0};
	text_escape_terminal(&b, "a\x1b[31m\xff\xe2\x80\xae" "b");
	assert_string_equal(buf_str(&b), "a\\x1b[31m\\xff\\xe2\\x80\\xaeb");
	buf_clear(&b);
	text_escape_xml(&b, "<a&\"b\">");
	assert_string_equal(buf_str(&b), "&#60;a&#38;&#34;b&#34;&#62;");
	buf_clear(&b);
	text_escape_markdown(&b, "[x](y)|`z`");
	assert_string_equal(buf_str(&b), "\\[x\\](y)\\|\\`z\\`");
	buf_clear(&b);
	text_escape_json(&b, "a\"\\\n\xff\xc3\xa4\xe2\x80\xae");
	assert_string_equal(buf_str(&b), "a\\\"\\\\\\u000a\\u00ff\xc3\xa4\\u202e");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_typing_mistake_finds_the_name_that_was_meant),
		cmocka_unit_test(a_glob_is_anchored_and_its_star_crosses_slashes),
		cmocka_unit_test(a_number_is_whole_decimal_and_fits),
		cmocka_unit_test(a_hostile_name_reaches_no_sink_raw),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
