/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/tick.h"

#include "bpf/tick.h"
#include "bpf/tick.skel.h"
#include "engine/base/io.h"
#include "engine/detect/bpflog.h"
#include "engine/source/cpus.h"
#include "engine/source/scan.h"
#include "engine/source/tick_layout.h"

#include <bpf/bpf.h>
#include <malloc.h>
#include <sys/mman.h>

enum { SWITCHES, FORKS, IRQS, NET_RX, NET_TX, BLOCK, TIMER, SCHED, RCU, EVENTS, COUNTS = EVENTS + TICK_COUNTS_MAX };

/* Where /proc/softirqs has them too. */
enum { VEC_TIMER = 1, VEC_NET_TX = 2, VEC_NET_RX = 3, VEC_BLOCK = 4, VEC_SCHED = 7, VEC_RCU = 9 };

static const struct rate table[COUNTS] = {
	[SWITCHES] = {SIGNAL_SCHED_SWITCHES, COUNTER_64, 1},
	[FORKS] = {SIGNAL_SCHED_FORKS, COUNTER_64, 1},
	[IRQS] = {SIGNAL_IRQ_TOTAL, COUNTER_64, 1},
	[NET_RX] = {SIGNAL_SOFTIRQ_NET_RX, COUNTER_64, 1},
	[NET_TX] = {SIGNAL_SOFTIRQ_NET_TX, COUNTER_64, 1},
	[BLOCK] = {SIGNAL_SOFTIRQ_BLOCK, COUNTER_64, 1},
	[TIMER] = {SIGNAL_SOFTIRQ_TIMER, COUNTER_64, 1},
	[SCHED] = {SIGNAL_SOFTIRQ_SCHED, COUNTER_64, 1},
	[RCU] = {SIGNAL_SOFTIRQ_RCU, COUNTER_64, 1},
	[EVENTS + TICK_SWAP_IN] = {SIGNAL_SWAP_IN, COUNTER_64, 4096},
	[EVENTS + TICK_SWAP_OUT] = {SIGNAL_SWAP_OUT, COUNTER_64, 4096},
	[EVENTS + TICK_PGFAULT] = {SIGNAL_VM_PGFAULT, COUNTER_64, 1},
	[EVENTS + TICK_PGMAJFAULT] = {SIGNAL_VM_PGMAJFAULT, COUNTER_64, 1},
	[EVENTS + TICK_SCAN_DIRECT] = {SIGNAL_VM_SCAN_DIRECT, COUNTER_64, 1},
	[EVENTS + TICK_STEAL_DIRECT] = {SIGNAL_VM_STEAL_DIRECT, COUNTER_64, 1},
	[EVENTS + TICK_SCAN_KSWAPD] = {SIGNAL_VM_SCAN_KSWAPD, COUNTER_64, 1},
	[EVENTS + TICK_ALLOCSTALL] = {SIGNAL_VM_ALLOCSTALL, COUNTER_64, 1},
	[EVENTS + TICK_COMPACT_STALL] = {SIGNAL_VM_COMPACT_STALL, COUNTER_64, 1},
	[EVENTS + TICK_OOM_KILL] = {SIGNAL_VM_OOM_KILL, COUNTER_64, 1},
};

static const char *const ksyms[COUNTS] = {
	[SWITCHES] = "runqueues.nr_switches", [FORKS] = "total_forks", [IRQS] = "kstat.irqs_sum, irq_stat",
};

struct tick {
	struct tick_bpf *skel;
	struct tick_layout layout;
	const struct tick_host *hosts;
	const struct tick_cpu *rows; /* of CPUs */
	size_t hosts_bytes, rows_bytes;
	uint64_t next; /* number of the row to take */
	struct cpus cpus;
	uint8_t *online;
	struct deltas deltas;
	struct rate table[COUNTS];
	uint64_t page_bytes, load_due_ns;
};

static void *map_ring(const struct bpf_map *map, size_t *ret_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t bytes = (size_t)bpf_map__max_entries(map) * ((bpf_map__value_size(map) + 7U) & ~7U);
	*ret_bytes = (bytes + page - 1) & ~(page - 1);
	void *at = mmap(NULL, *ret_bytes, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
	return at == MAP_FAILED ? NULL : at;
}

static void configure(struct tick *t, uint64_t period_ns)
{
	const struct tick_layout *l = &t->layout;
	t->skel->rodata->n_cpus = t->cpus.max;
	t->skel->rodata->period_ns = period_ns;
	t->skel->rodata->node_bytes = l->node_bytes;
	t->skel->rodata->free_pages_at = l->free_pages_at;
	t->skel->rodata->n_events = l->n_events;
	memcpy((void *)t->skel->rodata->event_at, l->event_at, sizeof(l->event_at));
	memcpy((void *)t->skel->rodata->event_column, l->event_column, sizeof(l->event_column));
	t->skel->rodata->n_irq_stats = l->n_irq_stats;
	memcpy((void *)t->skel->rodata->irq_stat_at, l->irq_stat_at, sizeof(l->irq_stat_at));
	bpf_map__set_max_entries(t->skel->maps.cpus, TICK_ROWS * t->cpus.max);
}

static int load(struct tick *t, uint64_t period_ns)
{
	t->skel = tick_bpf__open();
	if (!t->skel)
		return -errno;
	configure(t, period_ns);
	int r = tick_bpf__load(t->skel);
	if (r < 0)
		return r;
	t->hosts = map_ring(t->skel->maps.hosts, &t->hosts_bytes);
	t->rows = map_ring(t->skel->maps.cpus, &t->rows_bytes);
	return t->hosts && t->rows ? 0 : -errno;
}

static int start(struct tick *t)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	int r = bpf_prog_test_run_opts(bpf_program__fd(t->skel->progs.tick_start), &run);
	return r < 0 ? r : (int)run.retval;
}

static void offer_counts(struct tick *t, struct env *env)
{
	for (unsigned i = 0; i < COUNTS; i++) {
		bool there = i < EVENTS;
		for (unsigned k = 0; k < t->layout.n_events; k++)
			there |= t->layout.event_column[k] + EVENTS == i;
		t->table[i] = table[i];
		if (i == EVENTS + TICK_SWAP_IN || i == EVENTS + TICK_SWAP_OUT)
			t->table[i].scale = (uint32_t)t->page_bytes;
		const char *from = ksyms[i] ? ksyms[i] : i < EVENTS ? "kstat.softirqs" : "vm_event_states";
		if (!there || !env_offer(env, table[i].signal, env->fast_ns, "ksym %s", from))
			t->table[i].signal = SIGNAL_NONE;
	}
}

/* Memory out of vm_node_stat: plus + also − minus, in pages of `unit` bytes. */
struct level {
	uint16_t signal;
	int plus, also, minus;
	uint64_t unit;
};

enum { LEVELS = 9 };

static void levels_of(const struct tick *t, struct level ret[LEVELS])
{
	const struct tick_layout *l = &t->layout;
	uint64_t page = t->page_bytes;
	const struct level levels[LEVELS] = {
		{SIGNAL_MEM_ANON, l->anon, -1, -1, page},
		{SIGNAL_MEM_FILE, l->swapcache < 0 ? -1 : l->file_pages, -1, l->shmem, page},
		{SIGNAL_MEM_SHMEM, l->shmem, -1, -1, page},
		{SIGNAL_MEM_SLAB, l->slab_reclaimable, l->slab_unreclaimable, -1, page},
		{SIGNAL_MEM_SLAB_UNRECLAIMABLE, l->slab_unreclaimable, -1, -1, page},
		{SIGNAL_MEM_DIRTY, l->dirty, -1, -1, page},
		{SIGNAL_MEM_WRITEBACK, l->writeback, -1, -1, page},
		{SIGNAL_MEM_PAGETABLES, l->pagetables, -1, -1, page},
		{SIGNAL_MEM_KERNEL_STACK, l->kernel_stack, -1, -1, 1024},
	};
	memcpy(ret, levels, sizeof(levels));
}

static void offer_levels(const struct tick *t, struct env *env)
{
	struct level levels[LEVELS];
	levels_of(t, levels);
	for (unsigned i = 0; i < LEVELS; i++)
		if (levels[i].plus >= 0)
			env_offer(env, levels[i].signal, env->fast_ns, "ksym vm_node_stat");
	env_offer(env, SIGNAL_MEM_FREE, env->fast_ns, "ksym vm_zone_stat");
	env_offer(env, SIGNAL_SCHED_RUNNING, env->fast_ns, "ksym runqueues.nr_running");
	env_offer(env, SIGNAL_SCHED_BLOCKED, env->fast_ns, "ksym runqueues.nr_iowait");
	env_offer(env, SIGNAL_TASKS_D, env->fast_ns, "ksym runqueues.nr_uninterruptible");
	env_offer(env, SIGNAL_TASKS_TOTAL, env->fast_ns, "ksym nr_threads");
	for (unsigned i = SIGNAL_LOAD_1; i <= SIGNAL_LOAD_5; i++)
		env_offer(env, i, SECOND_NS, "ksym avenrun");
	cpus_offer(env, env->fast_ns, "ksym kernel_cpustat, tick_cpu_sched");
}

static int open_tick(struct tick *t, struct env *env, uint64_t period_ns, char *reason, size_t size)
{
	int r = tick_layout_find(&t->layout, reason, size);
	if (r < 0)
		return r;
	t->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	r = cpus_init(&t->cpus, MIN(cpus_possible(env), (unsigned)TICK_CPUS_MAX), period_ns);
	t->online = calloc(t->cpus.max + 1, 1);
	if (r < 0 || !t->online || deltas_init(&t->deltas, COUNTS, period_ns) < 0)
		return -ENOMEM;
	bpflog_begin();
	r = load(t, period_ns);
	if (r >= 0)
		r = start(t);
	if (r < 0)
		bpflog_reason(r, reason, size);
	return r;
}

int tick_open(struct env *env, uint64_t period_ns, struct tick **ret, char *reason, size_t size)
{
	struct tick *t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	int r = open_tick(t, env, period_ns, reason, size);
	malloc_trim(0); /* the kernel's BTF took many MiB */
	if (r < 0) {
		tick_close(t);
		return r;
	}
	env->d_tasks = 0;
	tick_follow_cpus(t, env);
	offer_counts(t, env);
	offer_levels(t, env);
	*ret = t;
	return 0;
}

static const struct tick_host *row_of(const struct tick *t)
{
	return &t->hosts[t->next % TICK_ROWS];
}

static uint64_t seq_of(const struct tick_host *h)
{
	return __atomic_load_n(&h->seq, __ATOMIC_ACQUIRE);
}

/* The writer has overtaken us: go on half a ring behind it. */
static void catch_up(struct tick *t, struct env *env, uint64_t number)
{
	uint64_t newest = number;
	for (uint64_t n = number; n < number + TICK_ROWS; n++)
		if (seq_of(&t->hosts[n % TICK_ROWS]) == n + 1)
			newest = n;
	uint64_t next = MAX(t->next, newest - MIN(newest, (uint64_t)TICK_ROWS / 2));
	env->lost += next - t->next;
	t->next = next;
}

uint64_t tick_peek(struct tick *t, struct env *env)
{
	uint64_t seq = seq_of(row_of(t));
	if (seq > t->next + 1)
		catch_up(t, env, seq - 1);
	return seq_of(row_of(t)) == t->next + 1 ? row_of(t)->t_ns : 0;
}

static void copy_cpus(struct tick *t)
{
	const struct tick_cpu *rows = &t->rows[t->next % TICK_ROWS * t->cpus.max];
	cpus_begin(&t->cpus);
	for (unsigned cpu = 0; cpu < t->cpus.max; cpu++)
		if (t->online[cpu])
			memcpy(cpus_row(&t->cpus, cpu), rows[cpu].ns, sizeof(rows[cpu].ns));
}

static void push_counts(struct tick *t, const struct tick_host *h, struct readings *out)
{
	uint64_t raw[COUNTS] = {
		[SWITCHES] = h->switches,	   [FORKS] = h->forks,		      [IRQS] = h->irqs,
		[NET_RX] = h->softirqs[VEC_NET_RX], [NET_TX] = h->softirqs[VEC_NET_TX], [BLOCK] = h->softirqs[VEC_BLOCK],
		[TIMER] = h->softirqs[VEC_TIMER],   [SCHED] = h->softirqs[VEC_SCHED],   [RCU] = h->softirqs[VEC_RCU],
	};
	memcpy(&raw[EVENTS], h->events, sizeof(h->events));
	rates_push(&t->deltas, t->table, h->t_ns, raw, ENTITY_HOST, out);
}

static void add_memory(const struct tick *t, const struct tick_host *h, struct readings *out)
{
	struct level levels[LEVELS];
	levels_of(t, levels);
	for (unsigned i = 0; i < LEVELS; i++) {
		const struct level *l = &levels[i];
		if (l->plus < 0)
			continue;
		uint64_t sum = h->node[l->plus] + (l->also < 0 ? 0 : h->node[l->also]);
		uint64_t minus = l->minus < 0 ? 0 : h->node[l->minus];
		if (l->signal == SIGNAL_MEM_FILE)
			minus += h->node[t->layout.swapcache];
		/* The sum over CPUs may stand a little below zero for a moment. */
		int64_t pages = (int64_t)(sum - minus);
		readings_add(out, l->signal, ENTITY_HOST, MAX(pages, 0) * (int64_t)l->unit);
	}
	readings_set(out, SIGNAL_MEM_FREE, ENTITY_HOST, true, h->free_pages * t->page_bytes);
}

static void add_loads(struct tick *t, const struct tick_host *h, struct readings *out)
{
	static const uint16_t signals[3] = {SIGNAL_LOAD_1, SIGNAL_LOAD_5, SIGNAL_LOAD_15};
	if (h->t_ns < t->load_due_ns)
		return;
	t->load_due_ns = h->t_ns + SECOND_NS - t->deltas.slack_ns;
	for (int i = 0; i < 3; i++)
		readings_add(out, signals[i], ENTITY_HOST, (int64_t)(h->avenrun[i] * 1000 / 2048));
}

void tick_take(struct tick *t, struct env *env, struct readings *out)
{
	struct tick_host h = *row_of(t);
	copy_cpus(t);
	if (seq_of(row_of(t)) != t->next + 1) {
		env->lost++; /* overwritten while it was copied */
		t->next++;
		return;
	}
	t->next++;
	cpus_push(&t->cpus, env, h.t_ns, out);
	push_counts(t, &h, out);
	add_memory(t, &h, out);
	add_loads(t, &h, out);
	readings_add(out, SIGNAL_SCHED_RUNNING, ENTITY_HOST, h.running);
	readings_add(out, SIGNAL_SCHED_BLOCKED, ENTITY_HOST, h.blocked);
	readings_add(out, SIGNAL_TASKS_D, ENTITY_HOST, MAX(h.uninterruptible, 0));
	readings_set(out, SIGNAL_TASKS_TOTAL, ENTITY_HOST, true, h.threads);
	env->kernel_ns = h.run_ns;
	env->d_tasks = (uint64_t)MAX(h.uninterruptible, 0);
}

void tick_follow_cpus(struct tick *t, struct env *env)
{
	char list[1024];
	uint64_t from, to;
	bool known = env->sys_fd >= 0 && io_read_line(env->sys_fd, "devices/system/cpu/online", list, sizeof(list)) >= 0;
	memset(t->online, !known, t->cpus.max);
	for (const char *at = list; known && scan_u64(&at, &from); at += *at == ',') {
		to = from;
		if (*at == '-') {
			at++;
			scan_u64(&at, &to);
		}
		for (uint64_t cpu = from; cpu <= to && cpu < t->cpus.max; cpu++)
			t->online[cpu] = 1;
	}
}

struct tick *tick_close(struct tick *t)
{
	if (!t)
		return NULL;
	if (t->hosts)
		munmap((void *)t->hosts, t->hosts_bytes);
	if (t->rows)
		munmap((void *)t->rows, t->rows_bytes);
	tick_bpf__destroy(t->skel);
	cpus_done(&t->cpus);
	deltas_done(&t->deltas);
	free(t->online);
	free(t);
	return NULL;
}
