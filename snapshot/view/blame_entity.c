/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/json.h"
#include "snapshot/view/blame.h"

static const char *suspect_kind(enum entity_kind kind)
{
	switch (kind) {
	case ENTITY_KIND_CGROUP:
		return "cgroup";
	case ENTITY_KIND_BOND:
		return "bond";
	case ENTITY_KIND_DISK:
	case ENTITY_KIND_NETDEV:
	case ENTITY_KIND_MOUNT:
	case ENTITY_KIND_CPU:
		return "device";
	default:
		return NULL;
	}
}

/* A term over any(disk, …) says in why.json which disk it was that made it true. */
static void blame_term(const struct json_object *term, struct suspects *s)
{
	char name[256], kind[32], text[128];
	struct json_object *entity = json_member(term, "entity");
	if (!entity || !json_flag(term, "blamed") || !json_text(entity, "name", name, sizeof(name)) ||
	    !json_text(entity, "kind", kind, sizeof(kind)))
		return;
	int k = entity_kind_of(kind);
	json_text_cut(term, "text", text, sizeof(text));
	if (k >= 0 && suspect_kind((enum entity_kind)k))
		suspects_add(s, suspect_kind((enum entity_kind)k), name, 0, 0.7, "the rule's term held for it: %s (why.json)", text);
}

void blame_entity(struct collect *c, struct suspects *s)
{
	const struct plan *p = collect_plan(c);
	if (suspect_kind(p->entity_kind))
		suspects_add(s, suspect_kind(p->entity_kind), p->entity, 0, 0.75, "the rule fired for it (why.json)");
	_cleanup_json_ struct json_object *why = p->why ? json_read(p->why, strlen(p->why)) : NULL;
	struct json_object *terms = json_member(why, "terms");
	for (size_t i = 0; i < json_length(terms); i++)
		blame_term(json_object_array_get_idx(terms, i), s);
}
