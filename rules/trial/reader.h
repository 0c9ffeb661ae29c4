/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the loader of test files share: suite.c reads the file, given.c what a test gives, expected.c what it
 * expects. Private to them. Every function reports what it finds wrong and goes on. */
#pragma once

#include "rules/files.h"
#include "rules/trial/suite.h"

struct reader {
	struct files files; /* the first: files.take gets it */
	const struct vocabulary *vocabulary;
	struct suite *suite;
	struct trial_test *test; /* the one in hand */
	bool taken;		 /* a document was read */
};

#define trial_error(r, at, code, ...) diagnostics_add((r)->files.diagnostics, DIAGNOSTIC_ERROR, at, code, __VA_ARGS__)

/* The keys of a test that tell what happens: series, gone, events, attached. NULL: not there. */
void given_read(struct reader *r, const struct node *map);
void expected_read(struct reader *r, const struct node *list);

/* A name of the vocabulary, or -1 after it was reported with the nearest. */
int reader_detector(struct reader *r, const struct node *n);

/* A path as the file gives it, from where we are. */
const char *reader_path(struct reader *r, const char *path);
