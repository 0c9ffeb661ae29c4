/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/json.h"
#include "snapshot/bundle/ledger.h"
#include "tests/unit/support/test.h"

static int parse(const char *text)
{
	_cleanup_(ledger_done) struct ledger l = {0};
	return ledger_parse(text, strlen(text), &l);
}

static struct ledger sample(void)
{
	struct ledger l = {.fired_ns = 7, .first_member_ns = 8, .done_ns = UINT64_MAX};
	struct ledger_entry *e = ledger_add(&l, "kmsg.txt");
	e->state = MEMBER_LOSSY;
	e->present = true;
	e->bytes = UINT64_C(1) << 40;
	e->lost = 3;
	e->begin_ns = 1;
	e->end_ns = 2;
	e->cpu_ns = 5;
	memset(e->sha256, 0xab, sizeof(e->sha256));
	strcpy(e->collector, "kmsg");
	strcpy(e->reason, "comm was \xff\"\n\x1b[31m");
	ledger_add(&l, "sysrq/l.txt")->state = MEMBER_SKIPPED;
	struct ledger_firing f = {.rule = "oom", .entity_kind = "cgroup", .entity = "/a", .fired_ns = 9};
	assert_int_equal(ledger_add_firing(&l, &f), 0);
	return l;
}

static void what_is_written_is_parsed_back(void **state _unused_)
{
	_cleanup_(ledger_done) struct ledger l = sample(), back = {0};
	_cleanup_buf_ struct buf text = {0};
	assert_int_equal(ledger_json(&l, &text), 0);
	assert_int_equal(ledger_parse(text.data, text.len, &back), 0);
	assert_int_equal(back.n, 2);
	assert_true(back.done_ns == UINT64_MAX);
	const struct ledger_entry *e = ledger_find(&back, "kmsg.txt");
	assert_int_equal(e->state, MEMBER_LOSSY);
	assert_true(e->bytes == UINT64_C(1) << 40);
	assert_memory_equal(e->sha256, l.entries[0].sha256, 32);
	assert_string_equal(e->reason, "comm was ?\"\n\x1b[31m");
	assert_false(ledger_find(&back, "sysrq/l.txt")->present);
	assert_string_equal(back.joined[0].entity, "/a");
}

static void every_state_has_a_name_of_its_own(void **state _unused_)
{
	for (int i = 0; i < MEMBER_STATE_MAX_; i++)
		assert_int_equal(member_state_of(member_state_name((enum member_state)i)), i);
	assert_int_equal(member_state_of("fine"), -1);
}

static void a_ledger_of_another_shape_is_refused(void **state _unused_)
{
	assert_int_equal(parse("{\"members\": []}"), 0);
	assert_int_equal(parse(""), -EBADMSG);
	assert_int_equal(parse("{}"), -EBADMSG);
	assert_int_equal(parse("{\"members\": [1]}"), -EBADMSG);
	assert_int_equal(parse("{\"members\": [{\"member\": \"a\"}]}"), -EBADMSG);
	assert_int_equal(parse("{\"members\": [{\"member\": \"a\", \"state\": \"fine\"}]}"), -EBADMSG);
	assert_int_equal(parse("{\"members\": [{\"member\": \"a\\u0000b\", \"state\": \"complete\"}]}"), -EBADMSG);
	assert_int_equal(parse("{\"members\": [{\"member\": \"a\", \"state\": \"complete\", \"sha256\": \"zz\"}]}"), -EBADMSG);
	assert_int_equal(parse("{\"members\": [{\"member\": \"a\", \"state\": \"complete\", \"sha256\": \"ab\"}]}"), -EBADMSG);
	assert_int_equal(parse("{\"format\": 99, \"members\": []}"), -EBADMSG);
	assert_int_equal(parse("{\"members\": [], \"joined\": [{}]}"), -EBADMSG);
}

static void foreign_numbers_never_wrap(void **state _unused_)
{
	_cleanup_json_ struct json_object *o = json_read("{\"a\": -5, \"b\": 1e300, \"c\": \"7\"}", 31);
	assert_int_equal(json_number(o, "a"), 0);
	assert_true(json_number(o, "b") > UINT32_MAX);
	assert_int_equal(json_number(o, "c"), 0);
	assert_int_equal(json_number(o, "d"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_parsed_back),
		cmocka_unit_test(every_state_has_a_name_of_its_own),
		cmocka_unit_test(a_ledger_of_another_shape_is_refused),
		cmocka_unit_test(foreign_numbers_never_wrap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
