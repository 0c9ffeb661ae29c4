/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "bpf/event.h"
#include "rules/tell/why.h"
#include "tests/unit/support/build_rule.h"
#include "tests/unit/support/rig.h"
#include "tests/unit/support/vocabulary.h"

#define AT(h, m) (((h) * 60 + (m)) * 60)

/* 2026-11-23 00:00 UTC, a Monday. */
#define MONDAY_S INT64_C(1795392000)

static struct exception_match match;
static struct exception backups;

/* cpu.sys > 50 % but between these times of these days. */
static struct rule *build_timed(uint32_t from_s, uint32_t to_s, uint8_t days)
{
	build_reset();
	backups = (struct exception){.name = "backups", .reason = "they may", .from_s = from_s, .to_s = to_s, .days = days};
	struct rule *r = build_rule("r", above("cpu.sys", 50));
	r->exceptions = &backups;
	r->n_exceptions = 1;
	return r;
}

static void tell_clock(struct rig *rig, int64_t realtime_s, int32_t utc_offset_s)
{
	rig_input(rig, &(struct input){.kind = INPUT_CLOCK,
				       .clock = {.realtime_offset_ns = realtime_s * (int64_t)NS_PER_S,
						 .utc_offset_s = utc_offset_s}});
}

/* Whether a firing at that local time falls under the exception. */
static bool excepted_at(int64_t local_s, int32_t utc_offset_s)
{
	struct rig rig;
	rig_start(&rig, build_ruleset());
	tell_clock(&rig, local_s - utc_offset_s, utc_offset_s);
	rig_read(&rig, 0, ENTITY_HOST, "cpu.sys", 80);
	bool excepted = strcmp(rig_said(&rig), "0s fired r host! but backups\n") == 0;
	rig_stop(&rig);
	return excepted;
}

static void a_time_of_the_day_holds_from_its_first_second_to_before_its_last(void **state)
{
	(void)state;
	build_timed(AT(1, 0), AT(3, 0), EVERY_DAY);
	assert_false(excepted_at(MONDAY_S + AT(1, 0) - 1, 0));
	assert_true(excepted_at(MONDAY_S + AT(1, 0), 0));
	assert_true(excepted_at(MONDAY_S + AT(3, 0) - 1, 0));
	assert_false(excepted_at(MONDAY_S + AT(3, 0), 0));
}

static void the_time_is_local(void **state)
{
	(void)state;
	build_timed(AT(1, 0), AT(3, 0), EVERY_DAY);
	for (int32_t offset = -AT(12, 0); offset <= AT(14, 0); offset += AT(0, 30)) {
		assert_true(excepted_at(MONDAY_S + AT(2, 0), offset));
		assert_false(excepted_at(MONDAY_S + AT(4, 0), offset));
	}
}

static void a_time_over_midnight_belongs_to_the_day_it_begins_on(void **state)
{
	(void)state;
	build_timed(AT(22, 0), AT(6, 0), 1 << 0); /* Monday */
	assert_false(excepted_at(MONDAY_S + AT(5, 0), 0));
	assert_true(excepted_at(MONDAY_S + AT(23, 0), 0));
	assert_true(excepted_at(MONDAY_S + DAY_S + AT(5, 59), 0));
	assert_false(excepted_at(MONDAY_S + DAY_S + AT(6, 0), 0));
	assert_false(excepted_at(MONDAY_S + DAY_S + AT(23, 0), 0));
}

static void days_alone_mean_the_whole_of_them(void **state)
{
	(void)state;
	build_timed(0, DAY_S, 1 << 5 | 1 << 6);
	assert_false(excepted_at(MONDAY_S - 2 * DAY_S - 1, 0));
	assert_true(excepted_at(MONDAY_S - 2 * DAY_S, 0));
	assert_true(excepted_at(MONDAY_S - 1, 0));
	assert_false(excepted_at(MONDAY_S, 0));
}

static void a_clock_before_the_epoch_has_days_too(void **state)
{
	(void)state;
	build_timed(AT(22, 0), DAY_S, 1 << 2); /* Wednesday */
	assert_true(excepted_at(-1, 0));
	assert_false(excepted_at(0, 0));
}

static void a_moment_before_midnight_is_the_day_before(void **state)
{
	struct rig rig;
	(void)state;
	build_timed(0, DAY_S, 1 << 2); /* Wednesday; the epoch began on a Thursday */
	rig_start(&rig, build_ruleset());
	rig_input(&rig, &(struct input){.kind = INPUT_CLOCK, .clock = {.realtime_offset_ns = -1}});
	rig_read(&rig, 0, ENTITY_HOST, "cpu.sys", 80);
	assert_string_equal(rig_said(&rig), "0s fired r host! but backups\n");
	rig_stop(&rig);
}

static void an_excepted_firing_changes_the_state_and_spends_nothing(void **state)
{
	static const uint16_t detectors[] = {0};
	struct rig rig;
	struct rule_status s;
	(void)state;
	struct rule *r = build_timed(0, AT(1, 0), EVERY_DAY);
	r->limits.entity = (struct limit){1, 3600 * NS_PER_S};
	r->arm.detectors = detectors;
	r->arm.n_detectors = 1;
	r->arm.for_ns = NS_PER_S;
	rig_start(&rig, build_ruleset());
	tell_clock(&rig, MONDAY_S + AT(0, 59), 0);
	rig_read(&rig, 0, ENTITY_HOST, "cpu.sys", 80);
	assert_true(machine_status(rig.m, 0, ENTITY_HOST, &s));
	assert_int_equal(s.state, RULE_FIRING);
	assert_string_equal(s.exception, "backups");
	rig_read(&rig, 61000, ENTITY_HOST, "cpu.sys", 10);
	rig_read(&rig, 62000, ENTITY_HOST, "cpu.sys", 80);
	assert_string_equal(rig_said(&rig), "0s fired r host! but backups\n61s ended r host\n62s fired r host\n62s arm r host\n");
	assert_true(machine_status(rig.m, 0, ENTITY_HOST, &s));
	assert_int_equal(s.fired, 2);
	assert_int_equal(s.excepted, 1);
	assert_int_equal(s.suppressed, 0);
	assert_null(s.exception);
	assert_null(s.last_exception);
	rig_stop(&rig);
}

static void build_matched(enum entity_kind kind, const char *pattern)
{
	build_timed(0, DAY_S, EVERY_DAY);
	match = (struct exception_match){kind, pattern};
	backups.matches = &match;
	backups.n_matches = 1;
}

static void an_exception_of_the_rules_own_kind_is_about_its_entity(void **state)
{
	struct rig rig;
	(void)state;
	build_matched(ENTITY_KIND_DISK, "sd[a-b]");
	struct rule *r = (struct rule *)build_ruleset()->rules;
	r->for_each = ENTITY_KIND_DISK;
	r->when = above("disk.util", 50);
	rig_start(&rig, build_ruleset());
	rig_born(&rig, 0, 1, ENTITY_KIND_DISK, "sda");
	rig_born(&rig, 0, 2, ENTITY_KIND_DISK, "sdz");
	rig_read(&rig, 1000, 1, "disk.util", 80);
	rig_read(&rig, 1000, 2, "disk.util", 80);
	assert_string_equal(rig_said(&rig), "1s fired r sda! but backups\n1s fired r sdz\n");
	rig_stop(&rig);
}

static void an_exception_of_another_kind_holds_while_one_that_matches_lives(void **state)
{
	struct rig rig;
	(void)state;
	build_matched(ENTITY_KIND_CGROUP, "/backup.slice/*");
	rig_start(&rig, build_ruleset());
	rig_born(&rig, 0, 1, ENTITY_KIND_CGROUP, "/app");
	rig_read(&rig, 1000, ENTITY_HOST, "cpu.sys", 80);
	rig_read(&rig, 2000, ENTITY_HOST, "cpu.sys", 10);
	rig_born(&rig, 2000, 2, ENTITY_KIND_CGROUP, "/backup.slice/a/b");
	rig_read(&rig, 3000, ENTITY_HOST, "cpu.sys", 80);
	rig_read(&rig, 4000, ENTITY_HOST, "cpu.sys", 10);
	rig_gone(&rig, 4000, 2);
	rig_read(&rig, 5000, ENTITY_HOST, "cpu.sys", 80);
	assert_string_equal(rig_said(&rig), "1s fired r host\n2s ended r host\n3s fired r host! but backups\n"
					    "4s ended r host\n5s fired r host\n");
	rig_stop(&rig);
}

static void an_exception_in_a_rule_on_events_is_about_the_events_own_entity(void **state)
{
	struct rig rig;
	struct event_oom oom = {.victim_comm = "java"};
	(void)state;
	build_matched(ENTITY_KIND_CGROUP, "/backup.slice/*");
	struct rule *r = (struct rule *)build_ruleset()->rules;
	r->on = vocabulary_detector(test_vocabulary(), "oom");
	r->when = NULL;
	rig_start(&rig, build_ruleset());
	rig_born(&rig, 0, 1, ENTITY_KIND_CGROUP, "/app");
	rig_born(&rig, 0, 2, ENTITY_KIND_CGROUP, "/backup.slice/a");
	rig_event(&rig, 1000, 1, "oom", &oom, sizeof(oom));
	rig_event(&rig, 2000, 2, "oom", &oom, sizeof(oom));
	assert_string_equal(rig_said(&rig), "1s fired r host\n1s ended r host\n2s fired r host! but backups\n2s ended r host\n");
	rig_stop(&rig);
}

static void a_trigger_by_hand_knows_no_exception(void **state)
{
	struct rig rig;
	(void)state;
	build_timed(0, DAY_S, EVERY_DAY);
	rig_start(&rig, build_ruleset());
	rig_input(&rig, &(struct input){.kind = INPUT_TRIGGER, .trigger = {.rule = "r"}});
	assert_string_equal(rig_said(&rig), "0s fired r host*\n0s ended r host\n");
	rig_stop(&rig);
}

static void why_names_the_exception_that_holds(void **state)
{
	struct rig rig;
	_cleanup_buf_ struct buf out = {0};
	static const struct entity host = {.kind = ENTITY_KIND_HOST, .name = "host"};
	(void)state;
	build_timed(0, DAY_S, EVERY_DAY);
	rig_start(&rig, build_ruleset());
	rig_read(&rig, 1000, ENTITY_HOST, "cpu.sys", 80);
	assert_int_equal(why_json(rig.m, 0, ENTITY_HOST, &host, &out), 0);
	assert_non_null(strstr(buf_str(&out), "\"exception\": {\"name\": \"backups\", \"reason\": \"they may\"}"));
	rig_stop(&rig);
}

static void a_checkpoint_carries_what_was_excepted(void **state)
{
	struct rig rig, again;
	struct rule_status s;
	_cleanup_buf_ struct buf kept = {0};
	(void)state;
	build_timed(0, DAY_S, EVERY_DAY);
	rig_start(&rig, build_ruleset());
	rig_read(&rig, 1000, ENTITY_HOST, "cpu.sys", 80);
	assert_int_equal(machine_checkpoint(rig.m, &kept), 0);
	rig_start(&again, build_ruleset());
	assert_int_equal(machine_restore(again.m, kept.data, kept.len), 0);
	assert_true(machine_status(again.m, 0, ENTITY_HOST, &s));
	assert_int_equal(s.excepted, 1);
	assert_string_equal(s.last_exception, "backups");
	rig_stop(&rig);
	rig_stop(&again);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_of_the_day_holds_from_its_first_second_to_before_its_last),
		cmocka_unit_test(the_time_is_local),
		cmocka_unit_test(a_time_over_midnight_belongs_to_the_day_it_begins_on),
		cmocka_unit_test(days_alone_mean_the_whole_of_them),
		cmocka_unit_test(a_clock_before_the_epoch_has_days_too),
		cmocka_unit_test(a_moment_before_midnight_is_the_day_before),
		cmocka_unit_test(an_excepted_firing_changes_the_state_and_spends_nothing),
		cmocka_unit_test(an_exception_of_the_rules_own_kind_is_about_its_entity),
		cmocka_unit_test(an_exception_of_another_kind_holds_while_one_that_matches_lives),
		cmocka_unit_test(an_exception_in_a_rule_on_events_is_about_the_events_own_entity),
		cmocka_unit_test(a_trigger_by_hand_knows_no_exception),
		cmocka_unit_test(why_names_the_exception_that_holds),
		cmocka_unit_test(a_checkpoint_carries_what_was_excepted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
