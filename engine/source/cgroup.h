/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Columns of the rows that the cgroups helper answers with. Counters are since the cgroup's start; a column without its
 * bit is not there for that cgroup. The row named HELPER_NAME_OF_ALL is about the whole machine: CGROUP_REFUSED, and
 * CGROUP_D when tasks were scanned. Everything about memory, pids and D tasks includes the cgroups below, as the kernel's own files do.
 */
#pragma once

enum {
	CGROUP_CPU_NS,
	CGROUP_PERIODS,
	CGROUP_THROTTLED,
	CGROUP_OOM_KILL,
	CGROUP_PSI_CPU_US,
	CGROUP_PSI_MEM_US,
	CGROUP_PSI_IO_US,
	CGROUP_COUNTERS, /* columns before this one are counters */
	CGROUP_MEM = CGROUP_COUNTERS,
	CGROUP_ANON,
	CGROUP_FILE,
	CGROUP_PIDS,
	CGROUP_D,
	CGROUP_COLUMNS,
	CGROUP_REFUSED = CGROUP_COLUMNS, /* of the row of all: how many had no room in the helper's table, at least */
};

enum { CGROUP_SCAN_TASKS_MAX = 5000 }; /* about 10 µs each: more are not looked at */
