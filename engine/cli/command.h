/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Subcommands: one cmd_NAME.c and one row in table.c each.
 *
 * Exit codes: EXIT_OK, EXIT_FOUND (failed, or found something), EXIT_USAGE, EXIT_WARNINGS, EXIT_UNSUPPORTED.
 */
#pragma once

#include "engine/base/util.h"

enum {
	EXIT_OK = 0,
	EXIT_FOUND = 1,
	EXIT_USAGE = 2,
	EXIT_WARNINGS = 3,
	EXIT_UNSUPPORTED = 77,
};

struct command {
	const char *name;
	const char *arguments; /* "[--json] BUNDLE" */
	const char *summary;
	int (*run)(int argc, char **argv); /* argv[0] is the subcommand */
	bool hidden;			   /* processes of ours: worker, writer, helper */
};

extern const struct command command_table[]; /* sorted by name */
extern const size_t command_table_n;

const struct command *command_find(const char *name); /* NULL when there is none */
int command_unknown(const char *name);		       /* says so, with the nearest name; EXIT_USAGE */

/* "tracetrap NAME: message" and a pointer to --help, on stderr; returns EXIT_USAGE. */
int command_usage(const char *name, const char *fmt, ...) _printf_(2, 3);

/* True when the first argument is --help, which was then printed. */
bool command_wants_help(const char *name, int argc, char **argv);

/* Where things are, from flags and environment: TRACETRAP_CONFIG, TRACETRAP_STATE_DIR, TRACETRAP_RUN_DIR. */
const char *command_state_dir(void); /* /var/lib/tracetrap */
const char *command_run_dir(void);   /* /run/tracetrap */
const char *command_config(void);    /* /etc/tracetrap/tracetrap.yaml */
const char *command_store_dir(char path[512], const char *state_dir); /* STATE/incidents */
