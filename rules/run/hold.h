/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a condition has been true, for "3s of 5s": stretches of time on a clock that stands still while the condition
 * is unknown. At most HOLD_STRETCHES_MAX are kept; beyond that the oldest is lost, which can only delay a firing.
 */
#pragma once

#include "engine/base/util.h"

#define HOLD_STRETCHES_MAX 512U

struct stretch {
	uint64_t from_ns, to_ns;
};

struct stretches {
	struct stretch *of;
	uint32_t n, cap;
};

/* True from now on, or on since `from` if the last stretch ends there. */
void stretches_add(struct stretches *s, uint64_t from_ns, uint64_t to_ns);
/* The sum within (now − of, now]; forgets what is older. */
uint64_t stretches_sum(struct stretches *s, uint64_t now_ns, uint64_t of_ns);
struct stretches *stretches_free(struct stretches *s);
