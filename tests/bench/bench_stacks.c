/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the always-on stack ring costs: user-space CPU time of draining 19 Hz per CPU at 1 and 10 drains a second, and the interrupts' own time as the gaps that they leave in a busy loop. Root.
 */
#include "engine/base/clock.h"
#include "engine/record/ring.h"
#include "snapshot/profile/sample.h"


static struct ring *ring(const char *name)
{
	struct ring *r = NULL;
	int error = ring_new(&(struct ring_options){.name = name, .segment_bytes = 65536, .segments = 16}, &r);
	if (error < 0) {
		fprintf(stderr, "ring: %s\n", strerror(-error));
		exit(1);
	}
	return r;
}

static void drains(unsigned per_second, unsigned seconds)
{
	struct sampler *s;
	struct ring *stacks = ring("stacks"), *maps = ring("maps");
	int records = 0, r = sampler_open(&(struct sampler_options){.hz = SAMPLE_HZ_BEFORE, .pages = 16}, &s);
	if (r < 0) {
		fprintf(stderr, "perf events: %s\n", strerror(-r));
		exit(77);
	}
	uint64_t begin = clock_now(CLOCK_PROCESS_CPUTIME_ID), slept = 0;
	for (unsigned i = 0; i < per_second * seconds; i++) {
		uint64_t before = clock_now(CLOCK_PROCESS_CPUTIME_ID);
		usleep(1000000 / per_second);
		slept += clock_now(CLOCK_PROCESS_CPUTIME_ID) - before;
		records += sampler_drain(s, stacks, maps);
	}
	uint64_t cost = clock_now(CLOCK_PROCESS_CPUTIME_ID) - begin - slept;
	printf("%2u drains/s: %6.1f us CPU per second for %.1f records per second (waking up: %.1f us)\n", per_second,
	       (double)cost / 1e3 / seconds, (double)records / seconds, (double)slept / 1e3 / seconds);
	sampler_close(s);
	ring_free(stacks);
	ring_free(maps);
}

#define GAPS_MAX 65536
#define GAP_LEAST_NS 1000
#define GAP_MOST_NS (200 * 1000) /* longer ones are other tasks' turns */

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Reads the clock for a second: whatever takes the CPU away shows as a gap. Their number and median length. */
static size_t gaps(unsigned hz, double *ret_median_us)
{
	static uint64_t found[GAPS_MAX];
	struct sampler *s = NULL;
	size_t n = 0;
	if (hz && sampler_open(&(struct sampler_options){.hz = hz, .pages = 256}, &s) < 0)
		exit(77);
	uint64_t last = clock_now(CLOCK_MONOTONIC), end = last + NS_PER_S;
	while (last < end) {
		uint64_t now = clock_now(CLOCK_MONOTONIC);
		if (now - last >= GAP_LEAST_NS && now - last <= GAP_MOST_NS && n < GAPS_MAX)
			found[n++] = now - last;
		last = now;
	}
	sampler_close(s);
	qsort(found, n, sizeof(*found), compare_u64);
	*ret_median_us = n ? (double)found[n / 2] / 1e3 : 0;
	return n;
}

int main(void)
{
	double off_us, on_us;
	drains(1, 5);
	drains(10, 5);
	size_t off = gaps(0, &off_us), on = gaps(2000, &on_us);
	printf("gaps of a busy loop in a second: off %zu of %.1f us, at 2000 Hz %zu of %.1f us: %u Hz on 2 CPUs take %.0f us per second\n",
	       off, off_us, on, on_us, SAMPLE_HZ_BEFORE, on_us * 2 * SAMPLE_HZ_BEFORE);
	return 0;
}
