/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/past.h"

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/record/census.h"
#include "engine/record/events.h"
#include "snapshot/profile/sample.h"

#define SAMPLER_PAGES 16 /* 64 KiB a CPU: three seconds of deep stacks at 19 Hz, drained each second */

struct past {
	struct ring *ring[PAST_RINGS];
	struct sampler *sampler;
	struct tasks *tasks;
	char sampler_reason[128];
};

static int ring_open(struct past *p, enum past_ring which, const char *name, uint64_t bytes, uint32_t segments)
{
	struct ring_options options = {.name = name, .segment_bytes = (uint32_t)(bytes / segments) & ~7U, .segments = segments};
	return ring_new(&options, &p->ring[which]);
}

static void open_sampler(struct past *p, unsigned hz)
{
	struct sampler_options options = {.hz = hz, .pages = SAMPLER_PAGES};
	if (hz == 0) {
		snprintf(p->sampler_reason, sizeof(p->sampler_reason), "switched off (stacks.hz: 0)");
		return;
	}
	int r = sampler_open(&options, &p->sampler);
	if (r == -EACCES || r == -EPERM)
		snprintf(p->sampler_reason, sizeof(p->sampler_reason),
			 "perf_event_open is denied: run as root or with CAP_PERFMON");
	else if (r < 0)
		snprintf(p->sampler_reason, sizeof(p->sampler_reason), "perf_event_open: %s", strerror(-r));
}

int past_new(const struct config *config, struct past **ret)
{
	struct past *p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	int r = ring_open(p, PAST_EVENTS, "tracetrap-events", config->events_bytes, 16);
	r = r < 0 ? r : ring_open(p, PAST_CENSUS, "tracetrap-census", config->census_bytes, 8);
	r = r < 0 ? r : ring_open(p, PAST_STACKS, "tracetrap-stacks", config->stacks_bytes, 16);
	r = r < 0 ? r : ring_open(p, PAST_MAPS, "tracetrap-maps", config->maps_bytes, 8);
	if (r < 0) {
		past_free(p);
		return r;
	}
	open_sampler(p, config->stacks_hz);
	r = tasks_open(config->proc_root, &p->tasks);
	if (r < 0)
		log_warning_errno(r, "cannot open a task iterator: no censuses");
	*ret = p;
	return 0;
}

void past_drain(struct past *p)
{
	if (p->sampler)
		sampler_drain(p->sampler, p->ring[PAST_STACKS], p->ring[PAST_MAPS]);
}

void past_census(struct past *p, uint64_t now_ns)
{
	_cleanup_close_ int fd = p->tasks ? tasks_rows_fd(p->tasks) : -1;
	if (fd >= 0)
		census_append(p->ring[PAST_CENSUS], fd, now_ns);
}

void past_event(struct past *p, const struct event *record, uint32_t len, const char *entity_name)
{
	events_append(p->ring[PAST_EVENTS], record, len, entity_name);
}

int past_fd(const struct past *p, enum past_ring which)
{
	bool sampled = which == PAST_STACKS || which == PAST_MAPS;
	return sampled && !p->sampler ? -1 : ring_fd(p->ring[which]);
}

struct tasks *past_tasks(struct past *p)
{
	return p->tasks;
}

const char *past_sampler_reason(const struct past *p)
{
	return p->sampler ? NULL : p->sampler_reason;
}

const char *past_tasks_reason(const struct past *p)
{
	return p->tasks ? tasks_reason(p->tasks) : "no task iterator";
}

struct past *past_free(struct past *p)
{
	if (!p)
		return NULL;
	for (size_t i = 0; i < PAST_RINGS; i++)
		ring_free(p->ring[i]);
	if (p->sampler)
		sampler_close(p->sampler);
	if (p->tasks)
		tasks_close(p->tasks);
	free(p);
	return NULL;
}
