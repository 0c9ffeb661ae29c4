/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/census.h"

#define ROWS_PER_RECORD 64 /* 8 KiB a record: fits any segment, and a pipe's worth of read() */

/* Fills `rows` as far as the descriptor goes; the number of whole rows, or -errno. What is left of a torn last row is
 * dropped: an iterator writes whole ones. */
static ssize_t rows_read(int fd, struct task_row rows[ROWS_PER_RECORD])
{
	size_t have = 0, want = ROWS_PER_RECORD * sizeof(*rows);
	while (have < want) {
		ssize_t n = read(fd, (char *)rows + have, want - have);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)(have / sizeof(*rows));
}

int census_append(struct ring *r, int iterator_fd, uint64_t t_ns)
{
	struct task_row rows[ROWS_PER_RECORD];
	struct census_end end = {.t_ns = t_ns};
	ssize_t n;
	while ((n = rows_read(iterator_fd, rows)) > 0) {
		if (ring_append(r, t_ns, CENSUS_ROWS, rows, (size_t)n * sizeof(*rows)) < 0)
			end.lost += (uint32_t)n;
		else
			end.tasks += (uint32_t)n;
	}
	end.lost += n < 0; /* at least one; the rows before the error stay */
	int error = ring_append(r, t_ns, CENSUS_END, &end, sizeof(end));
	if (n < 0 || error < 0)
		return n < 0 ? (int)n : error;
	return (int)(end.tasks + end.lost);
}

static int by_pid(const void *a, const void *b)
{
	const struct task_row *x = a, *y = b;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->start_ns > y->start_ns) - (x->start_ns < y->start_ns);
}

static int rows_add(struct census *c, const void *rows, size_t n)
{
	struct task_row *more = realloc(c->rows, (c->n + n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	c->rows = more;
	copy_bytes(c->rows + c->n, rows, n * sizeof(*c->rows));
	c->n += n;
	return 0;
}

static void rows_sort(struct census *c)
{
	if (c->n)
		qsort(c->rows, c->n, sizeof(*c->rows), by_pid);
}

int census_take(int iterator_fd, uint64_t t_ns, struct census *ret)
{
	_cleanup_(census_done) struct census c = {.t_ns = t_ns};
	struct task_row rows[ROWS_PER_RECORD];
	ssize_t n;
	while ((n = rows_read(iterator_fd, rows)) > 0) {
		int r = rows_add(&c, rows, (size_t)n);
		if (r < 0)
			return r;
	}
	if (n < 0)
		return (int)n;
	rows_sort(&c);
	*ret = c;
	c.rows = NULL;
	return 0;
}

void census_done(struct census *c)
{
	free(c->rows);
	*c = (struct census){0};
}

struct reading_state {
	struct census *list, open;
	size_t n;
	uint64_t from_ns, to_ns;
};

/* Closes the open census; one that lost its beginning to the ring's turn is not whole. */
static int census_close(struct reading_state *s, const struct ring_record *rec)
{
	struct census_end end;
	if (rec->len < sizeof(end))
		return 0;
	memcpy(&end, rec->data, sizeof(end));
	if (end.tasks != s->open.n || end.t_ns < s->from_ns || end.t_ns > s->to_ns) {
		census_done(&s->open);
		return 0;
	}
	struct census *more = realloc(s->list, (s->n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->list = more;
	s->open.t_ns = end.t_ns;
	s->open.lost = end.lost;
	rows_sort(&s->open);
	s->list[s->n++] = s->open;
	s->open = (struct census){0};
	return 0;
}

static int census_record(struct reading_state *s, const struct ring_record *rec)
{
	if (rec->type == CENSUS_ROWS)
		return rows_add(&s->open, rec->data, rec->len / sizeof(struct task_row));
	return rec->type == CENSUS_END ? census_close(s, rec) : 0;
}

int censuses_read(int ring_fd, uint64_t from_ns, uint64_t to_ns, struct census **ret, size_t *ret_n)
{
	struct ring_snapshot *snapshot = NULL;
	int r = ring_snapshot_take(ring_fd, from_ns, to_ns, &snapshot);
	if (r < 0)
		return r;
	struct reading_state s = {.from_ns = from_ns, .to_ns = to_ns};
	struct ring_record rec;
	while (r >= 0 && ring_snapshot_next(snapshot, &rec))
		r = census_record(&s, &rec);
	ring_snapshot_free(snapshot);
	census_done(&s.open);
	if (r < 0) {
		censuses_free(s.list, s.n);
		return r;
	}
	*ret = s.list;
	*ret_n = s.n;
	return 0;
}

struct census *censuses_free(struct census *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		census_done(&c[i]);
	free(c);
	return NULL;
}

static uint64_t grown(uint64_t before, uint64_t now)
{
	return now > before ? now - before : 0;
}

static struct task_growth growth_of(const struct task_row *before, const struct task_row *now)
{
	return (struct task_growth){
		.now = now,
		.cpu_user_ns = grown(before->cpu_user_ns, now->cpu_user_ns),
		.cpu_sys_ns = grown(before->cpu_sys_ns, now->cpu_sys_ns),
		.read_bytes = grown(before->read_bytes, now->read_bytes),
		.write_bytes = grown(before->write_bytes, now->write_bytes),
		.rss_bytes = (int64_t)(now->rss_bytes - before->rss_bytes),
	};
}

struct task_growth *census_growth(const struct census *before, const struct census *now)
{
	static const struct task_row nobody;
	struct task_growth *g = calloc(MAX(now->n, (size_t)1), sizeof(*g));
	if (!g)
		return NULL;
	for (size_t i = 0, j = 0; i < now->n; i++) {
		while (j < before->n && by_pid(&before->rows[j], &now->rows[i]) < 0)
			j++;
		bool same = j < before->n && by_pid(&before->rows[j], &now->rows[i]) == 0;
		g[i] = growth_of(same ? &before->rows[j] : &nobody, &now->rows[i]);
	}
	return g;
}
