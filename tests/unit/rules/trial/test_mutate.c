/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/load.h"
#include "rules/trial/mutate.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/vocabulary.h"

#define HEAD "version: 1\nrules:\n  - name: r\n"

static struct ruleset *load(const char *text)
{
	struct diagnostics *d = diagnostics_new();
	const struct load_options options = {.vocabulary = test_vocabulary()};
	struct ruleset *set = NULL;
	assert_int_equal(rules_load_text("r.yaml", text, strlen(text), &options, d, &set), 0);
	diagnostics_free(d);
	return set;
}

/* One line a mutation: "4:19 > as >=". */
static void expect(const char *rule, const char *listed)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	_cleanup_buf_ struct buf out = {0};
	struct ruleset *set = load(rule);
	struct mutations m;
	assert_int_equal(mutations_list(set, arena, &m), 0);
	for (size_t i = 0; i < m.n; i++)
		buf_printf(&out, "%u:%u %s as %s\n", m.of[i].at.line, m.of[i].at.column, m.of[i].from, m.of[i].to);
	assert_string_equal(buf_str(&out), listed);
	ruleset_free(set);
}

static void an_operator_becomes_its_neighbour_where_it_stands(void **state _unused_)
{
	expect(HEAD "    when: cpu.sys >= 0% and cpu.user < 0%\n",
	       "4:25 and as or\n4:19 >= as >\n4:22 0% as -0.0001%\n4:22 0% as 0.0001%\n4:38 < as <=\n4:40 0% as -0.0001%\n"
	       "4:40 0% as 0.0001%\n");
	expect(HEAD "    on: oom\n    when: event.victim_comm != \"java\"\n", "5:29 != as ==\n");
	expect(HEAD "    when: any(disk, disk.inflight == 0)\n",
	       "4:11 any as all\n4:35 == as !=\n4:38 0 as -1\n4:38 0 as 1\n");
}

static void a_number_goes_a_hundredth_up_and_down_or_by_one(void **state _unused_)
{
	expect(HEAD "    params: {level: 50%}\n    when: cpu.sys > $level\n",
	       "5:19 > as >=\n5:21 $level = 50% as 49.5%\n5:21 $level = 50% as 50.5%\n");
	expect(HEAD "    when: tasks.d > 15\n", "4:19 > as >=\n4:21 15 as 14\n4:21 15 as 16\n");
	expect(HEAD "    when: load.1 > 1.5\n", "4:18 > as >=\n4:20 1.5 as 1.485\n4:20 1.5 as 1.515\n");
	expect(HEAD "    when: tasks.total / 2 > 100\n",
	       "4:27 > as >=\n4:23 / as *\n4:25 2 as 1.98\n4:25 2 as 2.02\n4:29 100 as 99\n4:29 100 as 101\n");
}

static void a_time_goes_by_a_tenth_or_a_second_where_it_is_written(void **state _unused_)
{
	expect(HEAD "    when: \"true\"\n    hold: 500ms\n", "5:11 hold 500ms as hold 450ms\n5:11 hold 500ms as hold 550ms\n");
	expect(HEAD "    when: \"true\"\n    clear_hold: 5s\n",
	       "5:17 clear_hold 5s as clear_hold 4s\n5:17 clear_hold 5s as clear_hold 6s\n");
	expect(HEAD "    when: events(oom, 30s) > 0\n",
	       "4:28 > as >=\n4:11 events(oom, 30s) 30s as events(oom, 30s) 27s\n4:11 events(oom, 30s) 30s as events(oom, 30s) 33s\n"
	       "4:30 0 as -1\n4:30 0 as 1\n");
	expect(HEAD "    when: \"true\"\n    arm: {detectors: [softirq], for: 10s}\n",
	       "5:38 arm.for 10s as arm.for 9s\n5:38 arm.for 10s as arm.for 11s\n");
}

static void an_exception_goes_by_a_minute_and_by_each_day(void **state _unused_)
{
	expect(HEAD "    when: \"true\"\n    except: [{name: a, between: \"00:00-00:02\", days: [mon, sun]}]\n",
	       "5:14 00:00 as 00:01\n5:14 00:02 as 00:01\n5:14 00:02 as 00:03\n"
	       "5:14 mon as not mon\n5:14 not tue as tue\n5:14 not wed as wed\n5:14 not thu as thu\n"
	       "5:14 not fri as fri\n5:14 not sat as sat\n5:14 sun as not sun\n");
	expect(HEAD "    when: \"true\"\n    except: [{name: a, match: {cgroup: /a}}]\n", "");
}

/* Where units meet the checker multiplies; nobody wrote that. */
static void what_nobody_wrote_is_not_changed(void **state _unused_)
{
	expect(HEAD "    when: load.1 > sched.running\n", "4:18 > as >=\n");
}

static void a_swap_is_taken_back_by_another(void **state _unused_)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	struct ruleset *set = load(HEAD "    when: cpu.sys > 50%\n    hold: 5s\n");
	const struct rule *r = set->rules;
	struct mutations m;
	assert_int_equal(mutations_list(set, arena, &m), 0);
	assert_int_equal(m.n, 5);
	for (size_t i = 0; i < m.n; i++) {
		mutation_swap(&m.of[i]);
		assert_false(r->when->kind == EXPR_GREATER && r->when->b->number.value == 500000 && r->hold_ns == 5000000000);
		mutation_swap(&m.of[i]);
		assert_true(r->when->kind == EXPR_GREATER && r->when->b->number.value == 500000 && r->hold_ns == 5000000000);
	}
	ruleset_free(set);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_operator_becomes_its_neighbour_where_it_stands),
		cmocka_unit_test(a_number_goes_a_hundredth_up_and_down_or_by_one),
		cmocka_unit_test(a_time_goes_by_a_tenth_or_a_second_where_it_is_written),
		cmocka_unit_test(an_exception_goes_by_a_minute_and_by_each_day),
		cmocka_unit_test(what_nobody_wrote_is_not_changed),
		cmocka_unit_test(a_swap_is_taken_back_by_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
