/* SPDX-License-Identifier: GPL-2.0-only */
/* Its life: made, run by the loop, kept in order each second, ended. */
#include "engine/engine_state.h"

#include <malloc.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "engine/base/log.h"
#include "engine/control.h"
#include "engine/notify.h"
#include "engine/vocabulary.h"

#define HOUSEKEEPING_NS NS_PER_S
#define HOUSEKEEPING_SLACK_NS (50 * NS_PER_MS)
#define FINISH_MAX_NS (60 * NS_PER_S) /* for open incidents to be finished; half of what systemd/tracetrap.service allows */

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
	engine_tell_arming(e);
	engine_tell_clock(e);
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
	engine_take_source(e);
	firing_tell_truth(e);
	uint64_t now = clock_now(CLOCK_MONOTONIC);
	if (now - e->housekept_ns >= HOUSEKEEPING_NS - HOUSEKEEPING_SLACK_NS) {
		e->housekept_ns = now;
		keep_house(e, now);
	}
}

static void detect_ready(void *ctx)
{
	engine_take_events(ctx);
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
	engine_introduce(e);
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
