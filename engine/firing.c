/* SPDX-License-Identifier: GPL-2.0-only */
/* From a transition to a plan: everything a worker is told, and the descriptors it gets. */
#include "engine/engine_state.h"

#include <json-c/json.h>
#include <sys/random.h>

#include "engine/base/log.h"
#include "engine/record/events.h"

#define PLAN_SIGNALS_MAX 64
#define PLAN_COLLECTORS_MAX 64

struct firing {
	struct plan plan;
	struct buf event;
	struct json_object *labels;
	const char *collectors[PLAN_COLLECTORS_MAX];
	const char *signals[PLAN_SIGNALS_MAX];
	uint32_t pids[INCIDENTS_MAX + 4];
	int fds[CAPTURE_FD_MAX_];
};

static void firing_done(struct firing *f)
{
	buf_done(&f->event);
	json_object_put(f->labels);
	static const enum capture_fd ours[] = {CAPTURE_FD_TASK_ROWS, CAPTURE_FD_TASK_STACKS, CAPTURE_FD_D_STACKS};
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (f->fds[ours[i]] >= 0)
			close(f->fds[ours[i]]);
}

static void add_signal(struct firing *f, const char *name)
{
	for (size_t i = 0; i < f->plan.n_signals; i++)
		if (streq(f->signals[i], name))
			return;
	if (f->plan.n_signals < PLAN_SIGNALS_MAX)
		f->signals[f->plan.n_signals++] = name;
}

static void add_signals(struct firing *f, const struct vocabulary *v, const struct expr *x)
{
	if (!x)
		return;
	if (x->kind == EXPR_SIGNAL)
		add_signal(f, v->signals[x->signal.signal].name);
	if (x->kind == EXPR_WINDOW)
		add_signal(f, v->signals[x->window.signal].name);
	add_signals(f, v, x->a);
	add_signals(f, v, x->b);
}

static void add_self(const struct engine *e, struct firing *f)
{
	pid_t ours[INCIDENTS_MAX + 4] = {getpid(), writer_pid(e->writer), source_helper_pid(e->source)};
	size_t n = 3 + incidents_pids(e->incidents, ours + 3, ARRAY_SIZE(ours) - 3);
	for (size_t i = 0; i < n; i++)
		if (ours[i] > 0) /* 0 is the idle task */
			f->pids[f->plan.n_self_pids++] = (uint32_t)ours[i];
	f->plan.self_pids = f->pids;
}

static void make_id(struct plan *p)
{
	char stamp[CLOCK_TEXT_MAX];
	uint32_t random = 0;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = (uint32_t)(p->fired_ns ^ p->fired_ns >> 32);
	snprintf(p->id, sizeof(p->id), "%s-%.80s-%08x", clock_stamp(p->clocks.realtime - (p->clocks.monotonic - p->fired_ns), stamp),
		 p->rule, random);
}

static void add_rule(const struct engine *e, struct firing *f, const struct rule *r)
{
	struct plan *p = &f->plan;
	snprintf(p->rule, sizeof(p->rule), "%s", r->name);
	snprintf(p->severity, sizeof(p->severity), "%s", severity_name(r->severity));
	p->summary = r->summary ? r->summary : "";
	p->rule_yaml = r->yaml;
	p->before_ns = r->capture.before_ns;
	p->after_ns = r->capture.after_ns;
	plan_bound(p, r->capture.max_bytes, e->config->stage_bytes);
	for (size_t i = 0; i < r->capture.n_collectors && i < PLAN_COLLECTORS_MAX; i++)
		f->collectors[p->n_collectors++] = e->vocabulary->collectors[r->capture.collectors[i]].name;
	p->collectors = f->collectors;
	add_signals(f, e->vocabulary, r->when);
	add_signals(f, e->vocabulary, r->clear);
	p->signals = f->signals;
	f->labels = json_object_new_object();
	for (size_t i = 0; i < r->n_labels; i++)
		json_object_object_add(f->labels, r->labels[i].key, json_object_new_string(r->labels[i].value));
	p->labels = json_object_to_json_string_ext(f->labels, JSON_C_TO_STRING_PLAIN);
}

/* By its own entity's name: an OOM is its cgroup's, also where the rule watches the host. */
static void add_event(const struct engine *e, struct firing *f, const struct transition *t)
{
	if (!t->event)
		return;
	event_json(&f->event, e->vocabulary, t->event->event.record, t->event->event.len,
		   entities_get(e->entities, t->event->event.entity)->name,
		   (int64_t)(f->plan.clocks.realtime - f->plan.clocks.monotonic), NULL, NULL);
	f->plan.event = buf_str(&f->event);
}

static void add_descriptors(const struct engine *e, struct firing *f)
{
	struct tasks *tasks = past_tasks(e->past);
	f->fds[CAPTURE_FD_STAGE] = -1; /* the incident's own */
	f->fds[CAPTURE_FD_INPUTLOG] = inputlog_fd(e->inputlog);
	f->fds[CAPTURE_FD_HISTORY] = history_fd(e->history);
	f->fds[CAPTURE_FD_EVENTS] = past_fd(e->past, PAST_EVENTS);
	f->fds[CAPTURE_FD_CENSUS] = past_fd(e->past, PAST_CENSUS);
	f->fds[CAPTURE_FD_STACKS] = past_fd(e->past, PAST_STACKS);
	f->fds[CAPTURE_FD_MAPS] = past_fd(e->past, PAST_MAPS);
	f->fds[CAPTURE_FD_TASK_ROWS] = tasks ? tasks_rows_fd(tasks) : -1;
	f->fds[CAPTURE_FD_TASK_STACKS] = tasks ? tasks_stacks_fd(tasks, /* only_d= */ false) : -1;
	f->fds[CAPTURE_FD_D_STACKS] = tasks ? tasks_stacks_fd(tasks, /* only_d= */ true) : -1;
}

static void firing_init(struct engine *e, const struct transition *t, const struct buf *why, struct firing *f)
{
	const struct entity *who = entities_get(e->entities, t->entity);
	struct plan *p = &f->plan;
	*f = (struct firing){0};
	clocks_read(&p->clocks);
	p->fired_ns = t->t_ns;
	p->onset_ns = t->true_since_ns;
	p->started_ns = e->started_ns;
	p->drill = t->drill;
	p->by_hand = t->by_hand;
	p->entity_kind = who->kind;
	snprintf(p->entity, sizeof(p->entity), "%s", who->name);
	snprintf(p->proc_root, sizeof(p->proc_root), "%s", e->config->proc_root);
	snprintf(p->sys_root, sizeof(p->sys_root), "%s", e->config->sys_root);
	p->version = TRACETRAP_VERSION;
	p->source = source_describe(e->source);
	add_rule(e, f, &e->rules->rules[t->rule]);
	make_id(p);
	p->why = why->len ? buf_str(why) : "{}";
	add_event(e, f, t);
	add_self(e, f);
	add_descriptors(e, f);
}

enum incident_outcome firing_capture(struct engine *e, const struct transition *t, const struct buf *why)
{
	_cleanup_(firing_done) struct firing f;
	firing_init(e, t, why, &f);
	past_census(e->past, t->t_ns);
	past_drain(e->past);
	enum incident_outcome outcome = incidents_fire(e->incidents, &f.plan, t->by_hand ? INCIDENT_NO_RULE : t->rule,
						       t->entity, f.fds);
	const char *id = outcome == INCIDENT_OPENED   ? f.plan.id
			 : outcome == INCIDENT_JOINED ? incidents_open_id(e->incidents, f.plan.fired_ns)
						      : NULL;
	e->last_capture.outcome = outcome;
	snprintf(e->last_capture.id, sizeof(e->last_capture.id), "%s", id ? id : "");
	switch (outcome) {
	case INCIDENT_OPENED:
		log_info("rule '%s' fired on %s '%s': capturing incident '%s'", f.plan.rule,
			 entity_kind_name(f.plan.entity_kind), f.plan.entity, f.plan.id);
		break;
	case INCIDENT_JOINED:
		log_info("rule '%s' fired on %s '%s': joined the open incident '%s'", f.plan.rule,
			 entity_kind_name(f.plan.entity_kind), f.plan.entity, e->last_capture.id);
		break;
	case INCIDENT_BUSY:
		log_warning("rule '%s' fired on %s '%s', but %d incidents are still being written, skipping", f.plan.rule,
			    entity_kind_name(f.plan.entity_kind), f.plan.entity, INCIDENTS_MAX);
		break;
	case INCIDENT_ENDED:
		log_info("rule '%s' fired on %s '%s', but tracetrap is stopping, skipping", f.plan.rule,
			 entity_kind_name(f.plan.entity_kind), f.plan.entity);
		break;
	case INCIDENT_FAILED:
		break; /* said where it failed */
	}
	return outcome;
}

void firing_tell_truth(struct engine *e)
{
	struct rule_status s;
	uint16_t rule, entity;
	if (incidents_truth_due(e->incidents, e->last_ns, &rule, &entity) &&
	    machine_status(e->machine, rule, entity, &s) && s.true_span.last_ns)
		incidents_truth(e->incidents, e->last_ns, s.true_span.first_ns, s.true_span.last_ns);
}
