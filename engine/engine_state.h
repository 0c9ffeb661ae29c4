/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine's own rooms share this, and nobody else includes it. Each calls only those to its right:
 *
 *     engine.c ─ assemble.c ─ control.c ─┬─ trigger.c ───────────────────────┬─ decide.c ─ firing.c
 *     its life   its parts    requests   ├─ reload.c ─ set_options.c ────────┤  the way    a transition
 *                                        └─ status.c               inputs.c ─┘  of one     becomes a plan
 *
 * and writing.c, the writer process.
 */
#pragma once

#include "engine/arm.h"
#include "engine/engine.h"
#include "engine/incident.h"
#include "engine/loop.h"
#include "engine/noise.h"
#include "engine/past.h"
#include "engine/record/history.h"
#include "engine/record/hourlog.h"
#include "engine/record/inputlog.h"
#include "rules/run/machine.h"

struct control;

/* A transition that leads to something, and, of a firing, its why.json: an event's fields are known only while it is judged. */
struct consequence {
	struct transition t;
	struct buf why;
};

struct engine {
	struct settings *settings;
	const struct settings_flags *flags;
	const struct config *config; /* these three are of the settings */
	const struct ruleset *rules;
	const struct noise *noise;
	unsigned reload_tries; /* left to a SIGHUP whose files are still being written; 0: there is none */
	const struct vocabulary *vocabulary;

	struct loop *loop;
	struct entities *entities;
	struct source *source;
	struct detect *detect;
	struct noise_judge *judge;
	uint64_t *filtered; /* by detector: known noise */
	struct past *past;
	struct machine *machine;
	struct inputlog *inputlog;
	struct history *history;
	struct hourlog *hourlog; /* NULL: none is kept on disk */
	struct arm *arm;
	struct writer *writer;
	struct incidents *incidents;
	struct control *control;
	int signals; /* signalfd */
	struct loop_watch *writer_watch; /* NULL: it has died, and another one is due */
	uint64_t respawn_at_ns, respawn_wait_ns;

	uint64_t started_ns, last_ns; /* of the inputs' time */
	int64_t boottime_offset_ns, realtime_offset_ns; /* as last told */
	int32_t utc_offset_s;
	uint64_t census_ns, housekept_ns;
	bool limits_changed; /* a token was spent since they were saved */
	bool stopping;
	uint64_t stop_at_ns, give_up_ns;
	uint64_t watchdog_ns; /* when the service manager heard of us last */

	/* Transitions wait here until the machine has returned, because what they lead to are inputs again. */
	struct consequence *outbox;
	size_t n_outbox, outbox_cap;
	uint64_t overrun;
	struct {
		enum incident_outcome outcome;
		char id[INCIDENT_ID_MAX]; /* opened or joined; else "" */
	} last_capture; /* for the answer to a manual trigger */
};

/* decide.c: one input through logs, history and machine, then everything it led to; what arm attaches and detaches by (ctx is
 * the engine); what became of that; that a detector is attached, or not. */
void engine_take(struct engine *e, struct input *in);
int engine_attach(void *ctx, uint16_t detector, bool on);
void engine_tell_arming(struct engine *e);
void engine_tell_attached(struct engine *e, uint16_t detector, bool attached);

/* inputs.c: the first inputs of every log (how the clocks stand, what is attached); the clocks, if one was moved; what is due
 * of the source, and what lies at the detectors that wake nobody; what woke us. */
void engine_introduce(struct engine *e);
void engine_tell_clock(struct engine *e);
void engine_take_source(struct engine *e);
void engine_take_events(struct engine *e);

/* firing.c: opens or joins an incident for a FIRED transition with a token. When it is due: how long the opening rule was true,
 * for the open incident's worker to weigh its evidence by. */
enum incident_outcome firing_capture(struct engine *e, const struct transition *t, const struct buf *why);
void firing_tell_truth(struct engine *e);

/* assemble.c: opens all parts; -errno with what was opened left for engine_free(). */
int engine_assemble(struct engine *e);

/* set_options.c: for the machine of a set of rules; of its names for the logs, `rules` with room for them. */
struct machine_options engine_machine_options(const struct engine *e, const struct ruleset *set, const struct limit *host);
struct inputlog_options engine_log_options(struct engine *e, const struct ruleset *set, const struct limit *host,
					   struct inputlog_rule *rules);

/* writing.c: the writer process and the incidents it writes, once it can write (-errno: it cannot, and said why); what is due
 * each second; what is left at the end. */
int writing_open(struct engine *e);
int writing_wait(struct engine *e);
int writing_watch(struct engine *e);
void writing_keep(struct engine *e, uint64_t now_ns);
void writing_last(struct engine *e);

/* reload.c: SIGHUP came; one more try, where one is left. */
void reload_signalled(struct engine *e);
void reload_retry(struct engine *e);
