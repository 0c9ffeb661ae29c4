/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a rule holds or does not: its expression as a tree of terms, each with its value, its verdict and, for a
 * comparison, the other side. The values are those of the machine's last evaluation; nothing is evaluated twice.
 */
#pragma once

#include "rules/run/machine.h"

struct why_term {
	const struct expr *expr;
	unsigned depth;
	enum truth verdict; /* of a truth term */
	bool known;	    /* of a number term */
	double value;	    /* in quanta of expr->unit */
	bool blamed;	    /* flipping this term would flip the whole */
};

/* The terms of the rule's `when` in reading order. The caller frees the array. -ENOENT when the rule does not watch the
 * entity or was never evaluated. */
int why_terms(const struct machine *m, uint16_t rule, uint16_t entity, struct why_term **ret_terms, size_t *ret_n);

/* The same as the JSON object of the bundle's why.json: {rule, entity, at, verdict, state, terms: [{source, kind, value,
 * unit, text, threshold, verdict, blamed, depth}]}. Built by hand into text, so that rules/ needs no JSON library. */
int why_json(const struct machine *m, uint16_t rule, uint16_t entity, const struct entity *who, struct buf *out);
