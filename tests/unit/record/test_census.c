/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>

#include "engine/base/io.h"
#include "engine/record/census.h"
#include "tests/unit/support/test.h"

/* A memory file with n rows, pids from `first` downwards, ready to be read. */
static int iterator(uint32_t first, size_t n, uint64_t cpu_ns)
{
	int fd = io_memfd("iterator", 0);
	assert_true(fd >= 0);
	for (size_t i = 0; i < n; i++) {
		struct task_row row = {.pid = first - (uint32_t)i, .start_ns = 9, .cpu_sys_ns = cpu_ns};
		assert_int_equal(io_write(fd, &row, sizeof(row)), 0);
	}
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static struct ring *census_ring(uint32_t segment_bytes, uint32_t segments)
{
	struct ring_options o = {.name = "census", .segment_bytes = segment_bytes, .segments = segments};
	struct ring *r = NULL;
	assert_int_equal(ring_new(&o, &r), 0);
	return r;
}

static void append(struct ring *r, size_t n, uint64_t t_ns)
{
	_cleanup_close_ int fd = iterator(10000, n, t_ns);
	assert_int_equal(census_append(r, fd, t_ns), n);
}

static void whole_censuses_of_the_span_come_back_sorted(void **state _unused_)
{
	struct ring *r = census_ring(1 << 20, 4);
	append(r, 300, 10);
	append(r, 0, 20);
	append(r, 150, 30);
	append(r, 1, 40);
	struct census *c = NULL;
	size_t n = 0;
	assert_int_equal(censuses_read(ring_fd(r), 10, 30, &c, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(c[0].n, 300);
	assert_int_equal(c[0].rows[0].pid, 10000 - 299);
	assert_int_equal(c[0].rows[299].pid, 10000);
	assert_int_equal(c[1].n, 0);
	assert_int_equal(c[2].t_ns, 30);
	censuses_free(c, n);
	ring_free(r);
}

static void a_census_whose_beginning_was_overwritten_is_not_whole(void **state _unused_)
{
	struct ring *r = census_ring(16384, 3);
	append(r, 250, 10);
	append(r, 250, 20);
	struct census *c = NULL;
	size_t n = 0;
	assert_int_equal(censuses_read(ring_fd(r), 0, UINT64_MAX, &c, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(c[0].t_ns, 20);
	assert_int_equal(c[0].n, 250);
	censuses_free(c, n);
	ring_free(r);
}

static void rows_before_an_error_stay_as_a_census_with_losses(void **state _unused_)
{
	struct ring *r = census_ring(1 << 20, 2);
	_cleanup_close_ int directory = open("/", O_RDONLY | O_DIRECTORY);
	assert_int_equal(census_append(r, directory, 10), -EISDIR);
	append(r, 3, 20);
	struct census *c = NULL;
	size_t n = 0;
	assert_int_equal(censuses_read(ring_fd(r), 0, UINT64_MAX, &c, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(c[0].lost, 1);
	assert_int_equal(c[1].n, 3);
	censuses_free(c, n);
	ring_free(r);
}

static void one_census_is_taken_straight_from_an_iterator(void **state _unused_)
{
	_cleanup_(census_done) struct census c = {0};
	_cleanup_close_ int fd = iterator(500, 200, 1);
	assert_int_equal(census_take(fd, 7, &c), 0);
	assert_int_equal(c.n, 200);
	assert_int_equal(c.t_ns, 7);
	assert_int_equal(c.rows[0].pid, 301);
}

static void growth_counts_new_tasks_from_zero_and_reused_pids_as_new(void **state _unused_)
{
	struct task_row then[] = {
		{.pid = 1, .start_ns = 1, .cpu_sys_ns = 100, .rss_bytes = 5000, .write_bytes = 7},
		{.pid = 5, .start_ns = 2, .cpu_sys_ns = 900},
		{.pid = 9, .start_ns = 2, .cpu_sys_ns = 900},
	};
	struct task_row later[] = {
		{.pid = 1, .start_ns = 1, .cpu_sys_ns = 150, .rss_bytes = 4000, .write_bytes = 3},
		{.pid = 5, .start_ns = 8, .cpu_sys_ns = 30, .rss_bytes = 10},
		{.pid = 7, .start_ns = 8, .cpu_user_ns = 40},
	};
	struct census before = {.rows = then, .n = 3}, now = {.rows = later, .n = 3};
	_cleanup_free_ struct task_growth *g = census_growth(&before, &now);
	assert_non_null(g);
	assert_int_equal(g[0].cpu_sys_ns, 50);
	assert_int_equal(g[0].rss_bytes, -1000);
	assert_int_equal(g[0].write_bytes, 0);
	assert_ptr_equal(g[1].now, &later[1]);
	assert_int_equal(g[1].cpu_sys_ns, 30);
	assert_int_equal(g[1].rss_bytes, 10);
	assert_int_equal(g[2].cpu_user_ns, 40);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_censuses_of_the_span_come_back_sorted),
		cmocka_unit_test(a_census_whose_beginning_was_overwritten_is_not_whole),
		cmocka_unit_test(rows_before_an_error_stay_as_a_census_with_losses),
		cmocka_unit_test(one_census_is_taken_straight_from_an_iterator),
		cmocka_unit_test(growth_counts_new_tasks_from_zero_and_reused_pids_as_new),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
