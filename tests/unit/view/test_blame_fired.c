/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "tests/unit/support/culprits.h"

static void an_event_names_its_own_culprits(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, NULL);
	t.plan.event = "{\"t_ns\":1,\"kind\":\"lacp\",\"bond\":\"bond0\",\"slave\":\"eth1\",\"change\":\"disabled\"}";
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "name"), "eth1");
	assert_string_equal(text_of(all, 0, "evidence"), "port of bond0: disabled (events.jsonl)");
	assert_string_equal(text_of(all, 1, "kind"), "bond");
	json_object_put(all);
	taken_done(&t);
	rig_init(&t, NULL);
	t.plan.event = "{\"kind\":\"oom\",\"comm\":\"java\",\"tgid\":7,\"victim_comm\":\"redis\",\"victim_pid\":9,"
		       "\"memcg_id\":4,\"entity\":\"/a.slice\",\"usage\":1048576,\"limit\":1048576}";
	all = culprits(&t);
	assert_string_equal(text_of(all, 0, "name"), "redis");
	assert_string_equal(text_of(all, 0, "pid"), "9");
	assert_string_equal(text_of(all, 1, "name"), "/a.slice");
	assert_string_equal(text_of(all, 2, "name"), "java");
	json_object_put(all);
	taken_done(&t);
}

static void an_event_in_a_pod_names_pod_and_container_behind_the_task(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, NULL);
	t.plan.event = "{\"kind\":\"oom\",\"comm\":\"java\",\"tgid\":7,\"victim_comm\":\"java\",\"victim_pid\":7,\"container\":\"0123abcd\","
		       "\"runtime\":\"containerd\",\"pod\":\"web-0\",\"namespace\":\"shop\",\"qos\":\"burstable\"}";
	struct json_object *all = culprits(&t);
	size_t n = json_length(json_member(all, "culprits"));
	assert_string_equal(text_of(all, n - 2, "name"), "web-0");
	assert_string_equal(text_of(all, n - 1, "name"), "0123abcd");
	assert_non_null(strstr(text_of(all, n - 1, "evidence"), "containerd: it happened in this container of pod web-0"));
	json_object_put(all);
	taken_done(&t);
}

static void a_hung_task_is_named_with_what_it_waits_in(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, NULL);
	t.plan.event = "{\"kind\":\"hungtask\",\"comm\":\"mount\",\"pid\":77,\"blocked\":122000000000,\"d_tasks\":4,"
		       "\"stack\":[\"__schedule+0x1/0x9\",\"schedule+0x2\",\"rwsem_down_write_slowpath+0x1\",\"freeze_super+0x1\"]}";
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "name"), "mount");
	assert_string_equal(text_of(all, 0, "evidence"),
			    "hangs in D state since 2m2s, waiting in freeze_super, one of 4 such tasks (events.jsonl)");
	assert_string_equal(text_of(all, 1, "kind"), "wait");
	assert_string_equal(text_of(all, 1, "name"), "freeze_super");
	json_object_put(all);
	taken_done(&t);
}

static void a_softirq_that_ran_before_anybody_looked_is_named_by_later_events(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, NULL);
	t.plan.event = "{\"t_ns\":1,\"kind\":\"softirq\",\"vec\":\"timer\",\"ran\":\"\",\"ran_for\":0,\"offtime\":60000000,\"cpu\":1,"
		       "\"comm\":\"cat\",\"pid\":9}";
	taken_put(&t, "events.jsonl",
		  "{\"t_ns\":2,\"kind\":\"softirq\",\"vec\":\"timer\",\"ran\":\"net_rx\",\"ran_for\":50000000,\"offtime\":40000000}\n"
		  "{\"t_ns\":3,\"kind\":\"softirq\",\"vec\":\"rcu\",\"ran\":\"net_rx\",\"ran_for\":60000000,\"offtime\":40000000}\n"
		  "{\"t_ns\":4,\"kind\":\"iolatency\",\"disk\":\"vda\",\"issuer_comm\":\"reader\",\"issuer_pid\":5,\"q2c\":400000000}\n");
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "kind"), "softirq");
	assert_string_equal(text_of(all, 0, "name"), "net_rx");
	assert_string_equal(text_of(all, 0, "evidence"),
			    "ran while others waited 2 times, at worst 60ms, 110ms in sum (events.jsonl)");
	assert_string_equal(text_of(all, 1, "name"), "cat");
	assert_int_equal(json_length(json_member(all, "culprits")), 2);
	json_object_put(all);
	taken_done(&t);
}

static void whoever_the_event_did_not_know_is_looked_for_among_the_others(void **state)
{
	(void)state;
	struct taken t;
	rig_init(&t, NULL);
	t.plan.event = "{\"t_ns\":1,\"kind\":\"iolatency\",\"disk\":\"vda\",\"issuer_comm\":\"\",\"issuer_pid\":0,\"q2c\":500000000}";
	taken_put(&t, "events.jsonl",
		  "{\"t_ns\":1,\"kind\":\"iolatency\",\"disk\":\"vda\",\"issuer_comm\":\"\",\"issuer_pid\":0,\"q2c\":500000000}\n"
		  "{\"t_ns\":2,\"kind\":\"iolatency\",\"disk\":\"vda\",\"issuer_comm\":\"reader\",\"issuer_pid\":5,\"q2c\":400000000}\n");
	struct json_object *all = culprits(&t);
	assert_string_equal(text_of(all, 0, "kind"), "device");
	assert_string_equal(text_of(all, 1, "name"), "reader");
	assert_string_equal(text_of(all, 1, "evidence"),
			    "issued requests that were slow 1 time, at worst 400ms, 400ms in sum (events.jsonl)");
	json_object_put(all);
	taken_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_names_its_own_culprits),
		cmocka_unit_test(an_event_in_a_pod_names_pod_and_container_behind_the_task),
		cmocka_unit_test(a_hung_task_is_named_with_what_it_waits_in),
		cmocka_unit_test(a_softirq_that_ran_before_anybody_looked_is_named_by_later_events),
		cmocka_unit_test(whoever_the_event_did_not_know_is_looked_for_among_the_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
