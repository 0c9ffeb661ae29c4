/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/growth.h"

#define PF_KTHREAD 0x00200000U

static int by_tgid(const void *a, const void *b)
{
	const struct task_growth *x = a, *y = b;
	if (x->now->tgid != y->now->tgid)
		return x->now->tgid < y->now->tgid ? -1 : 1;
	return (x->now->pid > y->now->pid) - (x->now->pid < y->now->pid);
}

static struct growth first_of(const struct task_growth *t)
{
	struct growth g = {.tgid = t->now->tgid,
			   .ppid = t->now->ppid,
			   .kernel = t->now->flags & PF_KTHREAD,
			   .cgroup_id = t->now->cgroup_id};
	memcpy(g.comm, t->now->comm, EVENT_COMM_LEN);
	return g;
}

static void add_thread(struct growth *g, const struct task_growth *t)
{
	g->threads++;
	g->user_ns += t->cpu_user_ns;
	g->sys_ns += t->cpu_sys_ns;
	g->read_bytes += t->read_bytes;
	g->write_bytes += t->write_bytes;
	if (t->now->pid != t->now->tgid && g->threads > 1)
		return;
	memcpy(g->comm, t->now->comm, EVENT_COMM_LEN);
	g->rss_bytes = t->now->rss_bytes;
	g->swap_bytes = t->now->swap_bytes;
	g->rss_grown = t->rss_bytes;
}

int growth_by_process(const struct census *before, const struct census *now, struct growth **ret, size_t *ret_n)
{
	_cleanup_free_ struct task_growth *tasks = census_growth(before, now);
	_cleanup_free_ struct growth *list = calloc(now->n + 1, sizeof(*list));
	size_t n = 0;
	if (!tasks || !list)
		return -ENOMEM;
	qsort(tasks, now->n, sizeof(*tasks), by_tgid);
	for (size_t i = 0; i < now->n; i++) {
		if (n == 0 || list[n - 1].tgid != tasks[i].now->tgid)
			list[n++] = first_of(&tasks[i]);
		add_thread(&list[n - 1], &tasks[i]);
	}
	*ret = take_ptr(list);
	*ret_n = n;
	return 0;
}

uint64_t growth_value(const struct growth *g, enum growth_key key)
{
	switch (key) {
	case GROWTH_CPU:
		return g->user_ns + g->sys_ns;
	case GROWTH_SYS:
		return g->sys_ns;
	case GROWTH_USER:
		return g->user_ns;
	case GROWTH_RSS:
		return g->rss_bytes;
	case GROWTH_RSS_GROWN:
		return g->rss_grown > 0 ? (uint64_t)g->rss_grown : 0;
	case GROWTH_IO:
		return g->read_bytes + g->write_bytes;
	case GROWTH_WRITE:
		return g->write_bytes;
	case GROWTH_READ:
		return g->read_bytes;
	}
	return 0;
}

static int compare(const void *a, const void *b, void *key)
{
	uint64_t x = growth_value(a, *(enum growth_key *)key), y = growth_value(b, *(enum growth_key *)key);
	if (x != y)
		return x < y ? 1 : -1;
	const struct growth *g = a, *h = b;
	return (g->tgid > h->tgid) - (g->tgid < h->tgid);
}

void growth_sort(struct growth *g, size_t n, enum growth_key key)
{
	qsort_r(g, n, sizeof(*g), compare, &key);
}
