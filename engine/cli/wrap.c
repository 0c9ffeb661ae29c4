/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/text.h"
#include "engine/cli/incident.h"

#include <sys/ioctl.h>

#define WIDTH_DEFAULT 100 /* where there is no terminal to ask */
#define WIDTH_LEAST 40

static int terminal_width(void)
{
	struct winsize size;
	uint64_t columns;
	const char *said = getenv("COLUMNS");
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return MAX(size.ws_col, WIDTH_LEAST);
	return said && text_u64(said, &columns) && columns >= WIDTH_LEAST && columns < 10000 ? (int)columns : WIDTH_DEFAULT;
}

/* How many bytes of `text` go on a line of `width` characters: up to the last blank that fits, one word at least. */
static size_t line_of(const char *text, int width)
{
	size_t cut = 0;
	int columns = 0;
	for (size_t i = 0; text[i]; i++) {
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (columns > width && cut)
			return cut;
		if (text[i] == ' ')
			cut = i;
	}
	return strlen(text);
}

void print_wrapped(const char *text, int indent)
{
	_cleanup_buf_ struct buf safe = {0};
	int width = terminal_width() - indent;
	text_escape_terminal(&safe, text);
	for (const char *at = buf_str(&safe); *at;) {
		size_t n = line_of(at, width);
		printf("%*s%.*s\n", indent, "", (int)n, at);
		at += n;
		at += strspn(at, " ");
	}
}
