/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "bpf/event.h"
#include "rules/tell/why.h"
#include "tests/unit/support/build_rule.h"
#include "tests/unit/support/rig.h"
#include "tests/unit/support/vocabulary.h"

static struct why_term *terms_of(const struct rig *rig, uint16_t entity, size_t *ret_n)
{
	struct why_term *terms = NULL;
	assert_int_equal(why_terms(rig->m, 0, entity, &terms, ret_n), 0);
	return terms;
}

/* cpu.sys > 50 % and (cpu.user > 50 % or cpu.iowait > 50 %), with these readings. */
static void start_three(struct rig *rig, double sys, double user, double iowait)
{
	build_reset();
	build_rule("r", pair(EXPR_AND, above("cpu.sys", 50), pair(EXPR_OR, above("cpu.user", 50), above("cpu.iowait", 50))));
	rig_start(rig, build_ruleset());
	rig_read(rig, 1000, ENTITY_HOST, "cpu.user", user);
	rig_read(rig, 1000, ENTITY_HOST, "cpu.iowait", iowait);
	rig_read(rig, 1000, ENTITY_HOST, "cpu.sys", sys);
}

/* Terms in reading order: and, sys>, sys, 50, or, user>, user, 50, iowait>, iowait, 50. */
enum { AND = 0, SYS = 1, OR = 4, USER = 5, IOWAIT = 8, TERMS = 11 };

static void terms_come_in_reading_order_with_values_and_verdicts(void **state)
{
	struct rig rig;
	size_t n;
	(void)state;
	start_three(&rig, 60, 10, 70);
	_cleanup_free_ struct why_term *t = terms_of(&rig, ENTITY_HOST, &n);
	assert_int_equal(n, TERMS);
	assert_int_equal(t[AND].verdict, TRUTH_TRUE);
	assert_int_equal(t[USER].verdict, TRUTH_FALSE);
	assert_string_equal(t[SYS + 1].expr->source, "cpu.sys");
	assert_true(t[SYS + 1].known && t[SYS + 1].value == 600000);
	assert_int_equal(t[SYS + 1].depth, 2);
	rig_stop(&rig);
}

static void blamed_are_the_terms_that_alone_would_turn_the_whole(void **state)
{
	struct rig rig;
	size_t n;
	(void)state;
	start_three(&rig, 60, 10, 70);
	_cleanup_free_ struct why_term *t = terms_of(&rig, ENTITY_HOST, &n);
	assert_true(t[SYS].blamed && t[OR].blamed && t[IOWAIT].blamed);
	assert_false(t[USER].blamed);
	rig_stop(&rig);
	start_three(&rig, 60, 70, 70);
	_cleanup_free_ struct why_term *both = terms_of(&rig, ENTITY_HOST, &n);
	assert_true(both[SYS].blamed && both[OR].blamed);
	assert_false(both[USER].blamed || both[IOWAIT].blamed);
	rig_stop(&rig);
}

static void an_unknown_term_is_blamed_when_knowing_it_would_decide(void **state)
{
	struct rig rig;
	size_t n;
	(void)state;
	start_three(&rig, 60, 10, 70);
	rig_unknown(&rig, 1000, ENTITY_HOST, "cpu.sys");
	_cleanup_free_ struct why_term *t = terms_of(&rig, ENTITY_HOST, &n);
	assert_int_equal(t[AND].verdict, TRUTH_UNKNOWN);
	assert_true(t[SYS].blamed);
	assert_false(t[SYS + 1].known);
	rig_stop(&rig);
}

static void below_a_quantifier_stands_the_entity_that_decides(void **state)
{
	struct rig rig;
	size_t n;
	(void)state;
	build_reset();
	build_rule("r", over(EXPR_ANY, ENTITY_KIND_DISK, NULL, above("disk.util", 50)));
	rig_start(&rig, build_ruleset());
	rig_born(&rig, 0, 1, ENTITY_KIND_DISK, "sda");
	rig_born(&rig, 0, 2, ENTITY_KIND_DISK, "sdb");
	rig_read(&rig, 1000, 1, "disk.util", 10);
	rig_read(&rig, 1000, 2, "disk.util", 90);
	_cleanup_free_ struct why_term *t = terms_of(&rig, ENTITY_HOST, &n);
	assert_int_equal(n, 4);
	assert_int_equal(t[1].entity, 2);
	assert_int_equal(t[1].verdict, TRUTH_TRUE);
	assert_true(t[0].blamed);
	assert_false(t[1].blamed);
	rig_stop(&rig);
}

static void the_json_is_stable_and_escapes_what_is_foreign(void **state)
{
	struct rig rig;
	_cleanup_buf_ struct buf out = {0};
	struct entity who = {.kind = ENTITY_KIND_DISK, .name = "a\"\n"};
	(void)state;
	build_reset();
	struct rule *r = build_rule("r", above("disk.util", 50));
	r->for_each = ENTITY_KIND_DISK;
	rig_start(&rig, build_ruleset());
	rig_born(&rig, 0, 1, ENTITY_KIND_DISK, who.name);
	assert_int_equal(why_json(rig.m, 0, 1, &who, &out), -ENOENT);
	rig_read(&rig, 1000, 1, "disk.util", 62.5);
	assert_int_equal(why_json(rig.m, 0, 1, &who, &out), 0);
	assert_string_equal(
		buf_str(&out),
		"{\"rule\": \"r\", \"entity\": {\"kind\": \"disk\", \"name\": \"a\\\"\\u000a\"}, \"at\": 1000000000, "
		"\"verdict\": \"true\", \"state\": \"firing\", \"since_s\": 0, \"verdict_since_s\": 0, \"held_s\": 0, \"hold_s\": 0, "
		"\"entity_limit\": null, \"rule_limit\": null, \"suppressed_ago_s\": null, \"exception\": null, \"terms\": ["
		"{\"source\": \"…\", \"kind\": \"comparison\", \"value\": 62.5, \"unit\": \"%\", "
		"\"text\": \"62.5% > 50.0%\", \"threshold\": 50, \"verdict\": \"true\", \"since_s\": 0, \"blamed\": true, \"depth\": 0}, "
		"{\"source\": \"disk.util\", \"kind\": \"signal\", \"value\": 62.5, \"unit\": \"%\", "
		"\"text\": \"62.5%\", \"blamed\": false, \"depth\": 1}, "
		"{\"source\": \"…\", \"kind\": \"number\", \"value\": 50, \"unit\": \"%\", \"text\": \"50.0%\", "
		"\"blamed\": false, \"depth\": 1}]}");
	rig_stop(&rig);
}

/* What the four terms below the whole say and since when, by the rule itself; 3: nobody looked. */
struct shadow {
	enum truth now[3]; /* sys, user, iowait */
	unsigned said[4];  /* sys, or, user, iowait */
	uint64_t since_ns[4];
};

static void shadow_evaluate(struct shadow *s, uint64_t t_ns)
{
	enum truth sys = s->now[0], user = s->now[1], iowait = s->now[2];
	unsigned said[4] = {sys, 3, 3, 3};
	if (sys != TRUTH_FALSE) {
		said[1] = user == TRUTH_TRUE || iowait == TRUTH_TRUE       ? TRUTH_TRUE :
			  user == TRUTH_UNKNOWN || iowait == TRUTH_UNKNOWN ? TRUTH_UNKNOWN :
									     TRUTH_FALSE;
		said[2] = user;
		said[3] = user == TRUTH_TRUE ? 3 : iowait;
	}
	for (unsigned k = 0; k < 4; k++) {
		if (said[k] != s->said[k])
			s->since_ns[k] = t_ns;
		s->said[k] = said[k];
	}
}

static void compare_since(const struct rig *rig, const struct shadow *s)
{
	static const size_t at[4] = {SYS, OR, USER, IOWAIT};
	struct rule_status status;
	size_t n;
	_cleanup_free_ struct why_term *t = terms_of(rig, ENTITY_HOST, &n);
	for (unsigned k = 0; k < 4; k++)
		assert_int_equal(t[at[k]].since_ns, s->said[k] == 3 ? 0 : s->since_ns[k]);
	assert_true(machine_status(rig->m, 0, ENTITY_HOST, &status));
	assert_int_equal(t[AND].since_ns, status.verdict_since_ns);
}

/* True, false or unknown, more of what was. */
static void read_any(struct rig *rig, struct shadow *s, uint64_t ms, unsigned signal, unsigned random)
{
	static const char *const names[] = {"cpu.sys", "cpu.user", "cpu.iowait"};
	s->now[signal] = random % 4 ? s->now[signal] : (enum truth)(random / 4 % 3);
	if (s->now[signal] == TRUTH_UNKNOWN)
		rig_unknown(rig, ms, ENTITY_HOST, names[signal]);
	else
		rig_read(rig, ms, ENTITY_HOST, names[signal], s->now[signal] == TRUTH_TRUE ? 60 : 10);
	shadow_evaluate(s, ms * NS_PER_MS);
}

static void since_when_is_the_first_evaluation_in_a_row_that_looked_at_it(void **state)
{
	struct rig rig, again;
	struct shadow s = {{TRUTH_TRUE, TRUTH_FALSE, TRUTH_TRUE}, {TRUTH_TRUE, TRUTH_TRUE, TRUTH_FALSE, TRUTH_TRUE}, {0}};
	uint64_t random = 7;
	(void)state;
	start_three(&rig, 60, 10, 70);
	for (unsigned k = 0; k < 4; k++)
		s.since_ns[k] = NS_PER_S;
	for (uint64_t ms = 2000; ms < 3000000; ms += 1000) {
		_cleanup_buf_ struct buf state_then = {0};
		for (unsigned signal = 0; signal < 3; signal++) {
			random = random * 6364136223846793005U + 1442695040888963407U;
			read_any(&rig, &s, ms, signal, (unsigned)(random >> 40));
			compare_since(&rig, &s);
		}
		if (ms % 100000)
			continue;
		assert_int_equal(machine_checkpoint(rig.m, &state_then), 0);
		rig_start(&again, rig.set);
		assert_int_equal(machine_restore(again.m, state_then.data, state_then.len), 0);
		compare_since(&again, &s);
		rig_stop(&again);
	}
	rig_stop(&rig);
}

/* The last bytes are what the terms of its one instance say, which was not there, and how many limits are remembered. Behind
 * the host's name nobody stands who has no windows, which was not there either. */
static void a_checkpoint_of_before_that_was_told_is_read(void **state)
{
	struct rig rig, again;
	struct rule_status s;
	_cleanup_buf_ struct buf old = {0};
	(void)state;
	build_reset();
	build_rule("r", above("cpu.sys", 50));
	rig_start(&rig, build_ruleset());
	rig_read(&rig, 1000, ENTITY_HOST, "cpu.sys", 60);
	assert_int_equal(machine_checkpoint(rig.m, &old), 0);
	memcpy(old.data, "TTM3", 4);
	old.data[--old.len - 1] = 0;
	char *list = (char *)memmem(old.data, old.len, "\4host", 5) + 5;
	memmove(list, list + 1, (size_t)(old.data + --old.len - list));
	rig_start(&again, build_ruleset());
	assert_int_equal(machine_restore(again.m, old.data, old.len), 0);
	assert_true(machine_status(again.m, 0, ENTITY_HOST, &s));
	assert_int_equal(s.state, RULE_FIRING);
	assert_int_equal(s.verdict_since_ns, NS_PER_S);
	rig_stop(&rig);
	rig_stop(&again);
}

struct overheard {
	struct machine *m;
	bool asked;
};

static void ask_why(void *ctx, const struct transition *t)
{
	struct overheard *o = ctx;
	_cleanup_free_ struct why_term *terms = NULL;
	size_t n;
	if (t->kind != TRANSITION_FIRED)
		return;
	assert_int_equal(why_terms(o->m, t->rule, t->entity, &terms, &n), 0);
	assert_true(terms[1].known && terms[1].value == 7);
	o->asked = true;
}

static void inside_the_callback_an_events_fields_are_known(void **state)
{
	struct rig rig;
	struct event_oom oom = {.victim_pid = 7};
	int detector = vocabulary_detector(test_vocabulary(), "oom");
	(void)state;
	build_reset();
	build_rule("r", pair(EXPR_EQUAL, field_of("oom", "victim_pid", NULL), number(7, UNIT_NUMBER)))->on = detector;
	rig_start(&rig, build_ruleset());
	struct input in = {.kind = INPUT_EVENT,
			   .t_ns = 5,
			   .event = {.detector = (uint16_t)detector, .record = &oom, .len = sizeof(oom)}};
	struct overheard o = {.m = rig.m};
	machine_input(rig.m, &in, ask_why, &o);
	assert_true(o.asked);
	rig_stop(&rig);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(terms_come_in_reading_order_with_values_and_verdicts),
		cmocka_unit_test(blamed_are_the_terms_that_alone_would_turn_the_whole),
		cmocka_unit_test(an_unknown_term_is_blamed_when_knowing_it_would_decide),
		cmocka_unit_test(below_a_quantifier_stands_the_entity_that_decides),
		cmocka_unit_test(the_json_is_stable_and_escapes_what_is_foreign),
		cmocka_unit_test(since_when_is_the_first_evaluation_in_a_row_that_looked_at_it),
		cmocka_unit_test(a_checkpoint_of_before_that_was_told_is_read),
		cmocka_unit_test(inside_the_callback_an_events_fields_are_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
