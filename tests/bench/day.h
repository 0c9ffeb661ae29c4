/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A made-up day of a machine for benchmarks: the real signals of a host with two CPUs, disks and network devices, three mounts
 * and seven cgroups, a reading of each a second; and 40 rules over them, in our words and in those of peers. It is the same
 * in each run.
 *
 * What counts errors, drops and stalls stands at 0, sizes of the machine stand still, the others walk in their unit's usual
 * range; each but those that stand still bursts now and then for up to 90 s. The first two minutes are calm, so that all
 * windows are full before anything may fire.
 */
#pragma once

#include "engine/base/input.h"
#include "engine/base/vocabulary.h"

#define DAY_SERIES_MAX 256
#define DAY_SECONDS (24 * 3600)
#define DAY_BEGIN_S INT64_C(1794999600) /* realtime: an hour begins. Its first second is the one after. */

/* Where the values of a unit are at rest and how high a burst goes, in quanta; the thresholds of the rules lie between. */
struct day_range {
	int64_t low, high, wild;
	int64_t grain; /* of all changes */
};
extern const struct day_range day_ranges[UNIT_MAX_];

struct day {
	struct entities *entities;
	struct reading readings[DAY_SERIES_MAX]; /* by entity, then by signal */
	struct course {
		uint16_t left; /* seconds of a burst */
		bool still, seldom;
	} course[DAY_SERIES_MAX];
	size_t n;
	unsigned t; /* seconds since the begin */
	uint64_t random;
};

int day_init(struct day *d); /* -ENOMEM; -E2BIG: more series than there is room for */
void day_second(struct day *d);
const struct signal_def *day_signal(const struct day *d, size_t series);
const struct entity *day_entity(const struct day *d, size_t series);
void day_done(struct day *d);

enum day_language { DAY_TRACETRAP, DAY_PROMETHEUS, DAY_PMIE };
#define DAY_RULES 40

/* The whole rule file: levels held for 3 s, levels with a rise in 10 s, means of 1 min, maxima of 30 s with means of 10 s. They
 * fire and end at the same seconds in all languages; ours have no limits. */
void day_rules(const struct day *d, enum day_language language, struct buf *out);
/* The signal's name in that language: "load.1", "tracetrap_host_load_1", "tracetrap.host.load.n1". */
void day_name(enum day_language language, enum entity_kind kind, const char *signal, struct buf *out);
