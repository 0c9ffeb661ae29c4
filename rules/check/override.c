/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/override.h"

#include "engine/base/text.h"
#include "rules/check/keys.h"
#include "rules/text/source.h"

static const struct section_key keys[] = {
	KEY("rule", VALUE_NAME, "its name", .required = true),
	KEY("params", VALUE_PARAMS, "other values of its parameters"),
	KEY("enabled", VALUE_TRUTH, "false turns it off"),
	KEY("limits", VALUE_SECTION, "how often it may capture", .of = &section_limits),
	KEY("severity", VALUE_CHOICE, "another severity", .words = severity_words),
};
const struct section section_override = SECTION("an override", keys);

/* Beside a rule's parameters. */
static const char *const settable[] = {"enabled", "limits.entity", "limits.rule", "severity"};

const char *override_reserved(size_t i)
{
	return i < ARRAY_SIZE(settable) ? settable[i] : NULL;
}

bool override_is_reserved(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(settable); i++)
		if (streq(settable[i], key))
			return true;
	return false;
}

static void add(struct overrides *o, struct override *x)
{
	if (o->last)
		o->last->next = x;
	else
		o->first = x;
	o->last = x;
}

static struct node *scalar_at(struct arena *arena, const struct source *s, size_t offset)
{
	struct node *n = arena_alloc(arena, sizeof(*n));
	if (!n)
		return NULL;
	*n = (struct node){
		.kind = NODE_SCALAR,
		.at = {s->file, 1, (uint32_t)offset + 1},
		.text = s->text + offset,
		.len = s->len - offset,
		.source = s,
		.offset = offset,
		.weight = 1,
		.height = 1,
	};
	return n;
}

static bool read_one(const char *text, struct arena *arena, struct diagnostics *d, struct override *ret)
{
	struct source *s = arena_alloc(arena, sizeof(*s));
	if (!s)
		return false;
	*s = (struct source){"--set", arena_strdup(arena, text), strlen(text)};
	size_t dot = strcspn(text, ".="), equals = strcspn(text, "=");
	struct position start = {"--set", 1, 1};
	if (text[dot] != '.' || text[equals] != '=' || dot == 0 || equals == dot + 1 || !text[equals + 1]) {
		diagnostics_add(d, DIAGNOSTIC_ERROR, start, "bad-override",
				"'%.80s' is not RULE.PARAM=VALUE, as in cpu-sys-spike.level=60%%", text);
		return false;
	}
	*ret = (struct override){
		.rule = arena_strndup(arena, text, dot),
		.key = arena_strndup(arena, text + dot + 1, equals - dot - 1),
		.value = s->text ? scalar_at(arena, s, equals + 1) : NULL,
		.at = start,
		.key_at = {"--set", 1, (uint32_t)dot + 2},
	};
	return ret->rule && ret->key && ret->value;
}

void overrides_read(struct overrides *o, const char *const *texts, size_t n, struct arena *arena, struct diagnostics *d)
{
	struct override *all = arena_array(arena, struct override, n);
	for (size_t i = 0; all && i < n; i++)
		if (read_one(texts[i], arena, d, &all[i]))
			add(o, &all[i]);
}

static void take_value(struct overrides *o, const struct node *rule, const char *key, const struct node_pair *p,
		       struct arena *arena)
{
	struct override *x = arena_alloc(arena, sizeof(*x));
	if (!x || !key)
		return;
	*x = (struct override){.rule = rule->text, .key = key, .value = p->value, .at = rule->at, .key_at = p->key->at};
	add(o, x);
}

static void take_params(struct overrides *o, const struct node *rule, const struct node *map, struct arena *arena,
			struct diagnostics *d)
{
	if (!map || !node_is_mapping(map, "parameters, as in {level: 60%}", d))
		return;
	for (size_t i = 0; i < map->n; i++)
		take_value(o, rule, map->pairs[i].key->text, &map->pairs[i], arena);
}

static void take_limits(struct overrides *o, const struct node *rule, const struct node *map, struct arena *arena,
			struct diagnostics *d)
{
	if (!map || !node_is_mapping(map, "limits, as in {entity: 1/10m, rule: 6/1h}", d))
		return;
	section_check(&section_limits, map, d);
	for (size_t i = 0; i < map->n; i++) {
		char full[64];
		snprintf(full, sizeof(full), "limits.%.40s", map->pairs[i].key->text);
		if (override_is_reserved(full))
			take_value(o, rule, arena_strdup(arena, full), &map->pairs[i], arena);
	}
}

static void take_one(struct overrides *o, const struct node *map, struct arena *arena, struct diagnostics *d)
{
	const char *name;
	if (!node_is_mapping(map, "an override: a mapping with rule, and params, enabled, limits or severity", d))
		return;
	section_check(&section_override, map, d);
	const struct node *rule = node_get(map, "rule");
	if (!rule)
		diagnostics_add(d, DIAGNOSTIC_ERROR, map->at, "missing-key", "this override names no rule, as in rule: cpu-sys-spike");
	else if (map->n == 1)
		diagnostics_add(d, DIAGNOSTIC_ERROR, map->at, "missing-key", "this override changes nothing; it takes params, "
				"enabled, limits or severity");
	if (!rule || !node_string(rule, d, &name))
		return;
	take_params(o, rule, node_get(map, "params"), arena, d);
	take_limits(o, rule, node_get(map, "limits"), arena, d);
	for (size_t i = 0; i < map->n; i++)
		if (override_is_reserved(map->pairs[i].key->text))
			take_value(o, rule, map->pairs[i].key->text, &map->pairs[i], arena);
}

void overrides_take(struct overrides *o, const struct node *list, struct arena *arena, struct diagnostics *d)
{
	if (list->kind == NODE_MAPPING)
		take_one(o, list, arena, d);
	else if (node_is_sequence(list, "a list of overrides, as in [{rule: cpu-sys-spike, params: {level: 60%}}]", d))
		for (size_t i = 0; i < list->n; i++)
			take_one(o, list->items[i], arena, d);
}

const struct node *overrides_get(struct overrides *o, const char *rule, const char *key, const struct node *otherwise)
{
	for (struct override *x = o->first; x; x = x->next)
		if (streq(x->rule, rule) && streq(x->key, key)) {
			x->used = true;
			otherwise = x->value;
		}
	return otherwise;
}

static void complain_of_key(const struct override *o, const struct rule *rule, struct diagnostics *d)
{
	size_t n = rule->n_params + ARRAY_SIZE(settable);
	const char *names[rule->n_params + ARRAY_SIZE(settable)];
	for (size_t i = 0; i < n; i++)
		names[i] = i < rule->n_params ? rule->params[i].name : settable[i - rule->n_params];
	const char *near = text_nearest(o->key, names, n);
	if (near)
		diagnostics_add(d, DIAGNOSTIC_ERROR, o->key_at, "unknown-param",
				"rule '%s' has no parameter '%.80s', did you mean '%s'?", rule->name, o->key, near);
	else
		diagnostics_add(d, DIAGNOSTIC_ERROR, o->key_at, "unknown-param",
				"rule '%s' has no parameter '%.80s'; what can be set are its params, enabled, severity, "
				"limits.entity and limits.rule", rule->name, o->key);
}

static void complain_of_rule(const struct override *o, const struct rule *rules, size_t n, struct diagnostics *d)
{
	const char **names = calloc(n + 1, sizeof(*names));
	for (size_t i = 0; names && i < n; i++)
		names[i] = rules[i].name;
	const char *near = names ? text_nearest(o->rule, names, n) : NULL;
	if (near)
		diagnostics_add(d, DIAGNOSTIC_ERROR, o->at, "unknown-rule", "no rule '%.80s', did you mean '%s'?", o->rule,
				near);
	else
		diagnostics_add(d, DIAGNOSTIC_ERROR, o->at, "unknown-rule", "no rule '%.80s' was loaded", o->rule);
	free(names);
}

/* Another word of an override that was complained of already. */
static bool is_same_place(const struct override *a, const struct override *b)
{
	return a && a->at.file == b->at.file && a->at.line == b->at.line && a->at.column == b->at.column &&
	       streq(a->rule, b->rule);
}

void overrides_complain(const struct overrides *o, const struct rule *rules, size_t n, struct diagnostics *d)
{
	const struct override *before = NULL;
	for (const struct override *x = o->first; x; x = x->next) {
		size_t i = 0;
		while (i < n && !streq(rules[i].name, x->rule))
			i++;
		if (i < n && !x->used)
			complain_of_key(x, &rules[i], d);
		else if (i == n && !is_same_place(before, x))
			complain_of_rule(x, rules, n, d);
		before = x;
	}
}
