/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "snapshot/plan.h"

static const char *collectors[] = {"profile", "sysrq-l"};
static const char *signals[] = {"cpu.sys"};
static uint32_t pids[] = {1, 4194304};

static struct plan sample_plan(void)
{
	return (struct plan){
		.id = "20261120T172301Z-cpu-sys-spike-1f3a9c2e",
		.rule = "cpu-sys-spike",
		.severity = "major",
		.summary = "line one\nline \"two\" \x01",
		.rule_yaml = "name: cpu-sys-spike\n",
		.why = "{\"terms\":[1.50]}",
		.labels = "{}",
		.entity_kind = ENTITY_KIND_CGROUP,
		.entity = "/a\xff.slice",
		.drill = true,
		.clocks = {.realtime = UINT64_MAX, .monotonic = 2, .utc_offset_s = -3600},
		.fired_ns = INT64_MAX,
		.onset_ns = 1,
		.before_ns = 60 * NS_PER_S,
		.max_bytes = UINT64_C(1) << 40,
		.collectors = collectors,
		.n_collectors = 2,
		.signals = signals,
		.n_signals = 1,
		.proc_root = "/proc",
		.sys_root = "/sys",
		.self_pids = pids,
		.n_self_pids = 2,
		.version = "0.1.0",
	};
}

static void a_plan_survives_the_socket_unchanged(void **state)
{
	(void)state;
	struct plan p = sample_plan(), q;
	char *text = plan_json(&p);
	assert_int_equal(plan_parse(text, strlen(text), &q), 0);
	assert_string_equal(q.summary, p.summary);
	assert_string_equal(q.entity, p.entity);
	assert_string_equal(q.why, p.why);
	assert_null(q.event);
	assert_null(q.source);
	assert_int_equal(q.entity_kind, ENTITY_KIND_CGROUP);
	assert_true(q.drill && !q.by_hand);
	assert_true(q.clocks.realtime == p.clocks.realtime && q.clocks.monotonic == p.clocks.monotonic);
	assert_int_equal(q.clocks.utc_offset_s, p.clocks.utc_offset_s);
	assert_true(q.fired_ns == p.fired_ns && q.max_bytes == p.max_bytes);
	assert_int_equal(q.n_collectors, 2);
	assert_string_equal(q.collectors[1], "sysrq-l");
	assert_int_equal(q.self_pids[1], 4194304);
	plan_done(&q);
	free(text);
}

static void a_bundle_is_bounded_by_its_rule_and_by_the_stage(void **state)
{
	(void)state;
	struct plan p = sample_plan();
	plan_bound(&p, 32 << 20, 64 << 20);
	assert_int_equal(p.max_bytes, 32 << 20);
	assert_false(p.by_stage);
	plan_bound(&p, 128 << 20, 64 << 20);
	assert_int_equal(p.max_bytes, 64 << 20);
	assert_true(p.by_stage);
}

static void a_cut_plan_is_refused_at_every_byte(void **state)
{
	(void)state;
	struct plan p = sample_plan(), q;
	char *text = plan_json(&p);
	for (size_t len = 0; len < strlen(text); len++)
		assert_int_equal(plan_parse(text, len, &q), -EBADMSG);
	free(text);
}

static void a_plan_with_an_overlong_name_or_a_wrong_type_is_refused(void **state)
{
	(void)state;
	struct join j = {.rule = "oom", .entity = "host", .collectors = collectors, .n_collectors = 1}, q;
	char *text = join_json(&j);
	assert_int_equal(join_parse(text, strlen(text), &q), 0);
	assert_string_equal(q.collectors[0], "profile");
	assert_null(q.why);
	join_done(&q);
	free(text);

	char longer[512];
	memset(longer, 'x', sizeof(longer));
	snprintf(longer, sizeof(longer), "{\"rule\":\"%0200d\",\"entity\":\"\"}", 1);
	assert_int_equal(join_parse(longer, strlen(longer), &q), -EBADMSG);
	const char *wrong = "{\"rule\":7}";
	assert_int_equal(join_parse(wrong, strlen(wrong), &q), -EBADMSG);
	assert_int_equal(join_parse("[]", 2, &q), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_survives_the_socket_unchanged),
		cmocka_unit_test(a_bundle_is_bounded_by_its_rule_and_by_the_stage),
		cmocka_unit_test(a_cut_plan_is_refused_at_every_byte),
		cmocka_unit_test(a_plan_with_an_overlong_name_or_a_wrong_type_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
