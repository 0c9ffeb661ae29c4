/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/override.h"

#include "engine/base/text.h"
#include "rules/text/source.h"

static const char *const settable_limits[] = {"limits.entity", "limits.rule"};

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

struct overrides overrides_read(const char *const *texts, size_t n, struct arena *arena, struct diagnostics *d)
{
	struct overrides o = {.all = arena_array(arena, struct override, n)};
	for (size_t i = 0; o.all && i < n; i++)
		o.n += read_one(texts[i], arena, d, &o.all[o.n]);
	return o;
}

const struct node *overrides_get(struct overrides *o, const char *rule, const char *key, const struct node *otherwise)
{
	for (size_t i = 0; i < o->n; i++)
		if (streq(o->all[i].rule, rule) && streq(o->all[i].key, key)) {
			o->all[i].used = true;
			otherwise = o->all[i].value;
		}
	return otherwise;
}

static void complain_of_key(const struct override *o, const struct rule *rule, struct diagnostics *d)
{
	size_t n = rule->n_params + ARRAY_SIZE(settable_limits);
	const char *names[rule->n_params + ARRAY_SIZE(settable_limits)];
	for (size_t i = 0; i < n; i++)
		names[i] = i < rule->n_params ? rule->params[i].name : settable_limits[i - rule->n_params];
	const char *near = text_nearest(o->key, names, n);
	if (near)
		diagnostics_add(d, DIAGNOSTIC_ERROR, o->key_at, "unknown-param",
				"rule '%s' has no parameter '%.80s', did you mean '%s'?", rule->name, o->key, near);
	else
		diagnostics_add(d, DIAGNOSTIC_ERROR, o->key_at, "unknown-param",
				"rule '%s' has no parameter '%.80s'; what can be set are its params, limits.entity and "
				"limits.rule", rule->name, o->key);
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

void overrides_complain(const struct overrides *o, const struct rule *rules, size_t n, struct diagnostics *d)
{
	for (const struct override *x = o->all; x < o->all + o->n; x++) {
		size_t i = 0;
		while (i < n && !streq(rules[i].name, x->rule))
			i++;
		if (i == n)
			complain_of_rule(x, rules, n, d);
		else if (!x->used)
			complain_of_key(x, &rules[i], d);
	}
}
