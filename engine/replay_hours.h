/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replay over the history on disk: its blocks as one recording. CLOCK_MONOTONIC starts anew with each boot, so a run's times
 * are moved behind those of the run before, by as much as the realtime clock says lies between them.
 */
#pragma once

#include "engine/replay.h"

struct replay_hours_options {
	const char *path; /* as hours_read() */
	/* Is told the share that is done, 0 to 1, now and then; may be NULL. */
	void (*progress)(void *ctx, double share);
	void *ctx;
};

/* How much these rules want to have seen before what they decide is what it would have been. */
uint64_t replay_hours_warm_ns(const struct ruleset *set);

/* As replay_run(), of whose options the recording is not used; -ENOENT and -errno of the files too. Of history before
 * `since` as much is replayed as the rules' windows want. `ret_damaged`: places in the files that could not be read. */
int replay_hours(const struct replay_hours_options *hours, const struct replay_options *options, struct replay_result *ret,
		 uint64_t *ret_damaged);
