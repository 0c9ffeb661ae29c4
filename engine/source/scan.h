/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading numbers and words out of the kernel's text, fast. All of these work on NUL-terminated text and stop at the NUL,
 * so a truncated file ends early and a hostile one cannot run away. Numbers saturate at UINT64_MAX.
 */
#pragma once

#include "engine/base/util.h"

static inline bool scan_is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* Blanks, then decimal digits. False without a digit; *at then stands at what is there instead. */
static inline bool scan_u64(const char **at, uint64_t *ret)
{
	const char *p = *at;
	while (*p == ' ' || *p == '\t')
		p++;
	*at = p;
	if (!scan_is_digit(*p))
		return false;
	uint64_t v = 0;
	bool over = false;
	for (; scan_is_digit(*p); p++)
		over |= __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v);
	*at = p;
	*ret = over ? UINT64_MAX : v;
	return true;
}

/* Hexadecimal without prefix, as softnet_stat has it. */
static inline bool scan_hex(const char **at, uint64_t *ret)
{
	const char *p = *at;
	while (*p == ' ')
		p++;
	uint64_t v = 0;
	const char *begin = p;
	for (;; p++) {
		unsigned digit = scan_is_digit(*p) ? (unsigned)(*p - '0') : (unsigned)((*p | 0x20) - 'a') + 10;
		if (digit > 15 || (digit >= 10 && !((*p | 0x20) >= 'a')))
			break;
		v = v << 4 | digit;
	}
	*at = p;
	*ret = v;
	return p != begin;
}

/* Up to n numbers; returns how many there were. */
static inline unsigned scan_numbers(const char **at, uint64_t *ret, unsigned n)
{
	unsigned i = 0;
	while (i < n && scan_u64(at, &ret[i]))
		i++;
	return i;
}

/* The start of the next line; the NUL when there is none. */
static inline const char *scan_next_line(const char *p)
{
	const char *nl = strchr(p, '\n');
	return nl ? nl + 1 : p + strlen(p);
}

/* Blanks, then a word up to a blank or the line's end: its start, length in *ret_len (0 at the end). Moves *at behind. */
static inline const char *scan_word(const char **at, size_t *ret_len)
{
	const char *p = *at;
	while (*p == ' ' || *p == '\t')
		p++;
	size_t len = strcspn(p, " \t\n");
	*at = p + len;
	*ret_len = len;
	return p;
}

static inline bool scan_starts(const char *p, const char *prefix, size_t len)
{
	return strncmp(p, prefix, len) == 0;
}
