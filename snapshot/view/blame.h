/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What counts as guilt depends on what the rule watches: the one that grew in kernel CPU time is to blame for cpu.sys, not
 * the one that has most memory. Each function looks at one kind of evidence and adds suspects; they are called in the order
 * in which their sentences shall stand.
 */
#pragma once

#include "snapshot/bundle/json.h"
#include "snapshot/collect/collect.h"
#include "snapshot/view/suspects.h"

enum focus {
	FOCUS_SYS = 1 << 0,  /* CPU time in the kernel */
	FOCUS_USER = 1 << 1, /* CPU time in user space */
	FOCUS_CPU = 1 << 2,  /* both */
	FOCUS_MEM = 1 << 3,
	FOCUS_IO = 1 << 4,
	FOCUS_WAIT = 1 << 5, /* tasks in D state */
	FOCUS_FORK = 1 << 6, /* how many tasks there are */
};

#define FOCUS_ANY_CPU (FOCUS_SYS | FOCUS_USER | FOCUS_CPU)

/* By the names of the rule's signals and the kind of the event that fired; everything for a rule that names neither. Pure. */
unsigned focus_of(const struct plan *p);
/* "CPU time in the kernel" */
const char *focus_cpu_time(unsigned focus);

/* What all of them look at. */
struct inquiry {
	struct collect *collect;
	const struct plan *plan;
	unsigned focus;
	uint64_t first_ns, last_ns;  /* from the first to the last reading where the rule was true */
	struct json_object *event;   /* that fired; NULL */
	bool task_unknown;	     /* it is some task's doing, and does not say whose */
	bool culprit_unknown;	     /* it does not say what its kind of event blames first */
	const uint32_t *children;    /* of the worker, beside the plan's own processes */
	size_t n_children;
	bool profiled;		     /* the profile has named somebody, and needs support only */
	struct suspects *suspects;
};

bool inquiry_is_ours(const struct inquiry *q, uint32_t pid);

void blame_fired(struct inquiry *q);   /* the event that fired */
void blame_profile(struct inquiry *q); /* profile/summary.json: whose CPU time it was */
void blame_tasks(struct inquiry *q);   /* the ring of censuses: who grew */
void blame_waits(struct inquiry *q);   /* stacks of D tasks */
void blame_entity(struct inquiry *q);  /* disk, cgroup, … that the rule or its terms are about */
void blame_events(struct inquiry *q);  /* events.jsonl: what happened beside it, in sums */

/* A frame of the detector itself, on top of what it interrupted. */
bool event_frame_is_ours(const char *function);
/* Whether the function is how everybody waits, so that what is waited for stands further out in the stack. */
bool wait_is_generic(const char *function);
