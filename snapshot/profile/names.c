/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/names.h"

#define ANCESTORS_MAX 16

static struct task_name *row_new(struct names *names)
{
	if (!array_room(names->rows, names->n, names->cap))
		return NULL;
	names->sorted = false;
	return &names->rows[names->n++];
}

int names_add(struct names *names, uint32_t pid, uint32_t tid, uint64_t t_ns, const char *comm)
{
	struct task_name *row = row_new(names);
	if (!row)
		return -ENOMEM;
	*row = (struct task_name){.t_ns = t_ns, .tid = tid, .pid = pid};
	memcpy(row->comm, comm, strnlen(comm, sizeof(row->comm) - 1));
	return 0;
}

int names_fork(struct names *names, uint32_t pid, uint32_t tid, uint32_t parent_tid, uint64_t t_ns)
{
	struct task_name *row = row_new(names);
	if (!row)
		return -ENOMEM;
	*row = (struct task_name){.t_ns = t_ns, .tid = tid, .pid = pid, .parent = parent_tid};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct task_name *x = a, *y = b;
	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return (x->t_ns > y->t_ns) - (x->t_ns < y->t_ns);
}

void names_sort(struct names *names)
{
	if (!names->sorted && names->n)
		qsort(names->rows, names->n, sizeof(*names->rows), compare);
	names->sorted = true;
}

static const struct task_name *row_find(const struct names *names, uint32_t tid, uint64_t t_ns)
{
	struct task_name wanted = {.tid = tid, .t_ns = t_ns};
	size_t lo = 0, hi = names->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (compare(&names->rows[mid], &wanted) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo > 0 && names->rows[lo - 1].tid == tid)
		return &names->rows[lo - 1];
	return lo < names->n && names->rows[lo].tid == tid ? &names->rows[lo] : NULL;
}

const char *names_find(struct names *names, uint32_t tid, uint64_t t_ns)
{
	names_sort(names);
	const struct task_name *row = row_find(names, tid, t_ns);
	for (int i = 0; row && row->parent && i < ANCESTORS_MAX; i++)
		row = row_find(names, row->parent, row->t_ns);
	return row && !row->parent ? row->comm : NULL;
}

void names_done(struct names *names)
{
	free(names->rows);
	*names = (struct names){0};
}
