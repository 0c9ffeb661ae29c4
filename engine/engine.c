/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/engine_state.h"

#include <malloc.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "engine/base/log.h"
#include "engine/control.h"
#include "engine/notify.h"
#include "engine/vocabulary.h"
#include "rules/tell/why.h"

#define HOUSEKEEPING_NS NS_PER_S
#define HOUSEKEEPING_SLACK_NS (50 * NS_PER_MS)
#define FINISH_MAX_NS (60 * NS_PER_S) /* for open incidents to be finished; half of what systemd/tracetrap.service allows */

int engine_attach(void *ctx, uint16_t detector, bool on)
{
	struct engine *e = ctx;
	int r = on ? detect_arm(e->detect, detector) : detect_disarm(e->detect, detector);
	if (r < 0 && r != -EOPNOTSUPP)
		log_warning_errno(r, "cannot %s detector '%s'", on ? "arm" : "disarm", e->vocabulary->detectors[detector].name);
	return r;
}

static void tell_attached(struct engine *e, uint16_t detector, bool attached)
{
	struct input in = {.kind = INPUT_ATTACH, .t_ns = e->last_ns, .attach = {detector, attached}};
	engine_take(e, &in);
}

/* What the machine hears may arm others: those are told here or by the call within. */
static void tell_changes(struct engine *e)
{
	uint16_t detector;
	bool attached;
	while (arm_next_change(e->arm, &detector, &attached))
		tell_attached(e, detector, attached);
}

static void change_arming(struct engine *e, const struct transition *t)
{
	const struct rule *r = &e->rules->rules[t->rule];
	void (*const change)(struct arm *, uint16_t, uint64_t) = t->kind == TRANSITION_ARM ? arm_want : arm_release;
	for (size_t i = 0; i < r->arm.n_detectors; i++)
		change(e->arm, r->arm.detectors[i], t->t_ns);
	tell_changes(e);
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

static void on_source_input(void *ctx, const struct input *in)
{
	struct input copy = *in;
	engine_take(ctx, &copy);
}

static uint16_t entity_of_event(struct engine *e, enum entity_kind kind, const char *name, uint64_t t_ns)
{
	if (kind == ENTITY_KIND_HOST || !*name)
		return ENTITY_HOST;
	uint16_t slot = entities_find(e->entities, kind, name);
	bool is_new = slot == ENTITY_NONE;
	if (is_new)
		slot = entities_add(e->entities, kind, name);
	if (slot == ENTITY_NONE)
		return ENTITY_HOST;
	source_hear(e->source, slot, is_new);
	if (!is_new)
		return slot;
	struct input born = {.kind = INPUT_BORN, .t_ns = t_ns, .born = {slot, kind, entities_get(e->entities, slot)->name}};
	engine_take(e, &born);
	return slot;
}

/* Our own capture never triggers our own rules: what an armed detector sees of it is kept, and decides nothing. */
static bool is_of_capture(const struct engine *e, uint16_t detector, const struct event *record, uint64_t now_ns)
{
	pid_t pid = (pid_t)record->tgid;
	if (e->vocabulary->detectors[detector].class != DETECTOR_ARMED || !pid)
		return false;
	return pid == getpid() || pid == writer_pid(e->writer) || pid == source_helper_pid(e->source) ||
	       incidents_own(e->incidents, pid, now_ns);
}

static void on_event(void *ctx, uint16_t detector, const struct event *record, uint32_t len, const char *entity_name)
{
	struct engine *e = ctx;
	uint64_t now = clock_now(CLOCK_MONOTONIC);
	if (!(record->flags & EVENT_FLAG_TEST) && noise_judge_event(e->judge, detector, record, len)) {
		e->filtered[detector]++;
		return;
	}
	uint16_t slot = entity_of_event(e, e->vocabulary->detectors[detector].entity, entity_name, now);
	past_event(e->past, record, len, entity_name);
	if (is_of_capture(e, detector, record, now))
		return;
	struct input in = {.kind = INPUT_EVENT, .t_ns = now, .event = {detector, slot, record, len}};
	engine_take(e, &in);
}

/* Ticks that were due before the event are taken first, so that inputs stay in time order. */
static void detect_ready(void *ctx)
{
	struct engine *e = ctx;
	source_take(e->source, on_source_input, e);
	detect_take(e->detect, on_event, e);
}

static bool has_moved(int64_t now_ns, int64_t before_ns, uint64_t least_ns)
{
	return now_ns - before_ns >= (int64_t)least_ns || before_ns - now_ns >= (int64_t)least_ns;
}

static void tell_clock(struct engine *e)
{
	struct clocks c;
	clocks_read(&c);
	int64_t offset = (int64_t)(c.boottime - c.monotonic), realtime = (int64_t)(c.realtime - c.monotonic);
	if (e->boottime_offset_ns && !has_moved(offset, e->boottime_offset_ns, NS_PER_MS) &&
	    !has_moved(realtime, e->realtime_offset_ns, NS_PER_S) && c.utc_offset_s == e->utc_offset_s)
		return;
	e->boottime_offset_ns = MAX(offset, 1);
	e->realtime_offset_ns = realtime;
	e->utc_offset_s = c.utc_offset_s;
	struct input in = {.kind = INPUT_CLOCK,
			   .t_ns = c.monotonic,
			   .clock = {offset, realtime, c.utc_offset_s}};
	engine_take(e, &in);
}

/* What they cost is ours as well. */
static void name_processes(struct engine *e)
{
	pid_t ours[INCIDENTS_MAX + 2] = {writer_pid(e->writer)};
	size_t n = incidents_pids(e->incidents, ours + 1, ARRAY_SIZE(ours) - 1);
	source_self_pids(e->source, ours, n + 1);
}

static void begin_stop(struct engine *e, uint64_t now)
{
	if (e->stopping)
		return;
	log_info("stopping%s", incidents_idle(e->incidents) ? "" : " once the open incident is written");
	e->stopping = true;
	e->give_up_ns = now + FINISH_MAX_NS;
	incidents_end(e->incidents, now);
}

static void stop_when_done(struct engine *e, uint64_t now)
{
	if (e->stop_at_ns && now >= e->stop_at_ns)
		begin_stop(e, now);
	if (e->stopping && (incidents_idle(e->incidents) || now >= e->give_up_ns))
		loop_stop(e->loop);
}

static void keep_house(struct engine *e, uint64_t now)
{
	notify_watchdog(now, &e->watchdog_ns);
	past_drain(e->past);
	name_processes(e);
	arm_tick(e->arm, now);
	tell_changes(e);
	tell_clock(e);
	if (now - e->census_ns >= e->config->census_every_ns) {
		e->census_ns = now;
		past_census(e->past, now);
	}
	reload_retry(e);
	writing_keep(e, now);
	stop_when_done(e, now);
}

/* The source wakes us several times a second: what is due each second waits for it, instead of waking us once more. */
static void source_ready(void *ctx)
{
	struct engine *e = ctx;
	source_take(e->source, on_source_input, e);
	detect_sweep(e->detect, on_event, e);
	firing_tell_truth(e);
	uint64_t now = clock_now(CLOCK_MONOTONIC);
	if (now - e->housekept_ns >= HOUSEKEEPING_NS - HOUSEKEEPING_SLACK_NS) {
		e->housekept_ns = now;
		keep_house(e, now);
	}
}

static void signalled(void *ctx)
{
	struct engine *e = ctx;
	struct signalfd_siginfo info;
	while (read(e->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			reload_signalled(e);
			continue;
		}
		uint64_t now = clock_now(CLOCK_MONOTONIC);
		begin_stop(e, now);
		stop_when_done(e, now);
	}
}

static int watch(struct engine *e)
{
	bool ok = writing_watch(e) == 0 && loop_add(e->loop, e->signals, signalled, e) &&
		  loop_add(e->loop, source_fd(e->source), source_ready, e) &&
		  loop_add(e->loop, detect_fd(e->detect), detect_ready, e);
	return ok ? 0 : -ENOMEM;
}

/* The first inputs of every log: how the clocks stand, and what is attached. */
static void introduce(struct engine *e)
{
	e->started_ns = e->last_ns = clock_now(CLOCK_MONOTONIC);
	tell_clock(e);
	for (uint16_t i = 0; i < e->vocabulary->n_detectors; i++) {
		struct detector_status s;
		detect_status(e->detect, i, &s);
		if (s.state == DETECTOR_ATTACHED)
			tell_attached(e, i, true);
	}
	past_census(e->past, e->last_ns);
	e->census_ns = e->last_ns;
	e->limits_changed = true;
}

int engine_new(struct settings *settings, const struct settings_flags *flags, struct engine **ret)
{
	struct engine *e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->settings = settings;
	e->flags = flags;
	e->config = &settings->config;
	e->rules = settings->rules;
	e->noise = settings->noise;
	e->vocabulary = vocabulary();
	e->signals = -1;
	int r = engine_assemble(e);
	r = r < 0 ? r : watch(e);
	if (r < 0) {
		engine_free(e);
		return r;
	}
	introduce(e);
	malloc_trim(0); /* loading BPF took megabytes of type information that are free again */
	*ret = e;
	return 0;
}

int engine_run(struct engine *e, uint64_t run_ns)
{
	e->stop_at_ns = run_ns ? clock_now(CLOCK_MONOTONIC) + run_ns : 0;
	int r = loop_run(e->loop);
	writing_last(e);
	return r;
}

struct engine *engine_free(struct engine *e)
{
	if (!e)
		return NULL;
	control_free(e->control);
	noise_judge_free(e->judge);
	free(e->filtered);
	arm_free(e->arm);
	incidents_free(e->incidents);
	log_set_sink(NULL, NULL);
	if (e->writer)
		writer_free(e->writer);
	if (e->detect)
		detect_free(e->detect);
	if (e->source)
		source_close(e->source);
	past_free(e->past);
	if (e->inputlog)
		inputlog_free(e->inputlog);
	if (e->history)
		history_free(e->history);
	hourlog_free(e->hourlog);
	if (e->machine)
		machine_free(e->machine);
	entities_free(e->entities);
	if (e->signals >= 0)
		close(e->signals);
	loop_free(e->loop);
	free(e->outbox);
	free(e);
	return NULL;
}
