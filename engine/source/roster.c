/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/roster.h"

void roster_begin(struct roster *r)
{
	r->turn++;
	r->expected = 0;
}

static bool is_named(const struct roster_item *i, const char *name, size_t len)
{
	return strncmp(i->name, name, len) == 0 && !i->name[len];
}

static struct roster_item *find(struct roster *r, const char *name, size_t len)
{
	for (size_t k = 0; k < r->n; k++) {
		size_t at = r->expected + k < r->n ? r->expected + k : r->expected + k - r->n;
		if (is_named(r->items[at], name, len)) {
			r->expected = at + 1;
			return r->items[at];
		}
	}
	return NULL;
}

static struct roster_item *append(struct roster *r)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 16;
		void *at = realloc(r->items, cap * sizeof(*r->items));
		if (!at)
			return NULL;
		r->items = at;
		r->cap = cap;
	}
	struct roster_item *i = calloc(1, sizeof(*i) + r->own_bytes);
	if (i)
		r->items[r->n++] = i;
	return i;
}

static void try(struct roster_item *i, const struct roster *r, struct env *env)
{
	i->slot = env_born(env, r->kind, i->name);
	i->refused = i->slot == ENTITY_NONE;
}

static struct roster_item *birth(struct roster *r, struct env *env, const char *name, size_t len, roster_wanted_fn wanted)
{
	struct roster_item *i = append(r);
	if (!i)
		return NULL;
	memcpy(i->name, name, len);
	i->own = i + 1;
	i->fresh = true;
	i->slot = ENTITY_NONE;
	if (!wanted || wanted(env, r, i->name))
		try(i, r, env);
	r->expected = r->n;
	return i;
}

struct roster_item *roster_meet(struct roster *r, struct env *env, const char *name, size_t len, roster_wanted_fn wanted)
{
	if (!len || len >= ENTITY_NAME_MAX)
		return NULL;
	struct roster_item *i = find(r, name, len);
	if (!i)
		i = birth(r, env, name, len, wanted);
	if (!i)
		return NULL;
	if (i->refused && !env->is_full)
		try(i, r, env);
	bool again = i->met == r->turn;
	i->met = r->turn;
	return i->slot == ENTITY_NONE || again ? NULL : i;
}

static void forget(struct roster *r, struct roster_item *i)
{
	if (r->own_done && !i->fresh)
		r->own_done(i->own);
	free(i);
}

void roster_end(struct roster *r, struct env *env)
{
	size_t kept = 0;
	for (size_t k = 0; k < r->n; k++) {
		struct roster_item *i = r->items[k];
		if (i->met == r->turn) {
			r->items[kept++] = i;
			continue;
		}
		if (i->slot != ENTITY_NONE)
			env_gone(env, i->slot);
		forget(r, i);
	}
	r->n = kept;
}

void roster_done(struct roster *r)
{
	for (size_t k = 0; k < r->n; k++)
		forget(r, r->items[k]);
	free(r->items);
	*r = (struct roster){0};
}
