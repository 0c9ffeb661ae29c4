/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine's input log: struct input, encoded in the order consumed, beside the transitions they caused. Live it goes
 * round in a ring; in a bundle it is samples.tts. Replaying it gives the recorded transitions bit by bit.
 *
 *     samples.tts = "TTS1", varint version, header, then the ring's records as {varint type, varint len, payload}
 *     header      = ticks' periods, names of signals with unit and period, names of detectors, the ruleset's digest and
 *                   rules by name and digest
 *     segment     = dictionary (living entities, clock), checkpoint (machine_checkpoint), then inputs and transitions
 *
 * Ticks are delta-coded: per segment and series the last value is known, a tick carries the time's delta, then per changed
 * reading the delta's zigzag; unchanged readings cost a bit. The exact layout stands in inputlog.c beside the coder.
 */
#pragma once

#include "engine/base/input.h"
#include "engine/base/transition.h"
#include "engine/base/vocabulary.h"
#include "engine/record/ring.h"

struct inputlog; /* the live writer; opaque */

struct inputlog_rule {
	const char *name, *digest;
};

struct inputlog_options {
	const struct vocabulary *vocabulary;
	const uint64_t *period_ns; /* per signal */
	const char *rules_digest;
	const struct inputlog_rule *rules; /* by the index transitions use; copied */
	size_t n_rules;
	const struct entities *entities;
	int (*checkpoint)(void *ctx, struct buf *out); /* machine_checkpoint() */
	void *ctx;
	uint64_t ring_bytes;
	uint64_t checkpoint_every_ns; /* a segment is closed after this long even if not full */
};

int inputlog_new(const struct inputlog_options *options, struct inputlog **ret);
/*
 * Called BEFORE machine_input() takes the same input, the transitions it causes afterwards through inputlog_transition().
 * A new segment, and so a checkpoint, begins only inside inputlog_input(): then the machine's state is exactly that before
 * `in`, and a replay from the checkpoint neither misses an input nor takes one twice. Transitions never begin a segment
 * (they may wait for the next input to be written).
 */
void inputlog_input(struct inputlog *l, const struct input *in);
void inputlog_transition(struct inputlog *l, const struct transition *t);
int inputlog_fd(const struct inputlog *l);
uint64_t inputlog_lost(const struct inputlog *l);
struct inputlog *inputlog_free(struct inputlog *l);

/* What a worker does with the ring: the bytes of samples.tts for [from_ns, to_ns], from the last checkpoint at or before
 * from_ns. `ret_begin_ns` tells the true begin. */
int inputlog_export(int ring_fd, uint64_t from_ns, uint64_t to_ns, struct buf *out, uint64_t *ret_begin_ns);

/* Reading samples.tts. The bytes are foreign: every length is checked, memory is bounded by the file's own size. */
struct inputlog_reader; /* opaque; borrows data */

struct recorded_transition {
	uint64_t t_ns;
	enum transition_kind kind;
	const char *rule, *entity;
	enum entity_kind entity_kind;
	bool token, drill;
};

enum inputlog_item_kind { INPUTLOG_CHECKPOINT, INPUTLOG_INPUT, INPUTLOG_TRANSITION, INPUTLOG_END };

struct inputlog_item {
	enum inputlog_item_kind kind;
	union {
		struct {
			const void *data;
			size_t len;
		} checkpoint;
		struct input input;
		struct recorded_transition transition;
	};
};

/* -EBADMSG malformed, -EPROTONOSUPPORT a newer version. Signals that `vocabulary` does not know are passed over. */
int inputlog_open(const void *data, size_t len, const struct vocabulary *vocabulary, struct inputlog_reader **ret);
const uint64_t *inputlog_periods(const struct inputlog_reader *r); /* per signal of the vocabulary, 0 not offered */
const struct entities *inputlog_entities(const struct inputlog_reader *r); /* as of the item read last */
const char *inputlog_rules_digest(const struct inputlog_reader *r);
/* 0 with an item (INPUTLOG_END at the end), -EBADMSG. Checkpoints after the first are returned too. */
int inputlog_next(struct inputlog_reader *r, struct inputlog_item *ret);
struct inputlog_reader *inputlog_close(struct inputlog_reader *r);
