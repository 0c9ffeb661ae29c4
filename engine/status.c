/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon looks like from outside: rules and their states, detectors, captures, its own cost. */
#include "engine/engine_state.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <sys/resource.h>

#include "engine/base/io.h"
#include "engine/detector_json.h"
#include "rules/tell/why.h"

static void add_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, text ? json_object_new_string(text) : NULL);
}

static void add_count(struct json_object *o, const char *key, uint64_t n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

static void add_seconds(struct json_object *o, const char *key, uint64_t ns)
{
	json_object_object_add(o, key, json_object_new_double((double)ns / 1e9));
}

static const char *state_name(enum rule_state s)
{
	static const char *const names[] = {[RULE_IDLE] = "idle", [RULE_PENDING] = "pending", [RULE_FIRING] = "firing"};
	return names[s];
}

static const char *truth_name(enum truth t)
{
	static const char *const names[] = {[TRUTH_FALSE] = "false", [TRUTH_TRUE] = "true", [TRUTH_UNKNOWN] = "unknown"};
	return names[t];
}

/* Null where it never was. */
static void add_ago(const struct engine *e, struct json_object *o, const char *key, uint64_t t_ns)
{
	if (t_ns)
		add_seconds(o, key, e->last_ns - MIN(t_ns, e->last_ns));
	else
		json_object_object_add(o, key, NULL);
}

static struct json_object *rule_row(const struct engine *e, uint16_t rule, uint16_t slot, const struct rule_status *s)
{
	const struct rule *r = &e->rules->rules[rule];
	const struct entity *who = entities_get(e->entities, slot);
	struct json_object *o = json_object_new_object();
	add_text(o, "rule", r->name);
	add_text(o, "entity_kind", entity_kind_name(who->kind));
	add_text(o, "entity", who->name);
	add_text(o, "state", state_name(s->state));
	add_text(o, "verdict", r->on >= 0 ? NULL : truth_name(s->verdict));
	json_object_object_add(o, "armed", json_object_new_boolean(s->armed));
	add_seconds(o, "since_s", s->since_ns ? e->last_ns - MIN(s->since_ns, e->last_ns) : 0);
	add_ago(e, o, "verdict_since_s", s->verdict_since_ns);
	add_seconds(o, "hold_progress_s", s->hold_progress_ns);
	add_seconds(o, "hold_s", r->hold_ns);
	add_ago(e, o, "suppressed_ago_s", s->suppressed_ns);
	add_count(o, "fired", s->fired);
	add_count(o, "suppressed", s->suppressed);
	add_count(o, "excepted", s->excepted);
	add_text(o, "exception", s->exception);
	add_text(o, "last_exception", s->last_exception);
	add_count(o, "tokens_entity", s->tokens_entity);
	add_count(o, "tokens_rule", s->tokens_rule);
	return o;
}

static struct json_object *rule_rows(const struct engine *e)
{
	struct json_object *rows = json_object_new_array();
	for (uint16_t rule = 0; rule < e->rules->n; rule++)
		for (uint16_t slot = 0; slot < entities_max(e->entities); slot++) {
			struct rule_status s;
			if (entities_get(e->entities, slot)->alive && machine_status(e->machine, rule, slot, &s))
				json_object_array_add(rows, rule_row(e, rule, slot, &s));
		}
	return rows;
}

static struct json_object *detector_rows(const struct engine *e)
{
	struct json_object *rows = json_object_new_array();
	for (uint16_t i = 0; i < e->vocabulary->n_detectors; i++) {
		struct detector_status s;
		struct arm_status a;
		detect_status(e->detect, i, &s);
		arm_status(e->arm, i, &a);
		struct json_object *o = detector_json(&e->vocabulary->detectors[i], &s, e->config->always[i]);
		if (a.resting)
			add_text(o, "state", "resting");
		add_count(o, "filtered", e->filtered[i]);
		add_seconds(o, "attached_s", a.attached_ns);
		add_count(o, "rests", a.rests);
		json_object_array_add(rows, o);
	}
	return rows;
}

static struct json_object *capture_object(const struct engine *e)
{
	struct incidents_status s;
	struct json_object *o = json_object_new_object();
	incidents_status(e->incidents, &s);
	add_count(o, "open", s.open);
	add_count(o, "opened", s.opened);
	add_count(o, "joined", s.joined);
	add_count(o, "busy", s.busy);
	add_count(o, "failed", s.failed);
	add_count(o, "published", s.published);
	add_seconds(o, "first_member_s", s.first_member_ns);
	add_seconds(o, "first_disk_s", s.first_disk_ns);
	add_text(o, "last", *s.last_id ? s.last_id : NULL);
	return o;
}

static uint64_t resident_bytes(void)
{
	char line[128];
	unsigned long total = 0, resident = 0;
	if (io_read_line(AT_FDCWD, "/proc/self/statm", line, sizeof(line)) < 0 || sscanf(line, "%lu %lu", &total, &resident) != 2)
		return 0;
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static struct json_object *cost_object(const struct engine *e)
{
	struct rusage self;
	struct json_object *o = json_object_new_object();
	getrusage(RUSAGE_SELF, &self);
	uint64_t cpu_ns = (uint64_t)(self.ru_utime.tv_sec + self.ru_stime.tv_sec) * NS_PER_S +
			  (uint64_t)(self.ru_utime.tv_usec + self.ru_stime.tv_usec) * NS_PER_US;
	uint64_t up_ns = MAX(clock_now(CLOCK_MONOTONIC) - e->started_ns, UINT64_C(1));
	add_seconds(o, "cpu_s", cpu_ns);
	json_object_object_add(o, "cpu_ms_per_s", json_object_new_double((double)cpu_ns * 1e3 / (double)up_ns));
	add_count(o, "rss_bytes", resident_bytes());
	add_count(o, "lost_readings", source_lost(e->source));
	add_count(o, "lost_inputs", inputlog_lost(e->inputlog));
	add_count(o, "refused_entities", entities_refused(e->entities));
	add_count(o, "overrun_transitions", e->overrun);
	return o;
}

/* How far it goes back only the disk knows: that is for whoever asks to read. */
static struct json_object *history_object(const struct engine *e)
{
	_cleanup_free_ char *path = NULL;
	struct json_object *o = json_object_new_object();
	if (asprintf(&path, "%s/" HOURS_DIR, e->config->state_dir) < 0)
		path = NULL;
	json_object_object_add(o, "on", json_object_new_boolean(e->hourlog != NULL));
	add_text(o, "path", path);
	add_count(o, "lost", e->hourlog ? hourlog_lost(e->hourlog) : 0);
	return o;
}

void engine_status_json(struct engine *e, struct buf *out)
{
	struct json_object *o = json_object_new_object();
	add_text(o, "version", TRACETRAP_VERSION);
	add_count(o, "pid", (uint64_t)getpid());
	add_seconds(o, "uptime_s", clock_now(CLOCK_MONOTONIC) - e->started_ns);
	add_text(o, "source", source_describe(e->source));
	add_text(o, "fallback_reason", source_fallback_reason(e->source));
	add_text(o, "stack_ring", past_sampler_reason(e->past) ? past_sampler_reason(e->past) : "on");
	json_object_object_add(o, "history", history_object(e));
	json_object_object_add(o, "rules", rule_rows(e));
	json_object_object_add(o, "detectors", detector_rows(e));
	json_object_object_add(o, "captures", capture_object(e));
	json_object_object_add(o, "self", cost_object(e));
	buf_add_str(out, json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

int engine_why_json(struct engine *e, const char *rule, const char *entity, struct buf *out)
{
	const struct rule *r = ruleset_find(e->rules, rule);
	uint16_t slot = r ? entities_find(e->entities, r->for_each, *entity ? entity : "host") : ENTITY_NONE;
	if (slot == ENTITY_NONE)
		return -ENOENT;
	return why_json(e->machine, (uint16_t)(r - e->rules->rules), slot, entities_get(e->entities, slot), out);
}
