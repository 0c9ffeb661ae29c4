/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/base/io.h"
#include "snapshot/symbol/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

static int run(child_fn fn, void *ctx, struct child_bounds bounds, char *ret_text, size_t size)
{
	_cleanup_buf_ struct buf output = {0};
	int r = child_run(fn, ctx, &bounds, &output);
	snprintf(ret_text, size, "%s", buf_str(&output));
	return r;
}

static struct child_bounds bounds(bool confined)
{
	return (struct child_bounds){.ms = 5000, .max_output = 4096, .confined = confined, .keep_fd = -1};
}

static int says_hello(void *ctx, int out)
{
	return io_write(out, ctx, strlen(ctx));
}

static void what_the_child_writes_arrives(void **state _unused_)
{
	char text[64];
	assert_int_equal(run(says_hello, "hello", bounds(false), text, sizeof(text)), 0);
	assert_string_equal(text, "hello");
	assert_int_equal(run(says_hello, "confined", bounds(true), text, sizeof(text)), 0);
	assert_string_equal(text, "confined");
}

static int hangs_after_a_word(void *ctx _unused_, int out)
{
	io_write(out, "so far", 6);
	while (pause() < 0)
		;
	return 0;
}

static void a_child_that_hangs_is_killed_and_keeps_what_it_wrote(void **state _unused_)
{
	char text[64];
	struct child_bounds b = bounds(false);
	b.ms = 30;
	assert_int_equal(run(hangs_after_a_word, NULL, b, text, sizeof(text)), -ETIMEDOUT);
	assert_string_equal(text, "so far");
}

static int crashes(void *ctx _unused_, int out)
{
	io_write(out, "then", 4);
	raise(SIGKILL);
	return 0;
}

static void a_child_that_crashes_is_a_bad_message(void **state _unused_)
{
	char text[64];
	assert_int_equal(run(crashes, NULL, bounds(false), text, sizeof(text)), -EBADMSG);
	assert_string_equal(text, "then");
}

static int babbles(void *ctx _unused_, int out)
{
	static const char block[65536];
	while (io_write(out, block, sizeof(block)) == 0)
		;
	return 1;
}

static void a_child_that_babbles_is_cut_off(void **state _unused_)
{
	char text[64];
	assert_int_equal(run(babbles, NULL, bounds(false), text, sizeof(text)), -EFBIG);
}

static int opens_a_file(void *ctx _unused_, int out)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? io_write(out, "opened", 6) : 0;
}

static int uses_an_inherited_fd(void *ctx, int out)
{
	char c;
	return pread(*(int *)ctx, &c, 1, 0) == 1 ? io_write(out, "read", 4) : 1;
}

static void a_confined_child_opens_nothing_and_inherits_one_descriptor(void **state _unused_)
{
	char text[64];
	_cleanup_close_ int kept = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int other = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct child_bounds b = bounds(true);
	b.keep_fd = kept;
	assert_int_equal(run(uses_an_inherited_fd, &kept, b, text, sizeof(text)), 0);
	assert_int_equal(run(uses_an_inherited_fd, &other, b, text, sizeof(text)), -EBADMSG);
#ifndef __SANITIZE_ADDRESS__
	int r = run(opens_a_file, NULL, b, text, sizeof(text));
	assert_string_equal(text, "");
	assert_int_equal(r, -EBADMSG);
#else
	(void)opens_a_file;
#endif
}

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
/* Entered as 32 bit programs do, where 5 is open(). */
static long open_compat(const char *path)
{
	long ret = 5;
	__asm__ volatile("int $0x80" : "+a"(ret) : "b"(path), "c"(O_RDONLY), "d"(0) : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static int opens_a_file_as_32_bit_programs_do(void *ctx, int out)
{
	return io_write(out, "called", open_compat(ctx) != 0 ? 6 : 4);
}

static void a_confined_child_has_no_32_bit_calls(void **state _unused_)
{
	char text[64];
	char *path = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	assert_ptr_not_equal(path, MAP_FAILED);
	strcpy(path, "/etc/passwd");
	int r = run(opens_a_file_as_32_bit_programs_do, path, bounds(true), text, sizeof(text));
	munmap(path, 4096);
	assert_string_equal(text, "");
	assert_int_equal(r, -EBADMSG);
}
#else
static void a_confined_child_has_no_32_bit_calls(void **state _unused_)
{
	skip();
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_child_writes_arrives),
		cmocka_unit_test(a_child_that_hangs_is_killed_and_keeps_what_it_wrote),
		cmocka_unit_test(a_child_that_crashes_is_a_bad_message),
		cmocka_unit_test(a_child_that_babbles_is_cut_off),
		cmocka_unit_test(a_confined_child_opens_nothing_and_inherits_one_descriptor),
		cmocka_unit_test(a_confined_child_has_no_32_bit_calls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
