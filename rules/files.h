/* SPDX-License-Identifier: GPL-2.0-only */
/* Files and directories of YAML documents (*.yaml, sorted by name), read one after the other. */
#pragma once

#include "rules/text/yaml.h"

struct files {
	const struct load_caps *caps;
	struct arena *arena;
	struct diagnostics *diagnostics;
	void (*take)(struct files *f, const struct node *root); /* a document's root, a mapping */
};

/* What cannot be read, or is no document, is a diagnostic. 0 or -ENOMEM. */
int files_load(struct files *f, const char *path);
int files_load_text(struct files *f, const char *name, const char *text, size_t len);

/* `version: 1`, and beside it nothing but `list`; reports what is wrong. The list itself, NULL when it is none. */
const struct node *files_list(struct files *f, const struct node *root, const char *what, const char *list);
