/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/kernel_names.h"
#include "snapshot/collect/rows.h"
#include "snapshot/view/blame.h"

/* How everybody waits; what is waited for stands in the next frame outwards. */
static bool is_generic(const char *function)
{
	static const char *const prefixes[] = {
		"__schedule", "schedule", "io_schedule", "preempt_schedule", "wait_for_", "__wait_", "do_wait_",
		"wait_on_",   "rwsem_",	  "down_",	 "__down",	     "mutex_",	  "__mutex", "__rt_mutex",
		"rt_mutex",   "percpu_rwsem_wait", "__percpu_", "bit_wait", "out_of_line_wait", "prepare_to_wait",
		"context_switch", "folio_wait",
	};
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (starts_with(function, prefixes[i]))
			return true;
	return false;
}

static void wait_name(const struct task_stack *t, const struct kallsyms *symbols, char *ret, size_t size)
{
	struct ksym found;
	ret[0] = '\0';
	for (size_t i = 0; i < MIN((size_t)t->n_frames, ARRAY_SIZE(t->stack)); i++) {
		if (!kallsyms_find(symbols, t->stack[i], &found, NULL))
			continue;
		snprintf(ret, size, "%s", found.name);
		if (!is_generic(ret))
			return;
	}
}

static void suspect_waits(const struct task_stack *stacks, size_t n, const struct kallsyms *symbols, struct suspects *s)
{
	struct tally waits = {0}, tasks = {0};
	char name[128];
	for (size_t i = 0; i < n; i++) {
		wait_name(&stacks[i], symbols, name, sizeof(name));
		if (*name)
			tally_add(&waits, name, strlen(name), stacks[i].task.pid, 1);
		tally_add(&tasks, stacks[i].task.comm, strnlen(stacks[i].task.comm, EVENT_COMM_LEN), stacks[i].task.pid, 1);
	}
	waits.total = n;
	tally_settle(&waits);
	tally_settle(&tasks);
	if (waits.n)
		suspects_add(s, "wait", waits.rows[0].name, 0, tally_share(&waits, 0),
			     "%llu of %zu tasks in D state wait in it, pid %u among them (tasks/d.txt)",
			     (unsigned long long)waits.rows[0].weight, n, waits.rows[0].pid);
	if (tasks.n)
		suspects_add(s, "task", tasks.rows[0].name, tasks.rows[0].weight == 1 ? tasks.rows[0].pid : 0,
			     0.9 * tally_share(&tasks, 0), "%llu of %zu tasks in D state have this name (tasks/d.txt)",
			     (unsigned long long)tasks.rows[0].weight, n);
	tally_done(&waits);
	tally_done(&tasks);
}

void blame_waits(struct collect *c, struct suspects *s)
{
	const void *data;
	size_t len;
	struct kallsyms *symbols = NULL;
	if (rows_read(c, CAPTURE_FD_D_STACKS, &data, &len) < 0 || len < sizeof(struct task_stack))
		return;
	if (collect_kernel_names(c, &symbols) < 0)
		symbols = NULL;
	suspect_waits(data, len / sizeof(struct task_stack), symbols, s);
	kallsyms_free(symbols);
}
