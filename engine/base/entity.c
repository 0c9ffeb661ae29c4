/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/entity.h"

static const char *const kinds[ENTITY_KIND_MAX_] = {
	[ENTITY_KIND_HOST] = "host",	 [ENTITY_KIND_CPU] = "cpu",	[ENTITY_KIND_DISK] = "disk",
	[ENTITY_KIND_NETDEV] = "netdev", [ENTITY_KIND_MOUNT] = "mount", [ENTITY_KIND_CGROUP] = "cgroup",
	[ENTITY_KIND_BOND] = "bond",
};

struct entities {
	unsigned max, n_buckets; /* n_buckets is a power of two */
	uint64_t refused;
	uint16_t *bucket; /* first slot of each hash chain, ENTITY_NONE ends it */
	uint16_t *next;
	struct entity *slot;
};

const char *entity_kind_name(enum entity_kind kind)
{
	return kinds[kind];
}

int entity_kind_of(const char *word)
{
	for (int i = 0; i < ENTITY_KIND_MAX_; i++)
		if (streq(kinds[i], word))
			return i;
	return -1;
}

/* FNV-1a over kind and name. */
static uint16_t *chain_of(const struct entities *t, enum entity_kind kind, const char *name)
{
	uint32_t h = 2166136261U ^ (uint32_t)kind;
	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619U;
	return &t->bucket[h & (t->n_buckets - 1)];
}

struct entities *entities_new(unsigned max)
{
	max = CLAMP(max, 1U, ENTITY_NONE - 1U);
	struct entities *t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->max = max;
	for (t->n_buckets = 16; t->n_buckets < max; t->n_buckets *= 2)
		;
	t->bucket = malloc(t->n_buckets * sizeof(*t->bucket));
	t->next = malloc(max * sizeof(*t->next));
	t->slot = calloc(max, sizeof(*t->slot));
	if (!t->bucket || !t->next || !t->slot)
		return entities_free(t);
	memset(t->bucket, 0xff, t->n_buckets * sizeof(*t->bucket));
	entities_add(t, ENTITY_KIND_HOST, "host");
	return t;
}

uint16_t entities_find(const struct entities *t, enum entity_kind kind, const char *name)
{
	uint16_t i = *chain_of(t, kind, name);
	while (i != ENTITY_NONE && (t->slot[i].kind != kind || !streq(t->slot[i].name, name)))
		i = t->next[i];
	return i;
}

static void slot_fill(struct entities *t, uint16_t slot, enum entity_kind kind, const char *name)
{
	struct entity *e = &t->slot[slot];
	e->kind = kind;
	e->alive = true;
	strcpy(e->name, name);
	uint16_t *chain = chain_of(t, kind, name);
	t->next[slot] = *chain;
	*chain = slot;
}

uint16_t entities_add(struct entities *t, enum entity_kind kind, const char *name)
{
	unsigned i = 0;
	while (i < t->max && t->slot[i].alive)
		i++;
	if (i == t->max || strlen(name) >= ENTITY_NAME_MAX) {
		t->refused++;
		return ENTITY_NONE;
	}
	slot_fill(t, (uint16_t)i, kind, name);
	return (uint16_t)i;
}

bool entities_add_at(struct entities *t, uint16_t slot, enum entity_kind kind, const char *name)
{
	if (slot >= t->max || t->slot[slot].alive || strlen(name) >= ENTITY_NAME_MAX ||
	    entities_find(t, kind, name) != ENTITY_NONE)
		return false;
	slot_fill(t, slot, kind, name);
	return true;
}

void entities_remove(struct entities *t, uint16_t slot)
{
	struct entity *e = &t->slot[slot];
	uint16_t *link = chain_of(t, e->kind, e->name);
	while (*link != slot)
		link = &t->next[*link];
	*link = t->next[slot];
	e->alive = false;
}

const struct entity *entities_get(const struct entities *t, uint16_t slot)
{
	return &t->slot[slot];
}

unsigned entities_max(const struct entities *t)
{
	return t->max;
}

uint64_t entities_refused(const struct entities *t)
{
	return t->refused;
}

struct entities *entities_free(struct entities *t)
{
	if (t) {
		free(t->bucket);
		free(t->next);
		free(t->slot);
		free(t);
	}
	return NULL;
}
