/* SPDX-License-Identifier: GPL-2.0-only */
/* Where inputs come from: the source, the detectors, the clocks. */
#include "engine/engine_state.h"

#include "engine/base/clock.h"

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

void engine_take_source(struct engine *e)
{
	source_take(e->source, on_source_input, e);
	detect_sweep(e->detect, on_event, e);
}

/* Ticks that were due before the event are taken first, so that inputs stay in time order. */
void engine_take_events(struct engine *e)
{
	source_take(e->source, on_source_input, e);
	detect_take(e->detect, on_event, e);
}

static bool has_moved(int64_t now_ns, int64_t before_ns, uint64_t least_ns)
{
	return now_ns - before_ns >= (int64_t)least_ns || before_ns - now_ns >= (int64_t)least_ns;
}

void engine_tell_clock(struct engine *e)
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

/* The first inputs of every log: how the clocks stand, and what is attached. */
void engine_introduce(struct engine *e)
{
	e->started_ns = e->last_ns = clock_now(CLOCK_MONOTONIC);
	engine_tell_clock(e);
	for (uint16_t i = 0; i < e->vocabulary->n_detectors; i++) {
		struct detector_status s;
		detect_status(e->detect, i, &s);
		if (s.state == DETECTOR_ATTACHED)
			engine_tell_attached(e, i, true);
	}
	past_census(e->past, e->last_ns);
	e->census_ns = e->last_ns;
	e->limits_changed = true;
}
