/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "rules/text/node.h"
#include "tests/unit/support/test.h"

struct loaded {
	struct arena *arena;
	struct diagnostics *diagnostics;
	const struct node *root;
};

static struct loaded load(const char *text)
{
	struct loaded l = {arena_new(), diagnostics_new(), NULL};
	yaml_load("t.yaml", text, strlen(text), &load_caps_default, l.arena, l.diagnostics, &l.root);
	return l;
}

static void unload(struct loaded *l)
{
	arena_free(l->arena);
	diagnostics_free(l->diagnostics);
}

/* The only thing said. */
static void assert_said(struct loaded *l, const char *line)
{
	size_t n;
	const struct diagnostic *all = diagnostics_all(l->diagnostics, &n);
	assert_int_equal(n, 1);
	_cleanup_buf_ struct buf text = {0};
	diagnostic_format(&text, all);
	assert_string_equal(buf_str(&text), line);
}

static void typed_values_are_fetched_by_key(void **state _unused_)
{
	struct loaded l = load("size: 32MiB\nbytes: 4096\nspan: 500ms\nnever: 0\nyes: on\nnumber: 0.5\ncount: 7\n"
			       "words: [a, b]\nword: c\nlevel: -5%\n");
	uint64_t v = 0;
	double d = 0;
	bool b = false;
	struct quantity q;
	const char *const *words;
	size_t n;
	assert_true(node_bytes(node_get(l.root, "size"), l.diagnostics, &v) && v == 32 << 20);
	assert_true(node_bytes(node_get(l.root, "bytes"), l.diagnostics, &v) && v == 4096);
	assert_true(node_duration(node_get(l.root, "span"), l.diagnostics, &v) && v == 500 * NS_PER_MS);
	assert_true(node_duration(node_get(l.root, "never"), l.diagnostics, &v) && v == 0);
	assert_true(node_bool(node_get(l.root, "yes"), l.diagnostics, &b) && b);
	assert_true(node_double(node_get(l.root, "number"), l.diagnostics, &d) && d == 0.5);
	assert_true(node_u64(node_get(l.root, "count"), l.diagnostics, &v) && v == 7);
	assert_true(node_strings(node_get(l.root, "words"), l.arena, l.diagnostics, &words, &n) && n == 2);
	assert_string_equal(words[1], "b");
	assert_true(node_strings(node_get(l.root, "word"), l.arena, l.diagnostics, &words, &n) && n == 1);
	assert_true(node_quantity(node_get(l.root, "level"), l.diagnostics, &q) && q.value == -50000);
	assert_null(node_get(l.root, "nothing"));
	assert_int_equal(diagnostics_count(l.diagnostics, DIAGNOSTIC_ERROR), 0);
	unload(&l);
}

static void a_wrong_type_says_what_would_be_right(void **state _unused_)
{
	uint64_t v = 99;
	struct loaded l = load("span: 10\n");
	assert_false(node_duration(node_get(l.root, "span"), l.diagnostics, &v));
	assert_int_equal(v, 99);
	assert_said(&l, "t.yaml:1:7: error: expected a time like 500ms, 60s or 1h, not '10' [TT608]");
	unload(&l);
	l = load("size: [1]\n");
	assert_false(node_bytes(node_get(l.root, "size"), l.diagnostics, &v));
	assert_said(&l, "t.yaml:1:7: error: expected a size like 32MiB, not a list [TT607]");
	unload(&l);
	l = load("on:\n");
	assert_false(node_bool(node_get(l.root, "on"), l.diagnostics, &(bool){0}));
	assert_said(&l, "t.yaml:1:4: error: expected true or false, not nothing [TT604]");
	unload(&l);
}

static void a_message_shows_no_raw_control_characters(void **state _unused_)
{
	uint64_t v;
	struct loaded l = load("size: \"\\e[31mred\"\n");
	assert_false(node_bytes(node_get(l.root, "size"), l.diagnostics, &v));
	assert_said(&l, "t.yaml:1:7: error: expected a size like 32MiB, not '\\x1b[31mred' [TT607]");
	unload(&l);
}

/* Every byte that is not white space is found again in the file, whatever the style. */
static void a_byte_of_a_value_is_found_in_the_file(void **state _unused_)
{
	static const struct {
		const char *text, *word; /* of the value */
		unsigned line, column;
	} cases[] = {
		{"k: one two\n", "two", 1, 8},
		{"k: one\n  two\n", "two", 2, 3},
		{"k: 'it''s two'\n", "two", 1, 11},
		{"k: \"a\\tb \\u00e9 two\"\n", "two", 1, 17},
		{"k: \"a \\\n   two\"\n", "two", 2, 4},
		{"k: |  # why\n  one\n\n    two\n", "two", 4, 5},
		{"k: >-\n  one\n  two\n", "two", 3, 3},
		{"k: &anchor two\n", "two", 1, 12},
		{"\xef\xbb\xbfk: two\n", "two", 1, 7},
		{"\xc3\xa9: two\n", "two", 1, 5},
		{"k:\r\n  one\r\n  two\r\n", "two", 3, 3},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct loaded l = load(cases[i].text);
		assert_non_null(l.root);
		const struct node *value = l.root->pairs[0].value;
		const char *word = strstr(value->text, cases[i].word);
		struct position at = node_place(value, (size_t)(word - value->text));
		if (at.line != cases[i].line || at.column != cases[i].column)
			fail_msg("%s: %u:%u", cases[i].text, at.line, at.column);
		unload(&l);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(typed_values_are_fetched_by_key),
		cmocka_unit_test(a_wrong_type_says_what_would_be_right),
		cmocka_unit_test(a_message_shows_no_raw_control_characters),
		cmocka_unit_test(a_byte_of_a_value_is_found_in_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
