/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/moments.h"

#include <math.h>

typedef unsigned __int128 u128;

static void accumulate(struct moments *m, const struct sample *s, bool remove)
{
	u128 sign = remove ? -(u128)1 : 1, v = (u128)(__int128)s->value, t = s->t_ns / 1000;
	m->v += sign * v;
	m->vv += sign * (v * v);
	m->t += sign * t;
	m->tt += sign * (t * t);
	m->tv += sign * (t * v);
	uint32_t one = remove ? UINT32_MAX : 1;
	m->n += one;
	if (s->value >= MOMENTS_VALUE_MAX || s->value <= -MOMENTS_VALUE_MAX)
		m->wide += one;
}

void moments_add(struct moments *m, const struct sample *s)
{
	accumulate(m, s, /* remove= */ false);
}

void moments_remove(struct moments *m, const struct sample *s)
{
	accumulate(m, s, /* remove= */ true);
}

/* n·Σxy − Σx·Σy: n² times the covariance. */
static double spread(const struct moments *m, u128 xy, u128 x, u128 y)
{
	return (double)(__int128)((u128)m->n * xy - x * y);
}

bool moments_mean(const struct moments *m, double *ret)
{
	if (m->n == 0 || m->wide)
		return false;
	*ret = (double)(__int128)m->v / (double)m->n;
	return true;
}

bool moments_stddev(const struct moments *m, double *ret)
{
	if (m->n == 0 || m->wide)
		return false;
	*ret = sqrt(spread(m, m->vv, m->v, m->v)) / (double)m->n;
	return true;
}

bool moments_slope(const struct moments *m, double *ret)
{
	double tt = spread(m, m->tt, m->t, m->t);
	if (m->n == 0 || m->wide || tt == 0)
		return false;
	*ret = spread(m, m->tv, m->t, m->v) / tt * 1e6;
	return true;
}
