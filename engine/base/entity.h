/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What signals are about. The table is bounded: a machine with more disks than slots gets the first ones, and the rest
 * are counted as refused, never silently lost. A slot is a dense index; it is reused after its entity went away, and the
 * input log's order (gone before born) keeps the two apart.
 *
 * Owner: the engine makes one table; sources and detectors add to it through it, under the engine's single thread.
 */
#pragma once

#include "engine/base/util.h"

#define ENTITY_NAME_MAX 256
#define ENTITY_HOST 0 /* the slot that always exists */
#define ENTITY_NONE UINT16_MAX
#define ENTITY_DEFAULT_MAX 256

enum entity_kind {
	ENTITY_KIND_HOST,
	ENTITY_KIND_CPU,
	ENTITY_KIND_DISK,
	ENTITY_KIND_NETDEV,
	ENTITY_KIND_MOUNT,
	ENTITY_KIND_CGROUP,
	ENTITY_KIND_BOND, /* of events only: no signal is about it */
	ENTITY_KIND_MAX_,
};

#define ENTITY_BIT(kind) (1U << (kind))

/* "host", "cpu", …; the kind of that word, or -1. */
const char *entity_kind_name(enum entity_kind kind);
int entity_kind_of(const char *word);

struct entity {
	enum entity_kind kind;
	bool alive;
	char name[ENTITY_NAME_MAX]; /* "host", "0" for a cpu, "sda", "eth0", "/var", "/system.slice/x.service" */
};

struct entities; /* opaque */

/* `max` slots, host included and already in; NULL when out of memory. */
struct entities *entities_new(unsigned max);

/* The living entity of that kind and name; ENTITY_NONE when there is none. O(1). */
uint16_t entities_find(const struct entities *t, enum entity_kind kind, const char *name);

/* A new slot; ENTITY_NONE (and one more refused) when the table is full or the name too long. The caller announces the
 * birth to the engine. The name must not be living already. */
uint16_t entities_add(struct entities *t, enum entity_kind kind, const char *name);

/* The same into one certain slot, for a reader that rebuilds a recorded table; false when the slot or the name is taken or
 * out of bounds. */
bool entities_add_at(struct entities *t, uint16_t slot, enum entity_kind kind, const char *name);

/* Frees the slot; the caller announced that it is gone before. */
void entities_remove(struct entities *t, uint16_t slot);

/* The entity in that slot, alive or not; never NULL for slot < max. */
const struct entity *entities_get(const struct entities *t, uint16_t slot);
unsigned entities_max(const struct entities *t);
uint64_t entities_refused(const struct entities *t);
struct entities *entities_free(struct entities *t);
