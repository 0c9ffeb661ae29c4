/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "engine/base/io.h"
#include "snapshot/store/hours.h"
#include "tests/unit/support/bundle.h"
#include "tests/unit/support/days.h"

#define FIRST_HOUR "20261118T11Z.tth"

static char *dir;
static char history[512];
static int state_fd;

static int setup(void **state _unused_)
{
	dir = scratch_make();
	snprintf(history, sizeof(history), "%s/" HOURS_DIR, dir);
	state_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(state_fd >= 0);
	return 0;
}

static int teardown(void **state _unused_)
{
	close(state_fd);
	scratch_remove(dir);
	return 0;
}

static struct hours *hours_new(void)
{
	struct hours *h = NULL;
	assert_int_equal(hours_open(state_fd, &(struct hours_bounds){0}, (gid_t)-1, &h), 0);
	return h;
}

static void write_seconds(struct hours *h, struct days *d, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		days_second(d, (int64_t)(d->t_ns / NS_PER_S) + 1);
		const struct buf *bytes = hourlog_pending(d->log);
		assert_int_equal(hours_append(h, bytes->data, bytes->len), 0);
		hourlog_sent(d->log);
	}
}

/* The seconds that can be read are first, first + 1, …; how many. */
static unsigned read_seconds(uint64_t first, uint64_t *ret_damaged)
{
	struct hours_reader *r = NULL;
	struct hourlog_block b;
	unsigned n = 0;
	assert_int_equal(hours_read(history, 0, UINT64_MAX, &r), 0);
	for (int got; (got = hours_next(r, &b)) != 0;) {
		struct inputlog_reader *log = NULL;
		struct inputlog_item item;
		assert_int_equal(got, 1);
		assert_int_equal(inputlog_open(b.log, b.len, vocabulary(), &log), 0);
		while (assert_int_equal(inputlog_next(log, &item), 0), item.kind != INPUTLOG_END)
			if (item.input.kind == INPUT_TICK)
				assert_int_equal(item.input.tick.readings[0].value, first + n++);
		inputlog_close(log);
	}
	*ret_damaged = hours_damaged(r);
	hours_read_done(r);
	return n;
}

static void cut_file(const char *name, size_t len)
{
	assert_int_equal(truncate(scratch_path(history, name), (off_t)len), 0);
}

static size_t file_size(const char *name)
{
	_cleanup_buf_ struct buf text = {0};
	assert_int_equal(io_read_file(AT_FDCWD, scratch_path(history, name), SIZE_MAX / 4, &text), 0);
	return text.len;
}

static void a_writer_that_is_killed_leaves_every_second_that_it_was_given(void **state _unused_)
{
	struct days d;
	uint64_t damaged;
	days_begin(&d, 1, 0, DAYS_OFFSET);
	struct hours *killed = hours_new();
	write_seconds(killed, &d, 150);
	assert_int_equal(read_seconds(1, &damaged), 150);
	struct hours *next = hours_new(); /* takes the tail over while the first one is dead */
	assert_int_equal(file_size(HOURS_TAIL), 0);
	assert_int_equal(read_seconds(1, &damaged), 150);
	assert_int_equal(damaged, 0);
	hourlog_cut(d.log);
	write_seconds(next, &d, 50);
	assert_int_equal(read_seconds(1, &damaged), 200);
	hours_close(next);
	assert_int_equal(read_seconds(1, &damaged), 200);
	assert_int_equal(damaged, 0);
	days_end(&d);
	hours_close(killed);
}

/* At any byte: in the tail, or in the block that is being appended to its hour. */
static void whatever_is_cut_in_the_middle_of_a_write_costs_no_whole_second(void **state _unused_)
{
	struct days d;
	uint64_t damaged, random = 1;
	days_begin(&d, 1, 0, DAYS_OFFSET);
	struct hours *h = hours_new();
	write_seconds(h, &d, 59);
	assert_int_equal(access(scratch_path(history, FIRST_HOUR), F_OK), -1); /* one block, still in the tail */
	_cleanup_buf_ struct buf tail = {0};
	assert_int_equal(io_read_file(AT_FDCWD, scratch_path(history, HOURS_TAIL), 1 << 20, &tail), 0);
	write_seconds(h, &d, 1);
	size_t after = file_size(FIRST_HOUR);
	hours_close(h);
	for (unsigned i = 0; i < 100; i++) {
		random = random * 6364136223846793005U + 1442695040888963407U;
		cut_file(FIRST_HOUR, (random >> 33) % after);
		_cleanup_close_ int fd = open(scratch_path(history, HOURS_TAIL), O_WRONLY | O_TRUNC | O_CLOEXEC);
		assert_int_equal(io_write(fd, tail.data, tail.len), 0);
		hours_close(hours_new());
		assert_int_equal(read_seconds(1, &damaged), 59);
		assert_int_equal(damaged, 0);
	}
	days_end(&d);
}

/* As at a reload: what is handed over in one piece is of two blocks, or of three. */
static void limit_files(rlim_t bytes)
{
	struct rlimit l;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
	l.rlim_cur = MIN(bytes, l.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void fail_to_write_seconds(struct hours *h, struct days *d, unsigned n)
{
	limit_files(file_size(HOURS_TAIL) + 7);
	for (unsigned i = 0; i < n; i++) {
		days_second(d, (int64_t)(d->t_ns / NS_PER_S) + 1);
		const struct buf *bytes = hourlog_pending(d->log);
		assert_int_equal(hours_append(h, bytes->data, bytes->len), -EFBIG);
		hourlog_sent(d->log);
	}
	limit_files(RLIM_INFINITY);
}

static void seconds_that_could_not_be_written_come_with_the_next(void **state _unused_)
{
	struct days d;
	uint64_t damaged;
	days_begin(&d, 1, 0, DAYS_OFFSET);
	struct hours *h = hours_new();
	signal(SIGXFSZ, SIG_IGN);
	write_seconds(h, &d, 5);
	fail_to_write_seconds(h, &d, 3);
	assert_int_equal(read_seconds(1, &damaged), 5);
	write_seconds(h, &d, 4);
	assert_int_equal(read_seconds(1, &damaged), 12);
	assert_int_equal(damaged, 0);
	hours_close(h);
	assert_int_equal(read_seconds(1, &damaged), 12);
	days_end(&d);
}

static void blocks_that_end_within_a_second_cost_nothing(void **state _unused_)
{
	struct days d;
	uint64_t damaged;
	days_begin(&d, 1, 0, DAYS_OFFSET);
	struct hours *h = hours_new();
	struct inputlog_options other = {.rules_digest = "other"};
	for (unsigned i = 0; i < 40; i++) {
		days_second(&d, d.t_ns / NS_PER_S);
		if (i % 3)
			assert_int_equal(hourlog_reload(d.log, &other), 0);
		if (i % 4)
			continue;
		const struct buf *bytes = hourlog_pending(d.log);
		assert_int_equal(hours_append(h, bytes->data, bytes->len), 0);
		hourlog_sent(d.log);
	}
	assert_int_equal(read_seconds(0, &damaged), 37);
	assert_int_equal(damaged, 0);
	hours_close(h);
	assert_int_equal(read_seconds(0, &damaged), 37);
	days_end(&d);
}

static void a_block_that_is_in_its_hour_and_in_the_tail_is_taken_once(void **state _unused_)
{
	struct days d;
	uint64_t damaged;
	_cleanup_buf_ struct buf tail = {0};
	days_begin(&d, 1, 0, DAYS_OFFSET);
	struct hours *h = hours_new();
	write_seconds(h, &d, 30);
	assert_int_equal(io_read_file(AT_FDCWD, scratch_path(history, HOURS_TAIL), 1 << 20, &tail), 0);
	hours_close(h);
	size_t hour = file_size(FIRST_HOUR);
	_cleanup_close_ int fd = open(scratch_path(history, HOURS_TAIL), O_WRONLY | O_CLOEXEC);
	assert_int_equal(io_write(fd, tail.data, tail.len), 0);
	assert_int_equal(read_seconds(1, &damaged), 30);
	hours_close(hours_new());
	assert_int_equal(file_size(FIRST_HOUR), hour);
	assert_int_equal(read_seconds(1, &damaged), 30);
	days_end(&d);
}

/* A reader takes the tail first, and the hours as they are when it comes to them. */
static void blocks_that_are_folded_while_they_are_read_are_taken_once(void **state _unused_)
{
	struct days d;
	struct hours_reader *r = NULL;
	struct hourlog_block b;
	unsigned blocks = 0;
	days_begin(&d, 1, 0, DAYS_OFFSET);
	struct hours *h = hours_new();
	write_seconds(h, &d, 70); /* so that there is an hour to be found */
	assert_int_equal(hours_read(history, 0, UINT64_MAX, &r), 0);
	write_seconds(h, &d, 140);
	for (uint64_t end_ns = 0; hours_next(r, &b) == 1; end_ns = b.end_ns, blocks++)
		assert_true(b.begin_ns >= end_ns);
	assert_in_range(blocks, 3, 4);
	hours_read_done(r);
	hours_close(h);
	days_end(&d);
}

static void rubbish_in_the_tail_or_beside_the_hours_is_no_obstacle(void **state _unused_)
{
	struct days d;
	uint64_t damaged;
	days_begin(&d, 1, 0, DAYS_OFFSET);
	struct hours *h = hours_new();
	write_seconds(h, &d, 20);
	hours_close(h);
	_cleanup_close_ int fd = open(scratch_path(history, HOURS_TAIL), O_WRONLY | O_CLOEXEC);
	assert_int_equal(io_write(fd, "rubbish rubbish rubbish", 23), 0);
	assert_int_equal(symlink("tail", scratch_path(history, "notes.txt")), 0);
	assert_int_equal(symlink("/dev/zero", scratch_path(history, "20261118T12Z.tth")), 0);
	assert_int_equal(read_seconds(1, &damaged), 20);
	hours_close(hours_new());
	assert_int_equal(read_seconds(1, &damaged), 20);
	days_end(&d);
}

static void only_the_hours_asked_for_are_read(void **state _unused_)
{
	struct days d;
	struct hours_reader *r = NULL;
	struct hourlog_block b;
	struct hours_extent extent;
	days_begin(&d, 1, 0, DAYS_OFFSET);
	struct hours *h = hours_new();
	write_seconds(h, &d, 7300);
	hours_close(h);
	assert_int_equal(hours_extent(history, &extent), 0);
	assert_int_equal(extent.files, 3);
	assert_int_equal(extent.first_realtime_ns, DAYS_OFFSET);
	uint64_t from_ns = (uint64_t)DAYS_OFFSET + 3500 * NS_PER_S, to_ns = from_ns + 200 * NS_PER_S;
	assert_int_equal(hours_read(history, from_ns, to_ns, &r), 0);
	unsigned n = 0;
	for (; hours_next(r, &b) == 1; n++)
		assert_in_range(b.begin_ns, 3440 * NS_PER_S, 3700 * NS_PER_S);
	assert_in_range(n, 4, 5);
	assert_true(hours_share(r) > 0.99);
	hours_read_done(r);
	assert_int_equal(hours_read(scratch_path(history, FIRST_HOUR), 0, UINT64_MAX, &r), 0);
	assert_int_equal(hours_next(r, &b), 1);
	hours_read_done(r);
	assert_int_equal(hours_read(scratch_path(history, "nothing"), 0, UINT64_MAX, &r), -ENOENT);
	days_end(&d);
}

static void the_oldest_hours_go_first_and_the_newest_stays(void **state _unused_)
{
	const uint64_t hour = 3600 * NS_PER_S;
	const struct hours_file files[] = {{"a", 0, 100}, {"b", hour, 100}, {"c", 2 * hour, 100}, {"d", 3 * hour, 100}};
	assert_int_equal(hours_plan_eviction(files, 4, &(struct hours_bounds){0}, 100 * hour), 0);
	assert_int_equal(hours_plan_eviction(files, 4, &(struct hours_bounds){400, 0}, 100 * hour), 0);
	assert_int_equal(hours_plan_eviction(files, 4, &(struct hours_bounds){399, 0}, 100 * hour), 1);
	assert_int_equal(hours_plan_eviction(files, 4, &(struct hours_bounds){1, 0}, 100 * hour), 3);
	assert_int_equal(hours_plan_eviction(files, 4, &(struct hours_bounds){0, 2 * hour}, 3 * hour + 1), 2);
	assert_int_equal(hours_plan_eviction(files, 4, &(struct hours_bounds){0, 1}, 100 * hour), 3);
	assert_int_equal(hours_plan_eviction(files, 0, &(struct hours_bounds){1, 1}, hour), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_writer_that_is_killed_leaves_every_second_that_it_was_given, setup, teardown),
		cmocka_unit_test_setup_teardown(whatever_is_cut_in_the_middle_of_a_write_costs_no_whole_second, setup, teardown),
		cmocka_unit_test_setup_teardown(seconds_that_could_not_be_written_come_with_the_next, setup, teardown),
		cmocka_unit_test_setup_teardown(blocks_that_end_within_a_second_cost_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_block_that_is_in_its_hour_and_in_the_tail_is_taken_once, setup, teardown),
		cmocka_unit_test_setup_teardown(blocks_that_are_folded_while_they_are_read_are_taken_once, setup, teardown),
		cmocka_unit_test_setup_teardown(rubbish_in_the_tail_or_beside_the_hours_is_no_obstacle, setup, teardown),
		cmocka_unit_test_setup_teardown(only_the_hours_asked_for_are_read, setup, teardown),
		cmocka_unit_test(the_oldest_hours_go_first_and_the_newest_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
