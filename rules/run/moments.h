/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sums of a sliding window that give slope and standard deviation without any rounding that depends on the past: integers
 * modulo 2^128, with time in µs. What is asked for in the end, n·Σx² − (Σx)², is exact as long as it fits in 127 bits
 * itself, whatever wrapped on the way. It fits while every |value| < 2^44 (17 TB, 4.8 hours in ns) and there are fewer than
 * 2^19 samples (six days at one a second); a window with a larger value is counted in `wide`, and its moments are unknown.
 */
#pragma once

#include "rules/run/samples.h"

#define MOMENTS_VALUE_MAX (INT64_C(1) << 44)

struct moments {
	unsigned __int128 v, vv, t, tt, tv;
	uint32_t n, wide;
};

void moments_add(struct moments *m, const struct sample *s);
void moments_remove(struct moments *m, const struct sample *s);
/* Population standard deviation, in quanta. false: none or wide. */
bool moments_stddev(const struct moments *m, double *ret);
bool moments_mean(const struct moments *m, double *ret);
/* Least squares, quanta per second. false: all at one time, none or wide. */
bool moments_slope(const struct moments *m, double *ret);
