/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files and directories of YAML documents (*.yaml, sorted by name), read one after the other.
 *
 * A file may include others: what it includes is read before the rest of it, so that the including file has the last word.
 * A file that was read already is not read again for an `include` or a directory's sake; one that includes itself, by
 * however many others, is an error that tells the way. What is wrong in an included file says who included it.
 */
#pragma once

#include "rules/stamps.h"
#include "rules/text/yaml.h"

#define INCLUDE_DEPTH_MAX 8
#define FILES_MAX 512

struct opened_file;

struct files {
	const struct load_caps *caps;
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct stamps *stamps; /* of what is read; NULL: not wanted */
	void (*take)(struct files *f, const struct node *root); /* a document's root, a mapping */

	struct opened_file *opened;
	const struct opened_file *current; /* whose document is being taken; NULL: a text in memory, which includes nothing */
	size_t n_opened;
	bool full; /* one more was refused; said once */
};

/* What cannot be read, or is no document, is a diagnostic. 0 or -ENOMEM. */
int files_load(struct files *f, const char *path);
int files_load_text(struct files *f, const char *name, const char *text, size_t len);

/* `list`: paths, directories and globs, relative to the file that is being taken. */
void files_include(struct files *f, const struct node *list);

/* `version: 1`; reports what is wrong. */
void files_check_version(struct files *f, const struct node *root, const char *what);
/* `version: 1`, and beside it nothing but `list`; reports what is wrong. The list itself, NULL when it is none. */
const struct node *files_list(struct files *f, const struct node *root, const char *what, const char *list);
