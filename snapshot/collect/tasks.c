/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/text.h"
#include "engine/base/unit.h"
#include "snapshot/collect/collectors.h"
#include "snapshot/collect/growth.h"
#include "snapshot/collect/rows.h"

#include <inttypes.h>

#define TOP 20

static void rows_missing(struct collect *c, const char *member, int r)
{
	collect_missing(c, member, r == -EOPNOTSUPP ? MEMBER_UNSUPPORTED : MEMBER_FAILED, "%s", rows_error(r));
}

static void take_d(struct collect *c)
{
	const void *data;
	size_t len;
	int r = rows_read(c, CAPTURE_FD_D_STACKS, &data, &len);
	if (r < 0) {
		rows_missing(c, "tasks/d.txt", r);
		return;
	}
	FILE *to = collect_open(c, "tasks/d.txt");
	if (!to)
		return;
	size_t n = len / sizeof(struct task_stack);
	fprintf(to, "# %zu tasks in D state (uninterruptible sleep), by the task iterator\n", n);
	struct kallsyms *symbols = n ? rows_symbols(c, to) : NULL;
	fputc('\n', to);
	stacks_print(to, data, n, symbols);
	kallsyms_free(symbols);
	collect_close(c, MEMBER_COMPLETE, NULL, 0);
}

static void take_running(struct collect *c, const struct census *now)
{
	FILE *to = collect_open(c, "tasks/running.txt");
	if (!to)
		return;
	fprintf(to, "# tasks that run or wait for a CPU, of %zu\n", now->n);
	for (size_t i = 0; i < now->n; i++) {
		if (now->rows[i].state != TASK_STATE_RUNNING)
			continue;
		row_print(to, &now->rows[i]);
		fputc('\n', to);
	}
	collect_close(c, MEMBER_COMPLETE, NULL, 0);
}

static void print_bytes(struct buf *out, uint64_t bytes)
{
	buf_add_char(out, '\t');
	unit_format(out, UNIT_BYTES, (double)bytes);
}

static void print_process(FILE *to, const struct growth *g)
{
	_cleanup_buf_ struct buf line = {0};
	char user[CLOCK_TEXT_MAX], sys[CLOCK_TEXT_MAX];
	buf_printf(&line, "%u\t", g->tgid);
	text_escape_terminal(&line, g->comm);
	buf_printf(&line, "\t%u\t%s\t%s", g->threads, clock_span(g->user_ns, user), clock_span(g->sys_ns, sys));
	print_bytes(&line, g->rss_bytes);
	buf_printf(&line, "\t%+" PRId64 "KiB", g->rss_grown / 1024);
	print_bytes(&line, g->read_bytes);
	print_bytes(&line, g->write_bytes);
	fprintf(to, "%s\n", buf_str(&line));
}

static void print_top(FILE *to, struct growth *list, size_t n, enum growth_key key, const char *title)
{
	fprintf(to, "\n== by %s\npid\tcomm\tthreads\tuser\tsys\trss\trss grown\tread\twritten\n", title);
	growth_sort(list, n, key);
	for (size_t i = 0; i < MIN(n, (size_t)TOP) && growth_value(&list[i], key); i++)
		print_process(to, &list[i]);
}

static int print_tops(FILE *to, const struct census *before, const struct census *now)
{
	static const struct census nothing;
	static const struct {
		enum growth_key key;
		const char *title;
	} tops[] = {
		{GROWTH_CPU, "CPU time"}, {GROWTH_SYS, "CPU time in the kernel"}, {GROWTH_RSS_GROWN, "growth of RSS"},
		{GROWTH_RSS, "RSS"},	  {GROWTH_IO, "storage I/O"},
	};
	char span[CLOCK_TEXT_MAX];
	struct growth *list;
	size_t n;
	int r = growth_by_process(before ? before : &nothing, now, &list, &n);
	if (r < 0)
		return r;
	if (before)
		fprintf(to, "# what processes did in the %s before this census\n",
			clock_span(now->t_ns - before->t_ns, span));
	else
		fprintf(to, "# no census of before: what processes did since their start\n");
	for (size_t i = 0; i < ARRAY_SIZE(tops); i++)
		print_top(to, list, n, tops[i].key, tops[i].title);
	free(list);
	return 0;
}

static void take_top(struct collect *c, const struct census *now)
{
	struct census *list = NULL;
	size_t n = 0;
	int ring = collect_fd(c, CAPTURE_FD_CENSUS);
	if (ring >= 0)
		censuses_read(ring, collect_from_ns(c), now->t_ns, &list, &n);
	FILE *to = collect_open(c, "tasks/top.txt");
	int r = to ? print_tops(to, n ? &list[0] : NULL, now) : 0;
	collect_close(c, r < 0 ? MEMBER_FAILED : MEMBER_COMPLETE, r < 0 ? strerror(-r) : NULL, 0);
	censuses_free(list, n);
}

static int by_pid(const void *a, const void *b)
{
	const struct task_row *x = a, *y = b;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->start_ns > y->start_ns) - (x->start_ns < y->start_ns);
}

static int census_now(struct collect *c, struct census *ret)
{
	const void *data;
	size_t len;
	int r = rows_read(c, CAPTURE_FD_TASK_ROWS, &data, &len);
	if (r < 0)
		return r;
	struct census now = {.t_ns = clock_now(CLOCK_MONOTONIC), .n = len / sizeof(struct task_row)};
	now.rows = malloc(MAX(len, (size_t)1));
	if (!now.rows)
		return -ENOMEM;
	copy_bytes(now.rows, data, now.n * sizeof(*now.rows));
	qsort(now.rows, now.n, sizeof(*now.rows), by_pid);
	*ret = now;
	return 0;
}

int collect_tasks(struct collect *c)
{
	struct census now;
	int r = census_now(c, &now);
	take_d(c);
	if (r < 0) {
		rows_missing(c, "tasks/running.txt", r);
		rows_missing(c, "tasks/top.txt", r);
		return 0;
	}
	take_running(c, &now);
	take_top(c, &now);
	census_done(&now);
	return 0;
}
