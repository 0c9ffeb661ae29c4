/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the loaders of rules and of noise have in hand while they read their files. Private to load.c, noise.c and loading.c.
 * The items found so far stand in a list on the arena; what an item is, each of the two defines for itself.
 */
#pragma once

#include "rules/check/check.h"
#include "rules/files.h"

struct listed;

struct loading {
	struct files files; /* the first: files.take gets it */
	struct checker checker;
	struct overrides overrides;
	struct listed *first, **tail;
	size_t n, errors_before;
};

/* No item and no override yet; `take` is given each document's root. `l` must stay where it is. */
void loading_init(struct loading *l, const struct load_options *o, struct diagnostics *d, struct arena *arena,
		  void (*take)(struct files *f, const struct node *root));
/* Of one text, or where that is NULL of the files of the options' paths. 0 or -errno. */
int loading_read(struct loading *l, const struct load_options *o, const char *name, const char *text, size_t len);
/* Whether anything was wrong since. */
bool loading_refused(const struct loading *l);
