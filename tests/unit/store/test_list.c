/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/store/store.h"
#include "tests/unit/support/bundle.h"
#include "tests/unit/support/test.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#define FIRST "20261120T172301Z-cpu-sys-spike-1f3a9c2e"
#define SECOND "20261120T172301Z-oom-00000001"
#define THIRD "20261121T000000Z-oom-00000002"

static char *dir;
static char path[512], error[256];

static int setup(void **state _unused_)
{
	dir = scratch_make();
	struct plan p = sample_plan(FIRST, "cpu-sys-spike", 1795195381 * NS_PER_S);
	sample_bundle(scratch_path(dir, FIRST ".tar.zst"), &p, 100);
	struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	assert_int_equal(utimensat(AT_FDCWD, scratch_path(dir, FIRST ".tar.zst"), old, 0), 0);
	p = sample_plan(SECOND, "oom", 1795195381 * NS_PER_S + 5);
	sample_bundle(scratch_path(dir, SECOND ".tar.zst"), &p, 100);
	p = sample_plan(THIRD, "oom", 1795219200 * NS_PER_S);
	uint64_t bytes = sample_bundle(scratch_path(dir, THIRD ".tar.zst.partial"), &p, 100);
	assert_int_equal(truncate(scratch_path(dir, THIRD ".tar.zst.partial"), (off_t)bytes - 200), 0);
	close(open(scratch_path(dir, SECOND ".pin"), O_CREAT | O_WRONLY, 0600));
	close(open(scratch_path(dir, "journal"), O_CREAT | O_WRONLY, 0600));
	return 0;
}

static int teardown(void **state _unused_)
{
	scratch_remove(dir);
	return 0;
}

static int resolve(const char *word)
{
	path[0] = error[0] = '\0';
	return store_resolve(dir, word, path, sizeof(path), error, sizeof(error));
}

static void a_listing_is_in_the_order_of_firing_and_knows_each_state(void **state _unused_)
{
	struct store_row *rows;
	size_t n;
	assert_int_equal(store_list(dir, &rows, &n), 0);
	assert_int_equal(n, 3);
	assert_string_equal(rows[0].id, FIRST);
	assert_string_equal(rows[0].state, "complete");
	assert_string_equal(rows[0].fired_at, "2026-11-20T17:23:01.000000000Z");
	assert_string_equal(rows[1].rules[0], "oom");
	assert_true(rows[1].pinned);
	assert_string_equal(rows[2].state, "cut");
	assert_string_equal(rows[2].rule, "oom");
	store_rows_free(rows, n);
}

static void what_the_writer_holds_is_listed_as_being_written(void **state _unused_)
{
	_cleanup_close_ int fd = open(scratch_path(dir, THIRD ".tar.zst.partial"), O_RDONLY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	struct store_row *rows;
	size_t n;
	assert_int_equal(store_list(dir, &rows, &n), 0);
	assert_string_equal(rows[2].state, "writing");
	store_rows_free(rows, n);
}

static void an_incident_is_found_by_id_prefix_path_and_last(void **state _unused_)
{
	assert_int_equal(resolve(FIRST), 0);
	assert_string_equal(path, scratch_path(dir, FIRST ".tar.zst"));
	assert_int_equal(resolve("20261120T172301Z-o"), 0);
	assert_string_equal(path, scratch_path(dir, SECOND ".tar.zst"));
	assert_int_equal(resolve("20261121"), 0);
	assert_string_equal(path, scratch_path(dir, THIRD ".tar.zst.partial"));
	assert_int_equal(resolve(scratch_path(dir, FIRST ".tar.zst")), 0);
	assert_int_equal(resolve("@last"), 0);
	assert_string_equal(path, scratch_path(dir, SECOND ".tar.zst"));
}

static void a_word_that_fits_none_or_several_is_refused_with_a_sentence(void **state _unused_)
{
	assert_int_equal(resolve("20261120"), -ENOTUNIQ);
	assert_non_null(strstr(error, "fits 2 incidents"));
	assert_int_equal(resolve("x"), -ENOENT);
	assert_non_null(strstr(error, "no incident 'x'"));
	assert_int_equal(resolve(""), -ENOENT);
	assert_int_equal(resolve("./nowhere.tar.zst"), -ENOENT);
	assert_int_equal(store_resolve("/nowhere", "x", path, sizeof(path), error, sizeof(error)), -ENOENT);
	assert_non_null(strstr(error, "cannot read the store"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listing_is_in_the_order_of_firing_and_knows_each_state),
		cmocka_unit_test(what_the_writer_holds_is_listed_as_being_written),
		cmocka_unit_test(an_incident_is_found_by_id_prefix_path_and_last),
		cmocka_unit_test(a_word_that_fits_none_or_several_is_refused_with_a_sentence),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
