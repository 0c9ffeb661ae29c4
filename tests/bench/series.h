/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Made-up signals of the host and their readings, for benchmarks of what is done with them. How they move is the
 * benchmark's own; it is the same in each run. Large: keep it static.
 */
#pragma once

#include "engine/base/clock.h"
#include "engine/base/input.h"
#include "engine/base/vocabulary.h"

#define SERIES_MAX 200

struct series {
	struct signal_def signals[SERIES_MAX];
	struct vocabulary vocabulary;
	uint64_t period_ns[SERIES_MAX];
	char names[SERIES_MAX][16]; /* "signal.007" */
	struct reading readings[SERIES_MAX];
	uint64_t random;
};

static inline uint64_t series_random(struct series *s)
{
	s->random = s->random * 6364136223846793005U + 1442695040888963407U;
	return s->random >> 33;
}

static inline void series_init(struct series *s, uint16_t n, enum tier tier, uint64_t period_ns, int64_t value)
{
	*s = (struct series){.random = 1};
	for (uint16_t i = 0; i < n; i++) {
		snprintf(s->names[i], sizeof(s->names[i]), "signal.%03u", i);
		s->signals[i] = (struct signal_def){s->names[i], UNIT_PERCENT, ENTITY_BIT(ENTITY_KIND_HOST), tier, ""};
		s->period_ns[i] = period_ns;
		s->readings[i] = (struct reading){.signal = i, .value = value};
	}
	s->vocabulary = (struct vocabulary){.signals = s->signals, .n_signals = n};
}
