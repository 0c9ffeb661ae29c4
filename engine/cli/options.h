/* SPDX-License-Identifier: GPL-2.0-only */
/* A subcommand's options, by getopt_long(), with one way to say what is wrong with one. */
#pragma once

#include "engine/base/util.h"

#include <getopt.h>

/* The next option's `val`, -1 after the last one. '?': options_wrong() says why; nothing was printed yet. */
int options_next(int argc, char **argv, const char *letters, const struct option *options);

/* Of the option that options_next() called '?', or that this command does not have: unknown (with the nearest name), without
 * its value, or with one that it does not take. EXIT_USAGE. */
int options_wrong(const char *command, const struct option *options, char **argv);
