/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A task is marked as an OOM victim. The tracepoint gives the task (72ba14deb40a in 6.10) or its pid alone; for the pid,
 * oom_kill_process() before it has told whom it chose. Which memcg was short: what oom_kill_process() was given, or, where
 * no probe is allowed, the nearest of the victim's memcgs that is full, if the memcg charge is on our stack at all.
 */
#include "bpf/lib/emit.bpf.h"

#define MEMCG_DEPTH 16
#define STACK_DEPTH 24
#define FULL_PAGES  512 /* a huge page is charged at once: that near to the limit is full */

struct page_counter {
	atomic64_t usage;
	unsigned long max;
} CORE;

struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
} CORE;

struct oom_control {
	struct mem_cgroup *memcg;
	struct task_struct *chosen;
} CORE;

enum cgroup_subsys_id { memory_cgrp_id = 4 };

const volatile __u64 page_bytes = 4096;
const volatile __u64 memcg_oom_begin = 0, memcg_oom_end = 0; /* text of mem_cgroup_out_of_memory() */

/* What oom_kill_process() was told; the kernel's oom_lock lets one run at a time. */
struct {
	__u64 killer; /* pid_tgid; 0: none yet */
	__u64 t_ns;
	const struct mem_cgroup *memcg;
	const struct task_struct *chosen;
} kill = {};

static __always_inline int remember_kill(const struct oom_control *oc)
{
	kill.memcg = BPF_CORE_READ(oc, memcg);
	kill.chosen = BPF_CORE_READ(oc, chosen);
	kill.t_ns = bpf_ktime_get_ns();
	kill.killer = bpf_get_current_pid_tgid();
	return 0;
}

SEC("?fentry/oom_kill_process")
int BPF_PROG(on_kill_fentry, struct oom_control *oc)
{
	return remember_kill(oc);
}

SEC("?kprobe/oom_kill_process")
int BPF_KPROBE(on_kill_kprobe, struct oom_control *oc)
{
	return remember_kill(oc);
}

/* A dying task may also be marked without oom_kill_process(): what that was told before is not about this. */
static __always_inline bool is_kill_known(void)
{
	return kill.killer == bpf_get_current_pid_tgid() && bpf_ktime_get_ns() - kill.t_ns < NS_PER_S;
}

/* As a number: the verifier lets nobody calculate with a typed pointer. */
static __always_inline const struct cgroup_subsys_state *css_of(const struct task_struct *task)
{
	const struct css_set *set = BPF_CORE_READ(task, cgroups);
	const struct cgroup_subsys_state *css = NULL;
	__u32 id = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	bpf_probe_read_kernel(&css, sizeof(css), (const char *)&set->subsys + id * sizeof(css));
	return css;
}

static __always_inline const struct mem_cgroup *memcg_of(const struct cgroup_subsys_state *css)
{
	return (const void *)((const char *)css - bpf_core_field_offset(struct mem_cgroup, css));
}

static __always_inline bool is_full(const struct mem_cgroup *memcg)
{
	return (__u64)BPF_CORE_READ(memcg, memory.usage.counter) + FULL_PAGES >= BPF_CORE_READ(memcg, memory.max);
}

static __always_inline const struct mem_cgroup *full_memcg(const struct task_struct *victim)
{
	const struct cgroup_subsys_state *css = css_of(victim);
	for (int i = 0; css && i < MEMCG_DEPTH; i++) {
		if (is_full(memcg_of(css)))
			return memcg_of(css);
		css = BPF_CORE_READ(css, parent);
	}
	return NULL;
}

static __always_inline bool is_memcg_oom(void *ctx)
{
	__u64 stack[STACK_DEPTH] = {};
	bpf_get_stack(ctx, stack, sizeof(stack), 0);
	for (int i = 0; i < STACK_DEPTH; i++)
		if (stack[i] >= memcg_oom_begin && stack[i] < memcg_oom_end)
			return true;
	return false;
}

static __always_inline void fill_memcg(struct event_oom *e, const struct mem_cgroup *memcg)
{
	if (!memcg)
		return;
	e->memcg_id = BPF_CORE_READ(memcg, css.cgroup, kn, id);
	e->usage_bytes = BPF_CORE_READ(memcg, memory.usage.counter) * page_bytes;
	e->limit_bytes = BPF_CORE_READ(memcg, memory.max) * page_bytes;
}

static __always_inline void fill_memory(struct event_oom *e, const struct mm_struct *mm)
{
	if (!mm)
		return;
	e->anon_bytes = mm_pages(mm, RSS_ANON) * page_bytes;
	e->file_bytes = mm_pages(mm, RSS_FILE) * page_bytes;
	e->shmem_bytes = mm_pages(mm, RSS_SHMEM) * page_bytes;
	e->swap_bytes = mm_pages(mm, RSS_SWAP) * page_bytes;
	e->pgtable_bytes = BPF_CORE_READ(mm, pgtables_bytes.counter);
}

static __always_inline void fill_victim(struct event_oom *e, const struct task_struct *victim)
{
	e->victim_pid = BPF_CORE_READ(victim, pid);
	e->victim_uid = BPF_CORE_READ(victim, cred, uid.val);
	BPF_CORE_READ_STR_INTO(&e->victim_comm, victim, comm);
	e->oom_score_adj = (__s64)BPF_CORE_READ(victim, signal, oom_score_adj);
	e->victim_cgroup_id = task_cgroup_id(victim);
	fill_memory(e, BPF_CORE_READ(victim, mm));
}

/* `victim` may be NULL: user space then looks at victim_pid. */
static __always_inline int report(void *ctx, const struct task_struct *victim, __u32 pid)
{
	__u64 now = bpf_ktime_get_ns();
	struct event_oom *e;
	if (!event_allowed(now))
		return 0;
	e = event_reserve(event_oom, EVENT_OOM, now);
	if (!e)
		return 0;
	event_set_task(&e->h, current_task());
	e->victim_pid = pid;
	if (victim)
		fill_victim(e, victim);
	if (is_kill_known())
		fill_memcg(e, kill.memcg);
	else if (victim && is_memcg_oom(ctx))
		fill_memcg(e, full_memcg(victim));
	return event_submit(e);
}

SEC("?tp_btf/mark_victim")
int BPF_PROG(on_victim, struct task_struct *victim)
{
	return report(ctx, victim, BPF_CORE_READ(victim, pid));
}

/* With memory.oom.group the whole group dies: those after the chosen one are known by pid alone. */
SEC("?tp_btf/mark_victim")
int BPF_PROG(on_victim_pid, int pid)
{
	const struct task_struct *chosen = is_kill_known() ? kill.chosen : NULL;
	if (chosen && BPF_CORE_READ(chosen, pid) != pid)
		chosen = NULL;
	if (!chosen && BPF_CORE_READ(current_task(), pid) == pid)
		chosen = current_task();
	return report(ctx, chosen, pid);
}

EVENT_SELF_TEST(event_oom, EVENT_OOM)
