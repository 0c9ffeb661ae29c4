/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes that begin, become another program and end; threads are left out. The arguments are read out of the new
 * program's own memory, where the kernel has just put them, so they are there and need no fault.
 *
 * A process ends with its last thread, which is the one that the exit's record is about. Two threads that leave at the
 * same moment may both be seen as the last.
 */
#include "bpf/lib/emit.bpf.h"

#define ARGS_MAX 256

typedef struct {
	int counter;
} CORE atomic_t;

struct signal_struct___live {
	atomic_t live;
} CORE;

struct mm_struct___args {
	unsigned long arg_start, arg_end;
} CORE;

struct task_struct___exec {
	int exit_code;
	struct signal_struct___live *signal;
	struct mm_struct___args *mm;
} CORE;

/* The record with the room for its tail; user space cuts it to what is used. */
struct event_exec_args {
	union {
		struct event h;
		struct event_exec e;
	};
	char args[ARGS_MAX];
};

static __always_inline void fill_parent(struct event_exec *e, const struct task_struct *parent)
{
	e->ppid = BPF_CORE_READ(parent, tgid);
	BPF_CORE_READ_STR_INTO(&e->parent_comm, parent, comm);
}

static __always_inline struct event_exec_args *begin(enum exec_what what, const struct task_struct *task)
{
	__u64 now = bpf_ktime_get_ns();
	struct event_exec_args *r;
	if (!event_allowed(now))
		return NULL;
	r = event_reserve(event_exec_args, EVENT_EXEC, now);
	if (!r)
		return NULL;
	event_set_task(&r->h, task);
	fill_parent(&r->e, BPF_CORE_READ(task, real_parent));
	r->e.what = what;
	r->e.uid = BPF_CORE_READ(task, cred, uid.val);
	return r;
}

static __always_inline void fill_args(struct event_exec_args *r, const struct task_struct *task)
{
	const struct mm_struct___args *mm = BPF_CORE_READ((const struct task_struct___exec *)task, mm);
	unsigned long start = BPF_CORE_READ(mm, arg_start), bytes = BPF_CORE_READ(mm, arg_end) - start;
	if (bytes >= ARGS_MAX)
		bytes = ARGS_MAX - 1;
	bpf_probe_read_user(r->args, bytes & (ARGS_MAX - 1), (const void *)start);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct event_exec_args *r;
	if (!armed_ns || child->pid != child->tgid)
		return 0;
	r = begin(EXEC_FORK, child);
	return r ? event_submit(r) : 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task)
{
	struct event_exec_args *r = armed_ns ? begin(EXEC_EXEC, task) : NULL;
	if (!r)
		return 0;
	fill_args(r, task);
	return event_submit(r);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	const struct task_struct___exec *leaver = (const void *)task;
	struct event_exec_args *r;
	int code;
	if (!armed_ns || leaver->signal->live.counter)
		return 0;
	r = begin(EXEC_EXIT, task);
	if (!r)
		return 0;
	code = leaver->exit_code;
	r->e.exit_signal = code & 0x7f;
	r->e.exit_code = code >> 8 & 0xff;
	r->e.lifetime_ns = bpf_ktime_get_boot_ns() - r->h.task_start_ns;
	return event_submit(r);
}

EVENT_SELF_TEST(event_exec, EVENT_EXEC)
