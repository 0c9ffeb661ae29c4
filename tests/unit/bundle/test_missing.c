/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/base/clock.h"
#include "snapshot/bundle/missing.h"

#define FIRED (100 * NS_PER_S)

static void add(struct ledger *l, const char *member, enum member_state state, uint64_t begin_ns)
{
	struct ledger_entry *e = ledger_add(l, member);
	assert_non_null(e);
	e->state = state;
	e->begin_ns = begin_ns;
}

static void members_that_begin_with_a_young_daemon_are_one_sentence(void **state _unused_)
{
	_cleanup_(ledger_done) struct ledger l = {0};
	_cleanup_buf_ struct buf said = {0};
	struct missing m = {&l, FIRED - 13 * NS_PER_S, FIRED, 60 * NS_PER_S};
	size_t at = 0;
	add(&l, "manifest.json", MEMBER_COMPLETE, FIRED);
	add(&l, "samples.tts", MEMBER_PARTIAL, FIRED - 13 * NS_PER_S);
	add(&l, "profile/before.folded", MEMBER_PARTIAL, FIRED - 12 * NS_PER_S);
	add(&l, "events.jsonl", MEMBER_PARTIAL, FIRED - 2 * NS_PER_S);
	add(&l, "sysrq/l.txt", MEMBER_DENIED, FIRED);
	assert_true(missing_young(&m, &said));
	assert_string_equal(buf_str(&said), "the daemon had run for 13s only: 2 members begin up to 48s later than asked for");
	assert_string_equal(missing_next(&m, &at)->member, "events.jsonl");
	assert_string_equal(missing_next(&m, &at)->member, "sysrq/l.txt");
	assert_null(missing_next(&m, &at));
}

static void an_old_daemon_or_one_of_unknown_age_explains_nothing(void **state _unused_)
{
	_cleanup_(ledger_done) struct ledger l = {0};
	_cleanup_buf_ struct buf said = {0};
	struct missing m = {&l, FIRED - 90 * NS_PER_S, FIRED, 60 * NS_PER_S};
	size_t at = 0;
	add(&l, "profile/before.folded", MEMBER_PARTIAL, FIRED - 12 * NS_PER_S);
	assert_false(missing_young(&m, &said));
	assert_non_null(missing_next(&m, &at));
	m.started_ns = at = 0;
	assert_false(missing_young(&m, &said));
	assert_non_null(missing_next(&m, &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_that_begin_with_a_young_daemon_are_one_sentence),
		cmocka_unit_test(an_old_daemon_or_one_of_unknown_age_explains_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
