/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the deciding code says: the changes of state of one rule on one entity. rules/run/machine.h draws the states; the
 * input log records these beside the inputs that caused them.
 */
#pragma once

#include "engine/base/input.h"

enum transition_kind {
	TRANSITION_PENDING,
	TRANSITION_IDLE, /* pending, but did not hold */
	TRANSITION_FIRED,
	TRANSITION_ENDED,
	TRANSITION_GONE,
	TRANSITION_ARM,	   /* wants its detectors attached from now on */
	TRANSITION_DISARM, /* no longer */
};

const char *transition_name(enum transition_kind kind);

struct transition {
	uint64_t t_ns;
	enum transition_kind kind;
	uint16_t rule; /* index in the ruleset */
	uint16_t entity;
	/* of FIRED */
	bool token;	      /* false: suppressed by a limit or an exception, captures nothing */
	const char *exception; /* of the rule, that held; NULL: none did. Owned by the ruleset */
	bool by_hand, drill;
	bool cold;	      /* replay only: windows were not yet as they would have been live */
	bool unarmed;	      /* replay only: rests on a detector that was not attached */
	uint64_t true_since_ns; /* first evaluation at which `when` was true without a break (the onset of the hold) */
	const struct input *event; /* the event an `on` rule fired for; borrowed, NULL otherwise */
};

/* Called in time order; the transition lives until it returns. */
typedef void (*transition_fn)(void *ctx, const struct transition *t);
