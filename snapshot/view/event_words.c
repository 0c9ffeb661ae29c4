/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/view/event_words.h"

#include "engine/base/unit.h"

#include <inttypes.h>

#define TEXT_LONGEST 64

static bool is_one_of(const char *key, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streq(keys[i], key))
			return true;
	return false;
}

/* Said in front, or of no use to a reader. */
static bool is_header(const char *key)
{
	static const char *const keys[] = {"t_ns", "at",    "kind", "entity", "cgroup_id",  "comm",		  "pid", "tgid",
					   "cpu",  "flags", "memcg_id", "victim_cgroup_id", "task_start", "oom_score_adj"};
	return is_one_of(key, keys, ARRAY_SIZE(keys));
}

static enum unit unit_of(const char *key)
{
	static const char *const bytes[] = {"anon", "file", "shmem", "swap", "pgtable", "usage", "limit", "bytes"};
	static const char *const spans[] = {"wait", "threshold", "offtime", "blocked", "q2c", "d2c"};
	if (is_one_of(key, bytes, ARRAY_SIZE(bytes)))
		return UNIT_BYTES;
	return is_one_of(key, spans, ARRAY_SIZE(spans)) ? UNIT_SECONDS : UNIT_NUMBER;
}

static void add_value(struct buf *out, const char *key, struct json_object *value)
{
	if (json_object_is_type(value, json_type_string))
		buf_add_str(out, json_object_get_string(value));
	else if (unit_of(key) == UNIT_NUMBER)
		buf_printf(out, "%" PRId64, json_object_get_int64(value));
	else
		unit_format(out, unit_of(key), (double)json_object_get_int64(value));
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

void event_words(const struct json_object *event, struct buf *out)
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
	json_object_object_foreach((struct json_object *)event, key, value) {
		if (!is_told(key, value))
			continue;
		buf_printf(out, "%s%s ", between, key);
		add_value(out, key, value);
		between = ", ";
	}
}
