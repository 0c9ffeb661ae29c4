/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/buf.h"

char *buf_reserve(struct buf *b, size_t len)
{
	if (b->failed || len > SIZE_MAX / 2 - b->len - 1)
		goto fail;
	size_t need = b->len + len + 1;
	if (need > b->cap) {
		size_t cap = MAX(need, MAX(b->cap * 2, (size_t)64));
		char *data = realloc(b->data, cap);
		if (!data)
			goto fail;
		b->data = data;
		b->cap = cap;
	}
	return b->data + b->len;
fail:
	b->failed = true;
	return NULL;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	char *to = buf_reserve(b, len);
	if (!to)
		return;
	copy_bytes(to, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int len = vsnprintf(NULL, 0, fmt, ap);
	char *to = len < 0 ? NULL : buf_reserve(b, (size_t)len);
	if (to) {
		vsnprintf(to, (size_t)len + 1, fmt, again);
		b->len += (size_t)len;
	}
	va_end(again);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_add_varint(struct buf *b, uint64_t v)
{
	uint8_t bytes[10];
	size_t n = 0;
	do {
		bytes[n++] = (uint8_t)(v & 0x7f) | (v > 0x7f ? 0x80 : 0);
		v >>= 7;
	} while (v);
	buf_add(b, bytes, n);
}

void buf_add_zigzag(struct buf *b, int64_t v)
{
	buf_add_varint(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

char *buf_take(struct buf *b)
{
	if (b->failed || (!b->data && !buf_reserve(b, 0))) {
		buf_done(b);
		return NULL;
	}
	char *data = take_ptr(b->data);
	data[b->len] = '\0';
	*b = (struct buf){0};
	return data;
}

void buf_add_text(struct buf *b, const char *text)
{
	size_t len = strlen(text);
	buf_add_varint(b, len);
	buf_add(b, text, len + 1);
}

void buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 1);
	return p ? *p : 0;
}

uint64_t cursor_varint(struct cursor *c)
{
	const uint8_t *at = c->at;
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64 && at < c->end && !c->bad; shift += 7) {
		uint8_t byte = *at++;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		c->at = at;
		return v;
	}
	c->bad = true;
	return 0;
}

int64_t cursor_zigzag(struct cursor *c)
{
	uint64_t v = cursor_varint(c);
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

const void *cursor_bytes(struct cursor *c, size_t len)
{
	if (c->bad || len > cursor_left(c)) {
		c->bad = true;
		return NULL;
	}
	const void *at = c->at;
	c->at += len;
	return at;
}

const char *cursor_text(struct cursor *c)
{
	uint64_t len = cursor_varint(c);
	const char *text = len < cursor_left(c) ? cursor_bytes(c, (size_t)len + 1) : NULL;
	if (!text || strnlen(text, (size_t)len + 1) != len)
		c->bad = true;
	return c->bad ? NULL : text;
}
