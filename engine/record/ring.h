/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bounded past in shared memory: one writer (the daemon), any number of readers in other processes, no locks. Equal
 * segments go round; a record never crosses a segment, and what a codec needs to start reading (a dictionary, a
 * checkpoint) is written first into each new segment, so that the ring decodes from any segment's start.
 *
 *     ┌────────┬───────────────┬───────────────┬─ … ─┐
 *     │ header │ segment  seq 7 │ segment  seq 4 │     │   oldest = 4, being written = 7
 *     └────────┴───────────────┴───────────────┴─ … ─┘
 *     segment: {seq, first_ns, last_ns, used, lost} then records {u32 len, u32 type, payload} padded to 8
 *
 * A reader copies a segment and accepts it if seq was the same before and after (seq is odd while a segment is being
 * recycled). `used` is published after the bytes it covers. The memory is sealed against shrinking; a reader believes no
 * length in it.
 */
#pragma once

#include "engine/base/buf.h"

struct ring; /* the writer's side; opaque */

struct ring_options {
	const char *name; /* of the memory file */
	uint32_t segment_bytes, segments;
	/* Writes the preamble of a new segment through ring_append(); NULL when records stand alone. */
	void (*begin_segment)(void *ctx, struct ring *r, uint64_t t_ns);
	void *ctx;
};

/* 0; -EINVAL for sizes that make no ring; -ENOMEM, -ENOSPC, -errno. */
int ring_new(const struct ring_options *options, struct ring **ret);
int ring_fd(const struct ring *r); /* stays the ring's; pass it on with SCM_RIGHTS */

/* Appends one record. -EMSGSIZE when it does not fit a segment (counted as lost). Never blocks, never allocates. */
int ring_append(struct ring *r, uint64_t t_ns, uint32_t type, const void *data, size_t len);

/* For codecs with state per segment, which must know before they encode: the longest record that still fits the current
 * segment (0 before the first), and the next segment begun now, its preamble included. */
size_t ring_room(const struct ring *r);
void ring_begin(struct ring *r, uint64_t t_ns);

void ring_lost(struct ring *r, uint64_t n); /* adds to the current segment's count of records lost before the ring */
uint64_t ring_bytes(const struct ring *r); /* resident size; all of it is allocated by ring_new() */
struct ring *ring_free(struct ring *r);

/* A reader's side: a snapshot of the segments that touch [from_ns, to_ns], oldest first, copied out. */
struct ring_record {
	uint64_t segment_first_ns;
	uint32_t type, len;
	const void *data;
	bool first_of_segment;
};

struct ring_snapshot; /* opaque; owns its copy */

/* 0; -EBADMSG when fd is no ring; -ENOMEM, -errno. A segment that the writer recycles meanwhile is left out. */
int ring_snapshot_take(int fd, uint64_t from_ns, uint64_t to_ns, struct ring_snapshot **ret);
/* false at the end. */
bool ring_snapshot_next(struct ring_snapshot *s, struct ring_record *ret);
void ring_snapshot_rewind(struct ring_snapshot *s);
uint64_t ring_snapshot_lost(const struct ring_snapshot *s);
/* The oldest time the ring still holds at all: later than from_ns means that the past asked for is gone in part.
 * UINT64_MAX when it holds nothing. */
uint64_t ring_snapshot_begin(const struct ring_snapshot *s);
/* There was more before ring_snapshot_begin(), and it is overwritten. */
bool ring_snapshot_wrapped(const struct ring_snapshot *s);
struct ring_snapshot *ring_snapshot_free(struct ring_snapshot *s);
