/* SPDX-License-Identifier: GPL-2.0-only */
/* The event that fired names its own culprits. */
#include "engine/base/unit.h"
#include "snapshot/view/blame.h"

static void blame_oom(struct inquiry *q, const struct json_object *e)
{
	char victim[32], trigger[32], entity[256];
	_cleanup_buf_ struct buf usage = {0}, limit = {0}, anon = {0};
	unit_format(&usage, UNIT_BYTES, (double)json_number(e, "usage"));
	unit_format(&limit, UNIT_BYTES, (double)json_number(e, "limit"));
	unit_format(&anon, UNIT_BYTES, (double)json_number(e, "anon"));
	json_text_cut(e, "victim_comm", victim, sizeof(victim));
	json_text_cut(e, "comm", trigger, sizeof(trigger));
	json_text_cut(e, "entity", entity, sizeof(entity));
	suspects_add(q->suspects, &(struct charge){"task", victim, (uint32_t)json_number(e, "victim_pid"), 0, 1, STANDING_DEED},
		     "killed by the OOM killer with %s of anonymous memory (events.jsonl)", buf_str(&anon));
	if (entity[0] == '/' && json_number(e, "memcg_id"))
		suspects_add(q->suspects, &(struct charge){"cgroup", entity, 0, 0, 1, 0.95},
			     "ran out of memory with %s used of %s (events.jsonl)", buf_str(&usage), buf_str(&limit));
	suspects_add(q->suspects, &(struct charge){"task", trigger, (uint32_t)json_number(e, "tgid"), 0, 1, 0.9},
		     "its allocation triggered the OOM kill of %s (events.jsonl)", victim);
}

/* The innermost function of an event's stack that `skip` does not pass over. */
static void function_of(const struct json_object *e, bool (*skip)(const char *), char *ret, size_t size)
{
	struct json_object *stack = json_member(e, "stack");
	for (size_t i = 0; i < json_length(stack); i++) {
		const char *frame = json_object_get_string(json_object_array_get_idx(stack, i));
		snprintf(ret, size, "%s", frame ? frame : "");
		ret[strcspn(ret, "+")] = '\0';
		if (*ret && !skip(ret))
			return;
	}
	*ret = '\0';
}

static void blame_hungtask(struct inquiry *q, const struct json_object *e)
{
	char comm[32], wait[128], span[CLOCK_TEXT_MAX];
	uint32_t pid = (uint32_t)json_number(e, "pid");
	uint64_t blocked_ns = json_number(e, "blocked");
	json_text_cut(e, "comm", comm, sizeof(comm));
	function_of(e, wait_is_generic, wait, sizeof(wait));
	suspects_add(q->suspects, &(struct charge){"task", comm, pid, 0, 1, STANDING_DEED},
		     "hangs in D state%s%s%s%s, one of %llu such tasks (events.jsonl)", blocked_ns ? " since " : "",
		     blocked_ns ? clock_span(blocked_ns, span) : "", *wait ? ", waiting in " : "", wait,
		     (unsigned long long)MAX(json_number(e, "d_tasks"), UINT64_C(1)));
	suspects_add(q->suspects, &(struct charge){"wait", wait, 0, 0, 1, 0.9}, "the hung task %s (pid %u) waits in it (events.jsonl)",
		     comm, pid);
}

static void blame_lacp(struct inquiry *q, const struct json_object *e)
{
	static const char *const changes[] = {"changed", "stopped collecting or distributing", "began to collect and distribute",
					      "became the active port", "became a backup port", "changed its link"};
	char bond[64], slave[64];
	uint64_t change = json_number(e, "change");
	json_text_cut(e, "bond", bond, sizeof(bond));
	json_text_cut(e, "slave", slave, sizeof(slave));
	const char *what = changes[change < ARRAY_SIZE(changes) ? change : 0];
	suspects_add(q->suspects, &(struct charge){"device", slave, 0, 0, 1, STANDING_DEED}, "port of %s %s (events.jsonl)", bond,
		     what);
	suspects_add(q->suspects, &(struct charge){"bond", bond, 0, 0, 1, 0.95},
		     "its port %s %s (events.jsonl, net/bonding/%s.txt)", slave, what, bond);
}

static void blame_runqlat(struct inquiry *q, const struct json_object *e)
{
	char prev[32], comm[32], wait[CLOCK_TEXT_MAX];
	json_text_cut(e, "prev_comm", prev, sizeof(prev));
	json_text_cut(e, "comm", comm, sizeof(comm));
	suspects_add(q->suspects, &(struct charge){"task", prev, (uint32_t)json_number(e, "prev_pid"), 0, 1, STANDING_DEED},
		     "held the CPU that %s waited %s for (events.jsonl)", comm, clock_span(json_number(e, "wait"), wait));
}

static void blame_iolatency(struct inquiry *q, const struct json_object *e)
{
	char disk[64], issuer[32], q2c[CLOCK_TEXT_MAX];
	json_text_cut(e, "disk", disk, sizeof(disk));
	json_text_cut(e, "issuer_comm", issuer, sizeof(issuer));
	clock_span(json_number(e, "q2c"), q2c);
	suspects_add(q->suspects, &(struct charge){"device", disk, 0, 0, 1, STANDING_DEED}, "took %s for one request (events.jsonl)",
		     q2c);
	suspects_add(q->suspects, &(struct charge){"task", issuer, (uint32_t)json_number(e, "issuer_pid"), 0, 1, 0.9},
		     "issued the request that took %s (events.jsonl)", q2c);
}

static void blame_softirq(struct inquiry *q, const struct json_object *e)
{
	char function[128], off[CLOCK_TEXT_MAX];
	function_of(e, event_frame_is_ours, function, sizeof(function));
	suspects_add(q->suspects, &(struct charge){"function", function, 0, 0, 1, STANDING_DEED},
		     "ran with interrupts or softirqs off for %s (events.jsonl)", clock_span(json_number(e, "offtime"), off));
}

void blame_fired(struct inquiry *q)
{
	static const struct {
		const char *kind;
		void (*blame)(struct inquiry *q, const struct json_object *e);
	} kinds[] = {
		{"hungtask", blame_hungtask}, {"iolatency", blame_iolatency}, {"lacp", blame_lacp},
		{"oom", blame_oom},	      {"runqlat", blame_runqlat},     {"softirq", blame_softirq},
	};
	char kind[32];
	if (!json_text(q->event, "kind", kind, sizeof(kind)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (streq(kind, kinds[i].kind))
			kinds[i].blame(q, q->event);
}
