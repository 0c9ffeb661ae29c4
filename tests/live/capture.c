/* SPDX-License-Identifier: GPL-2.0-only */
/* One incident of this machine, with every collector there is: the bundle is whole and says what it could not take. */
#include "tests/unit/support/test.h"

#include "engine/base/io.h"
#include "engine/source/tasks.h"
#include "engine/vocabulary.h"
#include "snapshot/bundle/bundle.h"
#include "snapshot/collect/collect.h"
#include "snapshot/worker.h"

#include <fcntl.h>
#include <poll.h>

#define KEPT "/tmp/tracetrap-live-capture.tar.zst"

static int start(struct worker *w, struct tasks *tasks, int stage, uint64_t *ret_fired)
{
	const char *names[64];
	int fds[CAPTURE_FD_MAX_];
	memset(fds, -1, sizeof(fds));
	for (size_t i = 0; i < collector_table_n; i++)
		names[i] = collector_table[i].name;
	struct plan p = {.id = "20261120T172301Z-live-00000001",
			 .rule = "live",
			 .severity = "info",
			 .summary = "all collectors at once",
			 .why = "{\"terms\": []}",
			 .labels = "{}",
			 .entity = "host",
			 .before_ns = NS_PER_S,
			 .after_ns = NS_PER_S,
			 .max_bytes = 32 << 20,
			 .collectors = names,
			 .n_collectors = collector_table_n,
			 .proc_root = "/proc",
			 .sys_root = "/sys",
			 .version = "test",
			 .source = "test"};
	fds[CAPTURE_FD_STAGE] = stage;
	fds[CAPTURE_FD_TASK_ROWS] = tasks_rows_fd(tasks);
	fds[CAPTURE_FD_TASK_STACKS] = tasks_stacks_fd(tasks, /* only_d= */ false);
	fds[CAPTURE_FD_D_STACKS] = tasks_stacks_fd(tasks, /* only_d= */ true);
	clocks_read(&p.clocks);
	*ret_fired = p.fired_ns = p.onset_ns = clock_now(CLOCK_MONOTONIC);
	return worker_start(w, &p, fds);
}

static enum worker_report_kind follow(struct worker *w, uint64_t fired_ns)
{
	struct worker_report r;
	for (;;) {
		struct pollfd ready = {.fd = worker_fd(w), .events = POLLIN};
		assert_int_equal(poll(&ready, 1, 120000), 1);
		if (worker_read(w, &r) < 0)
			continue;
		printf("%8.1f ms %8llu bytes %s\n", (double)(r.t_ns - fired_ns) / 1e6, (unsigned long long)r.bytes,
		       r.member);
		if (r.kind != WORKER_EXTENT)
			return r.kind;
	}
}

static void print_ledger(struct bundle *b)
{
	_cleanup_buf_ struct buf text = {0};
	struct ledger l;
	assert_int_equal(bundle_read(b, "ledger.json", 1 << 22, &text), 0);
	assert_int_equal(ledger_parse(text.data, text.len, &l), 0);
	for (size_t i = 0; i < l.n; i++)
		printf("%-40s %-11s %8llu bytes %6.1f ms cpu  %s\n", l.entries[i].member,
		       member_state_name(l.entries[i].state), (unsigned long long)l.entries[i].bytes,
		       (double)l.entries[i].cpu_ns / 1e6, l.entries[i].reason);
	assert_non_null(ledger_find(&l, "proc/meminfo"));
	assert_non_null(ledger_find(&l, "sysrq/l.txt"));
	ledger_done(&l);
}

static void copy_stage(int stage)
{
	_cleanup_buf_ struct buf all = {0};
	assert_true(lseek(stage, 0, SEEK_SET) == 0);
	assert_int_equal(io_read_all(stage, 64 << 20, &all), 0);
	_cleanup_close_ int fd = open(KEPT, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(io_write(fd, all.data, all.len), 0);
}

static void every_collector_at_once_leaves_one_bundle_that_verifies(void **state)
{
	(void)state;
	struct bundle_finding *findings = NULL;
	struct tasks *tasks;
	struct worker *w;
	struct bundle *b;
	uint64_t fired;
	int stage = io_memfd("stage", 0);
	assert_int_equal(tasks_open("/proc", &tasks), 0);
	assert_int_equal(worker_spawn(&w), 0);
	assert_int_equal(start(w, tasks, stage, &fired), 0);
	assert_int_equal(follow(w, fired), WORKER_DONE);
	copy_stage(stage);
	assert_int_equal(bundle_open(KEPT, &b, NULL, 0), 0);
	print_ledger(b);
	bundle_close(b);
	assert_int_equal(bundle_verify(KEPT, &findings), 0);
	free(findings);
	worker_free(w);
	tasks_close(tasks);
	close(stage);
}

/* worker_spawn() re-execs the program it is called from. */
int main(int argc, char **argv)
{
	if (argc > 1 && streq(argv[1], "worker"))
		return worker_main(3, vocabulary());
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_collector_at_once_leaves_one_bundle_that_verifies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
