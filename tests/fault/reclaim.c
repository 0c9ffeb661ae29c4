/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PAGE 4096
#define TIMES_THE_LIMIT 7

/* Pages that do not compress, each dirtied again and again: every one that comes in has to push another out. */
static void thrash(const char *cgroup, uint64_t bytes, double seconds)
{
	prctl(PR_SET_NAME, "fault-reclaim");
	uint64_t end = clock_now(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9), noise = 88172645463325252ULL;
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || madvise(memory, bytes, MADV_NOHUGEPAGE) < 0 || !fault_put(cgroup, "cgroup.procs", "0"))
		_exit(1);
	for (uint64_t at = 0; at < bytes; at += sizeof(noise)) {
		noise ^= noise << 13;
		noise ^= noise >> 7;
		noise ^= noise << 17;
		memcpy(memory + at, &noise, sizeof(noise));
	}
	while (clock_now(CLOCK_MONOTONIC) < end)
		for (uint64_t at = 0; at < bytes; at += PAGE)
			memory[at]++;
	_exit(0);
}

/* What the kernel itself says: for how long somebody of the cgroup waited for memory. */
static uint64_t stalled_ns(const char *cgroup)
{
	char path[512];
	uint64_t us = 0;
	snprintf(path, sizeof(path), "%s/memory.pressure", cgroup);
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	if (!f || fscanf(f, "some %*s %*s %*s total=%lu", &us) != 1)
		return 0;
	return us * NS_PER_US;
}

int fault_reclaim(const struct fault_args *a)
{
	char cgroup[256], limit[32];
	int status = 0;
	fault_put(a->path, "cgroup.subtree_control", "+memory");
	snprintf(cgroup, sizeof(cgroup), "%s/fault-reclaim", a->path);
	snprintf(limit, sizeof(limit), "%lu", a->bytes);
	if ((mkdir(cgroup, 0755) < 0 && errno != EEXIST) || !fault_put(cgroup, "memory.max", limit)) {
		perror(cgroup);
		return 1;
	}
	fault_say("comm", "fault-reclaim");
	fault_say("cgroup", "/fault-reclaim");
	uint64_t onset = clock_now(CLOCK_MONOTONIC);
	fault_say("onset_ns", "%lu", onset);
	pid_t pid = fork();
	if (pid == 0)
		thrash(cgroup, TIMES_THE_LIMIT * a->bytes, a->seconds);
	fault_say("pid", "%d", pid);
	waitpid(pid, &status, 0);
	uint64_t end = clock_now(CLOCK_MONOTONIC);
	fault_say("end_ns", "%lu", end);
	fault_say("stalled_share", "%.3f", (double)stalled_ns(cgroup) / (double)(end - onset));
	rmdir(cgroup);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
