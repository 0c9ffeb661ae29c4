/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/fold.h"
#include "tests/unit/support/test.h"

static char *text_of(struct fold *f)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	assert_int_equal(fold_write(f, to), 0);
	fclose(to);
	return text;
}

static void add(struct fold *f, const char *comm, const char *user, const char *kernel, uint64_t weight)
{
	struct call_frame frames[] = {{comm, FRAME_COMM}, {user, FRAME_USER}, {kernel, FRAME_KERNEL}};
	assert_int_equal(fold_add(f, frames, kernel ? 3 : user ? 2 : 1, weight), 0);
}

static void equal_stacks_add_up_and_lines_are_sorted(void **state _unused_)
{
	struct fold *f = fold_new();
	add(f, "zsh", "main", NULL, 5);
	add(f, "dd", "write", "vfs_write", 10);
	add(f, "dd", "write", "vfs_write", 7);
	add(f, "dd", "write", NULL, 1);
	_cleanup_free_ char *text = text_of(f);
	assert_string_equal(text, "dd;write 1\ndd;write;vfs_write 17\nzsh;main 5\n");
	assert_int_equal(fold_total(f), 23);
	fold_free(f);
}

static void a_name_cannot_make_up_frames_or_lines(void **state _unused_)
{
	struct fold *f = fold_new();
	add(f, "a;b\nc 9", NULL, NULL, 4);
	_cleanup_free_ char *text = text_of(f);
	assert_string_equal(text, "a\\x3bb\\x0ac 9 4\n");
	fold_free(f);
}

static void a_name_cannot_command_a_terminal_nor_turn_its_text_around(void **state _unused_)
{
	struct fold *f = fold_new();
	add(f, "\xc2\x9b" "31m", "\xe2\x80\xae" "evil", "\xff\xc3\xa9", 4);
	_cleanup_free_ char *text = text_of(f);
	assert_string_equal(text, "\\xc2\\x9b31m;\\xe2\\x80\\xaeevil;\\xff\xc3\xa9 4\n");
	fold_free(f);
}

static void what_was_written_reads_back_the_same(void **state _unused_)
{
	static const char text[] = "dd;write 1\ndd;write;vfs_write 17\nweb content;run 5\n";
	struct fold *f = fold_new();
	size_t bad;
	assert_int_equal(fold_read(f, text, strlen(text), &bad), 0);
	assert_int_equal(bad, 0);
	_cleanup_free_ char *again = text_of(f);
	assert_string_equal(again, text);
	fold_free(f);
}

static void lines_that_are_no_stack_are_left_out_and_counted(void **state _unused_)
{
	static const char text[] = "good 1\n\nno weight\n 5\nx 99999999999999999999\nx -3\na\0b 4\nlast 2";
	struct fold *f = fold_new();
	size_t bad;
	assert_int_equal(fold_read(f, text, sizeof(text) - 1, &bad), 0);
	assert_int_equal(bad, 5);
	assert_int_equal(fold_total(f), 3);
	fold_free(f);
}

static void a_bottomless_stack_is_cut(void **state _unused_)
{
	struct call_frame frames[FOLD_DEPTH_MAX + 50];
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		frames[i] = (struct call_frame){"f", FRAME_USER};
	struct fold *f = fold_new();
	assert_int_equal(fold_add(f, frames, ARRAY_SIZE(frames), 3), 0);
	unsigned depth = 0;
	struct fold_node n;
	for (fold_get(f, 0, &n); n.child; fold_get(f, n.child, &n))
		depth++;
	assert_int_equal(depth, FOLD_DEPTH_MAX);
	assert_int_equal(n.self_us, 3);
	fold_free(f);
}

static void children_come_in_order_of_name(void **state _unused_)
{
	struct fold *f = fold_new();
	for (char c = 'z'; c >= 'a'; c--)
		add(f, (char[]){c, '\0'}, NULL, NULL, 1);
	struct fold_node n;
	fold_get(f, 0, &n);
	assert_int_equal(n.total_us, 26);
	fold_get(f, n.child, &n);
	for (char c = 'a'; c < 'z'; c++, fold_get(f, n.sibling, &n))
		assert_int_equal(n.name[0], c);
	assert_int_equal(n.sibling, 0);
	fold_free(f);
}

/* Tables grow several times over. */
static void many_different_stacks_stay_apart(void **state _unused_)
{
	struct fold *f = fold_new();
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 5000; i++) {
			char name[16];
			snprintf(name, sizeof(name), "f%u", i);
			add(f, "comm", name, NULL, 1);
		}
	}
	struct fold_node n;
	unsigned children = 0;
	fold_get(f, 0, &n);
	fold_get(f, n.child, &n);
	for (uint32_t c = n.child; c; c = n.sibling, children++) {
		fold_get(f, c, &n);
		assert_int_equal(n.self_us, 2);
	}
	assert_int_equal(children, 5000);
	fold_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_stacks_add_up_and_lines_are_sorted),
		cmocka_unit_test(a_name_cannot_make_up_frames_or_lines),
		cmocka_unit_test(a_name_cannot_command_a_terminal_nor_turn_its_text_around),
		cmocka_unit_test(what_was_written_reads_back_the_same),
		cmocka_unit_test(lines_that_are_no_stack_are_left_out_and_counted),
		cmocka_unit_test(a_bottomless_stack_is_cut),
		cmocka_unit_test(children_come_in_order_of_name),
		cmocka_unit_test(many_different_stacks_stay_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
