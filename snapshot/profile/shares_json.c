/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/json.h"
#include "snapshot/profile/shares.h"

static double part(uint64_t of, uint64_t all)
{
	return all ? (double)of / (double)all : 0;
}

static struct json_object *share_json(const struct share *s)
{
	struct json_object *o = json_object_new_object();
	json_add_text(o, "name", s->name);
	json_add_number(o, "kernel_us", s->kernel_us);
	json_add_number(o, "user_us", s->user_us);
	json_add_number(o, "tasks", s->tasks);
	json_add_number(o, "pid", s->pid);
	if (s->comm[0])
		json_add_text(o, "comm", s->comm);
	return o;
}

static struct json_object *list_json(const struct share *list, size_t n)
{
	struct json_object *all = json_object_new_array();
	for (size_t i = 0; i < n; i++)
		json_object_array_add(all, share_json(&list[i]));
	return all;
}

/* The heaviest function that has a name, NULL when none has. */
static const struct share *first_named(const struct shares *s)
{
	for (size_t i = 0; i < s->n_functions; i++)
		if (s->functions[i].name[0] != '[')
			return &s->functions[i];
	return NULL;
}

static void add_top(struct json_object *o, const struct shares *s)
{
	const struct share *function = first_named(s);
	uint64_t all = s->kernel_us + s->user_us;
	if (s->n_tasks) {
		json_add_text(o, "top_comm", s->tasks[0].name);
		json_add_number(o, "top_pid", s->tasks[0].pid);
		json_object_object_add(o, "top_share", json_object_new_double(part(share_us(&s->tasks[0]), all)));
	}
	if (function) {
		json_add_text(o, "function", function->name);
		json_object_object_add(o, "function_share", json_object_new_double(part(share_us(function), all)));
	}
}

struct json_object *shares_json(const struct shares *s, uint64_t first_ns, uint64_t last_ns)
{
	struct json_object *o = json_object_new_object();
	json_add_number(o, "first_ns", first_ns);
	json_add_number(o, "last_ns", last_ns);
	json_add_number(o, "samples", s->samples);
	json_add_number(o, "idle", s->idle);
	json_add_number(o, "self", s->self);
	json_add_number(o, "weight_us", s->kernel_us + s->user_us);
	json_add_number(o, "kernel_us", s->kernel_us);
	json_add_number(o, "user_us", s->user_us);
	add_top(o, s);
	json_object_object_add(o, "tasks", list_json(s->tasks, s->n_tasks));
	json_object_object_add(o, "functions", list_json(s->functions, s->n_functions));
	return o;
}
