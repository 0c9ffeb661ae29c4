/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/histogram.h"

static const struct {
	const char *detector;
	unsigned index;
} keepers[HISTOGRAMS_] = {
	[HISTOGRAM_RUNQ] = {"runqlat", 0},	 [HISTOGRAM_SOFTIRQ] = {"softirq", 0},
	[HISTOGRAM_Q2C] = {"iolatency", 0},	 [HISTOGRAM_D2C] = {"iolatency", 1},
	[HISTOGRAM_RECLAIM] = {"memreclaim", 0}, [HISTOGRAM_COMPACT] = {"memreclaim", 1},
};

const char *histogram_detector(enum histogram_id id)
{
	return keepers[id].detector;
}

unsigned histogram_index(enum histogram_id id)
{
	return keepers[id].index;
}

void histogram_add(struct histogram *to, const struct hist *one)
{
	to->sum_ns += one->sum_ns;
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		to->bucket[i] += one->bucket[i];
}

void histogram_since(const struct histogram *before, const struct histogram *now, struct histogram *ret)
{
	*ret = (struct histogram){.sum_ns = now->sum_ns - before->sum_ns, .max_ns = now->max_ns};
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		ret->bucket[i] = now->bucket[i] - before->bucket[i];
}

uint64_t histogram_count(const struct histogram *h)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		n += h->bucket[i];
	return n;
}

/* The inverse of hist_bucket() in bpf/lib/hist.bpf.h. */
static uint64_t begin_of(unsigned bucket)
{
	unsigned octave = (bucket >> HIST_SUB_SHIFT) + 1, sub = bucket & ((1U << HIST_SUB_SHIFT) - 1);
	if (bucket < 1U << HIST_SUB_SHIFT)
		return (uint64_t)bucket << HIST_UNIT_SHIFT;
	return (uint64_t)((1U << HIST_SUB_SHIFT) + sub) << (octave - HIST_SUB_SHIFT) << HIST_UNIT_SHIFT;
}

uint64_t histogram_quantile(const struct histogram *h, double share)
{
	double rank = share * (double)histogram_count(h), below = 0;
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		if (!h->bucket[i] || below + (double)h->bucket[i] < rank) {
			below += (double)h->bucket[i];
			continue;
		}
		double within = (rank - below) / (double)h->bucket[i];
		uint64_t begin = begin_of(i), ns = begin + (uint64_t)(within * (double)(begin_of(i + 1) - begin));
		return MIN(ns, h->max_ns);
	}
	return 0;
}
