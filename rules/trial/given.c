/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/text.h"
#include "rules/trial/reader.h"
#include "rules/trial/record.h"

/* The test's entity of that kind and name, added where it is new; ENTITY_NONE after a report. */
static uint16_t entity_of(struct reader *r, enum entity_kind kind, const char *name, struct position at)
{
	struct trial_test *t = r->test;
	for (size_t i = 0; i < t->n_entities; i++)
		if (t->entities[i].kind == kind && streq(t->entities[i].name, name))
			return (uint16_t)i;
	if (strlen(name) >= ENTITY_NAME_MAX || !*name)
		trial_error(r, at, "bad-entity", "an entity's name has 1 to %d bytes, as in disk.util{vda}", ENTITY_NAME_MAX - 1);
	else if (t->n_entities == SUITE_ENTITIES_MAX)
		trial_error(r, at, "too-many-entities", "more than %u entities in one test; fewer will show the same", SUITE_ENTITIES_MAX - 1);
	else {
		t->entities[t->n_entities] = (struct trial_entity){kind, name};
		return (uint16_t)t->n_entities++;
	}
	return ENTITY_NONE;
}

static void unknown_signal(struct reader *r, const char *name, struct position at)
{
	const struct vocabulary *v = r->vocabulary;
	const char **names = arena_array(r->files.arena, const char *, v->n_signals);
	for (size_t i = 0; names && i < v->n_signals; i++)
		names[i] = v->signals[i].name;
	const char *near = names ? text_nearest(name, names, v->n_signals) : NULL;
	if (near)
		trial_error(r, at, "unknown-signal", "unknown signal '%.64s', did you mean '%s'?", name, near);
	else
		trial_error(r, at, "unknown-signal", "unknown signal '%.64s'; `tracetrap signals` lists them", name);
}

/* The kind whose entities stand in {} behind this signal; the host where there are none. */
static enum entity_kind kind_in_braces(const struct signal_def *s)
{
	for (unsigned k = ENTITY_KIND_HOST + 1; k < ENTITY_KIND_MAX_; k++)
		if (s->kinds & ENTITY_BIT(k))
			return (enum entity_kind)k;
	return ENTITY_KIND_HOST;
}

/* Whom a series is about: nothing or {NAME} behind the signal. */
static uint16_t series_entity(struct reader *r, const struct signal_def *s, const char *name, struct position at)
{
	enum entity_kind kind = kind_in_braces(s);
	if (!name && s->kinds & ENTITY_BIT(ENTITY_KIND_HOST))
		return ENTITY_HOST;
	if (name && kind != ENTITY_KIND_HOST)
		return entity_of(r, kind, name, at);
	if (name)
		trial_error(r, at, "wrong-entity", "'%s' is about the host: no {%.64s} belongs behind it", s->name, name);
	else
		trial_error(r, at, "wrong-entity", "'%s' is about a %s: say which, as in %s{NAME}", s->name,
			    entity_kind_name(kind), s->name);
	return ENTITY_NONE;
}

/* "disk.util{vda}" */
static bool read_subject(struct reader *r, const struct node *key, struct trial_series *ret)
{
	const char *brace = strchr(key->text, '{'), *name = NULL;
	size_t len = brace ? (size_t)(brace - key->text) : key->len;
	const char *signal = arena_strndup(r->files.arena, key->text, len);
	if (!signal)
		return false;
	if (brace && key->text[key->len - 1] != '}') {
		trial_error(r, node_place(key, len), "bad-entity", "expected SIGNAL or SIGNAL{NAME}, not '%.80s'", key->text);
		return false;
	}
	if (brace)
		name = arena_strndup(r->files.arena, brace + 1, key->len - len - 2);
	int index = vocabulary_signal(r->vocabulary, signal);
	if (index < 0) {
		unknown_signal(r, signal, key->at);
		return false;
	}
	ret->signal = (uint16_t)index;
	ret->entity = series_entity(r, &r->vocabulary->signals[index], name, key->at);
	return ret->entity != ENTITY_NONE;
}

static void read_series(struct reader *r, const struct node *map)
{
	struct trial_test *t = r->test;
	if (!map || !node_is_mapping(map, "series, as in {cpu.sys: 10%x30}", r->files.diagnostics))
		return;
	t->series = arena_array(r->files.arena, struct trial_series, map->n);
	for (size_t i = 0; t->series && i < map->n; i++) {
		struct trial_series *s = &t->series[t->n_series];
		if (read_subject(r, map->pairs[i].key, s) &&
		    notation_parse(map->pairs[i].value, r->vocabulary->signals[s->signal].unit, r->files.arena,
				   r->files.diagnostics, &s->values))
			t->n_series++;
	}
}

/* The `at` of an event, a departure. */
static bool read_at(struct reader *r, const struct node *map, uint64_t *ret_ns)
{
	const struct node *n = node_get(map, "at");
	if (n)
		return node_duration(n, r->files.diagnostics, ret_ns);
	trial_error(r, map->at, "missing-key", "this says not when, as in at: 5s");
	return false;
}

/* "disk vda" */
static uint16_t read_entity(struct reader *r, const struct node *n)
{
	const char *text;
	if (!node_string(n, r->files.diagnostics, &text))
		return ENTITY_NONE;
	const char *blank = strchr(text, ' ');
	const char *word = blank ? arena_strndup(r->files.arena, text, (size_t)(blank - text)) : text;
	int kind = word ? entity_kind_of(word) : -1;
	if (kind > ENTITY_KIND_HOST && blank && blank[1])
		return entity_of(r, (enum entity_kind)kind, blank + 1, n->at);
	trial_error(r, n->at, "bad-entity", "expected an entity with its kind, as in disk vda, not '%.64s'", text);
	return ENTITY_NONE;
}

static void read_departure(struct reader *r, const struct node *map)
{
	static const char *const keys[] = {"at", "entity"};
	struct trial_gone *g = &r->test->gone[r->test->n_gone];
	if (!node_is_mapping(map, "what goes when, as in {at: 5s, entity: disk vda}", r->files.diagnostics))
		return;
	node_check_keys(map, "gone", keys, ARRAY_SIZE(keys), r->files.diagnostics);
	const struct node *who = node_get(map, "entity");
	if (!who)
		trial_error(r, map->at, "missing-key", "this says not who, as in entity: disk vda");
	bool good = read_at(r, map, &g->at_ns);
	g->entity = who ? read_entity(r, who) : ENTITY_NONE;
	r->test->n_gone += good && g->entity != ENTITY_NONE;
}

static int gone_by_time(const void *a, const void *b)
{
	const struct trial_gone *x = a, *y = b;
	return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

static void read_gone(struct reader *r, const struct node *list)
{
	if (!list || !node_is_sequence(list, "a list, as in [{at: 5s, entity: disk vda}]", r->files.diagnostics))
		return;
	r->test->gone = arena_array(r->files.arena, struct trial_gone, list->n);
	for (size_t i = 0; r->test->gone && i < list->n; i++)
		read_departure(r, list->items[i]);
	if (r->test->n_gone)
		qsort(r->test->gone, r->test->n_gone, sizeof(*r->test->gone), gone_by_time);
}

/* Whom the event belongs to beside the host. */
static uint16_t event_entity(struct reader *r, int detector, const struct node *n)
{
	enum entity_kind kind = r->vocabulary->detectors[detector].entity;
	const char *name;
	if (!n)
		return ENTITY_HOST;
	if (!node_string(n, r->files.diagnostics, &name))
		return ENTITY_NONE;
	if (kind != ENTITY_KIND_HOST)
		return entity_of(r, kind, name, n->at);
	if (streq(name, entity_kind_name(ENTITY_KIND_HOST)))
		return ENTITY_HOST;
	trial_error(r, n->at, "wrong-entity", "events of '%s' belong to the host alone: leave entity out",
		    r->vocabulary->detectors[detector].name);
	return ENTITY_NONE;
}

static void read_event(struct reader *r, const struct node *map)
{
	static const char *const keys[] = {"at", "kind", "entity", "fields"};
	struct trial_event *e = &r->test->events[r->test->n_events];
	if (!node_is_mapping(map, "an event, as in {at: 5s, kind: oom}", r->files.diagnostics))
		return;
	node_check_keys(map, "an event", keys, ARRAY_SIZE(keys), r->files.diagnostics);
	const struct node *kind = node_get(map, "kind");
	if (!kind)
		trial_error(r, map->at, "missing-key", "this event has no kind, the detector's name, as in kind: oom");
	bool good = read_at(r, map, &e->at_ns);
	int detector = kind ? reader_detector(r, kind) : -1;
	if (detector < 0)
		return;
	e->detector = (uint16_t)detector;
	e->entity = event_entity(r, detector, node_get(map, "entity"));
	good &= record_build(r->vocabulary, e->detector, node_get(map, "fields"), r->files.arena, r->files.diagnostics,
			     &e->record, &e->len);
	r->test->n_events += good && e->entity != ENTITY_NONE;
}

/* Equal times keep their order. */
static void sort_events(struct trial_event *e, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct trial_event moving = e[i];
		size_t k = i;
		for (; k && e[k - 1].at_ns > moving.at_ns; k--)
			e[k] = e[k - 1];
		e[k] = moving;
	}
}

static void read_events(struct reader *r, const struct node *list)
{
	if (!list || !node_is_sequence(list, "a list, as in [{at: 5s, kind: oom}]", r->files.diagnostics))
		return;
	r->test->events = arena_array(r->files.arena, struct trial_event, list->n);
	for (size_t i = 0; r->test->events && i < list->n; i++)
		read_event(r, list->items[i]);
	sort_events(r->test->events, r->test->n_events);
}

static void read_attached(struct reader *r, const struct node *n)
{
	bool list = n && n->kind == NODE_SEQUENCE;
	size_t count = list ? n->n : n ? 1 : 0;
	uint16_t *attached = arena_array(r->files.arena, uint16_t, count);
	for (size_t i = 0; attached && i < count; i++) {
		int detector = reader_detector(r, list ? n->items[i] : n);
		if (detector >= 0)
			attached[r->test->n_attached++] = (uint16_t)detector;
	}
	r->test->attached = attached;
}

/* Room for the host and whoever the keys below can name. */
static bool make_room(struct reader *r, const struct node *map)
{
	static const char *const keys[] = {"series", "gone", "events"};
	size_t n = 1;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		n += node_get(map, keys[i]) ? node_get(map, keys[i])->n : 0;
	r->test->entities = arena_array(r->files.arena, struct trial_entity, MIN(n, (size_t)SUITE_ENTITIES_MAX));
	if (!r->test->entities)
		return false;
	r->test->entities[r->test->n_entities++] =
		(struct trial_entity){ENTITY_KIND_HOST, entity_kind_name(ENTITY_KIND_HOST)};
	return true;
}

void given_read(struct reader *r, const struct node *map)
{
	if (!make_room(r, map))
		return;
	read_series(r, node_get(map, "series"));
	read_gone(r, node_get(map, "gone"));
	read_events(r, node_get(map, "events"));
	read_attached(r, node_get(map, "attached"));
}
