/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/inputlog_codec.h"

static int shape_grow(struct shape *s, uint32_t n)
{
	uint32_t cap = MAX(n, s->cap * 2);
	uint32_t *series = realloc(s->series, cap * sizeof(*series));
	s->series = series ? series : s->series;
	int64_t *last = realloc(s->last, cap * sizeof(*last));
	s->last = last ? last : s->last;
	bool *unknown = realloc(s->unknown, cap * sizeof(*unknown));
	s->unknown = unknown ? unknown : s->unknown;
	if (!series || !last || !unknown)
		return -ENOMEM;
	s->cap = cap;
	return 0;
}

int shape_define(struct shape *s, uint32_t n)
{
	s->n = 0;
	int r = n > s->cap ? shape_grow(s, n) : 0;
	if (r < 0)
		return r;
	memset(s->last, 0, n * sizeof(*s->last));
	memset(s->unknown, 0, n * sizeof(*s->unknown));
	s->n = n;
	return 0;
}

void shape_done(struct shape *s)
{
	free(s->series);
	free(s->last);
	free(s->unknown);
	*s = (struct shape){0};
}
