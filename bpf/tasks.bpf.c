/* SPDX-License-Identifier: GPL-2.0-only */
/* All tasks, threads included, as rows of a census or as stacks. Runs when user space reads the iterator. */
#include "bpf/lib/task.bpf.h"
#include "bpf/event.h"

char LICENSE[] SEC("license") = "GPL";

const volatile __u64 page_bytes = 4096;

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} CORE;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} CORE;

/* A stack is too big for ours. Readers may preempt each other on a CPU: each takes the slot of its own pid. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct task_stack);
} scratch SEC(".maps");

static __always_inline void fill_memory(struct task_row *row, const struct task_struct *task)
{
	const struct mm_struct *mm = BPF_CORE_READ(task, mm);
	if (!mm)
		return;
	row->anon_bytes = mm_pages(mm, RSS_ANON) * page_bytes;
	row->swap_bytes = mm_pages(mm, RSS_SWAP) * page_bytes;
	row->rss_bytes = row->anon_bytes + (mm_pages(mm, RSS_FILE) + mm_pages(mm, RSS_SHMEM)) * page_bytes;
}

static __always_inline void fill_row(struct task_row *row, const struct task_struct *task)
{
	__builtin_memset(row, 0, sizeof(*row));
	row->pid = BPF_CORE_READ(task, pid);
	row->tgid = BPF_CORE_READ(task, tgid);
	row->ppid = BPF_CORE_READ(task, real_parent, tgid);
	row->state = task_state(task);
	row->start_ns = BPF_CORE_READ(task, start_boottime);
	row->cpu_user_ns = BPF_CORE_READ(task, utime);
	row->cpu_sys_ns = BPF_CORE_READ(task, stime);
	fill_memory(row, task);
	if (bpf_core_field_exists(task->ioac.read_bytes)) {
		row->read_bytes = BPF_CORE_READ(task, ioac.read_bytes);
		row->write_bytes = BPF_CORE_READ(task, ioac.write_bytes);
	}
	row->cgroup_id = task_cgroup_id(task);
	row->switches = task_switches(task);
	row->flags = BPF_CORE_READ(task, flags);
	row->cpu = task_cpu(task);
	BPF_CORE_READ_STR_INTO(&row->comm, task, comm);
}

SEC("iter/task")
int dump_rows(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_row row;
	if (!task)
		return 0;
	fill_row(&row, task);
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

static __always_inline int dump_stack(struct bpf_iter__task *ctx, struct task_struct *task)
{
	__u32 slot = bpf_get_current_pid_tgid() & 7;
	struct task_stack *s = bpf_map_lookup_elem(&scratch, &slot);
	if (!s)
		return 0;
	__builtin_memset(s->stack, 0, sizeof(s->stack));
	fill_row(&s->task, task);
	/* The stack of a task that is on a CPU moves under the unwinder. */
	long bytes = BPF_CORE_READ(task, on_cpu) ? 0 : bpf_get_task_stack(task, s->stack, sizeof(s->stack), 0);
	s->n_frames = bytes > 0 ? bytes / sizeof(s->stack[0]) : 0;
	s->pad = 0;
	bpf_seq_write(ctx->meta->seq, s, sizeof(*s));
	return 0;
}

SEC("iter/task")
int dump_stacks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	return task ? dump_stack(ctx, task) : 0;
}

SEC("iter/task")
int dump_d_stacks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	if (!task)
		return 0;
	__u32 state = task_state(task);
	if (!(state & TASK_STATE_UNINTERRUPTIBLE) || (state & TASK_STATE_NOLOAD))
		return 0;
	return dump_stack(ctx, task);
}
