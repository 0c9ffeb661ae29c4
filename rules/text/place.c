/* SPDX-License-Identifier: GPL-2.0-only */
/* From a byte of a scalar's value back to the byte of the file it came from: walks both texts side by side. */
#include "rules/text/source.h"
#include "rules/text/yaml.h"

struct walk {
	const char *text; /* the source */
	size_t at, end;
	enum node_style style;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Spaces of the value come from spaces, breaks, indentation or escapes of the source; how many of each does not matter. */
static void skip_source_space(struct walk *w)
{
	while (w->at < w->end) {
		char c = w->text[w->at], next = w->at + 1 < w->end ? w->text[w->at + 1] : '\0';
		if (is_space(c))
			w->at++;
		else if (w->style == NODE_DOUBLE_QUOTED && c == '\\' && next && strchr("nrt \t\r\n", next))
			w->at += 2;
		else
			return;
	}
}

static size_t character_length(const char *text, size_t at, size_t end)
{
	size_t n = 1;
	while (at + n < end && ((unsigned char)text[at + n] & 0xc0) == 0x80)
		n++;
	return n;
}

static size_t escape_length(char kind)
{
	return kind == 'x' ? 4 : kind == 'u' ? 6 : kind == 'U' ? 10 : 2;
}

static void skip_source_character(struct walk *w)
{
	char c = w->text[w->at], next = w->at + 1 < w->end ? w->text[w->at + 1] : '\0';
	if (w->style == NODE_DOUBLE_QUOTED && c == '\\')
		w->at += escape_length(next);
	else if (w->style == NODE_SINGLE_QUOTED && c == '\'' && next == '\'')
		w->at += 2;
	else
		w->at += character_length(w->text, w->at, w->end);
}

static size_t first_byte(const struct node *scalar)
{
	const struct source *s = scalar->source;
	size_t at = scalar->offset;
	if (scalar->style == NODE_BLOCK)
		while (at < s->len && s->text[at] != '\n')
			at++;
	else if (scalar->style != NODE_PLAIN)
		at++;
	return at;
}

/* On one line and without anything between the two texts that one of them has not, as nearly all scalars. */
static bool stands_as_it_is(const struct node *scalar, size_t first)
{
	static const char written_otherwise[] = {[NODE_PLAIN] = '\n', [NODE_SINGLE_QUOTED] = '\'', [NODE_DOUBLE_QUOTED] = '\\'};
	const struct source *s = scalar->source;
	return scalar->style != NODE_BLOCK && first <= s->len && scalar->len <= s->len - first &&
	       memcmp(scalar->text, s->text + first, scalar->len) == 0 && !memchr(scalar->text, '\n', scalar->len) &&
	       !memchr(scalar->text, written_otherwise[scalar->style], scalar->len);
}

struct position node_place(const struct node *scalar, size_t offset)
{
	const struct source *s = scalar->source;
	size_t first = first_byte(scalar), at = 0;
	offset = MIN(offset, scalar->len);
	if (stands_as_it_is(scalar, first))
		return (struct position){s->file, scalar->at.line, scalar->at.column + (uint32_t)(first - scalar->offset + offset)};
	struct walk w = {s->text, first, s->len, scalar->style};
	for (;;) {
		if (at < scalar->len && is_space(scalar->text[at])) {
			while (at < scalar->len && is_space(scalar->text[at]))
				at++;
			skip_source_space(&w);
		} else if (scalar->style != NODE_PLAIN) {
			skip_source_space(&w);
		}
		if (at >= offset || w.at >= w.end)
			break;
		at += character_length(scalar->text, at, scalar->len);
		skip_source_character(&w);
	}
	struct source_cursor c = {.source = s, .byte = scalar->offset, .line = scalar->at.line - 1,
				  .line_start = scalar->offset + 1 - scalar->at.column};
	return source_at_byte(&c, MIN(w.at, s->len));
}
