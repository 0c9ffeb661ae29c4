/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a detector's programs hand over a record: a ring that all detectors share (user space puts it in the place of this
 * object's own before loading), a limit per second for all and one for each cgroup, and counters for what did not get
 * through. User space finds these by name in each object: `events`, `threshold_ns`, `rate_per_s`, `cgroup_rate_per_s`,
 * `wake_each_ns`, `armed_ns`, `seen`, `emitted`, `lost`, `limited`.
 *
 *     if (!event_allowed(now))  return 0;           over the rate: counted as limited
 *     e = event_reserve(event_oom, EVENT_OOM, now); no room: counted as lost
 *     …fill…                                        all zero but the header
 *     event_submit(e);
 *
 * Whoever was allowed reserves, and what is reserved is submitted, so that at any moment when no program runs
 * seen = emitted + lost + limited; each of them is counted by one atomic addition.
 */
#pragma once

#include "bpf/lib/task.bpf.h"
#include "bpf/event.h"

#define CGROUP_SLOTS   256
#define ROOT_CGROUP_ID 1 /* inode of the cgroup v2 root */

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, EVENT_RING_BYTES);
} events SEC(".maps");

const volatile __u64 threshold_ns = 0;
const volatile __u32 rate_per_s = 100, cgroup_rate_per_s = 25;
const volatile __u64 wake_each_ns = 0; /* to wake user space is the dearest part of an event: how often at most; 0: by each */

__u64 armed_ns = 0; /* since when; 0: not armed. Whatever was measured from before is not believed */

/* Apart from armed_ns, which every program reads: a flood of events must not take that line from the other CPUs. */
__u64 seen __attribute__((aligned(64))) = 0;
__u64 emitted = 0, lost = 0, limited = 0;
__u64 rate_second = 0, rate_taken = 0;
__u64 woken_ns = 0; /* when an event last woke user space */

/* A cgroup has the slot of its id until another one with events takes it. */
struct {
	__u64 cgroup_id;
	__u32 second, taken;
} cgroup_rates[CGROUP_SLOTS] = {};

/* Two CPUs may both begin a second and let a few more pass: the limit is there to bound, not to count. */
static __always_inline bool is_within_rate(__u64 second)
{
	if (rate_second != second) {
		rate_second = second;
		rate_taken = 0;
	}
	if (rate_taken >= rate_per_s)
		return false;
	__sync_fetch_and_add(&rate_taken, 1);
	return true;
}

/* The root's tasks, kernel threads and idle CPUs among them, are nobody's: only the limit of all holds for them. */
static __always_inline bool is_within_cgroup_rate(__u64 cgroup_id, __u32 second)
{
	__u32 at = cgroup_id & (CGROUP_SLOTS - 1);
	if (cgroup_id <= ROOT_CGROUP_ID)
		return true;
	if (cgroup_rates[at].cgroup_id != cgroup_id || cgroup_rates[at].second != second) {
		cgroup_rates[at].cgroup_id = cgroup_id;
		cgroup_rates[at].second = second;
		cgroup_rates[at].taken = 0;
	}
	if (cgroup_rates[at].taken >= cgroup_rate_per_s)
		return false;
	__sync_fetch_and_add(&cgroup_rates[at].taken, 1);
	return true;
}

/* For an event of a task in that cgroup; 0: nobody's. */
static __always_inline bool event_allowed_in(__u64 now, __u64 cgroup_id)
{
	__u64 second = now / NS_PER_S;
	__sync_fetch_and_add(&seen, 1);
	if (is_within_cgroup_rate(cgroup_id, second) && is_within_rate(second))
		return true;
	__sync_fetch_and_add(&limited, 1);
	return false;
}

/* For an event of the current task. */
static __always_inline bool event_allowed(__u64 now)
{
	return event_allowed_in(now, bpf_get_current_cgroup_id());
}

/* The task that the record is about. */
static __always_inline void event_set_task(struct event *h, const struct task_struct *task)
{
	h->pid = BPF_CORE_READ(task, pid);
	h->tgid = BPF_CORE_READ(task, tgid);
	h->cgroup_id = task_cgroup_id(task);
	h->task_start_ns = BPF_CORE_READ(task, start_boottime);
	BPF_CORE_READ_STR_INTO(&h->comm, task, comm);
}

/* The same of a pointer that the hook itself gave: loads, where each probe costs some ten of them. */
static __always_inline void event_set_hooked_task(struct event *h, const struct task_struct *task)
{
	h->pid = task->pid;
	h->tgid = task->tgid;
	h->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
	h->task_start_ns = task->start_boottime;
	BPF_CORE_READ_STR_INTO(&h->comm, task, comm);
}

static __always_inline const struct task_struct *current_task(void)
{
	return (const struct task_struct *)bpf_get_current_task();
}

/* A zeroed record with kind, size, time and CPU filled in; NULL (and one more lost) when the ring is full. */
#define event_reserve(type, kind_, now)                                           \
	({                                                                        \
		struct type *e_ = bpf_ringbuf_reserve(&events, sizeof(*e_), 0);   \
		if (e_) {                                                         \
			__builtin_memset(e_, 0, sizeof(*e_));                     \
			e_->h.kind = (kind_);                                     \
			e_->h.size = sizeof(*e_);                                 \
			e_->h.t_ns = (now);                                       \
			e_->h.cpu = bpf_get_smp_processor_id();                   \
		} else                                                            \
			__sync_fetch_and_add(&lost, 1);                           \
		e_;                                                               \
	})

/* The kernel would wake for the first record of a ring that was empty: it may hold some that woke nobody. */
static __always_inline int event_submit(void *e)
{
	__u64 now = ((const struct event *)e)->t_ns;
	bool wakes = now >= woken_ns + wake_each_ns;
	if (wakes)
		woken_ns = now;
	__sync_fetch_and_add(&emitted, 1);
	bpf_ringbuf_submit(e, wakes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
	return 0;
}

/* What a test_run emits through the same ring: a record of that kind about the current task, marked as a test. */
#define EVENT_SELF_TEST(type, kind)                                               \
	SEC("raw_tp")                                                             \
	int self_test(void *ctx)                                                  \
	{                                                                         \
		__sync_fetch_and_add(&seen, 1);                                   \
		struct type *e = event_reserve(type, kind, bpf_ktime_get_ns());   \
		if (!e)                                                           \
			return 0;                                                 \
		e->h.flags = EVENT_FLAG_TEST;                                     \
		event_set_task(&e->h, current_task());                            \
		return event_submit(e);                                           \
	}
