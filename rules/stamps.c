/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/stamps.h"

#include "engine/base/clock.h"

struct stamp {
	char *path;
	struct stat st;
};

static void add(struct stamps *s, const char *path, const struct stat *st)
{
	char *copy = strdup(path);
	if (!copy || !array_room(s->of, s->n, s->cap)) {
		free(copy);
		s->failed = true;
		return;
	}
	s->of[s->n++] = (struct stamp){copy, *st};
}

void stamps_add_directory(struct stamps *s, const char *path)
{
	struct stat st;
	if (s && stat(path, &st) == 0)
		add(s, path, &st);
}

/* FNV-1a. */
static void digest(uint64_t *state, const void *bytes, size_t len)
{
	for (const unsigned char *b = bytes, *end = b + len; b < end; b++)
		*state = (*state ^ *b) * UINT64_C(0x100000001b3);
	*state = (*state ^ len) * UINT64_C(0x100000001b3);
}

void stamps_add_file(struct stamps *s, const char *path, const struct stat *st, const void *bytes, size_t len)
{
	if (!s)
		return;
	add(s, path, st);
	digest(&s->digest, path, strlen(path));
	digest(&s->digest, bytes, len);
}

static uint64_t when(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * NS_PER_S + (uint64_t)t->tv_nsec;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       when(&a->st_mtim) == when(&b->st_mtim) && when(&a->st_ctim) == when(&b->st_ctim);
}

/* A time to come is a clock that was set back, and says nothing. */
static bool is_fresh(const struct stat *st, uint64_t now_ns)
{
	uint64_t changed_ns = when(&st->st_ctim);
	return changed_ns <= now_ns && now_ns - changed_ns < STAMPS_SETTLE_NS;
}

const char *stamps_unsettled(const struct stamps *s, uint64_t now_ns)
{
	struct stat st;
	for (size_t i = 0; i < s->n; i++)
		if (is_fresh(&s->of[i].st, now_ns) || stat(s->of[i].path, &st) < 0 || !is_same(&s->of[i].st, &st))
			return s->of[i].path;
	return s->failed ? "" : NULL;
}

void stamps_done(struct stamps *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->of[i].path);
	free(s->of);
	*s = (struct stamps){0};
}
