/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/json.h"
#include "snapshot/view/blame.h"
#include "snapshot/view/view.h"

static struct json_object *score_json(double score)
{
	char text[16];
	snprintf(text, sizeof(text), "%.2f", score);
	return json_object_new_double_s(score, text);
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
	json_object_object_add(o, "score", score_json(s->score));
	json_add_text(o, "evidence", s->evidence);
	return o;
}

static const char *note_of(const struct suspects *s)
{
	return s->n ? "Scores are shares of what the rule watches, measured around the firing; they name what stands out, "
		      "which need not be the cause."
		    : "Nothing stands out: no task, function, wait, device or cgroup has a large share in what was measured.";
}

static int print(struct collect *c, const struct suspects *s)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	_cleanup_buf_ struct buf text = {0};
	for (size_t i = 0; i < MIN(s->n, (size_t)SUSPECTS_SHOWN); i++)
		json_object_array_add(list, suspect_json(&s->list[i]));
	json_object_object_add(o, "culprits", list);
	json_add_text(o, "note", note_of(s));
	int r = json_print(o, &text);
	FILE *to = r < 0 ? NULL : collect_open(c, "culprits.json");
	if (!to)
		return r < 0 ? r : -ENOMEM;
	fwrite(text.data, 1, text.len, to);
	collect_close(c, MEMBER_COMPLETE, NULL, 0);
	return 0;
}

int view_culprits(struct collect *c)
{
	_cleanup_free_ struct suspects *s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	unsigned focus = focus_of(collect_plan(c));
	blame_events(c, s);
	blame_entity(c, s);
	blame_tasks(c, focus, s);
	blame_samples(c, focus, s);
	blame_profile(c, focus, s);
	if (focus & FOCUS_WAIT)
		blame_waits(c, s);
	suspects_sort(s);
	return print(c, s);
}
