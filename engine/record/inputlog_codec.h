/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of the input log's records, shared by inputlog_write.c and inputlog_read.c. Append-only: a number keeps its
 * meaning for ever.
 *
 *     number = LEB128 varint, signed = its zigzag, text = {number len, bytes, NUL}, byte = one byte
 *
 *     HEADER      number version-of-header (0), number slots of the entity table,
 *                 number n, n × signal {text name, number unit, number period_ns}, number n, n × detector {text name},
 *                 text rules' digest, number n, n × rule {text name, text digest},
 *                 number host's burst, number host's refill in ns (0: not told)
 *     SEGMENT     number t_ns (absolute), byte has_clock [signed boottime − monotonic, signed realtime − monotonic,
 *                 signed utc_offset_s], number n, n × entity {number slot, byte kind, text name},
 *                 number n, n × attached detector {number}
 *     CHECKPOINT  bytes of machine_checkpoint()
 *     SHAPE       byte id, number n, n × series {number signal, number entity}; its last values are 0, known
 *     COLUMNS     of the history on disk: number of ticks, number n, n × series {number signal, number entity, number of its
 *                 readings, for each a number (tick − tick before) × 2 + unknown, for each known one a signed delta}
 *     TICK        dt, byte shape (255: no readings, 254: those that the COLUMNS say, in turn; ends here), n bits changed (first reading in the lowest bit), then per changed reading, in order:
 *                     was known:   signed delta to its last value; a delta of 0 says it is unknown now
 *                     was unknown: signed delta to its last known value
 *     BORN        dt, number slot, byte kind, text name        GONE     dt, number slot
 *     EVENT       dt, number detector, number slot, bytes of the record to the end
 *     ATTACH      dt, number detector, byte attached           CLOCK    dt, the three offsets as in SEGMENT
 *     TRIGGER     dt, number slot, byte drill, text rule       RELOAD   dt, text digest [n × text rule that ends here]
 *     TRANSITION  signed dt, byte kind, byte flags, number rule, number slot
 *     LOST        number of records that should stand here
 *
 * dt is a number: ns since the record before in this segment (SEGMENT's t_ns at first). SHAPEs live until the segment's end
 * or until their id is defined again. Deltas and sums are modulo 2^64.
 */
#pragma once

#include "engine/base/input.h"

#define INPUTLOG_MAGIC "TTS1"
#define INPUTLOG_VERSION 1
#define INPUTLOG_SHAPES 16 /* live ones; a tick source has two, helpers that answer late make some more */
#define INPUTLOG_READINGS_MAX (1U << 20) /* in one tick */
#define INPUTLOG_NO_SHAPE 255
#define INPUTLOG_COLUMNS 254
#define VARINT_MAX 10

enum inputlog_record {
	RECORD_HEADER = 1,
	RECORD_SEGMENT = 2,
	RECORD_CHECKPOINT = 3,
	RECORD_SHAPE = 4,
	RECORD_TICK = 5,
	RECORD_BORN = 6,
	RECORD_GONE = 7,
	RECORD_EVENT = 8,
	RECORD_ATTACH = 9,
	RECORD_CLOCK = 10,
	RECORD_TRIGGER = 11,
	RECORD_RELOAD = 12,
	RECORD_TRANSITION = 13,
	RECORD_LOST = 14,
	RECORD_COLUMNS = 15,
};

enum transition_flag { TRANSITION_TOKEN = 1, TRANSITION_DRILL = 2, TRANSITION_BY_HAND = 4, TRANSITION_EXCEPTED = 8 };

/* The list of series that a tick's readings are of, with what each was last. */
struct shape {
	uint32_t n, cap; /* n 0: not defined */
	uint32_t *series; /* signal << 16 | entity */
	int64_t *last;
	bool *unknown;
};

static inline uint32_t series_of(uint32_t signal, uint32_t entity)
{
	return signal << 16 | entity;
}

/* Room for n series, all known to be 0; -ENOMEM leaves it undefined. */
int shape_define(struct shape *s, uint32_t n);
void shape_done(struct shape *s);
