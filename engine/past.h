/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The past that the daemon keeps beside readings: rings of events, censuses, stacks and memory maps, and what fills them
 * (the 19 Hz sampler, the task iterator). All of it bounded and allocated at the start, in memory files that workers map.
 */
#pragma once

#include "engine/config.h"
#include "engine/source/tasks.h"

struct past; /* opaque */

/* Rings are required; a sampler or an iterator that the kernel refuses is left out and its reason kept. */
int past_new(const struct config *config, struct past **ret);

/* What the kernel has sampled since the last call, into the rings. */
void past_drain(struct past *p);
/* A census now. */
void past_census(struct past *p, uint64_t now_ns);
void past_event(struct past *p, const struct event *record, uint32_t len, const char *entity_name);

enum past_ring { PAST_EVENTS, PAST_CENSUS, PAST_STACKS, PAST_MAPS, PAST_RINGS };
int past_fd(const struct past *p, enum past_ring which); /* -1: not kept */
struct tasks *past_tasks(struct past *p);

/* NULL when it works; else why not. */
const char *past_sampler_reason(const struct past *p);
const char *past_tasks_reason(const struct past *p);
struct past *past_free(struct past *p);
