/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Censuses of tasks in a ring: who was there, doing how much, every 10 s and at each arming and firing, so that a culprit
 * can be named by what *grew*. One census is a run of ring records of type CENSUS_ROWS, each an array of struct task_row,
 * ended by a CENSUS_END record {u64 t_ns, u32 tasks, u32 lost}.
 */
#pragma once

#include "bpf/event.h"
#include "engine/record/ring.h"

enum census_record { CENSUS_ROWS = 1, CENSUS_END = 2 };

struct census_end {
	uint64_t t_ns;
	uint32_t tasks, lost;
};

/* Reads task rows from fd (a BPF task iterator, or what stands for it) to its end and appends them. The number of tasks
 * or -errno; what was read before an error stays, as a census with `lost`. */
int census_append(struct ring *r, int iterator_fd, uint64_t t_ns);

struct census {
	uint64_t t_ns;
	struct task_row *rows; /* sorted by pid, then start_ns */
	size_t n;
	uint64_t lost;
};

/* All whole censuses of [from_ns, to_ns], oldest first. The caller frees with censuses_free(). */
int censuses_read(int ring_fd, uint64_t from_ns, uint64_t to_ns, struct census **ret, size_t *ret_n);
struct census *censuses_free(struct census *c, size_t n);

/* One census straight from an iterator. */
int census_take(int iterator_fd, uint64_t t_ns, struct census *ret);
void census_done(struct census *c);

/* What one task did between two censuses; a task absent from `before` counts from zero. */
struct task_growth {
	const struct task_row *now;
	uint64_t cpu_user_ns, cpu_sys_ns, read_bytes, write_bytes;
	int64_t rss_bytes;
};
/* An array as long as now->n, in its order; the caller frees it. NULL when out of memory. */
struct task_growth *census_growth(const struct census *before, const struct census *now);
