/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/collectors.h"

static const char *const proc_files[] = {
	"meminfo",     "vmstat", "buddyinfo",	"pressure/memory",	  "zoneinfo",
	"pagetypeinfo", "swaps",  "slabinfo",	"sys/vm/overcommit_memory", "sys/vm/min_free_kbytes",
};

static const char *const sys_files[] = {
	"kernel/mm/transparent_hugepage/enabled",
	"kernel/mm/transparent_hugepage/defrag",
};

int collect_mem(struct collect *c)
{
	collect_proc_files(c, proc_files, ARRAY_SIZE(proc_files));
	collect_sys_files(c, sys_files, ARRAY_SIZE(sys_files));
	return 0;
}
