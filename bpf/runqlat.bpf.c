/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a runnable task waited for a CPU: from the wakeup, or from losing the CPU while still runnable, to the switch.
 *
 * These hooks run at every switch while armed, so the stamps lie in a plain array, one word each: pid and time packed, at
 * the pid's low bits. Two tasks that share a slot cost one measurement, never a wrong one; nothing is locked or deleted.
 *
 *     63                              22 21          0
 *     | microseconds (wraps in 50 days) |     pid     |
 */
#define HISTS 1 /* all waits */
#include "bpf/lib/emit.bpf.h"
#include "bpf/lib/hist.bpf.h"

#define PID_BITS 22 /* PID_MAX_LIMIT is 4 Mi */
#define PID_MASK ((1U << PID_BITS) - 1)
#define SLOTS	 16384

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} runnable_since SEC(".maps");

static __always_inline __u64 *slot_of(__u32 pid)
{
	__u32 slot = pid & (SLOTS - 1);
	return bpf_map_lookup_elem(&runnable_since, &slot);
}

static __always_inline __u64 stamp_of(__u32 pid, __u64 now)
{
	return (now / 1000) << PID_BITS | (pid & PID_MASK);
}

static __always_inline int stamp(__u32 pid, __u64 now)
{
	__u64 *slot = pid && armed_ns ? slot_of(pid) : NULL;
	if (slot)
		*slot = stamp_of(pid, now);
	return 0;
}

/* 0 when it is not known since when. */
static __always_inline __u64 waited_ns(__u32 pid, __u64 now)
{
	__u64 *slot = slot_of(pid), since;
	if (!slot || !*slot || (*slot & PID_MASK) != pid)
		return 0;
	since = *slot >> PID_BITS;
	*slot = 0;
	if (since < armed_ns / 1000 || since > now / 1000)
		return 0;
	return now - since * 1000;
}

static __always_inline int report(void *ctx, const struct task_struct *prev, const struct task_struct *next, __u64 now,
				  __u64 wait_ns)
{
	struct event_runqlat *e;
	if (!event_allowed_in(now, task_cgroup_id(next)))
		return 0;
	e = event_reserve(event_runqlat, EVENT_RUNQLAT, now);
	if (!e)
		return 0;
	event_set_task(&e->h, next);
	e->wait_ns = wait_ns;
	e->threshold_ns = threshold_ns;
	e->prio = BPF_CORE_READ(next, prio);
	e->prev_pid = BPF_CORE_READ(prev, pid);
	BPF_CORE_READ_STR_INTO(&e->prev_comm, prev, comm);
	bpf_get_stack(ctx, e->stack, sizeof(e->stack), 0);
	return event_submit(e);
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *task)
{
	return stamp(task->pid, bpf_ktime_get_ns());
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(on_wakeup_new, struct task_struct *task)
{
	return stamp(task->pid, bpf_ktime_get_ns());
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u32 pid = next->pid;
	__u64 now, wait_ns;
	if (!armed_ns)
		return 0;
	now = bpf_ktime_get_ns();
	/* A state that a waker changed meanwhile is stamped once more by the wakeup itself. */
	if (preempt || task_run_state(prev) == TASK_STATE_RUNNING)
		stamp(prev->pid, now);
	wait_ns = pid ? waited_ns(pid, now) : 0;
	if (wait_ns)
		hist_add(0, wait_ns);
	return wait_ns > threshold_ns ? report(ctx, prev, next, now, wait_ns) : 0;
}

EVENT_SELF_TEST(event_runqlat, EVENT_RUNQLAT)
