/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls that took long. Both hooks run at every call of every task while armed, so the entry only leaves a stamp, as
 * runqlat does: pid and microseconds in one word, in a plain array at the pid's low bits. Everything else is asked of the
 * few that were slow: number and arguments still lie in the registers at the exit.
 *
 * Calls whose job is to wait (poll, futex, recvmsg) are left out by number, and those that wait on a pipe or a terminal but
 * work on a file (read, write) by what their first argument is.
 */
#include "bpf/lib/call.bpf.h"
#include "bpf/lib/emit.bpf.h"
#include "bpf/lib/file.bpf.h"

#define PID_BITS  22 /* PID_MAX_LIMIT is 4 Mi */
#define PID_MASK  ((1U << PID_BITS) - 1)
#define SLOTS	  16384
#define CALLS_MAX 1024

#define CLONE_VFORK 0x4000

/* The parent of a vfork waits for the child's exec: the flags are clone's first argument, or what clone3's points to. */
enum call_kind { CALL_WORKS, CALL_WAITS, CALL_WAITS_UNLESS_FILE, CALL_CLONE, CALL_CLONE3 };

/* By number, of the machine's own and of its 32 bit calls; filled by user space. */
const volatile __u8 call_kinds[2][CALLS_MAX] = {};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} entered_at SEC(".maps");

static __always_inline __u64 *slot_of(__u32 pid)
{
	__u32 slot = pid & (SLOTS - 1);
	return bpf_map_lookup_elem(&entered_at, &slot);
}

/* 0 when it is not known since when. */
static __always_inline __u64 took_ns(__u32 pid, __u64 now)
{
	const __u64 *slot = slot_of(pid);
	__u64 since;
	if (!slot || (*slot & PID_MASK) != pid)
		return 0;
	since = *slot >> PID_BITS;
	return since < armed_ns / 1000 || since > now / 1000 ? 0 : now - since * 1000;
}

static __always_inline bool is_stored(const struct task_struct *task, __u32 fd)
{
	const struct file *file = task_file(task, fd);
	const struct inode *inode = file ? BPF_CORE_READ(file, f_inode) : NULL;
	return inode && inode_is_stored(BPF_CORE_READ(inode, i_mode), BPF_CORE_READ(inode, i_sb, s_magic));
}

static __always_inline bool is_waiting(const struct task_struct *task, __u32 nr, bool compat, __u64 arg)
{
	__u8 kind = nr < CALLS_MAX ? call_kinds[compat][nr] : CALL_WORKS;
	if (kind == CALL_WAITS_UNLESS_FILE)
		return !is_stored(task, arg);
	if (kind == CALL_CLONE3)
		bpf_probe_read_user(&arg, sizeof(arg), (const void *)arg);
	if (kind == CALL_CLONE || kind == CALL_CLONE3)
		return arg & CLONE_VFORK;
	return kind == CALL_WAITS;
}

static __always_inline int report(void *ctx, struct pt_regs *regs, long ret, __u64 now, __u64 duration_ns)
{
	const struct task_struct *task = current_task();
	bool compat = call_is_compat(task);
	long nr = call_number(regs);
	__u64 args[6];
	struct event_syscall *e;
	if (compat)
		call_args_compat(regs, args);
	else
		call_args(regs, args);
	if (nr < 0 || is_waiting(task, nr, compat, args[0]) || !event_allowed(now))
		return 0;
	e = event_reserve(event_syscall, EVENT_SYSCALL, now);
	if (!e)
		return 0;
	event_set_task(&e->h, task);
	e->nr = nr;
	e->compat = compat;
	e->duration_ns = duration_ns;
	e->threshold_ns = threshold_ns;
	e->ret = ret;
	__builtin_memcpy(e->args, args, sizeof(e->args));
	bpf_get_stack(ctx, e->stack, sizeof(e->stack), BPF_F_USER_STACK);
	return event_submit(e);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_enter)
{
	__u32 pid = bpf_get_current_pid_tgid();
	__u64 *slot = armed_ns ? slot_of(pid) : NULL;
	if (slot)
		*slot = (bpf_ktime_get_ns() / 1000) << PID_BITS | (pid & PID_MASK);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_exit, struct pt_regs *regs, long ret)
{
	__u64 now, duration_ns;
	if (!armed_ns)
		return 0;
	now = bpf_ktime_get_ns();
	duration_ns = took_ns(bpf_get_current_pid_tgid(), now);
	return duration_ns > threshold_ns ? report(ctx, regs, ret, now, duration_ns) : 0;
}

EVENT_SELF_TEST(event_syscall, EVENT_SYSCALL)
