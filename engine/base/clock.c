/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t clock_now(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

void clocks_read(struct clocks *ret)
{
	*ret = (struct clocks){
		.realtime = clock_now(CLOCK_REALTIME),
		.monotonic = clock_now(CLOCK_MONOTONIC),
		.boottime = clock_now(CLOCK_BOOTTIME),
		.monotonic_raw = clock_now(CLOCK_MONOTONIC_RAW),
		.tai = clock_now(CLOCK_TAI),
	};
	time_t now = (time_t)(ret->realtime / NS_PER_S);
	struct tm local;
	if (localtime_r(&now, &local))
		ret->utc_offset_s = (int32_t)local.tm_gmtoff;
}

#define RFC3339_SECONDS "%Y-%m-%dT%H:%M:%S"

static size_t format_utc(uint64_t realtime_ns, const char *format, char text[CLOCK_TEXT_MAX])
{
	time_t s = (time_t)(realtime_ns / NS_PER_S);
	struct tm tm;
	gmtime_r(&s, &tm);
	return strftime(text, CLOCK_TEXT_MAX, format, &tm);
}

const char *clock_rfc3339(uint64_t realtime_ns, char text[CLOCK_TEXT_MAX])
{
	size_t n = format_utc(realtime_ns, RFC3339_SECONDS, text);
	snprintf(text + n, CLOCK_TEXT_MAX - n, ".%09" PRIu64 "Z", realtime_ns % NS_PER_S);
	return text;
}

const char *clock_rfc3339_ms(uint64_t realtime_ns, char text[CLOCK_TEXT_MAX])
{
	size_t n = format_utc(realtime_ns, RFC3339_SECONDS, text);
	snprintf(text + n, CLOCK_TEXT_MAX - n, ".%03" PRIu64 "Z", realtime_ns % NS_PER_S / NS_PER_MS);
	return text;
}

const char *clock_stamp(uint64_t realtime_ns, char text[CLOCK_TEXT_MAX])
{
	format_utc(realtime_ns, "%Y%m%dT%H%M%SZ", text);
	return text;
}

const char *clock_span(uint64_t span_ns, char text[CLOCK_TEXT_MAX])
{
	uint64_t s = span_ns / NS_PER_S;
	if (span_ns < NS_PER_MS)
		snprintf(text, CLOCK_TEXT_MAX, "%" PRIu64 "us", span_ns / NS_PER_US);
	else if (span_ns < NS_PER_S)
		snprintf(text, CLOCK_TEXT_MAX, "%" PRIu64 "ms", span_ns / NS_PER_MS);
	else if (s < 60 && span_ns % NS_PER_S >= 100 * NS_PER_MS)
		snprintf(text, CLOCK_TEXT_MAX, "%" PRIu64 ".%" PRIu64 "s", s, span_ns % NS_PER_S / (100 * NS_PER_MS));
	else if (s < 60)
		snprintf(text, CLOCK_TEXT_MAX, "%" PRIu64 "s", s);
	else if (s < 3600)
		snprintf(text, CLOCK_TEXT_MAX, s % 60 ? "%" PRIu64 "m%" PRIu64 "s" : "%" PRIu64 "m", s / 60, s % 60);
	else
		snprintf(text, CLOCK_TEXT_MAX, s / 60 % 60 ? "%" PRIu64 "h%" PRIu64 "m" : "%" PRIu64 "h", s / 3600,
			 s / 60 % 60);
	return text;
}
