/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/json.h"
#include "snapshot/view/blame.h"
#include "snapshot/view/view.h"

#include <inttypes.h>

bool inquiry_is_ours(const struct inquiry *q, uint32_t pid)
{
	for (size_t i = 0; i < q->plan->n_self_pids; i++)
		if (q->plan->self_pids[i] == pid)
			return true;
	for (size_t i = 0; i < q->n_children; i++)
		if (q->children[i] == pid)
			return true;
	return false;
}

static struct json_object *double_json(double value)
{
	char text[32];
	snprintf(text, sizeof(text), "%.2f", value);
	return json_object_new_double_s(value, text);
}

static struct json_object *suspect_json(const struct suspect *s)
{
	struct json_object *o = json_object_new_object();
	json_add_text(o, "kind", s->kind);
	json_add_text(o, "name", s->name);
	if (s->pid)
		json_add_number(o, "pid", s->pid);
	else
		json_object_object_add(o, "pid", NULL);
	if (s->tasks)
		json_add_number(o, "tasks", s->tasks);
	json_object_object_add(o, "score", double_json(s->score));
	json_add_text(o, "evidence", s->evidence);
	return o;
}

static const char *note_of(const struct suspects *s)
{
	return s->n ? "Who did most of what the rule watches comes first; a score is the share of what was measured. They stand "
		      "out, which need not make them the cause."
		    : "Nothing stands out: no task, function, wait, device or cgroup has a large share in what was measured.";
}

static int print(const struct inquiry *q)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array(), *span = json_object_new_object();
	_cleanup_buf_ struct buf text = {0};
	for (size_t i = 0; i < MIN(q->suspects->n, (size_t)SUSPECTS_SHOWN); i++)
		json_object_array_add(list, suspect_json(&q->suspects->list[i]));
	json_add_number(span, "first_ns", q->first_ns);
	json_add_number(span, "last_ns", q->last_ns);
	json_object_object_add(o, "culprits", list);
	json_add_text(o, "note", note_of(q->suspects));
	json_object_object_add(o, "true_span", span);
	int r = json_print(o, &text);
	FILE *to = r < 0 ? NULL : collect_open(q->collect, "culprits.json");
	if (!to)
		return r < 0 ? r : -ENOMEM;
	fwrite(text.data, 1, text.len, to);
	collect_close(q->collect, MEMBER_COMPLETE, NULL, 0);
	return 0;
}

/* The event as it stands in events.jsonl: there the functions of its stack have names, at the firing they had none yet. */
static struct json_object *event_with_names(const struct inquiry *q, const struct json_object *fired)
{
	const void *text;
	size_t len;
	char begin[48];
	int n = snprintf(begin, sizeof(begin), "{\"t_ns\":%" PRIu64 ",", json_number(fired, "t_ns"));
	if (collect_read(q->collect, "events.jsonl", &text, &len) < 0)
		return NULL;
	for (const char *at = text, *end = at + len; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at)) ?: end;
		struct json_object *e = newline - at > n && memcmp(at, begin, (size_t)n) == 0 ? json_read(at, (size_t)(newline - at)) : NULL;
		if (e && json_object_equal(json_member(e, "kind"), json_member(fired, "kind")))
			return e;
		json_object_put(e);
		at = newline + 1;
	}
	return NULL;
}

static void inquiry_open(struct inquiry *q)
{
	const void *pids;
	size_t len;
	q->focus = focus_of(q->plan);
	q->event = q->plan->event ? json_read(q->plan->event, strlen(q->plan->event)) : NULL;
	struct json_object *named = q->event ? event_with_names(q, q->event) : NULL;
	if (named) {
		json_object_put(q->event);
		q->event = named;
	}
	collect_truth(q->collect, &q->first_ns, &q->last_ns);
	if (collect_read(q->collect, ".pids", &pids, &len) == 0) {
		q->children = pids;
		q->n_children = len / sizeof(*q->children);
	}
}

int view_culprits(struct collect *c)
{
	static void (*const evidence[])(struct inquiry *) = {blame_fired, blame_profile, blame_tasks,
							     blame_waits, blame_entity,  blame_events};
	_cleanup_free_ struct suspects *s = calloc(1, sizeof(*s));
	struct inquiry q = {.collect = c, .plan = collect_plan(c), .suspects = s};
	if (!s)
		return -ENOMEM;
	inquiry_open(&q);
	for (size_t i = 0; i < ARRAY_SIZE(evidence); i++)
		evidence[i](&q);
	suspects_sort(s);
	json_object_put(q.event);
	return print(&q);
}
