/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What counts as guilt depends on what the rule watches: the one that grew in kernel CPU time is to blame for cpu.sys, not
 * the one that has most memory. Each function looks at one kind of evidence and adds suspects.
 */
#pragma once

#include "snapshot/collect/collect.h"
#include "snapshot/view/suspects.h"

enum focus {
	FOCUS_SYS = 1 << 0,  /* CPU time in the kernel */
	FOCUS_USER = 1 << 1, /* CPU time in user space */
	FOCUS_CPU = 1 << 2,  /* both */
	FOCUS_MEM = 1 << 3,
	FOCUS_IO = 1 << 4,
	FOCUS_WAIT = 1 << 5, /* tasks in D state */
};

/* By the names of the rule's signals and the kind of the event that fired; everything for a rule that names neither. Pure. */
unsigned focus_of(const struct plan *p);

void blame_events(struct collect *c, struct suspects *s);  /* events.jsonl and the event that fired */
void blame_tasks(struct collect *c, unsigned focus, struct suspects *s);   /* the ring of censuses: who grew */
/* The stack ring from the onset on: the folded profile of `before` is mostly what was there all along. */
void blame_samples(struct collect *c, unsigned focus, struct suspects *s);
void blame_profile(struct collect *c, unsigned focus, struct suspects *s); /* profile/{before,after}.folded */
void blame_waits(struct collect *c, struct suspects *s);   /* stacks of D tasks */
void blame_entity(struct collect *c, struct suspects *s);  /* disk, cgroup, … that the rule or its terms are about */
