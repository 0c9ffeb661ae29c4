/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "snapshot/profile/flame.h"

static void add(struct fold *f, const char *comm, const char *function, uint64_t weight)
{
	struct call_frame frames[] = {{comm, FRAME_COMM}, {function, FRAME_KERNEL}};
	assert_int_equal(fold_add(f, frames, 2, weight), 0);
}

static char *drawn(struct fold *before, struct fold *after)
{
	struct flame_window windows[] = {{"before", "note <1>", before}, {"after", "note 2", after}};
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	assert_int_equal(flame_write(to, "rule & co", windows, 2, 1), 0);
	fclose(to);
	return text;
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;
	for (; (text = strstr(text, word)); text++)
		n++;
	return n;
}

static void names_cannot_leave_their_element(void **state _unused_)
{
	struct fold *f = fold_new();
	add(f, "</title><script>alert(1)</script>", "\"onload=\"x", 1000);
	_cleanup_free_ char *svg = drawn(f, f);
	assert_null(strstr(svg, "<script>alert"));
	assert_null(strstr(svg, "\"onload"));
	assert_int_equal(count(svg, "<script>"), 1);
	assert_non_null(strstr(svg, "rule &#38; co"));
	fold_free(f);
}

static void both_windows_are_drawn_and_the_chosen_one_is_seen(void **state _unused_)
{
	struct fold *before = fold_new(), *after = fold_new();
	add(before, "dd", "vfs_read", 1000);
	add(after, "dd", "vfs_write", 1000);
	_cleanup_free_ char *svg = drawn(before, after);
	assert_non_null(strstr(svg, "id=\"w0\" style=\"display:none\""));
	assert_non_null(strstr(svg, "id=\"w1\">"));
	assert_non_null(strstr(svg, ">vfs_read</text>"));
	assert_non_null(strstr(svg, "<title>vfs_write\n1ms CPU, 100.00 %</title>"));
	fold_free(before);
	fold_free(after);
}

static void an_empty_window_says_so(void **state _unused_)
{
	struct fold *f = fold_new();
	_cleanup_free_ char *svg = drawn(f, f);
	assert_int_equal(count(svg, "No samples outside"), 2);
	assert_int_equal(count(svg, "class=\"f\""), 0);
	fold_free(f);
}

static void frames_too_narrow_to_see_are_left_out(void **state _unused_)
{
	struct fold *f = fold_new();
	add(f, "big", "x", 1000000);
	add(f, "small", "y", 1);
	_cleanup_free_ char *svg = drawn(f, f);
	assert_null(strstr(svg, "small"));
	assert_non_null(strstr(svg, "<title>big"));
	fold_free(f);
}

/* Work that doubled with each frame would never end here. */
static void the_deepest_stack_is_drawn(void **state _unused_)
{
	struct call_frame frames[FOLD_DEPTH_MAX];
	struct fold *f = fold_new();
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		frames[i] = (struct call_frame){"f", FRAME_USER};
	assert_int_equal(fold_add(f, frames, ARRAY_SIZE(frames), 1), 0);
	_cleanup_free_ char *svg = drawn(f, f);
	assert_int_equal(count(svg, "class=\"f\""), 2 * (FOLD_DEPTH_MAX + 1));
	fold_free(f);
}

static void nothing_is_fetched_from_anywhere(void **state _unused_)
{
	struct fold *f = fold_new();
	add(f, "dd", "x", 1);
	_cleanup_free_ char *svg = drawn(f, f);
	assert_int_equal(count(svg, "http"), 1); /* the name space */
	assert_int_equal(count(svg, "href"), 0);
	assert_int_equal(count(svg, "url("), 0);
	fold_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_cannot_leave_their_element),
		cmocka_unit_test(both_windows_are_drawn_and_the_chosen_one_is_seen),
		cmocka_unit_test(an_empty_window_says_so),
		cmocka_unit_test(frames_too_narrow_to_see_are_left_out),
		cmocka_unit_test(the_deepest_stack_is_drawn),
		cmocka_unit_test(nothing_is_fetched_from_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
