/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/shares.h"

#include <inttypes.h>

#include "engine/base/clock.h"

/*
 * Sums are kept in two trees, which merge equal names:
 *
 *     tasks:     comm ─ pid ─ tid ─ (kernel or user)
 *     functions: (kernel or user) function ─ comm ─ pid ─ tid
 */
struct sums {
	struct fold *tasks, *functions;
};

static int sum_sample(void *ctx, const struct sample *s, const struct call_frame *frames, size_t n)
{
	struct sums *sums = ctx;
	const struct call_frame *leaf = &frames[n - 1];
	bool kernel = n > 1 && leaf->kind == FRAME_KERNEL;
	enum frame_kind side = kernel ? FRAME_KERNEL : FRAME_USER;
	char pid[16], tid[16];
	snprintf(pid, sizeof(pid), "%" PRIu32, s->pid);
	snprintf(tid, sizeof(tid), "%" PRIu32, s->tid);
	struct call_frame task[] = {frames[0], {pid, FRAME_COMM}, {tid, FRAME_COMM}, {"", side}};
	struct call_frame function[] = {{n > 1 ? leaf->name : "[unknown]", side}, frames[0], {pid, FRAME_COMM}, {tid, FRAME_COMM}};
	int r = fold_add(sums->tasks, task, ARRAY_SIZE(task), s->period / NS_PER_US);
	if (r == 0)
		r = fold_add(sums->functions, function, ARRAY_SIZE(function), s->period / NS_PER_US);
	return r == -E2BIG ? 0 : r;
}

static uint32_t count_children(struct fold *f, uint32_t node)
{
	struct fold_node below;
	uint32_t n = 0;
	fold_get(f, node, &below);
	for (uint32_t i = below.child; i; i = below.sibling, n++)
		fold_get(f, i, &below);
	return n;
}

static void name_share(struct fold *f, uint32_t node, struct share *ret)
{
	struct fold_node n;
	fold_get(f, node, &n);
	snprintf(ret->name, sizeof(ret->name), "%s", n.name);
}

/* The threads below the processes below `node`; which process has most of it. */
static void take_processes(struct fold *f, uint32_t node, struct share *to)
{
	struct fold_node process;
	uint64_t most = 0;
	fold_get(f, node, &process);
	for (uint32_t i = process.child; i; i = process.sibling) {
		fold_get(f, i, &process);
		to->tasks += count_children(f, i);
		if (process.total_us >= most) {
			most = process.total_us;
			to->pid = (uint32_t)strtoul(process.name, NULL, 10);
		}
	}
}

static void take_sides(struct fold *f, uint32_t node, struct share *to)
{
	struct fold_node n;
	fold_get(f, node, &n);
	if (!n.child)
		*(n.kind == FRAME_KERNEL ? &to->kernel_us : &to->user_us) += n.total_us;
	for (uint32_t i = n.child; i; i = n.sibling) {
		take_sides(f, i, to);
		fold_get(f, i, &n);
	}
}

static void take_task(struct fold *f, uint32_t node, struct share *ret)
{
	name_share(f, node, ret);
	take_processes(f, node, ret);
	take_sides(f, node, ret);
}

static void take_function(struct fold *f, uint32_t node, struct share *ret)
{
	struct fold_node n;
	uint64_t most = 0;
	name_share(f, node, ret);
	fold_get(f, node, &n);
	*(n.kind == FRAME_KERNEL ? &ret->kernel_us : &ret->user_us) = n.total_us;
	for (uint32_t i = n.child; i; i = n.sibling) {
		struct share user = {0};
		take_processes(f, i, &user);
		fold_get(f, i, &n);
		ret->tasks += user.tasks;
		if (n.total_us < most)
			continue;
		most = n.total_us;
		ret->pid = user.pid;
		snprintf(ret->comm, sizeof(ret->comm), "%s", n.name);
	}
}

static int by_weight(const void *a, const void *b)
{
	uint64_t x = share_us(a), y = share_us(b);
	return x != y ? (x < y ? 1 : -1) : strcmp(((const struct share *)a)->name, ((const struct share *)b)->name);
}

/* The heaviest below the root. */
static size_t take_rows(struct fold *f, void (*take)(struct fold *, uint32_t, struct share *), struct share *ret)
{
	uint32_t n = count_children(f, 0);
	_cleanup_free_ struct share *all = calloc(n + 1, sizeof(*all));
	struct fold_node node;
	uint32_t k = 0;
	if (!all)
		return 0;
	fold_get(f, 0, &node);
	for (uint32_t i = node.child; i; i = node.sibling) {
		take(f, i, &all[k++]);
		fold_get(f, i, &node);
	}
	qsort(all, n, sizeof(*all), by_weight);
	memcpy(ret, all, MIN(n, (uint32_t)SHARES_MAX) * sizeof(*all));
	return MIN(n, (uint32_t)SHARES_MAX);
}

static void count(struct shares *to, const struct profile_counts *c)
{
	to->samples += c->folded;
	to->idle += c->idle;
	to->self += c->self;
}

static int sum_span(struct profile *p, uint64_t first_ns, uint64_t last_ns, uint64_t fired_ns, struct sums *sums,
		    struct shares *ret)
{
	struct profile_counts before, after;
	uint64_t from_ns = first_ns ? first_ns - 1 : 0;
	int r = profile_each(p, &p->before, from_ns, MIN(last_ns, fired_ns), sum_sample, sums, &before);
	r = r < 0 ? r : profile_each(p, &p->after, MAX(from_ns, fired_ns), last_ns, sum_sample, sums, &after);
	if (r < 0)
		return r;
	count(ret, &before);
	count(ret, &after);
	return 0;
}

int profile_shares(struct profile *p, uint64_t first_ns, uint64_t last_ns, uint64_t fired_ns, struct shares *ret)
{
	struct sums sums = {fold_new(), fold_new()};
	struct share all = {0};
	*ret = (struct shares){0};
	int r = sums.tasks && sums.functions ? sum_span(p, first_ns, last_ns, fired_ns, &sums, ret) : -ENOMEM;
	if (r == 0) {
		take_sides(sums.tasks, 0, &all);
		ret->n_tasks = take_rows(sums.tasks, take_task, ret->tasks);
		ret->n_functions = take_rows(sums.functions, take_function, ret->functions);
	}
	ret->kernel_us = all.kernel_us;
	ret->user_us = all.user_us;
	fold_free(sums.tasks);
	fold_free(sums.functions);
	return r;
}
