/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ring between the in-kernel tick and engine/source/tick.c: TICK_ROWS rows of the machine's counters as they stood at
 * one time, and beside each as many rows of CPU times as there can be CPUs. Nothing of it goes into a file.
 *
 *     hosts[row]                     row = number of the tick % TICK_ROWS
 *     cpus[row × n_cpus + cpu]
 *
 * `seq` is the tick's number plus one, 0 while the row is being written: read it before and after copying.
 */
#pragma once

#ifndef __bpf__
#include <linux/types.h>
#endif

enum {
	TICK_ROWS = 128, /* a power of two; 1.28 s at 100 Hz */
	TICK_CPUS_MAX = 512,
	TICK_STATES = 8,	/* user nice sys idle iowait irq softirq steal */
	TICK_NODE_MAX = 64,	/* vm_node_stat, as far as it goes */
	TICK_EVENTS_MAX = 16,	/* indices summed from vm_event_states */
	TICK_COUNTS_MAX = 10,	/* columns they are summed into */
	TICK_SOFTIRQS = 10,
	TICK_IRQ_STATS_MAX = 16,
	TICK_IRQ_STAT_WORDS = 32, /* of struct irq_stat that are looked at */
};

struct tick_host {
	__u64 seq;
	__u64 t_ns;
	__u64 run_ns; /* all that the tick has cost so far */
	__u64 switches, forks, irqs;
	__u64 softirqs[TICK_SOFTIRQS];
	__u64 events[TICK_COUNTS_MAX];
	__u64 node[TICK_NODE_MAX]; /* pages; KiB for kernel stacks */
	__u64 free_pages;
	__u64 avenrun[3]; /* load × 2048 */
	__s64 running, blocked, uninterruptible;
	__u64 threads;
};

struct tick_cpu {
	__u64 ns[TICK_STATES];
};
