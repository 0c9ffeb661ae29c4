/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/noise.h"

#include "rules/loading.h"

#define FILTERS_MAX 500

struct listed {
	struct listed *next;
	struct noise_filter filter;
	struct rule condition;
};

static void take_detector(struct checker *c, struct noise_filter *f, const struct node *n)
{
	const char *name;
	if (!node_string(n, c->diagnostics, &name))
		return;
	c->rule->on = check_detector(c, name, n->at);
	f->detector = (uint16_t)MAX(c->rule->on, 0);
}

/* Nothing that a machine would have to be told of. */
static void check_fields_only(struct checker *c, const struct expr *e)
{
	if (!e)
		return;
	if (e->kind == EXPR_SIGNAL || e->kind == EXPR_WINDOW || e->kind == EXPR_EVENTS || e->kind == EXPR_TALLY ||
	    e->kind == EXPR_ANY || e->kind == EXPR_ALL)
		check_error_at(c, e->at, "not-of-the-event", "'%s': a filter may only look at the fields of its event, event.NAME",
			       e->source);
	else
		check_fields_only(c, e->a);
	check_fields_only(c, e->b);
}

static void take_condition(struct checker *c, const struct node *n)
{
	c->rule->when = check_condition(c, n);
	check_fields_only(c, c->rule->when);
	check_number_exprs(c);
}

static bool has_stack(const struct checker *c)
{
	const struct detector_def *d = &c->vocabulary->detectors[c->rule->on];
	for (size_t i = 0; i < d->n_fields; i++)
		if (d->fields[i].type == FIELD_STACK)
			return true;
	return false;
}

static void take_stack(struct checker *c, struct noise_filter *f, const struct node *n)
{
	if (!node_strings(n, c->arena, c->diagnostics, &f->stack, &f->n_stack))
		return;
	if (!has_stack(c))
		check_error_at(c, n->at, "no-stack", "events of '%s' have no stack; ask for its fields in `when`",
			       c->vocabulary->detectors[c->rule->on].name);
}

static void check_missing(struct checker *c, const struct node *map)
{
	static const char *const wanted[] = {"detector", "why"};
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!node_get(map, wanted[i]))
			check_error_at(c, map->at, "missing-key", "this filter has no '%s'", wanted[i]);
	if (!node_get(map, "when") && !node_get(map, "stack"))
		check_error_at(c, map->at, "missing-key", "this filter has neither 'when' nor 'stack': it would drop every event");
}

static void read_filter(struct checker *c, const struct node *map, struct listed *ret)
{
	static const char *const keys[] = {"detector", "stack", "when", "why"};
	ret->filter = (struct noise_filter){.why = "", .at = map->at};
	ret->condition = (struct rule){.name = "", .summary = "", .at = map->at, .enabled = true, .on = -1};
	c->rule = &ret->condition;
	c->map = map;
	if (!node_is_mapping(map, "a filter: a mapping with detector and why", c->diagnostics))
		return;
	node_check_keys(map, "a filter", keys, ARRAY_SIZE(keys), c->diagnostics);
	check_missing(c, map);
	const struct node *detector = node_get(map, "detector"), *when = node_get(map, "when"), *stack = node_get(map, "stack"),
			  *why = node_get(map, "why");
	if (detector)
		take_detector(c, &ret->filter, detector);
	if (why)
		node_string(why, c->diagnostics, &ret->filter.why);
	/* Without a detector nothing can be said of its fields. */
	if (ret->condition.on < 0)
		return;
	if (when)
		take_condition(c, when);
	if (stack)
		take_stack(c, &ret->filter, stack);
}

static void take_document(struct files *f, const struct node *root)
{
	static const char *const keys[] = {"version", "filters"};
	struct loading *l = (struct loading *)f;
	if (!node_is_mapping(root, "version: 1 and filters:", f->diagnostics))
		return;
	node_check_keys(root, "a file of noise", keys, ARRAY_SIZE(keys), f->diagnostics);
	const struct node *list = files_list(f, root, "filters", "filters");
	for (size_t i = 0; list && i < list->n; i++) {
		struct listed *item = l->n < FILTERS_MAX ? arena_alloc(f->arena, sizeof(*item)) : NULL;
		if (!item) {
			check_error_at(&l->checker, list->items[i]->at, "too-many-filters", "more than %d filters; join some by `or`", FILTERS_MAX);
			return;
		}
		*item = (struct listed){0};
		read_filter(&l->checker, list->items[i], item);
		*l->tail = item;
		l->tail = &item->next;
		l->n++;
	}
}

static int finish(struct loading *l, struct noise **ret)
{
	struct arena *arena = l->checker.arena;
	struct noise *noise = arena_alloc(arena, sizeof(*noise));
	struct noise_filter *filters = arena_array(arena, struct noise_filter, l->n);
	struct rule *conditions = arena_array(arena, struct rule, l->n);
	size_t n = 0;
	if (loading_refused(l))
		return -EINVAL;
	if (!noise || !filters || !conditions || arena_failed(arena))
		return -ENOMEM;
	for (const struct listed *i = l->first; i; i = i->next, n++) {
		filters[n] = i->filter;
		conditions[n] = i->condition;
	}
	*noise = (struct noise){.filters = filters, .conditions = {.rules = conditions, .n = n, .arena = arena}};
	*ret = noise;
	return 0;
}

int noise_load_text(const char *name, const char *text, size_t len, const struct load_options *options,
		    struct diagnostics *diagnostics, struct noise **ret)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	struct loading l;
	if (!arena)
		return -ENOMEM;
	loading_init(&l, options, diagnostics, arena, take_document);
	int r = loading_read(&l, options, name, text, len) ?: finish(&l, ret);
	if (r == 0)
		arena = NULL;
	return r;
}

int noise_load(const struct load_options *options, struct diagnostics *diagnostics, struct noise **ret)
{
	return noise_load_text(NULL, NULL, 0, options, diagnostics, ret);
}

struct noise *noise_free(struct noise *n)
{
	if (n)
		arena_free(n->conditions.arena);
	return NULL;
}
