/* SPDX-License-Identifier: GPL-2.0-only */
/* The collectors' functions, for table.c alone, and what those that copy files share. */
#pragma once

#include "snapshot/collect/collect.h"

int collect_blk(struct collect *c);
int collect_bonding(struct collect *c);
int collect_census(struct collect *c);
int collect_cgroup(struct collect *c);
int collect_events(struct collect *c);
int collect_history(struct collect *c);
int collect_kmsg(struct collect *c);
int collect_mem(struct collect *c);
int collect_net(struct collect *c);
int collect_profile(struct collect *c);
int collect_samples(struct collect *c);
int collect_sched(struct collect *c);
int collect_sysrq_l(struct collect *c);
int collect_sysrq_m(struct collect *c);
int collect_sysrq_t(struct collect *c);
int collect_sysrq_w(struct collect *c);
int collect_tasks(struct collect *c);

/* Files below the proc root as members proc/PATH, below the sys root as sys/PATH; each gets its line in the ledger. */
void collect_proc_files(struct collect *c, const char *const *paths, size_t n);
void collect_sys_files(struct collect *c, const char *const *paths, size_t n);
