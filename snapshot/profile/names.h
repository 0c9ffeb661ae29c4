/* SPDX-License-Identifier: GPL-2.0-only */
/* What each thread was called when: from comm and fork records, the census and /proc. Names are foreign bytes. */
#pragma once

#include "engine/base/util.h"

#define NAMES_COMM_LEN 16

struct task_name {
	uint64_t t_ns; /* since; 0: ever */
	uint32_t tid, pid;
	uint32_t parent; /* tid of whom it was forked from, with that one's name; 0: `comm` is its own */
	char comm[NAMES_COMM_LEN];
};

struct names {
	struct task_name *rows;
	size_t n, cap;
	bool sorted; /* by tid, then t_ns */
};

/* -ENOMEM. `comm` is at most NAMES_COMM_LEN bytes, ended by a NUL or not. */
int names_add(struct names *names, uint32_t pid, uint32_t tid, uint64_t t_ns, const char *comm);
/* The child begins with its parent's name of that time. */
int names_fork(struct names *names, uint32_t pid, uint32_t tid, uint32_t parent_tid, uint64_t t_ns);
/* What tid was called by the last word at or before t_ns, else by the first one after; NULL when nobody knows. */
const char *names_find(struct names *names, uint32_t tid, uint64_t t_ns);
/* After all additions, before rows are walked or found. */
void names_sort(struct names *names);
void names_done(struct names *names);
