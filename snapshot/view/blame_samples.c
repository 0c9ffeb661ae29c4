/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/census.h"
#include "snapshot/collect/kernel_names.h"
#include "snapshot/profile/sample.h"
#include "snapshot/view/blame.h"

#include <linux/perf_event.h>

#define LEAD_NS NS_PER_S /* signals are over a sliding second: it began that much before its onset was seen */
#define SAMPLES_LEAST 10

struct samples {
	struct collect *c;
	unsigned focus;
	struct census *censuses;
	size_t n_censuses;
	struct kallsyms *symbols;
	struct tally functions, tasks;
	unsigned n;
};

static const char *comm_of(const struct samples *all, uint32_t pid)
{
	for (size_t i = all->n_censuses; i-- > 0;)
		for (size_t j = 0; j < all->censuses[i].n; j++)
			if (all->censuses[i].rows[j].pid == pid)
				return all->censuses[i].rows[j].comm;
	return NULL;
}

static bool counts(const struct samples *all, const struct sample *s, bool kernel)
{
	const struct plan *p = collect_plan(all->c);
	if (s->pid == 0)
		return false;
	for (size_t i = 0; i < p->n_self_pids; i++)
		if (p->self_pids[i] == s->pid)
			return false;
	return all->focus & FOCUS_CPU || all->focus & (kernel ? FOCUS_SYS : FOCUS_USER);
}

static void take(struct samples *all, const struct sample *s)
{
	struct ksym found;
	bool kernel = (int64_t)s->ip < 0; /* the upper half of the address space, on all 64-bit machines */
	if (!counts(all, s, kernel))
		return;
	const char *comm = comm_of(all, s->pid);
	const char *function = kernel && kallsyms_find(all->symbols, s->ip, &found, NULL) ? found.name : "[user space]";
	all->n++;
	tally_add(&all->functions, function, strlen(function), 0, s->period);
	tally_add(&all->tasks, comm ? comm : "[gone]", comm ? strnlen(comm, EVENT_COMM_LEN) : 6, s->pid, s->period);
}

static void take_ring(struct samples *all, uint64_t from_ns)
{
	struct ring_snapshot *snapshot;
	struct ring_record rec;
	struct perf_event_header h;
	struct sample s;
	if (ring_snapshot_take(collect_fd(all->c, CAPTURE_FD_STACKS), from_ns, collect_until_ns(all->c), &snapshot) < 0)
		return;
	while (ring_snapshot_next(snapshot, &rec)) {
		if (rec.type != PERF_RECORD_SAMPLE || rec.len < sizeof(h))
			continue;
		memcpy(&h, rec.data, sizeof(h));
		if (h.size == rec.len && sample_decode(rec.data, &s) && s.t_ns >= from_ns &&
		    s.t_ns <= collect_until_ns(all->c))
			take(all, &s);
	}
	ring_snapshot_free(snapshot);
}

static void suspect_rows(struct tally *t, const char *kind, const char *verb, struct suspects *s)
{
	char mine[CLOCK_TEXT_MAX], all[CLOCK_TEXT_MAX];
	tally_settle(t);
	for (size_t i = 0; i < MIN(t->n, (size_t)3); i++)
		if (t->rows[i].name[0] != '[')
			suspects_add(s, kind, t->rows[i].name, t->rows[i].pid, tally_share(t, i),
				     "from the onset on, %.0f %% of the sampled CPU time %s it, %s of %s (19 Hz stack ring)",
				     100 * tally_share(t, i), verb, clock_span(t->rows[i].weight, mine),
				     clock_span(t->total, all));
}

void blame_samples(struct collect *c, unsigned focus, struct suspects *s)
{
	struct samples all = {.c = c, .focus = focus};
	uint64_t onset = collect_plan(c)->onset_ns;
	if (!(focus & (FOCUS_SYS | FOCUS_USER | FOCUS_CPU)) || collect_fd(c, CAPTURE_FD_STACKS) < 0)
		return;
	if (collect_kernel_names(c, &all.symbols) < 0)
		all.symbols = NULL;
	if (collect_fd(c, CAPTURE_FD_CENSUS) >= 0)
		censuses_read(collect_fd(c, CAPTURE_FD_CENSUS), collect_from_ns(c), collect_until_ns(c), &all.censuses,
			      &all.n_censuses);
	take_ring(&all, onset > LEAD_NS ? onset - LEAD_NS : 0);
	if (all.n >= SAMPLES_LEAST) {
		suspect_rows(&all.functions, "function", "ended in", s);
		suspect_rows(&all.tasks, "task", "was used by", s);
	}
	kallsyms_free(all.symbols);
	censuses_free(all.censuses, all.n_censuses);
	tally_done(&all.functions);
	tally_done(&all.tasks);
}
