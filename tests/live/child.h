/* SPDX-License-Identifier: GPL-2.0-only */
/* Children that keep a CPU busy while a live test looks on. None outlives the test, however that ends. */
#pragma once

#include "engine/base/util.h"
#include "tests/live/live.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* The caller runs on that CPU alone from here on; false where there is no such CPU. */
static inline bool pin(int cpu)
{
	cpu_set_t only;
	CPU_ZERO(&only);
	CPU_SET((unsigned)cpu, &only);
	return sched_setaffinity(0, sizeof(only), &only) == 0;
}

/* As fork(2). */
static inline pid_t fork_child(void)
{
	pid_t pid = fork();
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static inline void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Computes on the first CPU, as "tt-busy". */
static inline pid_t spawn_busy(void)
{
	pid_t pid = fork_child();
	if (pid)
		return pid;
	prctl(PR_SET_NAME, "tt-busy");
	pin(0);
	for (;;)
		__asm__ volatile("");
}

/* Two tasks that wake each other all the time, on one CPU, and make `calls` short system calls between. */
static inline pid_t spawn_pipes(int cpu, unsigned calls)
{
	int to[2], back[2];
	char c = 0;
	assert_int_equal(pipe(to) + pipe(back), 0);
	pid_t pid = fork_child();
	if (pid)
		return pid;
	pin(cpu);
	bool child = fork_child() == 0;
	if (!child)
		assert_int_equal(write(back[1], &c, 1), 1);
	while (read(child ? to[0] : back[0], &c, 1) == 1 && write(child ? back[1] : to[1], &c, 1) == 1)
		for (unsigned i = 0; i < calls; i++)
			syscall(SYS_getppid);
	_exit(0);
}
