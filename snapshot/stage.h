/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a worker puts what came in: each finished member becomes a frame of the bundle on the stage (the memory file the
 * engine gave), a line in the ledger and a report to the engine. The size bound is kept here.
 *
 *     member ─▶ fits? ─ yes ─▶ frame ─▶ EXTENT
 *                 └ no ─▶ cut after a line, or left out whole: truncated
 *
 * Least volatile members give way first: a collector may fill the bundle only up to its share, which shrinks with its
 * volatility number; the samples, events, census and views that every incident has come last and have the rest, the history less than they.
 */
#pragma once

#include "snapshot/collect/collect.h"

struct stage; /* opaque; borrows the plan */

/* Writes bundle frames to `fd` and reports to `socket`. */
int stage_new(int socket, int fd, const struct plan *plan, struct stage **ret);
/* A member that the worker itself makes (manifest, rule, why). */
int stage_add(struct stage *s, const char *member, const char *text, size_t len);
/* Of a collector's child; the callbacks of children.h. `fd` -1: a line without a file. */
void stage_member(struct stage *s, const struct ledger_entry *entry, int fd);
/* A descriptor, the caller's; -ENOENT, -ENODATA for scratch whose collector did not get to its end. */
int stage_read(struct stage *s, const char *member);
/* A line without a file. */
void stage_missing(struct stage *s, const char *member, enum member_state state, const char *reason);
int stage_join(struct stage *s, const struct ledger_firing *firing);
/* ledger.json, the end of the archive, and the last report. 0 or -errno: the first error that cost the bundle. */
int stage_finish(struct stage *s);
struct stage *stage_free(struct stage *s);

/* Compressed bytes of the bundle that this collector may still fill. `max_bytes` 0: no bound. Pure. */
uint64_t stage_allowance(uint64_t max_bytes, uint64_t used, const struct collector *collector);
/* Whether what is left of a member that is cut after a line can still be read; of a perf.data or an SVG nothing can. Pure. */
bool stage_has_lines(const char *member);
/* How much of `len` bytes of data fits into `room` compressed bytes, cut after a line; 0 when that would be less than a few
 * hundred bytes. */
size_t stage_fit(const char *data, size_t len, uint64_t room);
