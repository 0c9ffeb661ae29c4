/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/arena.h"
#include "rules/trial/notation.h"
#include "tests/unit/support/test.h"

/* The series as it is played: "10 15 _ ?" in quanta, or what is wrong with it. */
static void expect(const char *text, enum unit unit, const char *played)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	_cleanup_buf_ struct buf yaml = {0}, out = {0};
	struct diagnostics *d = diagnostics_new();
	const struct node *root;
	struct values v = {0};
	size_t n;
	buf_printf(&yaml, "s: \"%s\"", text);
	assert_int_equal(yaml_load("t", yaml.data, yaml.len, &load_caps_default, arena, d, &root), 0);
	if (!notation_parse(root->pairs[0].value, unit, arena, d, &v))
		diagnostic_format(&out, &diagnostics_all(d, &n)[0]);
	struct values_cursor c = {.values = &v};
	for (uint32_t i = 0; i < v.n; i++) {
		struct value value = values_next(&c);
		if (value.kind == READING_NUMBER)
			buf_printf(&out, "%s%lld", i ? " " : "", (long long)value.quanta);
		else
			buf_printf(&out, "%s%c", i ? " " : "", value.kind == READING_MISSING ? '_' : '?');
	}
	assert_int_equal(values_next(&c).kind, READING_MISSING);
	assert_string_equal(buf_str(&out), played);
	diagnostics_free(d);
}

static void words_are_those_of_promtool(void **state _unused_)
{
	expect("1 2  3", UNIT_COUNT, "1 2 3");
	expect("1x3", UNIT_COUNT, "1 1 1 1");
	expect("1+2x3", UNIT_COUNT, "1 3 5 7");
	expect("5-2x3", UNIT_COUNT, "5 3 1 -1");
	expect("-4+2x2", UNIT_COUNT, "-4 -2 0");
	expect("1 _ 2 _x3 3", UNIT_COUNT, "1 _ 2 _ _ _ 3");
	expect("1 stale stale 2x1", UNIT_COUNT, "1 ? ? 2 2");
	expect("10+1x2 _x2 stale 5x1", UNIT_COUNT, "10 11 12 _ _ ? 5 5");
}

static void numbers_have_the_unit_of_the_signal(void **state _unused_)
{
	expect("45% 45", UNIT_PERCENT, "450000 450000");
	expect("0%+0.0001%x2", UNIT_PERCENT, "0 1 2");
	expect("10%+5x1", UNIT_PERCENT, "100000 150000");
	expect("10MiB/s-1MiB/sx1", UNIT_BYTES_PER_SECOND, "10485760 9437184");
	expect("1.5", UNIT_MILLI, "1500");
	expect("20ms", UNIT_SECONDS, "20000000");
	expect("3/sx1", UNIT_PER_SECOND, "3000 3000");
	expect("45%", UNIT_BYTES, "t:1:5: error: '45%' is a percentage, and this is a number of bytes [TT801]");
	expect("1 10%+5MiBx3", UNIT_PERCENT, "t:1:11: error: '5MiB' is a number of bytes, and this is a percentage [TT801]");
}

static void what_is_no_reading_is_told_where_it_stands(void **state _unused_)
{
	expect("1 often", UNIT_COUNT, "t:1:7: error: expected a reading: a number, 10+5x30, 10-5x30, 10x30, _, _x30 or stale [TT801]");
	expect("1 5+1", UNIT_COUNT, "t:1:8: error: a step says how often, as in 10+5x30 [TT801]");
	expect("1 5+x3", UNIT_COUNT, "t:1:8: error: the step is missing after '+', as in 10+5x30 [TT801]");
	expect("1 5-", UNIT_COUNT, "t:1:8: error: the step is missing after '-', as in 10-5x30 [TT801]");
	expect("1 5+1+1x3", UNIT_COUNT, "t:1:8: error: there is one sign and one step, as in 10+5x30 or 10-5x30 [TT801]");
	expect("1 5x", UNIT_COUNT, "t:1:8: error: x says how often, as in 10x30 [TT801]");
	expect("1, 5", UNIT_COUNT, "t:1:6: error: readings stand apart by blanks, without commas [TT801]");
	expect("stalex3", UNIT_COUNT, "t:1:5: error: stale stands alone; write it as often as it is meant [TT801]");
	expect("1x0", UNIT_COUNT, "t:1:7: error: a value is repeated at least once and less than 1000000 times [TT609]");
	expect("1x1000000", UNIT_COUNT, "t:1:7: error: a value is repeated at least once and less than 1000000 times [TT609]");
	expect("1x999999 1x9", UNIT_COUNT, "t:1:17: error: a series of more than 1000000 values; a longer interval needs fewer [TT609]");
	expect("1+9000000000000x999999", UNIT_BYTES, "t:1:5: error: this series grows beyond what a reading can hold [TT609]");
	expect("5q", UNIT_COUNT, "t:1:5: error: unknown unit 'q', did you mean '%'? [TT801]");
}

/* A series of mistakes alone took a second to refuse, and a file of such series as many as it had. */
static void of_many_mistakes_the_first_are_told_and_how_many_more(void **state _unused_)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	_cleanup_buf_ struct buf yaml = {0}, first = {0}, last = {0};
	struct diagnostics *d = diagnostics_new();
	const struct node *root;
	struct values v = {0};
	size_t n;
	buf_add_str(&yaml, "s: \"");
	for (unsigned i = 0; i < 8000; i++)
		buf_add_str(&yaml, "? ");
	buf_add_str(&yaml, "\"");
	assert_int_equal(yaml_load("t", yaml.data, yaml.len, &load_caps_default, arena, d, &root), 0);
	assert_false(notation_parse(root->pairs[0].value, UNIT_COUNT, arena, d, &v));
	const struct diagnostic *all = diagnostics_all(d, &n);
	assert_int_equal(n, 17);
	diagnostic_format(&first, &all[0]);
	diagnostic_format(&last, &all[16]);
	assert_string_equal(buf_str(&first),
			    "t:1:5: error: expected a reading: a number, 10+5x30, 10-5x30, 10x30, _, _x30 or stale [TT801]");
	assert_string_equal(buf_str(&last), "t:1:37: error: from here on 7984 more readings of this series are wrong [TT801]");
	diagnostics_free(d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_those_of_promtool),
		cmocka_unit_test(numbers_have_the_unit_of_the_signal),
		cmocka_unit_test(what_is_no_reading_is_told_where_it_stands),
		cmocka_unit_test(of_many_mistakes_the_first_are_told_and_how_many_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
