/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening everything the engine drives, in the order in which the parts need each other. */
#include "engine/engine_state.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "engine/base/io.h"
#include "engine/base/log.h"
#include "engine/control.h"

static int open_signals(struct engine *e)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	e->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return e->signals < 0 ? log_error_errno(-errno, "cannot receive signals") : 0;
}

static void take_second(void *ctx, uint64_t t_ns, const struct reading *readings, size_t n)
{
	hourlog_second(((struct engine *)ctx)->hourlog, t_ns, readings, n);
}

static int open_history(struct engine *e)
{
	int r = history_new(e->vocabulary, e->entities, e->config->history_bytes, &e->history);
	return r < 0 ? log_error_errno(r, "cannot set memory aside for past.history") : 0;
}

static int open_hourlog(struct engine *e, const struct inputlog_options *options)
{
	if (!e->config->keep_history)
		return 0;
	int r = hourlog_new(options, clock_now(CLOCK_REALTIME), &e->hourlog);
	r = r < 0 ? r : history_on_second(e->history, take_second, e);
	return r < 0 ? log_error_errno(r, "cannot keep the history on disk; history.enabled: false does without") : 0;
}

static int open_inputlog(struct engine *e)
{
	_cleanup_free_ struct inputlog_rule *rules = calloc(MAX(e->rules->n, (size_t)1), sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	struct inputlog_options options = engine_log_options(e, e->rules, &e->config->host_limit, rules);
	int r = inputlog_new(&options, &e->inputlog);
	if (r == -EINVAL)
		return log_error_errno(r, "past.input_log has no room for the names of %u entities and %zu rules: make it larger",
				       entities_max(e->entities), e->rules->n);
	return r < 0 ? log_error_errno(r, "cannot set memory aside for past.input_log") : open_hourlog(e, &options);
}

static int open_machine(struct engine *e)
{
	struct machine_options options = engine_machine_options(e, e->rules, &e->config->host_limit);
	int r = machine_new(&options, &e->machine);
	if (r < 0)
		return log_error_errno(r, "cannot set up the rules");
	_cleanup_free_ char *path = NULL;
	_cleanup_buf_ struct buf text = {0};
	if (asprintf(&path, "%s/limits", e->config->state_dir) < 0)
		return -ENOMEM;
	if (io_read_file(AT_FDCWD, path, 1 << 20, &text) == 0)
		machine_limits_load(e->machine, buf_str(&text));
	else
		machine_limits_lost(e->machine);
	return 0;
}

static bool read_histogram(void *ctx, enum histogram_id id, struct histogram *ret)
{
	return detect_histogram(((struct engine *)ctx)->detect, id, ret);
}

static int open_source(struct engine *e)
{
	struct source_options options = {
		.kind = e->config->source,
		.tick_hz = e->config->tick_hz,
		.proc_root = e->config->proc_root,
		.sys_root = e->config->sys_root,
		.entities = e->entities,
		.histogram = read_histogram,
		.histogram_ctx = e,
	};
	int r = source_open(&options, &e->source);
	if (r < 0)
		return log_error_errno(r, "cannot read counters below '%s'", e->config->proc_root);
	log_info("source: %s", source_describe(e->source));
	if (source_fallback_reason(e->source))
		log_info("no in-kernel tick: %s", source_fallback_reason(e->source));
	return 0;
}

static int open_detectors(struct engine *e)
{
	struct detect_options options = {
		.settings = e->config->detectors,
		.entities = e->entities,
		.proc_root = e->config->proc_root,
		.sys_root = e->config->sys_root,
		.klog_path = e->config->klog_path,
		.host_root = e->config->host_root,
	};
	e->filtered = calloc(MAX(e->vocabulary->n_detectors, (size_t)1), sizeof(*e->filtered));
	int r = e->filtered ? noise_judge_new(e->noise, e->vocabulary, e->config->proc_root, &e->judge) : -ENOMEM;
	r = r < 0 ? r : detect_new(&options, &e->detect);
	r = r < 0 ? r : detect_start(e->detect);
	return r < 0 ? log_error_errno(r, "cannot set up the detectors") : 0;
}

static int open_arm(struct engine *e)
{
	struct arm_options options = {
		.n_detectors = e->vocabulary->n_detectors,
		.share = e->config->arm_share,
		.always = e->config->always,
		.attach = engine_attach,
		.ctx = e,
		.now_ns = clock_now(CLOCK_MONOTONIC),
	};
	int r = arm_new(&options, &e->arm);
	return r < 0 ? log_error_errno(r, "cannot prepare to arm detectors") : 0;
}

static int open_past(struct engine *e)
{
	int r = past_new(e->config, &e->past);
	return r < 0 ? log_error_errno(r, "cannot set memory aside for past.events, census, stacks and maps") : 0;
}

static int open_control(struct engine *e)
{
	return control_new(e, e->loop, e->config->run_dir, &e->control);
}

/* Each step says itself what it could not do. */
int engine_assemble(struct engine *e)
{
	int (*const steps[])(struct engine *) = {open_signals, writing_open, open_source, open_detectors, open_machine, open_history,
						 open_inputlog, open_arm, writing_wait, open_past, open_control};
	int r = loop_new(&e->loop);
	e->entities = r < 0 ? NULL : entities_new(e->config->max_entities);
	if (!e->entities)
		return log_error_errno(r < 0 ? r : -ENOMEM, "cannot set up the loop");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		r = steps[i](e);
		if (r < 0)
			return r;
	}
	return 0;
}
