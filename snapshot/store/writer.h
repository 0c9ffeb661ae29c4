/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one process that writes to disk, so that a stuck file system sticks here and nowhere else. It copies stages (memory
 * files that workers fill) to ID.tar.zst.partial frame by frame, fsyncs, renames, fsyncs the directory, then evicts; every
 * hour it evicts as well, so that a quiet store forgets too. It also keeps small state files (limits) by write-and-rename, and the history on disk.
 *
 *     engine ── writer_begin(id, stage) ─ writer_extent(bytes)* ─ writer_publish ──▶ writer ──▶ store
 *               writer_put(name, bytes) ───────────────────────────────────────────▶
 *            ◀── reports: READY, FIRST, PUBLISHED, FAILED, ABANDONED, EVICTED, NO_ROOM
 *
 * Sending never blocks: when the socket is full, the latest extent of each bundle and the latest text of each state file
 * are kept and sent later (nothing is lost but intermediate states). The same while there is no process any more: its
 * handle stays good until another one takes over.
 */
#pragma once

#include "snapshot/store/hours.h"
#include "snapshot/store/store.h"

struct writer; /* the engine's handle; opaque */
struct writer_report;

struct writer_options {
	const char *store_dir; /* created 0750 if missing */
	const char *state_dir;
	struct store_bounds bounds;
	const struct hours_bounds *history; /* STATE/history; NULL: none is kept */
};

int writer_spawn(const struct writer_options *options, struct writer **ret);
/* Waits until it can write. 0; -ETIMEDOUT: not yet; else why it never will, with the path that it stumbled over, and the
 * process ends. */
int writer_wait(struct writer *w, uint64_t timeout_ns, struct writer_report *ret);
pid_t writer_pid(const struct writer *w);
int writer_fd(const struct writer *w);	    /* readable: a report; also writable-interest while writer_backlog() */
bool writer_backlog(const struct writer *w);
int writer_flush(struct writer *w);	    /* sends what is waiting; 0 or -EAGAIN */

/* `max_bytes`: what it may grow to, for WRITER_NO_ROOM; 0: not known. */
int writer_begin(struct writer *w, const char *id, int stage_fd, uint64_t max_bytes);
int writer_extent(struct writer *w, const char *id, uint64_t bytes);
int writer_publish(struct writer *w, const char *id);
int writer_abandon(struct writer *w, const char *id); /* keeps what is there as a cut bundle */
int writer_put(struct writer *w, const char *name, const char *text, size_t len);
/* A line for the writer's stderr, which is the engine's. -EAGAIN when the socket is full: the line is not kept. */
int writer_log(struct writer *w, const char *line, size_t len);
/* Of what hourlog_pending() gave. -EAGAIN as well: nothing was kept, try again with more. */
int writer_history(struct writer *w, const struct buf *bytes);

struct writer_report {
	uint32_t kind; /* enum writer_report_kind */
	int32_t error;
	uint64_t t_ns;
	char id[128];
	char path[512];
};
enum writer_report_kind {
	WRITER_FIRST,	  /* first bytes of a bundle are on disk */
	WRITER_PUBLISHED,
	WRITER_FAILED,	  /* of a bundle (what is there stays as a cut one), of a state file, of HOURS_DIR, told once, or, without
			   * an id, of a directory that it cannot do without: the last report */
	WRITER_EVICTED,
	WRITER_NO_ROOM,	  /* -ENOSPC: what must stay is beyond the bounds, or with an id: will be if that bundle grows to its
			   * max_bytes; -errno: the store cannot be looked at. Told once */
	WRITER_ABANDONED, /* as it was told to; the cut bundle stays */
	WRITER_READY,	  /* store and state can be written; for writer_is_ready() alone */
};

/* 0, -EAGAIN, -EPIPE when the writer is gone. */
int writer_read(struct writer *w, struct writer_report *ret);
/* As far as its reports were read: it has begun, and is not gone. */
bool writer_is_ready(const struct writer *w);
struct writer *writer_free(struct writer *w); /* closes; the writer finishes what it has and ends by itself */

/* The other side: what `tracetrap writer` runs. */
int writer_main(int socket);
