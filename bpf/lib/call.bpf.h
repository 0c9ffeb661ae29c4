/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A system call's number and arguments out of the registers that sys_enter and sys_exit hand over: x86-64, its 32 bit calls,
 * and arm64. They still lie there when the call returns, but for the number after rt_sigreturn(2), which is then negative.
 * Plain loads: the pointer has to be the tracepoint's own.
 */
#pragma once

#include "bpf/lib/task.bpf.h"

#define TS_COMPAT 2 /* of thread_info.status: entered as a 32 bit call (x86) */

struct pt_regs___x86 {
	unsigned long orig_ax, di, si, dx, r10, r8, r9, bx, cx, bp;
} CORE;

struct pt_regs___a64 {
	__u64 regs[31];
	__u64 orig_x0;
	int syscallno;
} CORE;

/* arm64 has no such status: a task is of one kind or the other. */
struct thread_info___status {
	__u32 status;
} CORE;

struct task_struct___status {
	struct thread_info___status thread_info;
} CORE;

static __always_inline bool call_is_compat(const struct task_struct *task)
{
	const struct task_struct___status *t = (const void *)task;
	return bpf_core_field_exists(t->thread_info.status) && BPF_CORE_READ(t, thread_info.status) & TS_COMPAT;
}

static __always_inline long call_number(const struct pt_regs *regs)
{
	const struct pt_regs___x86 *x86 = (const void *)regs;
	if (bpf_core_field_exists(x86->orig_ax))
		return (int)x86->orig_ax;
	return ((const struct pt_regs___a64 *)regs)->syscallno;
}

static __always_inline __u64 call_first_arg(const struct pt_regs *regs)
{
	const struct pt_regs___x86 *x86 = (const void *)regs;
	return bpf_core_field_exists(x86->di) ? x86->di : ((const struct pt_regs___a64 *)regs)->orig_x0;
}

static __always_inline void call_args(const struct pt_regs *regs, __u64 ret_args[6])
{
	const struct pt_regs___x86 *x86 = (const void *)regs;
	const struct pt_regs___a64 *a64 = (const void *)regs;
	bool is_x86 = bpf_core_field_exists(x86->r10);
	ret_args[0] = call_first_arg(regs);
	ret_args[1] = is_x86 ? x86->si : a64->regs[1];
	ret_args[2] = is_x86 ? x86->dx : a64->regs[2];
	ret_args[3] = is_x86 ? x86->r10 : a64->regs[3];
	ret_args[4] = is_x86 ? x86->r8 : a64->regs[4];
	ret_args[5] = is_x86 ? x86->r9 : a64->regs[5];
}

static __always_inline void call_args_compat(const struct pt_regs *regs, __u64 ret_args[6])
{
	const struct pt_regs___x86 *x86 = (const void *)regs;
	ret_args[0] = (__u32)x86->bx;
	ret_args[1] = (__u32)x86->cx;
	ret_args[2] = (__u32)x86->dx;
	ret_args[3] = (__u32)x86->si;
	ret_args[4] = (__u32)x86->di;
	ret_args[5] = (__u32)x86->bp;
}
