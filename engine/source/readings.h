/* SPDX-License-Identifier: GPL-2.0-only */
/* The readings of one tick while they are being collected. Grown as needed; a reading without room is counted. */
#pragma once

#include "engine/base/input.h"

struct readings {
	struct reading *at;
	size_t n, cap;
	uint64_t lost; /* no memory */
};

void readings_add(struct readings *r, uint16_t signal, uint16_t entity, int64_t value);
void readings_add_unknown(struct readings *r, uint16_t signal, uint16_t entity);
/* Known or not as `known` says; a value beyond int64 is the greatest there is. */
void readings_set(struct readings *r, uint16_t signal, uint16_t entity, bool known, uint64_t value);
void readings_done(struct readings *r);
