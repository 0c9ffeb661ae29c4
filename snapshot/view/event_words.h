/* SPDX-License-Identifier: GPL-2.0-only */
/* An event as a line for people, from its JSON. Strings in it are foreign: whoever shows it escapes it. */
#pragma once

#include "snapshot/bundle/json.h"

/* "oom by java (pid 7): victim_comm redis, anon 286.8MiB, limit 512.0MiB". Stacks, long texts and the bookkeeping of the
 * record's header are left out, and so is what is 0. */
void event_words(const struct json_object *event, struct buf *out);
