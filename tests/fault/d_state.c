/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <sys/prctl.h>
#include <sys/wait.h>

/* vfork's parent waits uninterruptibly until its child is gone: a D task that a signal can still end. */
static void wait_in_d(double seconds)
{
	prctl(PR_SET_NAME, "fault-dstate");
	pid_t child = vfork();
	if (child == 0) {
		struct timespec t = {(time_t)seconds, 0};
		nanosleep(&t, NULL);
		_exit(0);
	}
	_exit(0);
}

int fault_d_state(const struct fault_args *a)
{
	fault_say("comm", "fault-dstate");
	fault_say("function", "wait_for_completion");
	fault_say("tasks", "%u", a->tasks);
	fault_say("onset_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	for (unsigned i = 0; i < a->tasks; i++)
		if (fork() == 0)
			wait_in_d(a->seconds);
	while (wait(NULL) > 0)
		;
	fault_say("end_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	return 0;
}
