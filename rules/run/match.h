/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which entities a rule or a quantifier is about. A pattern is a glob (anchored, * crosses /) or an extended regular
 * expression between slashes (anchored too), compiled once.
 *
 * Without a pattern all entities of the kind match but the usual noise: disks loop*, ram*, zram*, fd* and sr*, partitions
 * (a name that begins like a disk's and ends in its number: sda1, nvme0n1p2, mmcblk0p1), and the netdev lo. A pattern
 * that names them gets them: `match: "*"` is everything.
 */
#pragma once

#include "engine/base/entity.h"
#include "engine/base/expression.h"

#include <regex.h>

/* A pattern may come out of a stranger's bundle: longer ones are refused, and what expression_is_affordable() refuses. */
#define MATCH_PATTERN_MAX EXPRESSION_MAX

struct matcher {
	enum entity_kind kind;
	const char *glob; /* borrowed; NULL for an expression or for the usual ones */
	bool is_regex;
	regex_t regex;
};

/* 0, -EINVAL when the pattern is none or refused, -ENOMEM. `pattern` must outlive the matcher; NULL: the usual ones. */
int matcher_init(struct matcher *m, enum entity_kind kind, const char *pattern);
bool matcher_matches(const struct matcher *m, enum entity_kind kind, const char *name);
void matcher_done(struct matcher *m);
