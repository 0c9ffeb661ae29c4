/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events in a ring, as they arrived: ring records of type EVENT_RECORD, each {u16 name_len, entity name, NUL and
 * zeros up to a multiple of 8, struct event …}.
 * Rendering as JSON goes by the field tables of the vocabulary: no detector has a decoder of its own.
 */
#pragma once

#include "bpf/event.h"
#include "engine/base/vocabulary.h"
#include "engine/record/ring.h"

enum event_record { EVENT_RECORD = 1 };

/* -EINVAL for what is no record, -EMSGSIZE for one over 64 KiB or over a segment; both are counted as lost. */
int events_append(struct ring *r, const struct event *record, uint32_t len, const char *entity_name);

/* Takes apart a ring record; false when it is malformed. Both pointers borrow from it. */
bool events_parse(const struct ring_record *rec, const char **ret_entity, const struct event **ret_record,
		  uint32_t *ret_len);

typedef const char *(*symbol_fn)(void *ctx, uint64_t address); /* "func+0x1f"; NULL unknown */

/* One event as one JSON object on one line, without the newline: {"t_ns":…, "kind":"oom", "entity":…, "comm":…, fields
 * by name; a stack as an array of symbols or "0x…"}. A field that lies past `len` is left out, and so is what the context has empty. Bytes that are no UTF-8 are
 * escaped as \u00NN. `realtime_offset_ns` makes "at" (RFC 3339). */
void event_json(struct buf *out, const struct vocabulary *v, const struct event *record, uint32_t len,
		const char *entity_name, int64_t realtime_offset_ns, symbol_fn symbol, void *ctx);
