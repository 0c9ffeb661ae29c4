/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/expression.h"

#include "engine/base/util.h"

#include <string.h>

/* One level of parentheses: what stands there so far, and the last of it, which a repetition is about. */
struct level {
	unsigned long before, last;
};

struct unfolding {
	struct level levels[EXPRESSION_MAX + 1];
	size_t depth;
	bool refused;
	bool closes_nothing; /* a ) without its ( */
};

/* Past "{n,m}" at i, with the larger count. */
static size_t skip_counts(const char *e, size_t len, size_t i, unsigned long *ret_most)
{
	unsigned long n = 0;
	*ret_most = 1;
	for (i++; i < len && e[i] != '}'; i++) {
		n = is_digit(e[i]) ? MIN(n * 10 + (unsigned long)(e[i] - '0'), EXPRESSION_UNFOLDED_MAX + 1ul) : 0;
		*ret_most = MAX(*ret_most, n);
	}
	return i + 1;
}

static void add(struct unfolding *u, unsigned long size)
{
	struct level *l = &u->levels[u->depth];
	l->before += l->last;
	l->last = size;
	u->refused |= l->before + l->last > EXPRESSION_UNFOLDED_MAX;
}

static void repeat(struct unfolding *u, unsigned long times)
{
	struct level *l = &u->levels[u->depth];
	l->last *= times;
	u->refused |= l->before + l->last > EXPRESSION_UNFOLDED_MAX;
}

static void leave_group(struct unfolding *u)
{
	if (u->depth == 0) {
		u->closes_nothing = true;
		add(u, 1);
		return;
	}
	struct level inner = u->levels[u->depth--];
	add(u, inner.before + inner.last + 1);
}

/* Past the set at i, whose first character may be a ], and which may hold classes: []a-z[:digit:]]. */
static size_t skip_set(const char *e, size_t len, size_t i)
{
	i += i + 1 < len && e[i + 1] == '^' ? 2 : 1;
	for (size_t first = i; i < len && (e[i] != ']' || i == first); i++) {
		if (e[i] != '[' || i + 1 >= len || !strchr(":.=", e[i + 1]))
			continue;
		char kind = e[i + 1];
		for (i += 2; i + 1 < len && (e[i] != kind || e[i + 1] != ']'); i++)
			;
		i++;
	}
	return i + 1;
}

static size_t step(struct unfolding *u, const char *e, size_t len, size_t i)
{
	unsigned long times;
	switch (e[i]) {
	case '\\':
		u->refused |= i + 1 < len && is_digit(e[i + 1]);
		add(u, 1);
		return i + 2;
	case '[':
		add(u, 1);
		return skip_set(e, len, i);
	case '(':
		u->levels[++u->depth] = (struct level){0};
		return i + 1;
	case ')':
		leave_group(u);
		return i + 1;
	case '+':
		repeat(u, 2);
		return i + 1;
	case '{':
		i = skip_counts(e, len, i, &times);
		repeat(u, times);
		return i;
	case '*':
	case '?':
		return i + 1;
	default:
		add(u, 1);
		return i + 1;
	}
}

static void unfold(struct unfolding *u, const char *expression, size_t len)
{
	*u = (struct unfolding){.refused = len > EXPRESSION_MAX};
	for (size_t i = 0; i < len && !u->refused;)
		i = step(u, expression, len, i);
}

bool expression_is_affordable(const char *expression, size_t len)
{
	struct unfolding u;
	unfold(&u, expression, len);
	return !u.refused;
}

bool expression_is_closed(const char *expression, size_t len)
{
	struct unfolding u;
	unfold(&u, expression, len);
	return !u.closes_nothing;
}
