/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the lint; what each complaint means stands in rules/kinds/lints.c. Private to rules/check and rules/load.c. */
#pragma once

#include "rules/check/bound.h"
#include "rules/check/check.h"

/* The sides of a chain of one connective, `when: a and b and c`. False when there are more than fit. */
#define LINT_SIDES_MAX 32
struct sides {
	const struct expr *of[LINT_SIDES_MAX];
	size_t n;
};
bool lint_sides(const struct expr *e, enum expr_kind connective, struct sides *ret);

/* lint_bounds.c: thresholds that nothing reaches, that exclude each other, that leave nothing out. */
void lint_bounds(struct checker *c, const struct expr *e);
void lint_clear(struct checker *c);

/* lint_cost.c */
void lint_cost(struct checker *c);

/* lint_overlap.c: rules among themselves, once all are checked. */
void lint_overlaps(const struct rule *rules, size_t n, struct diagnostics *d);
