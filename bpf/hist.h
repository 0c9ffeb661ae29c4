/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histograms that a detector keeps while it is attached, between bpf/lib/hist.bpf.h and engine/detect/histogram.c: four
 * buckets an octave, from 256 ns to 18 minutes. Nothing of it goes into a file.
 *
 *     hists[cpu × histograms of that detector + which]          a mapped array; each CPU writes its own
 *
 * All of it only grows, but for max_ns, which the reader takes and sets to 0. An interrupt between load and store may cost
 * a count.
 */
#pragma once

#ifndef __bpf__
#include <linux/types.h>
#endif

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

enum {
	HIST_UNIT_SHIFT = 8, /* 256 ns */
	HIST_SUB_SHIFT = 2,  /* 4 buckets an octave */
	HIST_BUCKETS = 128,  /* a power of two; the last four are never used */
};

struct hist {
	__u64 sum_ns, max_ns;
	__u64 bucket[HIST_BUCKETS];
};

/* Of what is at least 4: the number of its highest bit. */
static __always_inline __u32 hist_octave(__u32 x)
{
	__u32 n = 0;
	if (x >> 16) {
		n = 16;
		x >>= 16;
	}
	if (x >> 8) {
		n += 8;
		x >>= 8;
	}
	if (x >> 4) {
		n += 4;
		x >>= 4;
	}
	if (x >> 2) {
		n += 2;
		x >>= 2;
	}
	return n + (x >> 1);
}

/* Below four units a bucket is one unit wide; above, a quarter of its octave. */
static __always_inline __u32 hist_bucket(__u64 ns)
{
	__u64 units = ns >> HIST_UNIT_SHIFT;
	__u32 x = units >> 32 ? ~0U : (__u32)units, octave;
	if (x < 1U << HIST_SUB_SHIFT)
		return x;
	octave = hist_octave(x);
	return ((octave - 1) << HIST_SUB_SHIFT) + (x >> (octave - HIST_SUB_SHIFT) & ((1U << HIST_SUB_SHIFT) - 1));
}
