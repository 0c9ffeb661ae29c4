/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of diagnostics: each has a code that stays, a name, and what `tracetrap check --explain CODE` tells of it. A
 * theme is a file here, a kind is a row there.
 *
 *     TT0xx  files.c: files, YAML, keys               TT6xx  values.c: what stands behind a key
 *     TT1xx  lints.c: conditions                      TT7xx  expressions.c: conditions
 *     TT2xx           times                           TT8xx  trials.c: rule tests
 *     TT3xx           detectors                       TT9xx  settings.c: noise, log patterns, the configuration
 *     TT4xx           captures
 *     TT5xx           rules among themselves
 *
 * Those of lints.c are allowed but hardly meant, apart from two mistakes of thinking among the times; all others are errors.
 */
#pragma once

#include "engine/base/util.h"

struct kind {
	const char *code;      /* "TT101" */
	const char *name;      /* a diagnostic's `code`: "never-true" */
	const char *paragraph; /* words in one line, to be wrapped */
	const char *wrong, *right; /* a line that is refused, and the same mended; NULL where that says nothing */
};

/* The i-th by code, NULL behind the last. */
const struct kind *kind_at(size_t i);

/* By code, in either case, or by name; NULL when there is none. */
const struct kind *kind_find(const char *word);
