/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "engine/cli/incident.h"

/* Exactly `digits` digits, all of them a number below `limit`. */
static bool number(const char **at, unsigned digits, unsigned limit, int *ret)
{
	unsigned v = 0;
	for (unsigned i = 0; i < digits; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		v = v * 10 + (unsigned)(**at - '0');
	}
	*ret = (int)v;
	return v < limit;
}

static bool literal(const char **at, const char *any)
{
	return **at && strchr(any, **at) && (*at)++;
}

static bool date(const char **at, struct tm *tm)
{
	if (!number(at, 4, 10000, &tm->tm_year) || !literal(at, "-") || !number(at, 2, 13, &tm->tm_mon) ||
	    !literal(at, "-") || !number(at, 2, 32, &tm->tm_mday) || tm->tm_year < 1970 || !tm->tm_mon || !tm->tm_mday)
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return true;
}

static bool fraction(const char **at, uint64_t *ret_ns)
{
	uint64_t unit = NS_PER_S;
	*ret_ns = 0;
	if (**at != '.')
		return true;
	for ((*at)++; **at >= '0' && **at <= '9'; (*at)++) {
		unit /= 10;
		*ret_ns += unit * (uint64_t)(**at - '0');
	}
	return unit < NS_PER_S;
}

static bool offset(const char **at, int *ret_s)
{
	int h, m, sign = **at == '-' ? -1 : 1;
	*ret_s = 0;
	if (literal(at, "Zz"))
		return true;
	if (!literal(at, "+-") || !number(at, 2, 24, &h) || !literal(at, ":") || !number(at, 2, 60, &m))
		return false;
	*ret_s = sign * (h * 3600 + m * 60);
	return true;
}

static bool parse_rfc3339(const char *text, uint64_t *ret)
{
	struct tm tm = {0};
	uint64_t ns = 0;
	int offset_s = 0;
	const char *at = text;
	if (!date(&at, &tm))
		return false;
	if (*at && (!literal(&at, "Tt ") || !number(&at, 2, 24, &tm.tm_hour) || !literal(&at, ":") ||
		    !number(&at, 2, 60, &tm.tm_min) || !literal(&at, ":") || !number(&at, 2, 61, &tm.tm_sec) ||
		    !fraction(&at, &ns) || !offset(&at, &offset_s)))
		return false;
	time_t s = timegm(&tm) - offset_s;
	if (*at || s < 0)
		return false;
	*ret = (uint64_t)s * NS_PER_S + ns;
	return true;
}

static uint64_t unit_of(const char **at)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{"ms", NS_PER_MS}, {"s", NS_PER_S}, {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S}, {"d", 86400 * NS_PER_S},
	};
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (starts_with(*at, units[i].name)) {
			*at += strlen(units[i].name);
			return units[i].ns;
		}
	}
	return 0;
}

static bool parse_span(const char *text, uint64_t *ret)
{
	uint64_t sum = 0;
	const char *at = text;
	do {
		uint64_t v = 0, part;
		const char *digits = at;
		for (; *at >= '0' && *at <= '9'; at++)
			if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(*at - '0'), &v))
				return false;
		uint64_t unit = at == digits ? 0 : unit_of(&at);
		if (!unit || __builtin_mul_overflow(v, unit, &part) || __builtin_add_overflow(sum, part, &sum))
			return false;
	} while (*at);
	*ret = sum;
	return true;
}

bool when_parse(const char *text, uint64_t now_realtime_ns, uint64_t *ret_realtime_ns)
{
	uint64_t back;
	if (parse_rfc3339(text, ret_realtime_ns))
		return true;
	if (!parse_span(text, &back))
		return false;
	*ret_realtime_ns = now_realtime_ns - MIN(back, now_realtime_ns);
	return true;
}
