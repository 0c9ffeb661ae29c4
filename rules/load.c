/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/load.h"

#include "engine/base/clock.h"
#include "rules/check/lint.h"
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
	const struct node *map;
};

#define refuse(l, at, code, ...) diagnostics_add((l)->checker.diagnostics, DIAGNOSTIC_ERROR, at, code, __VA_ARGS__)

static void add_rules(struct loading *l, const struct node *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (l->n == l->checker.caps->rules) {
			refuse(l, list->items[i]->at, "too-many-rules",
			       "more than %zu rules; what differs by a device alone is one rule with for_each and match", l->checker.caps->rules);
			return;
		}
		struct listed *item = arena_alloc(l->checker.arena, sizeof(*item));
		if (!item)
			return;
		item->map = list->items[i];
		*l->tail = item;
		l->tail = &item->next;
		l->n++;
	}
}

static const struct section_key keys[] = {
	KEY("version", VALUE_VERSION, "of the language: 1", .required = true),
	KEY("rules", VALUE_SECTIONS, "the rules", .of = &section_rule),
	KEY("include", VALUE_TEXTS, "files, directories and globs, relative to this file, read before the rest of it"),
	KEY("override", VALUE_ONE_OR_MORE, "what is changed in rules, wherever they stand", .of = &section_override),
};
const struct section section_file = SECTION("a rule file", keys);

/* What is included comes first, so that the including file has the last word. */
static void take_document(struct files *f, const struct node *root)
{
	struct loading *l = (struct loading *)f;
	if (!node_is_mapping(root, "version: 1 and rules:", l->checker.diagnostics))
		return;
	section_check(&section_file, root, l->checker.diagnostics);
	const struct node *include = node_get(root, "include"), *override = node_get(root, "override"), *rules = NULL;
	if (include)
		files_include(f, include);
	if (node_get(root, "rules") || (!include && !override))
		rules = files_list(f, root, "rules", "rules");
	else
		files_check_version(f, root, "rules");
	if (rules)
		add_rules(l, rules);
	if (override)
		overrides_take(&l->overrides, override, l->checker.arena, l->checker.diagnostics);
}

/* A set that is wrong everywhere is left after so many errors: each costs a search for what was meant. */
#define ERRORS_MAX 500

static void check_rules(struct loading *l, struct rule *rules)
{
	size_t n = 0;
	for (const struct listed *i = l->first; i; i = i->next) {
		if (diagnostics_count(l->checker.diagnostics, DIAGNOSTIC_ERROR) >= l->errors_before + ERRORS_MAX) {
			refuse(l, i->map->at, "too-many-errors", "too many errors, the rules from here on were not looked at");
			break;
		}
		check_rule(&l->checker, i->map, &rules[n++]);
	}
	l->n = n;
}

static void refuse_duplicates(struct loading *l, const struct rule *rules)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; *rules[i].name && j < i; j++)
			if (streq(rules[i].name, rules[j].name)) {
				refuse(l, rules[i].at, "duplicate-rule", "a second rule '%s'; the first stands at %s:%u: rename one, or change it by override:",
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

/* All files were read. */
static int finish(struct loading *l, const struct load_options *o, struct ruleset **ret_set)
{
	struct arena *arena = l->checker.arena;
	struct ruleset *set = arena_alloc(arena, sizeof(*set));
	struct rule *rules = arena_array(arena, struct rule, l->n);
	if (!set || !rules)
		return -ENOMEM;
	overrides_read(&l->overrides, o->overrides, o->n_overrides, arena, l->checker.diagnostics);
	check_rules(l, rules);
	refuse_duplicates(l, rules);
	if (!loading_refused(l))
		lint_overlaps(rules, l->n, l->checker.diagnostics);
	overrides_complain(&l->overrides, rules, l->n, l->checker.diagnostics);
	if (loading_refused(l))
		return -EINVAL;
	*set = (struct ruleset){.rules = rules, .n = l->n, .arena = arena};
	if (!emit_all(l, rules, set->digest) || arena_failed(arena))
		return -ENOMEM;
	*ret_set = set;
	return 0;
}

int rules_load_text(const char *name, const char *text, size_t len, const struct load_options *options,
		    struct diagnostics *diagnostics, struct ruleset **ret_set)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	struct loading l;
	if (!arena)
		return -ENOMEM;
	loading_init(&l, options, diagnostics, arena, take_document);
	int r = loading_read(&l, options, name, text, len) ?: finish(&l, options, ret_set);
	if (r == 0)
		arena = NULL;
	return r;
}

int rules_load(const struct load_options *options, struct diagnostics *diagnostics, struct ruleset **ret_set)
{
	return rules_load_text(NULL, NULL, 0, options, diagnostics, ret_set);
}
