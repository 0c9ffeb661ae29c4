/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "rules/kinds/kind.h"
#include "rules/load.h"

/* A file that is wrong everywhere is not worth more lines than this; the rest is counted. */
#define DIAGNOSTICS_MAX 1000
#define CHAIN_MAX 16 /* of files that include one another */

/* The includes of one file; its file's own include stands in the entry it points at. */
struct included {
	struct included *next;
	const char *file;
	struct position from;
};

struct diagnostics {
	struct included *included;
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

void diagnostics_included(struct diagnostics *d, const char *file, struct position from)
{
	struct included *i = arena_alloc(d->arena, sizeof(*i));
	const char *name = arena_strdup(d->arena, file), *by = arena_strdup(d->arena, from.file);
	if (!i || !name || !by)
		return;
	*i = (struct included){d->included, name, {by, from.line, from.column}};
	d->included = i;
}

static const struct included *find_included(const struct diagnostics *d, const char *file)
{
	const struct included *i = d->included;
	while (i && !streq(i->file, file))
		i = i->next;
	return i;
}

/* " (included from a.yaml:2, from b.yaml:3)" */
static void add_chain(const struct diagnostics *d, struct buf *out, const char *file)
{
	const char *before = " (included from";
	size_t n = 0;
	for (const struct included *i = find_included(d, file); i && n < CHAIN_MAX; i = find_included(d, i->from.file), n++) {
		buf_printf(out, "%s %s:%u", before, i->from.file, i->from.line);
		before = ", from";
	}
	buf_add_str(out, n ? ")" : "");
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
	_cleanup_buf_ struct buf text = {0};
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	add_chain(d, &text, at.file ? at.file : "");
	const char *message = text.failed ? NULL : arena_strdup(d->arena, buf_str(&text));
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
	const struct kind *kind = kind_find(d->code);
	if (kind)
		buf_printf(out, " [%s]", kind->code);
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
