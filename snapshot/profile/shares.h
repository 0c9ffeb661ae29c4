/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose CPU time it was: the samples of a span weighed by task name and by the function they ended in. Idle CPUs and our own
 * tasks are set apart, so that shares are of the work that was done. Weights are the samples' periods.
 */
#pragma once

#include "snapshot/profile/profile.h"

#define SHARES_MAX 16 /* of each kind: the heaviest */

struct share {
	char name[128]; /* comm, or function; foreign bytes */
	uint64_t kernel_us, user_us;
	uint32_t tasks; /* threads it was seen in */
	uint32_t pid;	/* the process with the most of it */
	char comm[32];	/* of a function: the task name with the most of it */
};

struct shares {
	uint64_t samples, idle, self; /* samples without the idle and our own ones; those */
	uint64_t kernel_us, user_us;
	struct share tasks[SHARES_MAX], functions[SHARES_MAX]; /* heaviest first */
	size_t n_tasks, n_functions;
};

/* Of the samples in [first_ns, last_ns]; those up to fired_ns are taken from p->before, the later ones from p->after.
 * 0, -ENOMEM. */
int profile_shares(struct profile *p, uint64_t first_ns, uint64_t last_ns, uint64_t fired_ns, struct shares *ret);

/* {first_ns, last_ns, samples, idle, self, weight_us, kernel_us, user_us, top_comm, top_pid, top_share, function,
 * function_share, tasks: [{name, kernel_us, user_us, tasks, pid}], functions: [the same and comm]}. top_comm and function are
 * the heaviest that have a name, absent without samples. */
struct json_object;
struct json_object *shares_json(const struct shares *s, uint64_t first_ns, uint64_t last_ns);

static inline uint64_t share_us(const struct share *s)
{
	return s->kernel_us + s->user_us;
}
