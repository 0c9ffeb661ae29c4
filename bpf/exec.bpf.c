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

/* A record without the tail's room for what has no arguments. */
#define begin(type, what, task)                                                      \
	({                                                                           \
		__u64 now_ = bpf_ktime_get_ns();                                     \
		struct type *r_ = NULL;                                              \
		if (event_allowed(now_) && (r_ = event_reserve(type, EVENT_EXEC, now_))) \
			fill((struct event_exec *)r_, what, task);                   \
		r_;                                                                  \
	})

static __always_inline void fill(struct event_exec *e, enum exec_what what, const struct task_struct *task)
{
	const struct task_struct *parent = task->real_parent;
	event_set_hooked_task(&e->h, task);
	e->what = what;
	e->ppid = parent->tgid;
	BPF_CORE_READ_STR_INTO(&e->parent_comm, parent, comm);
	e->uid = task->cred->uid.val;
}

static __always_inline void fill_args(struct event_exec_args *r, const struct task_struct *task)
{
	const struct mm_struct___args *mm = ((const struct task_struct___exec *)task)->mm;
	unsigned long start = mm->arg_start, bytes = mm->arg_end - start;
	if (bytes >= ARGS_MAX)
		bytes = ARGS_MAX - 1;
	bpf_probe_read_user(r->args, bytes & (ARGS_MAX - 1), (const void *)start);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct event_exec *e;
	if (!armed_ns || child->pid != child->tgid)
		return 0;
	e = begin(event_exec, EXEC_FORK, child);
	return e ? event_submit(e) : 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task)
{
	struct event_exec_args *r = armed_ns ? begin(event_exec_args, EXEC_EXEC, task) : NULL;
	if (!r)
		return 0;
	fill_args(r, task);
	return event_submit(r);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	const struct task_struct___exec *leaver = (const void *)task;
	struct event_exec *e;
	int code;
	if (!armed_ns || leaver->signal->live.counter)
		return 0;
	e = begin(event_exec, EXEC_EXIT, task);
	if (!e)
		return 0;
	code = leaver->exit_code;
	e->exit_signal = code & 0x7f;
	e->exit_code = code >> 8 & 0xff;
	e->lifetime_ns = bpf_ktime_get_boot_ns() - e->h.task_start_ns;
	return event_submit(e);
}

EVENT_SELF_TEST(event_exec, EVENT_EXEC)
