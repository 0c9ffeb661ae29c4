/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One YAML document as a tree of nodes that know where they stand, so that every later complaint points at the word that
 * is wrong. Used for rules and for tracetrap.yaml alike; what the keys mean is not known here. node.h fetches from it.
 *
 * It takes what people write by hand and refuses the rest with a diagnostic: syntax errors and non-UTF-8 (as libyaml finds
 * them), a second document, tags, keys that are not scalars or stand twice, and whatever goes beyond struct load_caps.
 * An alias shares the anchor's nodes and counts as many as the anchor holds, so a bomb costs no more than its first level.
 *
 * Everything below the root, the source's text included, lives in the arena.
 */
#pragma once

#include "engine/base/arena.h"
#include "rules/load.h"

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };
enum node_style { NODE_PLAIN, NODE_SINGLE_QUOTED, NODE_DOUBLE_QUOTED, NODE_BLOCK };

struct node_pair {
	const struct node *key; /* a scalar */
	const struct node *value;
};

struct node {
	enum node_kind kind;
	enum node_style style; /* of a scalar; true, ~ and numbers are words only when plain, but we never guess types */
	struct position at;
	const char *text; /* of a scalar, without NUL inside */
	size_t len;
	const struct node *const *items; /* of a sequence */
	const struct node_pair *pairs;	 /* of a mapping, in the order written */
	size_t n;			 /* items or pairs */
	const struct source *source;
	size_t offset; /* in the source, bytes, behind anchors */
	size_t weight; /* nodes in this subtree, aliases expanded */
	unsigned height;
};

/* 0 and the whole tree; -EINVAL with an error in `diagnostics` when there is none; -ENOMEM. A key that stands twice is an
 * error too, but leaves a tree, so that all other mistakes can be told as well: ask diagnostics_count() before you use
 * what you built. `name` stands for the file in positions. */
int yaml_load(const char *name, const char *text, size_t len, const struct load_caps *caps, struct arena *arena,
	      struct diagnostics *diagnostics, const struct node **ret_root);

/* Where byte `offset` of a scalar's value stands in its file, through quotes, escapes, folding and block indentation. Exact
 * at every byte that is not white space. */
struct position node_place(const struct node *scalar, size_t offset);
