/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <fcntl.h>
#include <sys/prctl.h>

#define FILE_BLOCKS 64

int fault_io(const struct fault_args *a)
{
	char name[512];
	snprintf(name, sizeof(name), "%s/fault-io.%d", a->path, getpid());
	prctl(PR_SET_NAME, "fault-io");
	_cleanup_close_ int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_DIRECT | O_CLOEXEC, 0600);
	void *block;
	if (fd < 0 || posix_memalign(&block, 4096, a->bytes)) {
		perror(name);
		return 1;
	}
	unlink(name);
	memset(block, 0x5a, a->bytes);
	fault_say("comm", "fault-io");
	fault_say("pid", "%d", getpid());
	uint64_t onset = clock_now(CLOCK_MONOTONIC), end = onset + (uint64_t)(a->seconds * 1e9), written = 0;
	fault_say("onset_ns", "%lu", onset);
	for (unsigned i = 0; clock_now(CLOCK_MONOTONIC) < end; i++) {
		if (pwrite(fd, block, a->bytes, (off_t)(i % FILE_BLOCKS * a->bytes)) < 0) {
			perror("pwrite");
			return 1;
		}
		written += a->bytes;
	}
	free(block);
	fault_say("bytes", "%lu", written);
	fault_say("end_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	return 0;
}
