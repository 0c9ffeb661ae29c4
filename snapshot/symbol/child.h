/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work that may crash, hang or be hostile is done in a forked child that can do no more than write its answer to a pipe:
 * parsing foreign ELF files (confined), reading /proc files that wait for another task's locks (not confined).
 * The caller must be single-threaded.
 */
#pragma once

#include "engine/base/buf.h"

struct child_bounds {
	unsigned ms;	     /* wall time; then SIGKILL */
	size_t max_output;   /* bytes */
	uint64_t max_memory; /* bytes of address space, 0: as it is */
	bool confined;	     /* seccomp: reads, writes and memory only; no file is opened, nothing is created */
	int keep_fd;	     /* the one descriptor it may use beside `out`; -1 none. All others are closed if confined */
};

/* Runs in the child; writes to `out`; what it returns is its exit status. */
typedef int (*child_fn)(void *ctx, int out);

/* 0 when it wrote all it wanted and exited with 0; -ETIMEDOUT, -EFBIG (more than max_output), -EBADMSG (it crashed, or
 * failed). What it wrote until then is in *ret_output in every case. A child stuck in D state is left behind. */
int child_run(child_fn fn, void *ctx, const struct child_bounds *bounds, struct buf *ret_output);
