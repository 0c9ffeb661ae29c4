/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Iterators over all tasks: a descriptor whose bytes are struct task_row or struct task_stack, back to back. By a BPF task
 * iterator where the kernel has one; else an anonymous memory file filled from /proc, whose stack rows have no frames
 * (n_frames 0: /proc/PID/stack has names, not addresses).
 */
#pragma once

#include "bpf/event.h"
#include "engine/base/util.h"

struct tasks; /* opaque: the loaded iterators */

int tasks_open(const char *proc_root, struct tasks **ret);
bool tasks_by_bpf(const struct tasks *t);
const char *tasks_reason(const struct tasks *t); /* why not by BPF; NULL when it is */

/* A fresh descriptor, CLOEXEC, the caller's; reading it to its end is one pass. It may be passed to another process.
 * `only_d`: task_stack rows of D tasks (TASK_UNINTERRUPTIBLE without TASK_NOLOAD) alone. */
int tasks_rows_fd(struct tasks *t);
int tasks_stacks_fd(struct tasks *t, bool only_d);
struct tasks *tasks_close(struct tasks *t);
