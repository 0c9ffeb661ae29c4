/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels and is asked before the tick is loaded: symbols, helpers, positions of counters. */
#pragma once

#include "bpf/tick.h"
#include "engine/base/util.h"

struct tick_layout {
	__u32 node_bytes; /* of vm_node_stat */
	__u32 free_pages_at;
	__u32 n_events, event_at[TICK_EVENTS_MAX], event_column[TICK_EVENTS_MAX];
	__u32 n_irq_stats, irq_stat_at[TICK_IRQ_STATS_MAX];
	int anon, file_pages, swapcache, shmem, slab_reclaimable, slab_unreclaimable, dirty, writeback, pagetables,
		kernel_stack; /* positions in vm_node_stat; -1: not there */
};

/* Columns that events are summed into. */
enum tick_count {
	TICK_SWAP_IN, TICK_SWAP_OUT, TICK_PGFAULT, TICK_PGMAJFAULT, TICK_SCAN_DIRECT, TICK_STEAL_DIRECT, TICK_SCAN_KSWAPD,
	TICK_ALLOCSTALL, TICK_COMPACT_STALL, TICK_OOM_KILL
};

/* 0, or -EOPNOTSUPP and why the tick cannot be loaded here. Reads /proc/kallsyms of the running kernel. */
int tick_layout_find(struct tick_layout *ret, char *reason, size_t size);
