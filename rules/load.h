/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From files to a ruleset: the front door of rules/text and rules/check. All mistakes of all files are reported at once;
 * a ruleset exists only if there were none. Reads files and directories (*.yaml, sorted by name) and what they include,
 * nothing else. First all files are read, then the rules are checked, as all overrides together make them.
 */
#pragma once

#include "rules/rule.h"

enum diagnostic_level { DIAGNOSTIC_ERROR, DIAGNOSTIC_WARNING };

struct diagnostic {
	enum diagnostic_level level;
	struct position at;
	const char *code;    /* "unknown-signal": of rules/kinds/kind.h: stable, for --json and for looking it up */
	const char *message; /* "unknown signal 'cpu.sytem', did you mean 'cpu.sys'?" */
};

struct diagnostics; /* opaque; owns its texts */

struct diagnostics *diagnostics_new(void);
void diagnostics_add(struct diagnostics *d, enum diagnostic_level level, struct position at, const char *code,
		     const char *fmt, ...) _printf_(5, 6);
/* From now on whatever is added about `file` says that it was included there. */
void diagnostics_included(struct diagnostics *d, const char *file, struct position from);
size_t diagnostics_count(const struct diagnostics *d, enum diagnostic_level level);
/* Sorted by file, line, column. The array lives until the next addition. */
const struct diagnostic *diagnostics_all(struct diagnostics *d, size_t *ret_n);
/* "file:line:col: error: message [TT711]"; `tracetrap check --explain TT711` has more to say */
void diagnostic_format(struct buf *out, const struct diagnostic *d);
struct diagnostics *diagnostics_free(struct diagnostics *d);

/* Bounds on one file, so that a rule out of a stranger's bundle cannot take the machine. */
struct load_caps {
	size_t file_bytes, scalar_bytes, nodes, depth, rules;
	uint64_t span_ns; /* the longest window */
};

extern const struct load_caps load_caps_default;

struct load_options {
	const char *const *paths; /* files and directories */
	size_t n_paths;
	const char *const *overrides; /* "RULE.PARAM=VALUE", "RULE.limits.entity=4/1h" (or none), "RULE.enabled=false" */
	size_t n_overrides;
	const struct vocabulary *vocabulary;
	const struct load_caps *caps; /* NULL: load_caps_default */
	uint64_t store_bytes; /* what all captures together may take, for the lint; 0: not known */
	struct stamps *stamps; /* of the files read; NULL: not wanted */
};

/* 0 and a set, or -EINVAL with at least one error in `diagnostics` (a missing file is one too), -ENOMEM. Warnings may
 * come with a success. Overrides that name no rule or parameter are errors at "--set:1:COLUMN". */
int rules_load(const struct load_options *options, struct diagnostics *diagnostics, struct ruleset **ret_set);

/* The same for one document in memory, as replay needs it for a bundle's own rule.yaml. `name` stands for the file. */
int rules_load_text(const char *name, const char *text, size_t len, const struct load_options *options,
		    struct diagnostics *diagnostics, struct ruleset **ret_set);
