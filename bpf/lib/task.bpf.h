/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What we read of a task, as flavours of the kernel's structs: only the fields we use, found by CO-RE at load time, so no
 * vmlinux.h and no kernel version. A suffix after ___ marks a layout that only some kernels have.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define CORE	  __attribute__((preserve_access_index))
#define NS_PER_S  1000000000ULL

struct kernfs_node {
	__u64 id;
} CORE;

struct cgroup {
	struct kernfs_node *kn;
} CORE;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
} CORE;

struct css_set {
	struct cgroup_subsys_state *subsys[8];
	struct cgroup *dfl_cgrp;
} CORE;

typedef struct {
	__s64 counter;
} CORE atomic64_t;

struct mm_rss_stat {
	atomic64_t count[4];
} CORE;

struct percpu_counter {
	__s64 count;
} CORE;

struct mm_struct {
	atomic64_t pgtables_bytes;
} CORE;

/* Until 6.1; f1a7941243c1 ("mm: convert mm's rss stats into percpu_counter") in 6.2 made it the other. */
struct mm_struct___counts {
	struct mm_rss_stat rss_stat;
} CORE;

struct mm_struct___percpu {
	struct percpu_counter rss_stat[4];
} CORE;

struct task_io_accounting {
	__u64 read_bytes, write_bytes;
} CORE;

struct sched_info {
	unsigned long long last_arrival;
} CORE;

struct signal_struct {
	short oom_score_adj;
} CORE;

typedef struct {
	__u32 val;
} CORE kernel_uid;

struct cred {
	kernel_uid uid;
} CORE;

struct thread_info {
	__u32 cpu;
} CORE;

struct task_struct {
	int pid, tgid;
	char comm[16];
	unsigned int flags;
	int exit_state;
	int on_cpu;
	int prio;
	__u64 start_time, start_boottime; /* the first on CLOCK_MONOTONIC */
	__u64 utime, stime;
	unsigned long nvcsw, nivcsw;
	struct mm_struct *mm;
	struct task_struct *real_parent;
	struct signal_struct *signal;
	const struct cred *cred;
	struct css_set *cgroups;
	struct sched_info sched_info;
	struct task_io_accounting ioac;
} CORE;

/* 2f064a59a11f ("sched: Change task_struct::state") in 5.14 renamed and narrowed it. */
struct task_struct___state {
	long state;
} CORE;

struct task_struct___new_state {
	unsigned int __state;
} CORE;

/* bcf9033e5449 ("sched: move CPU field back into thread_info if THREAD_INFO_IN_TASK=y") in 5.16 moved it. */
struct task_struct___cpu {
	unsigned int cpu;
} CORE;

struct task_struct___info {
	struct thread_info thread_info;
} CORE;

/* TASK_* bits, those of a dead task's exit_state among them. */
static __always_inline __u32 task_state(const struct task_struct *task)
{
	__u32 exited = BPF_CORE_READ(task, exit_state);
	const struct task_struct___new_state *now = (const void *)task;
	if (bpf_core_field_exists(now->__state))
		return BPF_CORE_READ(now, __state) | exited;
	return BPF_CORE_READ((const struct task_struct___state *)task, state) | exited;
}

/* What a task is scheduled by, by plain loads: for pointers that a tracepoint gave, where each nanosecond counts. */
static __always_inline __u32 task_run_state(const struct task_struct *task)
{
	const struct task_struct___new_state *now = (const void *)task;
	if (bpf_core_field_exists(now->__state))
		return now->__state;
	return ((const struct task_struct___state *)task)->state;
}

static __always_inline __u32 task_cpu(const struct task_struct *task)
{
	const struct task_struct___cpu *direct = (const void *)task;
	if (bpf_core_field_exists(direct->cpu))
		return BPF_CORE_READ(direct, cpu);
	return BPF_CORE_READ((const struct task_struct___info *)task, thread_info.cpu);
}

/* Inode of its cgroup v2 directory. */
static __always_inline __u64 task_cgroup_id(const struct task_struct *task)
{
	return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

static __always_inline __u64 task_switches(const struct task_struct *task)
{
	return BPF_CORE_READ(task, nvcsw) + BPF_CORE_READ(task, nivcsw);
}

enum rss_part { RSS_FILE, RSS_ANON, RSS_SWAP, RSS_SHMEM }; /* MM_FILEPAGES … of the kernel */

/* Pages; the counters lag behind by some per CPU and may be briefly below zero. */
static __always_inline __u64 mm_pages(const struct mm_struct *mm, enum rss_part part)
{
	const struct mm_struct___counts *counts = (const void *)mm;
	const struct mm_struct___percpu *percpu = (const void *)mm;
	const struct percpu_counter *counter;
	__s64 pages = 0;
	/* `part` is no constant to CO-RE, and only the kernel knows how long a percpu_counter is. */
	if (bpf_core_field_exists(counts->rss_stat.count)) {
		bpf_probe_read_kernel(&pages, sizeof(pages), (const __s64 *)&counts->rss_stat.count + part);
	} else {
		counter = (const void *)&percpu->rss_stat + part * bpf_core_type_size(struct percpu_counter);
		bpf_core_read(&pages, sizeof(pages), &counter->count);
	}
	return pages > 0 ? pages : 0;
}
