/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define BLOCK (1 << 20)

static char block[BLOCK];

/* Overwrites its file block by block until it has written so much and so long. */
static bool write_through(int fd, uint64_t bytes, double seconds)
{
	uint64_t end = clock_now(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9), written = 0;
	while (written < bytes || clock_now(CLOCK_MONOTONIC) < end) {
		if (pwrite(fd, block, sizeof(block), (off_t)(written % (64 * BLOCK))) != sizeof(block) || fdatasync(fd) < 0)
			return false;
		written += sizeof(block);
	}
	return true;
}

static int create(const struct fault_args *a, const char *name, char *ret_path, size_t size)
{
	snprintf(ret_path, size, "%s/%s", a->path, name);
	return open(ret_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

/* One file for as long as it takes to be noticed, then a known number of bytes to another. */
int fault_write(const struct fault_args *a)
{
	char path[512];
	struct stat st;
	prctl(PR_SET_NAME, "fault-write");
	memset(block, 0x5a, sizeof(block));
	_cleanup_close_ int first = create(a, "fault-noticed", path, sizeof(path));
	fault_say("comm", "fault-write");
	fault_say("pid", "%d", getpid());
	fault_say("onset_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	if (first < 0 || !write_through(first, 0, a->seconds))
		return 1;
	_cleanup_close_ int second = create(a, "fault-written", path, sizeof(path));
	fstat(second, &st);
	fault_say("path", "%s", path);
	fault_say("inode", "%lu", st.st_ino);
	fault_say("dev_major", "%u", major(st.st_dev));
	fault_say("dev_minor", "%u", minor(st.st_dev));
	if (second < 0 || !write_through(second, a->bytes, 0))
		return 1;
	fault_say("bytes", "%lu", a->bytes);
	fault_say("end_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	return 0;
}
