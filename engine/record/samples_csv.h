/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rule's own signals as text, for people and spreadsheets: the part of samples.tts that they will look at first.
 *
 *     time,cpu.sys[%],mem.used[bytes]
 *     2026-11-20T17:23:01.120000000Z,45.21,
 *
 * One row per tick that has a reading of any column; an empty cell was not read at that tick or is unknown. Values are in
 * the unit as people count it (%, bytes, s, /s), exact decimals.
 */
#pragma once

#include "engine/base/vocabulary.h"

/* `tts` is foreign. A signal that is read of entities of `entity`'s kind is taken of that entity, else of the host; "host"
 * takes all of the host. 0; -EBADMSG when the log is malformed from some point on (the rows before it are in `out`),
 * -EPROTONOSUPPORT, -ENOMEM. */
int samples_csv(const void *tts, size_t len, const struct vocabulary *vocabulary, const char *const *signals, size_t n,
		const char *entity, int64_t realtime_offset_ns, struct buf *out);
/* One value as it stands in a cell. */
void samples_csv_value(struct buf *out, enum unit unit, int64_t value);
