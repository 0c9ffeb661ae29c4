/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is to replay: a bundle with its rule, an input log, the history on disk or one hour of it.
 */
#pragma once

#include "engine/base/buf.h"
#include "engine/replay.h"

#define RECORDING_HISTORY "@history" /* the word for STATE/history */

struct recording {
	const char *word; /* as it was asked for */
	char path[512];
	bool history;
	struct buf samples, rule; /* not of history, which is read as it is replayed; rule: empty for a log alone */
};

/* A directory of history, or the file of one hour. */
bool recording_is_history(const char *path);
/* What `word` means: a path, an id or its prefix, @last, @history. With its rule unless other rules are at hand. false after
 * the reason was said. */
bool recording_open(const char *store, const char *word, bool with_rule, struct recording *ret);
/* What @history means to a daemon whose state is there. */
void recording_of_state(const char *state_dir, struct recording *ret);
/* Of options the rules, `since` and `until` are used. With progress on stderr when it takes long. false after the reason was
 * said. */
bool recording_replay(const struct recording *rec, const struct replay_options *options, struct replay_result *ret);
void recording_done(struct recording *r);
