/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/view/suspects.h"

#define SENTENCES_MAX 2

static struct suspect *find(struct suspects *s, const char *kind, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (streq(s->list[i].kind, kind) && streq(s->list[i].name, name))
			return &s->list[i];
	return NULL;
}

static void add_sentence(struct suspect *s, const char *fmt, va_list ap)
{
	size_t at = strlen(s->evidence);
	if (s->sentences == SENTENCES_MAX)
		return;
	if (s->sentences++ && at + 7 < sizeof(s->evidence))
		at += (size_t)snprintf(s->evidence + at, sizeof(s->evidence) - at, ", and ");
	if (at < sizeof(s->evidence))
		vsnprintf(s->evidence + at, sizeof(s->evidence) - at, fmt, ap);
}

static struct suspect *suspect_new(struct suspects *s, const struct charge *c)
{
	if (s->n == SUSPECTS_MAX)
		return NULL;
	struct suspect *new = &s->list[s->n++];
	*new = (struct suspect){.kind = c->kind};
	snprintf(new->name, sizeof(new->name), "%s", c->name);
	return new;
}

static double rank(const struct suspect *s)
{
	return s->score * s->standing;
}

void suspects_add(struct suspects *s, const struct charge *charge, const char *evidence, ...)
{
	double least = streq(charge->kind, "function") ? SUSPECT_LEAST_FUNCTION : SUSPECT_LEAST;
	if (!*charge->name || charge->score < least)
		return;
	struct suspect *to = find(s, charge->kind, charge->name);
	if (!to)
		to = suspect_new(s, charge);
	if (!to)
		return;
	if (charge->score * charge->standing > rank(to)) {
		to->score = MIN(1.0, charge->score);
		to->standing = charge->standing;
	}
	to->pid = to->pid ? to->pid : charge->pid;
	to->tasks = MAX(to->tasks, charge->tasks);
	va_list ap;
	va_start(ap, evidence);
	add_sentence(to, evidence, ap);
	va_end(ap);
}

static int by_rank(const void *a, const void *b)
{
	const struct suspect *x = a, *y = b;
	if (rank(x) != rank(y))
		return rank(x) < rank(y) ? 1 : -1;
	int kind = strcmp(x->kind, y->kind);
	return kind ? kind : strcmp(x->name, y->name);
}

void suspects_sort(struct suspects *s)
{
	qsort(s->list, s->n, sizeof(*s->list), by_rank);
}

void tally_add(struct tally *t, const char *name, size_t len, uint32_t pid, uint64_t weight)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 256;
		struct tally_row *rows = reallocarray(t->rows, cap, sizeof(*rows));
		if (!rows)
			return;
		t->rows = rows;
		t->cap = cap;
	}
	struct tally_row *row = &t->rows[t->n++];
	*row = (struct tally_row){.pid = pid, .times = 1, .weight = weight, .heaviest = weight};
	copy_bytes(row->name, name, MIN(len, sizeof(row->name) - 1));
	t->total += weight;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tally_row *)a)->name, ((const struct tally_row *)b)->name);
}

static int by_weight(const void *a, const void *b)
{
	const struct tally_row *x = a, *y = b;
	return x->weight != y->weight ? (x->weight < y->weight ? 1 : -1) : by_name(a, b);
}

static void merge(struct tally_row *to, const struct tally_row *from)
{
	if (from->heaviest > to->heaviest)
		to->pid = from->pid;
	to->heaviest = MAX(to->heaviest, from->heaviest);
	to->weight += from->weight;
	to->times += from->times;
}

void tally_settle(struct tally *t)
{
	size_t n = 0;
	if (!t->n)
		return;
	qsort(t->rows, t->n, sizeof(*t->rows), by_name);
	for (size_t i = 0; i < t->n; i++) {
		if (n && by_name(&t->rows[n - 1], &t->rows[i]) == 0)
			merge(&t->rows[n - 1], &t->rows[i]);
		else
			t->rows[n++] = t->rows[i];
	}
	t->n = n;
	qsort(t->rows, t->n, sizeof(*t->rows), by_weight);
}

double tally_share(const struct tally *t, size_t i)
{
	return t->total ? (double)t->rows[i].weight / (double)t->total : 0;
}

void tally_done(struct tally *t)
{
	free(t->rows);
	*t = (struct tally){0};
}
