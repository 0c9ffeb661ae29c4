/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is allowed but hardly meant, and a few mistakes of thinking rather than of spelling: each has a code that stays, a
 * name, and a paragraph for `tracetrap check --explain CODE`.
 *
 *     TT1xx  conditions      TT2xx  times      TT3xx  detectors      TT4xx  captures      TT5xx  rules among themselves
 */
#pragma once

#include "engine/base/util.h"

struct lint {
	const char *code;      /* "TT101" */
	const char *name;      /* a diagnostic's `code`: "never-true" */
	const char *paragraph; /* words in one line, to be wrapped */
};

extern const struct lint lints[]; /* sorted by code */
extern const size_t lints_n;

/* By code, in either case, or by name; NULL when there is none. */
const struct lint *lint_find(const char *word);
