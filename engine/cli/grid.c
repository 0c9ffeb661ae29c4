/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/text.h"
#include "engine/cli/incident.h"

#define COLUMNS_MAX 16

void grid_add(struct grid *g, const char *fmt, ...)
{
	_cleanup_buf_ struct buf raw = {0}, safe = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&raw, fmt, ap);
	va_end(ap);
	text_escape_terminal(&safe, buf_str(&raw));
	char **more = reallocarray(g->cells, g->n + 1, sizeof(*more));
	char *text = buf_take(&safe);
	g->failed |= !more || !text;
	if (more)
		g->cells = more;
	if (more && text)
		g->cells[g->n++] = take_ptr(text);
	free(text);
}

/* Columns on a terminal: characters, not bytes; wide ones are taken as one. */
static int width_of(const char *s)
{
	int n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* A cell with what goes before it; trailing blanks are never printed. */
static int print_cell(const char *text, int width, bool right, int blanks)
{
	int pad = width - width_of(text), before = blanks + (right ? pad : 0);
	if (!*text)
		return blanks + width + 2;
	printf("%*s%s", before, "", text);
	return (right ? 0 : pad) + 2;
}

int grid_print(const struct grid *g, const char *indent)
{
	int width[COLUMNS_MAX] = {0};
	for (size_t i = 0; i < g->n; i++)
		width[i % g->columns] = MAX(width[i % g->columns], width_of(g->cells[i]));
	int blanks = 0;
	for (size_t i = 0; i < g->n; i++) {
		unsigned column = (unsigned)(i % g->columns);
		if (column == 0)
			fputs(indent, stdout);
		blanks = print_cell(g->cells[i], width[column], g->right & (1U << column), column ? blanks : 0);
		if (column + 1 == g->columns)
			putchar('\n');
	}
	return g->failed ? -ENOMEM : 0;
}

void grid_done(struct grid *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->cells[i]);
	free(g->cells);
	*g = (struct grid){0};
}

void print_escaped(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n\t");
		_cleanup_free_ char *part = strndup(text, len);
		_cleanup_buf_ struct buf safe = {0};
		text_escape_terminal(&safe, part ? part : "");
		fputs(buf_str(&safe), stdout);
		text += len;
		if (*text)
			putchar(*text++);
	}
}
