/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a task slept uninterruptibly. A daemon that has nothing to do sleeps interruptibly for hours, and idle kernel threads
 * say so (NOLOAD): neither is anybody's trouble. What it then waits for a CPU is runqlat's.
 *
 *     sched_switch(prev)         sched_waking                 sched_switch(next)
 *     since when, which state ─▶ until when, who ended it ──▶ told; its stack is still the one that it blocked with
 *
 * Stamps lie in a plain array at the pid's low bits; two sleepers that share a slot cost one measurement. A stamp holds as
 * long as the task has not slept again (nvcsw), so a stale one, of an earlier arming or of another task, is never believed,
 * and one made by the iterator for those that slept already when we were armed needs no lock: their time counts from then.
 */
#include "bpf/lib/emit.bpf.h"

#define SLOTS 4096

struct sleep {
	__u64 since_ns, woken_ns, nvcsw; /* woken: 0 until then, and for ever if it was no long sleep */
	__u32 pid, state;
	__u32 waker_pid, pad;
	char waker_comm[EVENT_COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct sleep);
} sleeps SEC(".maps");

static __always_inline struct sleep *slot_of(__u32 pid)
{
	__u32 slot = pid & (SLOTS - 1);
	return bpf_map_lookup_elem(&sleeps, &slot);
}

static __always_inline bool is_blocked(__u32 state)
{
	return (state & (TASK_STATE_UNINTERRUPTIBLE | TASK_STATE_NOLOAD)) == TASK_STATE_UNINTERRUPTIBLE;
}

static __always_inline void stamp(const struct task_struct *task, __u32 state)
{
	__u32 pid = BPF_CORE_READ(task, pid);
	struct sleep *sleep = slot_of(pid);
	if (!sleep)
		return;
	sleep->since_ns = bpf_ktime_get_ns();
	sleep->nvcsw = BPF_CORE_READ(task, nvcsw);
	sleep->pid = pid;
	sleep->state = state;
	sleep->woken_ns = 0;
}

/* Of this task, and of no earlier sleep. */
static __always_inline bool is_of(const struct sleep *sleep, const struct task_struct *task)
{
	return sleep->nvcsw == BPF_CORE_READ(task, nvcsw) && sleep->since_ns >= BPF_CORE_READ(task, start_time);
}

static __always_inline int report(struct task_struct *task, const struct sleep *sleep, __u64 now)
{
	struct event_offcpu *e;
	if (!event_allowed_in(now, task_cgroup_id(task)))
		return 0;
	e = event_reserve(event_offcpu, EVENT_OFFCPU, now);
	if (!e)
		return 0;
	event_set_task(&e->h, task);
	e->blocked_ns = sleep->woken_ns - sleep->since_ns;
	e->threshold_ns = threshold_ns;
	e->state = sleep->state;
	e->waker_pid = sleep->waker_pid;
	__builtin_memcpy(e->waker_comm, sleep->waker_comm, sizeof(e->waker_comm));
	bpf_get_task_stack(task, e->stack, sizeof(e->stack), 0);
	return event_submit(e);
}

/* The state of one that is being woken is still that of its sleep. */
SEC("tp_btf/sched_waking")
int BPF_PROG(on_waking, struct task_struct *task)
{
	struct sleep *sleep;
	__u64 now;
	__u32 pid;
	if (!armed_ns || !is_blocked(task_run_state(task)))
		return 0;
	pid = task->pid;
	sleep = slot_of(pid);
	now = bpf_ktime_get_ns();
	if (!sleep || sleep->pid != pid || now - sleep->since_ns <= threshold_ns)
		return 0;
	sleep->woken_ns = now;
	sleep->waker_pid = bpf_get_current_pid_tgid();
	bpf_get_current_comm(sleep->waker_comm, sizeof(sleep->waker_comm));
	return 0;
}

/* A task that was woken before we look at its state has slept for no time at all. */
SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u32 pid = next->pid, state;
	struct sleep *sleep;
	if (!armed_ns)
		return 0;
	state = task_run_state(prev);
	if (!preempt && is_blocked(state))
		stamp(prev, state);
	sleep = slot_of(pid);
	if (!sleep || !pid || sleep->pid != pid)
		return 0;
	sleep->pid = 0;
	return sleep->woken_ns && is_of(sleep, next) ? report(next, sleep, bpf_ktime_get_ns()) : 0;
}

struct bpf_iter__task {
	struct task_struct *task;
} CORE;

/* Read by user space when it arms. */
SEC("iter/task")
int stamp_sleepers(struct bpf_iter__task *ctx)
{
	const struct task_struct *task = ctx->task;
	__u32 state = task ? task_state(task) : 0;
	if (is_blocked(state) && !BPF_CORE_READ(task, on_cpu))
		stamp(task, state);
	return 0;
}

EVENT_SELF_TEST(event_offcpu, EVENT_OFFCPU)
