/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/unit.h"
#include "snapshot/collect/growth.h"
#include "snapshot/view/blame.h"

struct question {
	unsigned focus;
	enum growth_key key;
	enum unit unit;
	uint64_t least; /* growth that is worth a word */
	const char *verb; /* "used 1.2s of CPU time" */
	const char *noun;
};

static const struct question questions[] = {
	{FOCUS_SYS, GROWTH_SYS, UNIT_SECONDS, 100 * NS_PER_MS, "used", "of CPU time in the kernel"},
	{FOCUS_USER, GROWTH_USER, UNIT_SECONDS, 100 * NS_PER_MS, "used", "of CPU time in user space"},
	{FOCUS_CPU, GROWTH_CPU, UNIT_SECONDS, 100 * NS_PER_MS, "used", "of CPU time"},
	{FOCUS_MEM, GROWTH_RSS_GROWN, UNIT_BYTES, 16 << 20, "grew by", "of resident memory"},
	{FOCUS_IO, GROWTH_IO, UNIT_BYTES, 4 << 20, "read and wrote", "of storage"},
};

static bool is_ours(const struct plan *p, const struct growth *g)
{
	for (size_t i = 0; i < p->n_self_pids; i++)
		if (p->self_pids[i] == g->tgid || p->self_pids[i] == g->ppid)
			return true;
	return false;
}

static void answer(const struct question *q, const struct tally *t, const char *span, struct suspects *s)
{
	for (size_t i = 0; i < MIN(t->n, (size_t)3); i++) {
		const struct tally_row *row = &t->rows[i];
		_cleanup_buf_ struct buf amount = {0};
		char many[48] = "";
		if (row->weight < q->least)
			continue;
		unit_format(&amount, q->unit, (double)row->weight);
		if (row->times > 1)
			snprintf(many, sizeof(many), "%u processes of that name ", row->times);
		suspects_add(s, "task", row->name, row->pid, tally_share(t, i), "%s%s %s %s in %s, %.0f %% of what all did (census.jsonl)",
			     many, q->verb, buf_str(&amount), q->noun, span, 100 * tally_share(t, i));
	}
}

/* What the others did from one census to another, by name. */
static struct tally weigh(struct collect *c, const struct question *q, const struct census *before, const struct census *now)
{
	struct growth *grown = NULL;
	struct tally t = {0};
	size_t n = 0;
	if (growth_by_process(before, now, &grown, &n) < 0)
		return t;
	for (size_t i = 0; i < n; i++) {
		uint64_t value = growth_value(&grown[i], q->key);
		if (value && !is_ours(collect_plan(c), &grown[i]))
			tally_add(&t, grown[i].comm, strlen(grown[i].comm), grown[i].tgid, value);
	}
	free(grown);
	return t;
}

/* Up to the census by which the living had done most: at the last one, those who did it may be gone. */
static void ask(struct collect *c, const struct question *q, const struct census *before, const struct census *end,
		struct suspects *s)
{
	struct tally most = {0};
	char span[CLOCK_TEXT_MAX] = "";
	for (const struct census *now = before + 1; now < end; now++) {
		struct tally t = weigh(c, q, before, now);
		if (t.total > most.total) {
			struct tally less = most;
			most = t;
			t = less;
			clock_span(now->t_ns - before->t_ns, span);
		}
		tally_done(&t);
	}
	tally_settle(&most);
	answer(q, &most, span, s);
	tally_done(&most);
}

/* The last census before the onset, so that what grew is what grew in the incident. */
static const struct census *census_before(const struct census *list, size_t n, uint64_t onset_ns)
{
	const struct census *found = &list[0];
	for (size_t i = 0; i < n && list[i].t_ns <= onset_ns; i++)
		found = &list[i];
	return found;
}

void blame_tasks(struct collect *c, unsigned focus, struct suspects *s)
{
	struct census *list = NULL;
	size_t n = 0;
	if (collect_fd(c, CAPTURE_FD_CENSUS) < 0 ||
	    censuses_read(collect_fd(c, CAPTURE_FD_CENSUS), collect_from_ns(c), collect_until_ns(c), &list, &n) < 0)
		return;
	const struct census *before = n > 1 ? census_before(list, n - 1, collect_plan(c)->onset_ns) : NULL;
	for (size_t i = 0; before && i < ARRAY_SIZE(questions); i++)
		if (focus & questions[i].focus)
			ask(c, &questions[i], before, list + n, s);
	censuses_free(list, n);
}
