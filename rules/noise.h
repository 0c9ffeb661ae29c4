/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Known noise, as data: events that are measured rightly and mean nothing. conf/noise/NAME.yaml:
 *
 *     version: 1
 *     filters:
 *       - detector: dropwatch
 *         when: event.state == "CLOSE"            # over the event's fields alone, as in rules; left out: always
 *         stack: [sk_stream_kill_queues]          # any frame within any of these functions; left out: any stack
 *         why: A closing socket throws its receive queue away
 *
 * An event that fulfils all that a filter says is dropped before any rule sees it, and counted. A condition that is unknown
 * drops nothing. Loaded by the rules' own checker: all mistakes of all files at once, and no filters if there was one.
 */
#pragma once

#include "rules/load.h"

struct noise_filter {
	uint16_t detector;
	const char *const *stack; /* function names */
	size_t n_stack;
	const char *why;
	struct position at;
};

struct noise {
	const struct noise_filter *filters;
	/* One rule for each filter, `on` its detector and with its condition, for a machine to judge by. */
	struct ruleset conditions;
};

/* As rules_load(); only paths, vocabulary and caps of the options are looked at. */
int noise_load(const struct load_options *options, struct diagnostics *diagnostics, struct noise **ret);
int noise_load_text(const char *name, const char *text, size_t len, const struct load_options *options,
		    struct diagnostics *diagnostics, struct noise **ret);
struct noise *noise_free(struct noise *n);
