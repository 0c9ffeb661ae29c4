/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Units of signals and of numbers in rules. A reading is an int64 count of its unit's quantum; a number in an expression
 * is a double in the same quanta, so that `45%` and a reading of 45 % compare as the same integer value.
 *
 *     unit                quantum              written in rules
 *     NUMBER              1 (a double)         1.5
 *     COUNT               1                    12          tasks, packets in flight; any thing that is counted
 *     MILLI               1/1000               1.5         load averages and cgroup.cpu: a count with a fraction
 *     PERCENT             1 ppm of the whole   45%         45 % = 450000
 *     BYTES               1 byte               8MiB
 *     SECONDS             1 ns                 20ms
 *     PER_SECOND          1/1000 per second    100/s
 *     BYTES_PER_SECOND    1 byte per second    10MiB/s
 *     PERCENT_PER_SECOND  1 ppm per second     5%/s        only from rate() and slope()
 *
 * COUNT, MILLI and NUMBER mix freely in comparisons and sums: a bare number takes the other side's quantum.
 */
#pragma once

#include "engine/base/buf.h"

enum unit {
	UNIT_NUMBER,
	UNIT_COUNT,
	UNIT_MILLI,
	UNIT_PERCENT,
	UNIT_BYTES,
	UNIT_SECONDS,
	UNIT_PER_SECOND,
	UNIT_BYTES_PER_SECOND,
	UNIT_PERCENT_PER_SECOND,
	UNIT_MAX_,
};

/* "%", "bytes", "s", "/s", "bytes/s", "%/s", "" for counts and numbers; as `tracetrap signals` and messages show it. */
const char *unit_name(enum unit unit);

/* Quanta per one of the unit as people count it: 1 % = 10000 ppm, 1 s = 1e9 ns, 1 /s = 1000 milli-per-second. */
double unit_quanta(enum unit unit);

/* A value in quanta, for people: "45.2%", "8.0MiB", "20ms", "1500/s". Never more than 32 bytes. */
void unit_format(struct buf *out, enum unit unit, double quanta);
