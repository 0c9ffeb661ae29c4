/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters into differences over a sliding second. The only place where two counter values are subtracted.
 *
 *     raw ─ counter_step() ─▶ clean sum, never falling ─▶ ring of rows (t, sums) ─▶ newest − base
 *
 * The base is the youngest row that is a second old (half a period of jitter is forgiven), so a difference is over one
 * second whatever the tick, and over longer after a gap. Until the first row is a second old there is no difference, and
 * callers make no reading: a window over the signal starts when the signal does.
 *
 * What counters do:
 *   reset  a device was created again: the value starts from zero, what it shows has been counted since
 *   wrap   32 bits wide in the kernel (the milliseconds of diskstats): modulo 2^32
 *   lag    idle and iowait are credited late and may step back a little: the highest value stands until it is passed; a
 *          step back of more than a minute is a reset (the CPU was offline), of which nothing is counted
 */
#pragma once

#include "engine/base/util.h"

#define DELTA_SPAN_NS UINT64_C(1000000000)

enum counter { COUNTER_64, COUNTER_32, COUNTER_LAGS };

/* What was counted between *ref and now; moves *ref. */
uint64_t counter_step(enum counter kind, uint64_t *ref, uint64_t now);

struct deltas {
	unsigned columns, rows;	    /* rows: of the ring */
	uint64_t slack_ns;	    /* half a period */
	uint64_t pushed, base;	    /* rows ever pushed; number of the base row */
	uint64_t *ref, *sum, *t_ns; /* sum: rows × columns */
};

/* For rows that come every period_ns. -ENOMEM. deltas_done() takes a zeroed one too. */
int deltas_init(struct deltas *d, unsigned columns, uint64_t period_ns);

/* `kinds` holds one enum counter per column, NULL: all COUNTER_64. The first row only sets the references. */
void deltas_push(struct deltas *d, uint64_t t_ns, const uint64_t *raw, const uint8_t *kinds);

/* Takes raw as where the column stands now, without counting the way there: what it belongs to has just appeared. */
void deltas_restart(struct deltas *d, unsigned column, uint64_t raw);

/* From the base row to the newest one, ns; 0 while there is no base. */
uint64_t deltas_span(const struct deltas *d);
/* What the column counted over that span; only when the span is not 0. */
uint64_t deltas_of(const struct deltas *d, unsigned column);
void deltas_done(struct deltas *d);
