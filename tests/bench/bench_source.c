/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a source costs: `bench_source [SECONDS]` runs each source that this machine offers for that long (10) at its own
 * tick and prints CPU time per tick and per second, its own and the helper's apart, and the part of it in the kernel.
 */
#include "engine/base/clock.h"
#include "engine/source/source.h"

#include <poll.h>
#include <sys/resource.h>

struct sums {
	uint64_t ticks, readings;
	int64_t self_ppm, rss;
};

static int signal_named(const char *name)
{
	const struct vocabulary v = {.signals = signal_table, .n_signals = signal_table_n};
	return vocabulary_signal(&v, name);
}

static void add(void *ctx, const struct input *in)
{
	struct sums *s = ctx;
	if (in->kind != INPUT_TICK)
		return;
	s->ticks++;
	s->readings += in->tick.n;
	for (size_t i = 0; i < in->tick.n; i++) {
		if (in->tick.readings[i].signal == signal_named("self.rss"))
			s->rss = in->tick.readings[i].value;
		if (in->tick.readings[i].signal == signal_named("self.cpu"))
			s->self_ppm = in->tick.readings[i].value;
	}
}

static uint64_t own_us(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void run(enum source_kind kind, unsigned seconds)
{
	struct source *source = NULL;
	struct source_options options = {.kind = kind, .entities = entities_new(ENTITY_DEFAULT_MAX)};
	if (source_open(&options, &source) < 0 || (kind == SOURCE_BPF && source_kind(source) != SOURCE_BPF)) {
		printf("%s: not here: %s\n", kind == SOURCE_BPF ? "bpf" : "proc",
		       source ? source_fallback_reason(source) : "nothing to read");
	} else {
		struct sums s = {0};
		source_take(source, add, &s);
		uint64_t us = own_us(), end = clock_now(CLOCK_MONOTONIC) + seconds * NS_PER_S, wakes = 0;
		struct pollfd p = {.fd = source_fd(source), .events = POLLIN};
		for (s = (struct sums){0}; clock_now(CLOCK_MONOTONIC) < end; wakes++) {
			poll(&p, 1, 1000);
			source_take(source, add, &s);
		}
		us = own_us() - us;
		printf("%s: %.1f us/s of our own, %.2f us/tick, %.0f us/s with helper and kernel (last second), "
		       "%.1f ticks/s, %.0f readings/s, %.1f wakes/s, rss %.1f MiB, lost %llu\n",
		       source_describe(source), (double)us / seconds, (double)us / (double)MAX(s.ticks, 1U),
		       (double)s.self_ppm, (double)s.ticks / seconds, (double)s.readings / seconds, (double)wakes / seconds,
		       (double)s.rss / 1048576, (unsigned long long)source_lost(source));
	}
	source_close(source);
	entities_free(options.entities);
}

int main(int argc, char **argv)
{
	unsigned seconds = argc > 1 ? (unsigned)atoi(argv[1]) : 10;
	run(SOURCE_BPF, MAX(seconds, 1U));
	run(SOURCE_PROC, MAX(seconds, 1U));
	return 0;
}
