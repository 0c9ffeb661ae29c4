/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine's own rooms share this: engine.c (life and the way of the inputs), assemble.c (opening the parts), firing.c (a transition becomes a plan),
 * status.c (what it looks like from outside), reload.c (other rules), writing.c (the writer process). Nobody else includes it.
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

/* One input through log, history and machine, then everything it led to. */
void engine_take(struct engine *e, struct input *in);

/* assemble.c: opens all parts; -errno with what was opened left for engine_free(). */
int engine_assemble(struct engine *e);

/* writing.c: the writer process and the incidents it writes, once it can write (-errno: it cannot, and said why); what is due
 * each second; what is left at the end. */
int writing_open(struct engine *e);
int writing_wait(struct engine *e);
int writing_watch(struct engine *e);
void writing_keep(struct engine *e, uint64_t now_ns);
void writing_last(struct engine *e);

/* For the machine of a set of rules; of its names for the logs, `rules` with room for them. */
struct machine_options engine_machine_options(const struct engine *e, const struct ruleset *set, const struct limit *host);
struct inputlog_options engine_log_options(struct engine *e, const struct ruleset *set, const struct limit *host,
					   struct inputlog_rule *rules);

/* reload.c: SIGHUP came; one more try, where one is left. */
void reload_signalled(struct engine *e);
void reload_retry(struct engine *e);

/* engine.c: what arm attaches and detaches by; ctx is the engine. */
int engine_attach(void *ctx, uint16_t detector, bool on);

/* firing.c: opens or joins an incident for a FIRED transition with a token. */
enum incident_outcome firing_capture(struct engine *e, const struct transition *t, const struct buf *why);
/* When it is due: how long the opening rule was true, for the open incident's worker to weigh its evidence by. */
void firing_tell_truth(struct engine *e);
