/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The task rows where no BPF iterator can be had: read from /proc/PID/task/TID. Slower (some 50 us a task against 1), and
 * times are in clock ticks, but the same rows.
 */
#pragma once

#include "bpf/event.h"
#include "engine/base/util.h"

enum tasks_proc_rows { TASKS_PROC_ROWS, TASKS_PROC_STACKS, TASKS_PROC_D_STACKS };

/* A memory file of the rows, CLOEXEC, at its begin; -errno. Tasks that end meanwhile are left out; what may not be read
 * (another user's io) is 0. */
int tasks_proc_fd(const char *proc_root, enum tasks_proc_rows what);

/* One line of /proc/PID/stat; false when it is none. */
bool tasks_proc_parse_stat(const char *line, struct task_row *ret);
