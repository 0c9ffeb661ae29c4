/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the detectors' histograms (bpf/hist.h) say of one second: two readings of the sums, subtracted, and quantiles of the
 * difference. Pure; detect_histogram() reads them.
 */
#pragma once

#include "bpf/hist.h"
#include "engine/base/util.h"

enum histogram_id {
	HISTOGRAM_RUNQ,	   /* of runqlat: runnable → running */
	HISTOGRAM_SOFTIRQ, /* of softirq: raise → entry */
	HISTOGRAM_Q2C,	   /* of iolatency: queued → completed */
	HISTOGRAM_D2C,	   /* of iolatency: issued → completed */
	HISTOGRAM_RECLAIM, /* of memreclaim: one direct reclaim */
	HISTOGRAM_COMPACT, /* of memreclaim: one direct compaction */
	HISTOGRAMS_,
};

/* Over all CPUs. */
struct histogram {
	uint64_t sum_ns;
	uint64_t max_ns; /* since it was read last */
	uint64_t bucket[HIST_BUCKETS];
};

/* The detector that keeps it, and which of its histograms it is. */
const char *histogram_detector(enum histogram_id id);
unsigned histogram_index(enum histogram_id id);

/* All but max_ns, which the reader takes by itself. */
void histogram_add(struct histogram *to, const struct hist *one);

/* What came between: `now` less `before`, max_ns that of `now`. */
void histogram_since(const struct histogram *before, const struct histogram *now, struct histogram *ret);

uint64_t histogram_count(const struct histogram *h);

/* The time that `share` (0…1) of all were below: exact in its rank, linear within a bucket, never over max_ns. 0: nothing. */
uint64_t histogram_quantile(const struct histogram *h, double share);
