/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random rules, for property tests: five names in two forms each, and sets that take some of these, so that from one set to
 * another a rule may stay, change, go or come. They use the words of test_vocabulary() that random_inputs.h speaks of.
 */
#pragma once

#include "rules/rule.h"

#define RANDOM_NAMES 5
#define RANDOM_FORMS 2
#define RANDOM_SETS 4

struct random_sets {
	struct rule rules[RANDOM_SETS][RANDOM_NAMES];
	struct ruleset of[RANDOM_SETS];
	int64_t scale; /* of all values and thresholds: 1, or one with digits to be lost */
};

/* A condition of at most 2^depth comparisons, made from the same pool, in the scale of the latest sets. */
struct expr *random_truth(enum entity_kind inside, unsigned depth);
/* Borrows from the pool of build_rule.h: good until its next reset. The first set has a form of every name. */
void random_rules(struct random_sets *ret);
