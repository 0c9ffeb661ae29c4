/* SPDX-License-Identifier: GPL-2.0-only */
/* An event as a line for people, from its JSON. Strings in it are foreign: whoever shows it escapes it. */
#pragma once

#include "engine/base/vocabulary.h"
#include "snapshot/bundle/json.h"

/* "oom by java (pid 7): victim_comm redis, anon 286.8MiB, limit 512.0MiB". Stacks, long texts and the bookkeeping of the
 * record's header are left out, and so is what is 0. */
void event_words(const struct vocabulary *v, const struct json_object *event, struct buf *out);

/* One value as it stands there, in the unit of the detector's field; false when it is 0, empty, or neither number nor text.
 * `d` may be NULL: then numbers are bare. */
bool event_value_words(const struct vocabulary *v, const struct detector_def *d, const char *key, struct json_object *value,
		       struct buf *out);
