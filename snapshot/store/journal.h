/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store's journal and its making of room, inside the writer process.
 */
#pragma once

#include "snapshot/store/store.h"

/* Appends {at, event, id, bytes} as a line and syncs it. 0 or -errno. */
int journal_add(int store, const char *event, const char *id, uint64_t bytes);

/* Evicts what store_plan_eviction() marks, with a journal line each; calls back for each that is gone. 0; -ENOSPC when what
 * stays is still beyond the bounds, -errno. */
typedef void (*evicted_fn)(void *ctx, const struct store_row *row);
int store_make_room(int store, const char *dir, const struct store_bounds *bounds, evicted_fn fn, void *ctx);
/* Whether `need` more bytes will have room once that is done; evicts nothing. 0, -ENOSPC, -errno. */
int store_has_room(int store, const char *dir, const struct store_bounds *bounds, uint64_t need);
