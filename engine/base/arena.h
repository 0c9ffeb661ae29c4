/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is freed all at once: for trees and texts that live and die together. A failed allocation latches, so a
 * builder may pass NULL along and ask once, at the end. Not for: anything that is freed on its own, or that grows.
 */
#pragma once

#include "engine/base/util.h"

#include <stdarg.h>

struct arena; /* opaque */

struct arena *arena_new(void); /* NULL when out of memory */

/* Zeroed and aligned for any type; NULL when out of memory. */
void *arena_alloc(struct arena *a, size_t bytes);
#define arena_array(a, type, n) ((type *)arena_alloc(a, (n) * sizeof(type)))

char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_strdup(struct arena *a, const char *s);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) _printf_(2, 0);

bool arena_failed(const struct arena *a);
struct arena *arena_free(struct arena *a);

static inline void arena_drop(struct arena **a)
{
	arena_free(*a);
}
#define _cleanup_arena_ _cleanup_(arena_drop)
