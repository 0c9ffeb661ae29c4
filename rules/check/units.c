/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/units.h"

static const struct dimension {
	int bytes, seconds, exponent;
	bool share;
	const char *description, *suffix;
} dimensions[UNIT_MAX_] = {
	[UNIT_NUMBER] = {0, 0, 0, false, "a bare number", ""},
	[UNIT_COUNT] = {0, 0, 0, false, "a count", ""},
	[UNIT_MILLI] = {0, 0, -3, false, "a count", ""},
	[UNIT_PERCENT] = {0, 0, -6, true, "a percentage", "%"},
	[UNIT_BYTES] = {1, 0, 0, false, "a number of bytes", "MiB"},
	[UNIT_SECONDS] = {0, 1, -9, false, "a time", "ms"},
	[UNIT_PER_SECOND] = {0, -1, -3, false, "a rate per second", "/s"},
	[UNIT_BYTES_PER_SECOND] = {1, -1, 0, false, "bytes per second", "MiB/s"},
	[UNIT_PERCENT_PER_SECOND] = {0, -1, -6, true, "percent per second", "%/s"},
};

int unit_exponent(enum unit unit)
{
	return dimensions[unit].exponent;
}

bool unit_is_plain(enum unit unit)
{
	return unit == UNIT_NUMBER || unit == UNIT_COUNT || unit == UNIT_MILLI;
}

static bool find_unit(int bytes, int seconds, bool share, enum unit *ret)
{
	for (enum unit u = UNIT_NUMBER; u < UNIT_MAX_; u++)
		if (dimensions[u].bytes == bytes && dimensions[u].seconds == seconds && dimensions[u].share == share) {
			*ret = u;
			return true;
		}
	return false;
}

/* A percentage of something that is not a percentage is that something; of a bare number it stays a percentage. */
static bool product_is_share(enum unit a, enum unit b)
{
	const struct dimension *da = &dimensions[a], *db = &dimensions[b];
	if (da->share && db->share)
		return true;
	if (!da->share && !db->share)
		return false;
	enum unit share = da->share ? a : b, other = da->share ? b : a;
	return share != UNIT_PERCENT || unit_is_plain(other);
}

bool unit_multiply(enum unit a, enum unit b, enum unit *ret, int *ret_exponent)
{
	const struct dimension *da = &dimensions[a], *db = &dimensions[b];
	if (!find_unit(da->bytes + db->bytes, da->seconds + db->seconds, product_is_share(a, b), ret))
		return false;
	*ret_exponent = da->exponent + db->exponent - dimensions[*ret].exponent;
	return true;
}

bool unit_divide(enum unit a, enum unit b, enum unit *ret, int *ret_exponent)
{
	const struct dimension *da = &dimensions[a], *db = &dimensions[b];
	if (!find_unit(da->bytes - db->bytes, da->seconds - db->seconds, da->share && !db->share, ret))
		return false;
	*ret_exponent = da->exponent - db->exponent - dimensions[*ret].exponent;
	return true;
}

bool unit_per_second(enum unit unit, enum unit *ret)
{
	const struct dimension *d = &dimensions[unit];
	return find_unit(d->bytes, d->seconds - 1, d->share, ret);
}

const char *unit_describe(enum unit unit)
{
	return dimensions[unit].description;
}

const char *unit_suffix(enum unit unit)
{
	return dimensions[unit].suffix;
}
