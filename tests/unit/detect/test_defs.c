/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detect.h"
#include "tests/unit/support/test.h"

static struct vocabulary vocabulary_here(void)
{
	return (struct vocabulary){
		.detectors = detector_defs,
		.n_detectors = detector_defs_n,
		.common_fields = event_common_fields,
		.n_common_fields = event_common_fields_n,
	};
}

static void detectors_and_their_fields_are_sorted_by_name(void **state _unused_)
{
	for (size_t i = 0; i < detector_defs_n; i++) {
		const struct detector_def *d = &detector_defs[i];
		assert_true(i == 0 || strcmp(detector_defs[i - 1].name, d->name) < 0);
		for (size_t f = 1; f < d->n_fields; f++)
			assert_true(strcmp(d->fields[f - 1].name, d->fields[f].name) < 0);
	}
	for (size_t f = 1; f < event_common_fields_n; f++)
		assert_true(strcmp(event_common_fields[f - 1].name, event_common_fields[f].name) < 0);
}

static void every_kind_of_event_has_one_detector(void **state _unused_)
{
	struct vocabulary v = vocabulary_here();
	for (uint32_t kind = EVENT_SOFTIRQ; kind <= EVENT_IOLATENCY; kind++) {
		int at = vocabulary_detector_of_kind(&v, kind);
		assert_true(at >= 0);
		for (size_t i = 0; i < detector_defs_n; i++)
			assert_true((int)i == at || detector_defs[i].kind != kind);
	}
}

static void only_what_is_measured_against_a_threshold_has_one(void **state _unused_)
{
	for (size_t i = 0; i < detector_defs_n; i++) {
		const struct detector_def *d = &detector_defs[i];
		assert_int_equal(d->class == DETECTOR_ARMED, d->threshold > 0);
		assert_int_equal(d->threshold > 0, d->threshold_unit == UNIT_SECONDS);
	}
}

static void a_field_reads_the_victim_of_an_oom_record(void **state _unused_)
{
	struct vocabulary v = vocabulary_here();
	struct event_oom e = {.victim_comm = "java", .anon_bytes = 4096, .oom_score_adj = (__u64)-500};
	int oom = vocabulary_detector(&v, "oom");
	char text[32];
	int64_t n;
	assert_true(event_field_text(&e, sizeof(e), vocabulary_field(&v, oom, "victim_comm"), text, sizeof(text)));
	assert_string_equal(text, "java");
	assert_true(event_field_number(&e, sizeof(e), vocabulary_field(&v, oom, "anon"), &n));
	assert_int_equal(n, 4096);
	assert_true(event_field_number(&e, sizeof(e), vocabulary_field(&v, oom, "oom_score_adj"), &n));
	assert_int_equal(n, -500);
	assert_false(event_field_number(&e, sizeof(e.h), vocabulary_field(&v, oom, "anon"), &n));
}

static void a_common_field_belongs_to_every_detector(void **state _unused_)
{
	struct vocabulary v = vocabulary_here();
	for (size_t i = 0; i < detector_defs_n; i++)
		assert_non_null(vocabulary_field(&v, (int)i, "comm"));
	assert_null(vocabulary_field(&v, 0, "nonsense"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(detectors_and_their_fields_are_sorted_by_name),
		cmocka_unit_test(every_kind_of_event_has_one_detector),
		cmocka_unit_test(only_what_is_measured_against_a_threshold_has_one),
		cmocka_unit_test(a_field_reads_the_victim_of_an_oom_record),
		cmocka_unit_test(a_common_field_belongs_to_every_detector),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
