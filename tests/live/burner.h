/* SPDX-License-Identifier: GPL-2.0-only */
/* A child whose CPU time goes into one function of a known name, for profiles to find. */
#pragma once

#include "tests/live/child.h"

#include <fcntl.h>

static volatile unsigned burner_sink;

/* In the symbol table under this name: included once in a program. */
__attribute__((noinline)) void live_burn(void)
{
	for (unsigned i = 0; i < 100000; i++)
		burner_sink += i * i;
}

/* Reads as many bytes of zeros between, so that the kernel has frames of its own: a quarter of the time for a megabyte. */
static inline pid_t burner_start(const char *name, size_t zeros)
{
	pid_t pid = fork_child();
	if (pid)
		return pid;
	char *zero = malloc(zeros + 1);
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	prctl(PR_SET_NAME, name);
	do
		live_burn();
	while (!zeros || read(fd, zero, zeros) > 0);
	_exit(1);
}
