/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/profile.h"

#include <perf/event.h>

#include "snapshot/profile/sample.h"

/* Fields up to the name, the name itself ended inside the record before the trailer. */
static bool text_fits(const struct perf_event_header *h, size_t text_at)
{
	return h->size > text_at && memchr((const char *)h + text_at, '\0', h->size - text_at);
}

static int learn_comm(struct profile *p, const struct perf_event_header *h, uint64_t t_ns)
{
	const struct perf_record_comm *e = (const struct perf_record_comm *)h;
	return text_fits(h, offsetof(struct perf_record_comm, comm))
		       ? names_add(&p->names, e->pid, e->tid, t_ns, e->comm)
		       : 0;
}

static int learn_fork(struct profile *p, const struct perf_event_header *h, uint64_t t_ns)
{
	const struct perf_record_fork *e = (const struct perf_record_fork *)h;
	if (h->size < sizeof(*e))
		return 0;
	if (e->pid != e->ppid)
		profile_descend(p, e->pid, e->ppid);
	int r = names_fork(&p->names, e->pid, e->tid, e->ptid, t_ns);
	return r < 0 ? r : symbols_fork(p->symbols, e->pid, e->ppid, t_ns);
}

static int learn_mmap2(struct profile *p, const struct perf_event_header *h, uint64_t t_ns)
{
	const struct perf_record_mmap2 *e = (const struct perf_record_mmap2 *)h;
	if (!text_fits(h, offsetof(struct perf_record_mmap2, filename)) || e->start + e->len < e->start ||
	    h->misc & PERF_RECORD_MISC_MMAP_BUILD_ID)
		return 0;
	return symbols_map(p->symbols, e->pid,
			   &(struct symbols_mapping){.t_ns = t_ns,
						     .start = e->start,
						     .end = e->start + e->len,
						     .pgoff = e->pgoff,
						     .inode = e->ino,
						     .major = e->maj,
						     .minor = e->min,
						     .prot = e->prot,
						     .flags = e->flags,
						     .path = e->filename});
}

static int learn(struct profile *p, const struct perf_event_header *h)
{
	uint64_t t_ns = sample_time(h);
	int r = 0;
	if (h->type == PERF_RECORD_COMM)
		r = learn_comm(p, h, t_ns);
	else if (h->type == PERF_RECORD_FORK)
		r = learn_fork(p, h, t_ns);
	else if (h->type == PERF_RECORD_MMAP2)
		r = learn_mmap2(p, h, t_ns);
	return r == -E2BIG ? 0 : r; /* more mappings than we keep: their frames stay without a name */
}

static int compare_times(const void *a, const void *b)
{
	uint64_t x = sample_time(*(const struct perf_event_header *const *)a);
	uint64_t y = sample_time(*(const struct perf_event_header *const *)b);
	return (x > y) - (x < y);
}

/* In order of time, so that a fork finds what its parent had mapped. */
int profile_learn(struct profile *p)
{
	_cleanup_free_ const struct perf_event_header **order = reallocarray(NULL, p->maps.n + 1, sizeof(*order));
	const struct perf_event_header *h;
	size_t n = 0;
	int r = 0;
	if (!order)
		return -ENOMEM;
	for (size_t at = 0; (h = records_next(&p->maps, &at));)
		order[n++] = h;
	qsort(order, n, sizeof(*order), compare_times);
	for (size_t i = 0; i < n && r == 0; i++)
		r = learn(p, order[i]);
	names_sort(&p->names);
	return r;
}
