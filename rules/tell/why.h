/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a rule holds or does not: its expression as a tree of terms, each with its value, its verdict and, for a
 * comparison, the other side. Evaluation is pure, so the terms are worked out when they are asked for, at the time of the
 * machine's latest input: asked inside the transition callback (as the engine does at a firing) they are exactly what was
 * decided by, an event's fields included; asked later they say how it stands now.
 */
#pragma once

#include "rules/run/machine.h"

struct why_term {
	const struct expr *expr;
	unsigned depth;
	enum truth verdict; /* of a truth term */
	bool known;	    /* of a number term */
	double value;	    /* in quanta of expr->unit */
	uint64_t since_ns;  /* the first evaluation in a row at which it had this verdict; 0: not known (see below) */
	bool blamed;	    /* flipping this term (an unknown one: knowing it) would make the whole any other of the three */
	uint16_t entity;    /* whom it was worked out for: below a quantifier, the first entity that decides it */
};

/* The terms of the rule's `when`, each before its parts, in reading order. Since when is known of the whole and of what `and`,
 * `or` and `not` connect (rules/run/terms.h), unless what stands before it decided at the last evaluation, so that nobody looked
 * at it. The caller frees the array. -ENOENT when the
 * rule does not watch the entity or was never evaluated; 0 with no terms when it has no `when`. */
int why_terms(const struct machine *m, uint16_t rule, uint16_t entity, struct why_term **ret_terms, size_t *ret_n);

/* The same as the JSON object of the bundle's why.json: {rule, entity, at, verdict, state, since_s,
 * verdict_since_s, held_s, hold_s, entity_limit, rule_limit, suppressed_ago_s, exception, terms: [{source, kind, value,
 * unit, text, threshold, verdict, since_s, blamed, depth, entity}]}. Built by hand into text, so that rules/ needs no JSON library.
 *
 * `at` is ns of the timeline; since_s of the state, verdict_since_s of the whole condition and suppressed_ago_s of the last firing
 * without a token count seconds back from the latest input, null for never. `held_s` of `hold_s` is the hold's progress; a limit is
 * {left, of} in tokens, null for none. `value` and `threshold` count whole units (45.2 with unit "%"), null when unknown; in a
 * comparison they are its left and right side, and `text` is both for people: "45.2% > 40.0%". Truths have a `verdict`
 * ("true", "false", "unknown") and since_s as seconds back, null where it is not known; numbers have neither. `entity` is
 * {kind, name}; with a term only where it is not the rule's own. `exception` is {name, reason} of the one that holds, or null. */
int why_json(const struct machine *m, uint16_t rule, uint16_t entity, const struct entity *who, struct buf *out);
