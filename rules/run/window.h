/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * f(x, D) over the samples of one series: what all windows of one span over one series share, kept up to date as samples
 * come and go. Which functions are asked for decides what is kept (features).
 *
 *     samples   … ● ● │● ● ● ● ● ● ● ●│
 *                      tail            end          the window is (now − D, now]
 *
 * The numbers, all in quanta of the signal:
 *     sum, avg    exact 128-bit sum, one rounding at the end
 *     p50 …       nearest rank: the ⌈n·p/100⌉-th smallest reading, so always one that was read
 *     rate        (last − first) ÷ D, per second; slope: least squares, per second
 *     stddev      of the population (÷ n); zscore of a window without spread is unknown, as is a ratio to 0
 *     ewma        starts at the first reading, then += dt ÷ (τ + dt) × (reading − ewma)
 * Nothing here depends on what had been in the window before (ewma apart, whose past is its meaning), so a machine restored
 * from a checkpoint has bit for bit the same values.
 *
 * Memory: a sample costs 16 bytes, an extreme 4 to 8, a rank 12. A span of up to 60 s holds at most 2.5 × span ÷ period
 * + 16 samples, a longer one is kept at one reading per second (the first of each second of the timeline). A series that
 * delivers faster than that loses its oldest and counts as shorter. The whole is bounded by WINDOW_BYTES_MAX: what the
 * entities of all kinds could need is reserved as they are born, and one that does not fit any more has no windows
 * (they are unknown) and is counted by machine_refused().
 */
#pragma once

#include "rules/run/extremes.h"
#include "rules/run/moments.h"
#include "rules/run/ranks.h"
#include "rules/rule.h"

#define WINDOW_BYTES_MAX (UINT64_C(64) << 20)
#define WINDOW_SLOW_NS UINT64_C(60000000000) /* longer spans are kept at one reading per second */
#define WINDOW_SPAN_MAX (UINT64_C(7) * 86400 * 1000000000)

enum window_feature {
	WINDOW_KEEPS_SAMPLES = 1,
	WINDOW_KEEPS_SUM = 2,
	WINDOW_KEEPS_LEAST = 4,
	WINDOW_KEEPS_GREATEST = 8,
	WINDOW_KEEPS_MOMENTS = 16,
	WINDOW_KEEPS_RANKS = 32,
	WINDOW_KEEPS_EWMA = 64,
};

unsigned window_features(enum window_fn fn);

struct window_spec {
	uint64_t span_ns;
	unsigned features;
	bool slow;
};

struct ewma {
	double value;
	uint64_t first_ns, last_ns;
	bool begun;
};

struct window {
	/* What a rule asks for again before anything changed: rules share windows. */
	double memo;
	uint8_t memo_fn; /* plus one; 0: nothing */
	bool memo_known;
	bool failed; /* out of memory once: unknown from then on */
	uint32_t tail;
	uint64_t advanced_ns;
	__int128 sum;
	struct extremes least, greatest;
	struct moments *moments;
	struct ranks *ranks;
	struct ewma ewma;
};

/* The bytes one window and its share of the samples may come to. */
uint64_t window_cost(const struct window_spec *spec, uint32_t max_samples);

/* The sample that was pushed last enters. */
void window_add(struct window *w, const struct window_spec *spec, const struct samples *s);
/* Samples that are not in (now − D, now] any more leave. */
void window_advance(struct window *w, const struct window_spec *spec, const struct samples *s, uint64_t now_ns);
/* The oldest sample leaves if it is still in, because its place is needed. */
void window_drop_oldest(struct window *w, const struct window_spec *spec, const struct samples *s);

void ewma_add(struct ewma *e, uint64_t tau_ns, uint64_t t_ns, int64_t value, bool afresh);

/* The value of a window that was advanced to now. false: unknown. */
bool window_value(struct window *w, const struct window_spec *spec, const struct samples *s, enum window_fn fn,
		  double *ret);
void window_done(struct window *w);
