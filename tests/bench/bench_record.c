/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the past costs: logging, history and events per reading, and bytes per minute at 100 Hz × 80 readings. The readings
 * move as those of a busy machine do: two thirds of them change at each tick, by little.
 */
#include "bpf/event.h"
#include "engine/record/events.h"
#include "engine/record/history.h"
#include "engine/record/inputlog.h"
#include "tests/bench/series.h"

#define READINGS 80
#define TICKS 60000 /* ten minutes of 100 Hz */

struct bench {
	struct series series;
	struct entities *entities;
};

static void move(struct bench *b)
{
	for (unsigned i = 0; i < READINGS; i++)
		if (series_random(&b->series) % 3)
			b->series.readings[i].value += (int64_t)(series_random(&b->series) % 8000) - 4000;
}

static struct input tick(struct bench *b, unsigned i)
{
	return (struct input){.kind = INPUT_TICK,
			      .t_ns = NS_PER_S + i * 10 * NS_PER_MS + series_random(&b->series) % 50000,
			      .tick = {b->series.readings, READINGS}};
}

/* CPU ns of making the inputs alone, to be subtracted. */
static uint64_t baseline_ns(struct bench *b)
{
	uint64_t begin = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned i = 0; i < TICKS; i++) {
		move(b);
		struct input in = tick(b, i);
		__asm__ volatile("" : : "r"(&in) : "memory");
	}
	return clock_now(CLOCK_PROCESS_CPUTIME_ID) - begin;
}

static void report(const char *what, uint64_t ns, uint64_t baseline)
{
	double per_tick = (double)(ns - MIN(ns, baseline)) / TICKS;
	printf("%-28s %8.0f ns per tick %8.1f ns per reading %8.3f ms per second at 100 Hz\n", what, per_tick,
	       per_tick / READINGS, per_tick * 100 / 1e6);
}

static int bench_inputlog(struct bench *b, uint64_t baseline)
{
	struct inputlog_options o = {.vocabulary = &b->series.vocabulary,
				     .period_ns = b->series.period_ns,
				     .rules_digest = "",
				     .entities = b->entities,
				     .ring_bytes = 8 << 20,
				     .checkpoint_every_ns = 60 * NS_PER_S};
	struct inputlog *l = NULL;
	if (inputlog_new(&o, &l) < 0)
		return 1;
	uint64_t begin = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned i = 0; i < TICKS; i++) {
		move(b);
		struct input in = tick(b, i);
		inputlog_input(l, &in);
	}
	report("input log", clock_now(CLOCK_PROCESS_CPUTIME_ID) - begin, baseline);
	_cleanup_buf_ struct buf out = {0};
	uint64_t from_ns = NS_PER_S + (uint64_t)TICKS * 10 * NS_PER_MS - 60 * NS_PER_S, begin_ns = 0, end_ns = 0;
	int r = inputlog_export(inputlog_fd(l), from_ns, UINT64_MAX, &out, &begin_ns);
	inputlog_free(l);
	end_ns = NS_PER_S + (uint64_t)TICKS * 10 * NS_PER_MS;
	if (r < 0)
		return 1;
	printf("%-28s %8.0f KiB per minute\n", "samples.tts, 100 Hz x 80",
	       (double)out.len / 1024 / ((double)(end_ns - begin_ns) / 60 / NS_PER_S));
	begin = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	struct inputlog_reader *reader = NULL;
	struct inputlog_item item = {0};
	unsigned ticks = 0;
	if (inputlog_open(out.data, out.len, &b->series.vocabulary, &reader) < 0)
		return 1;
	while (inputlog_next(reader, &item) == 0 && item.kind != INPUTLOG_END)
		ticks += item.kind == INPUTLOG_INPUT;
	inputlog_close(reader);
	printf("%-28s %8.1f ns per reading\n", "reading it back",
	       (double)(clock_now(CLOCK_PROCESS_CPUTIME_ID) - begin) / ticks / READINGS);
	return 0;
}

static int bench_history(struct bench *b, uint64_t baseline)
{
	struct history *h = NULL;
	if (history_new(&b->series.vocabulary, b->entities, 4 << 20, &h) < 0)
		return 1;
	uint64_t begin = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned i = 0; i < TICKS; i++) {
		move(b);
		struct input in = tick(b, i);
		history_input(h, &in);
	}
	report("history, 1 Hz tier", clock_now(CLOCK_PROCESS_CPUTIME_ID) - begin, baseline);
	history_free(h);
	return 0;
}

static int bench_events(void)
{
	struct ring_options o = {.name = "events", .segment_bytes = 1 << 18, .segments = 16};
	struct event_softirq e = {.h = {.kind = EVENT_SOFTIRQ, .size = sizeof(e)}};
	struct ring *r = NULL;
	if (ring_new(&o, &r) < 0)
		return 1;
	uint64_t begin = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned i = 0; i < TICKS * 10; i++) {
		e.h.t_ns = i;
		events_append(r, &e.h, sizeof(e), "host");
	}
	printf("%-28s %8.1f ns per event\n", "event ring",
	       (double)(clock_now(CLOCK_PROCESS_CPUTIME_ID) - begin) / TICKS / 10);
	ring_free(r);
	return 0;
}

int main(void)
{
	static struct bench b;
	b.entities = entities_new(ENTITY_DEFAULT_MAX);
	series_init(&b.series, READINGS, TIER_TICK, /* period_ns= */ 10 * NS_PER_MS, /* value= */ 100000);
	uint64_t baseline = baseline_ns(&b);
	int r = bench_inputlog(&b, baseline) || bench_history(&b, baseline) || bench_events();
	entities_free(b.entities);
	return r;
}
