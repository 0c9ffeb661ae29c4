/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "snapshot/view/blame.h"

#define SAMPLES_LEAST 10
#define LOOKED_AT 2 /* of each kind */

/* One view of profile/summary.json: the span in which the rule was true, or the whole window. */
struct span {
	const struct json_object *o;
	const char *when; /* "while the rule was true" */
	unsigned focus;
	uint64_t total_us;
};

static uint64_t weight_us(const struct span *s, const struct json_object *o)
{
	uint64_t kernel = json_number(o, "kernel_us"), user = json_number(o, "user_us");
	if (s->focus & FOCUS_CPU || (s->focus & (FOCUS_SYS | FOCUS_USER)) == (FOCUS_SYS | FOCUS_USER))
		return kernel + user;
	return s->focus & FOCUS_SYS ? kernel : user;
}

/* The i-th heaviest by what the rule watches, counted from 0; NULL when there are no more. */
static const struct json_object *heaviest(const struct span *s, const char *list, size_t rank)
{
	struct json_object *all = json_member(s->o, list);
	const struct json_object *found = NULL;
	for (size_t i = 0; i < json_length(all); i++) {
		const struct json_object *o = json_object_array_get_idx(all, i);
		size_t above = 0;
		for (size_t k = 0; k < json_length(all); k++) {
			uint64_t other = weight_us(s, json_object_array_get_idx(all, k));
			above += other > weight_us(s, o) || (other == weight_us(s, o) && k < i);
		}
		found = above == rank ? o : found;
	}
	return found;
}

static double share_of(const struct span *s, const struct json_object *o)
{
	return s->total_us ? (double)weight_us(s, o) / (double)s->total_us : 0;
}

static void blame_task(struct inquiry *q, const struct span *s, const struct json_object *o)
{
	char name[128], mine[CLOCK_TEXT_MAX], all[CLOCK_TEXT_MAX];
	json_text_cut(o, "name", name, sizeof(name));
	struct charge c = {"task", name, (uint32_t)json_number(o, "pid"), (uint32_t)json_number(o, "tasks"), share_of(s, o),
			   STANDING_DEED};
	if (name[0] == '[' || name[0] == ':')
		return;
	suspects_add(q->suspects, &c, "used %.0f %% of the %s %s, %s of %s (profile/summary.json)", 100 * c.score,
		     focus_cpu_time(s->focus), s->when, clock_span(weight_us(s, o) * NS_PER_US, mine),
		     clock_span(s->total_us * NS_PER_US, all));
	q->profiled |= c.score >= SUSPECT_LEAST;
}

static void blame_function(struct inquiry *q, const struct span *s, const struct json_object *o)
{
	char name[128], comm[32], mine[CLOCK_TEXT_MAX], all[CLOCK_TEXT_MAX];
	json_text_cut(o, "name", name, sizeof(name));
	json_text_cut(o, "comm", comm, sizeof(comm));
	struct charge c = {"function", name, 0, 0, share_of(s, o), STANDING_PLACE};
	if (name[0] != '[')
		suspects_add(q->suspects, &c, "%.0f %% of the %s ended in it %s, %s of %s, most of that by %s (profile/summary.json)",
			     100 * c.score, focus_cpu_time(s->focus), s->when,
			     clock_span(weight_us(s, o) * NS_PER_US, mine), clock_span(s->total_us * NS_PER_US, all), comm);
}

static bool span_find(const struct json_object *summary, const char *key, unsigned focus, struct span *ret)
{
	*ret = (struct span){.o = json_member(summary, key), .focus = focus};
	ret->total_us = weight_us(ret, ret->o);
	return json_number(ret->o, "samples") >= SAMPLES_LEAST && ret->total_us;
}

void blame_profile(struct inquiry *q)
{
	const void *text;
	size_t len;
	struct span s;
	if (!(q->focus & FOCUS_ANY_CPU) || collect_read(q->collect, "profile/summary.json", &text, &len) < 0)
		return;
	_cleanup_json_ struct json_object *summary = json_read(text, len);
	bool while_true = span_find(summary, "true_span", q->focus, &s);
	if (!while_true && !span_find(summary, "window", q->focus, &s))
		return;
	s.when = while_true ? "while the rule was true" : "in the whole window";
	const struct json_object *o;
	for (size_t i = 0; i < LOOKED_AT && (o = heaviest(&s, "tasks", i)); i++)
		blame_task(q, &s, o);
	for (size_t i = 0; i < LOOKED_AT && (o = heaviest(&s, "functions", i)); i++)
		blame_function(q, &s, o);
}
