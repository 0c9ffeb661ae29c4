/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's watchdog found that a CPU schedules no more. It has no tracepoint, but taints the kernel at each report, on
 * that CPU and from the timer interrupt: the current task is who holds it, and what the interrupt stands on is what it does.
 */
#include "bpf/lib/emit.bpf.h"

#define TAINT_SOFTLOCKUP 14

struct sched_entity {
	__u64 exec_start, sum_exec_runtime, prev_sum_exec_runtime;
} CORE;

struct task_struct___sched {
	unsigned int policy;
	struct sched_entity se;
	struct sched_info sched_info;
} CORE;

static __always_inline bool is_real_time(const struct task_struct___sched *task)
{
	unsigned int policy = BPF_CORE_READ(task, policy);
	return policy == 1 || policy == 2 || policy == 6; /* SCHED_FIFO, SCHED_RR, SCHED_DEADLINE */
}

/* Since it was switched in, as of the last tick: that of its own clock, which is not CLOCK_MONOTONIC and drifts from it. */
static __always_inline __u64 stuck_ns(const struct task_struct *current)
{
	const struct task_struct___sched *task = (const void *)current;
	__u64 now = BPF_CORE_READ(task, se.exec_start), arrived = BPF_CORE_READ(task, sched_info.last_arrival);
	if (!is_real_time(task))
		return BPF_CORE_READ(task, se.sum_exec_runtime) - BPF_CORE_READ(task, se.prev_sum_exec_runtime);
	return arrived && now > arrived ? now - arrived : 0;
}

static __always_inline int report(void *ctx)
{
	__u64 now = bpf_ktime_get_ns();
	struct event_softlockup *e;
	if (!event_allowed(now))
		return 0;
	e = event_reserve(event_softlockup, EVENT_SOFTLOCKUP, now);
	if (!e)
		return 0;
	event_set_task(&e->h, current_task());
	e->stuck_ns = stuck_ns(current_task());
	bpf_get_stack(ctx, e->stack, sizeof(e->stack), 0);
	return event_submit(e);
}

SEC("?fentry/add_taint")
int BPF_PROG(on_taint_fentry, unsigned int flag)
{
	return flag == TAINT_SOFTLOCKUP ? report(ctx) : 0;
}

SEC("?kprobe/add_taint")
int BPF_KPROBE(on_taint_kprobe, unsigned int flag)
{
	return flag == TAINT_SOFTLOCKUP ? report(ctx) : 0;
}

EVENT_SELF_TEST(event_softlockup, EVENT_SOFTLOCKUP)
