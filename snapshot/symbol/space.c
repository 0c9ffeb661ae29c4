/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/symbol/space.h"

#define MAPPINGS_MAX (512U << 10)

/* The rank of the first space whose pid is not below. */
static size_t rank_of(const struct spaces *s, uint32_t pid)
{
	size_t lo = 0, hi = s->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->spaces[mid].pid < pid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct space *space_of(struct spaces *s, uint32_t pid)
{
	size_t rank = rank_of(s, pid);
	if (rank < s->n && s->spaces[rank].pid == pid)
		return &s->spaces[rank];
	if (!array_room(s->spaces, s->n, s->cap))
		return NULL;
	memmove(&s->spaces[rank + 1], &s->spaces[rank], (s->n - rank) * sizeof(*s->spaces));
	s->n++;
	s->spaces[rank] = (struct space){.pid = pid};
	return &s->spaces[rank];
}

static bool is_there(const struct space *space, const struct mapping *m)
{
	for (size_t i = 0; i < space->n; i++) {
		const struct mapping *old = &space->mappings[i];
		if (old->start == m->start && old->end == m->end && old->pgoff == m->pgoff && old->dso == m->dso)
			return true;
	}
	return false;
}

int spaces_map(struct spaces *s, uint32_t pid, const struct mapping *m)
{
	struct space *space = space_of(s, pid);
	if (!space)
		return -ENOMEM;
	if (m->end <= m->start || is_there(space, m))
		return 0;
	if (s->mappings >= MAPPINGS_MAX)
		return -E2BIG;
	if (!array_room(space->mappings, space->n, space->cap))
		return -ENOMEM;
	size_t at = space->n++;
	for (; at > 0 && space->mappings[at - 1].t_ns > m->t_ns; at--)
		space->mappings[at] = space->mappings[at - 1];
	space->mappings[at] = *m;
	s->mappings++;
	return 0;
}

int spaces_fork(struct spaces *s, uint32_t child, uint32_t parent, uint64_t t_ns)
{
	if (child == parent || spaces_get(s, child)) /* a thread; or known better already */
		return 0;
	const struct space *from = spaces_get(s, parent);
	size_t n = from ? from->n : 0;
	int r = 0;
	for (size_t i = 0; i < n && r == 0; i++) {
		/* Looked up anew: adding the child moves the array. */
		struct mapping m = spaces_get(s, parent)->mappings[i];
		m.t_ns = MAX(m.t_ns, t_ns);
		r = spaces_map(s, child, &m);
	}
	return r;
}

const struct space *spaces_get(const struct spaces *s, uint32_t pid)
{
	size_t rank = rank_of(s, pid);
	return rank < s->n && s->spaces[rank].pid == pid ? &s->spaces[rank] : NULL;
}

const struct mapping *spaces_find(const struct spaces *s, uint32_t pid, uint64_t addr, uint64_t t_ns)
{
	const struct space *space = spaces_get(s, pid);
	const struct mapping *found = NULL;
	for (size_t i = 0; space && i < space->n; i++) {
		const struct mapping *m = &space->mappings[i];
		if (found && m->t_ns > t_ns)
			break;
		if (addr >= m->start && addr < m->end)
			found = m;
	}
	return found;
}

void spaces_done(struct spaces *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->spaces[i].mappings);
	free(s->spaces);
	*s = (struct spaces){0};
}
