/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/profile.h"

#include <inttypes.h>

#include "engine/base/clock.h"
#include "snapshot/profile/sample.h"

#define LABEL_MAX      280
#define LOWEST_ADDRESS 4096 /* frame pointers end in 0, or in whatever a function without them left there */

struct stack {
	struct call_frame frames[FOLD_DEPTH_MAX];	/* innermost first while it is filled */
	char labels[FOLD_DEPTH_MAX][LABEL_MAX]; /* of frames without a name */
	size_t n;
};

/* Where an idle CPU sits. Work done by the idle task (softirqs, interrupts) has other functions innermost. */
static bool is_idle_function(const char *name)
{
	static const char *const prefixes[] = {
		"acpi_idle",	 "acpi_processor_ffh",	"acpi_safe_halt",   "amd_e400_idle",
		"arch_cpu_idle", "cpu_do_idle",		"cpu_idle",	    "cpu_startup_entry",
		"cpuidle",	 "default_idle",	"do_idle",	    "intel_idle",
		"io_idle",	 "mwait_idle",		"native_safe_halt", "poll_idle",
		"psci_",	 "pv_native_safe_halt", "tick_nohz_idle",
	};
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (starts_with(name, prefixes[i]))
			return true;
	}
	return false;
}

static bool is_mark(uint64_t ip)
{
	return ip >= (uint64_t)PERF_CONTEXT_MAX;
}

/* Without names of the kernel's functions all of the idle task counts as idle. */
static bool is_idle(const struct profile *p, const struct sample *s)
{
	struct symbol symbol;
	if (s->pid != 0 || s->tid != 0)
		return false;
	symbols_kernel(p->symbols, s->ip, &symbol);
	return !symbol.name || is_idle_function(symbol.name);
}

static void push(struct stack *stack, const struct symbol *symbol, enum frame_kind kind)
{
	const char *name = symbol->name;
	if (stack->n >= ARRAY_SIZE(stack->frames) - 1) /* the last one is for comm */
		return;
	if (!name) {
		const char *slash = symbol->dso ? strrchr(symbol->dso, '/') : NULL;
		const char *dso = slash && slash[1] ? slash + 1 : symbol->dso ? symbol->dso : "unknown";
		bool bracketed = dso[0] == '[';
		snprintf(stack->labels[stack->n], LABEL_MAX, "%s%s%s", bracketed ? "" : "[", dso, bracketed ? "" : "]");
		name = stack->labels[stack->n];
	}
	stack->frames[stack->n++] = (struct call_frame){.name = name, .kind = kind};
}

/* Code without frame pointers leaves any number of addresses behind that are nowhere: one frame stands for a run of
 * them. */
static bool is_repeated_nowhere(const struct stack *stack, const struct symbol *symbol)
{
	return !symbol->name && !symbol->dso && stack->n && streq(stack->frames[stack->n - 1].name, "[unknown]");
}

/* A return address lies behind its call, perhaps in the next function: all but the interrupted frame look one byte
 * back. */
static void push_address(const struct profile *p, struct stack *stack, const struct sample *s, uint64_t ip, bool kernel,
			 bool leaf)
{
	struct symbol symbol;
	if (kernel)
		symbols_kernel(p->symbols, ip - !leaf, &symbol);
	else
		symbols_user(p->symbols, s->pid, ip - !leaf, s->t_ns, &symbol);
	if (!is_repeated_nowhere(stack, &symbol))
		push(stack, &symbol, kernel ? FRAME_KERNEL : FRAME_USER);
}

static void push_chain(const struct profile *p, struct stack *stack, const struct sample *s)
{
	bool kernel = false, known = false, leaf = true;
	for (uint64_t i = 0; i < s->n_chain; i++) {
		if (is_mark(s->chain[i])) {
			kernel = s->chain[i] == (uint64_t)PERF_CONTEXT_KERNEL;
			known = kernel || s->chain[i] == (uint64_t)PERF_CONTEXT_USER;
			leaf = true;
		} else if (known && s->chain[i] >= LOWEST_ADDRESS) {
			push_address(p, stack, s, s->chain[i], kernel, leaf);
			leaf = false;
		}
	}
}

static void reverse(struct call_frame *frames, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct call_frame swap = frames[i];
		frames[i] = frames[n - 1 - i];
		frames[n - 1 - i] = swap;
	}
}

static const char *comm_of(struct profile *p, const struct sample *s, char room[32])
{
	const char *comm = s->tid ? names_find(&p->names, s->tid, s->t_ns) : "swapper";
	if (!comm && s->tid != s->pid)
		comm = names_find(&p->names, s->pid, s->t_ns);
	if (comm && *comm)
		return comm;
	snprintf(room, 32, ":%" PRIu32, s->tid); /* as perf writes it */
	return room;
}

static int name_sample(struct profile *p, const struct sample *s, struct stack *stack, stack_fn fn, void *ctx,
		       struct profile_counts *c)
{
	char room[32];
	stack->n = 0;
	push_chain(p, stack, s);
	c->stackless += stack->n == 0;
	c->folded++;
	stack->frames[stack->n++] = (struct call_frame){.name = comm_of(p, s, room), .kind = FRAME_COMM};
	reverse(stack->frames, stack->n);
	return fn(ctx, s, stack->frames, stack->n);
}

static void count_time(struct profile_counts *c, uint64_t t_ns)
{
	c->first_ns = c->samples == 0 ? t_ns : MIN(c->first_ns, t_ns);
	c->last_ns = MAX(c->last_ns, t_ns);
	c->samples++;
}

int profile_each(struct profile *p, const struct records *samples, uint64_t from_ns, uint64_t to_ns, stack_fn fn, void *ctx,
		 struct profile_counts *ret_counts)
{
	_cleanup_free_ struct stack *stack = malloc(sizeof(*stack));
	struct profile_counts c = {0};
	const struct perf_event_header *h;
	int r = stack ? 0 : -ENOMEM;
	for (size_t at = 0; r == 0 && (h = records_next(samples, &at));) {
		struct sample s;
		if (!sample_decode(h, &s)) {
			c.malformed++;
			continue;
		}
		if (s.t_ns <= from_ns || s.t_ns > to_ns)
			continue;
		count_time(&c, s.t_ns);
		if (is_idle(p, &s))
			c.idle++;
		else if (profile_is_self(p, s.pid))
			c.self++;
		else
			r = name_sample(p, &s, stack, fn, ctx, &c);
	}
	if (r == 0)
		*ret_counts = c;
	return r;
}

static int fold_stack(void *ctx, const struct sample *s, const struct call_frame *frames, size_t n)
{
	int r = fold_add(ctx, frames, n, s->period / NS_PER_US);
	return r == -E2BIG ? 0 : r;
}

int profile_fold(struct profile *p, const struct records *samples, uint64_t from_ns, uint64_t to_ns, struct fold *into,
		 struct profile_counts *ret_counts)
{
	return profile_each(p, samples, from_ns, to_ns, fold_stack, into, ret_counts);
}
