/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <sys/mman.h>
#include <sys/prctl.h>

int fault_memory(const struct fault_args *a)
{
	prctl(PR_SET_NAME, "fault-memory");
	char *memory = mmap(NULL, a->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	fault_say("comm", "fault-memory");
	fault_say("pid", "%d", getpid());
	fault_say("bytes", "%lu", a->bytes);
	fault_say("onset_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	for (uint64_t at = 0; at < a->bytes; at += 4096)
		memory[at] = 1;
	fault_say("touched_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	fault_sleep(a->seconds);
	fault_say("end_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	return 0;
}
