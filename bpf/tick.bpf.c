/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the kernel's own counters for every CPU at once and puts them into a ring that user space has mapped. */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CLOCK_MONOTONIC 1
#define UNUSED __attribute__((unused))
#define CORE __attribute__((preserve_access_index))

#include "bpf/tick.h"

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 n_cpus = 1;
const volatile __u64 period_ns = 10000000;
/* Positions that differ between kernels, looked up in the BTF. */
const volatile __u32 node_bytes = 0;
const volatile __u32 free_pages_at = 0;
const volatile __u32 n_events = 0, event_at[TICK_EVENTS_MAX] = {}, event_column[TICK_EVENTS_MAX] = {};
const volatile __u32 n_irq_stats = 0, irq_stat_at[TICK_IRQ_STATS_MAX] = {};

enum cpu_usage_stat { CPUTIME_USER, CPUTIME_NICE, CPUTIME_SYSTEM, CPUTIME_SOFTIRQ, CPUTIME_IRQ, CPUTIME_IDLE, CPUTIME_IOWAIT,
		      CPUTIME_STEAL };

struct counter {
	int counter;
} CORE;

struct rq {
	unsigned int nr_running;
	unsigned int nr_uninterruptible;
	struct counter nr_iowait;
	__u64 nr_switches;
} CORE;

struct kernel_cpustat {
	__u64 cpustat[1];
} CORE;

struct kernel_stat {
	unsigned long irqs_sum;
	unsigned int softirqs[TICK_SOFTIRQS];
} CORE;

struct vm_event_state {
	unsigned long event[1];
} CORE;

struct tick_sched {
	__s64 idle_entrytime, idle_sleeptime, iowait_sleeptime;
	unsigned int idle_active : 1;
} CORE;

/* Since 6.9 (a478ffb2ae23) the bits live in one word. */
struct tick_sched___flags {
	unsigned int flags;
} CORE;
#define TS_FLAG_IDLE_ACTIVE (1U << 2)

/* Of x86: counts that /proc/stat adds to irqs_sum. Its fields are found through the BTF. */
struct irq_stat {
	unsigned int first;
};

extern const struct rq runqueues __ksym;
extern const struct kernel_cpustat kernel_cpustat __ksym;
extern const struct kernel_stat kstat __ksym;
extern const struct vm_event_state vm_event_states __ksym;
extern const struct tick_sched tick_cpu_sched __ksym;
extern const struct irq_stat irq_stat __ksym __weak;
extern const void vm_node_stat __ksym;
extern const void vm_zone_stat __ksym;
extern const void avenrun __ksym;
extern const void total_forks __ksym;
extern const void nr_threads __ksym;

struct tick_timer {
	struct bpf_timer timer;
	__u64 next_ns; /* when the tick after this one should be */
	__u64 ticks;
	__u64 run_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tick_timer);
} timers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TICK_ROWS);
	__type(key, __u32);
	__type(value, struct tick_host);
} hosts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TICK_ROWS); /* × n_cpus, set before loading */
	__type(key, __u32);
	__type(value, struct tick_cpu);
} cpus SEC(".maps");

static __always_inline bool is_idle_now(const struct tick_sched *ts)
{
	if (bpf_core_field_exists(ts->idle_active))
		return BPF_CORE_READ_BITFIELD(ts, idle_active);
	const struct tick_sched___flags *f = (const void *)ts;
	return bpf_core_field_exists(f->flags) && f->flags & TS_FLAG_IDLE_ACTIVE;
}

/* kernel_cpustat credits idle late under NO_HZ; these are what /proc/stat shows. */
static __always_inline void read_idle(struct tick_cpu *to, __u32 cpu, bool iowait, __u64 now)
{
	const struct tick_sched *ts = bpf_per_cpu_ptr(&tick_cpu_sched, cpu);
	if (!ts || !ts->idle_sleeptime)
		return;
	to->ns[3] = ts->idle_sleeptime;
	to->ns[4] = ts->iowait_sleeptime;
	__u64 since = ts->idle_entrytime;
	if (is_idle_now(ts) && now > since)
		to->ns[iowait ? 4 : 3] += now - since;
}

static __always_inline void read_times(__u32 row, __u32 cpu, bool iowait, __u64 now)
{
	__u32 key = row * n_cpus + cpu;
	struct tick_cpu *to = bpf_map_lookup_elem(&cpus, &key);
	const struct kernel_cpustat *stat = bpf_per_cpu_ptr(&kernel_cpustat, cpu);
	if (!to || !stat)
		return;
	const __u64 *ns = (const void *)stat;
	to->ns[0] = ns[CPUTIME_USER];
	to->ns[1] = ns[CPUTIME_NICE];
	to->ns[2] = ns[CPUTIME_SYSTEM];
	to->ns[3] = ns[CPUTIME_IDLE];
	to->ns[4] = ns[CPUTIME_IOWAIT];
	to->ns[5] = ns[CPUTIME_IRQ];
	to->ns[6] = ns[CPUTIME_SOFTIRQ];
	to->ns[7] = ns[CPUTIME_STEAL];
	read_idle(to, cpu, iowait, now);
}

/* Its type is a typedef in the BTF, through which the verifier does not look: copied instead. */
static __always_inline void add_arch_irqs(struct tick_host *host, __u32 cpu)
{
	__u32 stats[TICK_IRQ_STAT_WORDS];
	const void *from = n_irq_stats ? bpf_per_cpu_ptr(&irq_stat, cpu) : NULL;
	if (!from || bpf_probe_read_kernel(stats, sizeof(stats), from) < 0)
		return;
	for (__u32 i = 0; i < TICK_IRQ_STATS_MAX && i < n_irq_stats; i++)
		if (irq_stat_at[i] < TICK_IRQ_STAT_WORDS)
			host->irqs += stats[irq_stat_at[i]];
}

static __always_inline void add_irqs(struct tick_host *host, __u32 cpu)
{
	const struct kernel_stat *stat = bpf_per_cpu_ptr(&kstat, cpu);
	if (!stat)
		return;
	host->irqs += stat->irqs_sum;
	for (__u32 i = 0; i < TICK_SOFTIRQS; i++)
		host->softirqs[i] += stat->softirqs[i];
	add_arch_irqs(host, cpu);
}

static __always_inline void add_events(struct tick_host *host, __u32 cpu)
{
	const unsigned long *event = bpf_per_cpu_ptr(&vm_event_states, cpu);
	for (__u32 i = 0; event && i < TICK_EVENTS_MAX && i < n_events; i++) {
		__u32 column = event_column[i];
		if (column < TICK_COUNTS_MAX)
			host->events[column] += event[event_at[i]];
	}
}

static __always_inline void read_cpu(struct tick_host *host, __u32 row, __u32 cpu, __u64 now)
{
	const struct rq *rq = bpf_per_cpu_ptr(&runqueues, cpu);
	if (!rq)
		return;
	int waiting = rq->nr_iowait.counter;
	host->running += rq->nr_running;
	host->uninterruptible += (int)rq->nr_uninterruptible;
	host->blocked += waiting;
	host->switches += rq->nr_switches;
	read_times(row, cpu, waiting > 0, now);
	add_irqs(host, cpu);
	add_events(host, cpu);
}

static __always_inline void read_globals(struct tick_host *host)
{
	__u32 threads = 0;
	bpf_probe_read_kernel(host->node, node_bytes, &vm_node_stat);
	bpf_probe_read_kernel(&host->free_pages, 8, (const char *)&vm_zone_stat + free_pages_at);
	bpf_probe_read_kernel(host->avenrun, sizeof(host->avenrun), &avenrun);
	bpf_probe_read_kernel(&host->forks, 8, &total_forks);
	bpf_probe_read_kernel(&threads, 4, &nr_threads);
	host->threads = threads;
}

static __always_inline void take(struct tick_timer *t, __u64 now)
{
	__u32 row = t->ticks % TICK_ROWS;
	struct tick_host *host = bpf_map_lookup_elem(&hosts, &row);
	if (!host)
		return;
	__sync_lock_test_and_set(&host->seq, 0);
	__builtin_memset(&host->t_ns, 0, sizeof(*host) - sizeof(host->seq));
	host->t_ns = now;
	host->run_ns = t->run_ns;
	for (__u32 cpu = 0; cpu < TICK_CPUS_MAX; cpu++) {
		if (cpu >= n_cpus)
			break;
		read_cpu(host, row, cpu, now);
	}
	read_globals(host);
	__sync_lock_test_and_set(&host->seq, ++t->ticks);
}

/* Re-armed for the time line that began with the first tick: no drift, and what was missed is left out. */
static __always_inline void arm(struct tick_timer *t, __u64 now)
{
	t->next_ns += period_ns;
	if (t->next_ns <= now)
		t->next_ns = now + period_ns;
	bpf_timer_start(&t->timer, t->next_ns - now, 0);
}

static int fired(void *map UNUSED, __u32 *key UNUSED, struct tick_timer *t)
{
	__u64 now = bpf_ktime_get_ns();
	take(t, now);
	__u64 end = bpf_ktime_get_ns();
	t->run_ns += end - now;
	arm(t, end);
	return 0;
}

SEC("syscall")
int tick_start(void *ctx UNUSED)
{
	__u32 key = 0;
	struct tick_timer *t = bpf_map_lookup_elem(&timers, &key);
	if (!t)
		return -1;
	t->next_ns = bpf_ktime_get_ns();
	long r = bpf_timer_init(&t->timer, &timers, CLOCK_MONOTONIC);
	if (r == 0)
		r = bpf_timer_set_callback(&t->timer, fired);
	if (r == 0)
		arm(t, t->next_ns);
	return r;
}
