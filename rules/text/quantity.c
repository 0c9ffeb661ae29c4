/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/text/quantity.h"

#include "engine/base/text.h"

#include <ctype.h>

#define DIGITS_MAX 15

/* Sorted by word. `quanta` is how many quanta one of it is; all are whole numbers below 2^53. */
static const struct unit_word {
	const char *word;
	enum unit unit;
	double quanta;
} words[] = {
	{"%", UNIT_PERCENT, 1e4},
	{"%/s", UNIT_PERCENT_PER_SECOND, 1e4},
	{"/s", UNIT_PER_SECOND, 1e3},
	{"B", UNIT_BYTES, 1},
	{"B/s", UNIT_BYTES_PER_SECOND, 1},
	{"GB", UNIT_BYTES, 1e9},
	{"GB/s", UNIT_BYTES_PER_SECOND, 1e9},
	{"GiB", UNIT_BYTES, 0x1p30},
	{"GiB/s", UNIT_BYTES_PER_SECOND, 0x1p30},
	{"KiB", UNIT_BYTES, 0x1p10},
	{"KiB/s", UNIT_BYTES_PER_SECOND, 0x1p10},
	{"MB", UNIT_BYTES, 1e6},
	{"MB/s", UNIT_BYTES_PER_SECOND, 1e6},
	{"MiB", UNIT_BYTES, 0x1p20},
	{"MiB/s", UNIT_BYTES_PER_SECOND, 0x1p20},
	{"TB", UNIT_BYTES, 1e12},
	{"TiB", UNIT_BYTES, 0x1p40},
	{"d", UNIT_SECONDS, 86400e9},
	{"h", UNIT_SECONDS, 3600e9},
	{"kB", UNIT_BYTES, 1e3},
	{"kB/s", UNIT_BYTES_PER_SECOND, 1e3},
	{"m", UNIT_SECONDS, 60e9},
	{"ms", UNIT_SECONDS, 1e6},
	{"ns", UNIT_SECONDS, 1},
	{"s", UNIT_SECONDS, 1e9},
	{"us", UNIT_SECONDS, 1e3},
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* The letters behind the number, with the "/s" that belongs to them: `100/s`, but not `100/sched.running`. */
static size_t unit_length(const char *text)
{
	size_t n = 0;
	while (is_word(text[n]) || text[n] == '%')
		n++;
	if (text[n] == '/' && text[n + 1] == 's' && !is_word(text[n + 2]))
		n += 2;
	return n;
}

static const struct unit_word *find_word(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].word) == len && strncmp(words[i].word, text, len) == 0)
			return &words[i];
	return NULL;
}

struct decimal {
	uint64_t digits;
	double divisor; /* 10^fraction digits: exact up to 10^15 */
	unsigned n;
};

static size_t scan_decimal(const char *text, struct decimal *ret)
{
	struct decimal d = {.divisor = 1};
	size_t n = 0;
	bool point = false;
	for (;; n++) {
		if (text[n] == '.' && !point && isdigit((unsigned char)text[n + 1])) {
			point = true;
			continue;
		}
		if (!isdigit((unsigned char)text[n]))
			break;
		if (d.digits || text[n] != '0' || point)
			d.n++;
		if (d.n > DIGITS_MAX)
			continue;
		d.digits = d.digits * 10 + (uint64_t)(text[n] - '0');
		if (point)
			d.divisor *= 10;
	}
	*ret = d;
	return n;
}

enum quantity_result quantity_scan(const char *text, struct quantity *ret, size_t *ret_len)
{
	struct decimal d;
	size_t n = isdigit((unsigned char)text[0]) ? scan_decimal(text, &d) : 0;
	size_t unit_len = n ? unit_length(text + n) : 0;
	*ret_len = n + unit_len;
	if (n == 0)
		return QUANTITY_NO_NUMBER;
	if (d.n > DIGITS_MAX)
		return QUANTITY_TOO_LONG;
	struct quantity q = {.value = (double)d.digits / d.divisor, .unit = UNIT_NUMBER};
	if (unit_len) {
		const struct unit_word *w = find_word(text + n, unit_len);
		if (!w)
			return QUANTITY_NO_UNIT;
		q = (struct quantity){(double)d.digits * w->quanta / d.divisor, w->unit};
	}
	*ret = q;
	return QUANTITY_OK;
}

const char *quantity_word(size_t i, enum unit *ret_unit)
{
	if (i >= ARRAY_SIZE(words))
		return NULL;
	*ret_unit = words[i].unit;
	return words[i].word;
}

const char *quantity_nearest_unit(const char *word)
{
	const char *names[ARRAY_SIZE(words)];
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		names[i] = words[i].word;
		if (strcasecmp(word, names[i]) == 0)
			return names[i];
	}
	return text_nearest(word, names, ARRAY_SIZE(words));
}

static void complain_of_unit(const char *text, size_t len, char *sentence, size_t size)
{
	size_t n = strspn(text, "0123456789.");
	char unit[32];
	snprintf(unit, sizeof(unit), "%.*s", (int)MIN(len - MIN(n, len), (size_t)24), text + MIN(n, len));
	const char *near = quantity_nearest_unit(unit);
	if (near)
		snprintf(sentence, size, "unknown unit '%s', did you mean '%s'?", unit, near);
	else
		snprintf(sentence, size, "unknown unit '%s'; units are %% B KiB MiB GiB TiB kB MB GB TB ns us ms s m h d, "
			 "each of them per second with /s", unit);
}

const char *quantity_complaint(enum quantity_result result, const char *text, size_t len, char *sentence, size_t size)
{
	if (result == QUANTITY_NO_UNIT)
		complain_of_unit(text, len, sentence, size);
	else if (result == QUANTITY_TOO_LONG)
		snprintf(sentence, size, "the number %.*s has more than %d digits; take a larger unit", (int)MIN(len, (size_t)40), text,
			 DIGITS_MAX);
	else
		snprintf(sentence, size, "'%.*s' is not a number", (int)MIN(len, (size_t)40), text);
	return sentence;
}
