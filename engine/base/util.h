/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handful of C idioms the whole tree leans on: cleanup attributes, ownership transfer, array sizes.
 * Not for: anything that has a noun of its own.
 *
 * Ownership: `_cleanup_free_ char *p` frees at the end of the scope; `return take_ptr(p)` hands it out instead.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
/* Each argument is evaluated once. */
#define MIN(a, b)                            \
	({                                   \
		__auto_type _min_a = (a);    \
		__auto_type _min_b = (b);    \
		_min_a < _min_b ? _min_a : _min_b; \
	})
#define MAX(a, b)                            \
	({                                   \
		__auto_type _max_a = (a);    \
		__auto_type _max_b = (b);    \
		_max_a > _max_b ? _max_a : _max_b; \
	})
#define CLAMP(x, lo, hi) ((x) < (lo) ? (lo) : (x) > (hi) ? (hi) : (x))

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(fmt, first) __attribute__((format(printf, fmt, first)))
#define _unused_ __attribute__((unused))
#define _noreturn_ __attribute__((noreturn))

static inline void free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define _cleanup_free_ _cleanup_(free_ptr)
#define _cleanup_close_ _cleanup_(close_fd)
#define _cleanup_fclose_ _cleanup_(close_file)

/* The value moves out; the variable is left empty, so its cleanup does nothing. */
#define take_ptr(p)                     \
	({                              \
		__auto_type _took = (p); \
		(p) = NULL;             \
		_took;                  \
	})
#define take_fd(fd)                  \
	({                           \
		int _took_fd = (fd); \
		(fd) = -1;           \
		_took_fd;            \
	})

/* Room for one more behind `n` elements of a heap array with room for `cap`, doubled when full. False when out of memory:
 * the array is as it was. */
#define array_room(array, n, cap)                                                          \
	({                                                                                 \
		bool _room = (n) < (cap);                                                  \
		size_t _more = MAX((size_t)(cap) * 2, (size_t)16);                         \
		void *_moved = _room ? NULL : reallocarray(array, _more, sizeof(*(array))); \
		if (_moved) {                                                              \
			(array) = _moved;                                                  \
			(cap) = (__typeof__(cap))_more;                                    \
			_room = true;                                                      \
		}                                                                          \
		_room;                                                                     \
	})

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static inline bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* memcpy of zero bytes from NULL is undefined; empty blobs are ordinary here. */
static inline void copy_bytes(void *to, const void *from, size_t n)
{
	if (n)
		memcpy(to, from, n);
}
