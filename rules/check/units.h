/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The algebra of units. A unit is a power of bytes, a power of seconds, whether it is a share (percent), and the decimal
 * exponent of its quantum. Percent of something is something (20% * mem.total is bytes), something over the same is a
 * bare number, a count over a time is a rate; what has no name among our units is refused.
 */
#pragma once

#include "engine/base/unit.h"

/* The quantum as a power of ten: -6 for ppm, -9 for ns, 0 for bytes. */
int unit_exponent(enum unit unit);

/* COUNT, MILLI and NUMBER: they mix freely. */
bool unit_is_plain(enum unit unit);

/* The unit of a × b or a ÷ b; false when it has none. *ret_exponent: the quanta have to be multiplied by ten to that. */
bool unit_multiply(enum unit a, enum unit b, enum unit *ret, int *ret_exponent);
bool unit_divide(enum unit a, enum unit b, enum unit *ret, int *ret_exponent);

/* The unit of rate() and slope() over a signal in that unit; false when it has none. */
bool unit_per_second(enum unit unit, enum unit *ret);

/* "a percentage", "bytes", "a time": for messages; how a literal ends: "%", "MiB", "ms", "" for bare ones. */
const char *unit_describe(enum unit unit);
const char *unit_suffix(enum unit unit);
