/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block requests and bios that end in error, and SCSI commands that time out.
 *
 *     request     block_rq_error, which only errors reach. Before 5.18 block_rq_complete: it passes every request, so the
 *                 first thing it does is to leave.
 *     bio         block_bio_complete, of bio-based devices (dm, md, zram): blk_update_request() takes the flag that traces
 *                 them off the bios of requests, so a machine without such devices never gets here (0 runs seen). With
 *                 them it passes every bio and leaves after one load: 60 ns of the tens of microseconds that a bio takes.
 *     timeout     scsi_dispatch_cmd_timeout, if scsi_mod was loaded when we began.
 *
 * Nobody knows at that end whose the request was: the header has the cgroup that it was for, no task.
 */
#include "bpf/lib/emit.bpf.h"
#include "bpf/lib/block.bpf.h"

#define ETIMEDOUT 110
#define RQF_QUIET (1 << 11) /* of the kernels without block_rq_error, which does not tell of these either */
#define NOISE_MAX 4

struct scsi_cmnd {
	int retries;
} CORE;

/* What ends in error with nothing being wrong, filled by user space: bits of REQ_OP_*, and the errno, 0 for any. */
const volatile __u64 noise_ops[NOISE_MAX] = {};
const volatile __u32 noise_errors[NOISE_MAX] = {};

static __always_inline bool is_noise(__u32 op, __u32 error)
{
	for (int i = 0; i < NOISE_MAX; i++)
		if (noise_ops[i] >> (op & 63) & 1 && (!noise_errors[i] || noise_errors[i] == error))
			return true;
	return false;
}

static __always_inline struct event_blkerr *begin(__u32 type, __u32 op, __u32 error)
{
	__u64 now = bpf_ktime_get_ns();
	struct event_blkerr *e;
	if (is_noise(op, error) || !event_allowed(now))
		return NULL;
	e = event_reserve(event_blkerr, EVENT_BLKERR, now);
	if (!e)
		return NULL;
	e->type = type;
	e->op = op;
	e->error = error;
	return e;
}

static __always_inline int finish(struct event_blkerr *e, const struct bio *bio)
{
	e->h.cgroup_id = bio_cgroup_id(bio);
	file_set(&e->file, bio_inode(bio));
	return event_submit(e);
}

/* A SCSI disk's command lies behind its request. */
static __always_inline __u32 scsi_retries(const struct request *rq, const char *disk)
{
	const struct scsi_cmnd *cmd = (const void *)((const char *)rq + bpf_core_type_size(struct request));
	if (disk[0] != 's' || (disk[1] != 'd' && disk[1] != 'r') || !bpf_core_field_exists(cmd->retries))
		return 0;
	return BPF_CORE_READ(cmd, retries);
}

static __always_inline int report_request(const struct request *rq, __u32 type, __u32 error, __u32 bytes)
{
	struct event_blkerr *e = begin(type, BPF_CORE_READ(rq, cmd_flags) & REQ_OP_MASK, error);
	if (!e)
		return 0;
	BPF_CORE_READ_STR_INTO(&e->disk, request_disk(rq), disk_name);
	e->sector = request_sector(rq);
	e->bytes = bytes;
	e->retries = scsi_retries(rq, e->disk);
	return finish(e, BPF_CORE_READ(rq, bio));
}

SEC("?tp_btf/block_rq_error")
int BPF_PROG(on_error, struct request *rq, int status, unsigned int bytes)
{
	return report_request(rq, BLKERR_REQUEST, status_to_errno(status), bytes);
}

SEC("?tp_btf/block_rq_complete")
int BPF_PROG(on_complete, struct request *rq, int error, unsigned int bytes)
{
	if (!error || rq->rq_flags & RQF_QUIET)
		return 0;
	return report_request(rq, BLKERR_REQUEST, completion_errno(error), bytes);
}

SEC("tp_btf/block_bio_complete")
int BPF_PROG(on_bio, struct request_queue *q, struct bio___block *bio)
{
	__u8 status = bio->bi_status;
	struct event_blkerr *e;
	if (!status)
		return 0;
	e = begin(BLKERR_BIO, bio->bi_opf & REQ_OP_MASK, status_to_errno(status));
	if (!e)
		return 0;
	BPF_CORE_READ_STR_INTO(&e->disk, bio_disk((const struct bio *)bio), disk_name);
	e->sector = bio->bi_iter.bi_sector;
	e->bytes = bio->bi_iter.bi_size;
	return finish(e, (const struct bio *)bio);
}

/* Of a module that may have no BTF; the command lies behind its request. */
SEC("raw_tp/scsi_dispatch_cmd_timeout")
int BPF_PROG(on_scsi_timeout, const char *cmd)
{
	const struct request *rq = (const void *)(cmd - bpf_core_type_size(struct request));
	return report_request(rq, BLKERR_TIMEOUT, ETIMEDOUT, BPF_CORE_READ(rq, __data_len));
}

EVENT_SELF_TEST(event_blkerr, EVENT_BLKERR)
