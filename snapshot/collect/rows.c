/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/rows.h"

#include "engine/base/text.h"
#include "snapshot/collect/kernel_names.h"

#include <inttypes.h>

#define FRAMES ARRAY_SIZE(((struct task_stack *)0)->stack)
#define PF_KTHREAD 0x00200000U

static const char *scratch_name(enum capture_fd which)
{
	return which == CAPTURE_FD_TASK_ROWS ? ".task-rows" : which == CAPTURE_FD_TASK_STACKS ? ".task-stacks" : ".d-stacks";
}

static int copy_iterator(int fd, FILE *to)
{
	char block[65536];
	for (;;) {
		ssize_t n = read(fd, block, sizeof(block));
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		fwrite(block, 1, (size_t)n, to);
	}
}

int rows_read(struct collect *c, enum capture_fd which, const void **ret_data, size_t *ret_len)
{
	int r = collect_read(c, scratch_name(which), ret_data, ret_len);
	if (r != -ENOENT)
		return r;
	if (collect_fd(c, which) < 0)
		return -EOPNOTSUPP;
	FILE *to = collect_open(c, scratch_name(which));
	if (!to)
		return -ENOMEM;
	r = copy_iterator(collect_fd(c, which), to);
	collect_close(c, r < 0 ? MEMBER_FAILED : MEMBER_COMPLETE, NULL, 0);
	return r < 0 ? r : collect_read(c, scratch_name(which), ret_data, ret_len);
}

const char *rows_error(int error)
{
	switch (error) {
	case -EOPNOTSUPP:
		return "there is no task iterator";
	case -ENODATA:
		return "an earlier collector did not read the task iterator to its end";
	default:
		return strerror(-error);
	}
}

char row_state(const struct task_row *row)
{
	static const char letters[] = "SDTtXZP";
	if (row->state == TASK_STATE_RUNNING)
		return 'R';
	if ((row->state & TASK_STATE_UNINTERRUPTIBLE) && (row->state & TASK_STATE_NOLOAD))
		return 'I';
	unsigned bit = (unsigned)__builtin_ctz(row->state);
	return bit < sizeof(letters) - 1 ? letters[bit] : '?';
}

void row_print(FILE *to, const struct task_row *row)
{
	_cleanup_buf_ struct buf name = {0};
	char comm[EVENT_COMM_LEN + 1] = {0};
	memcpy(comm, row->comm, EVENT_COMM_LEN);
	text_escape_terminal(&name, comm);
	fprintf(to, "pid %u (%s) tgid %u ppid %u state %c cpu %u cgroup %" PRIu64 " switches %" PRIu64 "%s", row->pid,
		buf_str(&name), row->tgid, row->ppid, row_state(row), row->cpu, (uint64_t)row->cgroup_id,
		(uint64_t)row->switches, row->flags & PF_KTHREAD ? " kernel thread" : "");
}

static size_t frames_of(const struct task_stack *s)
{
	return MIN((size_t)s->n_frames, FRAMES);
}

void stack_print(FILE *to, const struct task_stack *s, const struct kallsyms *symbols)
{
	char text[160];
	for (size_t i = 0; i < frames_of(s); i++)
		fprintf(to, "    %s\n", kallsyms_format(symbols, s->stack[i], text, sizeof(text)));
	if (s->n_frames == 0)
		fprintf(to, "    (no kernel stack)\n");
}

int stack_compare(const struct task_stack *a, const struct task_stack *b)
{
	if (frames_of(a) != frames_of(b))
		return frames_of(a) < frames_of(b) ? -1 : 1;
	for (size_t i = 0; i < frames_of(a); i++)
		if (a->stack[i] != b->stack[i])
			return a->stack[i] < b->stack[i] ? -1 : 1;
	return 0;
}

struct group {
	size_t first, n;
};

static int by_stack(const void *a, const void *b)
{
	return stack_compare(*(const struct task_stack *const *)a, *(const struct task_stack *const *)b);
}

static int by_size(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	return (x->n < y->n) - (x->n > y->n);
}

static size_t find_groups(const struct task_stack **order, size_t n, struct group *ret)
{
	size_t groups = 0;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || by_stack(&order[i - 1], &order[i]) != 0)
			ret[groups++] = (struct group){.first = i};
		ret[groups - 1].n++;
	}
	qsort(ret, groups, sizeof(*ret), by_size);
	return groups;
}

static void print_group(FILE *to, const struct task_stack **order, const struct group *g, const struct kallsyms *symbols)
{
	fprintf(to, "%zu task%s with this stack:\n", g->n, g->n == 1 ? "" : "s");
	stack_print(to, order[g->first], symbols);
	for (size_t i = 0; i < g->n; i++) {
		fputs("  ", to);
		row_print(to, &order[g->first + i]->task);
		fputc('\n', to);
	}
	fputc('\n', to);
}

int stacks_print(FILE *to, const struct task_stack *stacks, size_t n, const struct kallsyms *symbols)
{
	_cleanup_free_ const struct task_stack **order = calloc(n + 1, sizeof(*order));
	_cleanup_free_ struct group *groups = calloc(n + 1, sizeof(*groups));
	if (!order || !groups)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		order[i] = &stacks[i];
	qsort(order, n, sizeof(*order), by_stack);
	size_t n_groups = find_groups(order, n, groups);
	for (size_t i = 0; i < n_groups; i++)
		print_group(to, order, &groups[i], symbols);
	return (int)n_groups;
}

struct kallsyms *rows_symbols(struct collect *c, FILE *to)
{
	struct kallsyms *symbols = NULL;
	int r = collect_kernel_names(c, &symbols);
	if (r < 0)
		fprintf(to, "# addresses without names: kallsyms: %s\n", strerror(-r));
	return r < 0 ? NULL : symbols;
}
