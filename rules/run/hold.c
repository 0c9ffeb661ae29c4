/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/hold.h"

static void forget_first(struct stretches *s, uint32_t n)
{
	s->n -= n;
	memmove(s->of, s->of + n, s->n * sizeof(*s->of));
}

void stretches_add(struct stretches *s, uint64_t from_ns, uint64_t to_ns)
{
	if (s->n && s->of[s->n - 1].to_ns == from_ns) {
		s->of[s->n - 1].to_ns = to_ns;
		return;
	}
	if (s->n == HOLD_STRETCHES_MAX)
		forget_first(s, 1);
	if (s->n == s->cap) {
		uint32_t cap = MAX(s->cap * 2, 4U);
		struct stretch *of = realloc(s->of, cap * sizeof(*of));
		if (!of)
			return;
		s->of = of;
		s->cap = cap;
	}
	s->of[s->n++] = (struct stretch){from_ns, to_ns};
}

uint64_t stretches_sum(struct stretches *s, uint64_t now_ns, uint64_t of_ns)
{
	uint64_t begin = now_ns > of_ns ? now_ns - of_ns : 0, sum = 0;
	uint32_t old = 0;
	while (old < s->n && now_ns >= of_ns && s->of[old].to_ns <= begin)
		old++;
	if (old)
		forget_first(s, old);
	for (uint32_t i = 0; i < s->n; i++)
		sum += s->of[i].to_ns - MAX(s->of[i].from_ns, begin);
	return sum;
}

struct stretches *stretches_free(struct stretches *s)
{
	if (s)
		free(s->of);
	free(s);
	return NULL;
}
