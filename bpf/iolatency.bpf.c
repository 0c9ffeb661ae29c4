/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block requests that were slow from queue to complete (the request's own start_time_ns) or from issue to complete. The
 * issue is stamped here: where the kernel caches the time per plug, io_start_time_ns equals start_time_ns (6.12).
 * Stamps lie in a plain array at a hash of tag and sector; requests that share a slot cost the issuer's name.
 *
 * An I/O scheduler hands a request to the device in whatever context is at hand, and so does a device that was busy:
 * whoever was seen with it first, when it was inserted or else issued, is who asked for it.
 */
#define HISTS 2
#include "bpf/lib/emit.bpf.h"
#include "bpf/lib/block.bpf.h"
#include "bpf/lib/hist.bpf.h"

#define SLOTS 4096

enum { HIST_Q2C, HIST_D2C };

struct issue {
	__u64 request, t_ns;
	__u64 pid_tgid;
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

static __always_inline __u64 since(__u64 now, __u64 then)
{
	return then && now > then ? now - then : 0;
}

static __always_inline void set_issuer(struct event_iolatency *e, const struct issue *issue)
{
	e->h.pid = e->issuer_pid = issue->pid_tgid;
	e->h.tgid = issue->pid_tgid >> 32;
	__builtin_memcpy(e->h.comm, issue->comm, sizeof(e->h.comm));
	__builtin_memcpy(e->issuer_comm, issue->comm, sizeof(e->issuer_comm));
}

static __always_inline int report(const struct request *rq, const struct issue *issue, __u32 error, __u32 bytes,
				  __u64 now, __u64 q2c_ns, __u64 d2c_ns)
{
	const struct bio *bio = BPF_CORE_READ(rq, bio);
	struct event_iolatency *e;
	if (!event_allowed(now))
		return 0;
	e = event_reserve(event_iolatency, EVENT_IOLATENCY, now);
	if (!e)
		return 0;
	BPF_CORE_READ_STR_INTO(&e->disk, request_disk(rq), disk_name);
	e->sector = request_sector(rq);
	e->bytes = bytes;
	e->q2c_ns = q2c_ns;
	e->d2c_ns = d2c_ns;
	e->threshold_ns = threshold_ns;
	e->op = BPF_CORE_READ(rq, cmd_flags) & REQ_OP_MASK;
	e->error = error;
	if (issue && now - q2c_ns >= armed_ns) /* else another may have had it before */
		set_issuer(e, issue);
	e->h.cgroup_id = bio_cgroup_id(bio);
	file_set(&e->file, bio_inode(bio));
	return event_submit(e);
}

static __always_inline int stamp(const struct request *rq, __u64 t_ns)
{
	struct issue *issue = slot_of(rq);
	if (!issue)
		return 0;
	if (issue->request != (__u64)rq || issue->t_ns < armed_ns) {
		issue->request = (__u64)rq;
		issue->pid_tgid = bpf_get_current_pid_tgid();
		bpf_get_current_comm(issue->comm, sizeof(issue->comm));
	}
	issue->t_ns = t_ns;
	return 0;
}

SEC("tp_btf/block_rq_insert")
int BPF_PROG(on_insert, struct request *rq)
{
	return armed_ns ? stamp(rq, armed_ns) : 0; /* its issue will tell the time */
}

SEC("tp_btf/block_rq_issue")
int BPF_PROG(on_issue, struct request *rq)
{
	return armed_ns ? stamp(rq, bpf_ktime_get_ns()) : 0;
}

/* What was stamped for that request, taken off; NULL: nothing, or before we were armed. */
static __always_inline const struct issue *take_issue(const struct request *rq)
{
	struct issue *issue = slot_of(rq);
	if (!issue || issue->request != (__u64)rq)
		return NULL;
	issue->request = 0;
	return issue->t_ns < armed_ns ? NULL : issue;
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(on_complete, struct request *rq, int error, unsigned int bytes)
{
	const struct issue *issue;
	__u64 now, issued_ns, q2c_ns, d2c_ns;
	if (!armed_ns)
		return 0;
	issue = take_issue(rq);
	if (!error && bytes < rq->__data_len) /* the rest is still to come */
		return 0;
	now = bpf_ktime_get_ns();
	issued_ns = rq->io_start_time_ns;
	barrier_var(issued_ns); /* else one load serves both pointers, which the verifier refuses */
	if (issue)
		issued_ns = issue->t_ns;
	d2c_ns = since(now, issued_ns);
	q2c_ns = since(now, rq->start_time_ns);
	if (q2c_ns)
		hist_add(HIST_Q2C, q2c_ns);
	if (d2c_ns)
		hist_add(HIST_D2C, d2c_ns);
	if (q2c_ns <= threshold_ns && d2c_ns <= threshold_ns)
		return 0;
	return report(rq, issue, completion_errno(error), bytes, now, q2c_ns ?: d2c_ns, d2c_ns);
}

EVENT_SELF_TEST(event_iolatency, EVENT_IOLATENCY)
