/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A number with its unit as people write it: `45%`, `32MiB`, `500ms`, `1.5`, `100/s`, `10MiB/s`. No sign, no exponent, no
 * space before the unit. The value comes out in quanta of the unit (engine/base/unit.h), rounded once, so `0.1%` is
 * exactly 1000 ppm wherever it was compiled.
 */
#pragma once

#include "engine/base/unit.h"

struct quantity {
	double value; /* in quanta of unit */
	enum unit unit;
};

enum quantity_result {
	QUANTITY_OK,
	QUANTITY_NO_NUMBER,
	QUANTITY_TOO_LONG, /* more than 15 digits: a double would not keep them */
	QUANTITY_NO_UNIT,  /* what stands behind the number is no unit we know */
};

/* Reads from the start of text; *ret_len is always what was looked at, the unit included. */
enum quantity_result quantity_scan(const char *text, struct quantity *ret, size_t *ret_len);

/* The same over a whole text, with a sentence that says what is wrong (static, or built into `sentence`). */
const char *quantity_complaint(enum quantity_result result, const char *text, size_t len, char *sentence, size_t size);

/* The i-th word for a unit, NULL after the last. */
const char *quantity_word(size_t i, enum unit *ret_unit);

/* The unit word nearest to what was written, NULL when none is near; all unit words in a line, for messages. */
const char *quantity_nearest_unit(const char *word);
