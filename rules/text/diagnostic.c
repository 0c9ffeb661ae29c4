/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "rules/load.h"

/* A file that is wrong everywhere is not worth more lines than this; the rest is counted. */
#define DIAGNOSTICS_MAX 1000

struct diagnostics {
	struct diagnostic *all;
	size_t n, cap, sorted;
	size_t count[2]; /* by level, those that were not kept included */
	struct arena *arena;
};

struct diagnostics *diagnostics_new(void)
{
	struct diagnostics *d = calloc(1, sizeof(*d));
	if (d && !(d->arena = arena_new()))
		return diagnostics_free(d);
	return d;
}

static struct diagnostic *append(struct diagnostics *d)
{
	bool room = d->n < DIAGNOSTICS_MAX && array_room(d->all, d->n, d->cap);
	return room ? &d->all[d->n] : NULL;
}

/* Counted even when there is no memory for the text: an error must not turn into a success. */
void diagnostics_add(struct diagnostics *d, enum diagnostic_level level, struct position at, const char *code,
		     const char *fmt, ...)
{
	d->count[level]++;
	struct diagnostic *new = append(d);
	if (!new)
		return;
	va_list ap;
	va_start(ap, fmt);
	const char *message = arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
	const char *file = arena_strdup(d->arena, at.file ? at.file : "");
	if (!message || !file)
		return;
	*new = (struct diagnostic){.level = level, .at = at, .code = code, .message = message};
	new->at.file = file;
	d->n++;
}

size_t diagnostics_count(const struct diagnostics *d, enum diagnostic_level level)
{
	return d->count[level];
}

static int by_position(const void *pa, const void *pb)
{
	const struct diagnostic *a = pa, *b = pb;
	int c = strcmp(a->at.file, b->at.file);
	if (c)
		return c;
	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	if (a->at.column != b->at.column)
		return a->at.column < b->at.column ? -1 : 1;
	return strcmp(a->message, b->message);
}

const struct diagnostic *diagnostics_all(struct diagnostics *d, size_t *ret_n)
{
	if (d->sorted != d->n)
		qsort(d->all, d->n, sizeof(*d->all), by_position);
	d->sorted = d->n;
	*ret_n = d->n;
	return d->all;
}

void diagnostic_format(struct buf *out, const struct diagnostic *d)
{
	text_escape_terminal(out, d->at.file);
	buf_printf(out, ":%u:%u: %s: ", d->at.line, d->at.column,
		   d->level == DIAGNOSTIC_ERROR ? "error" : "warning");
	text_escape_terminal(out, d->message);
}

struct diagnostics *diagnostics_free(struct diagnostics *d)
{
	if (!d)
		return NULL;
	arena_free(d->arena);
	free(d->all);
	free(d);
	return NULL;
}
