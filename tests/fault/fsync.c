/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define BLOCK 4096

/* One block again and again, each made durable: on a slow disk most of the time passes in fsync(). */
int fault_fsync(const struct fault_args *a)
{
	static const char block[BLOCK];
	uint64_t last = 0, end = clock_now(CLOCK_MONOTONIC) + (uint64_t)(a->seconds * 1e9);
	prctl(PR_SET_NAME, "fault-fsync");
	_cleanup_close_ int fd = open(a->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		perror(a->path);
		return 1;
	}
	fault_say("comm", "fault-fsync");
	fault_say("pid", "%d", getpid());
	fault_say("fd", "%d", fd);
	fault_say("nr", "%d", SYS_fsync);
	fault_say("onset_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	for (uint64_t t = 0; t < end;) {
		if (pwrite(fd, block, sizeof(block), 0) != sizeof(block))
			return 1;
		uint64_t begin = clock_now(CLOCK_MONOTONIC);
		fsync(fd);
		t = clock_now(CLOCK_MONOTONIC);
		last = t - begin;
	}
	fault_say("duration_ns", "%lu", last);
	fault_say("end_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	return 0;
}
