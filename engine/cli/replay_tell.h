/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a replay found, for people and as JSON; and, of a sweep, what each setting comes to.
 */
#pragma once

#include <json-c/json.h>

#include "engine/replay.h"
#include "snapshot/store/store.h"

void replay_print(const struct replay_result *r, const struct ruleset *set);
/* {rules, samples, span_s, firings, missed, differences, lost} */
struct json_object *replay_json(const struct replay_result *r, const struct ruleset *set);

/* What one setting does, over all recordings. */
struct replay_tally {
	size_t firings, captured, suppressed, excepted, recorded, fresh, gone;
	uint64_t first_at_ns; /* 0: it does not fire */
	uint64_t capture_bytes;
};

/* `rows` are the bundles by whose sizes a capture's is guessed. */
void replay_tally_add(struct replay_tally *t, const struct replay_result *r, const struct store_row *rows, size_t n_rows);
void replay_tally_print(const struct replay_tally *t, const char *setting);
void replay_tally_json(const struct replay_tally *t, struct json_object *o);
