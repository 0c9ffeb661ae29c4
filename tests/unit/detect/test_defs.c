/* SPDX-License-Identifier: GPL-2.0-only */
/* The definitions of all detectors: what a compiler does not see in tables of strings. */
#include "tests/unit/support/test.h"

#include "engine/vocabulary.h"

static bool is_told(const struct vocabulary *v, int detector, const char *key)
{
	return streq(key, "function") || streq(key, "wchan") || streq(key, "entity") || vocabulary_field(v, detector, key);
}

static void assert_told(const struct vocabulary *v, int detector, const char *key)
{
	if (!is_told(v, detector, key))
		fail_msg("%s has no field '%s'", v->detectors[detector].name, key);
}

static void every_sentence_asks_for_fields_that_there_are(void **state _unused_)
{
	const struct vocabulary *v = vocabulary();
	char key[64];
	for (int d = 0; d < (int)v->n_detectors; d++)
		for (size_t i = 0; i < v->detectors[d].n_blames; i++)
			for (const char *at = v->detectors[d].blames[i].sentence; (at = strchr(at, '{')); at++) {
				snprintf(key, sizeof(key), "%.*s", (int)strcspn(at + 1, "}"), at + 1);
				assert_told(v, d, key);
			}
}

static void every_blame_names_a_field_and_has_a_standing(void **state _unused_)
{
	const struct vocabulary *v = vocabulary();
	for (int d = 0; d < (int)v->n_detectors; d++)
		for (size_t i = 0; i < v->detectors[d].n_blames; i++) {
			const struct event_blame *b = &v->detectors[d].blames[i];
			assert_told(v, d, b->name);
			assert_true(!b->pid || vocabulary_field(v, d, b->pid));
			assert_true(!b->only_if || is_told(v, d, b->only_if));
			assert_true(b->standing > 0 && b->standing <= 1);
		}
}

static void every_bracket_is_closed_and_none_stands_in_another(void **state _unused_)
{
	const struct vocabulary *v = vocabulary();
	for (size_t d = 0; d < v->n_detectors; d++)
		for (size_t i = 0; i < v->detectors[d].n_blames; i++) {
			int depth = 0;
			for (const char *at = v->detectors[d].blames[i].sentence; *at; at++) {
				depth += (*at == '[') - (*at == ']');
				assert_true(depth == 0 || depth == 1);
			}
			assert_int_equal(depth, 0);
		}
}

static void every_detector_says_whom_to_blame_and_has_a_kind_of_its_own(void **state _unused_)
{
	const struct vocabulary *v = vocabulary();
	for (size_t d = 0; d < v->n_detectors; d++) {
		assert_true(v->detectors[d].n_blames > 0);
		assert_int_equal(vocabulary_detector_of_kind(v, v->detectors[d].kind), d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sentence_asks_for_fields_that_there_are),
		cmocka_unit_test(every_blame_names_a_field_and_has_a_standing),
		cmocka_unit_test(every_bracket_is_closed_and_none_stands_in_another),
		cmocka_unit_test(every_detector_says_whom_to_blame_and_has_a_kind_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
