/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/unit.h"
#include "snapshot/bundle/json.h"
#include "snapshot/view/blame.h"

#define EVENTS_LOOKED_AT 500

static void blame_oom(const struct json_object *e, double certainty, struct suspects *s)
{
	char victim[32], trigger[32], entity[256];
	_cleanup_buf_ struct buf usage = {0}, limit = {0}, anon = {0};
	unit_format(&usage, UNIT_BYTES, (double)json_number(e, "usage"));
	unit_format(&limit, UNIT_BYTES, (double)json_number(e, "limit"));
	unit_format(&anon, UNIT_BYTES, (double)json_number(e, "anon"));
	json_text_cut(e, "victim_comm", victim, sizeof(victim));
	json_text_cut(e, "comm", trigger, sizeof(trigger));
	json_text_cut(e, "entity", entity, sizeof(entity));
	suspects_add(s, "task", victim, (uint32_t)json_number(e, "victim_pid"), certainty,
		     "killed by the OOM killer with %s anonymous memory (events.jsonl)", buf_str(&anon));
	suspects_add(s, "task", trigger, (uint32_t)json_number(e, "tgid"), certainty - 0.1,
		     "its allocation triggered the OOM kill of %s (events.jsonl)", victim);
	if (entity[0] == '/' && json_number(e, "memcg_id"))
		suspects_add(s, "cgroup", entity, 0, certainty - 0.05, "ran out of memory: %s used of %s (events.jsonl)",
			     buf_str(&usage), buf_str(&limit));
}

static void blame_hungtask(const struct json_object *e, double certainty, struct suspects *s)
{
	char comm[32], span[CLOCK_TEXT_MAX];
	json_text_cut(e, "comm", comm, sizeof(comm));
	suspects_add(s, "task", comm, (uint32_t)json_number(e, "pid"), certainty - 0.05,
		     "reported as hung, blocked for %s, with %llu tasks in D state (events.jsonl)",
		     clock_span(json_number(e, "blocked"), span), (unsigned long long)json_number(e, "d_tasks"));
}

static void blame_lacp(const struct json_object *e, double certainty, struct suspects *s)
{
	static const char *const changes[] = {"changed", "stopped collecting or distributing", "began to collect and distribute",
					      "became the active port", "became a backup port", "changed its link"};
	char bond[64], slave[64];
	uint64_t change = json_number(e, "change");
	json_text_cut(e, "bond", bond, sizeof(bond));
	json_text_cut(e, "slave", slave, sizeof(slave));
	const char *what = changes[change < ARRAY_SIZE(changes) ? change : 0];
	suspects_add(s, "device", slave, 0, certainty, "port of %s %s (events.jsonl)", bond, what);
	suspects_add(s, "bond", bond, 0, certainty - 0.05, "its port %s %s (events.jsonl, net/bonding/%s.txt)", slave, what, bond);
}

static void blame_runqlat(const struct json_object *e, double certainty, struct suspects *s)
{
	char prev[32], comm[32], span[CLOCK_TEXT_MAX];
	json_text_cut(e, "prev_comm", prev, sizeof(prev));
	json_text_cut(e, "comm", comm, sizeof(comm));
	suspects_add(s, "task", prev, (uint32_t)json_number(e, "prev_pid"), certainty - 0.2,
		     "held CPU %llu while %s waited %s for it (events.jsonl)", (unsigned long long)json_number(e, "cpu"),
		     comm, clock_span(json_number(e, "wait"), span));
}

static void blame_iolatency(const struct json_object *e, double certainty, struct suspects *s)
{
	char disk[64], issuer[32], span[CLOCK_TEXT_MAX];
	json_text_cut(e, "disk", disk, sizeof(disk));
	json_text_cut(e, "issuer_comm", issuer, sizeof(issuer));
	suspects_add(s, "device", disk, 0, certainty - 0.1, "a request of %s took %s (events.jsonl)",
		     *issuer ? issuer : "an unknown task", clock_span(json_number(e, "q2c"), span));
}

static void blame_softirq(const struct json_object *e, double certainty, struct suspects *s)
{
	struct json_object *top = json_member(e, "stack");
	char function[128] = "", span[CLOCK_TEXT_MAX];
	if (json_length(top))
		snprintf(function, sizeof(function), "%s", json_object_get_string(json_object_array_get_idx(top, 0)));
	function[strcspn(function, "+")] = '\0';
	suspects_add(s, "function", function, 0, certainty - 0.2, "interrupted after %s with interrupts off (events.jsonl)",
		     clock_span(json_number(e, "offtime"), span));
}

static const struct {
	const char *kind;
	void (*blame)(const struct json_object *e, double certainty, struct suspects *s);
} kinds[] = {
	{"hungtask", blame_hungtask}, {"iolatency", blame_iolatency}, {"lacp", blame_lacp},
	{"oom", blame_oom},	      {"runqlat", blame_runqlat},     {"softirq", blame_softirq},
};

/* What kind of event the incident is about counts more than what else happened. */
static void blame_event(const struct json_object *e, const char *fired_on, struct suspects *s)
{
	char kind[32];
	if (!json_text(e, "kind", kind, sizeof(kind)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (streq(kind, kinds[i].kind))
			kinds[i].blame(e, streq(kind, fired_on) ? 1.0 : 0.6, s);
}

void blame_events(struct collect *c, struct suspects *s)
{
	const char *fired = collect_plan(c)->event;
	_cleanup_json_ struct json_object *event = fired ? json_read(fired, strlen(fired)) : NULL;
	char kind[32] = "";
	const void *data;
	size_t len;
	json_text(event, "kind", kind, sizeof(kind));
	if (event)
		blame_event(event, kind, s);
	/* The event that fired is one of those below; naming it twice adds nothing. */
	if (event || collect_read(c, "events.jsonl", &data, &len) < 0)
		return;
	const char *text = data, *end = text + len;
	for (unsigned n = 0; text < end && n < EVENTS_LOOKED_AT; n++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		_cleanup_json_ struct json_object *one = json_read(text, (size_t)((newline ? newline : end) - text));
		blame_event(one, kind, s);
		text = newline ? newline + 1 : end;
	}
}
