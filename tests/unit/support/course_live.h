/* SPDX-License-Identifier: GPL-2.0-only */
/* A course from inside: course.c lets it happen, course_replay.c looks at it afterwards. */
#pragma once

#include "engine/record/inputlog.h"
#include "rules/run/machine.h"
#include "tests/unit/support/course.h"
#include "tests/unit/support/naive.h"
#include "tests/unit/support/random_inputs.h"

#define COURSE_HOST_LIMIT ((struct limit){5, 30 * NS_PER_S})
#define COURSE_RELOADS_MAX 9 /* a segment of the log each, of its 16 */

struct course {
	uint64_t seed;
	struct random_sets sets;
	struct world world;
	struct machine *machine;
	struct naive naive;
	struct entities *entities;
	struct inputlog *log;
	struct course_sum *sum;

	bool reloads; /* may happen */
	bool decided; /* something, by the present input */
	struct buf said; /* by the present input, as the naive evaluator says them */
	struct buf live; /* all transitions, a line each: the rule's digest first */
	struct {
		uint64_t t_ns;
		size_t live; /* how much had been decided */
	} checkpoints[64];
	size_t n_checkpoints;
};

/* The periods of all signals of the vocabulary. */
const uint64_t *course_periods(void);
/* A line of `live`. Without tokens where there are reloads: others than the recorded rules empty the host's bucket, too. */
void course_line(const struct course *c, const char *digest, const struct recorded_transition *t, struct buf *out);
/* The log says what was decided, and is decided again as it says, to the byte. */
bool course_replays(struct course *c);
