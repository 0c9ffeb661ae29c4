/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of counters that become readings of one entity: column by column, in the quantum of the signal's unit.
 *
 *     /s, bytes/s   counted × scale per second
 *     %             counted × scale is ns out of the time that passed; never over 100 %
 *     count (milli) counted × scale is ns, per ns: how many at once
 */
#pragma once

#include "engine/base/unit.h"
#include "engine/source/delta.h"
#include "engine/source/readings.h"

struct rate {
	uint16_t signal;
	uint8_t counter; /* enum counter */
	uint32_t scale;
};

#define RATES_MAX 32 /* columns of one table */

/* `counted` × scale over span_ns (not 0), in the quantum of `unit`. */
int64_t rate_value(enum unit unit, uint64_t counted, uint32_t scale, uint64_t span_ns);

/* Pushes a row and makes the readings, none before the first second is over. raw[i] belongs to table[i]. A signal that
 * is SIGNAL_NONE gets no reading: its column is for the caller. */
#define SIGNAL_NONE UINT16_MAX
void rates_push(struct deltas *d, const struct rate *table, uint64_t t_ns, const uint64_t *raw, uint16_t entity,
		struct readings *out);
void rates_unknown(const struct deltas *d, const struct rate *table, uint16_t entity, struct readings *out);
