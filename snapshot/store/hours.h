/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory of the history on disk: hours, and the tail of the block in progress (their bytes: engine/record/hourlog.h).
 *
 *     history/20261121T14Z.tth  20261121T15Z.tth  tail
 *
 * It is written by the writer process alone: each second appended to the tail at once (so that a kill costs no more than what
 * the daemon had not handed over), each minute appended to its hour and synced (so that a power cut costs no more than that).
 * A block is in its hour before the tail is emptied; who finds it in both takes it once.
 */
#pragma once

#include "engine/record/hourlog.h"

#include <sys/types.h>

#define HOURS_DIR "history" /* below the state directory */
#define HOURS_TAIL "tail"

/* 0: no bound. The oldest hours go first; the newest stays. */
struct hours_bounds {
	uint64_t max_use, max_age_ns;
};

struct hours_file {
	char name[HOURLOG_NAME_MAX];
	uint64_t realtime_ns, bytes; /* realtime: the hour's begin */
};

/* All hours, oldest first; the caller frees. 0 or -errno. */
int hours_list(int dir, struct hours_file **ret, size_t *ret_n);
/* How many of the oldest have to go: pure. */
size_t hours_plan_eviction(const struct hours_file *files, size_t n, const struct hours_bounds *bounds, uint64_t now_realtime_ns);

/* What there is, for people: hours and the bytes of all, 0 files for nothing. `first` is the begin of the oldest hour. */
struct hours_extent {
	size_t files;
	uint64_t bytes, first_realtime_ns;
};
int hours_extent(const char *dir, struct hours_extent *ret);

/* Writing. */
struct hours; /* opaque */

/* Makes the directory below `state`, takes a tail that was left behind into its hour, makes room. -errno. */
int hours_open(int state, const struct hours_bounds *bounds, gid_t group, struct hours **ret);
/* What hourlog_pending() gave. What the tail cannot take now it is given again with the next bytes; a block that memory cannot
 * take (-ENOMEM), or that is far too long (-EFBIG), ends where it is. */
int hours_append(struct hours *h, const void *data, size_t len);
struct hours *hours_close(struct hours *h);

/* Reading: a directory as it stands, also while it is written, or the file of one hour. */
struct hours_reader; /* opaque */

/* Blocks that touch [from_ns, to_ns], realtime. -ENOENT, -errno. */
int hours_read(const char *path, uint64_t from_ns, uint64_t to_ns, struct hours_reader **ret);
/* 1 with a block that lives until the next call, 0 at the end, -EPROTONOSUPPORT for a block of a newer format, -errno. */
int hours_next(struct hours_reader *r, struct hourlog_block *ret);
uint64_t hours_damaged(const struct hours_reader *r); /* places with bytes that are no whole block, so far */
double hours_share(const struct hours_reader *r);     /* of the bytes to read that are behind us, 0 to 1 */
struct hours_reader *hours_read_done(struct hours_reader *r);
