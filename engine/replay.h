/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recorded input through the deciding code once more: with the recorded rules to prove that they decide the same, with
 * others to see what these would have done. Reads no clock, needs no privilege; the log is foreign, its rules run under caps.
 *
 *     log ─▶ inputs ─▶ machine ─▶ transitions ──┐
 *      └──▶ recorded transitions ───────────────┴─▶ firings: happens? recorded? cold?   differences
 *
 * The machine starts from the log's first checkpoint: rules that were recorded with the same digest go on where they were,
 * others start cold. A rule with the recorded digest must decide what is recorded, transition by transition; anything else
 * is a difference, and a bug. Whether a firing got a token is compared only when all recorded rules are there, since the
 * others empty the host's bucket too. A log that does not tell the host's limit is replayed without one.
 *
 * A reload in the log ends what the recorded rules were at that it ended live. Rules that it brought go on from the checkpoint
 * that follows it, and are compared from there.
 *
 * A recording may come in pieces: the history on disk does, a minute each, over any number of the daemon's runs. Where one
 * run ends so do its firings; the next one's machine starts cold and takes over the tokens, as it did live. History has a
 * reading a second, so its firings are marked `1 Hz`, nothing is claimed to differ, and spans a second apart still touch. What
 * armed detectors said is not in it: recorded firings of rules `on` these are passed over.
 *
 * A firing happens from FIRED to ENDED or GONE. A replayed and a recorded one of the same rule and entity are the same
 * incident when these spans touch: with another threshold it may begin earlier or later.
 */
#pragma once

#include "rules/rule.h"

struct machine;
struct recorded_transition; /* engine/record/inputlog.h */

/* A piece of a recording, as inputlog_feed() takes it. */
struct replay_piece {
	const void *log;
	size_t len;
	bool restarted;
	int64_t shift_ns;
};
/* The next piece, which lives until the next call: 1; 0 at the end; -errno ends the replay with it. */
typedef int (*replay_next_fn)(void *ctx, struct replay_piece *ret);

struct replay_options {
	const void *samples; /* samples.tts */
	size_t len;
	replay_next_fn next; /* NULL: `samples` is all there is; else it is where all comes from, and is the history's */
	void *ctx;
	uint64_t since_ns, until_ns; /* realtime: which firings are told; until 0: all */
	const struct ruleset *rules;
	const struct vocabulary *vocabulary;
	void (*watch)(void *ctx, const struct machine *m); /* NULL; after each input. The machine is another one after a restart. */
	void *watch_ctx;
	/* NULL; what is decided again, in its order: each transition of a rule that is here as it was recorded then. */
	void (*decided)(void *ctx, const struct recorded_transition *t);
	void *decided_ctx;
};

struct replay_firing {
	const char *rule;
	enum entity_kind entity_kind;
	char entity[ENTITY_NAME_MAX];
	bool happens;  /* with these rules */
	bool recorded; /* in the log; false: only with these rules */
	uint64_t t_ns, recorded_t_ns;	/* CLOCK_MONOTONIC; 0 when it does not happen, is not recorded */
	uint64_t at_ns, recorded_at_ns; /* CLOCK_REALTIME */
	bool token;			/* false: suppressed by a limit or an exception */
	bool excepted;
	const char *mark;		/* "1 Hz", "cold", "unarmed", "" */
};

struct replay_result {
	struct replay_firing *firings; /* by time */
	size_t n, happening, missed;   /* of them; missed: recorded but does not happen */
	uint64_t samples;	       /* readings replayed */
	uint64_t begin_ns, end_ns;     /* of the log, CLOCK_MONOTONIC (of its first run) */
	uint64_t lost;		       /* records that the log says it lost: differences then mean nothing */
	uint64_t differences;
	char difference[256]; /* the first one, as a sentence */
};

/* 0; -EBADMSG a malformed log, -EPROTONOSUPPORT a newer one, -E2BIG rules that need too much memory, -ENOMEM. Rules of
 * `options` must outlive the result. */
int replay_run(const struct replay_options *options, struct replay_result *ret);
void replay_done(struct replay_result *r);
