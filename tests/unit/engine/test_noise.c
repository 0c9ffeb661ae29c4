/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/noise.h"
#include "engine/vocabulary.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/tree.h"

#include <stddef.h>

struct thing {
	struct event h;
	uint32_t code, pad;
	uint64_t stack[4];
};

static const struct event_field fields[] = {
	{.name = "code", .type = FIELD_U32, .offset = offsetof(struct thing, code), .size = 4},
	{.name = "stack", .type = FIELD_STACK, .offset = offsetof(struct thing, stack), .size = 32},
};
static const struct event_field common[] = {
	{.name = "comm", .type = FIELD_TEXT, .offset = offsetof(struct event, comm), .size = EVENT_COMM_LEN},
};
static const struct detector_def detectors[] = {
	{.name = "bare", .kind = 76, .fields = fields, .n_fields = 1},
	{.name = "thing", .kind = 77, .fields = fields, .n_fields = 2},
};
static const struct vocabulary words = {.detectors = detectors, .n_detectors = 2, .common_fields = common, .n_common_fields = 1};

static struct tree host;

static int make_host(void **state _unused_)
{
	tree_init(&host);
	tree_write(&host, "kallsyms", "0000000000001000 T purge\n0000000000001100 t next\n0000000000002000 T other\n");
	return 0;
}

static int remove_host(void **state _unused_)
{
	tree_done(&host);
	return 0;
}

static struct noise *load(const char *text)
{
	struct diagnostics *d = diagnostics_new();
	struct noise *n = NULL;
	assert_int_equal(noise_load_text("noise.yaml", text, strlen(text), &(struct load_options){.vocabulary = &words}, d, &n), 0);
	diagnostics_free(d);
	return n;
}

/* Why it is dropped; "" when it is not. */
static const char *judged(struct noise *n, const struct thing *t)
{
	struct noise_judge *j;
	assert_int_equal(noise_judge_new(n, &words, host.path, &j), 0);
	const struct noise_filter *f = noise_judge_event(j, 1, &t->h, sizeof(*t));
	noise_judge_free(j);
	return f ? f->why : "";
}

static void a_condition_over_the_events_fields_drops_it(void **state _unused_)
{
	struct noise *n = load("version: 1\nfilters:\n  - {detector: thing, when: event.code == 7 and event.comm == \"x\", why: seven}\n");
	struct thing t = {.h.comm = "x", .code = 7};
	assert_string_equal(judged(n, &t), "seven");
	t.code = 8;
	assert_string_equal(judged(n, &t), "");
	noise_free(n);
}

static void any_frame_within_a_function_will_do(void **state _unused_)
{
	struct noise *n = load("version: 1\nfilters:\n  - {detector: thing, stack: [nowhere, purge], why: purging}\n");
	struct thing t = {.stack = {0x2010, 0x1010}};
	assert_string_equal(judged(n, &t), "purging");
	t.stack[1] = 0x1110;
	assert_string_equal(judged(n, &t), "");
	noise_free(n);
}

static void condition_and_stack_are_both_asked(void **state _unused_)
{
	struct noise *n = load("version: 1\nfilters:\n  - {detector: thing, when: event.code == 7, stack: [purge], why: both}\n"
			       "  - {detector: thing, when: event.code == 9, why: nine}\n");
	struct thing t = {.code = 7, .stack = {0x2010}};
	assert_string_equal(judged(n, &t), "");
	t.stack[0] = 0x1010;
	assert_string_equal(judged(n, &t), "both");
	t.code = 9;
	assert_string_equal(judged(n, &t), "nine");
	noise_free(n);
}

static void what_is_unknown_drops_nothing(void **state _unused_)
{
	struct noise *n = load("version: 1\nfilters:\n  - {detector: thing, when: event.code == 0, why: zero}\n");
	struct thing t = {.code = 0};
	struct noise_judge *j;
	assert_int_equal(noise_judge_new(n, &words, host.path, &j), 0);
	assert_non_null(noise_judge_event(j, 1, &t.h, sizeof(t)));
	assert_null(noise_judge_event(j, 1, &t.h, sizeof(t.h))); /* an older record, without that field */
	assert_null(noise_judge_event(j, 0, &t.h, sizeof(t)));
	noise_judge_free(j);
	noise_free(n);
}

static void mistakes_are_told_all_at_once_with_their_place(void **state _unused_)
{
	static const char text[] = "version: 1\nfilters:\n"
				   "  - {detector: thin, when: event.code == 7, why: a}\n"
				   "  - {detector: thing, when: event.cod == 7, why: b}\n"
				   "  - {detector: bare, stack: [purge], why: c}\n"
				   "  - {detector: thing, why: d}\n"
				   "  - {detector: thing, when: 'events(thing, 10s) > 3', stak: x}\n";
	static const char *const expected[] = {
		"noise.yaml:3:16: error: unknown detector 'thin', did you mean 'thing'?",
		"noise.yaml:4:35: error: unknown field of 'thing' events 'cod', did you mean 'code'?",
		"noise.yaml:5:29: error: events of 'bare' have no stack",
		"noise.yaml:6:5: error: this filter has neither 'when' nor 'stack'",
		"noise.yaml:7:5: error: this filter has no 'why'",
		"noise.yaml:7:30: error: 'events(thing, 10s)': a filter may only look at the fields of its event",
		"noise.yaml:7:55: error: unknown key 'stak'",
	};
	struct diagnostics *d = diagnostics_new();
	struct noise *n = NULL;
	_cleanup_buf_ struct buf said = {0};
	size_t n_said;
	assert_int_equal(noise_load_text("noise.yaml", text, sizeof(text) - 1, &(struct load_options){.vocabulary = &words}, d, &n),
			 -EINVAL);
	const struct diagnostic *all = diagnostics_all(d, &n_said);
	for (size_t i = 0; i < n_said; i++) {
		diagnostic_format(&said, &all[i]);
		buf_add_char(&said, '\n');
	}
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		if (!strstr(buf_str(&said), expected[i]))
			print_message("expected: %s\nsaid:\n%s\n", expected[i], buf_str(&said));
		assert_non_null(strstr(buf_str(&said), expected[i]));
	}
	assert_int_equal(n_said, ARRAY_SIZE(expected));
	diagnostics_free(d);
}

static void no_filters_drop_nothing(void **state _unused_)
{
	struct noise *n = load("version: 1\nfilters: []\n");
	struct thing t = {.code = 7};
	assert_string_equal(judged(n, &t), "");
	noise_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_condition_over_the_events_fields_drops_it),
		cmocka_unit_test(any_frame_within_a_function_will_do),
		cmocka_unit_test(condition_and_stack_are_both_asked),
		cmocka_unit_test(what_is_unknown_drops_nothing),
		cmocka_unit_test(mistakes_are_told_all_at_once_with_their_place),
		cmocka_unit_test(no_filters_drop_nothing),
	};
	return cmocka_run_group_tests(tests, make_host, remove_host);
}
