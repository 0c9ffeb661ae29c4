/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who grew: what each process did between two censuses, its threads summed up (memory is its leader's). Pure.
 */
#pragma once

#include "engine/record/census.h"

struct growth {
	uint32_t tgid, ppid;
	uint32_t threads;
	bool kernel; /* a kernel thread */
	char comm[EVENT_COMM_LEN + 1]; /* the leader's; foreign bytes */
	uint64_t cgroup_id;
	uint64_t user_ns, sys_ns, read_bytes, write_bytes; /* grown by */
	uint64_t rss_bytes, swap_bytes;			   /* now */
	int64_t rss_grown;
};

enum growth_key { GROWTH_CPU, GROWTH_SYS, GROWTH_USER, GROWTH_RSS, GROWTH_RSS_GROWN, GROWTH_IO, GROWTH_WRITE, GROWTH_READ };

/* One row a process of `now`; the caller frees. -ENOMEM. `before` may be empty: growth is then since each task's start. */
int growth_by_process(const struct census *before, const struct census *now, struct growth **ret, size_t *ret_n);
uint64_t growth_value(const struct growth *g, enum growth_key key); /* 0 for what shrank */
/* Largest first. */
void growth_sort(struct growth *g, size_t n, enum growth_key key);
