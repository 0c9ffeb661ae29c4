/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the live tests of detectors: a running set with one of them armed, and the wait for an event of the wanted kind, which
 * is left in the watch. Whatever happens by itself meanwhile passes by.
 */
#pragma once

#include "engine/base/clock.h"
#include "engine/detect/detect.h"
#include "tests/live/live.h"

#include <poll.h>

#define DEADLINE_NS (10 * NS_PER_S)

union watched {
	struct event record;
	struct event_exec exec;
	struct event_iolatency iolatency;
	struct event_iotrace iotrace;
	struct event_memreclaim memreclaim;
	struct event_offcpu offcpu;
	struct event_oom oom;
	struct event_runqlat runqlat;
	struct event_softirq softirq;
	struct event_syscall syscall;
	char room[64 * 1024];
};

/* What a test looks for among the events that come in. */
struct watch {
	uint16_t detector;
	bool (*wanted)(const struct event *record, const void *what);
	const void *what;
	union watched got; /* the last one wanted */
	uint32_t len;
	unsigned found;
	char entity[ENTITY_NAME_MAX];
};

static inline uint16_t detector_named(const char *name)
{
	for (size_t i = 0; i < detector_defs_n; i++)
		if (strcmp(detector_defs[i].name, name) == 0)
			return (uint16_t)i;
	fail_msg("no detector %s", name);
	return 0;
}

static inline struct detect *start_with(const char *name, int64_t threshold)
{
	struct detector_settings settings[64] = {0};
	struct detect *d;
	settings[detector_named(name)] = (struct detector_settings){.threshold = threshold, .rate_per_s = 10000};
	assert_int_equal(detect_new(&(struct detect_options){.settings = settings}, &d), 0);
	assert_int_equal(detect_start(d), 0);
	return d;
}

/* The running set with that detector attached; skips the test where this kernel has no hook for it. */
static inline struct detect *arm_with(const char *name, int64_t threshold)
{
	struct detect *d = start_with(name, threshold);
	struct detector_status status;
	detect_status(d, detector_named(name), &status);
	if (status.state == DETECTOR_UNSUPPORTED) {
		printf("unsupported: %s: %s\n", name, status.reason);
		detect_free(d);
		skip();
	}
	printf("%s: %s\n", name, status.hook);
	assert_int_equal(detect_arm(d, detector_named(name)), 0);
	return d;
}

static inline void keep_wanted(void *ctx, uint16_t detector, const struct event *record, uint32_t len, const char *entity)
{
	struct watch *w = ctx;
	if (detector != w->detector || (w->wanted && !w->wanted(record, w->what)))
		return;
	w->found++;
	w->len = len;
	memcpy(w->got.room, record, len);
	snprintf(w->entity, sizeof(w->entity), "%s", entity);
}

static inline bool wait_for(struct detect *d, struct watch *w)
{
	uint64_t end = clock_now(CLOCK_MONOTONIC) + DEADLINE_NS;
	while (!w->found && clock_now(CLOCK_MONOTONIC) < end) {
		struct pollfd p = {.fd = detect_fd(d), .events = POLLIN};
		poll(&p, 1, 200);
		assert_true(detect_take(d, keep_wanted, w) >= 0);
	}
	return w->found;
}
