/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/kernel_names.h"
#include "snapshot/collect/rows.h"
#include "snapshot/view/blame.h"

#define PATH_FRAMES 3

struct wait {
	char name[128]; /* what is waited for: the first function that is not how everybody waits */
	char path[256]; /* from where it called schedule() out to that: "bit_wait < jbd2_log_wait_commit" */
};

static bool begins_with_one_of(const char *function, const char *const *prefixes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (starts_with(function, prefixes[i]))
			return true;
	return false;
}

/* The way into the scheduler says nothing at all. */
static bool is_scheduler(const char *function)
{
	static const char *const prefixes[] = {"__schedule", "schedule", "io_schedule", "preempt_schedule", "context_switch",
					       "__switch_to", "__io_schedule"};
	return begins_with_one_of(function, prefixes, ARRAY_SIZE(prefixes));
}

bool wait_is_generic(const char *function)
{
	static const char *const prefixes[] = {
		"wait_for_",	    "__wait_", "do_wait_", "wait_on_", "rwsem_",	 "down_",	  "__down",
		"mutex_",	    "__mutex", "__rt_mutex", "rt_mutex", "percpu_rwsem_wait", "__percpu_", "bit_wait",
		"out_of_line_wait", "prepare_to_wait", "folio_wait",
	};
	return is_scheduler(function) || begins_with_one_of(function, prefixes, ARRAY_SIZE(prefixes));
}

static void wait_of(const struct task_stack *t, const struct kallsyms *symbols, struct wait *ret)
{
	struct ksym found;
	size_t len = 0, shown = 0;
	*ret = (struct wait){0};
	for (size_t i = 0; i < MIN((size_t)t->n_frames, ARRAY_SIZE(t->stack)); i++) {
		if (!kallsyms_find(symbols, t->stack[i], &found, NULL) || is_scheduler(found.name))
			continue;
		bool last = !wait_is_generic(found.name);
		if ((shown++ < PATH_FRAMES || last) && len < sizeof(ret->path))
			len += (size_t)snprintf(ret->path + len, sizeof(ret->path) - len, "%s%s", len ? " < " : "", found.name);
		snprintf(ret->name, sizeof(ret->name), "%s", found.name);
		if (last)
			return;
	}
}

static bool is_called(const struct task_stack *t, const char *comm)
{
	return strncmp(t->task.comm, comm, EVENT_COMM_LEN) == 0;
}

static void blame_wait(struct inquiry *q, const struct tally *waits, const struct wait *all, size_t n)
{
	const struct tally_row *row = &waits->rows[0];
	const struct wait *example = all;
	while (!streq(example->name, row->name))
		example++;
	struct charge c = {"wait", row->name, 0, 0, tally_share(waits, 0), STANDING_PLACE};
	bool direct = streq(example->path, example->name);
	suspects_add(q->suspects, &c, "%u of %zu tasks in D state wait in it, pid %u among them%s%s (tasks/d.txt)", row->times, n,
		     row->pid, direct ? "" : ", by way of ", direct ? "" : example->path);
}

/* Those of one name, and where most of them wait. */
static void blame_waiting(struct inquiry *q, const struct tally *tasks, const struct task_stack *stacks, const struct wait *all,
			  size_t n)
{
	const struct tally_row *row = &tasks->rows[0];
	struct tally places = {0};
	struct charge c = {"task", row->name, row->pid, row->times, tally_share(tasks, 0), STANDING_DEED};
	for (size_t i = 0; i < n; i++)
		if (is_called(&stacks[i], row->name) && *all[i].name)
			tally_add(&places, all[i].name, strlen(all[i].name), stacks[i].task.pid, 1);
	tally_settle(&places);
	if (places.n)
		suspects_add(q->suspects, &c, "%u of the %zu tasks in D state at the firing, %u of these waiting in %s (tasks/d.txt)",
			     row->times, n, places.rows[0].times, places.rows[0].name);
	else
		suspects_add(q->suspects, &c, "%u of the %zu tasks in D state at the firing (tasks/d.txt)", row->times, n);
	tally_done(&places);
}

static void suspect_waits(struct inquiry *q, const struct task_stack *stacks, size_t n, const struct kallsyms *symbols)
{
	_cleanup_free_ struct wait *all = calloc(n, sizeof(*all));
	struct tally waits = {0}, tasks = {0};
	for (size_t i = 0; all && i < n; i++) {
		wait_of(&stacks[i], symbols, &all[i]);
		if (*all[i].name)
			tally_add(&waits, all[i].name, strlen(all[i].name), stacks[i].task.pid, 1);
		tally_add(&tasks, stacks[i].task.comm, strnlen(stacks[i].task.comm, EVENT_COMM_LEN), stacks[i].task.pid, 1);
	}
	waits.total = n;
	tally_settle(&waits);
	tally_settle(&tasks);
	if (tasks.n)
		blame_waiting(q, &tasks, stacks, all, n);
	if (waits.n)
		blame_wait(q, &waits, all, n);
	tally_done(&waits);
	tally_done(&tasks);
}

void blame_waits(struct inquiry *q)
{
	const void *data;
	size_t len;
	struct kallsyms *symbols = NULL;
	if (!(q->focus & FOCUS_WAIT) || rows_read(q->collect, CAPTURE_FD_D_STACKS, &data, &len) < 0 ||
	    len < sizeof(struct task_stack))
		return;
	if (collect_kernel_names(q->collect, &symbols) < 0)
		symbols = NULL;
	suspect_waits(q, data, len / sizeof(struct task_stack), symbols);
	kallsyms_free(symbols);
}
