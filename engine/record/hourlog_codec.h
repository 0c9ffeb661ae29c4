/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The records of a tail, beside those of inputlog_codec.h (HEADER and SEGMENT follow TAIL_BEGIN). Shared by hourlog_write.c
 * and hourlog_fold.c.
 *
 *     TAIL_BEGIN   number run, number t_ns, signed realtime − monotonic
 *     TAIL_SECOND  dt, then to the end, by ascending series = slot << 16 | signal:
 *                  number (series − series before) × 2 + unknown; if known: signed delta to its last in this tail
 */
#pragma once

#include "engine/record/inputlog_codec.h"

#define HOURLOG_MAGIC "TTH1"
#define TAIL_HEAD 8 /* bytes before a record's own */

enum tail_record { TAIL_BEGIN = 64, TAIL_SECOND = 65 };

/* FNV-1a: against torn writes, not against malice. */
static inline uint32_t tail_checksum(const void *data, size_t len)
{
	uint32_t h = 2166136261U;
	for (const uint8_t *at = data, *end = at + len; at < end; at++)
		h = (h ^ *at) * 16777619U;
	return h;
}

static inline void put_u32(char *to, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (char)(v >> 8 * i);
}

static inline uint32_t get_u32(const uint8_t *from)
{
	return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

/* A block's series are as many as it likes: where each one's last value stands. Open addressing, at most half full. */
struct series_map {
	struct series_slot {
		uint32_t series, index; /* index: 1 + the series' place in the order of appearance; 0: free */
	} *slot;
	uint32_t n, n_slots;
};

/* The series' index, a new one's being n − 1 afterwards; -ENOMEM. */
int64_t series_map_index(struct series_map *m, uint32_t series);
void series_map_done(struct series_map *m);
