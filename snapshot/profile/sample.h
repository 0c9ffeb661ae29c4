/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sampling by libperf: two uses of one thing. The daemon keeps a low-rate cpu-clock (19 Hz per CPU) always on and drains
 * it into shared rings, so that the profile of the seconds before a trigger exists; a worker samples at 99 Hz after it.
 *
 * Samples carry IP, TID, TIME (CLOCK_MONOTONIC through use_clockid), CPU, PERIOD and CALLCHAIN (kernel, and user by frame
 * pointer); comm, mmap2, fork and exit records come through a second, dummy event, so that they cannot push samples out.
 */
#pragma once

#include "engine/record/ring.h"

#define SAMPLE_HZ_BEFORE 19
#define SAMPLE_HZ_AFTER 99
#define SAMPLE_TYPE \
	(PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN)

struct sampler; /* opaque */

struct sampler_options {
	unsigned hz;
	unsigned pages; /* per CPU, a power of two */
};

/* 0; -EACCES/-EPERM when the kernel does not let us (perf_event_paranoid), -EOPNOTSUPP. Starts at once, on the CPUs that
 * are online now; the descriptors are CLOEXEC and wake nobody: the buffers hold what comes until the next drain. */
int sampler_open(const struct sampler_options *options, struct sampler **ret);

/* Moves what has come into the rings (records as the kernel wrote them, struct perf_event_header first); either may be
 * NULL. Lost records are added to ring_lost(). Returns the number of records. */
int sampler_drain(struct sampler *s, struct ring *stacks, struct ring *maps);

/* The same to a callback. */
struct perf_event_header;
typedef void (*sample_fn)(void *ctx, const struct perf_event_header *record);
int sampler_read(struct sampler *s, sample_fn fn, void *ctx, uint64_t *ret_lost);
struct sampler *sampler_close(struct sampler *s);

/* A cpu-clock event at that rate with samples of SAMPLE_TYPE, as the sampler opens it and perf.data tells of it. */
struct perf_event_attr;
struct perf_event_attr sample_attr(unsigned hz);
/* mmap2, comm, fork and exit records too. */
void sample_attr_add_maps(struct perf_event_attr *attr);

/* The time of any record that the sampler gave out, 0 when it is malformed. CLOCK_MONOTONIC. */
uint64_t sample_time(const struct perf_event_header *record);

/* A sample's fixed layout for the sample_type above, decoded from a record with all lengths checked; false: malformed. */
struct sample {
	uint64_t ip, t_ns, period;
	uint32_t pid, tid, cpu;
	const uint64_t *chain; /* with PERF_CONTEXT_* marks; borrowed */
	uint64_t n_chain;
};
/* The whole record, header->size bytes of it, must be readable, and lie at a multiple of 8. */
bool sample_decode(const struct perf_event_header *record, struct sample *ret);
