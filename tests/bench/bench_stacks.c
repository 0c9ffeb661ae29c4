/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the always-on stack ring costs the daemon: user-space CPU time of draining 19 Hz per CPU at 1 and 10 drains a
 * second, and the interrupts' own time as the slowdown of a busy loop with sampling off, on, off. Root.
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

static uint64_t spin(uint64_t rounds)
{
	uint64_t begin = clock_now(CLOCK_MONOTONIC);
	for (volatile uint64_t i = 0; i < rounds; i++)
		;
	return clock_now(CLOCK_MONOTONIC) - begin;
}

/* The least of many short runs, each long enough for some ten samples at a high rate; scaled down to 19 Hz. */
static double least_spin_ms(unsigned hz)
{
	struct sampler *s = NULL;
	uint64_t least = UINT64_MAX;
	if (hz && sampler_open(&(struct sampler_options){.hz = hz, .pages = 64}, &s) < 0)
		exit(77);
	for (int i = 0; i < 40; i++) {
		uint64_t took = spin(20000000);
		least = MIN(least, took);
		if (s)
			sampler_drain(s, NULL, NULL);
	}
	sampler_close(s);
	return (double)least / 1e6;
}

int main(void)
{
	unsigned hz = 4000;
	drains(1, 5);
	drains(10, 5);
	double off = least_spin_ms(0), on = least_spin_ms(hz), again = least_spin_ms(0);
	double base = MIN(off, again), us = (on - base) * 1e3 / (on / 1e3 * hz);
	printf("a sample's interrupt: %.2f us (busy loop off/on/off at %u Hz: %.2f, %.2f, %.2f ms); at %u Hz on 2 CPUs %.1f us per "
	       "second\n", us, hz, off, on, again, SAMPLE_HZ_BEFORE, us * 2 * SAMPLE_HZ_BEFORE);
	return 0;
}
