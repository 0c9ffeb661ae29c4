/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "bpf/event.h"
#include "tests/unit/support/build_rule.h"
#include "tests/unit/support/rig.h"
#include "tests/unit/support/vocabulary.h"

/* One reading of cpu.sys per second and letter: T is 80 %, F 10 %, U an unknown one, '.' none at all. */
static void play(struct rig *rig, const char *letters)
{
	for (uint64_t s = 0; letters[s]; s++) {
		if (letters[s] == 'U')
			rig_unknown(rig, s * 1000, ENTITY_HOST, "cpu.sys");
		else if (letters[s] != '.')
			rig_read(rig, s * 1000, ENTITY_HOST, "cpu.sys", letters[s] == 'T' ? 80 : 10);
	}
}

struct hold_case {
	const char *readings;
	unsigned hold_s, of_s, clear_hold_s;
	enum unknown_policy unknown;
	const char *said;
};

static void check(const struct hold_case *c)
{
	struct rig rig;
	build_reset();
	struct rule *r = build_rule("r", above("cpu.sys", 50));
	r->hold_ns = c->hold_s * NS_PER_S;
	r->hold_of_ns = c->of_s * NS_PER_S;
	r->clear_hold_ns = c->clear_hold_s * NS_PER_S;
	r->unknown = c->unknown;
	rig_start(&rig, build_ruleset());
	play(&rig, c->readings);
	const char *said = rig_said(&rig);
	if (strcmp(said, c->said) != 0)
		print_error("readings %s, hold %u of %u, clear %u:\n", c->readings, c->hold_s, c->of_s, c->clear_hold_s);
	assert_string_equal(said, c->said);
	rig_stop(&rig);
}

#define CHECK(...)                                                           \
	do {                                                                 \
		static const struct hold_case cases[] = {__VA_ARGS__};       \
		for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) \
			check(&cases[k]);                                    \
	} while (0)

static void without_a_hold_the_first_true_reading_fires_and_the_first_false_one_ends(void **state)
{
	(void)state;
	CHECK({"FTTFT", 0, 0, 0, UNKNOWN_KEEP, "1s fired r host\n3s ended r host\n4s fired r host\n"});
}

static void a_hold_fires_once_it_was_true_for_that_long_and_starts_over_when_broken(void **state)
{
	(void)state;
	CHECK({"FTTT", 2, 0, 0, UNKNOWN_KEEP, "1s pending r host\n3s fired r host\n"},
	      {"TTFTTT", 2, 0, 0, UNKNOWN_KEEP,
	       "0s pending r host\n2s idle r host\n3s pending r host\n5s fired r host\n"},
	      {"TTTTTT", 2, 0, 0, UNKNOWN_KEEP, "0s pending r host\n2s fired r host\n"});
}

static void a_firing_ends_when_clear_held_without_a_break(void **state)
{
	(void)state;
	CHECK({"TFTFFF", 0, 0, 2, UNKNOWN_KEEP, "0s fired r host\n5s ended r host\n"});
}

static void unknown_keep_pauses_hold_and_clear(void **state)
{
	(void)state;
	CHECK({"TUUTT", 1, 0, 0, UNKNOWN_KEEP, "0s pending r host\n4s fired r host\n"},
	      {"TUTTFUUFF", 1, 0, 1, UNKNOWN_KEEP, "0s pending r host\n3s fired r host\n8s ended r host\n"});
}

static void unknown_true_counts_as_true_and_unknown_false_as_false(void **state)
{
	(void)state;
	CHECK({"TUU", 2, 0, 0, UNKNOWN_TRUE, "0s pending r host\n2s fired r host\n"},
	      {"TUF", 0, 0, 0, UNKNOWN_TRUE, "0s fired r host\n2s ended r host\n"},
	      {"TUT", 2, 0, 0, UNKNOWN_FALSE, "0s pending r host\n1s idle r host\n2s pending r host\n"},
	      {"TU", 0, 0, 0, UNKNOWN_FALSE, "0s fired r host\n1s ended r host\n"});
}

static void time_without_readings_counts_as_unknown(void **state)
{
	(void)state;
	CHECK({"T......TTT", 2, 0, 0, UNKNOWN_KEEP, "0s pending r host\n9s fired r host\n"},
	      {"T......TTT", 2, 0, 0, UNKNOWN_FALSE,
	       "0s pending r host\n7s idle r host\n7s pending r host\n9s fired r host\n"},
	      {"T.TT", 2, 0, 0, UNKNOWN_KEEP, "0s pending r host\n2s fired r host\n"});
}

static void a_hold_in_sum_fires_although_it_was_broken(void **state)
{
	(void)state;
	/* Stretches 0–1 and 3–5: three seconds of the last five at 5 s. */
	CHECK({"TTFTTT", 3, 5, 0, UNKNOWN_KEEP, "0s pending r host\n5s fired r host\n"},
	      {"TTFFFFFFTT", 3, 5, 0, UNKNOWN_KEEP, "0s pending r host\n6s idle r host\n8s pending r host\n"});
}

static void a_clear_of_its_own_is_what_ends_a_firing(void **state)
{
	struct rig rig;
	(void)state;
	build_reset();
	struct rule *r = build_rule("r", above("cpu.sys", 50));
	r->clear = pair(EXPR_LESS, signal_now("cpu.sys"), number(30e4, UNIT_PERCENT));
	rig_start(&rig, build_ruleset());
	rig_read(&rig, 0, 0, "cpu.sys", 60);
	rig_read(&rig, 1000, 0, "cpu.sys", 40);
	rig_read(&rig, 2000, 0, "cpu.sys", 20);
	assert_string_equal(rig_said(&rig), "0s fired r host\n2s ended r host\n");
	struct rule_status status;
	assert_true(machine_status(rig.m, 0, 0, &status));
	assert_int_equal(status.true_span.first_ns, 0);
	assert_int_equal(status.true_span.last_ns, 0);
	rig_stop(&rig);
}

static void a_vanished_entity_ends_its_firing_as_gone(void **state)
{
	struct rig rig;
	(void)state;
	build_reset();
	struct rule *r = build_rule("r", above("disk.util", 50));
	r->for_each = ENTITY_KIND_DISK;
	rig_start(&rig, build_ruleset());
	rig_born(&rig, 0, 1, ENTITY_KIND_DISK, "sda");
	rig_born(&rig, 0, 2, ENTITY_KIND_DISK, "loop0");
	rig_read(&rig, 1000, 1, "disk.util", 80);
	rig_read(&rig, 1000, 2, "disk.util", 80);
	rig_gone(&rig, 2000, 1);
	rig_born(&rig, 3000, 1, ENTITY_KIND_DISK, "sdb");
	rig_read(&rig, 4000, 1, "disk.util", 80);
	assert_string_equal(rig_said(&rig), "1s fired r sda\n2s gone r sda\n4s fired r sdb\n");
	rig_stop(&rig);
}

static void rules_speak_in_their_order_then_entities_in_theirs(void **state)
{
	struct rig rig;
	(void)state;
	build_reset();
	build_rule("a", above("disk.util", 50))->for_each = ENTITY_KIND_DISK;
	build_rule("b", above("disk.util", 50))->for_each = ENTITY_KIND_DISK;
	rig_start(&rig, build_ruleset());
	rig_born(&rig, 0, 2, ENTITY_KIND_DISK, "sdb");
	rig_born(&rig, 0, 1, ENTITY_KIND_DISK, "sda");
	int util = vocabulary_signal(test_vocabulary(), "disk.util");
	struct reading both[] = {{.signal = (uint16_t)util, .entity = 2, .value = 900000},
				 {.signal = (uint16_t)util, .entity = 1, .value = 900000}};
	rig_input(&rig, &(struct input){.kind = INPUT_TICK, .t_ns = 1, .tick = {both, 2}});
	assert_string_equal(rig_said(&rig), "0s fired a sda\n0s fired a sdb\n0s fired b sda\n0s fired b sdb\n");
	rig_stop(&rig);
}

static void an_event_fires_and_ends_at_once_for_the_entity_it_belongs_to(void **state)
{
	struct rig rig;
	struct event_oom oom = {.victim_comm = "java", .victim_pid = 7};
	(void)state;
	build_reset();
	struct rule *host = build_rule("host-oom", NULL), *java = build_rule("java-oom", NULL);
	host->on = java->on = vocabulary_detector(test_vocabulary(), "oom");
	java->for_each = ENTITY_KIND_CGROUP;
	java->when = field_of("oom", "victim_comm", "java");
	rig_start(&rig, build_ruleset());
	rig_born(&rig, 0, 3, ENTITY_KIND_CGROUP, "/app");
	rig_event(&rig, 1000, 3, "oom", &oom, sizeof(oom));
	strcpy(oom.victim_comm, "perl");
	rig_event(&rig, 2000, 3, "oom", &oom, sizeof(oom));
	assert_string_equal(rig_said(&rig), "1s fired host-oom host\n1s ended host-oom host\n"
					    "1s fired java-oom /app\n1s ended java-oom /app\n"
					    "2s fired host-oom host\n2s ended host-oom host\n");
	rig_event(&rig, 3000, 3, "oom", &oom, 72); /* cut short: victim_comm is unknown */
	assert_string_equal(rig_said(&rig), "3s fired host-oom host\n3s ended host-oom host\n");
	rig_stop(&rig);
}

static void events_are_unknown_while_not_attached_and_counted_from_then_on(void **state)
{
	struct rig rig;
	struct event_softirq late = {.offtime_ns = 1};
	(void)state;
	build_reset();
	struct expr *none = pair(EXPR_EQUAL, events_of("softirq", 10 * NS_PER_S), number(0, UNIT_COUNT));
	build_rule("none", none);
	build_rule("two", pair(EXPR_GREATER_EQUAL, events_of("softirq", 10 * NS_PER_S), number(2, UNIT_COUNT)));
	rig_start(&rig, build_ruleset());
	rig_read(&rig, 0, 0, "cpu.sys", 1);
	rig_event(&rig, 500, 0, "softirq", &late, sizeof(late));
	assert_string_equal(rig_said(&rig), "");
	rig_attach(&rig, 1000, "softirq", true);
	rig_read(&rig, 1500, 0, "cpu.sys", 1);
	rig_event(&rig, 2000, 0, "softirq", &late, sizeof(late));
	rig_event(&rig, 3000, 0, "softirq", &late, sizeof(late));
	assert_string_equal(rig_said(&rig), "1.500s fired none host\n2s ended none host\n3s fired two host\n");
	rig_read(&rig, 12000, 0, "cpu.sys", 1); /* (2 s, 12 s]: the first has left */
	assert_string_equal(rig_said(&rig), "12s ended two host\n");
	rig_attach(&rig, 12500, "softirq", false);
	rig_attach(&rig, 12600, "softirq", true);
	rig_read(&rig, 12700, 0, "cpu.sys", 1);
	assert_string_equal(rig_said(&rig), "12.700s fired none host\n");
	rig_stop(&rig);
}

static void events_below_a_quantifier_are_counted_for_each_entity(void **state)
{
	struct rig rig;
	struct event_oom oom = {.victim_comm = "java"};
	(void)state;
	build_reset();
	struct expr *twice = pair(EXPR_GREATER_EQUAL, events_of("oom", 10 * NS_PER_S), number(2, UNIT_COUNT));
	build_rule("any", over(EXPR_ANY, ENTITY_KIND_CGROUP, NULL, twice))->for_each = ENTITY_KIND_DISK;
	rig_start(&rig, build_ruleset());
	rig_attach(&rig, 0, "oom", true);
	rig_born(&rig, 0, 1, ENTITY_KIND_CGROUP, "/a");
	rig_born(&rig, 0, 2, ENTITY_KIND_CGROUP, "/b");
	rig_born(&rig, 0, 3, ENTITY_KIND_DISK, "sda");
	rig_event(&rig, 1000, 1, "oom", &oom, sizeof(oom));
	rig_event(&rig, 2000, 2, "oom", &oom, sizeof(oom));
	assert_string_equal(rig_said(&rig), "");
	rig_event(&rig, 3000, 2, "oom", &oom, sizeof(oom));
	assert_string_equal(rig_said(&rig), "3s fired any sda\n");
	rig_stop(&rig);
}

static void a_quantifier_over_nobody_is_judged_at_every_tick(void **state)
{
	struct rig rig;
	(void)state;
	build_reset();
	build_rule("any", over(EXPR_ANY, ENTITY_KIND_DISK, NULL, above("disk.util", 90)));
	build_rule("all", over(EXPR_ALL, ENTITY_KIND_DISK, NULL, above("disk.util", 90)));
	build_rule("none", pair(EXPR_EQUAL, over(EXPR_TALLY, ENTITY_KIND_DISK, NULL, above("disk.util", 90)),
				number(0, UNIT_COUNT)));
	rig_start(&rig, build_ruleset());
	rig_read(&rig, 1000, ENTITY_HOST, "cpu.sys", 1);
	assert_string_equal(rig_said(&rig), "1s fired all host\n1s fired none host\n");
	rig_born(&rig, 2000, 1, ENTITY_KIND_DISK, "sda");
	rig_read(&rig, 2000, 1, "disk.util", 95);
	assert_string_equal(rig_said(&rig), "2s fired any host\n2s ended none host\n");
	rig_gone(&rig, 3000, 1);
	assert_string_equal(rig_said(&rig), "");
	rig_read(&rig, 3000, ENTITY_HOST, "cpu.sys", 1);
	assert_string_equal(rig_said(&rig), "3s ended any host\n3s fired none host\n");
	rig_stop(&rig);
}

static void arming_begins_at_the_first_true_and_lasts_for_its_time_after_the_last(void **state)
{
	static const uint16_t detectors[] = {0};
	struct rig rig;
	(void)state;
	build_reset();
	struct rule *r = build_rule("r", above("cpu.sys", 90));
	r->arm.when = above("cpu.sys", 30);
	r->arm.detectors = detectors;
	r->arm.n_detectors = 1;
	r->arm.for_ns = 3 * NS_PER_S;
	rig_start(&rig, build_ruleset());
	play(&rig, "FTTFUFF");
	assert_string_equal(rig_said(&rig), "1s arm r host\n5s disarm r host\n");
	rig_read(&rig, 7000, 0, "cpu.sys", 95);
	rig_clock(&rig, 20000, 0); /* any input's time will do */
	assert_string_equal(rig_said(&rig), "7s arm r host\n7s fired r host\n20s disarm r host\n");
	rig_stop(&rig);
}

static void without_a_condition_arming_begins_at_the_firing(void **state)
{
	static const uint16_t detectors[] = {0};
	struct rig rig;
	(void)state;
	build_reset();
	struct rule *r = build_rule("r", above("disk.util", 50));
	r->for_each = ENTITY_KIND_DISK;
	r->arm.detectors = detectors;
	r->arm.n_detectors = 1;
	r->arm.for_ns = 3 * NS_PER_S;
	rig_start(&rig, build_ruleset());
	rig_born(&rig, 0, 1, ENTITY_KIND_DISK, "sda");
	rig_read(&rig, 1000, 1, "disk.util", 80);
	rig_gone(&rig, 2000, 1);
	assert_string_equal(rig_said(&rig),
			    "1s fired r sda\n1s arm r sda\n2s gone r sda\n2s disarm r sda\n");
	rig_stop(&rig);
}

static void a_rule_on_events_arms_what_it_waits_for_by_its_own_condition(void **state)
{
	static const uint16_t detectors[] = {0};
	struct event_softirq late = {.h = {.kind = EVENT_SOFTIRQ, .size = sizeof(late)}};
	struct rig rig;
	(void)state;
	build_reset();
	struct rule *r = build_rule("r", NULL);
	r->on = vocabulary_detector(test_vocabulary(), "softirq");
	r->arm.when = above("cpu.sys", 30);
	r->arm.detectors = detectors;
	r->arm.n_detectors = 1;
	r->arm.for_ns = 3 * NS_PER_S;
	rig_start(&rig, build_ruleset());
	play(&rig, "FTFF");
	assert_string_equal(rig_said(&rig), "1s arm r host\n");
	rig_event(&rig, 3500, 0, "softirq", &late, sizeof(late));
	assert_string_equal(rig_said(&rig), "3.500s fired r host\n3.500s ended r host\n");
	rig_read(&rig, 5000, 0, "cpu.sys", 1);
	assert_string_equal(rig_said(&rig), "5s disarm r host\n");
	rig_stop(&rig);
}

static void a_trigger_by_hand_captures_whatever_the_limits_say(void **state)
{
	struct rig rig;
	(void)state;
	build_reset();
	build_rule("r", above("cpu.sys", 50))->limits.rule = (struct limit){1, NS_PER_S * 3600};
	rig_start(&rig, build_ruleset());
	play(&rig, "TFT");
	rig_input(&rig, &(struct input){.kind = INPUT_TRIGGER, .t_ns = 4 * NS_PER_S, .trigger = {.rule = "r"}});
	rig_input(&rig, &(struct input){.kind = INPUT_TRIGGER, .t_ns = 4 * NS_PER_S, .trigger = {.rule = "nope"}});
	assert_string_equal(rig_said(&rig), "0s fired r host\n1s ended r host\n2s fired r host!\n"
					    "4s fired r host*\n4s ended r host\n");
	rig_stop(&rig);
}

static void an_input_from_the_past_is_judged_at_its_predecessors_time(void **state)
{
	struct rig rig;
	(void)state;
	build_reset();
	build_rule("r", above("cpu.sys", 50));
	rig_start(&rig, build_ruleset());
	rig_read(&rig, 5000, 0, "cpu.sys", 10);
	rig_read(&rig, 3000, 0, "cpu.sys", 80);
	assert_string_equal(rig_said(&rig), "5s fired r host\n");
	rig_stop(&rig);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_hold_the_first_true_reading_fires_and_the_first_false_one_ends),
		cmocka_unit_test(a_hold_fires_once_it_was_true_for_that_long_and_starts_over_when_broken),
		cmocka_unit_test(a_firing_ends_when_clear_held_without_a_break),
		cmocka_unit_test(unknown_keep_pauses_hold_and_clear),
		cmocka_unit_test(unknown_true_counts_as_true_and_unknown_false_as_false),
		cmocka_unit_test(time_without_readings_counts_as_unknown),
		cmocka_unit_test(a_hold_in_sum_fires_although_it_was_broken),
		cmocka_unit_test(a_clear_of_its_own_is_what_ends_a_firing),
		cmocka_unit_test(a_vanished_entity_ends_its_firing_as_gone),
		cmocka_unit_test(rules_speak_in_their_order_then_entities_in_theirs),
		cmocka_unit_test(an_event_fires_and_ends_at_once_for_the_entity_it_belongs_to),
		cmocka_unit_test(events_are_unknown_while_not_attached_and_counted_from_then_on),
		cmocka_unit_test(events_below_a_quantifier_are_counted_for_each_entity),
		cmocka_unit_test(a_quantifier_over_nobody_is_judged_at_every_tick),
		cmocka_unit_test(arming_begins_at_the_first_true_and_lasts_for_its_time_after_the_last),
		cmocka_unit_test(a_rule_on_events_arms_what_it_waits_for_by_its_own_condition),
		cmocka_unit_test(without_a_condition_arming_begins_at_the_firing),
		cmocka_unit_test(a_trigger_by_hand_captures_whatever_the_limits_say),
		cmocka_unit_test(an_input_from_the_past_is_judged_at_its_predecessors_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
