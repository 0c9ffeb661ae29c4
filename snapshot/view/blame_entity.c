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

/* Comparisons carry the values; what stands above them does not. */
static bool is_comparison(const struct json_object *term)
{
	char kind[16];
	return json_flag(term, "blamed") && json_member(term, "text") && json_text(term, "kind", kind, sizeof(kind)) &&
	       !streq(kind, "and") && !streq(kind, "or") && !streq(kind, "not");
}

static void blame_own(struct inquiry *q, struct json_object *terms)
{
	char text[128] = "", source[128] = "";
	for (size_t i = json_length(terms); i-- > 0;) {
		const struct json_object *term = json_object_array_get_idx(terms, i);
		if (!is_comparison(term))
			continue;
		json_text_cut(term, "source", source, sizeof(source));
		json_text_cut(term, "text", text, sizeof(text));
	}
	struct charge c = {suspect_kind(q->plan->entity_kind), q->plan->entity, 0, 0, 1, STANDING_PLACE};
	if (*text)
		suspects_add(q->suspects, &c, "the rule fired for it: %s was true with %s (why.json)", source, text);
	else
		suspects_add(q->suspects, &c, "the rule fired for it (why.json)");
}

/* A term over any(disk, …) says in why.json which disk it was that made it true. */
static void blame_term(struct inquiry *q, const struct json_object *term)
{
	char name[256], kind[32], text[128];
	struct json_object *entity = json_member(term, "entity");
	if (!entity || !json_flag(term, "blamed") || !json_text(entity, "name", name, sizeof(name)) ||
	    !json_text(entity, "kind", kind, sizeof(kind)))
		return;
	int k = entity_kind_of(kind);
	if (k < 0 || !suspect_kind((enum entity_kind)k))
		return;
	json_text_cut(term, "text", text, sizeof(text));
	struct charge c = {suspect_kind((enum entity_kind)k), name, 0, 0, 1, STANDING_PLACE};
	suspects_add(q->suspects, &c, "the rule's term held for it: %s (why.json)", text);
}

void blame_entity(struct inquiry *q)
{
	_cleanup_json_ struct json_object *why = q->plan->why ? json_read(q->plan->why, strlen(q->plan->why)) : NULL;
	struct json_object *terms = json_member(why, "terms");
	if (suspect_kind(q->plan->entity_kind)) {
		blame_own(q, terms);
		return;
	}
	for (size_t i = 0; i < json_length(terms); i++)
		blame_term(q, json_object_array_get_idx(terms, i));
}
