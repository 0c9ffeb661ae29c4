/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detector_json.h"

static void add_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, text ? json_object_new_string(text) : NULL);
}

static void add_count(struct json_object *o, const char *key, uint64_t n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

static void add_threshold(struct json_object *o, const struct detector_def *def, const struct detector_status *s)
{
	_cleanup_buf_ struct buf text = {0};
	if (def->threshold)
		unit_format(&text, def->threshold_unit, (double)s->settings.threshold);
	add_text(o, "threshold", text.len ? buf_str(&text) : NULL);
}

struct json_object *detector_json(const struct detector_def *def, const struct detector_status *s, bool always)
{
	static const char *const states[] = {
		[DETECTOR_UNSUPPORTED] = "unsupported", [DETECTOR_OFF] = "off", [DETECTOR_ATTACHED] = "attached"};
	struct json_object *o = json_object_new_object();
	add_text(o, "detector", def->name);
	add_text(o, "class", def->class == DETECTOR_ALWAYS ? "always" : "armed");
	add_text(o, "state", states[s->state]);
	add_text(o, "hook", s->hook);
	add_text(o, "reason", s->reason);
	add_threshold(o, def, s);
	json_object_object_add(o, "always", json_object_new_boolean(def->class == DETECTOR_ALWAYS || always));
	add_count(o, "rate_per_s", s->settings.rate_per_s);
	add_count(o, "cgroup_rate_per_s", s->settings.cgroup_rate_per_s);
	add_count(o, "seen", s->seen);
	add_count(o, "events", s->events);
	add_count(o, "lost", s->lost);
	add_count(o, "limited", s->limited);
	add_count(o, "run_ns", s->run_ns);
	add_count(o, "run_count", s->run_count);
	add_text(o, "summary", def->summary);
	return o;
}
