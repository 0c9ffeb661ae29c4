/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/profile.h"

#include <inttypes.h>

#include "engine/base/io.h"
#include "snapshot/profile/sample.h"

#define MAPS_STUCK_MS 300

int profile_init(struct profile *p, int proc_dirfd, const uint32_t *self_pids, size_t n)
{
	*p = (struct profile){.proc_dirfd = proc_dirfd};
	p->self_pids = reallocarray(NULL, n + 1, sizeof(*p->self_pids));
	if (!p->self_pids)
		return -ENOMEM;
	copy_bytes(p->self_pids, self_pids, n * sizeof(*self_pids));
	p->n_self_pids = n;
	return symbols_new(proc_dirfd, &p->symbols);
}

int profile_add_self(struct profile *p, const uint32_t *pids, size_t n)
{
	uint32_t *more = reallocarray(p->self_pids, p->n_self_pids + n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	p->self_pids = more;
	copy_bytes(more + p->n_self_pids, pids, n * sizeof(*pids));
	p->n_self_pids += n;
	return 0;
}

bool profile_is_self(const struct profile *p, uint32_t pid)
{
	for (size_t i = 0; i < p->n_self_pids; i++) {
		if (p->self_pids[i] == pid)
			return true;
	}
	return false;
}

void profile_descend(struct profile *p, uint32_t pid, uint32_t parent)
{
	if (profile_is_self(p, parent) && !profile_is_self(p, pid))
		(void)profile_add_self(p, &pid, 1);
}

/* How many of the processes seen are not above pid. */
static size_t seen_rank(const struct profile *p, uint32_t pid)
{
	size_t lo = 0, hi = p->seen.n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (p->seen.pids[mid] <= pid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool profile_has_seen(const struct profile *p, uint32_t pid)
{
	size_t rank = seen_rank(p, pid);
	return rank > 0 && p->seen.pids[rank - 1] == pid;
}

/* True when pid was not there. */
static bool seen_add(struct profile *p, uint32_t pid)
{
	if (profile_has_seen(p, pid))
		return false;
	size_t at = seen_rank(p, pid);
	if (!array_room(p->seen.pids, p->seen.n, p->seen.cap))
		return false;
	memmove(&p->seen.pids[at + 1], &p->seen.pids[at], (p->seen.n - at) * sizeof(*p->seen.pids));
	p->seen.pids[at] = pid;
	p->seen.n++;
	return true;
}

/* comm files are answered without any lock of the task's memory. */
static void comm_read(struct profile *p, uint32_t pid, uint32_t tid)
{
	char path[64], comm[64];
	snprintf(path, sizeof(path), "%" PRIu32 "/task/%" PRIu32 "/comm", pid, tid);
	if (!names_find(&p->names, tid, 0) && io_read_line(p->proc_dirfd, path, comm, sizeof(comm)) == 0)
		names_add(&p->names, pid, tid, 0, comm);
}

int profile_look(struct profile *p, const struct records *samples, size_t *at)
{
	_cleanup_free_ uint32_t *fresh = reallocarray(NULL, samples->n + 1, sizeof(*fresh));
	const struct perf_event_header *h;
	struct sample s;
	size_t n = 0;
	if (!fresh)
		return -ENOMEM;
	while ((h = records_next(samples, at))) {
		if (!sample_decode(h, &s) || s.pid == 0 || s.pid == UINT32_MAX)
			continue;
		if (seen_add(p, s.pid) && !profile_is_self(p, s.pid))
			fresh[n++] = s.pid;
		comm_read(p, s.pid, s.tid);
	}
	if (n)
		symbols_read_maps(p->symbols, fresh, n, MAPS_STUCK_MS);
	return 0;
}

static void want_user_frames(struct profile *p, const struct records *samples)
{
	const struct perf_event_header *h;
	struct sample s;
	for (size_t at = 0; (h = records_next(samples, &at));) {
		bool user = false, leaf = true;
		if (!sample_decode(h, &s) || profile_is_self(p, s.pid))
			continue;
		for (uint64_t i = 0; i < s.n_chain; i++) {
			if (s.chain[i] >= (uint64_t)PERF_CONTEXT_MAX) {
				user = s.chain[i] == (uint64_t)PERF_CONTEXT_USER;
				leaf = true;
				continue;
			}
			if (user)
				symbols_want(p->symbols, s.pid, s.chain[i] - !leaf, s.t_ns);
			leaf = false;
		}
	}
}

int profile_resolve(struct profile *p, uint64_t deadline_ns)
{
	want_user_frames(p, &p->before);
	want_user_frames(p, &p->after);
	return symbols_resolve(p->symbols, deadline_ns);
}

void profile_done(struct profile *p)
{
	records_done(&p->before);
	records_done(&p->after);
	records_done(&p->maps);
	names_done(&p->names);
	p->symbols = symbols_free(p->symbols);
	free(p->self_pids);
	free(p->seen.pids);
}
