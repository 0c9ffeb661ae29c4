/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands on bundles have in common: their options, which bundle is meant, a table for people.
 */
#pragma once

#include "engine/cli/command.h"
#include "snapshot/store/store.h"

struct incident_options {
	char store[512];       /* --store DIR, else STATE/incidents */
	const char *directory; /* -C DIR */
	bool json, force, members, off;
	char **words; /* what is no option */
	int n_words;
};

/* Accepts --store always, and of "Cjfmo" (-C, --json, --force, --members, --off) those in `allowed`. 0; EXIT_USAGE, said on stderr. */
int incident_parse(const char *command, const char *allowed, int argc, char **argv, struct incident_options *ret);

/* The bundle a word means, opened; false when there is none, said on stderr. */
bool incident_open(const struct incident_options *o, const char *word, struct bundle **ret);
bool incident_path(const struct incident_options *o, const char *word, char ret_path[512]);

static inline void incident_closep(struct bundle **b)
{
	bundle_close(*b);
}

#define _cleanup_bundle_ _cleanup_(incident_closep)

/* A table: cells row by row, escaped for a terminal and aligned when printed. */
struct grid {
	unsigned columns;
	unsigned right; /* bit per column that is aligned to the right */
	char **cells;
	size_t n;
	bool failed;
};

void grid_add(struct grid *g, const char *fmt, ...) _printf_(2, 3);
/* Each line after `indent`; -ENOMEM when a cell was lost. */
int grid_print(const struct grid *g, const char *indent);
void grid_done(struct grid *g);

/* Foreign text on stdout, made safe line by line. */
void print_escaped(const char *text);
/* The same in lines of the terminal's width, broken at blanks, each after `indent` blanks. */
void print_wrapped(const char *text, int indent);

/* A point in time: RFC 3339, a date, or a span back from now ("2h", "1d12h", "90s"). false: neither. */
bool when_parse(const char *text, uint64_t now_realtime_ns, uint64_t *ret_realtime_ns);
