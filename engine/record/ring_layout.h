/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a ring lies in its memory file; private to ring.c (the writer) and ring_snapshot.c (the readers). Everything here is
 * shared between processes: fields marked atomic are only touched through __atomic builtins.
 */
#pragma once

#include "engine/base/util.h"

#define RING_MAGIC UINT64_C(0x31676e6972747274) /* "trtring1" */
#define RING_FIRST_SEQ 2
#define RING_SEGMENTS_MAX 4096U
#define RING_SEGMENT_MIN 256U
#define RING_SEGMENT_MAX (64U << 20)

struct ring_header {
	uint64_t magic;
	uint32_t segment_bytes, segments;
	uint64_t pad[6];
};

struct ring_segment {
	uint64_t seq; /* atomic: 0 never used, odd while it is recycled, else 2 × the count of segments begun before it + 2 */
	uint64_t first_ns, last_ns, used, lost; /* atomic */
	uint64_t pad[3];
	uint8_t records[];
};

struct ring_record_header {
	uint32_t len, type;
};

_Static_assert(sizeof(struct ring_header) == 64, "segments start at a cache line");
_Static_assert(sizeof(struct ring_segment) == 64, "records start at a cache line");

static inline size_t ring_record_bytes(size_t len)
{
	return sizeof(struct ring_record_header) + ((len + 7) & ~(size_t)7);
}
