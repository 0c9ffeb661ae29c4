/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Token buckets on CLOCK_BOOTTIME. A bucket is where it stood at `stamp`; what has flowed in since is worked out when it is
 * asked. A stamp in the future means that the machine was booted since: then at least the present uptime has passed.
 *
 * An entity's bucket outlives the entity (a service that is killed and restarted all day is one service): spent ones are
 * remembered by name, at most LIMITS_REMEMBERED_MAX, the oldest given up first.
 */
#pragma once

#include "rules/rule.h"

#define LIMITS_REMEMBERED_MAX 1024

struct bucket {
	uint64_t stamp_ns;
	uint32_t tokens;
};

void bucket_refill(struct bucket *b, const struct limit *l, uint64_t boot_ns);
/* A token from each or none from any. Limits whose burst is 0 always give. */
bool buckets_take(struct bucket *const *buckets, const struct limit *const *limits, size_t n, uint64_t boot_ns);

struct remembered {
	char *rule, *name;
	enum entity_kind kind;
	struct bucket bucket;
};

struct remembered_buckets {
	struct remembered *of;
	size_t n;
};

/* Takes the place of what was remembered under that name. A failed allocation forgets: the bucket starts full again. */
void buckets_remember(struct remembered_buckets *r, const char *rule, enum entity_kind kind, const char *name,
		      const struct bucket *b);
/* Hands the bucket out and forgets it; false when there is none. */
bool buckets_recall(struct remembered_buckets *r, const char *rule, enum entity_kind kind, const char *name,
		    struct bucket *ret);
void buckets_done(struct remembered_buckets *r);
