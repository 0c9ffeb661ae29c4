/* SPDX-License-Identifier: GPL-2.0-only */
/* Which tasks are in uninterruptible sleep, by reading /proc: for where no BPF can count them. */
#pragma once

#include "engine/base/util.h"

/* Calls fn with the text of /proc/PID/cgroup for each task (threads too) in D state; at most `most` tasks are looked at.
 * Returns how many are in D state, or -errno when proc_root cannot be read. */
int dtasks_scan(const char *proc_root, unsigned most, void (*fn)(void *ctx, const char *cgroups), void *ctx);
