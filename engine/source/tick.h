/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The in-kernel tick, seen from user space: loads bpf/tick.bpf.c, maps its ring, turns rows into readings. The timer runs
 * in the kernel from tick_open() on; rows that nobody fetched in time are overwritten and counted in env->lost.
 */
#pragma once

#include "engine/source/part.h"

struct tick; /* opaque */

/* Loads and starts it, and offers its signals. -errno with the reason in words (at most `size` bytes) where it cannot be;
 * nothing is offered then. Needs root. */
int tick_open(struct env *env, uint64_t period_ns, struct tick **ret, char *reason, size_t size);

/* The time of the oldest row not taken yet; 0 when there is none. Rows that were overwritten are passed over and counted. */
uint64_t tick_peek(struct tick *t, struct env *env);

/* Takes that row: its readings and the CPUs that came and went. */
void tick_take(struct tick *t, struct env *env, struct readings *out);

/* Each second: which CPUs are online. */
void tick_follow_cpus(struct tick *t, struct env *env);
struct tick *tick_close(struct tick *t);
