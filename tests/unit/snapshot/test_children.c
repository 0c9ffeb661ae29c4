/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/base/io.h"
#include "snapshot/children.h"
#include "snapshot/wire.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

struct seen {
	struct ledger_entry entries[4];
	char text[4][128];
	unsigned n, ended;
	pid_t forked;
};

static void on_member(void *ctx, const struct ledger_entry *entry, int fd)
{
	struct seen *seen = ctx;
	assert_true(seen->n < ARRAY_SIZE(seen->entries));
	if (fd >= 0)
		assert_true(pread(fd, seen->text[seen->n], sizeof(seen->text[0]) - 1, 0) >= 0);
	seen->entries[seen->n++] = *entry;
}

static int on_read(void *ctx _unused_, const char *member)
{
	return streq(member, "earlier.txt") ? wire_text("earlier", "what came before") : -ENOENT;
}

static void on_ended(void *ctx, const struct collector *collector _unused_)
{
	((struct seen *)ctx)->ended++;
}

static void on_forked(void *ctx, pid_t pid)
{
	((struct seen *)ctx)->forked = pid;
}

static int _noreturn_ hang(struct collect *c)
{
	FILE *f = collect_open(c, "half.txt");
	fprintf(f, "the first half\n");
	fflush(f);
	for (;;)
		pause();
}

static int _noreturn_ hang_silently(struct collect *c _unused_)
{
	for (;;)
		pause();
}

static int _noreturn_ hang_in_scratch(struct collect *c)
{
	FILE *f = collect_open(c, ".rows");
	fprintf(f, "half of the rows");
	fflush(f);
	for (;;)
		pause();
}

static int crash(struct collect *c)
{
	collect_open(c, "crash.txt");
	kill(getpid(), SIGKILL);
	return 0;
}

static int out_of_files(struct collect *c)
{
	struct rlimit none = {0};
	setrlimit(RLIMIT_NOFILE, &none);
	assert_null(collect_open(c, "a.txt"));
	return 0;
}

static int half_way(struct collect *c)
{
	collect_open(c, "first.txt");
	collect_close(c, MEMBER_COMPLETE, NULL, 0);
	return -EIO;
}

static int leave(struct collect *c _unused_)
{
	_exit(3);
}

static int held; /* by the worker; higher than what a child opens for itself */

static int look_for_it(struct collect *c _unused_)
{
	return fcntl(held, F_GETFD) < 0 ? 0 : -EEXIST;
}

static int deny(struct collect *c _unused_)
{
	return -EPERM;
}

static int late(struct collect *c)
{
	collect_begin_ns(c, 1);
	FILE *f = collect_open(c, "late.txt");
	collect_begin_ns(c, collect_from_ns(c) + 2 * NS_PER_S);
	fputs("x", f);
	collect_close(c, MEMBER_COMPLETE, NULL, 3);
	return 0;
}

static int read_back(struct collect *c)
{
	const void *data;
	size_t len;
	if (collect_read(c, "nothing.txt", &data, &len) != -ENOENT)
		return -EBADMSG;
	int r = collect_read(c, "earlier.txt", &data, &len);
	if (r < 0)
		return r;
	fwrite(data, 1, len, collect_open(c, "../Copy of it.txt"));
	collect_close(c, MEMBER_COMPLETE, NULL, 0);
	return 0;
}

static void run(int (*function)(struct collect *), uint64_t deadline_ns, struct seen *seen)
{
	struct children_options options = {.max_bytes = 1 << 20,
					   .member = on_member,
					   .read = on_read,
					   .ended = on_ended,
					   .forked = on_forked,
					   .ctx = seen};
	struct collector collector = {.name = "test", .run = function};
	struct plan p = {.fired_ns = 100 * NS_PER_S, .before_ns = 60 * NS_PER_S, .labels = "{}"};
	struct children *all;
	int fds[CAPTURE_FD_MAX_];
	memset(fds, -1, sizeof(fds));
	*seen = (struct seen){0};
	_cleanup_free_ char *text = plan_json(&p);
	_cleanup_close_ int plan_fd = wire_text("plan", text);
	assert_int_equal(children_new(&options, &all), 0);
	assert_int_equal(children_start(all, &collector, clock_now(CLOCK_MONOTONIC) + deadline_ns, plan_fd, fds), 0);
	size_t n;
	assert_int_equal(seen->forked, *children_pids(all, &n));
	while (children_running(all))
		children_wait(all, -1, UINT64_MAX / 2);
	assert_int_equal(seen->ended, 1);
	children_free(all);
}

/* With as long a deadline as the child needs to write into that member. */
static void run_to(const char *member, int (*function)(struct collect *), struct seen *seen)
{
	uint64_t deadline_ns = 10 * NS_PER_MS;
	do
		run(function, deadline_ns *= 2, seen);
	while (!streq(seen->entries[0].member, member) || !seen->text[0][0]);
}

static void what_a_killed_collector_wrote_until_its_deadline_stays(void **state)
{
	(void)state;
	struct seen seen;
	run_to("half.txt", hang, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.entries[0].state, MEMBER_TIMEOUT);
	assert_string_equal(seen.entries[0].member, "half.txt");
	assert_string_equal(seen.text[0], "the first half\n");
}

static void a_collector_killed_before_its_first_member_gets_a_line_by_its_name(void **state)
{
	(void)state;
	struct seen seen;
	run(hang_silently, 20 * NS_PER_MS, &seen);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.entries[0].member, "test");
	assert_int_equal(seen.entries[0].state, MEMBER_TIMEOUT);
}

static void a_collector_killed_while_it_fills_scratch_gets_a_line_by_its_name(void **state)
{
	(void)state;
	struct seen seen;
	run_to(".rows", hang_in_scratch, &seen);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.entries[0].member, ".rows");
	assert_int_equal(seen.entries[0].state, MEMBER_TIMEOUT);
	assert_string_equal(seen.entries[1].member, "test");
	assert_int_equal(seen.entries[1].state, MEMBER_TIMEOUT);
	assert_non_null(strstr(seen.entries[1].reason, "killed at its deadline"));
}

static void a_crash_is_recorded_with_its_signal(void **state)
{
	(void)state;
	struct seen seen;
	run(crash, NS_PER_S * 60, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.entries[0].state, MEMBER_FAILED);
	assert_string_equal(seen.entries[0].reason, "the collector died of signal 9 (Killed)");
}

static void an_errno_becomes_the_ledgers_word(void **state)
{
	(void)state;
	struct seen seen;
	run(deny, NS_PER_S * 60, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.entries[0].state, MEMBER_DENIED);
	assert_string_equal(seen.entries[0].reason, "test: Operation not permitted");
}

static void a_member_that_cannot_be_opened_has_its_line(void **state)
{
	(void)state;
	struct seen seen;
	run(out_of_files, NS_PER_S * 60, &seen);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.entries[0].member, "a.txt");
	assert_int_equal(seen.entries[0].state, MEMBER_FAILED);
	assert_string_equal(seen.entries[0].reason, "no memory file for it: Too many open files");
}

static void an_error_after_the_first_member_has_a_line_too(void **state)
{
	(void)state;
	struct seen seen;
	run(half_way, NS_PER_S * 60, &seen);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.entries[0].member, "first.txt");
	assert_int_equal(seen.entries[0].state, MEMBER_COMPLETE);
	assert_string_equal(seen.entries[1].member, "test");
	assert_string_equal(seen.entries[1].reason, "test: Input/output error");
}

static void who_ends_with_an_exit_code_and_no_word_has_a_line(void **state)
{
	(void)state;
	struct seen seen;
	run(leave, NS_PER_S * 60, &seen);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.entries[0].member, "test");
	assert_int_equal(seen.entries[0].state, MEMBER_FAILED);
	assert_string_equal(seen.entries[0].reason, "the collector ended before it was done (exit 3)");
}

static void a_child_holds_nothing_of_its_workers(void **state)
{
	(void)state;
	struct seen seen;
	held = fcntl(STDERR_FILENO, F_DUPFD, 500);
	assert_true(held >= 500);
	run(look_for_it, NS_PER_S * 60, &seen);
	assert_int_equal(seen.n, 0);
	close(held);
}

static void a_late_begin_makes_a_member_partial(void **state)
{
	(void)state;
	struct seen seen;
	run(late, NS_PER_S * 60, &seen);
	assert_int_equal(seen.entries[0].state, MEMBER_PARTIAL);
	assert_string_equal(seen.entries[0].reason, "begins 2s later than asked for");
	assert_int_equal(seen.entries[0].lost, 3);
	assert_int_equal(seen.entries[0].begin_ns, 42 * NS_PER_S);
}

static void a_later_collector_reads_an_earlier_member_and_odd_names_are_cleaned(void **state)
{
	(void)state;
	struct seen seen;
	run(read_back, NS_PER_S * 60, &seen);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.text[0], "what came before");
	assert_string_equal(seen.entries[0].member, "../Copy_of_it.txt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_killed_collector_wrote_until_its_deadline_stays),
		cmocka_unit_test(a_collector_killed_before_its_first_member_gets_a_line_by_its_name),
		cmocka_unit_test(a_collector_killed_while_it_fills_scratch_gets_a_line_by_its_name),
		cmocka_unit_test(a_crash_is_recorded_with_its_signal),
		cmocka_unit_test(an_errno_becomes_the_ledgers_word),
		cmocka_unit_test(a_member_that_cannot_be_opened_has_its_line),
		cmocka_unit_test(an_error_after_the_first_member_has_a_line_too),
		cmocka_unit_test(who_ends_with_an_exit_code_and_no_word_has_a_line),
		cmocka_unit_test(a_child_holds_nothing_of_its_workers),
		cmocka_unit_test(a_late_begin_makes_a_member_partial),
		cmocka_unit_test(a_later_collector_reads_an_earlier_member_and_odd_names_are_cleaned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
