/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/base/vocabulary.h"

struct record {
	uint32_t number, word;
	uint8_t address[16];
	char text[8];
};

static const char *const words[] = {"", "up", "down", NULL};
static const struct event_field number = {"number", FIELD_U32, UNIT_NUMBER, offsetof(struct record, number), 4, NULL};
static const struct event_field word = {"word", FIELD_WORD, UNIT_NUMBER, offsetof(struct record, word), 4, words};
static const struct event_field address = {"address", FIELD_IP, UNIT_NUMBER, offsetof(struct record, address), 16, NULL};
static const struct event_field text = {"text", FIELD_TEXT, UNIT_NUMBER, offsetof(struct record, text), 8, NULL};

static void assert_text(const struct record *r, const struct event_field *f, const char *expected)
{
	char got[64];
	assert_true(event_field_text(r, sizeof(*r), f, got, sizeof(got)));
	assert_string_equal(got, expected);
}

static void a_word_stands_for_its_number(void **state _unused_)
{
	assert_text(&(struct record){.word = 2}, &word, "down");
	assert_text(&(struct record){.word = 0}, &word, "");
}

static void a_number_that_has_no_word_is_told_as_a_number(void **state _unused_)
{
	assert_text(&(struct record){.word = 3}, &word, "3");
	assert_text(&(struct record){.word = UINT32_MAX}, &word, "4294967295");
}

static void addresses_are_told_as_people_write_them(void **state _unused_)
{
	assert_text(&(struct record){.address = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1}}, &address, "10.0.0.1");
	assert_text(&(struct record){.address = {0xfd, [15] = 7}}, &address, "fd00::7");
}

static void text_ends_with_its_field(void **state _unused_)
{
	struct record r;
	memset(&r, 'x', sizeof(r));
	assert_text(&r, &text, "xxxxxxxx");
}

static void a_shorter_record_has_no_such_field(void **state _unused_)
{
	char got[8];
	struct record r = {.word = 1};
	int64_t n;
	assert_false(event_field_text(&r, 7, &word, got, sizeof(got)));
	assert_false(event_field_number(&r, 3, &number, &n));
}

static void only_a_number_is_a_number_and_only_a_text_a_text(void **state _unused_)
{
	char got[8];
	int64_t n;
	struct record r = {.number = 7, .word = 1};
	assert_false(event_field_number(&r, sizeof(r), &word, &n));
	assert_false(event_field_text(&r, sizeof(r), &number, got, sizeof(got)));
	assert_true(event_field_number(&r, sizeof(r), &number, &n));
	assert_int_equal(n, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_stands_for_its_number),
		cmocka_unit_test(a_number_that_has_no_word_is_told_as_a_number),
		cmocka_unit_test(addresses_are_told_as_people_write_them),
		cmocka_unit_test(text_ends_with_its_field),
		cmocka_unit_test(a_shorter_record_has_no_such_field),
		cmocka_unit_test(only_a_number_is_a_number_and_only_a_text_a_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
