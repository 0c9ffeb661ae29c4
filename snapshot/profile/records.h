/* SPDX-License-Identifier: GPL-2.0-only */
/* Raw perf records of one window, one after another in memory, each checked to have a believable size. */
#pragma once

#include "engine/record/ring.h"

#include <linux/perf_event.h>

#define RECORDS_BYTES_MAX ((size_t)64 << 20)

struct records {
	struct buf bytes;
	size_t n;
	uint64_t lost;		    /* before they came here, or over the bound */
	uint64_t malformed;	    /* left out */
	uint64_t first_ns, last_ns; /* of those that are here; 0 when there are none */
};

/* A copy of one record of `readable` bytes. What does not fit the bound is counted as lost. */
void records_add(struct records *r, const void *record, size_t readable);

/* Adds those of (from_ns, to_ns] that a ring of the daemon holds. *ret_begin_ns: how far back the ring goes, UINT64_MAX
 * for an empty one. 0 or -errno of the ring. */
int records_add_ring(struct records *r, int fd, uint64_t from_ns, uint64_t to_ns, uint64_t *ret_begin_ns);

/* In the order they were added; *at begins as 0. NULL at the end. */
const struct perf_event_header *records_next(const struct records *r, size_t *at);
void records_done(struct records *r);
