/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/naive.h"

#include "bpf/event.h"
#include "engine/base/clock.h"

#include <math.h>

#define SEEN_MAX NAIVE_SEEN_MAX

void naive_look(const struct naive *n, const struct naive_series *s, bool slow, struct naive_seen *ret)
{
	uint64_t gap_ns = naive_gap(n, slow);
	ret->n = 0;
	for (size_t i = s->windows_from; i < s->n; i++) {
		const struct naive_reading *r = &s->of[i];
		size_t k = ret->n;
		if (r->unknown || (slow && k && ret->t_ns[k - 1] / NS_PER_S == r->t_ns / NS_PER_S))
			continue;
		if (k == SEEN_MAX)
			abort();
		ret->t_ns[k] = r->t_ns;
		ret->value[k] = r->value;
		ret->index[k] = i;
		ret->fresh[k] = k == 0 || r->t_ns - ret->t_ns[k - 1] > gap_ns;
		ret->n++;
	}
}

static double ewma(const struct naive_seen *s, size_t begin, uint64_t tau_ns)
{
	double value = (double)s->value[begin];
	for (size_t i = begin + 1; i < s->n; i++) {
		double dt = (double)(s->t_ns[i] - s->t_ns[i - 1]);
		value += dt / ((double)tau_ns + dt) * ((double)s->value[i] - value);
	}
	return value;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static double quantile(const int64_t *v, size_t n, unsigned percent)
{
	int64_t sorted[SEEN_MAX];
	memcpy(sorted, v, n * sizeof(*v));
	qsort(sorted, n, sizeof(*v), by_value);
	size_t rank = 1; /* the least whose share of readings at or below it is enough */
	while (rank * 100 < n * percent)
		rank++;
	return (double)sorted[rank - 1];
}

/* n·Σxy − Σx·Σy. */
static double spread(const __int128 *x, const __int128 *y, size_t n)
{
	__int128 sx = 0, sy = 0, sxy = 0;
	for (size_t i = 0; i < n; i++) {
		sx += x[i];
		sy += y[i];
		sxy += x[i] * y[i];
	}
	return (double)((__int128)n * sxy - sx * sy);
}

struct totals {
	double sum, least, greatest, deviation, slope;
	bool sloping;
};

static struct totals total(const uint64_t *t_ns, const int64_t *v, size_t n)
{
	static __int128 x[SEEN_MAX], y[SEEN_MAX];
	__int128 sum = 0;
	int64_t least = INT64_MAX, greatest = INT64_MIN;
	for (size_t i = 0; i < n; i++) {
		sum += v[i];
		least = MIN(least, v[i]);
		greatest = MAX(greatest, v[i]);
		x[i] = (__int128)(t_ns[i] / 1000);
		y[i] = v[i];
	}
	double tt = spread(x, x, n);
	return (struct totals){
		.sum = (double)sum,
		.least = (double)least,
		.greatest = (double)greatest,
		.deviation = sqrt(spread(y, y, n)) / (double)n,
		.slope = spread(x, y, n) / tt * 1e6,
		.sloping = tt != 0,
	};
}

static bool set(double *ret, double value, bool known)
{
	*ret = value;
	return known;
}

static bool work_out(enum window_fn fn, const uint64_t *t_ns, const int64_t *v, size_t n, uint64_t span_ns, double *ret)
{
	struct totals t = total(t_ns, v, n);
	double last = (double)v[n - 1];
	switch (fn) {
	case WINDOW_AVG:
		return set(ret, t.sum / (double)n, true);
	case WINDOW_MIN:
		return set(ret, t.least, true);
	case WINDOW_MAX:
		return set(ret, t.greatest, true);
	case WINDOW_SUM:
		return set(ret, t.sum, true);
	case WINDOW_LAST:
		return set(ret, last, true);
	case WINDOW_RISE:
		return set(ret, last - t.least, true);
	case WINDOW_DROP:
		return set(ret, t.greatest - last, true);
	case WINDOW_RATIO:
		return set(ret, last / t.least, t.least != 0);
	case WINDOW_RATE:
		return set(ret, (last - (double)v[0]) * 1e9 / (double)span_ns, true);
	case WINDOW_SLOPE:
		return set(ret, t.slope, t.sloping);
	case WINDOW_STDDEV:
		return set(ret, t.deviation, true);
	case WINDOW_ZSCORE:
		return set(ret, (last - t.sum / (double)n) / t.deviation, t.deviation != 0);
	case WINDOW_COUNT:
		return set(ret, (double)n, true);
	case WINDOW_P50:
		return set(ret, quantile(v, n, 50), true);
	case WINDOW_P90:
		return set(ret, quantile(v, n, 90), true);
	default:
		return set(ret, quantile(v, n, 99), true);
	}
}

/* The first reading of the ewma: where its run begins, or the first since it was asked for. */
static bool ewma_since(const struct naive *n, const struct expr *e, const struct naive_series *series,
		       const struct naive_seen *s, size_t begin, double *ret)
{
	for (size_t i = 0; i < series->n_ewmas; i++)
		while (series->ewmas[i].tau_ns == e->window.span_ns && begin < s->n && s->index[begin] < series->ewmas[i].from)
			begin++;
	return begin < s->n && n->now_ns - s->t_ns[begin] >= e->window.span_ns && set(ret, ewma(s, begin, e->window.span_ns), true);
}

static bool window(const struct naive *n, const struct expr *e, const struct naive_series *series, double *ret)
{
	static struct naive_seen s;
	uint64_t span_ns = e->window.span_ns;
	bool slow = span_ns > 60 * NS_PER_S;
	naive_look(n, series, slow, &s);
	if (s.n == 0 || n->now_ns - s.t_ns[s.n - 1] > naive_gap(n, slow))
		return false;
	size_t begin = s.n - 1, first = 0;
	while (!s.fresh[begin])
		begin--;
	if (e->window.fn == WINDOW_EWMA)
		return ewma_since(n, e, series, &s, begin, ret);
	if (n->now_ns - MAX(s.t_ns[begin], series->since_ns[slow]) < span_ns)
		return false;
	while (first < s.n && s.t_ns[first] + span_ns <= n->now_ns)
		first++;
	if (first == s.n || !work_out(e->window.fn, s.t_ns + first, s.value + first, s.n - first, span_ns, ret))
		return false;
	if (e->window.fn == WINDOW_RATE || e->window.fn == WINDOW_SLOPE)
		*ret *= unit_quanta(e->unit) / unit_quanta(n->vocabulary->signals[e->window.signal].unit);
	return true;
}

static bool latest(const struct naive *n, const struct naive_series *s, double *ret)
{
	const struct naive_reading *r = s->n ? &s->of[s->n - 1] : NULL;
	return r && set(ret, (double)r->value, !r->unknown && n->now_ns - r->t_ns <= naive_gap(n, false));
}

static bool events(const struct naive *n, const struct expr *e, uint16_t entity, double *ret)
{
	const struct naive_arrivals *a = &n->detectors[e->events.detector].of[entity];
	size_t count = 0;
	for (size_t i = 0; i < a->n; i++)
		count += a->t_ns[i] + e->events.span_ns > n->now_ns;
	return set(ret, (double)count, n->detectors[e->events.detector].attached);
}

/* For how many living entities of the kind `a` has each truth. */
static void poll(const struct naive *n, const struct expr *e, size_t ret_votes[3])
{
	memset(ret_votes, 0, 3 * sizeof(*ret_votes));
	for (uint16_t slot = 0; slot < NAIVE_SLOTS; slot++)
		if (n->slots[slot].alive && n->slots[slot].kind == e->over.kind && naive_matches(n, e->over.match, slot))
			ret_votes[naive_truth(n, e->a, slot)]++;
}

/* Of the events that random_inputs.h makes. */
static bool field(const struct naive *n, const struct expr *e, double *ret)
{
	const struct event_iolatency *record = n->event ? n->event->event.record : NULL;
	return record && set(ret, (double)(streq(e->field.field->name, "bytes") ? record->bytes : record->sector), true);
}

static enum truth text(const struct naive *n, const struct expr *e)
{
	const struct event_iolatency *record = n->event ? n->event->event.record : NULL;
	if (!record)
		return TRUTH_UNKNOWN;
	return streq(record->disk, e->field.text) == (e->kind == EXPR_TEXT_EQUAL) ? TRUTH_TRUE : TRUTH_FALSE;
}

bool naive_number(const struct naive *n, const struct expr *e, uint16_t entity, double *ret)
{
	size_t votes[3];
	double a, b;
	switch (e->kind) {
	case EXPR_NUMBER:
		return set(ret, e->number.value, true);
	case EXPR_SIGNAL:
		return latest(n, &n->slots[e->signal.of_host ? ENTITY_HOST : entity].series[e->signal.signal], ret);
	case EXPR_WINDOW:
		return window(n, e, &n->slots[e->window.of_host ? ENTITY_HOST : entity].series[e->window.signal], ret);
	case EXPR_EVENTS:
		return events(n, e, entity, ret);
	case EXPR_TALLY:
		poll(n, e, votes);
		return set(ret, (double)votes[TRUTH_TRUE], true);
	case EXPR_FIELD:
		return field(n, e, ret);
	case EXPR_NEGATE:
		return naive_number(n, e->a, entity, &a) && set(ret, -a, true);
	default:
		break;
	}
	if (!naive_number(n, e->a, entity, &a) || !naive_number(n, e->b, entity, &b))
		return false;
	switch (e->kind) {
	case EXPR_ADD:
		return set(ret, a + b, true);
	case EXPR_SUBTRACT:
		return set(ret, a - b, true);
	case EXPR_MULTIPLY:
		return set(ret, a * b, true);
	default:
		return set(ret, a / b, b != 0);
	}
}

static enum truth compare(const struct naive *n, const struct expr *e, uint16_t entity)
{
	double a, b;
	if (!naive_number(n, e->a, entity, &a) || !naive_number(n, e->b, entity, &b))
		return TRUTH_UNKNOWN;
	const bool outcomes[] = {a < b, a <= b, a > b, a >= b, a == b, a != b};
	return outcomes[e->kind - EXPR_LESS] ? TRUTH_TRUE : TRUTH_FALSE;
}

/* false < unknown < true: `and` is the least, `or` the greatest. */
static int rank(enum truth t)
{
	return t == TRUTH_FALSE ? 0 : t == TRUTH_UNKNOWN ? 1 : 2;
}

enum truth naive_truth(const struct naive *n, const struct expr *e, uint16_t entity)
{
	size_t votes[3];
	enum truth a, b;
	switch (e->kind) {
	case EXPR_CONSTANT:
		return e->number.value != 0 ? TRUTH_TRUE : TRUTH_FALSE;
	case EXPR_NOT:
		a = naive_truth(n, e->a, entity);
		return a == TRUTH_UNKNOWN ? a : a == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
	case EXPR_AND:
	case EXPR_OR:
		a = naive_truth(n, e->a, entity);
		b = naive_truth(n, e->b, entity);
		return (rank(a) < rank(b)) == (e->kind == EXPR_AND) ? a : b;
	case EXPR_ANY:
		poll(n, e, votes);
		return votes[TRUTH_TRUE] ? TRUTH_TRUE : votes[TRUTH_UNKNOWN] ? TRUTH_UNKNOWN : TRUTH_FALSE;
	case EXPR_ALL:
		poll(n, e, votes);
		return votes[TRUTH_FALSE] ? TRUTH_FALSE : votes[TRUTH_UNKNOWN] ? TRUTH_UNKNOWN : TRUTH_TRUE;
	case EXPR_TEXT_EQUAL:
	case EXPR_TEXT_NOT_EQUAL:
		return text(n, e);
	default:
		return compare(n, e, entity);
	}
}
