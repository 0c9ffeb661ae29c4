/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A growable byte buffer, used for text and for encoded records alike. `data` is always followed by a NUL that `len`
 * does not count, so text can be handed to printf as it is. A failed allocation latches `failed`: add as much as you
 * like and ask once, at the end.
 */
#pragma once

#include "engine/base/util.h"

#include <stdarg.h>

struct buf {
	char *data; /* NULL while empty and never added to */
	size_t len, cap;
	bool failed;
};

#define _cleanup_buf_ _cleanup_(buf_done)

void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_str(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) _printf_(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) _printf_(2, 0);

/* LEB128 and zigzag, as the record codecs use them. */
void buf_add_varint(struct buf *b, uint64_t v);
void buf_add_zigzag(struct buf *b, int64_t v);
/* A text as {varint len, bytes, NUL}, so that a reader may use it in place. */
void buf_add_text(struct buf *b, const char *text);

/* Makes room for len more bytes and returns where they go, NULL when out of memory; the caller then raises b->len. */
char *buf_reserve(struct buf *b, size_t len);

static inline void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

/* The text, "" when nothing was added; owned by the buffer. */
static inline const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* The heap text moves to the caller, who frees it; NULL if an addition had failed. The buffer is empty afterwards. */
char *buf_take(struct buf *b);
void buf_done(struct buf *b);

/*
 * A bounded cursor over foreign bytes. Reading past the end latches `bad` and yields zeros, so a decoder checks once
 * per record and never trusts a length.
 */
struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

static inline struct cursor cursor_over(const void *data, size_t len)
{
	return (struct cursor){.at = data, .end = (const uint8_t *)data + len};
}

static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

uint64_t cursor_varint(struct cursor *c);
int64_t cursor_zigzag(struct cursor *c);
uint8_t cursor_u8(struct cursor *c);
/* A view of the next len bytes inside the cursor's own memory; NULL and `bad` when fewer are left. */
const void *cursor_bytes(struct cursor *c, size_t len);
/* What buf_add_text() wrote, in the cursor's own memory; NULL and `bad` when it is none. */
const char *cursor_text(struct cursor *c);
