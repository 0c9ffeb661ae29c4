/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A profile being made: the samples before and after a firing, and all that gives them names. The pieces come in any
 * order; names are looked up once everything is in:
 *
 *     profile_init ─ records_add* (before, after, maps) ─ profile_learn ─ profile_resolve ─ profile_fold* … profile_done
 */
#pragma once

#include "snapshot/profile/fold.h"
#include "snapshot/profile/names.h"
#include "snapshot/profile/records.h"
#include "snapshot/profile/sample.h"
#include "snapshot/symbol/symbol.h"

struct profile {
	struct records before, after; /* PERF_RECORD_SAMPLE, 19 Hz and 99 Hz */
	struct records maps;	      /* comm, mmap2, fork, exit */
	struct names names;
	struct symbols *symbols;
	uint32_t *self_pids; /* ours: counted, not folded */
	size_t n_self_pids;
	struct {
		uint32_t *pids;
		size_t n, cap;
	} seen; /* processes whose /proc was read, ascending */
	int proc_dirfd; /* borrowed */
};

int profile_init(struct profile *p, int proc_dirfd, const uint32_t *self_pids, size_t n);
/* More of our own, known only later. */
int profile_add_self(struct profile *p, const uint32_t *pids, size_t n);
/* A child of one of ours is ours. */
void profile_descend(struct profile *p, uint32_t pid, uint32_t parent);
bool profile_is_self(const struct profile *p, uint32_t pid);
bool profile_has_seen(const struct profile *p, uint32_t pid); /* in samples that profile_look() was shown */
/* Reads comm and maps of the processes in `samples` that are new, while they live; *at (0 at first) moves on to the end, so
 * that the next look begins where this one ended. */
int profile_look(struct profile *p, const struct records *samples, size_t *at);
/* Takes the records in `maps` for names and address spaces. Once, after the last record came. */
int profile_learn(struct profile *p);
/* Opens and parses the files that were hit, until the deadline (CLOCK_MONOTONIC). The number that could not be read. */
int profile_resolve(struct profile *p, uint64_t deadline_ns);

struct profile_counts {
	uint64_t samples;   /* in the span, all of them */
	uint64_t folded, idle, self;
	uint64_t stackless; /* of the folded: the kernel gave no stack */
	uint64_t malformed;
	uint64_t first_ns, last_ns; /* of the samples; 0 without any */
};

/* The samples of (from_ns, to_ns] that are neither of an idle CPU nor ours, with the names of their frames: comm first,
 * the innermost last; names live until `fn` returns. A negative value from `fn` ends it and is returned. */
typedef int (*stack_fn)(void *ctx, const struct sample *s, const struct call_frame *frames, size_t n);
int profile_each(struct profile *p, const struct records *samples, uint64_t from_ns, uint64_t to_ns, stack_fn fn, void *ctx,
		 struct profile_counts *ret_counts);

/* Adds the stacks of (from_ns, to_ns] to `into`: comm first, then user, then kernel frames, weighed by period. A function
 * without a name stands as "[libc.so.6]", "[kernel]" or "[unknown]". -ENOMEM. */
int profile_fold(struct profile *p, const struct records *samples, uint64_t from_ns, uint64_t to_ns, struct fold *into,
		 struct profile_counts *ret_counts);
void profile_done(struct profile *p);
