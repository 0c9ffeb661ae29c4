/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The things one part finds by name in each reading: disks, network devices, mounts, cgroups. Keeps per thing what the
 * part needs, tells the new from the gone, and remembers those left out so that they are judged once.
 *
 *     roster_begin ─ roster_meet(name) … ─ roster_end
 *
 * Things mostly come in the same order each time: meeting the expected one costs one comparison.
 */
#pragma once

#include "engine/source/part.h"

struct roster_item {
	char name[ENTITY_NAME_MAX];
	uint16_t slot; /* ENTITY_NONE: left out */
	bool refused;  /* by a full table: tried again when something has left it */
	bool fresh;    /* met for the first time: the part sets up `own` */
	uint32_t met;
	void *own; /* the part's, of own_bytes, zeroed at birth */
};

struct roster {
	enum entity_kind kind;
	size_t own_bytes;
	void (*own_done)(void *own); /* NULL: nothing to do */
	struct roster_item **items;
	size_t n, cap, expected;
	uint32_t turn;
};

void roster_begin(struct roster *r);
/* The item of that name, made if it is new and `wanted` (NULL: all) says so. NULL: left out, refused or no memory. */
typedef bool (*roster_wanted_fn)(const struct env *env, const struct roster *r, const char *name);
struct roster_item *roster_meet(struct roster *r, struct env *env, const char *name, size_t len, roster_wanted_fn wanted);
/* Those not met since roster_begin() are gone. */
void roster_end(struct roster *r, struct env *env);
void roster_done(struct roster *r);
