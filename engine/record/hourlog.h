/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The history on disk: the last reading of each second of every series, unknown ones too, births and deaths of entities, what
 * the always-on detectors said, and what the rules decided. Everything here is about bytes; files are the business of
 * snapshot/store/hours.h.
 *
 *     daemon: hourlog ── some bytes each second ──▶ writer ──▶ tail ── each minute, folded ──▶ 20261121T15Z.tth
 *
 *     hour   = blocks one after the other, each a zstd frame with its size and a checksum: a cut or damaged one costs itself
 *     block  = "TTH1", number run, number begin_ns, number end_ns, signed realtime − monotonic, then an input log of one
 *              segment (inputlog_codec.h) whose ticks lie series by series in a COLUMNS record
 *     tail   = the block in progress: records {u32 len, u32 checksum, len bytes}, integers little-endian. The bytes are a
 *              record's type and its payload; TAIL_BEGIN comes first, a TAIL_SECOND is a tick's readings as rows
 *
 * `run` is the realtime in ns at which the daemon started: CLOCK_MONOTONIC means nothing across two of them. A block spans at
 * most a minute and never two hours, so what a kill costs is the second in progress, and what a damaged sector costs a minute.
 */
#pragma once

#include "engine/record/inputlog.h"

#define HOURLOG_BLOCK_NS UINT64_C(60000000000)
#define HOURLOG_BLOCK_MAX ((size_t)8 << 20) /* unpacked: readers refuse more */
#define HOURLOG_TAIL_MAX ((size_t)4 << 20)  /* the daemon begins a new block before */

struct hourlog; /* what the daemon writes with; opaque */

/* Of the options the checkpoint and the ring are not used. -ENOMEM. */
int hourlog_new(const struct inputlog_options *options, uint64_t run, struct hourlog **ret);
/* Any input but ticks; nothing is kept before the first INPUT_CLOCK. Events and attachments of armed detectors are left out,
 * and a detector's events beyond 64 a block: history is to be bounded by time, not by what happens. */
void hourlog_input(struct hourlog *h, const struct input *in);
/* The readings of one second, by entity, then by signal. */
void hourlog_second(struct hourlog *h, uint64_t t_ns, const struct reading *readings, size_t n);
/* Firings and their ends, so many in a block; what comes before them is not kept. */
void hourlog_transition(struct hourlog *h, const struct transition *t);
/* As inputlog_reload(). */
int hourlog_reload(struct hourlog *h, const struct inputlog_options *options);
/* What is to be written, until hourlog_sent(); NULL for nothing. What is never sent is bounded: then it is lost, and counted. */
const struct buf *hourlog_pending(const struct hourlog *h);
void hourlog_sent(struct hourlog *h);
/* What was sent may not have arrived: the next record begins a block. */
void hourlog_cut(struct hourlog *h);
uint64_t hourlog_lost(const struct hourlog *h); /* records */
struct hourlog *hourlog_free(struct hourlog *h);

/* How many bytes of a tail are whole records; a record that was being written when everything died is behind them. */
size_t hourlog_whole(const void *tail, size_t len);
/* Whether these bytes begin a block. */
bool hourlog_begins(const void *tail, size_t len);
/* Where in these bytes the block ends that their first record is of: len when all are of one. */
size_t hourlog_block_end(const void *tail, size_t len);
/* A tail's whole records as a block, unpacked. -ENODATA when there is nothing in it, -EBADMSG, -ENOMEM. */
int hourlog_fold(const void *tail, size_t len, struct buf *ret_block);

struct hourlog_block {
	uint64_t run, begin_ns, end_ns; /* CLOCK_MONOTONIC */
	int64_t realtime_offset_ns;
	const void *log; /* for inputlog_open() and inputlog_feed(); borrowed */
	size_t len;
};
/* -EBADMSG; -EPROTONOSUPPORT for a newer format. */
int hourlog_block_open(const void *block, size_t len, struct hourlog_block *ret);

/* Appends the block's frame to `out`. -ENOMEM. */
int hourlog_pack(const struct buf *block, struct buf *out);
/* The next whole block of an hour from *at on, which is moved behind it. 1; 0 at the end; -ENOMEM. Damaged bytes are passed
 * over and counted; what is cut at the end is not passed: *at stays before it. */
int hourlog_unpack(const void *hour, size_t len, size_t *at, struct buf *ret_block, uint64_t *damaged);

/* "20261121T15Z.tth", for a time in realtime ns; and back: false when it is no such name. */
#define HOURLOG_NAME_MAX 24
const char *hourlog_name(uint64_t realtime_ns, char name[HOURLOG_NAME_MAX]);
bool hourlog_name_parse(const char *name, uint64_t *ret_realtime_ns);
