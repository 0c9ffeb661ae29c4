/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 1 Hz tier of the past: for every series the last, least and greatest value of each second, 10 minutes of it. The
 * fast tier is the input log. Together they stay under 12 MiB.
 *
 * One ring record per second: type HISTORY_SECOND, delta-coded against the second before within a segment; the layout
 * stands in history_codec.h. Seconds are those of CLOCK_MONOTONIC; a second is written when the next one begins. Unknown
 * readings make no point. An entity that goes away takes its unfinished second into a record of its own.
 */
#pragma once

#include "engine/base/input.h"
#include "engine/base/vocabulary.h"
#include "engine/record/ring.h"

struct history; /* the writer; opaque */

/* 0; -EINVAL for a ring too small (256 KiB at least); -ENOMEM, -errno. `entities` gives the names of what INPUT_BORN
 * announces and must outlive the history. */
int history_new(const struct vocabulary *vocabulary, const struct entities *entities, uint64_t ring_bytes,
		struct history **ret);
/* Takes INPUT_TICK, INPUT_BORN and INPUT_GONE; other kinds are nothing to it. */
void history_input(struct history *h, const struct input *in);
/* The last reading of each series in a second, unknown ones too, by entity and signal: called when the second is over, and for
 * an entity of its own before it goes away. -ENOMEM. */
typedef void (*history_second_fn)(void *ctx, uint64_t t_ns, const struct reading *readings, size_t n);
int history_on_second(struct history *h, history_second_fn fn, void *ctx);
int history_fd(const struct history *h); /* stays the history's */
struct history *history_free(struct history *h);

struct history_point {
	uint64_t t_ns;
	uint16_t signal;
	uint16_t entity;
	int64_t last, least, greatest;
};
/* Walks [from_ns, to_ns] in time order; names of entities as they were. 0, or what fn returned first, or
 * -errno (-EBADMSG: no history of this vocabulary). */
int history_read(int ring_fd, const struct vocabulary *vocabulary, uint64_t from_ns, uint64_t to_ns,
		 int (*fn)(void *ctx, const struct history_point *p, const struct entity *e), void *ctx);
