/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/check.h"

#include "engine/base/text.h"

static const struct section_key keys[] = {
	KEY("name", VALUE_TEXT, "what status and why call it", .required = true),
	KEY("match", VALUE_PATTERNS, "whom: {cgroup: \"/backup.slice/*\"}"),
	KEY("between", VALUE_BETWEEN, "local time, over midnight too"),
	KEY("days", VALUE_CHOICES, "on which that time begins; default: every day", .words = day_words),
	KEY("reason", VALUE_TEXT, "for people"),
};
const struct section section_exception = SECTION("an exception", keys);

#define WHOLE_DAY (struct exception){.from_s = 0, .to_s = DAY_S, .days = EVERY_DAY}

static void check_exception_name(struct checker *c, const struct node *n, struct exception *e)
{
	const char *name;
	if (!node_string(n, c->diagnostics, &name))
		return;
	for (size_t i = 0; i < c->rule->n_exceptions; i++)
		if (streq(c->rule->exceptions[i].name, name))
			check_error_at(c, n->at, "duplicate-exception", "a second exception '%.64s'; give each a name of its own", name);
	e->name = name;
}

/* "HH:MM", up to 24:00; the rest of the text behind it, NULL when there is no time. */
static const char *read_clock(const char *text, uint32_t *ret_s)
{
	for (int i = 0; i < 5; i++)
		if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
			return NULL;
	uint32_t hours = (uint32_t)(text[0] - '0') * 10 + (uint32_t)(text[1] - '0');
	uint32_t minutes = (uint32_t)(text[3] - '0') * 10 + (uint32_t)(text[4] - '0');
	if (minutes > 59 || hours * 60 + minutes > DAY_S / 60)
		return NULL;
	*ret_s = hours * 3600 + minutes * 60;
	return text + 5;
}

static bool read_between(const char *text, struct exception *e)
{
	uint32_t from_s, to_s;
	const char *rest = read_clock(text, &from_s);
	rest = rest && *rest == '-' ? read_clock(rest + 1, &to_s) : NULL;
	if (!rest || *rest || from_s == to_s || from_s == DAY_S)
		return false;
	e->from_s = from_s;
	e->to_s = to_s;
	return true;
}

static void check_between(struct checker *c, const struct node *n, struct exception *e)
{
	char got[96];
	if (n && (n->kind != NODE_SCALAR || !read_between(n->text, e)))
		check_error_at(c, n->at, "bad-between", "expected local times like \"01:00-03:00\" or \"22:30-06:00\", not %s",
			       node_describe(n, got, sizeof(got)));
}

static void check_day(struct checker *c, const struct node *n, uint8_t *days)
{
	unsigned day;
	if (node_choice(n, day_words, 7, c->diagnostics, &day))
		*days |= (uint8_t)(1U << day);
}

static void check_days(struct checker *c, const struct node *n, struct exception *e)
{
	uint8_t days = 0;
	if (!n)
		return;
	if (n->kind != NODE_SEQUENCE)
		check_day(c, n, &days);
	for (size_t i = 0; n->kind == NODE_SEQUENCE && i < n->n; i++)
		check_day(c, n->items[i], &days);
	e->days = days ? days : EVERY_DAY;
}

/* Whom the events of a rule's detector tell of. */
static bool events_know(const struct checker *c, enum entity_kind kind)
{
	const struct vocabulary *v = c->vocabulary;
	return kind == c->rule->for_each || kind == v->detectors[c->rule->on].entity ||
	       (kind == ENTITY_KIND_CGROUP && vocabulary_field(v, c->rule->on, "cgroup"));
}

static bool kind_fits(struct checker *c, enum entity_kind kind, struct position at)
{
	if (kind == ENTITY_KIND_HOST)
		check_error_at(c, at, "wrong-entity", "there is one host; an exception asks for a disk, a cgroup …, or for a time");
	else if (c->rule->on >= 0 && !events_know(c, kind))
		check_error_at(c, at, "wrong-entity", "events of '%s' tell of no %s", c->vocabulary->detectors[c->rule->on].name,
			       entity_kind_name(kind));
	else if (c->rule->on < 0 && kind == ENTITY_KIND_BOND)
		check_error_at(c, at, "wrong-entity", "no signal is about a bond; only a rule with on: lacp knows them");
	else
		return true;
	return false;
}

static void check_matches(struct checker *c, const struct node *map, struct exception *e)
{
	if (!map || !node_is_mapping(map, "entities by pattern, as in {cgroup: \"/backup.slice/*\"}", c->diagnostics))
		return;
	struct exception_match *matches = arena_array(c->arena, struct exception_match, map->n);
	for (size_t i = 0; matches && i < map->n; i++) {
		const struct node_pair *p = &map->pairs[i];
		const char *pattern;
		int kind = check_entity_kind(c, p->key->text, p->key->at);
		if (kind >= 0 && kind_fits(c, (enum entity_kind)kind, p->key->at) &&
		    node_string(p->value, c->diagnostics, &pattern) && check_match(c, pattern, p->value->at))
			matches[e->n_matches++] = (struct exception_match){(enum entity_kind)kind, pattern};
	}
	e->matches = matches;
}

static void check_one(struct checker *c, const struct node *map, struct exception *e)
{
	if (!node_is_mapping(map, "an exception: a mapping with name, and match or between", c->diagnostics))
		return;
	section_check(&section_exception, map, c->diagnostics);
	const struct node *name = node_get(map, "name"), *reason = node_get(map, "reason");
	if (name)
		check_exception_name(c, name, e);
	else
		check_error_at(c, map->at, "missing-key", "this exception has no name, as in name: backups");
	if (!node_get(map, "match") && !node_get(map, "between") && !node_get(map, "days"))
		check_error_at(c, map->at, "missing-key",
			       "this exception has neither 'match' nor 'between' nor 'days' and would always hold; enabled: false "
			       "turns a rule off");
	check_matches(c, node_get(map, "match"), e);
	check_between(c, node_get(map, "between"), e);
	check_days(c, node_get(map, "days"), e);
	if (reason)
		node_string(reason, c->diagnostics, &e->reason);
}

void check_except(struct checker *c, const struct node *list)
{
	if (!node_is_sequence(list, "a list of exceptions", c->diagnostics))
		return;
	if (list->n > EXCEPTIONS_MAX) {
		check_error_at(c, list->at, "out-of-range", "%zu exceptions; a rule has %d at most", list->n, EXCEPTIONS_MAX);
		return;
	}
	struct exception *all = arena_array(c->arena, struct exception, list->n);
	c->rule->exceptions = all;
	for (size_t i = 0; all && i < list->n; i++) {
		all[i] = WHOLE_DAY;
		all[i].name = "";
		all[i].at = list->items[i]->at;
		check_one(c, list->items[i], &all[i]);
		c->rule->n_exceptions++;
	}
}
