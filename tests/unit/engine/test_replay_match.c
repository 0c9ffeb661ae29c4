/* SPDX-License-Identifier: GPL-2.0-only */
/* Which replayed and which recorded firings are the same incident, against looking at all of them for each. */
#include "tests/unit/support/test.h"

#include "engine/replay_match.h"
#include "tests/unit/support/dice.h"

#define CASES 300
#define SPANS 60

/* Firings of three rules, some by hand while another lasts; the last ones may last for ever. */
static void make_spans(struct firing_spans *s)
{
	static const char *const rules[] = {"a", "b", "c"};
	struct said t = {.entity = "host"};
	for (unsigned i = 0; i < SPANS; i++) {
		t.t_ns += dice_draw(4);
		t.rule = rules[dice_draw(3)];
		t.kind = dice_chance(50) ? TRANSITION_FIRED : TRANSITION_ENDED;
		assert_int_equal(firing_spans_take(s, &t), 0);
	}
}

static bool touch(const struct firing_span *a, const struct firing_span *b, uint64_t slack_ns)
{
	uint64_t first_ns = MIN(a->end_ns, b->end_ns), last_ns = MAX(a->fired.t_ns, b->fired.t_ns);
	return streq(a->fired.rule, b->fired.rule) && (first_ns >= last_ns || last_ns - first_ns <= slack_ns);
}

/* The one that began with it, else the first that touches it, of those that are left; -1. */
static int plain_partner(const struct firing_span *of, const struct firing_spans *among, const bool *taken, uint64_t slack_ns)
{
	int any = -1;
	for (size_t i = among->n; i-- > 0;)
		if (!taken[i] && touch(of, &among->span[i], slack_ns))
			any = (int)i;
	for (size_t i = 0; i < among->n; i++)
		if (!taken[i] && touch(of, &among->span[i], slack_ns) && among->span[i].fired.t_ns == of->fired.t_ns)
			return (int)i;
	return any;
}

static size_t count_as_plainly(const struct firing_spans *replayed, const struct firing_spans *recorded, uint64_t slack_ns,
			       const struct replay_result *r)
{
	bool taken[SPANS] = {0};
	size_t matched = 0;
	for (size_t i = 0; i < replayed->n; i++) {
		const struct said *t = &replayed->span[i].fired;
		int k = plain_partner(&replayed->span[i], recorded, taken, slack_ns);
		uint64_t with_ns = k < 0 ? 0 : recorded->span[k].fired.t_ns;
		bool told = false;
		for (size_t n = 0; n < r->n && !told; n++)
			told = r->firings[n].happens && streq(r->firings[n].rule, t->rule) && r->firings[n].t_ns == t->t_ns &&
			       r->firings[n].recorded == (k >= 0) && r->firings[n].recorded_t_ns == with_ns;
		assert_true(told);
		if (k >= 0)
			taken[k] = true;
		matched += k >= 0;
	}
	return matched;
}

static void partners_in_time_are_those_found_among_all(void **state _unused_)
{
	size_t matched = 0;
	for (unsigned seed = 0; seed < CASES; seed++) {
		struct firing_spans replayed = {0}, recorded = {0};
		struct replay_result r = {0};
		uint64_t slack_ns = seed % 3;
		dice_seed(seed);
		make_spans(&replayed);
		make_spans(&recorded);
		assert_int_equal(firing_spans_match(&replayed, &recorded, slack_ns, &r), 0);
		assert_int_equal(r.happening, replayed.n);
		size_t here = count_as_plainly(&replayed, &recorded, slack_ns, &r);
		assert_int_equal(r.missed, recorded.n - here);
		matched += here;
		firing_spans_done(&replayed);
		firing_spans_done(&recorded);
		replay_done(&r);
	}
	assert_in_range(matched, CASES, CASES * SPANS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(partners_in_time_are_those_found_among_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
