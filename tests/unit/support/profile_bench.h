/* SPDX-License-Identifier: GPL-2.0-only */
/* A profile over a /proc of the test's own, whose kernel has the functions of a given kallsyms. */
#pragma once

#include "snapshot/profile/profile.h"
#include "tests/unit/support/perf_records.h"
#include "tests/unit/support/tree.h"

#define KERNEL(offset) (UINT64_C(0xffffffff81000000) + (offset))

struct profile_bench {
	struct tree tree; /* its /proc */
	int proc;
	struct profile p;
};

/* `own` are the processes whose samples are set apart. */
void profile_bench_init(struct profile_bench *b, const char *kallsyms, const uint32_t *own, size_t n_own);
void profile_bench_done(struct profile_bench *b);

/* Adds the records of `raw`. */
void profile_bench_take(struct records *to, const struct buf *raw);
