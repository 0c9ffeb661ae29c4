/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two witnesses of a CPU that served nobody: its tick came late (interrupts were off), or a softirq that was raised had
 * to wait (bottom halves were off, a handler ran long, or ksoftirqd did not get the CPU).
 *
 * Of the hrtimers only the tick's own is believed: others may be started when already past, and those of other clocks
 * seem late when the clock was set. On an idle CPU a late tick tells of the hypervisor or of a deep sleep, not of us.
 */
#define HISTS 1 /* raise to entry, all vectors */
#include "bpf/lib/emit.bpf.h"
#include "bpf/lib/hist.bpf.h"

#define SOFTIRQS 16 /* a power of two, more than there are */

struct timerqueue_node {
	__u64 expires; /* signed in the kernel, never below zero */
} CORE;

struct hrtimer {
	struct timerqueue_node node;
	void *function;
} CORE;

const volatile __u64 tick_function = 0; /* tick_nohz_handler or tick_sched_timer */

/* Of one CPU: when each softirq was raised, when the one that runs was entered, and the last that ran beyond the threshold. */
struct served {
	__u64 raised_ns[SOFTIRQS];
	__u64 entered_ns;
	__u64 long_end_ns, long_ns;
	__u32 long_vec, pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct served);
} served SEC(".maps");

static __always_inline struct served *served_here(void)
{
	__u32 zero = 0;
	return armed_ns ? bpf_map_lookup_elem(&served, &zero) : NULL;
}

/* What ran since then and for so long that it is why the other one is late. */
static __always_inline void blame_handler(struct event_softirq *e, __u64 since)
{
	const struct served *here = served_here();
	if (!here || here->long_end_ns < since)
		return;
	e->ran = here->long_vec + 1;
	e->ran_ns = here->long_ns;
}

static __always_inline int report(void *ctx, __u64 now, __u64 late_ns, __u32 vec)
{
	struct event_softirq *e;
	if (!event_allowed(now))
		return 0;
	e = event_reserve(event_softirq, EVENT_SOFTIRQ, now);
	if (!e)
		return 0;
	event_set_task(&e->h, current_task());
	e->offtime_ns = late_ns;
	e->threshold_ns = threshold_ns;
	e->vec = vec;
	if (vec != SOFTIRQ_TICK)
		blame_handler(e, now - late_ns);
	bpf_get_stack(ctx, e->stack, sizeof(e->stack), 0);
	return event_submit(e);
}

SEC("?tp_btf/hrtimer_expire_entry")
int BPF_PROG(on_timer, struct hrtimer *timer, __s64 *now_in_base)
{
	__u64 now, due = timer->node.expires;
	if (!armed_ns || (__u64)timer->function != tick_function)
		return 0;
	now = bpf_ktime_get_ns();
	if (due < armed_ns || now < due + threshold_ns || !(__u32)bpf_get_current_pid_tgid())
		return 0;
	return report(ctx, now, now - due, SOFTIRQ_TICK);
}

SEC("tp_btf/softirq_raise")
int BPF_PROG(on_raise, __u32 vec)
{
	struct served *here = served_here();
	__u64 *raised = here ? &here->raised_ns[vec & (SOFTIRQS - 1)] : NULL;
	if (raised && *raised < armed_ns)
		*raised = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(on_entry, __u32 vec)
{
	struct served *here = served_here();
	__u64 *raised, since, now;
	if (!here)
		return 0;
	now = here->entered_ns = bpf_ktime_get_ns();
	raised = &here->raised_ns[vec & (SOFTIRQS - 1)];
	since = *raised;
	if (since < armed_ns)
		return 0;
	*raised = 0;
	hist_add(0, now - since);
	return now < since + threshold_ns ? 0 : report(ctx, now, now - since, vec);
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(on_exit, __u32 vec)
{
	struct served *here = served_here();
	__u64 now;
	if (!here || here->entered_ns < armed_ns)
		return 0;
	now = bpf_ktime_get_ns();
	if (now < here->entered_ns + threshold_ns)
		return 0;
	here->long_end_ns = now;
	here->long_ns = now - here->entered_ns;
	here->long_vec = vec;
	return 0;
}

EVENT_SELF_TEST(event_softirq, EVENT_SOFTIRQ)
