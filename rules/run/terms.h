/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Since when each term of a `when` says what it says: the truths below its `and`, `or` and `not`, of one rule × entity. What an
 * evaluation came by is a word of two bits a term, so that one that says the same as the one before costs a comparison of two
 * words. For people; nothing is decided by it. The whole condition is told by the instance itself.
 *
 *     0  not looked at: what stands before it decided        1 + enum truth  what it said
 */
#pragma once

#include "engine/base/util.h"

#define SAID_TERMS_MAX 12U /* of one condition; since when others hold is not told */
#define TERMS_BITS 24
#define TERMS_ALL ((1U << TERMS_BITS) - 1)
#define TERM_NONE UINT8_MAX

typedef uint32_t terms_word; /* below 1 << TERMS_BITS */

static inline unsigned terms_said(terms_word said, unsigned term)
{
	return said >> 2 * term & 3;
}

/* `n` terms that said `before` say `now`. */
void terms_take(uint64_t *since_ns, unsigned n, terms_word before, terms_word now, uint64_t now_ns);
