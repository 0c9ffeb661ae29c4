/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block requests that were slow from queue to complete (the request's own start_time_ns) or from issue to complete. The
 * issue is stamped here: where the kernel caches the time per plug, io_start_time_ns equals start_time_ns (6.12).
 * Stamps lie in a plain array at a hash of tag and sector; requests that share a slot cost the issuer's name.
 */
#define HISTS 2
#include "bpf/lib/emit.bpf.h"
#include "bpf/lib/hist.bpf.h"

#define SLOTS	  4096
#define OP_MASK	  0xff /* REQ_OP_MASK */
#define NO_SECTOR (~0ULL)

enum { HIST_Q2C, HIST_D2C };

struct gendisk {
	char disk_name[32];
} CORE;

struct request_queue {
	struct gendisk *disk;
} CORE;

struct request {
	struct request_queue *q;
	__u32 cmd_flags;
	int tag;
	unsigned int __data_len;
	__u64 __sector;
	__u64 start_time_ns, io_start_time_ns;
} CORE;

/* Until f3fa33acca9f ("block: remove the ->rq_disk field in struct request") in 5.17. */
struct request___disk {
	struct gendisk *rq_disk;
} CORE;

struct issue {
	__u64 request, t_ns;
	__u32 pid, pad;
	char comm[EVENT_COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct issue);
} issues SEC(".maps");

/* Neither changes between issue and completion. (The verifier lets nobody calculate with the address.) */
static __always_inline struct issue *slot_of(const struct request *rq)
{
	__u32 slot = ((__u32)rq->__sector >> 3 ^ (__u32)rq->tag << 6) & (SLOTS - 1);
	return bpf_map_lookup_elem(&issues, &slot);
}

static __always_inline const struct gendisk *disk_of(const struct request *rq)
{
	const struct request___disk *old = (const void *)rq;
	if (bpf_core_field_exists(old->rq_disk))
		return BPF_CORE_READ(old, rq_disk);
	return BPF_CORE_READ(rq, q, disk);
}

static __always_inline __u64 since(__u64 now, __u64 then)
{
	return then && now > then ? now - then : 0;
}

static __always_inline int report(const struct request *rq, const struct issue *issue, __u32 error, __u32 bytes,
				  __u64 now, __u64 q2c_ns, __u64 d2c_ns)
{
	__u64 sector = BPF_CORE_READ(rq, __sector);
	struct event_iolatency *e;
	if (!event_allowed(now))
		return 0;
	e = event_reserve(event_iolatency, EVENT_IOLATENCY, now);
	if (!e)
		return 0;
	event_set_task(&e->h, current_task());
	BPF_CORE_READ_STR_INTO(&e->disk, disk_of(rq), disk_name);
	e->sector = sector == NO_SECTOR ? 0 : sector;
	e->bytes = bytes;
	e->q2c_ns = q2c_ns;
	e->d2c_ns = d2c_ns;
	e->threshold_ns = threshold_ns;
	e->op = BPF_CORE_READ(rq, cmd_flags) & OP_MASK;
	e->error = error;
	if (issue) {
		e->issuer_pid = issue->pid;
		__builtin_memcpy(e->issuer_comm, issue->comm, sizeof(e->issuer_comm));
	}
	return event_submit(e);
}

SEC("tp_btf/block_rq_issue")
int BPF_PROG(on_issue, struct request *rq)
{
	struct issue *issue = armed_ns ? slot_of(rq) : NULL;
	if (!issue)
		return 0;
	issue->request = (__u64)rq;
	issue->t_ns = bpf_ktime_get_ns();
	issue->pid = bpf_get_current_pid_tgid();
	bpf_get_current_comm(issue->comm, sizeof(issue->comm));
	return 0;
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(on_complete, struct request *rq, int error, unsigned int bytes)
{
	const struct issue *issue;
	__u64 now, q2c_ns, d2c_ns;
	if (!armed_ns || (!error && bytes < rq->__data_len)) /* the rest is still to come */
		return 0;
	now = bpf_ktime_get_ns();
	issue = slot_of(rq);
	if (issue && (issue->request != (__u64)rq || issue->t_ns < armed_ns))
		issue = NULL;
	d2c_ns = since(now, issue ? issue->t_ns : rq->io_start_time_ns);
	q2c_ns = since(now, rq->start_time_ns);
	if (q2c_ns)
		hist_add(HIST_Q2C, q2c_ns);
	if (d2c_ns)
		hist_add(HIST_D2C, d2c_ns);
	if (q2c_ns <= threshold_ns && d2c_ns <= threshold_ns)
		return 0;
	return report(rq, issue, error, bytes, now, q2c_ns ?: d2c_ns, d2c_ns);
}

EVENT_SELF_TEST(event_iolatency, EVENT_IOLATENCY)
