/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Near misses: stretches in which a rule's `when` came within NEAR_SHARE of being true, or was true and not for long enough,
 * and which ended without a firing. Watched beside a machine that decides a recording; nothing is decided by it.
 *
 * How far a comparison is from its other verdict is |left − right| ÷ |right|; unknown sides, texts and a right side of 0 are
 * infinitely far. `and` is as far as its farther side, `or` as its nearer one, any() and all() likewise over their entities.
 * What follows a firing is no near miss until the rule was away from its threshold once.
 */
#pragma once

#include "rules/run/machine.h"

#define NEAR_SHARE 0.1
#define NEAR_MISSES_MAX 10000U

struct nearness {
	double share;		 /* 0: as wanted; INFINITY: no telling */
	const struct expr *term; /* the comparison that is in the way; NULL: none is */
	double value, threshold; /* its sides, in quanta of the left one's unit */
	enum unit unit;
};

/* How near the rule's condition is to being true of the entity, at the machine's latest input. */
struct nearness near_now(const struct machine *m, uint16_t rule, uint16_t entity);

struct near_miss {
	const struct rule *rule;
	enum entity_kind kind;
	char entity[ENTITY_NAME_MAX];
	uint64_t from_ns, to_ns, nearest_ns; /* CLOCK_REALTIME */
	struct nearness nearest;
	uint64_t held_ns; /* the longest hold in it */
};

struct near; /* opaque */

/* -ENOMEM. `since_ns` (CLOCK_REALTIME): what comes before is not told. Another machine of the same rules
 * may take over: one of another generation. */
int near_new(const struct ruleset *rules, uint64_t since_ns, struct near **ret);
/* To be called after each input. */
void near_watch(struct near *n, const struct machine *m);
/* By time of their begin, as of now: a stretch that lasts is among them. `ret_untold`: how many had no room. */
const struct near_miss *near_misses(const struct near *n, size_t *ret_n, uint64_t *ret_untold);
struct near *near_free(struct near *n);
