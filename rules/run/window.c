/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/window.h"

unsigned window_features(enum window_fn fn)
{
	static const unsigned keeps[WINDOW_FN_MAX_] = {
		[WINDOW_AVG] = WINDOW_KEEPS_SUM,	 [WINDOW_MIN] = WINDOW_KEEPS_LEAST,
		[WINDOW_MAX] = WINDOW_KEEPS_GREATEST,	 [WINDOW_SUM] = WINDOW_KEEPS_SUM,
		[WINDOW_RISE] = WINDOW_KEEPS_LEAST,	 [WINDOW_DROP] = WINDOW_KEEPS_GREATEST,
		[WINDOW_RATIO] = WINDOW_KEEPS_LEAST,	 [WINDOW_SLOPE] = WINDOW_KEEPS_MOMENTS,
		[WINDOW_STDDEV] = WINDOW_KEEPS_MOMENTS,	 [WINDOW_ZSCORE] = WINDOW_KEEPS_MOMENTS,
		[WINDOW_P50] = WINDOW_KEEPS_RANKS,	 [WINDOW_P90] = WINDOW_KEEPS_RANKS,
		[WINDOW_P99] = WINDOW_KEEPS_RANKS,	 [WINDOW_EWMA] = WINDOW_KEEPS_EWMA,
	};
	return fn == WINDOW_EWMA ? keeps[fn] : keeps[fn] | WINDOW_KEEPS_SAMPLES;
}

uint64_t window_cost(const struct window_spec *spec, uint32_t max_samples)
{
	unsigned f = spec->features;
	uint64_t each = 8 * (!!(f & WINDOW_KEEPS_LEAST) + !!(f & WINDOW_KEEPS_GREATEST)) +
			2 * sizeof(struct rank_node) * !!(f & WINDOW_KEEPS_RANKS);
	return sizeof(struct window) + sizeof(struct moments) + each * max_samples;
}

static int add_moments(struct window *w, const struct sample *sample)
{
	if (!w->moments)
		w->moments = calloc(1, sizeof(*w->moments));
	if (!w->moments)
		return -ENOMEM;
	moments_add(w->moments, sample);
	return 0;
}

static int add_rank(struct window *w, const struct samples *s, uint32_t seq)
{
	if (!w->ranks)
		w->ranks = ranks_new();
	return w->ranks ? ranks_add(w->ranks, s, w->tail, seq) : -ENOMEM;
}

void window_add(struct window *w, const struct window_spec *spec, const struct samples *s)
{
	uint32_t seq = s->end - 1;
	const struct sample *sample = samples_at(s, seq);
	unsigned f = spec->features;
	int r = 0;
	w->memo_fn = 0;
	if (w->failed)
		return;
	if (f & WINDOW_KEEPS_SUM)
		w->sum += sample->value;
	if (f & WINDOW_KEEPS_LEAST)
		r |= extremes_push(&w->least, s, seq, 1);
	if (f & WINDOW_KEEPS_GREATEST)
		r |= extremes_push(&w->greatest, s, seq, -1);
	if (f & WINDOW_KEEPS_MOMENTS)
		r |= add_moments(w, sample);
	if (f & WINDOW_KEEPS_RANKS)
		r |= add_rank(w, s, seq);
	if (r < 0)
		w->failed = true;
}

static void remove_tail(struct window *w, const struct window_spec *spec, const struct samples *s)
{
	uint32_t seq = w->tail++;
	unsigned f = spec->features;
	w->memo_fn = 0;
	if (w->failed)
		return;
	if (f & WINDOW_KEEPS_SUM)
		w->sum -= samples_at(s, seq)->value;
	if (f & WINDOW_KEEPS_LEAST)
		extremes_evict(&w->least, seq);
	if (f & WINDOW_KEEPS_GREATEST)
		extremes_evict(&w->greatest, seq);
	if (f & WINDOW_KEEPS_MOMENTS)
		moments_remove(w->moments, samples_at(s, seq));
	if (f & WINDOW_KEEPS_RANKS)
		ranks_remove(w->ranks, s, seq);
}

void window_advance(struct window *w, const struct window_spec *spec, const struct samples *s, uint64_t now_ns)
{
	if (now_ns == w->advanced_ns || now_ns < spec->span_ns || !(spec->features & WINDOW_KEEPS_SAMPLES))
		return;
	w->advanced_ns = now_ns;
	uint64_t out = now_ns - spec->span_ns;
	while (w->tail != s->end && samples_at(s, w->tail)->t_ns <= out)
		remove_tail(w, spec, s);
}

void window_drop_oldest(struct window *w, const struct window_spec *spec, const struct samples *s)
{
	if (w->tail == s->first && s->first != s->end)
		remove_tail(w, spec, s);
}

void ewma_add(struct ewma *e, uint64_t tau_ns, uint64_t t_ns, int64_t value, bool afresh)
{
	double dt = (double)(t_ns - e->last_ns), tau = (double)tau_ns;
	if (!e->begun || afresh)
		*e = (struct ewma){.value = (double)value, .first_ns = t_ns, .begun = true};
	else if (tau + dt > 0)
		e->value += dt / (tau + dt) * ((double)value - e->value);
	e->last_ns = t_ns;
}

static bool quotient(double a, double b, double *ret)
{
	if (b == 0)
		return false;
	*ret = a / b;
	return true;
}

static bool zscore(const struct window *w, double last, double *ret)
{
	double mean, deviation;
	if (!moments_mean(w->moments, &mean) || !moments_stddev(w->moments, &deviation))
		return false;
	return quotient(last - mean, deviation, ret);
}

static double rank_value(const struct window *w, const struct samples *s, unsigned percent)
{
	uint64_t n = ranks_count(w->ranks);
	return (double)ranks_value(w->ranks, s, (uint32_t)((n * percent + 99) / 100 - 1));
}

static double rise(const struct window *w, const struct samples *s, int64_t last)
{
	return (double)((__int128)last - extremes_value(&w->least, s));
}

static double drop(const struct window *w, const struct samples *s, int64_t last)
{
	return (double)((__int128)extremes_value(&w->greatest, s) - last);
}

static bool set(double *ret, double value)
{
	*ret = value;
	return true;
}

static bool work_out(const struct window *w, const struct window_spec *spec, const struct samples *s, enum window_fn fn,
		     double *ret)
{
	uint32_t n = s->end - w->tail;
	if (n == 0 || w->failed)
		return false;
	int64_t first = samples_at(s, w->tail)->value, last = samples_at(s, s->end - 1)->value;
	switch (fn) {
	case WINDOW_AVG:
		return set(ret, (double)w->sum / (double)n);
	case WINDOW_SUM:
		return set(ret, (double)w->sum);
	case WINDOW_COUNT:
		return set(ret, (double)n);
	case WINDOW_MIN:
		return set(ret, (double)extremes_value(&w->least, s));
	case WINDOW_MAX:
		return set(ret, (double)extremes_value(&w->greatest, s));
	case WINDOW_LAST:
		return set(ret, (double)last);
	case WINDOW_RISE:
		return set(ret, rise(w, s, last));
	case WINDOW_DROP:
		return set(ret, drop(w, s, last));
	case WINDOW_RATIO:
		return quotient((double)last, (double)extremes_value(&w->least, s), ret);
	case WINDOW_RATE:
		return quotient((double)((__int128)last - first) * 1e9, (double)spec->span_ns, ret);
	case WINDOW_SLOPE:
		return moments_slope(w->moments, ret);
	case WINDOW_STDDEV:
		return moments_stddev(w->moments, ret);
	case WINDOW_ZSCORE:
		return zscore(w, (double)last, ret);
	case WINDOW_P50:
		return set(ret, rank_value(w, s, 50));
	case WINDOW_P90:
		return set(ret, rank_value(w, s, 90));
	default:
		return set(ret, rank_value(w, s, 99));
	}
}

bool window_value(struct window *w, const struct window_spec *spec, const struct samples *s, enum window_fn fn,
		  double *ret)
{
	if (fn == WINDOW_EWMA)
		return w->ewma.begun && set(ret, w->ewma.value);
	if (w->memo_fn != fn + 1) {
		w->memo_known = work_out(w, spec, s, fn, &w->memo);
		w->memo_fn = (uint8_t)(fn + 1);
	}
	return w->memo_known && set(ret, w->memo);
}

void window_done(struct window *w)
{
	extremes_done(&w->least);
	extremes_done(&w->greatest);
	free(w->moments);
	w->ranks = ranks_free(w->ranks);
}
