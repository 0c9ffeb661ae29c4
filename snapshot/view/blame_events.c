/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/unit.h"
#include "snapshot/bundle/json.h"
#include "snapshot/view/blame.h"

#define EVENTS_LOOKED_AT 2000
#define OF_FIRING 1.0
#define BESIDE 0.5 /* what else happened says less than what the incident is about */

struct blaming {
	struct suspects *suspects;
	struct tally holders, late, disks; /* of the CPU, with interrupts off, slow */
};

static void blame_oom(struct blaming *b, const struct json_object *e, double certainty)
{
	char victim[32], trigger[32], entity[256];
	_cleanup_buf_ struct buf usage = {0}, limit = {0}, anon = {0};
	unit_format(&usage, UNIT_BYTES, (double)json_number(e, "usage"));
	unit_format(&limit, UNIT_BYTES, (double)json_number(e, "limit"));
	unit_format(&anon, UNIT_BYTES, (double)json_number(e, "anon"));
	json_text_cut(e, "victim_comm", victim, sizeof(victim));
	json_text_cut(e, "comm", trigger, sizeof(trigger));
	json_text_cut(e, "entity", entity, sizeof(entity));
	suspects_add(b->suspects, "task", victim, (uint32_t)json_number(e, "victim_pid"), certainty,
		     "killed by the OOM killer with %s anonymous memory (events.jsonl)", buf_str(&anon));
	suspects_add(b->suspects, "task", trigger, (uint32_t)json_number(e, "tgid"), certainty - 0.1,
		     "its allocation triggered the OOM kill of %s (events.jsonl)", victim);
	if (entity[0] == '/' && json_number(e, "memcg_id"))
		suspects_add(b->suspects, "cgroup", entity, 0, certainty - 0.05, "ran out of memory: %s used of %s (events.jsonl)",
			     buf_str(&usage), buf_str(&limit));
}

static void blame_hungtask(struct blaming *b, const struct json_object *e, double certainty)
{
	char comm[32], span[CLOCK_TEXT_MAX];
	json_text_cut(e, "comm", comm, sizeof(comm));
	suspects_add(b->suspects, "task", comm, (uint32_t)json_number(e, "pid"), certainty - 0.05,
		     "reported as hung, blocked for %s, with %llu tasks in D state (events.jsonl)",
		     clock_span(json_number(e, "blocked"), span), (unsigned long long)json_number(e, "d_tasks"));
}

static void blame_lacp(struct blaming *b, const struct json_object *e, double certainty)
{
	static const char *const changes[] = {"changed", "stopped collecting or distributing", "began to collect and distribute",
					      "became the active port", "became a backup port", "changed its link"};
	char bond[64], slave[64];
	uint64_t change = json_number(e, "change");
	json_text_cut(e, "bond", bond, sizeof(bond));
	json_text_cut(e, "slave", slave, sizeof(slave));
	const char *what = changes[change < ARRAY_SIZE(changes) ? change : 0];
	suspects_add(b->suspects, "device", slave, 0, certainty, "port of %s %s (events.jsonl)", bond, what);
	suspects_add(b->suspects, "bond", bond, 0, certainty - 0.05, "its port %s %s (events.jsonl, net/bonding/%s.txt)", slave, what, bond);
}

/* Of these there are many, and each names somebody: they are counted, and shares are told. */
static void blame_runqlat(struct blaming *b, const struct json_object *e, double certainty _unused_)
{
	char prev[32];
	json_text_cut(e, "prev_comm", prev, sizeof(prev));
	tally_add(&b->holders, prev, strlen(prev), (uint32_t)json_number(e, "prev_pid"), json_number(e, "wait"));
}

static void blame_iolatency(struct blaming *b, const struct json_object *e, double certainty _unused_)
{
	char disk[64];
	json_text_cut(e, "disk", disk, sizeof(disk));
	tally_add(&b->disks, disk, strlen(disk), 0, json_number(e, "q2c"));
}

/* The way from the interrupt into the detector is on top of what was interrupted. */
static bool is_ours(const char *function)
{
	static const char *const prefixes[] = {"bpf_prog_", "bpf_trace_run", "bpf_get_stack", "__bpf_", "__traceiter_",
					       "trace_", "__bpf_trace", "bpf_overflow"};
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (starts_with(function, prefixes[i]))
			return true;
	return false;
}

static void blame_softirq(struct blaming *b, const struct json_object *e, double certainty _unused_)
{
	struct json_object *stack = json_member(e, "stack");
	char function[128];
	for (size_t i = 0; i < json_length(stack); i++) {
		const char *frame = json_object_get_string(json_object_array_get_idx(stack, i));
		snprintf(function, sizeof(function), "%s", frame ? frame : "");
		function[strcspn(function, "+")] = '\0';
		if (is_ours(function))
			continue;
		tally_add(&b->late, function, strlen(function), 0, json_number(e, "offtime"));
		return;
	}
}

static void suspect_most(struct suspects *s, struct tally *t, const char *kind, double certainty, const char *what)
{
	char sum[CLOCK_TEXT_MAX];
	tally_settle(t);
	for (size_t i = 0; i < MIN(t->n, (size_t)2); i++)
		suspects_add(s, kind, t->rows[i].name, t->rows[i].times == 1 ? t->rows[i].pid : 0,
			     certainty * tally_share(t, i), "%s %u times, %s in sum, %.0f %% of all (events.jsonl)", what,
			     t->rows[i].times, clock_span(t->rows[i].weight, sum), 100 * tally_share(t, i));
	tally_done(t);
}

static const struct {
	const char *kind;
	void (*blame)(struct blaming *b, const struct json_object *e, double certainty);
} kinds[] = {
	{"hungtask", blame_hungtask}, {"iolatency", blame_iolatency}, {"lacp", blame_lacp},
	{"oom", blame_oom},	      {"runqlat", blame_runqlat},     {"softirq", blame_softirq},
};

static void blame_event(struct blaming *b, const struct json_object *e, double certainty)
{
	char kind[32];
	if (!json_text(e, "kind", kind, sizeof(kind)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (streq(kind, kinds[i].kind))
			kinds[i].blame(b, e, certainty);
}

static void blame_lines(struct blaming *b, const char *text, size_t len)
{
	const char *end = text + len;
	for (unsigned n = 0; text < end && n < EVENTS_LOOKED_AT; n++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		_cleanup_json_ struct json_object *e = json_read(text, (size_t)((newline ? newline : end) - text));
		blame_event(b, e, BESIDE);
		text = newline ? newline + 1 : end;
	}
}

void blame_events(struct collect *c, struct suspects *s)
{
	const char *fired = collect_plan(c)->event;
	_cleanup_json_ struct json_object *event = fired ? json_read(fired, strlen(fired)) : NULL;
	struct blaming b = {.suspects = s};
	const void *text;
	size_t len;
	/* The event that fired is one of the lines too; naming it twice adds nothing. */
	if (event)
		blame_event(&b, event, OF_FIRING);
	else if (collect_read(c, "events.jsonl", &text, &len) == 0)
		blame_lines(&b, text, len);
	double certainty = event ? OF_FIRING - 0.1 : BESIDE;
	suspect_most(s, &b.holders, "task", certainty, "held a CPU that another task waited for");
	suspect_most(s, &b.late, "function", certainty, "ran with interrupts or softirqs off");
	suspect_most(s, &b.disks, "device", certainty, "was slow");
}
