/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of "name value" lines (meminfo, vmstat, memory.stat): picks the wanted lines and adds each value to its column.
 * The order in which a kernel writes them is learned once; then each line is compared with the one name that is next.
 */
#pragma once

#include "engine/source/scan.h"

#define KEYS_MAX 32

struct key {
	const char *name; /* with what ends it: "MemTotal:", "pgfault " */
	uint8_t column;
};

struct keyed {
	const struct key *keys;
	unsigned n, n_found;
	uint8_t order[KEYS_MAX]; /* of the found ones */
};

/* Which names the text has; returns how many. */
unsigned keyed_learn(struct keyed *k, const struct key *keys, unsigned n, const char *text);
bool keyed_has_column(const struct keyed *k, unsigned column);

/* Adds to values[column]; false when a line that was there is missing or has no number: the text is not to be trusted. */
bool keyed_read(const struct keyed *k, const char *text, uint64_t *values);
