/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The deciding code: inputs in, transitions out. It reads no clock, no file and no other state than its own, so live,
 * replay, test and what-if are the same lines, and the same inputs give the same transitions bit by bit.
 *
 * Per rule × entity:
 *
 *               when true                  true for `hold`, FIRED
 *      ┌──────┐ ──────────▶ ┌─────────┐ ─────────────────────────▶ ┌────────┐
 *      │ IDLE │    PENDING  │ PENDING │                            │ FIRING │
 *      └──────┘ ◀────────── └─────────┘                            └────────┘
 *         ▲      when false,                                            │
 *         └─────── IDLE ────────────────────────────────────────────────┘
 *                       clear true for `clear_hold`: ENDED; entity went away: GONE
 *
 * Beside it, per rule × entity: armed or not (ARM, DISARM). A rule with `on` goes IDLE → FIRED → ENDED in one input.
 *
 * At FIRED the limits are asked: `token` says whether this firing may capture. Buckets: entity (rule × entity), rule,
 * host; a capture takes one from each or none from any. They refill on CLOCK_BOOTTIME (input.clock tells the offset).
 *
 * A firing that falls under one of the rule's exceptions goes through the states as any other, takes no token and captures
 * nothing; that is decided when it fires, and not again when the exception's time is over. Local time is the inputs'
 * (input.clock), so that a replay decides alike wherever it runs.
 *
 * Fine print. The time of holds runs between two evaluations that are both known; evaluations further apart than a gap
 * (series.h) have something unknown between them. Rules that count events are due at every tick and at each such event, and
 * those with a quantifier over nobody at every tick too: there it is false, true or 0, and no reading would tell;
 * a detector's events are known from its INPUT_ATTACH on (always-on detectors need one too). `on` rules need none. A
 * trigger by hand fires and ends at once, takes no token and always may capture. DISARM comes with the first input at
 * or after it is due. INPUT_CLOCK should be the first input, for limits to know the time of boot.
 *
 * A reload is INPUT_RELOAD to the old machine, which ends what the rules that go or change were at (GONE, IDLE, DISARM);
 * then machine_succeed() makes the new one.
 *
 * Windows (see window.h): f(x, D) covers (now − D, now]; unknown until D of readings exist or when a gap exceeds two
 * periods of the signal. Spans over 60 s are kept at one reading per second.
 */
#pragma once

#include "engine/base/input.h"
#include "engine/base/transition.h"
#include "rules/rule.h"

enum rule_state { RULE_IDLE, RULE_PENDING, RULE_FIRING };

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN };

struct machine; /* opaque */

struct machine_options {
	const struct ruleset *rules; /* must outlive the machine */
	const struct vocabulary *vocabulary;
	const uint64_t *period_ns; /* per signal of the vocabulary: the distance of two readings to expect; 0: not offered */
	unsigned max_entities;
	struct limit host_limit;
	unsigned generation; /* tells it from one before it that had its address (tell/near.h); 0 where nobody asks */
};

/* 0, -ENOMEM, -E2BIG when the windows of these rules would need more than the bound of window.h for one entity of each
 * kind, -EINVAL when a rule's match is no pattern (or one that match.h refuses). */
int machine_new(const struct machine_options *options, struct machine **ret);

/* Takes one input; `emit` is called for every transition it causes. Inputs come in time order; one that is older than its
 * predecessor is judged at the predecessor's time. */
void machine_input(struct machine *m, const struct input *in, transition_fn emit, void *ctx);

/* Which rules read a signal at all, so that a source can leave the others at one reading a second. */
bool machine_reads_signal(const struct machine *m, uint16_t signal);

/* How many entities have no windows because they would not fit into memory any more; their windows are unknown. That lasts
 * for the entity's life, or until a reload of the rules leaves room. */
uint64_t machine_refused(const struct machine *m);

/* All state, windows included, such that a machine restored from it and fed the same inputs decides the same. The bytes
 * name rules by name and digest, signals and detectors by name, entities by kind and name. */
int machine_checkpoint(const struct machine *m, struct buf *out);

/* Into a new machine. State of rules that this machine does not have (or has with another digest) is passed over, and
 * those rules then count as cold until their windows are full. Entities that are not living yet are born into their old
 * slots. Foreign bytes: -EBADMSG on anything malformed; the machine is then half restored, and good for freeing only. */
int machine_restore(struct machine *m, const void *data, size_t len);

/*
 * Into a new machine, what it goes on with of the one before it: windows, entities, limits by the names of rules, and of rules
 * with an equal digest everything. Others start idle, with those windows. -ENOMEM.
 */
int machine_succeed(struct machine *m, const struct machine *old);

/* From the first to the last reading of the current or latest firing where `when` was true. */
struct true_span {
	uint64_t first_ns, last_ns;
};

struct rule_status {
	enum rule_state state;
	enum truth verdict; /* of `when` at the last evaluation */
	bool armed;
	uint64_t since_ns;	   /* of the state */
	uint64_t verdict_since_ns; /* the first evaluation in a row that came to this verdict; 0: never evaluated */
	uint64_t suppressed_ns;	   /* the last firing without a token; 0: none */
	uint64_t evaluated_ns;	   /* 0: never */
	uint64_t hold_progress_ns; /* how long `when` has counted towards hold */
	struct true_span true_span;
	uint64_t fired, suppressed, excepted; /* since start; of the fired: without a token, under an exception */
	const char *exception, *last_exception; /* that holds now; that the last firing fell under; NULL: none */
	uint32_t tokens_entity, tokens_rule; /* whole tokens left */
};

/* false when the rule does not watch that entity. */
bool machine_status(const struct machine *m, uint16_t rule, uint16_t entity, struct rule_status *ret);

/* Token buckets as text, one line each, for the state file; and back. Foreign lines are passed over. */
int machine_limits_save(const struct machine *m, struct buf *out);
void machine_limits_load(struct machine *m, const char *text);
/* What a lost state file means: every bucket starts with one token. */
void machine_limits_lost(struct machine *m);

struct machine *machine_free(struct machine *m);
