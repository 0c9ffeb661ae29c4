/* SPDX-License-Identifier: GPL-2.0-only */
/* Perf records as the kernel writes them for our two events, made up for tests. Each is appended to `to`. */
#pragma once

#include "engine/base/buf.h"

#include <linux/perf_event.h>

#define KERNEL_FRAMES ((uint64_t)PERF_CONTEXT_KERNEL)
#define USER_FRAMES ((uint64_t)PERF_CONTEXT_USER)

/* ip is the first frame that is no mark. */
void raw_sample(struct buf *to, uint32_t pid, uint32_t tid, uint64_t t_ns, const uint64_t *chain, size_t n);
void raw_comm(struct buf *to, uint32_t pid, uint32_t tid, uint64_t t_ns, const char *comm);
void raw_fork(struct buf *to, uint32_t pid, uint32_t parent, uint64_t t_ns);
void raw_mmap2(struct buf *to, uint32_t pid, uint64_t t_ns, uint64_t start, uint64_t len, uint64_t pgoff, uint64_t inode,
	       const char *path);

/* Calls fn for each record in it. */
typedef void (*raw_fn)(void *ctx, const struct perf_event_header *h);
void raw_each(const struct buf *records, raw_fn fn, void *ctx);
