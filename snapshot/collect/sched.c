/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/collectors.h"

#include <fcntl.h>

static const char *const proc_files[] = {
	"loadavg", "stat", "pressure/cpu", "schedstat", "interrupts", "softirqs", "uptime",
};

/* Moved from /proc/sched_debug to debugfs by d27e9ae2f244 (5.13). */
static void copy_debug(struct collect *c)
{
	static const char debugfs[] = "kernel/debug/sched/debug";
	if (faccessat(collect_sys_dirfd(c), debugfs, F_OK, 0) == 0)
		collect_copy(c, collect_sys_dirfd(c), debugfs, "proc/sched_debug");
	else
		collect_copy(c, collect_proc_dirfd(c), "sched_debug", "proc/sched_debug");
}

int collect_sched(struct collect *c)
{
	collect_proc_files(c, proc_files, ARRAY_SIZE(proc_files));
	copy_debug(c);
	return 0;
}
