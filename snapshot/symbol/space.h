/* SPDX-License-Identifier: GPL-2.0-only */
/* Address spaces: which process had which part of which DSO mapped where, and since when. Private to symbol/. */
#pragma once

#include "engine/base/util.h"

struct mapping {
	uint64_t t_ns, start, end, pgoff;
	uint32_t dso, prot, flags;
};

struct space {
	uint32_t pid;
	struct mapping *mappings; /* in order of t_ns */
	size_t n, cap;
};

struct spaces {
	struct space *spaces; /* by pid */
	size_t n, cap;
	size_t mappings; /* in all of them */
};

/* -ENOMEM, -E2BIG when there are more than we keep. One that is there already is left alone. */
int spaces_map(struct spaces *s, uint32_t pid, const struct mapping *m);
int spaces_fork(struct spaces *s, uint32_t child, uint32_t parent, uint64_t t_ns);
const struct space *spaces_get(const struct spaces *s, uint32_t pid); /* NULL */
/* The newest mapping at t_ns that holds addr, else the first one after it; NULL. */
const struct mapping *spaces_find(const struct spaces *s, uint32_t pid, uint64_t addr, uint64_t t_ns);
void spaces_done(struct spaces *s);
