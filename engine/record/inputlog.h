/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine's input log: struct input, encoded in the order consumed, beside the transitions they caused. Live it goes
 * round in a ring; in a bundle it is samples.tts. Replaying it gives the recorded transitions bit by bit.
 *
 *     samples.tts = "TTS1", varint version, then the ring's records as {varint type, varint len, payload}
 *     segment     = header (names of signals with unit and period, of detectors; rules by name and digest),
 *                   dictionary (living entities, clock, attached detectors), checkpoint (machine_checkpoint),
 *                   then inputs, each followed by the transitions it caused
 *
 * Ticks are delta-coded: a tick carries the time's delta, then per changed reading the delta's zigzag; unchanged readings
 * cost a bit. The exact layout stands in inputlog_codec.h.
 *
 * Segments are ring_bytes / 16. A checkpoint that does not fit one is left out and counted as lost: an export then begins
 * at an earlier one. An input that does not fit is lost; the log says so at that place, and its replay is `lossy`.
 */
#pragma once

#include "engine/base/input.h"
#include "engine/base/transition.h"
#include "engine/base/vocabulary.h"
#include "engine/record/ring.h"

#define INPUTLOG_ENTITIES_MAX 16384U

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
	const struct entities *entities; /* names of what INPUT_BORN announces; INPUTLOG_ENTITIES_MAX slots at most */
	int (*checkpoint)(void *ctx, struct buf *out); /* machine_checkpoint(); NULL: none, replay starts cold */
	void *ctx;
	uint64_t ring_bytes;
	uint64_t checkpoint_every_ns; /* a segment is closed after this long even if not full */
	/* The machine's host_limit, since replay needs it for tokens to agree; refill 0: not told. */
	uint32_t host_burst;
	uint64_t host_refill_ns;
};

/* 0; -EINVAL for too many slots or a ring too small (16 times the header, 4 KiB and 96 bytes a slot: 1 MiB is plenty for
 * 256); -ENOMEM, -errno. */
int inputlog_new(const struct inputlog_options *options, struct inputlog **ret);
/* The least ring_bytes for so many slots, with 8 KiB for the header: all signals and some 60 rules. */
uint64_t inputlog_bytes_min(unsigned slots);
/*
 * Called BEFORE machine_input() takes the same input, the transitions it causes afterwards through inputlog_transition().
 * A new segment, and so a checkpoint, begins only inside inputlog_input(): then the machine's state is exactly that before
 * `in`, and a replay from the checkpoint neither misses an input nor takes one twice. Transitions never begin a segment:
 * 2 KiB are kept free for them behind each input.
 */
void inputlog_input(struct inputlog *l, const struct input *in);
void inputlog_transition(struct inputlog *l, const struct transition *t);
/* The rules or the host's limit changed: only these are taken from the options. Called when `checkpoint` is about the new
 * machine, after its INPUT_RELOAD (of the old one) and before its first input. -ENOMEM. */
int inputlog_reload(struct inputlog *l, const struct inputlog_options *options);
/* Whether their names have room in a segment: asked before. */
bool inputlog_may_reload(const struct inputlog *l, const struct inputlog_options *options);
int inputlog_fd(const struct inputlog *l); /* stays the log's */
uint64_t inputlog_lost(const struct inputlog *l); /* inputs, transitions and checkpoints */
struct inputlog *inputlog_free(struct inputlog *l);

/* What a worker does with the ring: the bytes of samples.tts for [from_ns, to_ns], from the last checkpoint at or before
 * from_ns to the end of the segment that holds to_ns. `ret_begin_ns` tells the true begin: later than from_ns only if the
 * ring no longer reaches back so far. -ENODATA when the ring holds nothing of it; -EBADMSG, -ENOMEM. */
int inputlog_export(int ring_fd, uint64_t from_ns, uint64_t to_ns, struct buf *out, uint64_t *ret_begin_ns);

/* Reading samples.tts. The bytes are foreign: every length is checked, memory is bounded by the file's own size. */
struct inputlog_reader; /* opaque; borrows data */

struct recorded_transition {
	uint64_t t_ns;
	enum transition_kind kind;
	const char *rule, *entity;
	enum entity_kind entity_kind;
	bool token, drill, by_hand, excepted;
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

/* -EBADMSG malformed, -EPROTONOSUPPORT a newer version. Signals and detectors that `vocabulary` does not know (or knows
 * with another unit) are passed over. */
int inputlog_open(const void *data, size_t len, const struct vocabulary *vocabulary, struct inputlog_reader **ret);
/* Goes on with another log after INPUTLOG_END. `shift_ns` is added to its times, which must not go back; `restarted`: it is
 * of another run of the daemon, of whose entities and detectors nothing is known yet. As inputlog_open(). */
int inputlog_feed(struct inputlog_reader *r, const void *data, size_t len, bool restarted, int64_t shift_ns);
const uint64_t *inputlog_periods(const struct inputlog_reader *r); /* per signal of the vocabulary, 0 not offered */
const struct entities *inputlog_entities(const struct inputlog_reader *r); /* as of the item read last */
const char *inputlog_rules_digest(const struct inputlog_reader *r);
/* The rules of the log as of the item read last; borrowed until the next item. */
const struct inputlog_rule *inputlog_rules(const struct inputlog_reader *r, size_t *ret_n);
/* The host's limit as the log tells it; false when it does not. */
bool inputlog_host_limit(const struct inputlog_reader *r, uint32_t *ret_burst, uint64_t *ret_refill_ns);
uint64_t inputlog_reader_lost(const struct inputlog_reader *r); /* what the writer said it lost, so far */
/* 0 with an item (INPUTLOG_END at the end), -EBADMSG. Checkpoints after the first are returned too. */
int inputlog_next(struct inputlog_reader *r, struct inputlog_item *ret);
struct inputlog_reader *inputlog_close(struct inputlog_reader *r);
