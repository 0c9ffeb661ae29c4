/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which armed detectors are attached, and for how long. Reference-counted by rule × entity; a share of the time bounds
 * each detector whoever wants it:
 *
 *          want 0 → 1, credit left                 credit spent
 *     OFF ─────────────────────────▶ ATTACHED ──────────────────▶ RESTING
 *      ▲                                │                            │
 *      └──────────── want → 0 ──────────┴──── want → 0, or credit ◀──┘ (attached again if still wanted)
 *
 * Credit is a bucket of attached time: it fills at `share` of the wall clock up to five minutes' worth of that share, so a
 * detector may stay on through any ordinary incident and still averages below its share. Attaching and detaching is the
 * caller's business through `attach`, so that this decides without touching the kernel.
 */
#pragma once

#include "engine/base/util.h"

struct arm; /* opaque */

/* Attaches (or detaches) a detector: 0 or -errno; a failure leaves it off until it is wanted anew. */
typedef int (*arm_fn)(void *ctx, uint16_t detector, bool attach);

struct arm_options {
	size_t n_detectors;
	double share;	    /* 0.1; 1: no bound */
	const bool *always; /* by detector: attached from the start, never bounded; may be NULL */
	uint64_t now_ns;    /* the start */
	arm_fn attach;
	void *ctx;
};

int arm_new(const struct arm_options *options, struct arm **ret);
void arm_want(struct arm *a, uint16_t detector, uint64_t now_ns);
void arm_release(struct arm *a, uint16_t detector, uint64_t now_ns);
/* Spends and refills credit, rests and resumes. To be called a few times a second. */
void arm_tick(struct arm *a, uint64_t now_ns);
/* The next detector that is not as it was when this last spoke of it, whoever attached or detached it; as arm_new() left
 * it is how it first was. False when there is none. */
bool arm_next_change(struct arm *a, uint16_t *ret_detector, bool *ret_attached);

struct arm_status {
	bool attached, resting;
	unsigned wanted;
	uint64_t attached_ns; /* in all */
	uint64_t rests;
};
void arm_status(const struct arm *a, uint16_t detector, struct arm_status *ret);
struct arm *arm_free(struct arm *a); /* detaches */
