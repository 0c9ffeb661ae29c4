/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/io.h"
#include "snapshot/collect/rows.h"
#include "snapshot/collect/sysrq.h"
#include "snapshot/profile/sample.h"

#include <linux/perf_event.h>

#define CPUS_MAX 1024
#define SAMPLE_AGE_NS (2 * NS_PER_S)

/* The newest sample of one CPU, copied out of the ring. */
struct newest {
	uint64_t t_ns;
	uint32_t pid, tid;
	uint32_t n;
	uint64_t chain[EVENT_STACK_DEPTH * 2];
};

static void consider(struct newest *cpus, const struct sample *s)
{
	struct newest *to = s->cpu < CPUS_MAX ? &cpus[s->cpu] : NULL;
	if (!to || s->t_ns < to->t_ns)
		return;
	*to = (struct newest){.t_ns = s->t_ns, .pid = s->pid, .tid = s->tid};
	bool kernel = false;
	for (uint64_t i = 0; i < s->n_chain && to->n < ARRAY_SIZE(to->chain); i++) {
		if (s->chain[i] >= PERF_CONTEXT_MAX)
			kernel = s->chain[i] == PERF_CONTEXT_KERNEL;
		else if (kernel)
			to->chain[to->n++] = s->chain[i];
	}
}

static bool is_whole(const struct ring_record *rec)
{
	struct perf_event_header h;
	if (rec->len < sizeof(h))
		return false;
	memcpy(&h, rec->data, sizeof(h));
	return h.size == rec->len;
}

static int newest_samples(struct collect *c, struct newest *cpus)
{
	struct ring_snapshot *snapshot;
	struct ring_record rec;
	struct sample s;
	uint64_t fired = collect_plan(c)->fired_ns, from = fired > SAMPLE_AGE_NS ? fired - SAMPLE_AGE_NS : 0;
	int r = ring_snapshot_take(collect_fd(c, CAPTURE_FD_STACKS), from, clock_now(CLOCK_MONOTONIC), &snapshot);
	if (r < 0)
		return r;
	while (ring_snapshot_next(snapshot, &rec))
		if (rec.type == PERF_RECORD_SAMPLE && is_whole(&rec) && sample_decode(rec.data, &s))
			consider(cpus, &s);
	ring_snapshot_free(snapshot);
	return 0;
}

static void print_samples(struct collect *c, FILE *to, const struct kallsyms *symbols)
{
	_cleanup_free_ struct newest *cpus = calloc(CPUS_MAX, sizeof(*cpus));
	char text[160], age[CLOCK_TEXT_MAX];
	uint64_t now = clock_now(CLOCK_MONOTONIC);
	if (!cpus || collect_fd(c, CAPTURE_FD_STACKS) < 0 || newest_samples(c, cpus) < 0) {
		fprintf(to, "# no samples of the CPUs\n");
		return;
	}
	for (size_t i = 0; i < CPUS_MAX; i++) {
		if (!cpus[i].t_ns)
			continue;
		fprintf(to, "CPU %zu, sampled %s ago: pid %u tid %u%s\n", i,
			clock_span(now > cpus[i].t_ns ? now - cpus[i].t_ns : 0, age), cpus[i].pid, cpus[i].tid,
			cpus[i].tid ? "" : " (idle)");
		for (size_t j = 0; j < cpus[i].n; j++)
			fprintf(to, "    %s\n", kallsyms_format(symbols, cpus[i].chain[j], text, sizeof(text)));
		if (!cpus[i].n)
			fprintf(to, "    (user space)\n");
	}
}

static void print_running(FILE *to, const struct task_stack *stacks, size_t n, const struct kallsyms *symbols)
{
	fprintf(to, "\n== tasks that run or wait for a CPU\n");
	for (size_t i = 0; i < n; i++) {
		if (stacks[i].task.state != TASK_STATE_RUNNING)
			continue;
		row_print(to, &stacks[i].task);
		fputc('\n', to);
		stack_print(to, &stacks[i], symbols);
	}
}

static void copy_text(struct collect *c, FILE *to, const char *path)
{
	_cleanup_buf_ struct buf text = {0};
	int r = io_read_file(collect_proc_dirfd(c), path, 1 << 20, &text);
	fprintf(to, "== %s\n%s%s\n", path, r < 0 ? strerror(-r) : "", buf_str(&text));
}

static void print_memory(struct collect *c, FILE *to)
{
	static const char *const files[] = {"meminfo", "buddyinfo", "swaps", "pressure/memory", "zoneinfo", "vmstat"};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		copy_text(c, to, files[i]);
}

/* The rows that stand for the dump; 0 rows and an errno when there are none. */
static int rows_for(struct collect *c, char letter, const struct task_stack **ret, size_t *ret_n)
{
	const void *data;
	size_t len;
	int r = rows_read(c, letter == 'w' ? CAPTURE_FD_D_STACKS : CAPTURE_FD_TASK_STACKS, &data, &len);
	if (r < 0)
		return r;
	*ret = data;
	*ret_n = len / sizeof(struct task_stack);
	return 0;
}

static void print_tasks(struct collect *c, FILE *to, char letter, const struct task_stack *stacks, size_t n)
{
	struct kallsyms *symbols = rows_symbols(c, to);
	if (letter == 'l') {
		print_samples(c, to, symbols);
		print_running(to, stacks, n, symbols);
	} else {
		fprintf(to, "# %zu tasks\n\n", n);
		stacks_print(to, stacks, n, symbols);
	}
	kallsyms_free(symbols);
}

static const char *stand_in(char letter, int rows)
{
	if (letter == 'm')
		return "/proc instead";
	if (rows < 0)
		return "samples instead";
	return letter == 'l' ? "samples and task iterator instead" : "task iterator instead";
}

/* Rows that were there and could not be read are lost; a machine that has none misses nothing. */
static enum member_state state_without(enum member_state state, int rows, enum member_state lost)
{
	if (rows == 0 || state != MEMBER_COMPLETE)
		return state;
	return rows == -EOPNOTSUPP ? MEMBER_UNSUPPORTED : lost;
}

int sysrq_substitute(struct collect *c, char letter, enum member_state state, const char *why)
{
	const struct task_stack *stacks = NULL;
	size_t n = 0;
	char member[32], reason[192];
	int r = letter == 'm' ? 0 : rows_for(c, letter, &stacks, &n);
	snprintf(member, sizeof(member), "sysrq/%c.txt", letter);
	if (r < 0 && (letter != 'l' || collect_fd(c, CAPTURE_FD_STACKS) < 0)) {
		collect_missing(c, member, state_without(state, r, MEMBER_FAILED), "%.110s; %s", why, rows_error(r));
		return 0;
	}
	FILE *to = collect_open(c, member);
	if (!to)
		return 0;
	snprintf(reason, sizeof(reason), "%.90s; %s%s%s", why, stand_in(letter, r), r < 0 ? ", " : "", r < 0 ? rows_error(r) : "");
	fprintf(to, "# stands for sysrq-%c: %s\n", letter, reason);
	if (letter == 'm')
		print_memory(c, to);
	else
		print_tasks(c, to, letter, stacks, n);
	collect_close(c, r == -EOPNOTSUPP ? state : state_without(state, r, MEMBER_LOSSY), reason, 0);
	return 0;
}
