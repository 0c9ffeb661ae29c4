/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/base/io.h"
#include "snapshot/bundle/bundle.h"
#include "snapshot/bundle/json.h"
#include "snapshot/worker.h"
#include "snapshot/wire.h"
#include "tests/unit/support/tree.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* A worker process as worker_spawn() makes it, but by fork: the seam is the socket. */
struct rig {
	struct tree tree;
	struct worker *worker;
	int stage;
	char proc[96], sys[96];
	struct bundle *bundle;
	struct ledger ledger;
	struct worker_report last;
	char first_member[96];
	uint64_t fired_ns, after_ns;
};

static void rig_init(struct rig *rig)
{
	static const struct vocabulary empty;
	int ends[2];
	*rig = (struct rig){0};
	tree_init(&rig->tree);
	tree_write(&rig->tree, "proc/loadavg", "0.50 0.40 0.30 1/100 4242\n");
	tree_write(&rig->tree, "proc/meminfo", "MemTotal: 1000 kB\n");
	tree_write(&rig->tree, "sys/block/sda/stat", "1 2 3 4\n");
	tree_write(&rig->tree, "sys/block/sda/queue/scheduler", "[none] mq-deadline\n");
	snprintf(rig->proc, sizeof(rig->proc), "%s/proc", rig->tree.path);
	snprintf(rig->sys, sizeof(rig->sys), "%s/sys", rig->tree.path);
	assert_int_equal(wire_pair(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		_exit(worker_main(ends[1], &empty));
	}
	close(ends[1]);
	assert_int_equal(worker_adopt(pid, ends[0], &rig->worker), 0);
	rig->stage = io_memfd("stage", 0);
}

static void rig_done(struct rig *rig)
{
	bundle_close(rig->bundle);
	ledger_done(&rig->ledger);
	worker_free(rig->worker);
	close(rig->stage);
	tree_done(&rig->tree);
}

#define SIZE_BOUND (UINT64_C(64) << 20) /* max_size of the rule */

static int start(struct rig *rig, const char **collectors, size_t n, uint64_t stage_bytes)
{
	int fds[CAPTURE_FD_MAX_];
	memset(fds, -1, sizeof(fds));
	fds[CAPTURE_FD_STAGE] = rig->stage;
	struct plan p = {.id = "20261120T172301Z-test-00000001",
			 .rule = "test",
			 .severity = "minor",
			 .summary = "a test",
			 .rule_yaml = "name: test\n",
			 .why = "{}",
			 .labels = "{}",
			 .entity = "host",
			 .collectors = collectors,
			 .n_collectors = n,
			 .version = "test",
			 .source = "test"};
	plan_bound(&p, SIZE_BOUND, stage_bytes);
	clocks_read(&p.clocks);
	rig->fired_ns = p.fired_ns = p.onset_ns = clock_now(CLOCK_MONOTONIC);
	p.before_ns = NS_PER_S;
	p.after_ns = rig->after_ns;
	snprintf(p.proc_root, sizeof(p.proc_root), "%s", rig->proc);
	snprintf(p.sys_root, sizeof(p.sys_root), "%s", rig->sys);
	return worker_start(rig->worker, &p, fds);
}

static void read_bundle(struct rig *rig)
{
	char path[64];
	_cleanup_buf_ struct buf text = {0};
	snprintf(path, sizeof(path), "/proc/self/fd/%d", rig->stage);
	assert_int_equal(bundle_open(path, &rig->bundle, NULL, 0), 0);
	assert_int_equal(bundle_read(rig->bundle, "ledger.json", 1 << 20, &text), 0);
	assert_int_equal(ledger_parse(text.data, text.len, &rig->ledger), 0);
}

/* Reads reports to the last one; the poll only bounds a broken worker. */
static void finish(struct rig *rig)
{
	for (;;) {
		struct pollfd ready = {.fd = worker_fd(rig->worker), .events = POLLIN};
		assert_int_equal(poll(&ready, 1, 60000), 1);
		int r = worker_read(rig->worker, &rig->last);
		if (r == -EAGAIN)
			continue;
		assert_int_equal(r, 0);
		if (!rig->first_member[0])
			snprintf(rig->first_member, sizeof(rig->first_member), "%s", rig->last.member);
		if (rig->last.kind != WORKER_EXTENT)
			break;
	}
	assert_int_equal(worker_read(rig->worker, &rig->last), -ECHILD);
}

static const struct ledger_entry *line(const struct rig *rig, const char *member)
{
	const struct ledger_entry *e = ledger_find(&rig->ledger, member);
	if (!e)
		fail_msg("no ledger line for %s", member);
	return e;
}

static void a_worker_makes_a_whole_bundle_with_the_manifest_first(void **state)
{
	(void)state;
	const char *collectors[] = {"sched", "mem", "blk"};
	_cleanup_buf_ struct buf text = {0};
	struct rig rig;
	rig_init(&rig);
	assert_int_equal(start(&rig, collectors, 3, SIZE_BOUND), 0);
	finish(&rig);
	assert_int_equal(rig.last.kind, WORKER_DONE);
	assert_string_equal(rig.first_member, "manifest.json");
	read_bundle(&rig);
	assert_false(bundle_cut(rig.bundle));
	assert_int_equal(bundle_read(rig.bundle, "proc/loadavg", 4096, &text), 0);
	assert_string_equal(text.data, "0.50 0.40 0.30 1/100 4242\n");
	buf_clear(&text);
	assert_int_equal(bundle_read(rig.bundle, "sys/block/sda.txt", 4096, &text), 0);
	assert_non_null(strstr(text.data, "queue/scheduler: [none] mq-deadline\n"));
	assert_int_equal(line(&rig, "proc/meminfo")->state, MEMBER_COMPLETE);
	assert_string_equal(line(&rig, "proc/meminfo")->collector, "mem");
	assert_int_equal(line(&rig, "proc/vmstat")->state, MEMBER_UNSUPPORTED);
	assert_string_equal(line(&rig, "proc/vmstat")->reason, "vmstat: No such file or directory");
	rig_done(&rig);
}

static void an_unknown_collector_gets_a_line_and_costs_nothing_else(void **state)
{
	(void)state;
	const char *collectors[] = {"mem", "telepathy"};
	struct rig rig;
	rig_init(&rig);
	assert_int_equal(start(&rig, collectors, 2, SIZE_BOUND), 0);
	finish(&rig);
	assert_int_equal(rig.last.kind, WORKER_DONE);
	read_bundle(&rig);
	assert_int_equal(line(&rig, "telepathy")->state, MEMBER_FAILED);
	assert_string_equal(line(&rig, "telepathy")->reason, "there is no such collector");
	assert_true(line(&rig, "proc/meminfo")->present);
	rig_done(&rig);
}

static void a_joining_firing_is_recorded_and_adds_what_was_not_yet_taken(void **state)
{
	(void)state;
	const char *collectors[] = {"mem"}, *more[] = {"mem", "sched"};
	struct join join = {.rule = "oom", .entity = "/a.slice", .entity_kind = ENTITY_KIND_CGROUP, .fired_ns = 7,
			    .why = "{\"rule\":\"oom\"}", .collectors = more, .n_collectors = 2};
	struct rig rig;
	rig_init(&rig);
	assert_int_equal(start(&rig, collectors, 1, SIZE_BOUND), 0);
	assert_int_equal(worker_join(rig.worker, &join), 0);
	finish(&rig);
	read_bundle(&rig);
	assert_int_equal(rig.ledger.n_joined, 1);
	assert_string_equal(rig.ledger.joined[0].rule, "oom");
	assert_string_equal(rig.ledger.joined[0].entity_kind, "cgroup");
	assert_true(line(&rig, "proc/loadavg")->present);
	assert_true(line(&rig, "joined/1-why.json")->present);
	rig_done(&rig);
}

static void a_collector_sees_the_span_in_which_the_rule_was_true_as_told_last(void **state)
{
	(void)state;
	const char *collectors[] = {"mem"};
	_cleanup_buf_ struct buf text = {0};
	struct rig rig;
	rig_init(&rig);
	assert_int_equal(start(&rig, collectors, 1, SIZE_BOUND), 0);
	assert_int_equal(worker_truth(rig.worker, rig.fired_ns - 9, rig.fired_ns - 5), 0);
	assert_int_equal(worker_truth(rig.worker, rig.fired_ns - 7, rig.fired_ns - 3), 0);
	finish(&rig);
	read_bundle(&rig);
	assert_int_equal(bundle_read(rig.bundle, "culprits.json", 4096, &text), 0);
	_cleanup_json_ struct json_object *o = json_read(text.data, text.len);
	assert_int_equal(json_number(json_member(o, "true_span"), "first_ns"), rig.fired_ns - 9);
	assert_int_equal(json_number(json_member(o, "true_span"), "last_ns"), rig.fired_ns - 3);
	rig_done(&rig);
}

static void a_member_over_the_size_bound_is_cut_and_the_ledger_says_so(void **state)
{
	(void)state;
	const char *collectors[] = {"mem"};
	_cleanup_buf_ struct buf noise = {0};
	struct rig rig;
	rig_init(&rig);
	for (uint64_t x = 1; noise.len < 60000; x = x * 6364136223846793005 + 1442695040888963407)
		buf_printf(&noise, "%016llx\n", (unsigned long long)x);
	tree_write(&rig.tree, "proc/zoneinfo", noise.data);
	assert_int_equal(start(&rig, collectors, 1, 16384), 0);
	finish(&rig);
	read_bundle(&rig);
	const struct ledger_entry *cut = line(&rig, "proc/zoneinfo");
	assert_int_equal(cut->state, MEMBER_TRUNCATED);
	assert_true(cut->bytes > 1000 && cut->bytes < noise.len);
	assert_int_equal(cut->bytes % 17, 0);
	assert_memory_equal(cut->reason, "store.stage of 16384 bytes: ", 28);
	assert_true(rig.last.bytes < 20000);
	assert_true(line(&rig, "proc/meminfo")->present);
	rig_done(&rig);
}

static void a_window_that_is_ended_early_gives_a_whole_bundle_that_says_so(void **state)
{
	(void)state;
	const char *collectors[] = {"kmsg", "mem"};
	char log[96];
	struct rig rig;
	rig_init(&rig);
	tree_write(&rig.tree, "dev/null", "");
	snprintf(log, sizeof(log), "%s/dev/kmsg", rig.tree.path);
	assert_int_equal(mkfifo(log, 0600), 0);
	rig.after_ns = 3600 * NS_PER_S;
	assert_int_equal(start(&rig, collectors, 2, 0), 0);
	assert_int_equal(worker_end(rig.worker), 0);
	finish(&rig);
	assert_int_equal(rig.last.kind, WORKER_DONE);
	read_bundle(&rig);
	assert_int_equal(line(&rig, "kmsg.txt")->state, MEMBER_COMPLETE);
	assert_true(line(&rig, "proc/meminfo")->present);
	assert_int_equal(line(&rig, "window")->state, MEMBER_TRUNCATED);
	assert_non_null(strstr(line(&rig, "window")->reason, "early: tracetrap was stopped"));
	rig_done(&rig);
}

static void what_ends_the_daemon_does_not_end_the_worker(void **state)
{
	(void)state;
	const char *collectors[] = {"mem"};
	struct rig rig;
	rig_init(&rig);
	rig.after_ns = NS_PER_S / 2;
	assert_int_equal(start(&rig, collectors, 1, 0), 0);
	struct pollfd ready = {.fd = worker_fd(rig.worker), .events = POLLIN};
	assert_int_equal(poll(&ready, 1, 60000), 1);
	assert_int_equal(kill(worker_pid(rig.worker), SIGTERM), 0);
	finish(&rig);
	assert_int_equal(rig.last.kind, WORKER_DONE);
	rig_done(&rig);
}

static void a_worker_that_dies_is_reported_once_as_failed(void **state)
{
	(void)state;
	struct rig rig;
	rig_init(&rig);
	kill(worker_pid(rig.worker), SIGKILL);
	finish(&rig);
	assert_int_equal(rig.last.kind, WORKER_FAILED);
	assert_int_equal(rig.last.error, -ECHILD);
	rig_done(&rig);
}

static void _noreturn_ pause_for_ever(void)
{
	for (;;)
		pause();
}

/* The leader of a group of its own, and what it runs. */
static pid_t fork_group(pid_t *ret_member)
{
	pid_t leader = fork();
	if (leader == 0)
		pause_for_ever();
	assert_int_equal(setpgid(leader, leader), 0);
	*ret_member = fork();
	if (*ret_member == 0)
		pause_for_ever();
	assert_int_equal(setpgid(*ret_member, leader), 0);
	return leader;
}

static void a_worker_owns_its_group_and_the_children_it_told_of(void **state)
{
	(void)state;
	struct worker_report told = {.kind = WORKER_CHILD, .pid = 0x7ffffff0}, report;
	struct worker *w;
	int ends[2];
	pid_t member, leader = fork_group(&member);
	assert_int_equal(wire_pair(ends), 0);
	assert_int_equal(worker_adopt(leader, ends[0], &w), 0);
	assert_true(worker_family_has(worker_family(w), leader));
	assert_true(worker_family_has(worker_family(w), member));
	assert_false(worker_family_has(worker_family(w), getpid()));
	assert_false(worker_family_has(worker_family(w), told.pid));
	assert_int_equal(wire_send(ends[1], &told, sizeof(told), NULL, 0, 0), 0);
	assert_int_equal(worker_read(w, &report), -EAGAIN); /* kept, not given */
	assert_true(worker_family_has(worker_family(w), told.pid)); /* long gone: no such process */
	kill(member, SIGKILL);
	waitpid(member, NULL, 0);
	struct worker_family family = *worker_family(w);
	worker_free(w);
	assert_true(worker_family_has(&family, leader)); /* nor is the worker any more */
	close(ends[1]);
}

static void an_idle_worker_tells_of_the_child_that_waits(void **state)
{
	(void)state;
	struct rig rig;
	rig_init(&rig);
	struct pollfd ready = {.fd = worker_fd(rig.worker), .events = POLLIN};
	assert_int_equal(poll(&ready, 1, 60000), 1);
	assert_int_equal(worker_read(rig.worker, &rig.last), -EAGAIN);
	rig_done(&rig);
}

static void an_idle_worker_ends_when_its_daemon_does(void **state)
{
	(void)state;
	static const struct vocabulary empty;
	int ends[2], status;
	assert_int_equal(wire_pair(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		_exit(worker_main(ends[1], &empty));
	}
	close(ends[1]);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_makes_a_whole_bundle_with_the_manifest_first),
		cmocka_unit_test(an_unknown_collector_gets_a_line_and_costs_nothing_else),
		cmocka_unit_test(a_joining_firing_is_recorded_and_adds_what_was_not_yet_taken),
		cmocka_unit_test(a_collector_sees_the_span_in_which_the_rule_was_true_as_told_last),
		cmocka_unit_test(a_member_over_the_size_bound_is_cut_and_the_ledger_says_so),
		cmocka_unit_test(a_window_that_is_ended_early_gives_a_whole_bundle_that_says_so),
		cmocka_unit_test(what_ends_the_daemon_does_not_end_the_worker),
		cmocka_unit_test(a_worker_that_dies_is_reported_once_as_failed),
		cmocka_unit_test(a_worker_owns_its_group_and_the_children_it_told_of),
		cmocka_unit_test(an_idle_worker_tells_of_the_child_that_waits),
		cmocka_unit_test(an_idle_worker_ends_when_its_daemon_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
