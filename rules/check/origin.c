/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/check.h"

struct noting {
	struct checker *checker;
	struct origin *all;
	size_t n;
};

static void note(struct noting *t, const char *prefix, const char *key, struct position at)
{
	_cleanup_buf_ struct buf full = {0};
	buf_printf(&full, "%s%s", prefix, key);
	const char *name = arena_strdup(t->checker->arena, buf_str(&full));
	if (name)
		t->all[t->n++] = (struct origin){name, at};
}

/* Settings within a setting; a list counts as one. */
static void note_map(struct noting *t, const char *prefix, const struct node *map)
{
	static const char *const sections[] = {"arm", "capture", "labels", "limits"};
	for (size_t i = 0; i < map->n; i++) {
		const struct node_pair *p = &map->pairs[i];
		note(t, prefix, p->key->text, p->value->at);
		for (size_t k = 0; !*prefix && k < ARRAY_SIZE(sections); k++) {
			char inner[16];
			snprintf(inner, sizeof(inner), "%s.", sections[k]);
			if (streq(p->key->text, sections[k]) && p->value->kind == NODE_MAPPING)
				note_map(t, inner, p->value);
		}
	}
}

static void note_params(struct noting *t)
{
	const struct rule *r = t->checker->rule;
	for (size_t i = 0; i < r->n_params; i++)
		note(t, "params.", r->params[i].name, r->params[i].at);
}

static void note_overrides(struct noting *t)
{
	const char *key;
	for (size_t i = 0; (key = override_reserved(i)); i++) {
		const struct node *n = overrides_get(t->checker->overrides, t->checker->rule->name, key, NULL);
		if (n)
			note(t, "", key, n->at);
	}
}

void check_origins(struct checker *c)
{
	struct noting t = {.checker = c};
	size_t room = c->map->weight + c->rule->n_params;
	for (size_t i = 0; override_reserved(i); i++)
		room++;
	t.all = arena_array(c->arena, struct origin, room);
	if (!t.all)
		return;
	note_map(&t, "", c->map);
	note_params(&t);
	note_overrides(&t);
	c->rule->origins = t.all;
	c->rule->n_origins = t.n;
}
