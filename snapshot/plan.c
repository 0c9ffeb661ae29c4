/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/plan.h"

#include <json-c/json.h>

enum slot { SLOT_TEXT, SLOT_STRING, SLOT_U64, SLOT_U32, SLOT_I32, SLOT_BOOL };

/* One member of struct plan or struct join; `size` bounds a SLOT_TEXT. */
struct field {
	const char *name;
	enum slot slot;
	size_t offset, size;
};

#define FIELD(type, slot, member) {#member, slot, offsetof(struct type, member), sizeof(((struct type *)0)->member)}

static const struct field plan_fields[] = {
	FIELD(plan, SLOT_TEXT, id),
	FIELD(plan, SLOT_TEXT, rule),
	FIELD(plan, SLOT_TEXT, severity),
	FIELD(plan, SLOT_STRING, summary),
	FIELD(plan, SLOT_STRING, rule_yaml),
	FIELD(plan, SLOT_STRING, why),
	FIELD(plan, SLOT_STRING, labels),
	FIELD(plan, SLOT_STRING, event),
	FIELD(plan, SLOT_U32, entity_kind),
	FIELD(plan, SLOT_TEXT, entity),
	FIELD(plan, SLOT_BOOL, drill),
	FIELD(plan, SLOT_BOOL, by_hand),
	FIELD(plan, SLOT_U64, clocks.realtime),
	FIELD(plan, SLOT_U64, clocks.monotonic),
	FIELD(plan, SLOT_U64, clocks.boottime),
	FIELD(plan, SLOT_U64, clocks.monotonic_raw),
	FIELD(plan, SLOT_U64, clocks.tai),
	FIELD(plan, SLOT_I32, clocks.utc_offset_s),
	FIELD(plan, SLOT_U64, fired_ns),
	FIELD(plan, SLOT_U64, onset_ns),
	FIELD(plan, SLOT_U64, started_ns),
	FIELD(plan, SLOT_U64, before_ns),
	FIELD(plan, SLOT_U64, after_ns),
	FIELD(plan, SLOT_U64, max_bytes),
	FIELD(plan, SLOT_BOOL, by_stage),
	FIELD(plan, SLOT_TEXT, proc_root),
	FIELD(plan, SLOT_TEXT, sys_root),
	FIELD(plan, SLOT_STRING, version),
	FIELD(plan, SLOT_STRING, source),
};

static const struct field join_fields[] = {
	FIELD(join, SLOT_TEXT, rule),	  FIELD(join, SLOT_TEXT, entity), FIELD(join, SLOT_U32, entity_kind),
	FIELD(join, SLOT_U64, fired_ns), FIELD(join, SLOT_STRING, why),
};

_Static_assert(sizeof(enum entity_kind) == sizeof(uint32_t), "carried as a SLOT_U32");

static struct json_object *slot_json(const struct field *f, const void *at)
{
	const char *text;
	switch (f->slot) {
	case SLOT_TEXT:
		return json_object_new_string(at);
	case SLOT_STRING:
		memcpy(&text, at, sizeof(text));
		return text ? json_object_new_string(text) : NULL;
	case SLOT_U64:
		return json_object_new_uint64(*(const uint64_t *)at);
	case SLOT_U32:
		return json_object_new_uint64(*(const uint32_t *)at);
	case SLOT_I32:
		return json_object_new_int(*(const int32_t *)at);
	case SLOT_BOOL:
		return json_object_new_boolean(*(const bool *)at);
	}
	return NULL;
}

static void fields_json(struct json_object *to, const struct field *fields, size_t n, const void *from)
{
	for (size_t i = 0; i < n; i++)
		json_object_object_add(to, fields[i].name, slot_json(&fields[i], (const char *)from + fields[i].offset));
}

static void strings_json(struct json_object *to, const char *name, const char **strings, size_t n)
{
	struct json_object *array = json_object_new_array();
	for (size_t i = 0; i < n; i++)
		json_object_array_add(array, json_object_new_string(strings[i]));
	json_object_object_add(to, name, array);
}

static char *json_text(struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	char *copy = text ? strdup(text) : NULL;
	json_object_put(o);
	return copy;
}

void plan_bound(struct plan *p, uint64_t max_size, uint64_t stage_bytes)
{
	p->max_bytes = MIN(max_size, stage_bytes);
	p->by_stage = stage_bytes < max_size;
}

char *plan_json(const struct plan *p)
{
	struct json_object *o = json_object_new_object(), *pids = json_object_new_array();
	fields_json(o, plan_fields, ARRAY_SIZE(plan_fields), p);
	strings_json(o, "collectors", p->collectors, p->n_collectors);
	strings_json(o, "signals", p->signals, p->n_signals);
	for (size_t i = 0; i < p->n_self_pids; i++)
		json_object_array_add(pids, json_object_new_uint64(p->self_pids[i]));
	json_object_object_add(o, "self_pids", pids);
	return json_text(o);
}

char *join_json(const struct join *j)
{
	struct json_object *o = json_object_new_object();
	fields_json(o, join_fields, ARRAY_SIZE(join_fields), j);
	strings_json(o, "collectors", j->collectors, j->n_collectors);
	return json_text(o);
}

static bool slot_string(const struct field *f, struct json_object *v, void *at)
{
	const char *text = json_object_get_string(v);
	if (v && !json_object_is_type(v, json_type_string))
		return false;
	if (f->slot == SLOT_STRING) {
		memcpy(at, &text, sizeof(text));
		return true;
	}
	if (!text || strlen(text) >= f->size)
		return false;
	memcpy(at, text, strlen(text) + 1);
	return true;
}

static bool slot_parse(const struct field *f, struct json_object *v, void *at)
{
	if (f->slot == SLOT_TEXT || f->slot == SLOT_STRING)
		return slot_string(f, v, at);
	if (f->slot == SLOT_BOOL) {
		*(bool *)at = json_object_get_boolean(v);
		return json_object_is_type(v, json_type_boolean);
	}
	if (!json_object_is_type(v, json_type_int))
		return false;
	if (f->slot == SLOT_U64)
		*(uint64_t *)at = json_object_get_uint64(v);
	else
		*(int32_t *)at = (int32_t)json_object_get_int64(v);
	return true;
}

static bool fields_parse(struct json_object *from, const struct field *fields, size_t n, void *to)
{
	for (size_t i = 0; i < n; i++)
		if (!slot_parse(&fields[i], json_object_object_get(from, fields[i].name), (char *)to + fields[i].offset))
			return false;
	return true;
}

/* On the heap, for the array's elements and a zero behind them; NULL and none when it is no array. */
static void *elements_new(struct json_object *array, size_t element_bytes, size_t *ret_n)
{
	bool is_array = json_object_is_type(array, json_type_array);
	size_t n = is_array ? json_object_array_length(array) : 0;
	void *room = is_array ? calloc(n + 1, element_bytes) : NULL;
	*ret_n = room ? n : 0;
	return room;
}

static bool strings_parse(struct json_object *from, const char *name, const char ***ret, size_t *ret_n)
{
	struct json_object *array = json_object_object_get(from, name);
	*ret = elements_new(array, sizeof(**ret), ret_n);
	for (size_t i = 0; i < *ret_n; i++)
		if (!((*ret)[i] = json_object_get_string(json_object_array_get_idx(array, i))))
			return false;
	return *ret != NULL;
}

static bool pids_parse(struct json_object *from, uint32_t **ret, size_t *ret_n)
{
	struct json_object *array = json_object_object_get(from, "self_pids");
	*ret = elements_new(array, sizeof(**ret), ret_n);
	for (size_t i = 0; i < *ret_n; i++)
		(*ret)[i] = (uint32_t)json_object_get_uint64(json_object_array_get_idx(array, i));
	return *ret != NULL;
}

static struct json_object *object_parse(const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *o = tokener && len <= INT32_MAX ? json_tokener_parse_ex(tokener, text, (int)len) : NULL;
	bool whole = o && json_tokener_get_error(tokener) == json_tokener_success &&
		     json_object_is_type(o, json_type_object);
	if (tokener)
		json_tokener_free(tokener);
	if (!whole) {
		json_object_put(o);
		return NULL;
	}
	return o;
}

int plan_parse(const char *text, size_t len, struct plan *ret)
{
	struct plan p = {.owner = object_parse(text, len)};
	if (!p.owner || !fields_parse(p.owner, plan_fields, ARRAY_SIZE(plan_fields), &p) ||
	    p.entity_kind >= ENTITY_KIND_MAX_ || !strings_parse(p.owner, "collectors", &p.collectors, &p.n_collectors) ||
	    !strings_parse(p.owner, "signals", &p.signals, &p.n_signals) ||
	    !pids_parse(p.owner, &p.self_pids, &p.n_self_pids)) {
		plan_done(&p);
		return -EBADMSG;
	}
	*ret = p;
	return 0;
}

int join_parse(const char *text, size_t len, struct join *ret)
{
	struct join j = {.owner = object_parse(text, len)};
	if (!j.owner || !fields_parse(j.owner, join_fields, ARRAY_SIZE(join_fields), &j) ||
	    j.entity_kind >= ENTITY_KIND_MAX_ || !strings_parse(j.owner, "collectors", &j.collectors, &j.n_collectors)) {
		join_done(&j);
		return -EBADMSG;
	}
	*ret = j;
	return 0;
}

void plan_done(struct plan *p)
{
	free(p->collectors);
	free(p->signals);
	free(p->self_pids);
	json_object_put(p->owner);
	*p = (struct plan){0};
}

void join_done(struct join *j)
{
	free(j->collectors);
	json_object_put(j->owner);
	*j = (struct join){0};
}
