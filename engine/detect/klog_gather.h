/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From lines of the kernel's log to records: a line that a pattern knows, and those behind it that belong to it. Pure: lines
 * and times in, records out.
 *
 *     idle ── a line matches ─▶ open ── its last line, an end mark, a line of another subsystem's pattern ─▶ told, idle
 *                                └── KLOG_QUIET_NS without a line, or other patterns ─▶ told, idle
 *
 * Only what the kernel itself wrote is looked at (facility 0, which user space cannot write), and nothing between the marks
 * of our own sysrq dumps; marks are user space's, so one silences for KLOG_DUMP_NS at most.
 */
#pragma once

#include "bpf/event.h"
#include "engine/detect/klog_patterns.h"
#include "snapshot/collect/kmsg.h"

#define KLOG_QUIET_NS UINT64_C(100000000)   /* a trace is written within that, also over a slow console */
#define KLOG_DUMP_NS  KMSG_DUMP_NS
#define KLOG_TAIL_MAX (32 * 1024)	    /* of lines in one record; those beyond are counted only */

struct klog_gather {
	const struct klog_patterns *patterns;
	bool open;
	unsigned lines_left;
	uint64_t last_ns;	/* when the last line came; 0: none is waited for */
	uint64_t dump_until_ns; /* 0: not inside a dump of ours */
	uint32_t len;		/* of the record at hand */
	union {
		struct event_klog record;
		char bytes[sizeof(struct event_klog) + KLOG_TAIL_MAX];
	};
};

/* The record is complete, its size set; borrowed. */
typedef void (*klog_fn)(void *ctx, const struct event_klog *record);

void klog_gather_line(struct klog_gather *g, const struct kmsg_record *line, uint64_t now_ns, klog_fn fn, void *ctx);
/* Tells an open record that has waited long enough. */
void klog_gather_settle(struct klog_gather *g, uint64_t now_ns, klog_fn fn, void *ctx);
/* Goes on with other patterns, which it borrows. A record that is open was begun by the old ones: it is told as it stands,
 * by the next call of those above. */
void klog_gather_set_patterns(struct klog_gather *g, const struct klog_patterns *patterns);
