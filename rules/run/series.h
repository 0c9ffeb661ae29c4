/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One signal of one entity: its last reading, and the samples and windows that the rules ask for.
 *
 * What a gap is: the distance of two known readings exceeds two periods. Half a period is allowed for the jitter of real
 * ticks, so one missing reading is forgiven and two in a row are not; and nothing under a second is a gap, because a
 * reading of a tick signal speaks for the whole second before it. A reading that is unknown counts as one that is missing.
 * After a gap a window is unknown until D of readings exist again; during one, too, and so is the reading itself.
 */
#pragma once

#include "rules/run/window.h"

/* What the rules want to know of one signal; the same for all its entities. */
struct series_spec {
	uint64_t period_ns;
	struct window_spec *windows;
	size_t n_windows;
	/* follow from the above, see series_spec_settle() */
	uint64_t gap_ns, slow_gap_ns;
	struct {
		uint64_t span_ns; /* the longest; 0: keeps no samples */
		uint32_t max;
	} fast, slow;
	size_t stride; /* bytes of a struct series with its windows */
	uint64_t cost; /* the bytes one series may come to */
};

/* The index of a window of that span, made if it is not there. -ENOMEM. */
int series_spec_window(struct series_spec *spec, uint64_t span_ns, unsigned features);
void series_spec_settle(struct series_spec *spec);
uint64_t series_gap(uint64_t period_ns);

struct track {
	struct samples samples;
	uint64_t run_ns, last_ns; /* from the first to the last reading without a gap */
	bool begun;
};

/* The last reading, apart from the rest: most terms want no more, and go through all entities in a row. */
struct latest {
	uint64_t t_ns;
	int64_t value;
	bool known, ever;
};

struct series {
	bool windowless; /* its windows did not fit into memory */
	struct track fast, slow;
	struct window windows[];
};

/* The present value in quanta, false when unknown. */
static inline bool latest_value(const struct latest *l, const struct series_spec *spec, uint64_t now_ns, double *ret)
{
	*ret = (double)l->value;
	return l->known && now_ns - l->t_ns <= spec->gap_ns;
}

/* Takes a known reading of time t_ns, which is not before the last one. */
void series_add(struct series *s, const struct series_spec *spec, uint64_t t_ns, int64_t value);
bool series_window(struct series *s, const struct series_spec *spec, size_t window, enum window_fn fn, uint64_t now_ns,
		   double *ret);

/* Puts back a sample of a checkpoint, in the order it was taken; without regard to gaps. */
void series_put_back(struct series *s, const struct series_spec *spec, bool slow, const struct sample *sample);

void series_done(struct series *s, const struct series_spec *spec);
