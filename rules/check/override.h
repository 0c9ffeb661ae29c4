/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is said about a rule elsewhere than in it: `override:` of files, in the order read, and then, the last word,
 * `--set RULE.PARAM=VALUE`, `--set RULE.limits.entity=4/1h`, `--set RULE.enabled=false`. Taken apart once, looked up by each
 * rule, and complained about at the end when nobody took them. Later ones win.
 */
#pragma once

#include "rules/text/node.h"

struct override {
	struct override *next;
	const char *rule, *key;
	const struct node *value; /* of --set: a scalar that stands at "--set:1:COLUMN" */
	struct position at, key_at;
	bool used;
};

struct overrides {
	struct override *first, *last;
};

/* Reports what is not RULE.KEY=VALUE. */
void overrides_read(struct overrides *o, const char *const *texts, size_t n, struct arena *arena, struct diagnostics *d);

/* The list below `override:` of a file, or the only one. */
void overrides_take(struct overrides *o, const struct node *list, struct arena *arena, struct diagnostics *d);

/* The value for a rule's key (a parameter's name, "enabled", "severity", "limits.entity", "limits.rule"), `otherwise` when
 * it is not overridden. */
const struct node *overrides_get(struct overrides *o, const char *rule, const char *key, const struct node *otherwise);

/* What can be set beside parameters, NULL after the last. A parameter cannot be called like one of these, so that
 * --set RULE.enabled=false is of one meaning. */
const char *override_reserved(size_t i);
bool override_is_reserved(const char *key);

/* Those that named no rule, or nothing that can be set in it. */
void overrides_complain(const struct overrides *o, const struct rule *rules, size_t n, struct diagnostics *d);
