/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A random course of events, and the three who have to agree on it: random rules watch a random world as a daemon lets them,
 * beside the naive evaluator; what they were told and decided goes into the input log; and that is replayed.
 *
 *     world ─▶ inputs ─┬─▶ machine ─▶ transitions ═ naive evaluator's, and every term's value
 *                      └─▶ log ◀──────────┘ └─────═ replay's, of every set, from the beginning and from within
 *
 * All follows from the seed. Knows nothing of cmocka: tests/property/ runs it at full size.
 */
#pragma once

#include "engine/base/buf.h"

#include <sodium.h>

struct course_sum {
	crypto_hash_sha256_state digest; /* of all transitions, and of the values of terms that were looked at */
	uint64_t inputs, readings, reloads, transitions, firings, terms, replayed; /* the last: transitions decided again */
};

void course_sum_begin(struct course_sum *sum);
/* Runs one and adds it up. False after saying on stderr what disagreed. */
bool course_run(uint64_t seed, unsigned inputs, struct course_sum *sum);
/* "… inputs with … readings and … reloads led to … transitions" and the digest in hex, a line each. */
void course_sum_say(const struct course_sum *sum, struct buf *out);
