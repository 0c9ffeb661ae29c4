/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/text/source.h"

static bool step(struct source_cursor *c)
{
	const struct source *s = c->source;
	if (c->byte >= s->len)
		return false;
	if (s->text[c->byte++] == '\n') {
		c->line++;
		c->line_start = c->byte;
	}
	while (c->byte < s->len && ((unsigned char)s->text[c->byte] & 0xc0) == 0x80)
		c->byte++;
	c->character++;
	return true;
}

static struct position here(const struct source_cursor *c)
{
	return (struct position){c->source->file, c->line + 1, (uint32_t)(c->byte - c->line_start) + 1};
}

struct position source_at_character(struct source_cursor *c, size_t n)
{
	if (n < c->character)
		*c = (struct source_cursor){.source = c->source};
	while (c->character < n && step(c))
		;
	return here(c);
}

struct position source_at_byte(struct source_cursor *c, size_t n)
{
	if (n < c->byte)
		*c = (struct source_cursor){.source = c->source};
	while (c->byte < n && step(c))
		;
	return here(c);
}
