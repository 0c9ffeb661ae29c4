/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/collectors.h"

#define ALWAYS true
#define ON_REQUEST false

/* Sorted by name. Columns: name, function, phase, volatility, deadline in ms, whether always, summary. */
#define COLLECTORS(X)                                                                                              \
	X("blk", collect_blk, COLLECT_NOW, 5, 2000, ON_REQUEST, "disks: statistics, queue settings, requests in flight, mounts") \
	X("bonding", collect_bonding, COLLECT_NOW, 4, 2000, ON_REQUEST, "status of every bond in every network namespace") \
	X("census", collect_census, COLLECT_END, 2, 10000, ALWAYS, "censuses of tasks over the window")         \
	X("cgroup", collect_cgroup, COLLECT_NOW, 6, 3000, ON_REQUEST, "memory, CPU, pids and pressure of the cgroups concerned") \
	X("events", collect_events, COLLECT_END, 1, 20000, ALWAYS, "the detectors' events over the window")     \
	X("history", collect_history, COLLECT_END, 9, 20000, ALWAYS, "each second of all signals over the window: last, least, greatest") \
	X("kmsg", collect_kmsg, COLLECT_SPAN, 7, 2000, ON_REQUEST, "the kernel log, and what came until the end of the window") \
	X("mem", collect_mem, COLLECT_NOW, 3, 2000, ON_REQUEST, "memory: meminfo, vmstat, zones, buddies, slabs, pressure") \
	X("net", collect_net, COLLECT_NOW, 5, 3000, ON_REQUEST, "network: devices, protocol counters, sockets, backlogs") \
	X("profile", collect_profile, COLLECT_SPAN, 0, 15000, ON_REQUEST, "CPU profile before and after the firing, flame graph") \
	X("samples", collect_samples, COLLECT_END, 0, 10000, ALWAYS, "the engine's input log and the rule's own signals") \
	X("sched", collect_sched, COLLECT_NOW, 2, 2000, ON_REQUEST, "scheduler: load, run queues, interrupts, softirqs, pressure") \
	X("sysrq-l", collect_sysrq_l, COLLECT_NOW, 0, 5000, ON_REQUEST, "backtrace of what runs on every CPU")            \
	X("sysrq-m", collect_sysrq_m, COLLECT_NOW, 3, 5000, ON_REQUEST, "the kernel's own memory report")                 \
	X("sysrq-t", collect_sysrq_t, COLLECT_NOW, 8, 10000, ON_REQUEST, "kernel stacks of all tasks")                    \
	X("sysrq-w", collect_sysrq_w, COLLECT_NOW, 1, 10000, ON_REQUEST, "kernel stacks of blocked tasks")                \
	X("tasks", collect_tasks, COLLECT_NOW, 1, 5000, ON_REQUEST, "who runs, who is stuck and where, who grew since before")

#define ROW(name, run, phase, volatility, deadline, always, summary) \
	{name, summary, phase, volatility, deadline, always, run},

const struct collector collector_table[] = {COLLECTORS(ROW)};
const size_t collector_table_n = ARRAY_SIZE(collector_table);

const struct collector *collector_find(const char *name)
{
	for (size_t i = 0; i < collector_table_n; i++)
		if (streq(collector_table[i].name, name))
			return &collector_table[i];
	return NULL;
}
