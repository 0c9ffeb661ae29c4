/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define PER_SECOND 30
#define ARGUMENT   "fault-argument" /* sleep(1) refuses it and exits with 1 */

extern char **environ;

static pid_t spawn(const char *program, const char *argument)
{
	char *argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)argument, NULL};
	pid_t pid;
	return posix_spawn(&pid, program, NULL, NULL, argv, environ) ? -1 : pid;
}

/* Started one after the other, they all sleep as long, so each one's lifetime is known; one of them fails. */
int fault_exec(const struct fault_args *a)
{
	char seconds[32];
	prctl(PR_SET_NAME, "fault-exec");
	snprintf(seconds, sizeof(seconds), "%g", a->seconds);
	fault_say("comm", "fault-exec");
	fault_say("pid", "%d", getpid());
	fault_say("uid", "%u", getuid());
	fault_say("args", "/bin/sleep %s", seconds);
	fault_say("lifetime_ns", "%lu", (uint64_t)(a->seconds * 1e9));
	fault_say("onset_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	fault_say("failing_args", "/bin/sleep %s", ARGUMENT);
	fclose(stderr);
	for (unsigned i = 0; i < a->tasks; i++) {
		if (spawn("/bin/sleep", seconds) < 0)
			return 1;
		if (i == a->tasks / 2)
			fault_say("failing_pid", "%d", spawn("/bin/sleep", ARGUMENT));
		fault_sleep(1.0 / PER_SECOND);
	}
	while (wait(NULL) > 0)
		;
	fault_say("end_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	return 0;
}
