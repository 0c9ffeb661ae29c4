/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perf.data as `perf report -i` and `perf script -i` open it: two cpu-clock events, told apart by PERF_SAMPLE_IDENTIFIER.
 *
 *     ┌ header ┬ ids ┬ attrs ┬ data ─────────────────────────────────────────────┬ index of features ┬ features ┐
 *     │ 104 B  │ 1,2 │ × 2   │ MMAP kernel, modules; COMM and MMAP2; the samples │ offset, size each │          │
 *     └────────┴─────┴───────┴───────────────────────────────────────────────────┴───────────────────┴──────────┘
 *
 * Names travel beside it (symbols.tsv, kallsyms); BUILD_ID keeps perf from taking another kernel's names for ours.
 */
#pragma once

#include "engine/base/clock.h"
#include "snapshot/profile/profile.h"

#define PERFDATA_BEFORE "cpu-clock/before/"
#define PERFDATA_AFTER "cpu-clock/after/"

struct perfdata {
	struct profile *profile;
	const struct clocks *clocks; /* read together, so that perf can show the time of day; NULL */
	const char *hostname, *release, *arch, *version; /* of the machine; of tracetrap */
	unsigned cpus_online, cpus_available;
	const uint8_t *kernel_build_id;
	size_t kernel_build_id_len; /* 0 unknown */
};

/* -ENOMEM, -EIO. `ret_samples` is the number of samples in it: what `perf script` will show. */
int perfdata_write(FILE *to, const struct perfdata *d, uint64_t *ret_samples);
