/* SPDX-License-Identifier: GPL-2.0-only */
/* The real process: this program re-executes itself as `writer`, as the daemon does. */
#include "engine/base/io.h"
#include "snapshot/store/message.h"
#include "tests/unit/support/bundle.h"
#include "tests/unit/support/days.h"
#include "tests/unit/support/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define PATIENCE_MS 20000

static char *dir;
static struct writer *w;
static char store[512], state_dir[512];

static struct writer *spawn_writer(struct store_bounds bounds)
{
	struct writer *new = NULL;
	static const struct hours_bounds no_bounds;
	struct writer_options o = {.store_dir = store, .state_dir = state_dir, .bounds = bounds, .history = &no_bounds};
	assert_int_equal(writer_spawn(&o, &new), 0);
	return new;
}

static struct writer *spawn_ready(struct store_bounds bounds)
{
	struct writer_report r;
	struct writer *new = spawn_writer(bounds);
	assert_int_equal(writer_wait(new, PATIENCE_MS * NS_PER_MS, &r), 0);
	return new;
}

static int setup(void **state _unused_)
{
	dir = scratch_make();
	snprintf(state_dir, sizeof(state_dir), "%s/state", dir);
	snprintf(store, sizeof(store), "%s/state/incidents", dir);
	w = spawn_ready((struct store_bounds){0});
	return 0;
}

/* The end of the socket ends the process; it is waited for, so that no test leaves one behind. */
static int wait_for_end(struct writer *gone)
{
	pid_t pid = writer_pid(gone);
	int fd = fcntl(writer_fd(gone), F_DUPFD_CLOEXEC, 0), status = -1;
	assert_int_equal(writer_flush(gone), 0);
	shutdown(fd, SHUT_WR);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fd);
	writer_free(gone);
	return status;
}

static int teardown(void **state _unused_)
{
	if (w)
		assert_int_equal(wait_for_end(w), 0);
	w = NULL;
	scratch_remove(dir);
	return 0;
}

static struct writer_report next_report(void)
{
	struct writer_report r = {0};
	struct pollfd p = {.fd = writer_fd(w), .events = POLLIN};
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(writer_read(w, &r), 0);
	return r;
}

static int stage_of(const char *id, const char *rule, uint64_t realtime_ns, uint64_t *ret_bytes)
{
	struct plan p = sample_plan(id, rule, realtime_ns);
	const char *path = scratch_path(dir, "stage");
	_cleanup_buf_ struct buf text = {0};
	*ret_bytes = sample_bundle(path, &p, 50000);
	assert_int_equal(io_read_file(AT_FDCWD, path, SIZE_MAX / 4, &text), 0);
	int fd = io_memfd("stage", 0);
	assert_int_equal(io_write(fd, text.data, text.len), 0);
	return fd;
}

static int stage_with(const char *id, const char *rule, uint64_t *ret_bytes)
{
	return stage_of(id, rule, 1795195381 * NS_PER_S, ret_bytes);
}

static void a_bundle_grows_on_disk_and_is_published_whole(void **state _unused_)
{
	uint64_t bytes;
	_cleanup_close_ int stage = stage_with(SAMPLE_ID, "cpu-sys-spike", &bytes);
	assert_int_equal(writer_begin(w, SAMPLE_ID, stage, 0), 0);
	assert_int_equal(writer_extent(w, SAMPLE_ID, 600), 0);
	struct writer_report r = next_report();
	assert_int_equal(r.kind, WRITER_FIRST);
	assert_int_equal(access(scratch_path(store, SAMPLE_ID ".tar.zst.partial"), F_OK), 0);
	assert_int_equal(writer_extent(w, SAMPLE_ID, bytes), 0);
	assert_int_equal(writer_publish(w, SAMPLE_ID), 0);
	r = next_report();
	assert_int_equal(r.kind, WRITER_PUBLISHED);
	assert_string_equal(r.path, scratch_path(store, SAMPLE_ID ".tar.zst"));
	struct bundle_finding *f;
	assert_int_equal(bundle_verify(r.path, &f), 0);
	_cleanup_buf_ struct buf journal = {0};
	assert_int_equal(io_read_file(AT_FDCWD, scratch_path(store, STORE_JOURNAL), 4096, &journal), 0);
	assert_non_null(strstr(buf_str(&journal), "\"published\", \"id\": \"" SAMPLE_ID "\""));
}

static void the_death_of_the_engine_leaves_what_was_there_as_a_cut_bundle(void **state _unused_)
{
	uint64_t bytes;
	_cleanup_close_ int stage = stage_with(SAMPLE_ID, "cpu-sys-spike", &bytes);
	assert_int_equal(writer_begin(w, SAMPLE_ID, stage, 0), 0);
	assert_int_equal(writer_extent(w, SAMPLE_ID, bytes - 100), 0);
	assert_int_equal(kill(writer_pid(w), SIGTERM), 0);
	assert_int_equal(wait_for_end(w), 0);
	w = NULL;
	struct bundle *b = NULL;
	assert_int_equal(bundle_open(scratch_path(store, SAMPLE_ID ".tar.zst.partial"), &b, NULL, 0), 0);
	assert_int_equal(bundle_members(b), 6);
	assert_true(bundle_cut(b));
	bundle_close(b);
}

static void state_files_are_replaced_whole(void **state _unused_)
{
	assert_int_equal(writer_put(w, "limits.json", "{\"first\": 1}", 12), 0);
	assert_int_equal(writer_put(w, "limits.json", "{}", 2), 0);
	assert_int_equal(writer_put(w, "../limits", "{}", 2), -EINVAL);
	assert_int_equal(wait_for_end(w), 0);
	w = NULL;
	_cleanup_buf_ struct buf text = {0};
	assert_int_equal(io_read_file(AT_FDCWD, scratch_path(state_dir, "limits.json"), 4096, &text), 0);
	assert_string_equal(buf_str(&text), "{}");
}

/* A stopped process is a file system that does not answer. */
static void a_stuck_writer_never_blocks_the_engine_and_loses_only_intermediate_states(void **state _unused_)
{
	uint64_t bytes;
	_cleanup_close_ int stage = stage_with(SAMPLE_ID, "cpu-sys-spike", &bytes);
	assert_int_equal(kill(writer_pid(w), SIGSTOP), 0);
	assert_int_equal(writer_begin(w, SAMPLE_ID, stage, 0), 0);
	char text[16];
	for (unsigned i = 0; i < 5000; i++) {
		assert_int_equal(writer_extent(w, SAMPLE_ID, 1 + (bytes - 1) * i / 4999), 0);
		snprintf(text, sizeof(text), "%u", i);
		assert_int_equal(writer_put(w, "limits.json", text, strlen(text)), 0);
	}
	assert_int_equal(writer_publish(w, SAMPLE_ID), 0);
	assert_true(writer_backlog(w));
	assert_int_equal(kill(writer_pid(w), SIGCONT), 0);
	for (struct pollfd p = {.fd = writer_fd(w), .events = POLLOUT}; writer_flush(w) == -EAGAIN;)
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(wait_for_end(w), 0);
	w = NULL;
	struct bundle_finding *f;
	assert_int_equal(bundle_verify(scratch_path(store, SAMPLE_ID ".tar.zst"), &f), 0);
	_cleanup_buf_ struct buf kept = {0};
	assert_int_equal(io_read_file(AT_FDCWD, scratch_path(state_dir, "limits.json"), 64, &kept), 0);
	assert_string_equal(buf_str(&kept), "4999");
}

/* A second's worth goes with its message; what gathers while a store is slow needs a memory file. */
static void history_that_was_handed_over_is_in_its_hour_when_the_engine_ends(void **state _unused_)
{
	struct days d;
	struct hours_reader *r = NULL;
	struct hourlog_block b;
	size_t least = SIZE_MAX, most = 0;
	days_begin(&d, 1, 0, DAYS_OFFSET);
	for (unsigned i = 0; i < 1000; i++) {
		days_second(&d, i);
		if (i >= 20 && i < 999)
			continue;
		least = MIN(least, hourlog_pending(d.log)->len);
		most = MAX(most, hourlog_pending(d.log)->len);
		while (writer_history(w, hourlog_pending(d.log)) == -EAGAIN)
			assert_int_equal(poll(&(struct pollfd){.fd = writer_fd(w), .events = POLLOUT}, 1, PATIENCE_MS), 1);
		hourlog_sent(d.log);
	}
	assert_in_range(least, 1, MESSAGE_TAIL_MAX);
	assert_in_range(most, MESSAGE_TAIL_MAX + 1, SIZE_MAX);
	assert_int_equal(wait_for_end(w), 0);
	w = NULL;
	assert_int_equal(hours_read(scratch_path(state_dir, HOURS_DIR), 0, UINT64_MAX, &r), 0);
	uint64_t end_ns = 0;
	while (hours_next(r, &b) == 1)
		end_ns = b.end_ns;
	assert_int_equal(end_ns, 1000 * NS_PER_S);
	hours_read_done(r);
	days_end(&d);
}

static void publish_one(const char *id)
{
	uint64_t bytes;
	_cleanup_close_ int stage = stage_with(id, "oom", &bytes);
	assert_int_equal(writer_begin(w, id, stage, 0), 0);
	assert_int_equal(writer_extent(w, id, bytes), 0);
	assert_int_equal(writer_publish(w, id), 0);
	assert_int_equal(next_report().kind, WRITER_FIRST);
	assert_int_equal(next_report().kind, WRITER_PUBLISHED);
}

static void room_is_made_after_the_new_bundle_is_published(void **state _unused_)
{
	assert_int_equal(wait_for_end(w), 0);
	w = spawn_ready((struct store_bounds){.max_use = 120000});
	publish_one("20261120T000001Z-oom-00000001");
	publish_one("20261120T000002Z-oom-00000002");
	publish_one("20261120T000003Z-oom-00000003");
	publish_one("20261120T000004Z-oom-00000004");
	struct writer_report r = next_report();
	assert_int_equal(r.kind, WRITER_EVICTED);
	assert_string_equal(r.id, "20261120T000002Z-oom-00000002");
	assert_int_equal(access(scratch_path(store, "20261120T000002Z-oom-00000002.tar.zst"), F_OK), -1);
	assert_int_equal(access(scratch_path(store, "20261120T000001Z-oom-00000001.tar.zst"), F_OK), 0);
}

static void what_grows_too_old_goes_while_nothing_happens(void **state _unused_)
{
	uint64_t bytes;
	assert_int_equal(wait_for_end(w), 0);
	w = spawn_ready((struct store_bounds){.max_age_ns = 300 * NS_PER_MS});
	_cleanup_close_ int stage = stage_of(SAMPLE_ID, "oom", clock_now(CLOCK_REALTIME), &bytes);
	assert_int_equal(writer_begin(w, SAMPLE_ID, stage, 0), 0);
	assert_int_equal(writer_extent(w, SAMPLE_ID, bytes), 0);
	assert_int_equal(writer_publish(w, SAMPLE_ID), 0);
	assert_int_equal(next_report().kind, WRITER_FIRST);
	assert_int_equal(next_report().kind, WRITER_PUBLISHED);
	struct writer_report r = next_report();
	assert_int_equal(r.kind, WRITER_EVICTED);
	assert_string_equal(r.id, SAMPLE_ID);
}

static void a_store_that_cannot_keep_its_bounds_is_told_once(void **state _unused_)
{
	assert_int_equal(wait_for_end(w), 0);
	w = spawn_ready((struct store_bounds){.max_use = 1000});
	publish_one("20261120T000001Z-oom-00000001");
	struct writer_report r = next_report();
	assert_int_equal(r.kind, WRITER_NO_ROOM);
	assert_int_equal(r.error, -ENOSPC);
	assert_string_equal(r.id, "");
	publish_one("20261120T000002Z-oom-00000002");
	publish_one("20261120T000003Z-oom-00000003");
}

static void that_a_bundle_may_not_fit_is_told_at_its_begin_and_evicts_nothing(void **state _unused_)
{
	uint64_t bytes;
	assert_int_equal(wait_for_end(w), 0);
	w = spawn_ready((struct store_bounds){.max_use = 200000});
	publish_one("20261120T000001Z-oom-00000001");
	publish_one("20261120T000002Z-oom-00000002");
	publish_one("20261120T000003Z-oom-00000003");
	_cleanup_close_ int stage = stage_with(SAMPLE_ID, "oom", &bytes);
	assert_int_equal(writer_begin(w, SAMPLE_ID, stage, 200000), 0);
	assert_int_equal(writer_extent(w, SAMPLE_ID, 600), 0);
	assert_int_equal(next_report().kind, WRITER_FIRST);
	struct writer_report r = next_report();
	assert_int_equal(r.kind, WRITER_NO_ROOM);
	assert_int_equal(r.error, -ENOSPC);
	assert_string_equal(r.id, SAMPLE_ID);
	assert_int_equal(access(scratch_path(store, "20261120T000002Z-oom-00000002.tar.zst"), F_OK), 0);
}

static void a_stage_shorter_than_was_said_is_a_failure_not_a_bundle(void **state _unused_)
{
	_cleanup_close_ int stage = io_memfd("stage", 0);
	assert_int_equal(writer_begin(w, SAMPLE_ID, stage, 0), 0);
	assert_int_equal(writer_extent(w, SAMPLE_ID, 10), 0);
	assert_int_equal(writer_publish(w, SAMPLE_ID), 0);
	struct writer_report r = next_report();
	assert_int_equal(r.kind, WRITER_FAILED);
	assert_int_equal(r.error, -ENODATA);
	assert_int_equal(access(scratch_path(store, SAMPLE_ID ".tar.zst"), F_OK), -1);
}

static void one_that_cannot_use_its_store_says_where_it_stumbled(void **state _unused_)
{
	struct writer_report r;
	assert_int_equal(wait_for_end(w), 0);
	assert_int_equal(rmdir(store), 0);
	close(open(store, O_CREAT | O_CLOEXEC, 0600));
	w = spawn_writer((struct store_bounds){0});
	assert_int_equal(writer_wait(w, PATIENCE_MS * NS_PER_MS, &r), -ENOTDIR);
	assert_string_equal(r.path, store);
	assert_false(writer_is_ready(w));
	assert_int_equal(WEXITSTATUS(wait_for_end(w)), 1);
	w = NULL;
}

static void what_a_dead_one_is_told_waits_for_the_next(void **state _unused_)
{
	uint64_t bytes;
	struct writer_report r;
	_cleanup_close_ int stage = stage_with(SAMPLE_ID, "cpu-sys-spike", &bytes);
	kill(writer_pid(w), SIGKILL);
	assert_int_equal(waitpid(writer_pid(w), NULL, 0), writer_pid(w));
	assert_int_equal(writer_read(w, &r), -EPIPE);
	assert_false(writer_is_ready(w));
	assert_int_equal(writer_begin(w, SAMPLE_ID, stage, 0), 0);
	assert_int_equal(writer_put(w, "limits", "x", 1), 0);
	assert_true(writer_backlog(w));
	w = writer_free(w);
}

int main(int argc, char **argv)
{
	if (argc > 1 && streq(argv[1], "writer"))
		return writer_main(STDIN_FILENO);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_bundle_grows_on_disk_and_is_published_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(the_death_of_the_engine_leaves_what_was_there_as_a_cut_bundle, setup, teardown),
		cmocka_unit_test_setup_teardown(state_files_are_replaced_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stuck_writer_never_blocks_the_engine_and_loses_only_intermediate_states,
						setup, teardown),
		cmocka_unit_test_setup_teardown(history_that_was_handed_over_is_in_its_hour_when_the_engine_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(room_is_made_after_the_new_bundle_is_published, setup, teardown),
		cmocka_unit_test_setup_teardown(what_grows_too_old_goes_while_nothing_happens, setup, teardown),
		cmocka_unit_test_setup_teardown(a_store_that_cannot_keep_its_bounds_is_told_once, setup, teardown),
		cmocka_unit_test_setup_teardown(that_a_bundle_may_not_fit_is_told_at_its_begin_and_evicts_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_cannot_use_its_store_says_where_it_stumbled, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_dead_one_is_told_waits_for_the_next, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stage_shorter_than_was_said_is_a_failure_not_a_bundle, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
