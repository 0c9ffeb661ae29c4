/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `--set RULE.PARAM=VALUE`, `--set RULE.limits.entity=4/1h`: taken apart once, looked up by each rule, and complained
 * about at the end when nobody took them. Later ones win.
 */
#pragma once

#include "rules/text/node.h"

struct override {
	const char *rule, *key;
	const struct node *value; /* a scalar that stands at "--set:1:COLUMN" */
	struct position at, key_at;
	bool used;
};

struct overrides {
	struct override *all;
	size_t n;
};

/* Reports what is not RULE.KEY=VALUE. */
struct overrides overrides_read(const char *const *texts, size_t n, struct arena *arena, struct diagnostics *d);

/* The value for a rule's key, `otherwise` when it is not overridden. */
const struct node *overrides_get(struct overrides *o, const char *rule, const char *key, const struct node *otherwise);

/* Those that named no rule, or nothing that can be set in it. */
void overrides_complain(const struct overrides *o, const struct rule *rules, size_t n, struct diagnostics *d);
