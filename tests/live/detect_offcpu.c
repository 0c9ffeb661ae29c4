/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/io.h"
#include "tests/live/watch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static void sleep_ms(uint64_t ms)
{
	struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000 * NS_PER_MS)};
	nanosleep(&t, NULL);
}

/* vfork's parent sleeps uninterruptibly until its child, of the same name, is gone. */
static pid_t spawn_blocked(uint64_t ms)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "tt-blocked");
	if (vfork() == 0) {
		sleep_ms(ms);
		_exit(0);
	}
	_exit(0);
}

static pid_t spawn_idle(uint64_t ms)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_NAME, "tt-idle");
	sleep_ms(ms);
	_exit(0);
}

static void wait_until_blocked(pid_t pid)
{
	char path[64], state = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (uint64_t end = clock_now(CLOCK_MONOTONIC) + DEADLINE_NS; state != 'D' && clock_now(CLOCK_MONOTONIC) < end;) {
		_cleanup_buf_ struct buf text = {0};
		assert_int_equal(io_read_file(AT_FDCWD, path, 4096, &text), 0);
		sscanf(buf_str(&text), "%*d (%*[^)]) %c", &state);
	}
	assert_int_equal(state, 'D');
}

static bool is_of(const struct event *record, const void *pid)
{
	return record->pid == (uint32_t)*(const pid_t *)pid;
}

static bool is_ours(const struct event *record, const void *what _unused_)
{
	return starts_with(record->comm, "tt-");
}

static void a_task_that_slept_in_d_is_named_with_how_long_and_who_woke_it(void **state _unused_)
{
	struct detect *d = arm_with("offcpu", 200 * NS_PER_MS);
	uint64_t begun = clock_now(CLOCK_MONOTONIC);
	pid_t pid = spawn_blocked(400);
	struct watch w = {.detector = detector_named("offcpu"), .wanted = is_of, .what = &pid};
	bool found = wait_for(d, &w);
	waitpid(pid, NULL, 0);
	detect_free(d);
	assert_true(found);
	assert_in_range(w.got.offcpu.blocked_ns, 400 * NS_PER_MS, w.got.record.t_ns - begun);
	assert_int_equal(w.got.offcpu.threshold_ns, 200 * NS_PER_MS);
	assert_true(w.got.offcpu.state & TASK_STATE_UNINTERRUPTIBLE);
	assert_string_equal(w.got.record.comm, "tt-blocked");
	assert_string_equal(w.got.offcpu.waker_comm, "tt-blocked");
	assert_int_not_equal(w.got.offcpu.waker_pid, pid);
	assert_int_not_equal(w.got.offcpu.stack[0], 0);
}

static void a_task_that_slept_already_counts_from_the_arming(void **state _unused_)
{
	struct detect *d = arm_with("offcpu", 200 * NS_PER_MS);
	uint16_t offcpu = detector_named("offcpu");
	assert_int_equal(detect_disarm(d, offcpu), 0);
	uint64_t begun = clock_now(CLOCK_MONOTONIC);
	pid_t pid = spawn_blocked(1500);
	wait_until_blocked(pid);
	uint64_t armed = clock_now(CLOCK_MONOTONIC);
	assert_int_equal(detect_arm(d, offcpu), 0);
	struct watch w = {.detector = offcpu, .wanted = is_of, .what = &pid};
	bool found = wait_for(d, &w);
	waitpid(pid, NULL, 0);
	detect_free(d);
	assert_true(found);
	assert_in_range(w.got.offcpu.blocked_ns, 200 * NS_PER_MS, w.got.record.t_ns - armed);
	assert_in_range(w.got.record.t_ns - begun, 1500 * NS_PER_MS, DEADLINE_NS);
}

static void a_task_that_sleeps_interruptibly_is_left_alone(void **state _unused_)
{
	struct watch w = {.detector = detector_named("offcpu"), .wanted = is_ours};
	struct detect *d = arm_with("offcpu", 200 * NS_PER_MS);
	pid_t idle = spawn_idle(300), blocked = spawn_blocked(500);
	bool found = wait_for(d, &w);
	waitpid(idle, NULL, 0);
	waitpid(blocked, NULL, 0);
	detect_free(d);
	assert_true(found);
	assert_int_equal(w.found, 1);
	assert_int_equal(w.got.record.pid, blocked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_task_that_slept_in_d_is_named_with_how_long_and_who_woke_it),
		cmocka_unit_test(a_task_that_slept_already_counts_from_the_arming),
		cmocka_unit_test(a_task_that_sleeps_interruptibly_is_left_alone),
	};
	live_require(geteuid() == 0, "not root");
	live_require(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "the kernel has no BTF");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
