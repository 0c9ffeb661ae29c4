/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel reports a hung task at every check; we report it once per hang, that is until it ran again. */
#include "bpf/lib/emit.bpf.h"

struct hang {
	__u64 start_ns, switches;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct hang);
} reported SEC(".maps");

__u64 d_tasks = 0;

static __always_inline bool is_reported(__u32 pid, const struct hang *now)
{
	const struct hang *before = bpf_map_lookup_elem(&reported, &pid);
	return before && before->start_ns == now->start_ns && before->switches == now->switches;
}

/* Against the checker's own arrival on its CPU, just before: sched_clock is not CLOCK_MONOTONIC and drifts from it. */
static __always_inline __u64 blocked_ns(const struct task_struct *task)
{
	__u64 arrived = BPF_CORE_READ(task, sched_info.last_arrival);
	__u64 now = BPF_CORE_READ(current_task(), sched_info.last_arrival);
	return arrived && now > arrived ? now - arrived : 0;
}

SEC("tp_btf/sched_process_hang")
int BPF_PROG(on_hang, struct task_struct *task)
{
	struct hang hang = {.start_ns = BPF_CORE_READ(task, start_boottime), .switches = task_switches(task)};
	__u32 pid = BPF_CORE_READ(task, pid);
	__u64 now = bpf_ktime_get_ns();
	struct event_hungtask *e;
	if (is_reported(pid, &hang) || !event_allowed(now))
		return 0;
	e = event_reserve(event_hungtask, EVENT_HUNGTASK, now);
	if (!e)
		return 0;
	event_set_task(&e->h, task);
	e->switches = hang.switches;
	e->blocked_ns = blocked_ns(task);
	bpf_get_task_stack(task, e->stack, sizeof(e->stack), 0);
	bpf_map_update_elem(&reported, &pid, &hang, BPF_ANY);
	return event_submit(e);
}

struct bpf_iter__task {
	struct task_struct *task;
} CORE;

/* Read by user space when a hang was reported; writes nothing, counts. */
SEC("iter/task")
int count_d(struct bpf_iter__task *ctx)
{
	const struct task_struct *task = ctx->task;
	if (!task)
		return 0;
	__u32 state = task_state(task);
	if ((state & TASK_STATE_UNINTERRUPTIBLE) && !(state & TASK_STATE_NOLOAD))
		__sync_fetch_and_add(&d_tasks, 1);
	return 0;
}

EVENT_SELF_TEST(event_hungtask, EVENT_HUNGTASK)
