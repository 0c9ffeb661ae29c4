/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each process reads and writes of each file: bytes asked of the file system, and the block requests that came of it.
 * Sums are kept here, one row per process and file; user space takes them once a second and reports the large ones.
 *
 * Calls are counted at vfs_read() and vfs_write(), where it may be hooked (when it returns, else when it is asked), else at
 * sys_exit of the read and write calls. Requests belong to whom queued them; those of a kernel thread that writes back the
 * page cache to who last began to write to that file. Direct I/O has no page cache: its requests have a process and no file.
 *
 *     vfs_write ──▶ row of (process, file) ◀── complete ◀── slot of the request ◀── insert, issue
 *                     └──▶ writer of file ──────────────────────┘ (if queued by a kernel thread)
 */
#include "bpf/lib/block.bpf.h"
#include "bpf/lib/call.bpf.h"
#include "bpf/lib/emit.bpf.h"

#define ROWS	   8192
#define WRITERS	   4096
#define SLOTS	   4096
#define CALLS_MAX  1024
#define PF_KTHREAD 0x200000

enum op { OP_READ, OP_WRITE };

struct io_file {
	__u64 inode; /* 0: not known */
	__u64 dev;
};

struct io_key {
	struct io_file file;
	__u64 tgid;
};

struct io_process {
	__u32 pid, tgid;
	__u64 cgroup_id, start_ns;
	char comm[EVENT_COMM_LEN];
};

struct io_request {
	__u64 request, queued_ns, issued_ns;
	struct io_file file;
	struct io_process process;
};

enum transfer { TRANSFER_NONE, TRANSFER_READ, TRANSFER_WRITE };

/* By number of the system call, for the hook at sys_exit; filled by user space. */
const volatile __u8 transfers[CALLS_MAX] = {};

/* The rows are records already, but for kind, size, time and mount point. What finds none until the next second is lost. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ROWS);
	__type(key, struct io_key);
	__type(value, struct event_iotrace);
} rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, WRITERS);
	__type(key, struct io_file);
	__type(value, struct io_process);
} writers SEC(".maps");

/* At a hash of its address; requests that share a slot cost one of them its owner. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct io_request);
} requests SEC(".maps");

static const struct event_iotrace no_row = {};

static __always_inline void set_current(struct io_process *p, const struct task_struct *task)
{
	__u64 id = bpf_get_current_pid_tgid();
	p->pid = id;
	p->tgid = id >> 32;
	p->cgroup_id = bpf_get_current_cgroup_id();
	p->start_ns = BPF_CORE_READ(task, start_boottime);
	bpf_get_current_comm(p->comm, sizeof(p->comm));
}

static __always_inline struct event_iotrace *add_row(const struct io_key *key, const struct io_process *p)
{
	struct event_iotrace *row;
	bpf_map_update_elem(&rows, key, &no_row, BPF_NOEXIST);
	row = bpf_map_lookup_elem(&rows, key);
	if (!row) {
		__sync_fetch_and_add(&seen, 1);
		__sync_fetch_and_add(&lost, 1);
		return NULL;
	}
	row->h.pid = p->pid;
	row->h.tgid = p->tgid;
	row->h.cgroup_id = p->cgroup_id;
	row->h.task_start_ns = p->start_ns;
	row->h.cpu = bpf_get_smp_processor_id();
	__builtin_memcpy(row->h.comm, p->comm, sizeof(row->h.comm));
	return row;
}

/* Only a row that will be reported is worth the walk. */
static __always_inline bool is_to_name(const struct event_iotrace *row)
{
	__u64 bytes = row->fs_read_bytes + row->fs_write_bytes + row->disk_read_bytes + row->disk_write_bytes;
	return bytes >= threshold_ns && !row->file.inode;
}

static __always_inline int count_call(const struct inode *inode, const struct io_file *file, enum op op, __u64 bytes)
{
	struct io_key key = {.file = *file, .tgid = bpf_get_current_pid_tgid() >> 32};
	struct event_iotrace *row = bpf_map_lookup_elem(&rows, &key);
	struct io_process p = {};
	bool first_write = op == OP_WRITE && (!row || !row->fs_write_bytes);
	if (!row || first_write)
		set_current(&p, current_task());
	if (!row)
		row = add_row(&key, &p);
	if (first_write)
		bpf_map_update_elem(&writers, file, &p, BPF_ANY);
	if (!row)
		return 0;
	__sync_fetch_and_add(op == OP_READ ? &row->fs_read_bytes : &row->fs_write_bytes, bytes);
	if (is_to_name(row))
		file_set(&row->file, inode);
	return 0;
}

/* By plain loads, from a pointer that the kernel vouches for. */
static __always_inline int count_trusted(const struct file *file, enum op op, long bytes)
{
	const struct inode *inode;
	struct io_file id;
	if (!armed_ns || bytes <= 0)
		return 0;
	inode = file->f_inode;
	if (!inode_is_stored(inode->i_mode, inode->i_sb->s_magic))
		return 0;
	id = (struct io_file){.inode = inode->i_ino, .dev = inode->i_sb->s_dev};
	return count_call(inode, &id, op, bytes);
}

static __always_inline int count(const struct file *file, enum op op, long bytes)
{
	const struct inode *inode = BPF_CORE_READ(file, f_inode);
	const struct super_block *sb = BPF_CORE_READ(inode, i_sb);
	struct io_file id;
	if (!inode_is_stored(BPF_CORE_READ(inode, i_mode), BPF_CORE_READ(sb, s_magic)))
		return 0;
	id = (struct io_file){.inode = BPF_CORE_READ(inode, i_ino), .dev = BPF_CORE_READ(sb, s_dev)};
	return count_call(inode, &id, op, bytes);
}

SEC("?fexit/vfs_read")
int BPF_PROG(on_read_fexit, struct file *file, char *to, unsigned long wanted, long long *at, long got)
{
	return count_trusted(file, OP_READ, got);
}

SEC("?fexit/vfs_write")
int BPF_PROG(on_write_fexit, struct file *file, const char *from, unsigned long wanted, long long *at, long put)
{
	return count_trusted(file, OP_WRITE, put);
}

SEC("?kprobe/vfs_read")
int BPF_KPROBE(on_read_kprobe, struct file *file, char *to, unsigned long wanted)
{
	return armed_ns ? count(file, OP_READ, wanted) : 0;
}

SEC("?kprobe/vfs_write")
int BPF_KPROBE(on_write_kprobe, struct file *file, const char *from, unsigned long wanted)
{
	return armed_ns ? count(file, OP_WRITE, wanted) : 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(on_call, struct pt_regs *regs, long ret)
{
	const struct file *file;
	unsigned long nr;
	if (!armed_ns || ret <= 0)
		return 0;
	nr = call_number(regs);
	if (nr >= CALLS_MAX || transfers[nr] == TRANSFER_NONE)
		return 0;
	file = task_file(current_task(), call_first_arg(regs));
	return file ? count(file, transfers[nr] == TRANSFER_READ ? OP_READ : OP_WRITE, ret) : 0;
}

/* The address comes out of the context: the verifier lets nobody calculate with the pointer itself. */
static __always_inline struct io_request *slot_of(const __u64 *ctx)
{
	__u64 address = 0;
	__u32 slot;
	bpf_probe_read_kernel(&address, sizeof(address), ctx);
	slot = (address >> 6 ^ address >> 18) & (SLOTS - 1);
	return bpf_map_lookup_elem(&requests, &slot);
}

static __always_inline bool is_of(const struct io_request *slot, const struct request *rq)
{
	return slot->request == (__u64)rq && slot->queued_ns >= armed_ns;
}

static __always_inline void queue(struct io_request *slot, const struct request *rq, __u64 now)
{
	const struct inode *inode = bio_inode(rq->bio);
	const struct task_struct *task = current_task();
	const struct io_process *writer = NULL;
	slot->request = (__u64)rq;
	slot->queued_ns = slot->issued_ns = now;
	slot->file.inode = inode ? BPF_CORE_READ(inode, i_ino) : 0;
	slot->file.dev = inode ? BPF_CORE_READ(inode, i_sb, s_dev) : 0;
	if (inode && BPF_CORE_READ(task, flags) & PF_KTHREAD)
		writer = bpf_map_lookup_elem(&writers, &slot->file);
	if (writer)
		slot->process = *writer;
	else
		set_current(&slot->process, task);
}

SEC("tp_btf/block_rq_insert")
int BPF_PROG(on_insert, struct request *rq)
{
	struct io_request *slot = armed_ns ? slot_of(ctx) : NULL;
	if (slot)
		queue(slot, rq, bpf_ktime_get_ns());
	return 0;
}

/* A request that was inserted is issued by whoever comes along. */
SEC("tp_btf/block_rq_issue")
int BPF_PROG(on_issue, struct request *rq)
{
	struct io_request *slot = armed_ns ? slot_of(ctx) : NULL;
	__u64 now;
	if (!slot)
		return 0;
	now = bpf_ktime_get_ns();
	if (is_of(slot, rq))
		slot->issued_ns = now;
	else
		queue(slot, rq, now);
	return 0;
}

static __always_inline void count_request(struct event_iotrace *row, const struct io_request *slot,
					  const struct request *rq)
{
	__u64 now = bpf_ktime_get_ns(), queued_ns = rq->start_time_ns ?: slot->queued_ns;
	__sync_fetch_and_add(&row->requests, 1);
	__sync_fetch_and_add(&row->q2c_ns, now > queued_ns ? now - queued_ns : 0);
	__sync_fetch_and_add(&row->d2c_ns, now - slot->issued_ns);
	if (!row->disk[0])
		BPF_CORE_READ_STR_INTO(&row->disk, request_disk(rq), disk_name);
}

/* What was merged to its front since it was queued may be of another file. */
static __always_inline void name_by_request(struct event_iotrace *row, const struct io_request *slot,
					    const struct request *rq)
{
	const struct inode *inode = bio_inode(rq->bio);
	if (inode && BPF_CORE_READ(inode, i_ino) == slot->file.inode)
		file_set(&row->file, inode);
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(on_complete, struct request *rq, int error, unsigned int bytes)
{
	__u32 op = rq->cmd_flags & REQ_OP_MASK;
	struct io_request *slot = armed_ns && op <= OP_WRITE ? slot_of(ctx) : NULL;
	struct event_iotrace *row;
	struct io_key key;
	if (!slot || !is_of(slot, rq))
		return 0;
	key = (struct io_key){.file = slot->file, .tgid = slot->process.tgid};
	row = bpf_map_lookup_elem(&rows, &key);
	if (!row)
		row = add_row(&key, &slot->process);
	if (!row)
		return 0;
	__sync_fetch_and_add(op == OP_READ ? &row->disk_read_bytes : &row->disk_write_bytes, bytes);
	if (bytes >= rq->__data_len || error) {
		count_request(row, slot, rq);
		slot->request = 0;
	}
	if (is_to_name(row))
		name_by_request(row, slot, rq);
	return 0;
}

EVENT_SELF_TEST(event_iotrace, EVENT_IOTRACE)
