/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/arena.h"

#define CHUNK_BYTES ((size_t)16384)
#define ALIGNMENT _Alignof(max_align_t)

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(max_align_t) char data[];
};

struct arena {
	struct chunk *first;
	bool failed;
};

struct arena *arena_new(void)
{
	return calloc(1, sizeof(struct arena));
}

static struct chunk *chunk_add(struct arena *a, size_t bytes)
{
	size_t size = MAX(bytes, CHUNK_BYTES);
	struct chunk *c = calloc(1, sizeof(*c) + size);
	if (!c) {
		a->failed = true;
		return NULL;
	}
	c->size = size;
	c->next = a->first;
	a->first = c;
	return c;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	if (bytes > SIZE_MAX / 2) {
		a->failed = true;
		return NULL;
	}
	bytes = (bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	struct chunk *c = a->first;
	if (!c || c->size - c->used < bytes)
		c = chunk_add(a, bytes);
	if (!c)
		return NULL;
	void *p = c->data + c->used;
	c->used += bytes;
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p = arena_alloc(a, len + 1);
	if (p)
		copy_bytes(p, s, len);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int len = vsnprintf(NULL, 0, fmt, ap);
	char *p = len < 0 ? NULL : arena_alloc(a, (size_t)len + 1);
	if (p)
		vsnprintf(p, (size_t)len + 1, fmt, again);
	va_end(again);
	return p;
}

bool arena_failed(const struct arena *a)
{
	return a->failed;
}

struct arena *arena_free(struct arena *a)
{
	if (!a)
		return NULL;
	for (struct chunk *c = a->first, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
	return NULL;
}
