/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of a rule file, section by section, with what each takes: one table for the checker, which refuses every other
 * key, and for the JSON Schema that editors use (schema.h), so that the two cannot differ. Each section stands in the file
 * that checks it.
 */
#pragma once

#include "rules/text/yaml.h"

enum value_kind {
	VALUE_TEXT,
	VALUE_NAME, /* a rule's: [a-z0-9-]+ */
	VALUE_TRUTH,
	VALUE_CHOICE, /* one of `words` */
	VALUE_CHOICES, /* one or a list of them */
	VALUE_VERSION,
	VALUE_CONDITION,
	VALUE_DURATION,
	VALUE_HOLD,
	VALUE_SIZE,
	VALUE_LIMIT,
	VALUE_BETWEEN,
	VALUE_PATTERN,
	VALUE_KIND, /* of entity */
	VALUE_DETECTOR,
	VALUE_DETECTORS,
	VALUE_COLLECTORS,
	VALUE_TEXTS,	  /* one or a list of them */
	VALUE_PARAMS,	  /* a mapping of names to numbers with units */
	VALUE_LABELS,	  /* a mapping of names to texts */
	VALUE_PATTERNS,	  /* a mapping of kinds of entities to patterns */
	VALUE_SECTION,	  /* a mapping as in `of` */
	VALUE_SECTIONS,	  /* a list of such mappings */
	VALUE_ONE_OR_MORE, /* one such mapping, or a list */
	VALUE_KIND_MAX_,
};

struct checker;

struct section_key {
	const char *name;
	enum value_kind value;
	const char *summary;
	bool required;
	const char *const *words; /* NULL at the end */
	const struct section *of;
	void (*check)(struct checker *c, const struct node *n); /* of section_rule's keys */
};

struct section {
	const char *what; /* "a rule": for messages */
	const struct section_key *keys;
	size_t n;
};

extern const struct section section_arm, section_capture, section_exception, section_file, section_limits, section_override,
	section_rule;

/* KEY("rule", VALUE_NAME, "its name", .required = true) */
#define KEY(name_, value_, summary_, ...) {.name = (name_), .value = (value_), .summary = (summary_), __VA_ARGS__}
#define SECTION(what_, keys_) {.what = (what_), .keys = (keys_), .n = ARRAY_SIZE(keys_)}

/* Reports each key of the mapping that the section does not have. */
bool section_check(const struct section *s, const struct node *map, struct diagnostics *d);

/* The words of rule.h's enums, NULL at the end of each. */
extern const char *const severity_words[], *const unknown_words[], *const day_words[];
