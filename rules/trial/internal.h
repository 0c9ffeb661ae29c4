/* SPDX-License-Identifier: GPL-2.0-only */
/* A trial from inside: trial.c drives the machine, play.c hands it series and events, compare.c lays its moments beside the
 * expected ones, explain.c tells why. */
#pragma once

#include "engine/base/arena.h"
#include "rules/trial/trial.h"

struct trial {
	struct trial_options options;
	struct machine *machine;
	struct arena *arena; /* moves to the result */
	unsigned max_entities;
	uint64_t *period_ns;

	uint64_t begin_ns;
	bool begun;
	struct trial_entity *residents; /* by slot; the last to live there */

	/* by detector */
	bool *attached, *always;
	unsigned *wants;
	bool unsettled;

	struct moment *moments;
	size_t n, cap;
	bool overflow, failed; /* failed: out of memory */
	size_t undelivered;
};

/* Keeps it; beyond TRIAL_MOMENTS_MAX, or out of memory, that it could not. */
void trial_keep(struct trial *t, const struct moment *m);

/* Within a transition: tells the moment of the earlier run that this one is, if it differs, its terms as they stand. */
void explain_seen(struct trial *t, const struct moment *m, uint16_t slot);
/* After an input: tells those that were expected now and did not come. */
void explain_missed(struct trial *t, uint64_t t_ns);
