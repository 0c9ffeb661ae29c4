/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A series as rule tests write it, in promtool's notation, words with blanks between them:
 *
 *     10%            one reading                     _      none is due, or it was missed
 *     10%+5%x3       10% 15% 20% 25%                 _x3    three times so
 *     10%-5%x3       10% 5% 0% -5%                   stale  there was something to read, and it could not be read (unknown)
 *     10%x3          10% four times: it stands, and is repeated three times
 *
 * A number has the signal's unit; a bare one counts whole units (10 is 10%, 10 bytes, 10 seconds). A step may leave its unit
 * out too. The words are kept as they are, not written out, so a long series costs nothing until it is played.
 */
#pragma once

#include "rules/text/node.h"

#define NOTATION_VALUES_MAX 1000000U /* of one series: 11 days at one reading a second */

enum reading_kind { READING_NUMBER, READING_MISSING, READING_UNKNOWN };

struct value_run {
	enum reading_kind kind;
	uint32_t n;	    /* values */
	double first, step; /* in quanta of the signal */
};

struct values {
	const struct value_run *runs;
	size_t n_runs;
	uint32_t n; /* values in all */
};

struct value {
	enum reading_kind kind;
	int64_t quanta;
};

/* Reports every word that is none. The runs live in the arena. */
bool notation_parse(const struct node *scalar, enum unit unit, struct arena *arena, struct diagnostics *d,
		    struct values *ret);

/* Walks through values from the first. */
struct values_cursor {
	const struct values *values;
	size_t run;
	uint32_t at; /* within it */
};

/* READING_MISSING behind the end. */
struct value values_next(struct values_cursor *c);

/* A whole text as a number of that unit, in its quanta; a bare one counts whole units. NULL when it is one, else a sentence
 * (static, or built into `sentence`) that says what is wrong. */
const char *notation_amount(const char *text, enum unit unit, double *ret, char *sentence, size_t size);
