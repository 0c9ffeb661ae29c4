/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The children that run a worker's collectors, each behind a deadline. One is forked ahead and waits, so that the first
 * collector of an incident starts without a fork.
 *
 *     prepared ─ start(collector, deadline) ─▶ running ─ ends ─▶ member(), ended()
 *                                                │ deadline: SIGKILL
 *                                                ▼
 *                                             killed ─ 500 ms and still there (D state) ─▶ left behind, ended()
 *
 * A child holds none of the worker's descriptors: the engine sees the worker's end, not a straggler's. Owned by the worker's
 * single thread.
 */
#pragma once

#include "snapshot/collect/collect.h"

struct children; /* opaque */

struct children_options {
	const struct vocabulary *vocabulary;
	uint64_t max_bytes; /* of one member, uncompressed */
	const uint64_t *until_ns; /* in memory shared with them: when the window ends, if before the plan's end; may be NULL */
	/* A finished member; fd is -1 when it has no file, else borrowed. `entry` has no sha256 and no bytes yet. Its name
	 * begins with '.' when it is scratch. */
	void (*member)(void *ctx, const struct ledger_entry *entry, int fd);
	/* The descriptor of an earlier member for CHANNEL_READ, the caller closes it; -errno as collect_read() has it. */
	int (*read)(void *ctx, const char *member);
	void (*ended)(void *ctx, const struct collector *collector);
	void (*forked)(void *ctx, pid_t pid); /* before it runs anything; NULL: nobody asks */
	void *ctx;
};

int children_new(const struct children_options *options, struct children **ret);
/* Forks the waiting child; 0 when there is one already. */
int children_prepare(struct children *all);
/* Hands a collector to the waiting child. The descriptors stay the caller's. */
int children_start(struct children *all, const struct collector *collector, uint64_t deadline_ns, int plan_fd,
		   const int fds[CAPTURE_FD_MAX_]);
/* The window is over at now_ns: from then on their deadlines run. */
void children_end_window(struct children *all, uint64_t now_ns);
size_t children_running(const struct children *all);
/* Every child forked so far, the last 256 of them; borrowed. */
const uint32_t *children_pids(const struct children *all, size_t *ret_n);
/* Waits for what comes first: a child's message or end, a deadline, `until_ns`, or bytes on extra_fd (-1: none). Returns
 * true when extra_fd is readable. */
bool children_wait(struct children *all, int extra_fd, uint64_t until_ns);
/* Kills what runs. */
struct children *children_free(struct children *all);
