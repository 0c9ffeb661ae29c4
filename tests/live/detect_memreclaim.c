/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/live/memcg.h"
#include "tests/live/watch.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define FILE_BYTES (96 << 20) /* three times the limit */

/* Writes a file over and over: its pages are charged to the memcg, which has to give up others for them. */
static pid_t spawn_writer(const struct memcg *m)
{
	static char block[1 << 20];
	char path[] = "/var/tmp/tracetrap-live-XXXXXX";
	pid_t pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "tt-writer");
	int fd = mkstemp(path);
	unlink(path);
	if (fd < 0 || write_text(m->dir, "cgroup.procs", "0") < 0)
		_exit(2);
	for (off_t at = 0;; at = (at + (off_t)sizeof(block)) % FILE_BYTES)
		if (pwrite(fd, block, sizeof(block), at) < 0)
			_exit(1);
}

/* A window that is all one span which was preempted frees nothing yet: not that one. */
static bool freed_some(const struct event *record, const void *pid)
{
	const struct event_memreclaim *e = (const void *)record;
	return record->pid == (uint32_t)*(const pid_t *)pid && e->reclaimed_pages > 0;
}

static void a_task_at_its_memcgs_limit_is_named_with_the_time_it_reclaimed(void **state _unused_)
{
	struct memcg m;
	struct detect *d = arm_with("memreclaim", 2 * NS_PER_MS);
	bool made = make_memcg(&m);
	pid_t pid = made ? spawn_writer(&m) : -1;
	struct watch w = {.detector = detector_named("memreclaim"), .wanted = freed_some, .what = &pid};
	bool found = made && wait_for(d, &w);
	if (made) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	rmdir(m.dir);
	detect_free(d);
	if (!made) {
		printf("unsupported: no memory cgroup can be made here\n");
		skip();
	}
	assert_true(found);
	assert_string_equal(w.got.record.comm, "tt-writer");
	assert_in_range(w.got.memreclaim.reclaim_ns, 2 * NS_PER_MS + 1, w.got.memreclaim.window_ns);
	assert_int_equal(w.got.memreclaim.memcg_reclaim_ns, w.got.memreclaim.reclaim_ns);
	assert_int_equal(w.got.memreclaim.threshold_ns, 2 * NS_PER_MS);
	assert_int_not_equal(w.got.memreclaim.stack[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_task_at_its_memcgs_limit_is_named_with_the_time_it_reclaimed),
	};
	live_require(geteuid() == 0, "not root");
	live_require(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "the kernel has no BTF");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
