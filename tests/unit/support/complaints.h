/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that say in their first lines what has to be said about them, so that a mistake, its place and the remedy stand
 * together:
 *     # expect: LINE:COLUMN: CODE NAME: part of the message            (expect-warning: for a warning)
 * Nothing else may be said.
 */
#pragma once

#include "rules/load.h"

/* Loads the file as the test means it; what is wrong goes into the diagnostics. */
typedef int (*complaints_load_fn)(const char *path, struct diagnostics *d);

/* How many of the folder's files were not as they should be, each told; *ret_n is how many there are. */
unsigned complaints_check_bad(const char *folder, complaints_load_fn load, unsigned *ret_n);
/* The same for files that have to load without a word. */
unsigned complaints_check_good(const char *folder, complaints_load_fn load, unsigned *ret_n);
