/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/check.h"

#define PARAM_NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_"

static bool check_param_name(struct checker *c, const struct node *key)
{
	bool good = key->len && key->len <= 63 && strspn(key->text, PARAM_NAME_CHARS) == key->len &&
		    !(key->text[0] >= '0' && key->text[0] <= '9');
	if (good && override_is_reserved(key->text)) {
		check_error_at(c, key->at, "bad-name", "no parameter can be called '%s': --set RULE.%s means the rule's own",
			       key->text, key->text);
		return false;
	}
	if (!good)
		check_error_at(c, key->at, "bad-name", "a parameter's name is made of a-z, 0-9 and _, not '%.64s'", key->text);
	return good;
}

static const char *zero_in(struct checker *c, enum unit unit)
{
	char text[16];
	snprintf(text, sizeof(text), "0%s", unit_suffix(unit));
	return arena_strdup(c->arena, text);
}

/* An override keeps the unit: 60 for a parameter of 45% is a mistake, 60% is meant. */
static void override_param(struct checker *c, struct param *p)
{
	const struct node *value = overrides_get(c->overrides, c->rule->name, p->name, NULL);
	struct quantity q;
	if (!value || !node_quantity(value, c->diagnostics, &q))
		return;
	if (q.unit != p->unit && !(q.unit == UNIT_NUMBER && q.value == 0)) {
		check_error_at(c, value->at, "unit-mismatch", "'%s' is %s, the parameter '%s' is %s, as %s", value->text,
			       unit_describe(q.unit), p->name, unit_describe(p->unit), p->text);
		return;
	}
	p->value = q.value;
	p->text = q.unit == p->unit ? value->text : zero_in(c, p->unit);
	p->at = value->at;
}

static bool check_one(struct checker *c, const struct node_pair *pair, struct param *ret)
{
	struct quantity q;
	bool good = check_param_name(c, pair->key);
	good &= node_quantity(pair->value, c->diagnostics, &q);
	if (!good)
		return false;
	*ret = (struct param){
		.name = pair->key->text,
		.value = q.value,
		.unit = q.unit,
		.text = pair->value->text,
		.at = pair->value->at,
	};
	override_param(c, ret);
	return true;
}

void check_params(struct checker *c, const struct node *map)
{
	if (!node_is_mapping(map, "parameters, as in {level: 45%}", c->diagnostics))
		return;
	c->params = arena_array(c->arena, struct param, map->n);
	c->param_used = arena_array(c->arena, bool, map->n);
	if (!c->params || !c->param_used)
		return;
	c->rule->params = c->params;
	for (size_t i = 0; i < map->n; i++)
		c->rule->n_params += check_one(c, &map->pairs[i], &c->params[c->rule->n_params]);
}

const struct param *check_param(struct checker *c, const char *name)
{
	for (size_t i = 0; i < c->rule->n_params; i++)
		if (streq(c->params[i].name, name)) {
			c->param_used[i] = true;
			return &c->params[i];
		}
	return NULL;
}

void check_params_used(struct checker *c)
{
	for (size_t i = 0; i < c->rule->n_params; i++)
		if (!c->param_used[i])
			check_warning_at(c, c->params[i].at, "unused-param", "parameter '%s' is used nowhere", c->params[i].name);
}
