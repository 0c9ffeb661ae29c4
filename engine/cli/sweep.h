/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `--set RULE.PARAM=A..B/STEP`: what a rule would do over a range of a parameter. A, B and STEP carry the same unit; STEP
 * may be left out and is then a tenth of the way.
 */
#pragma once

#include "engine/base/util.h"

#define SWEEP_TEXT_MAX 256
#define SWEEP_STEPS_MAX 1000U

struct sweep {
	char key[128], unit[16]; /* "cpu-sys-spike.level", "%" */
	double from, step;
	unsigned n;		 /* values */
};

/* Whether an override asks for a range at all. */
bool sweep_is(const char *override);

/* false when the range is none: its ends, units or step do not fit, or it has over SWEEP_STEPS_MAX values. */
bool sweep_parse(const char *override, struct sweep *ret);

/* The override of the i-th value, "cpu-sys-spike.level=45%"; returns `text`. */
const char *sweep_value(const struct sweep *s, unsigned i, char text[SWEEP_TEXT_MAX]);
