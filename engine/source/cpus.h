/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the time of each CPU went, out of either source: cpu.* of every CPU and of the host. Shares are of the wall time
 * that passed, never of the sum of the states; the host's are of wall time × CPUs online.
 */
#pragma once

#include "engine/source/part.h"
#include "engine/source/rates.h"

enum { CPU_STATES = 8 }; /* user nice sys idle iowait irq softirq steal, as /proc/stat has them */

struct cpus {
	unsigned max; /* CPU numbers below this are known */
	struct deltas deltas;
	uint64_t *raw;	   /* max × CPU_STATES, ns since boot; an offline CPU keeps its last */
	uint8_t *kinds;	   /* of the columns */
	uint16_t *slot;	   /* ENTITY_NONE while offline */
	uint64_t *born_ns; /* when it came online */
	uint8_t *online;   /* as the reader found it this time */
};

/* The highest CPU number that can be, plus one; from sys_root, else as many as are online. */
unsigned cpus_possible(struct env *env);
int cpus_init(struct cpus *c, unsigned max, uint64_t period_ns);

/* Between begin and push the reader marks CPUs: cpus_row() is where its states go, NULL for a number beyond max. */
void cpus_begin(struct cpus *c);
uint64_t *cpus_row(struct cpus *c, uint64_t cpu);
void cpus_push(struct cpus *c, struct env *env, uint64_t t_ns, struct readings *out);
void cpus_unknown(const struct cpus *c, struct readings *out);
void cpus_offer(struct env *env, uint64_t period_ns, const char *from);
void cpus_refuse(struct env *env, const char *why);
void cpus_done(struct cpus *c);
