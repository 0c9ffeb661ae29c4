/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/text.h"

#include <stdarg.h>

#define WORD_MAX 64 /* longer words are no typing mistakes */

/* Insertions, deletions, replacements and swaps of two neighbours; whatever is more than `most` is told as `most` + 1. */
static unsigned edit_distance(const char *a, const char *b, unsigned most)
{
	unsigned rows[3][WORD_MAX + 1], least_above = 0;
	size_t na = strlen(a), nb = strlen(b);
	if (na > WORD_MAX || nb > WORD_MAX || MAX(na, nb) - MIN(na, nb) > most)
		return most + 1;
	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3], least = (unsigned)i;
		row[0] = least;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = MIN(MIN(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], twice[j - 2] + 1);
			least = MIN(least, row[j]);
		}
		if (MIN(least, least_above) > most) /* no row below is better than these two */
			return most + 1;
		least_above = least;
	}
	return MIN(rows[na % 3][nb], most + 1);
}

static size_t common_prefix(const char *a, const char *b)
{
	size_t n = 0;
	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

const char *text_nearest(const char *word, const char *const *names, size_t n)
{
	const char *best = NULL;
	unsigned limit = (unsigned)MAX(strlen(word) / 3, (size_t)1), least = limit + 1;
	for (size_t i = 0; i < n; i++) {
		unsigned d = edit_distance(word, names[i], best ? least : limit);
		bool nearer = d < least || (best && d == least && common_prefix(word, names[i]) > common_prefix(word, best));
		if (nearer) {
			least = d;
			best = names[i];
		}
	}
	return best;
}

static bool glob_class(const char **pattern, char c)
{
	const char *p = *pattern + 1;
	bool negate = *p == '!' || *p == '^', hit = false;
	p += negate;
	for (bool first = true; *p && (first || *p != ']'); first = false, p++) {
		if (p[1] == '-' && p[2] && p[2] != ']') {
			hit |= c >= p[0] && c <= p[2];
			p += 2;
		} else {
			hit |= c == *p;
		}
	}
	*pattern = *p ? p : p - 1;
	return hit != negate;
}

/* Iterative with one backtrack point, so that no pattern is exponential. */
bool text_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;
	while (*text) {
		const char *p = pattern;
		bool hit;
		if (*p == '*') {
			star = pattern++;
			resume = text;
			continue;
		}
		if (*p == '[' && strchr(p + 1, ']'))
			hit = glob_class(&p, *text);
		else if (*p == '\\' && p[1])
			hit = *++p == *text;
		else
			hit = *p && (*p == '?' || *p == *text);
		if (hit) {
			pattern = p + 1;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool text_u64(const char *text, uint64_t *ret)
{
	uint64_t v = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*text - '0'), &v))
			return false;
	}
	*ret = v;
	return true;
}

/* Length of the UTF-8 sequence at s, 0 when it is not one (overlong, surrogate, cut or stray). */
static size_t utf8_length(const unsigned char *s)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80 ? 1 : (s[0] >> 5) == 6 ? 2 : (s[0] >> 4) == 14 ? 3 : (s[0] >> 3) == 30 ? 4 : 0;
	if (n < 2)
		return n;
	uint32_t code = s[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	return code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : n;
}

/* What no sink may see raw: C0 and C1 controls, DEL, and the marks that reorder the text around them. */
static bool is_control(const unsigned char *s, size_t n)
{
	if (n == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	if (n == 2)
		return s[0] == 0xc2 && s[1] < 0xa0;
	return n == 3 && s[0] == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xaa && s[2] <= 0xae) ||
					  (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
}

static void escape(struct buf *out, const char *text, const char *special, void (*add)(struct buf *, char))
{
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		size_t n = utf8_length(s);
		if (n == 0 || is_control(s, n)) {
			for (size_t i = 0; i < MAX(n, (size_t)1); i++)
				buf_printf(out, "\\x%02x", s[i]);
		} else if (n == 1 && strchr(special, *s)) {
			add(out, (char)*s);
		} else {
			buf_add(out, s, n);
		}
		s += MAX(n, (size_t)1);
	}
}

static void add_backslashed(struct buf *out, char c)
{
	buf_printf(out, "\\%c", c);
}

static void add_entity(struct buf *out, char c)
{
	buf_printf(out, "&#%d;", c);
}

static void add_hex(struct buf *out, char c)
{
	buf_printf(out, "\\x%02x", (unsigned char)c);
}

void text_escape_terminal(struct buf *out, const char *text)
{
	escape(out, text, "", add_backslashed);
}

void text_escape_markdown(struct buf *out, const char *text)
{
	escape(out, text, "\\`*_[]<>|#&!", add_backslashed);
}

void text_escape_xml(struct buf *out, const char *text)
{
	escape(out, text, "&<>\"'", add_entity);
}

void text_escape_folded(struct buf *out, const char *text)
{
	escape(out, text, ";", add_hex);
}

static uint32_t utf8_code(const unsigned char *s, size_t n)
{
	uint32_t code = n == 1 ? s[0] : s[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++)
		code = code << 6 | (s[i] & 0x3f);
	return code;
}

void text_escape_json(struct buf *out, const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		size_t n = utf8_length(s);
		if (n == 0 || is_control(s, n))
			buf_printf(out, "\\u%04x", n ? utf8_code(s, n) : *s);
		else if (*s == '"' || *s == '\\')
			buf_printf(out, "\\%c", *s);
		else
			buf_add(out, s, n);
		s += MAX(n, (size_t)1);
	}
}

int error_explain(int error, char *ret_error, size_t size, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (ret_error && size)
		vsnprintf(ret_error, size, fmt, ap);
	va_end(ap);
	return error;
}
