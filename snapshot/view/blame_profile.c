/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "snapshot/view/blame.h"

/* One line of a folded profile: comm;outermost;…;innermost weight. */
struct stack_line {
	const char *comm, *leaf;
	size_t comm_len, leaf_len;
	bool kernel;
	uint64_t weight_us;
};

/* How kernel code is entered: system calls, exceptions and interrupts, kernel threads; x86 and arm64. */
static bool is_kernel_stack(const char *stack, size_t len)
{
	static const char *const entries[] = {"entry_SYSCALL", ";asm_", ";ret_from_fork", ";el0_", ";el1h_", ";do_syscall_64", ";common_startup"};
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		if (memmem(stack, len, entries[i], strlen(entries[i])))
			return true;
	return false;
}

static bool line_parse(const char *line, size_t len, struct stack_line *ret)
{
	const char *space = memrchr(line, ' ', len);
	const char *first = space ? memchr(line, ';', (size_t)(space - line)) : NULL;
	const char *last = space ? memrchr(line, ';', (size_t)(space - line)) : NULL;
	if (!first)
		return false;
	char *end;
	uint64_t weight = strtoull(space + 1, &end, 10);
	if (end != line + len)
		return false;
	*ret = (struct stack_line){.comm = line,
				   .comm_len = (size_t)(first - line),
				   .leaf = last + 1,
				   .leaf_len = (size_t)(space - last - 1),
				   .kernel = is_kernel_stack(line, (size_t)(space - line)),
				   .weight_us = weight};
	return true;
}

static bool counts(const struct stack_line *l, unsigned focus)
{
	if (focus & FOCUS_CPU || !(focus & (FOCUS_SYS | FOCUS_USER)))
		return true;
	return l->kernel ? focus & FOCUS_SYS : focus & FOCUS_USER;
}

static void take_text(const char *text, size_t len, unsigned focus, struct tally *functions, struct tally *tasks)
{
	struct stack_line l;
	for (size_t at = 0; at < len;) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t n = newline ? (size_t)(newline - text) - at : len - at;
		/* The last line needs an end for strtoull: without a newline it is a cut one. */
		if (newline && line_parse(text + at, n, &l) && counts(&l, focus)) {
			tally_add(functions, l.leaf, l.leaf_len, 0, l.weight_us);
			tally_add(tasks, l.comm, l.comm_len, 0, l.weight_us);
		}
		at += n + 1;
	}
}

static const char *of_what(unsigned focus)
{
	return focus & FOCUS_CPU ? "CPU time" : focus & FOCUS_SYS ? "CPU time in the kernel" : "CPU time in user space";
}

static void suspect_rows(struct tally *t, const char *kind, const char *verb, unsigned focus, struct suspects *s)
{
	char mine[CLOCK_TEXT_MAX], all[CLOCK_TEXT_MAX];
	tally_settle(t);
	for (size_t i = 0; i < MIN(t->n, (size_t)3); i++) {
		if (t->rows[i].name[0] == '[' || t->rows[i].name[0] == ':')
			continue;
		suspects_add(s, kind, t->rows[i].name, 0, tally_share(t, i),
			     "%.0f %% of the sampled %s %s it, %s of %s (profile/before.folded, profile/after.folded)",
			     100 * tally_share(t, i), of_what(focus), verb, clock_span(t->rows[i].weight * NS_PER_US, mine),
			     clock_span(t->total * NS_PER_US, all));
	}
}

void blame_profile(struct collect *c, unsigned focus, struct suspects *s)
{
	static const char *const members[] = {"profile/before.folded", "profile/after.folded"};
	struct tally functions = {0}, tasks = {0};
	const void *text;
	size_t len;
	if (!(focus & (FOCUS_SYS | FOCUS_USER | FOCUS_CPU)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (collect_read(c, members[i], &text, &len) == 0)
			take_text(text, len, focus, &functions, &tasks);
	suspect_rows(&functions, "function", "ended in", focus, s);
	suspect_rows(&tasks, "task", "was used by", focus, s);
	tally_done(&functions);
	tally_done(&tasks);
}
