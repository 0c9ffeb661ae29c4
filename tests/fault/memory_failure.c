/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define PAGEMAP_PFN ((1ULL << 55) - 1)

static uint64_t physical_address(const char *page, uint64_t page_bytes)
{
	uint64_t entry = 0;
	_cleanup_close_ int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, &entry, sizeof(entry), (off_t)((uint64_t)page / page_bytes * sizeof(entry))) < 0)
		return 0;
	return (entry & PAGEMAP_PFN) * page_bytes;
}

/* Since 6.7 the caller is told at once that its page is gone. */
static void end(int number _unused_)
{
	_exit(0);
}

int fault_memory_failure(const struct fault_args *a _unused_)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	if (!getenv("TRACETRAP_VM")) {
		fprintf(stderr, "memory-failure: for the VM only, the page is lost until it boots again\n");
		return 77;
	}
	prctl(PR_SET_NAME, "fault-poison");
	char *page = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return 1;
	memset(page, 1, page_bytes);
	fault_say("comm", "fault-poison");
	fault_say("pid", "%d", getpid());
	fault_say("page", "%lu", physical_address(page, page_bytes));
	fault_say("onset_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	signal(SIGBUS, end);
	if (madvise(page, page_bytes, MADV_HWPOISON) < 0) {
		perror("madvise(MADV_HWPOISON)");
		return errno == EINVAL || errno == EPERM ? 77 : 1;
	}
	return 0;
}
