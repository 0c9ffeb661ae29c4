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

#define COMMAND_PATH_MAX 512

struct config;
struct settings_flags;

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

/* The configuration's file: TRACETRAP_CONFIG, else /etc/tracetrap/tracetrap.yaml, which may be absent. */
const char *command_config(void);

/* The configuration as the daemon would have it, flags and environment included; diagnostics go to stderr. 0 or -errno;
 * config_done() in any case. */
int command_load_config(const struct settings_flags *flags, struct config *ret);

/* Where the daemon's things are: by environment (TRACETRAP_STATE_DIR, TRACETRAP_RUN_DIR), else as the configuration says, else
 * /var/lib and /run. A configuration that cannot be read is warned of. Each returns `path`. */
const char *command_state_dir(char path[COMMAND_PATH_MAX]);
const char *command_run_dir(char path[COMMAND_PATH_MAX]);
const char *command_store_dir(char path[COMMAND_PATH_MAX]); /* STATE/incidents */
