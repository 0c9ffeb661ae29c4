/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <fcntl.h>
#include <sys/prctl.h>

#define BLOCK 4096

/* Each write waits for the device, in one uninterruptible sleep that is as long as the write. */
int fault_blocked(const struct fault_args *a)
{
	prctl(PR_SET_NAME, "fault-blocked");
	uint64_t end = clock_now(CLOCK_MONOTONIC) + (uint64_t)(a->seconds * 1e9), least = UINT64_MAX, most = 0;
	_cleanup_close_ int fd = open(a->path, O_WRONLY | O_DIRECT | O_CLOEXEC);
	void *block = NULL;
	if (fd < 0 || posix_memalign(&block, BLOCK, BLOCK)) {
		perror(a->path);
		return 1;
	}
	memset(block, 'x', BLOCK);
	fault_say("comm", "fault-blocked");
	fault_say("pid", "%d", getpid());
	fault_say("onset_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	unsigned writes = 0;
	for (uint64_t t = 0; (t = clock_now(CLOCK_MONOTONIC)) < end; writes++) {
		if (pwrite(fd, block, BLOCK, (off_t)(writes % 1024) * BLOCK) != BLOCK) {
			perror(a->path);
			return 1;
		}
		uint64_t took = clock_now(CLOCK_MONOTONIC) - t;
		least = MIN(least, took);
		most = MAX(most, took);
	}
	free(block);
	fault_say("writes", "%u", writes);
	fault_say("least_ns", "%lu", least);
	fault_say("most_ns", "%lu", most);
	fault_say("end_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	return 0;
}
