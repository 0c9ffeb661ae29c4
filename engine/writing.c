/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The writer process as the engine has it: what goes through it each second, and another one when it has died.
 *
 *     spawned ── READY ─▶ ready ── dies ─▶ waiting ── 1 s, twice as long (up to 30 s) if it never was ready ─▶ spawned
 *
 * Until it is ready, and while there is none, the log goes straight to stderr; all else waits.
 */
#include "engine/engine_state.h"

#include "engine/base/log.h"

#define READY_MAX_NS (10 * NS_PER_S) /* a store that is stuck at the start may come later */
#define RESPAWN_LEAST_NS NS_PER_S
#define RESPAWN_MOST_NS (30 * NS_PER_S)

static int spawn(struct engine *e, struct writer **ret)
{
	_cleanup_free_ char *store = NULL;
	if (asprintf(&store, "%s/incidents", e->config->state_dir) < 0)
		return -ENOMEM;
	struct writer_options options = {.store_dir = store,
					 .state_dir = e->config->state_dir,
					 .bounds = e->config->store,
					 .history = e->config->keep_history ? &e->config->history : NULL};
	return writer_spawn(&options, ret);
}

static bool log_by_writer(void *ctx, const char *line, size_t len)
{
	struct engine *e = ctx;
	return writer_is_ready(e->writer) ? writer_log(e->writer, line, len) == 0 : fputs(line, stderr) >= 0;
}

int writing_open(struct engine *e)
{
	int r = spawn(e, &e->writer);
	if (r < 0)
		return log_error_errno(r, "cannot start the writer process");
	log_set_sink(log_by_writer, e);
	struct incidents_options options = {.loop = e->loop, .writer = e->writer};
	r = incidents_new(&options, &e->incidents);
	return r < 0 ? log_error_errno(r, "cannot prepare for captures") : 0;
}

int writing_wait(struct engine *e)
{
	struct writer_report report = {0};
	int r = writer_wait(e->writer, READY_MAX_NS, &report);
	if (r == -ETIMEDOUT) {
		log_warning("the writer process does not answer: what is captured waits in memory until the store does");
		return 0;
	}
	if (r == -EPIPE)
		return log_error_errno(r, "the writer process died");
	if (r < 0)
		return log_error_errno(r, "cannot write to '%s'; --state-dir names another place", report.path);
	return 0;
}

static void died(struct engine *e)
{
	char wait[CLOCK_TEXT_MAX];
	uint64_t again_ns = MIN(2 * e->respawn_wait_ns, RESPAWN_MOST_NS);
	e->writer_watch = loop_remove(e->loop, e->writer_watch);
	e->respawn_wait_ns = MAX(again_ns, RESPAWN_LEAST_NS);
	e->respawn_at_ns = clock_now(CLOCK_MONOTONIC) + e->respawn_wait_ns;
	log_warning("the writer process died; in %s another one goes on with what was not published",
		    clock_span(e->respawn_wait_ns, wait));
}

static void writer_ready(void *ctx)
{
	struct engine *e = ctx;
	int r = incidents_writer_ready(e->incidents);
	if (writer_is_ready(e->writer))
		e->respawn_wait_ns = 0;
	if (r == -EPIPE)
		died(e);
}

int writing_watch(struct engine *e)
{
	e->writer_watch = loop_add(e->loop, writer_fd(e->writer), writer_ready, e);
	return e->writer_watch ? 0 : -ENOMEM;
}

/* What the dead one was told and had not written is told again. */
static void take_over(struct engine *e, struct writer *next)
{
	writer_free(e->writer);
	e->writer = next;
	incidents_set_writer(e->incidents, next);
	e->limits_changed = true;
	if (e->hourlog)
		hourlog_cut(e->hourlog);
}

static void respawn(struct engine *e)
{
	struct writer *next = NULL;
	int r = spawn(e, &next);
	if (r == 0)
		take_over(e, next);
	if (r == 0)
		r = writing_watch(e);
	if (r < 0) {
		log_error_errno(r, "cannot start the writer process");
		died(e);
	}
}

static void save_limits(struct engine *e)
{
	_cleanup_buf_ struct buf text = {0};
	e->limits_changed = false;
	if (machine_limits_save(e->machine, &text) == 0)
		writer_put(e->writer, "limits", buf_str(&text), text.len);
}

/* What the writer has no room for now goes with the next second. */
static void send_history(struct engine *e)
{
	const struct buf *bytes = e->hourlog && writer_is_ready(e->writer) ? hourlog_pending(e->hourlog) : NULL;
	if (bytes && writer_history(e->writer, bytes) == 0)
		hourlog_sent(e->hourlog);
}

void writing_keep(struct engine *e, uint64_t now_ns)
{
	if (!e->writer_watch && now_ns >= e->respawn_at_ns)
		respawn(e);
	if (e->limits_changed)
		save_limits(e);
	send_history(e);
	if (writer_backlog(e->writer))
		writer_flush(e->writer);
}

void writing_last(struct engine *e)
{
	save_limits(e);
	send_history(e);
}
