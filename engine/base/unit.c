/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/unit.h"

#include <math.h>

static const struct {
	const char *name;
	double quanta;
} units[UNIT_MAX_] = {
	[UNIT_NUMBER] = {"", 1},
	[UNIT_COUNT] = {"", 1},
	[UNIT_MILLI] = {"", 1e3},
	[UNIT_PERCENT] = {"%", 1e4},
	[UNIT_BYTES] = {"bytes", 1},
	[UNIT_SECONDS] = {"s", 1e9},
	[UNIT_PER_SECOND] = {"/s", 1e3},
	[UNIT_BYTES_PER_SECOND] = {"bytes/s", 1},
	[UNIT_PERCENT_PER_SECOND] = {"%/s", 1e4},
};

const char *unit_name(enum unit unit)
{
	return units[unit].name;
}

double unit_quanta(enum unit unit)
{
	return units[unit].quanta;
}

static void format_bytes(struct buf *out, double bytes, const char *per)
{
	static const char *const prefixes[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	size_t i = 0;
	for (; fabs(bytes) >= 1024 && i + 1 < ARRAY_SIZE(prefixes); i++)
		bytes /= 1024;
	buf_printf(out, i ? "%.1f%s%s" : "%.0f%s%s", bytes, prefixes[i], per);
}

static void format_seconds(struct buf *out, double ns)
{
	if (fabs(ns) < 1e3)
		buf_printf(out, "%.0fns", ns);
	else if (fabs(ns) < 1e6)
		buf_printf(out, "%.3gus", ns / 1e3);
	else if (fabs(ns) < 1e9)
		buf_printf(out, "%.4gms", ns / 1e6);
	else
		buf_printf(out, "%.4gs", ns / 1e9);
}

void unit_format(struct buf *out, enum unit unit, double quanta)
{
	double value = quanta / units[unit].quanta;
	switch (unit) {
	case UNIT_BYTES:
		format_bytes(out, quanta, "");
		break;
	case UNIT_BYTES_PER_SECOND:
		format_bytes(out, quanta, "/s");
		break;
	case UNIT_SECONDS:
		format_seconds(out, quanta);
		break;
	case UNIT_PERCENT:
	case UNIT_PERCENT_PER_SECOND:
		buf_printf(out, "%.1f%s", value, units[unit].name);
		break;
	default:
		buf_printf(out, "%.6g%s", value, units[unit].name);
		break;
	}
}
