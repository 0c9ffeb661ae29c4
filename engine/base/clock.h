/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Units of time, the clocks, and how times are written. The one timeline of readings, events and perf samples is
 * CLOCK_MONOTONIC in ns; limits run on CLOCK_BOOTTIME; people read RFC 3339 UTC. Deciding code never calls clock_now().
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/* Room for "2026-11-20T17:23:01.123456789Z" and for "20261120T172301Z", with their NUL. */
#define CLOCK_TEXT_MAX 32

/* The five clocks read back to back, so that any two timelines can be joined later. All in ns. */
struct clocks {
	uint64_t realtime, monotonic, boottime, monotonic_raw, tai;
	int32_t utc_offset_s; /* local time − UTC */
};

uint64_t clock_now(clockid_t id);
void clocks_read(struct clocks *ret);

/* Realtime ns as RFC 3339 UTC: with nanoseconds; for people, to the millisecond; as the compact stamp of an incident's id. All
 * return `text`. */
const char *clock_rfc3339(uint64_t realtime_ns, char text[CLOCK_TEXT_MAX]);
const char *clock_rfc3339_ms(uint64_t realtime_ns, char text[CLOCK_TEXT_MAX]);
const char *clock_stamp(uint64_t realtime_ns, char text[CLOCK_TEXT_MAX]);

/* A span for people: "340ms", "2.5s", "1h5m". Returns `text`. */
const char *clock_span(uint64_t span_ns, char text[CLOCK_TEXT_MAX]);
