/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "tests/unit/support/build_rule.h"
#include "tests/unit/support/rig.h"
#include "tests/unit/support/vocabulary.h"

#define MINUTE (60 * NS_PER_S)

/* A disk that is busy for one reading fires once. */
static void busy(struct rig *rig, uint64_t ms, uint16_t slot)
{
	rig_read(rig, ms, slot, "disk.util", 90);
	rig_read(rig, ms + 1, slot, "disk.util", 0);
}

static struct rule *disk_rule(struct limit entity, struct limit rule)
{
	build_reset();
	struct rule *r = build_rule("r", above("disk.util", 50));
	r->for_each = ENTITY_KIND_DISK;
	r->limits.entity = entity;
	r->limits.rule = rule;
	return r;
}

static void start(struct rig *rig)
{
	rig_start(rig, build_ruleset());
	rig_born(rig, 1, 1, ENTITY_KIND_DISK, "sda");
	rig_born(rig, 1, 2, ENTITY_KIND_DISK, "sdb");
}

static unsigned suppressed(const struct rig *rig, uint16_t slot)
{
	struct rule_status s;
	assert_true(machine_status(rig->m, 0, slot, &s));
	return (unsigned)s.suppressed;
}

static void a_bucket_holds_its_burst_and_refills_one_at_a_time(void **state)
{
	struct rig rig;
	struct rule_status s;
	(void)state;
	disk_rule((struct limit){2, MINUTE}, (struct limit){0});
	start(&rig);
	busy(&rig, 1000, 1);
	busy(&rig, 2000, 1);
	busy(&rig, 3000, 1);
	assert_int_equal(suppressed(&rig, 1), 1);
	busy(&rig, 61000, 1);
	busy(&rig, 62000, 1);
	assert_int_equal(suppressed(&rig, 1), 2);
	assert_true(machine_status(rig.m, 0, 1, &s));
	assert_int_equal(s.fired, 5);
	assert_int_equal(s.tokens_entity, 0);
	rig_stop(&rig);
}

static void a_capture_takes_a_token_of_each_bucket_or_of_none(void **state)
{
	struct rig rig;
	struct rule_status s;
	(void)state;
	disk_rule((struct limit){1, 60 * MINUTE}, (struct limit){3, 60 * MINUTE});
	start(&rig);
	busy(&rig, 1000, 1);
	busy(&rig, 2000, 1);
	busy(&rig, 3000, 1);
	assert_true(machine_status(rig.m, 0, 1, &s));
	assert_int_equal(s.tokens_rule, 2); /* the suppressed firings took none */
	busy(&rig, 4000, 2);
	assert_int_equal(suppressed(&rig, 2), 0);
	rig_stop(&rig);
}

static void buckets_refill_while_the_machine_sleeps(void **state)
{
	struct rig rig;
	(void)state;
	disk_rule((struct limit){1, 10 * MINUTE}, (struct limit){0});
	start(&rig);
	busy(&rig, 1000, 1);
	rig_clock(&rig, 2000, (int64_t)(10 * MINUTE)); /* ten minutes of suspend */
	busy(&rig, 3000, 1);
	assert_int_equal(suppressed(&rig, 1), 0);
	rig_stop(&rig);
}

static void an_entity_that_comes_back_finds_its_bucket_as_it_left_it(void **state)
{
	struct rig rig;
	(void)state;
	disk_rule((struct limit){1, 10 * MINUTE}, (struct limit){0});
	start(&rig);
	busy(&rig, 1000, 1);
	rig_gone(&rig, 2000, 1);
	rig_born(&rig, 3000, 1, ENTITY_KIND_DISK, "sda");
	busy(&rig, 4000, 1);
	assert_int_equal(suppressed(&rig, 1), 1);
	rig_stop(&rig);
}

static void what_is_saved_is_loaded_again_and_foreign_lines_are_passed_over(void **state)
{
	struct rig rig;
	_cleanup_buf_ struct buf text = {0};
	(void)state;
	disk_rule((struct limit){1, 10 * MINUTE}, (struct limit){2, 10 * MINUTE});
	start(&rig);
	rig_born(&rig, 1, 3, ENTITY_KIND_DISK, "odd name\n\\");
	busy(&rig, 1000, 3);
	assert_int_equal(machine_limits_save(rig.m, &text), 0);
	assert_string_equal(buf_str(&text), "rule r 1 1000000000\nentity r disk odd\\x20name\\x0a\\x5c 0 1000000000\n");
	rig_stop(&rig);
	buf_add_str(&text, "what is this\nrule nope 1 1\nentity r disk \\x 0 0\nrule r 99999999999999 1\n");
	rig_start(&rig, build_ruleset());
	machine_limits_load(rig.m, buf_str(&text));
	rig_born(&rig, 1001, 3, ENTITY_KIND_DISK, "odd name\n\\");
	busy(&rig, 2000, 3);
	assert_int_equal(suppressed(&rig, 3), 1);
	rig_born(&rig, 2001, 2, ENTITY_KIND_DISK, "sdb");
	busy(&rig, 3000, 2);
	assert_int_equal(suppressed(&rig, 2), 0);
	rig_born(&rig, 3001, 1, ENTITY_KIND_DISK, "sda");
	busy(&rig, 4000, 1);
	assert_int_equal(suppressed(&rig, 1), 1); /* the rule's bucket had one left */
	rig_stop(&rig);
}

static void a_lost_state_file_starts_every_bucket_with_one_token(void **state)
{
	struct rig rig;
	(void)state;
	disk_rule((struct limit){3, 10 * MINUTE}, (struct limit){0});
	rig_start(&rig, build_ruleset());
	machine_limits_lost(rig.m);
	rig_clock(&rig, 1000, (int64_t)(100 * MINUTE)); /* a long uptime is no reason to refill */
	rig_born(&rig, 1001, 1, ENTITY_KIND_DISK, "sda");
	busy(&rig, 2000, 1);
	busy(&rig, 3000, 1);
	assert_int_equal(suppressed(&rig, 1), 1);
	busy(&rig, 605000, 1);
	assert_int_equal(suppressed(&rig, 1), 1);
	rig_stop(&rig);
}

static void after_a_reboot_the_uptime_counts_as_time_that_passed(void **state)
{
	struct rig rig;
	(void)state;
	disk_rule((struct limit){1, MINUTE}, (struct limit){0});
	rig_start(&rig, build_ruleset());
	machine_limits_load(rig.m, "entity r disk sda 0 9000000000000\n");
	rig_born(&rig, 1000, 1, ENTITY_KIND_DISK, "sda");
	busy(&rig, 2000, 1);
	assert_int_equal(suppressed(&rig, 1), 1);
	busy(&rig, 61000, 1);
	assert_int_equal(suppressed(&rig, 1), 1);
	rig_stop(&rig);
}

static void it_is_told_when_the_last_firing_was_suppressed_and_since_when_a_verdict_holds(void **state)
{
	struct rig rig;
	struct rule_status s;
	(void)state;
	disk_rule((struct limit){1, MINUTE}, (struct limit){0});
	start(&rig);
	busy(&rig, 1000, 1);
	assert_true(machine_status(rig.m, 0, 1, &s));
	assert_int_equal(s.suppressed_ns, 0);
	assert_int_equal(s.verdict_since_ns, 1001 * NS_PER_MS);
	busy(&rig, 2000, 1);
	rig_read(&rig, 3000, 1, "disk.util", 10);
	assert_true(machine_status(rig.m, 0, 1, &s));
	assert_int_equal(s.suppressed_ns, 2000 * NS_PER_MS);
	assert_int_equal(s.verdict_since_ns, 2001 * NS_PER_MS);
	rig_stop(&rig);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_holds_its_burst_and_refills_one_at_a_time),
		cmocka_unit_test(a_capture_takes_a_token_of_each_bucket_or_of_none),
		cmocka_unit_test(buckets_refill_while_the_machine_sleeps),
		cmocka_unit_test(an_entity_that_comes_back_finds_its_bucket_as_it_left_it),
		cmocka_unit_test(what_is_saved_is_loaded_again_and_foreign_lines_are_passed_over),
		cmocka_unit_test(a_lost_state_file_starts_every_bucket_with_one_token),
		cmocka_unit_test(after_a_reboot_the_uptime_counts_as_time_that_passed),
		cmocka_unit_test(it_is_told_when_the_last_firing_was_suppressed_and_since_when_a_verdict_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
