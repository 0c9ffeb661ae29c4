/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What no test notices. Each number and operator of a rule's conditions, and each of its times, is changed a little; where
 * the tests still pass, the change survives, and nobody would notice if the rule were written so.
 *
 *     comparison  > ↔ >=, < ↔ <=, == ↔ !=
 *     logic       and ↔ or, any ↔ all
 *     arithmetic  + ↔ −, × ↔ ÷
 *     threshold   a number or parameter of a comparison, at each of its places: a hundredth more and less, at least one
 *                 quantum (a task, a ppm, a byte), so that a test stands on both sides of it
 *     time        a hold, a window, arm.for: a tenth more and less, from two seconds on at least one second, since most
 *                 signals are read once a second
 *     exception   the ends of `between` by a minute, each day of `days`
 *
 * A rule is changed in place, between two runs of its tests, and changed back.
 */
#pragma once

#include "engine/base/arena.h"
#include "rules/rule.h"

enum mutation_class {
	MUTATION_COMPARISON,
	MUTATION_LOGIC,
	MUTATION_ARITHMETIC,
	MUTATION_THRESHOLD,
	MUTATION_TIME,
	MUTATION_EXCEPTION,
	MUTATION_CLASSES_,
};

const char *mutation_class_name(enum mutation_class c); /* "comparisons" */

struct mutation {
	const struct rule *rule;
	struct position at;
	enum mutation_class class;
	const char *from, *to; /* ">", ">=" */

	/* where it is, and what stands there the other half of the time */
	enum { MUTATES_KIND, MUTATES_NUMBER, MUTATES_TIME, MUTATES_CLOCK, MUTATES_DAYS } what;
	union {
		enum expr_kind *kind;
		double *number;
		uint64_t *time_ns;
		uint32_t *clock_s;
		uint8_t *days;
	} target;
	union {
		enum expr_kind kind;
		double number;
		uint64_t time_ns;
		uint32_t clock_s;
		uint8_t days;
	} other;
};

struct mutations {
	struct mutation *of;
	size_t n;
};

/* All mutations of a set, in an order that only depends on how the rules are written: the k-th of two sets of the same
 * files is the same change, whatever their overrides. -ENOMEM. */
int mutations_list(const struct ruleset *set, struct arena *arena, struct mutations *ret);

/* Applies it, or takes it back. */
void mutation_swap(struct mutation *m);
