/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void eat(const char *cgroup, uint64_t bytes)
{
	prctl(PR_SET_NAME, "fault-oom");
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!fault_put(cgroup, "cgroup.procs", "0") || memory == MAP_FAILED)
		_exit(1);
	for (uint64_t at = 0; at < bytes; at += 4096)
		memory[at] = 1;
	_exit(0);
}

int fault_oom(const struct fault_args *a)
{
	char cgroup[256], limit[32];
	int status = 0;
	fault_put(a->path, "cgroup.subtree_control", "+memory");
	snprintf(cgroup, sizeof(cgroup), "%s/fault-oom", a->path);
	snprintf(limit, sizeof(limit), "%lu", a->bytes);
	if ((mkdir(cgroup, 0755) < 0 && errno != EEXIST) || !fault_put(cgroup, "memory.max", limit)) {
		perror(cgroup);
		return 1;
	}
	fault_put(cgroup, "memory.swap.max", "0");
	fault_say("comm", "fault-oom");
	fault_say("cgroup", "/fault-oom");
	fault_say("limit", "%lu", a->bytes);
	fault_say("onset_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	pid_t pid = fork();
	if (pid == 0)
		eat(cgroup, 2 * a->bytes);
	fault_say("pid", "%d", pid);
	waitpid(pid, &status, 0);
	fault_say("killed", "%d", WIFSIGNALED(status) && WTERMSIG(status) == 9);
	fault_sleep(1); /* a runtime takes its time as well before it removes the group; afterwards its id has no name */
	rmdir(cgroup);
	return WIFSIGNALED(status) ? 0 : 1;
}
