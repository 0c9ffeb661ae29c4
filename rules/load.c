/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/load.h"

#include "engine/base/clock.h"
#include "rules/loading.h"

const struct load_caps load_caps_default = {
	.file_bytes = (size_t)1 << 20,
	.scalar_bytes = (size_t)16 << 10,
	.nodes = 50000,
	.depth = 16,
	.rules = 1000,
	.span_ns = 600 * NS_PER_S,
};

struct listed {
	struct listed *next;
	struct rule rule;
};

#define refuse(l, at, code, ...) diagnostics_add((l)->checker.diagnostics, DIAGNOSTIC_ERROR, at, code, __VA_ARGS__)

static void load_rule(struct loading *l, const struct node *map)
{
	struct listed *item = arena_alloc(l->checker.arena, sizeof(*item));
	if (!item)
		return;
	check_rule(&l->checker, map, &item->rule);
	*l->tail = item;
	l->tail = &item->next;
	l->n++;
}

/* A file that is wrong everywhere is left after so many errors: each costs a search for what was meant. */
#define ERRORS_MAX 500

static void load_list(struct loading *l, const struct node *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (diagnostics_count(l->checker.diagnostics, DIAGNOSTIC_ERROR) >= l->errors_before + ERRORS_MAX) {
			refuse(l, list->items[i]->at, "too-many-errors", "too many errors, the rules from here on were not looked at");
			return;
		}
		if (l->n == l->checker.caps->rules) {
			refuse(l, list->items[i]->at, "too-many-rules", "more than %zu rules", l->checker.caps->rules);
			return;
		}
		load_rule(l, list->items[i]);
	}
}

static void check_head(struct loading *l, const struct node *root)
{
	static const char *const keys[] = {"version", "rules"};
	static const char *const later[] = {"include", "override"};
	bool any_later = false;
	for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
		const struct node *n = node_get(root, later[i]);
		any_later |= n != NULL;
		if (n)
			refuse(l, n->at, "not-supported", "'%s' is not supported yet", later[i]);
	}
	if (!any_later)
		node_check_keys(root, "a rule file", keys, ARRAY_SIZE(keys), l->checker.diagnostics);
}

static void take_document(struct files *f, const struct node *root)
{
	struct loading *l = (struct loading *)f;
	if (!node_is_mapping(root, "version: 1 and rules:", l->checker.diagnostics))
		return;
	check_head(l, root);
	const struct node *rules = files_list(f, root, "rules", "rules");
	if (rules)
		load_list(l, rules);
}

static void refuse_duplicates(struct loading *l, const struct rule *rules)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; *rules[i].name && j < i; j++)
			if (streq(rules[i].name, rules[j].name)) {
				refuse(l, rules[i].at, "duplicate-rule", "a second rule '%s'; the first stands at %s:%u",
				       rules[i].name, rules[j].at.file, rules[j].at.line);
				break;
			}
}

static bool emit_all(struct loading *l, struct rule *rules, char ret_digest[17])
{
	uint64_t state = DIGEST_START;
	for (size_t i = 0; i < l->n; i++) {
		if (!rule_emit(l->checker.arena, l->checker.vocabulary, &rules[i]))
			return false;
		digest_text(rules[i].digest, &state);
	}
	digest_format(state, ret_digest);
	return true;
}

/* All files were read: what concerns them together, and the set if nothing was wrong. */
static int finish(struct loading *l, struct ruleset **ret_set)
{
	struct arena *arena = l->checker.arena;
	struct ruleset *set = arena_alloc(arena, sizeof(*set));
	struct rule *rules = arena_array(arena, struct rule, l->n);
	size_t n = 0;
	if (!set || !rules)
		return -ENOMEM;
	for (const struct listed *i = l->first; i; i = i->next)
		rules[n++] = i->rule;
	refuse_duplicates(l, rules);
	overrides_complain(&l->overrides, rules, n, l->checker.diagnostics);
	if (loading_refused(l))
		return -EINVAL;
	*set = (struct ruleset){.rules = rules, .n = n, .arena = arena};
	if (!emit_all(l, rules, set->digest) || arena_failed(arena))
		return -ENOMEM;
	*ret_set = set;
	return 0;
}

static int load_prepare(struct loading *l, const struct load_options *o, struct diagnostics *d, struct arena *arena)
{
	loading_init(l, o, d, arena, take_document);
	l->overrides = overrides_read(o->overrides, o->n_overrides, arena, d);
	return arena_failed(arena) ? -ENOMEM : 0;
}

int rules_load(const struct load_options *options, struct diagnostics *diagnostics, struct ruleset **ret_set)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	struct loading l;
	int r = arena ? load_prepare(&l, options, diagnostics, arena) : -ENOMEM;
	for (size_t i = 0; r == 0 && i < options->n_paths; i++)
		r = files_load(&l.files, options->paths[i]);
	if (r == 0)
		r = finish(&l, ret_set);
	if (r == 0)
		arena = NULL;
	return r;
}

int rules_load_text(const char *name, const char *text, size_t len, const struct load_options *options,
		    struct diagnostics *diagnostics, struct ruleset **ret_set)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	struct loading l;
	int r = arena ? load_prepare(&l, options, diagnostics, arena) : -ENOMEM;
	if (r == 0)
		r = files_load_text(&l.files, name, text, len);
	if (r == 0)
		r = finish(&l, ret_set);
	if (r == 0)
		arena = NULL;
	return r;
}
