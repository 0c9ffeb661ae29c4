/* SPDX-License-Identifier: GPL-2.0-only */
/* A child whose CPU time goes into one function of a known name, for profiles to find. */
#pragma once

#include "tests/live/child.h"

static volatile unsigned burner_sink;

/* In the symbol table under this name: included once in a program. */
__attribute__((noinline)) void live_burn(void)
{
	for (unsigned i = 0; i < 100000; i++)
		burner_sink += i * i;
}

/* With `calls` short system calls between, so that there are frames of the kernel too. */
static inline pid_t burner_start(const char *name, unsigned calls)
{
	pid_t pid = fork_child();
	if (pid)
		return pid;
	prctl(PR_SET_NAME, name);
	for (;;) {
		live_burn();
		for (unsigned i = 0; i < calls; i++)
			getppid();
	}
}
