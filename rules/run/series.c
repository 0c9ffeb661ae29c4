/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/series.h"

#include "engine/base/clock.h"

int series_spec_window(struct series_spec *spec, uint64_t span_ns, unsigned features)
{
	for (size_t i = 0; i < spec->n_windows; i++) {
		if (spec->windows[i].span_ns == span_ns) {
			spec->windows[i].features |= features;
			return (int)i;
		}
	}
	struct window_spec *windows = realloc(spec->windows, (spec->n_windows + 1) * sizeof(*windows));
	if (!windows)
		return -ENOMEM;
	spec->windows = windows;
	windows[spec->n_windows] = (struct window_spec){span_ns, features, span_ns > WINDOW_SLOW_NS};
	return (int)spec->n_windows++;
}

uint64_t series_gap(uint64_t period_ns)
{
	return MAX(period_ns * 2 + period_ns / 2, NS_PER_S);
}

static uint32_t samples_bound(uint64_t span_ns, uint64_t period_ns)
{
	return span_ns ? (uint32_t)MIN(span_ns / period_ns * 5 / 2 + 16, (uint64_t)UINT32_MAX / 4) : 0;
}

void series_spec_settle(struct series_spec *spec)
{
	uint64_t slow_period = MAX(spec->period_ns, NS_PER_S);
	for (size_t i = 0; i < spec->n_windows; i++) {
		const struct window_spec *w = &spec->windows[i];
		uint64_t *longest = w->slow ? &spec->slow.span_ns : &spec->fast.span_ns;
		if (w->features & WINDOW_KEEPS_SAMPLES)
			*longest = MAX(*longest, w->span_ns);
	}
	spec->gap_ns = series_gap(spec->period_ns);
	spec->slow_gap_ns = series_gap(slow_period);
	spec->fast.max = samples_bound(spec->fast.span_ns, spec->period_ns);
	spec->slow.max = samples_bound(spec->slow.span_ns, slow_period);
	spec->stride = sizeof(struct series) + spec->n_windows * sizeof(struct window);
	spec->cost = spec->stride + ((uint64_t)spec->fast.max + spec->slow.max) * 2 * sizeof(struct sample);
	for (size_t i = 0; i < spec->n_windows; i++)
		spec->cost += window_cost(&spec->windows[i], spec->windows[i].slow ? spec->slow.max : spec->fast.max);
}

static struct track *track_of(struct series *s, bool slow)
{
	return slow ? &s->slow : &s->fast;
}

static void forget_oldest(struct series *s, const struct series_spec *spec, bool slow)
{
	struct samples *samples = &track_of(s, slow)->samples;
	for (size_t i = 0; i < spec->n_windows; i++)
		if (spec->windows[i].slow == slow)
			window_drop_oldest(&s->windows[i], &spec->windows[i], samples);
	samples->first++;
}

/* Drops what not even the longest window needs; only here, so that what is held follows from the samples alone. */
static void trim(struct series *s, const struct series_spec *spec, bool slow, uint64_t t_ns)
{
	struct samples *samples = &track_of(s, slow)->samples;
	uint64_t span = slow ? spec->slow.span_ns : spec->fast.span_ns;
	for (size_t i = 0; i < spec->n_windows; i++)
		if (spec->windows[i].slow == slow)
			window_advance(&s->windows[i], &spec->windows[i], samples, t_ns);
	while (samples->first != samples->end && t_ns >= span && samples_at(samples, samples->first)->t_ns <= t_ns - span)
		samples->first++;
}

static void make_room(struct series *s, const struct series_spec *spec, bool slow)
{
	struct track *track = track_of(s, slow);
	if (samples_reserve(&track->samples, slow ? spec->slow.max : spec->fast.max) == 0 || !samples_count(&track->samples))
		return;
	forget_oldest(s, spec, slow);
	track->run_ns = MAX(track->run_ns, samples_count(&track->samples) ?
						 samples_at(&track->samples, track->samples.first)->t_ns :
						 track->last_ns);
}

void series_put_back(struct series *s, const struct series_spec *spec, bool slow, const struct sample *sample)
{
	struct track *track = track_of(s, slow);
	if (s->windowless || (slow ? spec->slow.max : spec->fast.max) == 0)
		return;
	trim(s, spec, slow, sample->t_ns);
	make_room(s, spec, slow);
	if (samples_count(&track->samples) == track->samples.cap)
		return;
	samples_push(&track->samples, sample->t_ns, sample->value);
	for (size_t i = 0; i < spec->n_windows; i++)
		if (spec->windows[i].slow == slow)
			window_add(&s->windows[i], &spec->windows[i], &track->samples);
}

static void track_add(struct series *s, const struct series_spec *spec, bool slow, const struct sample *sample)
{
	struct track *track = track_of(s, slow);
	bool afresh = !track->begun || sample->t_ns - track->last_ns > (slow ? spec->slow_gap_ns : spec->gap_ns);
	if (afresh)
		track->run_ns = sample->t_ns;
	track->begun = true;
	series_put_back(s, spec, slow, sample);
	track->last_ns = sample->t_ns;
	for (size_t i = 0; i < spec->n_windows; i++)
		if (spec->windows[i].slow == slow && spec->windows[i].features & WINDOW_KEEPS_EWMA)
			ewma_add(&s->windows[i].ewma, spec->windows[i].span_ns, sample->t_ns, sample->value, afresh);
}

void series_add(struct series *s, const struct series_spec *spec, uint64_t t_ns, int64_t value)
{
	struct sample sample = {t_ns, value};
	track_add(s, spec, /* slow= */ false, &sample);
	if (!s->slow.begun || t_ns / NS_PER_S != s->slow.last_ns / NS_PER_S)
		track_add(s, spec, /* slow= */ true, &sample);
}

bool series_window(struct series *s, const struct series_spec *spec, size_t window, enum window_fn fn, uint64_t now_ns,
		   double *ret)
{
	const struct window_spec *w = &spec->windows[window];
	const struct track *track = w->slow ? &s->slow : &s->fast;
	uint64_t begun_ns = fn == WINDOW_EWMA ? s->windows[window].ewma.first_ns : track->run_ns;
	if (!track->begun || s->windowless || now_ns - begun_ns < w->span_ns ||
	    now_ns - track->last_ns > (w->slow ? spec->slow_gap_ns : spec->gap_ns))
		return false;
	window_advance(&s->windows[window], w, &track->samples, now_ns);
	return window_value(&s->windows[window], w, &track->samples, fn, ret);
}

void series_done(struct series *s, const struct series_spec *spec)
{
	samples_done(&s->fast.samples);
	samples_done(&s->slow.samples);
	for (size_t i = 0; i < spec->n_windows; i++)
		window_done(&s->windows[i]);
	memset(s, 0, spec->stride);
}
