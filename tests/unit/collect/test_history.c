/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/record/history.h"
#include "tests/unit/support/taken.h"

static const struct signal_def signals[] = {{"cpu.sys", UNIT_PERCENT, ENTITY_BIT(ENTITY_KIND_HOST), TIER_TICK, ""}};
static const struct vocabulary vocabulary = {.signals = signals, .n_signals = 1};

/* One reading a second from the first to the last; the incident fired at 100 s, its window is 40 s to 110 s. */
static void take(struct taken *t, uint64_t first_s, uint64_t last_s)
{
	struct entities *entities = entities_new(4);
	struct history *h = NULL;
	assert_int_equal(history_new(&vocabulary, entities, 256 << 10, &h), 0);
	for (uint64_t s = first_s; s <= last_s; s++) {
		struct reading r = {.signal = 0, .value = (int64_t)(s * 10000)};
		history_input(h, &(struct input){.kind = INPUT_TICK, .t_ns = s * NS_PER_S, .tick = {&r, 1}});
	}
	taken_init(t);
	t->vocabulary = &vocabulary;
	t->fds[CAPTURE_FD_HISTORY] = dup(history_fd(h));
	taken_run_named(t, "history");
	history_free(h);
	entities_free(entities);
}

static unsigned count_lines(const char *text)
{
	unsigned n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void the_seconds_of_the_window_become_a_member(void **state _unused_)
{
	struct taken t;
	take(&t, 10, 120);
	const char *text = taken_text(&t, "samples-1hz.csv");
	assert_int_equal(count_lines(text), 1 + 71);
	assert_non_null(strstr(text, "Z,host,host,cpu.sys[%],40,,\n"));
	assert_null(strstr(text, ",39,,\n"));
	assert_null(strstr(text, ",111,,\n"));
	assert_int_equal(taken_line(&t, "samples-1hz.csv")->state, MEMBER_COMPLETE);
	taken_done(&t);
}

static void one_that_begins_later_says_since_when(void **state _unused_)
{
	struct taken t;
	take(&t, 90, 120);
	assert_int_equal(taken_line(&t, "samples-1hz.csv")->state, MEMBER_PARTIAL);
	assert_true(taken_line(&t, "samples-1hz.csv")->begin_ns == 90 * NS_PER_S);
	taken_done(&t);
}

static void without_a_history_the_ledger_says_so(void **state _unused_)
{
	struct taken t;
	taken_init(&t);
	taken_run_named(&t, "history");
	assert_int_equal(taken_line(&t, "samples-1hz.csv")->state, MEMBER_UNSUPPORTED);
	taken_done(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_seconds_of_the_window_become_a_member),
		cmocka_unit_test(one_that_begins_later_says_since_when),
		cmocka_unit_test(without_a_history_the_ledger_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
