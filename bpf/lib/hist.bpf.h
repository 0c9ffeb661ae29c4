/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A detector's histograms (bpf/hist.h): `#define HISTS n` before including this, hist_add(which, ns) for everything that is
 * measured, slow or not. A plain array with a slot for each CPU, because its lookup is inlined on all kernels; user space
 * multiplies max_entries by the number of CPUs before it loads.
 */
#pragma once

#include "bpf/hist.h"
#include "bpf/lib/task.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, HISTS);
	__type(key, __u32);
	__type(value, struct hist);
} hists SEC(".maps");

static __always_inline void hist_add(__u32 which, __u64 ns)
{
	__u32 at = bpf_get_smp_processor_id() * HISTS + which;
	struct hist *h = bpf_map_lookup_elem(&hists, &at);
	if (!h)
		return;
	h->bucket[hist_bucket(ns) & (HIST_BUCKETS - 1)]++;
	h->sum_ns += ns;
	if (ns > h->max_ns)
		h->max_ns = ns;
}
