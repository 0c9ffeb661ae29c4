/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The records that cross from the kernel side to the user side; the only header both include. It is also the format of
 * events inside a bundle, so it is append-only: a field keeps its offset for ever, a record only grows at its end, and a
 * reader takes a shorter record's missing fields as zero.
 *
 * All integers are little-endian in host order (we run on little-endian machines), padding is explicit and zero, times
 * are CLOCK_MONOTONIC ns (bpf_ktime_get_ns), comm is as the kernel has it: 16 bytes, not necessarily printable.
 */
#pragma once

#ifndef __bpf__
#include <linux/types.h>
#endif

#define EVENT_COMM_LEN 16
#define EVENT_STACK_DEPTH 32
#define EVENT_NAME_LEN 32 /* of a disk or network device; IFNAMSIZ is 16, DISK_NAME_LEN 32 */

/* Values are written into bundles: append, never renumber. */
enum event_kind {
	EVENT_SOFTIRQ = 1,
	EVENT_HUNGTASK = 2,
	EVENT_OOM = 3,
	EVENT_LACP = 4,
	EVENT_RUNQLAT = 5,
	EVENT_IOLATENCY = 6,
};

enum event_flag {
	EVENT_FLAG_TEST = 1, /* made by a self test: nothing happened */
};

/* What every record begins with. 72 bytes. */
struct event {
	__u32 kind;
	__u32 size; /* of the whole record, trailing text included */
	__u64 t_ns;
	__u32 cpu;
	__u32 pid;  /* the thread */
	__u32 tgid; /* the process */
	__u32 flags; /* enum event_flag */
	__u64 cgroup_id; /* inode of the cgroup v2 directory; 0 unknown */
	char comm[EVENT_COMM_LEN];
	__u64 task_start_ns; /* start_boottime of the task, tells apart a reused pid; 0 unknown */
	__u64 reserved;
};

/* A timer or softirq ran late: interrupts or softirqs were off on this CPU. 
 * The stack is that of what was interrupted, as near as the hook can tell. */
struct event_softirq {
	struct event h;
	__u64 offtime_ns;
	__u64 threshold_ns;
	__u32 vec; /* softirq vector, or ~0 for a late hrtimer (interrupts off) */
	__u32 pad;
	__u64 stack[EVENT_STACK_DEPTH];
};

/* The kernel's hung-task check reported a task; the header's pid, tgid and comm are that task's. */
struct event_hungtask {
	struct event h;
	__u64 switches;	   /* nvcsw + nivcsw when it was seen: unchanged since it hung */
	__u64 blocked_ns;  /* since it last ran, 0 unknown */
	__u64 d_tasks;	   /* tasks in D state at that moment, filled by user space */
	__u64 stack[EVENT_STACK_DEPTH];
};

/* A task was chosen to die. The header is the task whose allocation triggered it. */
struct event_oom {
	struct event h;
	__u32 victim_pid;
	__u32 victim_uid;
	char victim_comm[EVENT_COMM_LEN];
	__u64 anon_bytes, file_bytes, shmem_bytes, swap_bytes, pgtable_bytes; /* of the victim */
	__u64 memcg_id;	     /* inode of the memory cgroup that hit its limit; 0: the whole machine was short */
	__u64 usage_bytes, limit_bytes; /* of that memcg, or of the machine */
	__u64 oom_score_adj; /* as a signed number */
	__u64 victim_cgroup_id; /* inode of the victim's cgroup v2 directory */
};

/* A bond's port stopped or started to carry traffic. The bond's full status text is the record's tail. */
struct event_lacp {
	struct event h;
	char bond[EVENT_NAME_LEN];
	char slave[EVENT_NAME_LEN];
	__u32 change; /* enum lacp_change */
	__u32 ifindex; /* of the slave */
};

enum lacp_change {
	LACP_DISABLED = 1, /* collecting/distributing off */
	LACP_ENABLED = 2,
	LACP_SLAVE_ACTIVE = 3, /* other bond modes: the slave's role changed */
	LACP_SLAVE_BACKUP = 4,
	LACP_SLAVE_LINK = 5,
};

/* A runnable task waited for a CPU. The header is the task that waited. */
struct event_runqlat {
	struct event h;
	__u64 wait_ns;
	__u64 threshold_ns;
	__u32 prev_pid; /* what held the CPU until then */
	__u32 pad;
	char prev_comm[EVENT_COMM_LEN];
	__u64 stack[EVENT_STACK_DEPTH];
};

/* A block request was slow from queue to complete, or from issue to complete. The header is whoever completed it, unless
 * the issuer was seen. */
struct event_iolatency {
	struct event h;
	char disk[EVENT_NAME_LEN];
	__u64 sector;
	__u64 bytes;
	__u64 q2c_ns, d2c_ns;
	__u64 threshold_ns;
	__u32 op;    /* REQ_OP_*: 0 read, 1 write, 2 flush, 3 discard */
	__u32 error; /* errno, positive, 0 ok */
	__u32 issuer_pid;
	__u32 pad;
	char issuer_comm[EVENT_COMM_LEN];
};

/*
 * One task as the iterator sees it: the row of a census. Bytes and times are totals since the task's start. The BPF
 * iterators write these back to back through bpf_seq_write().
 */
struct task_row {
	__u32 pid, tgid, ppid;
	__u32 state; /* TASK_* bits of the kernel: 0 running, 1 S, 2 D, 4 T, … ; TASK_ROW_* below */
	__u64 start_ns; /* start_boottime */
	__u64 cpu_user_ns, cpu_sys_ns;
	__u64 rss_bytes, anon_bytes, swap_bytes;
	__u64 read_bytes, write_bytes; /* storage I/O (task_io_accounting), 0 where not accounted */
	__u64 cgroup_id;
	__u64 switches; /* voluntary + involuntary */
	__u32 flags;	/* PF_* of the kernel; PF_KTHREAD 0x200000 */
	__u32 cpu;
	char comm[EVENT_COMM_LEN];
};

#define TASK_STATE_RUNNING 0x0
#define TASK_STATE_INTERRUPTIBLE 0x1
#define TASK_STATE_UNINTERRUPTIBLE 0x2
#define TASK_STATE_NOLOAD 0x400 /* with UNINTERRUPTIBLE: idle kernel thread, shown as I, not D */

/* A task with its kernel stack: the row of tasks/d.txt and of the sysrq-w substitute. */
struct task_stack {
	struct task_row task;
	__u32 n_frames;
	__u32 pad;
	__u64 stack[EVENT_STACK_DEPTH * 2];
};

_Static_assert(sizeof(struct event) == 72, "the record header is part of the bundle's format");
_Static_assert(sizeof(struct event_softirq) == 72 + 24 + 8 * EVENT_STACK_DEPTH, "no hidden padding");
_Static_assert(sizeof(struct event_oom) == 72 + 24 + 10 * 8, "no hidden padding");
_Static_assert(sizeof(struct event_lacp) == 72 + 72, "no hidden padding");
_Static_assert(sizeof(struct event_iolatency) == 72 + 32 + 40 + 16 + 16, "no hidden padding");
_Static_assert(sizeof(struct task_row) == 16 + 8 * 10 + 8 + 16, "no hidden padding");
