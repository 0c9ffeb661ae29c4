/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/unit.h"
#include "snapshot/collect/growth.h"
#include "snapshot/view/blame.h"

struct question {
	unsigned focus;
	enum growth_key key;
	enum unit unit;
	uint64_t least;	  /* growth that is worth a word */
	const char *verb; /* "used 1.2s of CPU time" */
	const char *noun;
	bool slow; /* grew since the window began, not since the rule was true */
};

static const struct question questions[] = {
	{FOCUS_SYS, GROWTH_SYS, UNIT_SECONDS, 100 * NS_PER_MS, "used", "of CPU time in the kernel", false},
	{FOCUS_USER, GROWTH_USER, UNIT_SECONDS, 100 * NS_PER_MS, "used", "of CPU time in user space", false},
	{FOCUS_CPU, GROWTH_CPU, UNIT_SECONDS, 100 * NS_PER_MS, "used", "of CPU time", false},
	{FOCUS_MEM, GROWTH_RSS_GROWN, UNIT_BYTES, 16 << 20, "grew by", "of resident memory", true},
	{FOCUS_IO, GROWTH_IO, UNIT_BYTES, 4 << 20, "read and wrote", "on disks", false},
};

static bool is_ours(const struct inquiry *q, const struct growth *g)
{
	return inquiry_is_ours(q, g->tgid) || inquiry_is_ours(q, g->ppid);
}

/* Beside a profile or an event that names somebody, growth supports. */
static double standing_of(const struct inquiry *q, const struct question *x)
{
	if (x->focus & FOCUS_ANY_CPU)
		return q->profiled ? STANDING_BESIDE : STANDING_DEED;
	return q->event ? 0.6 * STANDING_DEED : STANDING_DEED;
}

/* ", 22 % of the machine's memory"; nothing where /proc/meminfo was not taken. */
static const char *of_machine(const struct inquiry *q, uint64_t bytes, char text[64])
{
	const void *meminfo;
	size_t len;
	text[0] = '\0';
	if (collect_read(q->collect, "proc/meminfo", &meminfo, &len) < 0)
		return text;
	char first[64];
	snprintf(first, sizeof(first), "%.*s", (int)MIN(len, sizeof(first) - 1), (const char *)meminfo);
	unsigned long long kib;
	if (sscanf(first, "MemTotal: %llu kB", &kib) == 1 && kib)
		snprintf(text, 64, ", %.0f %% of the machine's", 100.0 * (double)bytes / 1024.0 / (double)kib);
	return text;
}

static void answer(struct inquiry *q, const struct question *x, const struct tally *t, const char *span)
{
	char machine[64] = "";
	for (size_t i = 0; i < MIN(t->n, (size_t)3); i++) {
		const struct tally_row *row = &t->rows[i];
		_cleanup_buf_ struct buf amount = {0};
		if (row->weight < x->least)
			continue;
		unit_format(&amount, x->unit, (double)row->weight);
		struct charge c = {"task", row->name, row->pid, row->times, tally_share(t, i), standing_of(q, x)};
		if (x->key == GROWTH_RSS_GROWN)
			of_machine(q, row->weight, machine);
		suspects_add(q->suspects, &c, "%s %s %s in %s, %.0f %% of what all tasks %s%s (census.jsonl)", x->verb,
			     buf_str(&amount), x->noun, span, 100 * c.score,
			     x->key == GROWTH_RSS_GROWN ? "gained" : x->verb, machine);
	}
}

static void ask(struct inquiry *q, const struct question *x, const struct growth *list, size_t n, const char *span)
{
	struct tally t = {0};
	for (size_t i = 0; i < n; i++) {
		uint64_t value = growth_value(&list[i], x->key);
		if (value && !is_ours(q, &list[i]))
			tally_add(&t, list[i].comm, strlen(list[i].comm), list[i].tgid, value);
	}
	tally_settle(&t);
	answer(q, x, &t, span);
	tally_done(&t);
}

static int by_task_and_time(const void *a, const void *b)
{
	const struct task_row *x = *(const struct task_row *const *)a, *y = *(const struct task_row *const *)b;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	uint64_t s = x->cpu_user_ns + x->cpu_sys_ns, t = y->cpu_user_ns + y->cpu_sys_ns;
	return (s > t) - (s < t);
}

/* Everybody's last row, also of those who ended before the last census, each with its highest memory. Owns its rows. */
static int last_rows(const struct census *list, size_t n, struct census *ret)
{
	size_t total = 0, k = 0;
	for (size_t i = 0; i < n; i++)
		total += list[i].n;
	_cleanup_free_ const struct task_row **order = calloc(total + 1, sizeof(*order));
	_cleanup_free_ struct task_row *rows = calloc(total + 1, sizeof(*rows));
	if (!order || !rows)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < list[i].n; j++)
			order[k++] = &list[i].rows[j];
	qsort(order, total, sizeof(*order), by_task_and_time);
	*ret = (struct census){.t_ns = list[n - 1].t_ns};
	for (size_t i = 0; i < total; i++) {
		struct task_row *last = ret->n ? &rows[ret->n - 1] : NULL;
		bool same = last && last->pid == order[i]->pid && last->start_ns == order[i]->start_ns;
		uint64_t rss = same ? MAX(last->rss_bytes, order[i]->rss_bytes) : order[i]->rss_bytes;
		ret->n += !same;
		rows[ret->n - 1] = *order[i];
		rows[ret->n - 1].rss_bytes = rss;
	}
	ret->rows = take_ptr(rows);
	return 0;
}

/* The last census before the rule was true. */
static size_t census_before(const struct census *list, size_t n, uint64_t t_ns)
{
	size_t found = 0;
	for (size_t i = 0; i < n && list[i].t_ns <= t_ns; i++)
		found = i;
	return found;
}

/* The first census at which the rule was not true any more, else the last of all. */
static size_t census_after(const struct census *list, size_t n, uint64_t t_ns)
{
	size_t found = 0;
	while (found + 1 < n && list[found].t_ns < t_ns)
		found++;
	return found;
}

static void ask_between(struct inquiry *q, bool slow, const struct census *list, size_t from, size_t to)
{
	struct census end;
	struct growth *grown = NULL;
	size_t n = 0;
	char span[CLOCK_TEXT_MAX];
	if (from >= to || last_rows(&list[from], to - from + 1, &end) < 0)
		return;
	clock_span((list[to].t_ns - list[from].t_ns) / (100 * NS_PER_MS) * (100 * NS_PER_MS), span);
	if (growth_by_process(&list[from], &end, &grown, &n) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
			if (q->focus & questions[i].focus && questions[i].slow == slow)
				ask(q, &questions[i], grown, n, span);
	free(grown);
	free(end.rows);
}

void blame_tasks(struct inquiry *q)
{
	struct census *list = NULL;
	size_t n = 0;
	if (collect_fd(q->collect, CAPTURE_FD_CENSUS) < 0 ||
	    censuses_read(collect_fd(q->collect, CAPTURE_FD_CENSUS), collect_from_ns(q->collect), collect_until_ns(q->collect),
			  &list, &n) < 0)
		return;
	size_t to = census_after(list, n, q->last_ns);
	if (n) {
		ask_between(q, /* slow= */ false, list, census_before(list, MAX(to, (size_t)1), q->first_ns), to);
		ask_between(q, /* slow= */ true, list, 0, to);
	}
	censuses_free(list, n);
}
