/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/view/event_words.h"

#include "engine/base/clock.h"

#include <inttypes.h>

#define TEXT_LONGEST 64

/* Said in front, or of no use to a reader. */
static bool is_header(const char *key)
{
	static const char *const keys[] = {"t_ns", "at",    "kind", "entity", "cgroup_id",  "comm",		  "pid", "tgid",
					   "cpu",  "flags", "memcg_id", "victim_cgroup_id", "task_start", "oom_score_adj",
					   "cgroup", "pod_uid", "qos", "runtime"};
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (streq(keys[i], key))
			return true;
	return false;
}

static const struct event_field *field_named(const struct vocabulary *v, const struct detector_def *d, const char *key)
{
	for (size_t i = 0; d && i < d->n_fields; i++)
		if (streq(d->fields[i].name, key))
			return &d->fields[i];
	for (size_t i = 0; i < v->n_common_fields; i++)
		if (streq(v->common_fields[i].name, key))
			return &v->common_fields[i];
	return NULL;
}

static void add_number(const struct vocabulary *v, const struct detector_def *d, const char *key, int64_t n, struct buf *out)
{
	const struct event_field *f = field_named(v, d, key);
	char span[CLOCK_TEXT_MAX];
	if (f && f->unit == UNIT_SECONDS)
		buf_add_str(out, clock_span((uint64_t)n, span));
	else if (f && f->unit == UNIT_BYTES)
		unit_format(out, UNIT_BYTES, (double)n);
	else
		buf_printf(out, "%" PRId64, n);
}

bool event_value_words(const struct vocabulary *v, const struct detector_def *d, const char *key, struct json_object *value,
		       struct buf *out)
{
	if (json_object_is_type(value, json_type_string)) {
		buf_add_str(out, json_object_get_string(value));
		return json_object_get_string_len(value) > 0;
	}
	if (!json_object_is_type(value, json_type_int))
		return false;
	add_number(v, d, key, json_object_get_int64(value), out);
	return json_object_get_int64(value) != 0;
}

static bool is_told(const char *key, struct json_object *value)
{
	if (is_header(key))
		return false;
	if (json_object_is_type(value, json_type_string)) {
		int len = json_object_get_string_len(value);
		return len > 0 && len <= TEXT_LONGEST;
	}
	return json_object_is_type(value, json_type_int) && json_object_get_int64(value) != 0;
}

void event_words(const struct vocabulary *v, const struct json_object *event, struct buf *out)
{
	char kind[32], comm[32];
	const char *between = ": ";
	json_text_cut(event, "kind", kind, sizeof(kind));
	json_text_cut(event, "comm", comm, sizeof(comm));
	buf_add_str(out, kind);
	if (*comm)
		buf_printf(out, " by %s (pid %" PRIu64 ")", comm, json_number(event, "pid"));
	if (!json_object_is_type(event, json_type_object))
		return;
	int d = vocabulary_detector(v, kind);
	json_object_object_foreach((struct json_object *)event, key, value) {
		if (!is_told(key, value))
			continue;
		buf_printf(out, "%s%s ", between, key);
		event_value_words(v, d < 0 ? NULL : &v->detectors[d], key, value, out);
		between = ", ";
	}
}
