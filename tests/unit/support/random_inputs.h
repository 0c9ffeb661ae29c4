/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A random world for random rules to watch: a host, disks in slots 1 to 3 and cpus in 4 and 5 that come and go, readings
 * that are late, missing or unknown, events, detectors that are attached and let go, clocks that jump, triggers by hand, reloads.
 */
#pragma once

#include "bpf/event.h"
#include "engine/base/input.h"
#include "tests/unit/support/random_rules.h"

#define WORLD_PERIOD_NS UINT64_C(1000000000) /* the distance of two readings to expect; they come as they like */
#define WORLD_SLOTS 6

struct world {
	const struct random_sets *sets;
	unsigned set;	       /* the one that holds */
	unsigned reload_every; /* inputs, in the mean; 0: never */
	unsigned reloads_left;

	uint64_t t_ns;
	bool alive[WORLD_SLOTS];
	unsigned births;
	struct reading readings[64];
	struct event_iolatency record;
	char name[32];
	const char *gone[RANDOM_NAMES];
};

/* At its first set, before any reading; nobody but the host lives. */
void world_begin(struct world *w, const struct random_sets *sets);
/* Borrows from the world until the next call. An INPUT_RELOAD is to set[w->set] of the sets. */
struct input world_next(struct world *w);
