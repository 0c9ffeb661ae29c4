/* SPDX-License-Identifier: GPL-2.0-only */
/* The way of an input: through the logs, the history and the machine, and then whatever it led to. */
#include "engine/engine_state.h"

#include "engine/base/log.h"
#include "rules/tell/why.h"

int engine_attach(void *ctx, uint16_t detector, bool on)
{
	struct engine *e = ctx;
	int r = on ? detect_arm(e->detect, detector) : detect_disarm(e->detect, detector);
	if (r < 0 && r != -EOPNOTSUPP)
		log_warning_errno(r, "cannot %s detector '%s'", on ? "arm" : "disarm", e->vocabulary->detectors[detector].name);
	return r;
}

void engine_tell_attached(struct engine *e, uint16_t detector, bool attached)
{
	struct input in = {.kind = INPUT_ATTACH, .t_ns = e->last_ns, .attach = {detector, attached}};
	engine_take(e, &in);
}

/* What the machine hears may arm others: those are told here or by the call within. */
void engine_tell_arming(struct engine *e)
{
	uint16_t detector;
	bool attached;
	while (arm_next_change(e->arm, &detector, &attached))
		engine_tell_attached(e, detector, attached);
}

static void change_arming(struct engine *e, const struct transition *t)
{
	const struct rule *r = &e->rules->rules[t->rule];
	void (*const change)(struct arm *, uint16_t, uint64_t) = t->kind == TRANSITION_ARM ? arm_want : arm_release;
	for (size_t i = 0; i < r->arm.n_detectors; i++)
		change(e->arm, r->arm.detectors[i], t->t_ns);
	engine_tell_arming(e);
	if (t->kind == TRANSITION_ARM)
		past_census(e->past, t->t_ns);
}

static void follow(struct engine *e, struct consequence *c)
{
	const struct transition *t = &c->t;
	const struct rule *r = &e->rules->rules[t->rule];
	e->limits_changed |= t->token;
	switch (t->kind) {
	case TRANSITION_FIRED:
		if (t->drill)
			log_info("drill: rule '%s' decided to fire", r->name);
		else if (t->token)
			firing_capture(e, t, &c->why);
		else if (t->exception)
			log_info("rule '%s' fired on '%s', excepted by '%s'", r->name,
				 entities_get(e->entities, t->entity)->name, t->exception);
		else
			log_info("rule '%s' fired on '%s', suppressed by its limits", r->name,
				 entities_get(e->entities, t->entity)->name);
		break;
	case TRANSITION_ARM:
	case TRANSITION_DISARM:
		change_arming(e, t);
		break;
	default:
		break;
	}
}

static void on_transition(void *ctx, const struct transition *t)
{
	struct engine *e = ctx;
	inputlog_transition(e->inputlog, t);
	if (e->hourlog)
		hourlog_transition(e->hourlog, t);
	if (t->kind != TRANSITION_FIRED && t->kind != TRANSITION_ARM && t->kind != TRANSITION_DISARM)
		return;
	if (!array_room(e->outbox, e->n_outbox, e->outbox_cap)) {
		e->overrun++;
		return;
	}
	struct consequence *c = &e->outbox[e->n_outbox++];
	*c = (struct consequence){.t = *t};
	if (t->kind == TRANSITION_FIRED && t->token)
		why_json(e->machine, t->rule, t->entity, entities_get(e->entities, t->entity), &c->why);
}

/* What follows may be inputs again, with consequences of their own: the outbox is theirs meanwhile. */
static void follow_all(struct engine *e, const struct input *in)
{
	struct consequence *led_to = take_ptr(e->outbox);
	size_t n = e->n_outbox, cap = e->outbox_cap;
	e->n_outbox = e->outbox_cap = 0;
	for (size_t i = 0; i < n; i++) {
		if (led_to[i].t.event)
			led_to[i].t.event = in; /* the machine's own copy is gone by now */
		follow(e, &led_to[i]);
		buf_done(&led_to[i].why);
	}
	free(e->outbox);
	e->outbox = led_to;
	e->outbox_cap = cap;
}

void engine_take(struct engine *e, struct input *in)
{
	in->t_ns = e->last_ns = MAX(in->t_ns, e->last_ns);
	inputlog_input(e->inputlog, in);
	history_input(e->history, in);
	if (e->hourlog && in->kind != INPUT_TICK)
		hourlog_input(e->hourlog, in);
	machine_input(e->machine, in, on_transition, e);
	if (e->n_outbox)
		follow_all(e, in);
}
