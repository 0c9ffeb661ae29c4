/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What we read of block requests and bios, as flavours of the kernel's structs, and what the rooms about them share. The
 * functions are for the few that are reported; a hook that runs for all of them loads its fields itself.
 */
#pragma once

#include "bpf/lib/file.bpf.h"

#define REQ_OP_MASK 0xff
#define NO_SECTOR   (~0ULL) /* of a flush */
#define STATUS_MAX  32	    /* of BLK_STS_*, a power of two */

struct gendisk {
	char disk_name[32];
} CORE;

struct request_queue {
	struct gendisk *disk;
} CORE;

struct request {
	struct request_queue *q;
	__u32 cmd_flags;
	__u32 rq_flags;
	int tag;
	unsigned int __data_len;
	__u64 __sector;
	struct bio *bio;
	__u64 start_time_ns, io_start_time_ns;
} CORE;

/* Until f3fa33acca9f ("block: remove the ->rq_disk field in struct request") in 5.17. */
struct request___disk {
	struct gendisk *rq_disk;
} CORE;

struct block_device {
	struct gendisk *bd_disk;
} CORE;

struct bvec_iter {
	__u64 bi_sector;
	unsigned int bi_size;
} CORE;

struct blkcg {
	struct cgroup_subsys_state css;
} CORE;

struct blkcg_gq {
	struct blkcg *blkcg;
} CORE;

struct bio___block {
	struct block_device *bi_bdev;
	unsigned int bi_opf;
	__u8 bi_status;
	struct bvec_iter bi_iter;
	struct blkcg_gq *bi_blkg;
} CORE;

/* Until 309dca309fc3 ("block: store a block_device pointer in struct bio") in 5.12. */
struct bio___disk {
	struct gendisk *bi_disk;
} CORE;

struct cgroup_root {
	int hierarchy_id;
} CORE;

struct cgroup___root {
	struct cgroup_root *root;
} CORE;

const volatile __u8 status_errno[STATUS_MAX] = {}; /* the errno of each BLK_STS_*; filled by user space */
const volatile bool error_is_errno = false; /* of block_rq_complete, until 8a7d267b4a2d ("block: pass a block_status_t …") */

static __always_inline __u32 status_to_errno(__u32 status)
{
	return status_errno[status & (STATUS_MAX - 1)];
}

/* What block_rq_complete calls its error. */
static __always_inline __u32 completion_errno(int error)
{
	if (error_is_errno)
		return error < 0 ? -error : error;
	return status_to_errno(error);
}

static __always_inline const struct gendisk *request_disk(const struct request *rq)
{
	const struct request___disk *old = (const void *)rq;
	if (bpf_core_field_exists(old->rq_disk))
		return BPF_CORE_READ(old, rq_disk);
	return BPF_CORE_READ(rq, q, disk);
}

static __always_inline __u64 request_sector(const struct request *rq)
{
	__u64 sector = BPF_CORE_READ(rq, __sector);
	return sector == NO_SECTOR ? 0 : sector;
}

static __always_inline const struct gendisk *bio_disk(const struct bio *bio)
{
	const struct bio___disk *old = (const void *)bio;
	if (bpf_core_field_exists(old->bi_disk))
		return BPF_CORE_READ(old, bi_disk);
	return BPF_CORE_READ((const struct bio___block *)bio, bi_bdev, bd_disk);
}

/* The cgroup whose I/O it is, the writer's even when a kernel thread writes it back; 0 where blkio is not on cgroup v2. */
static __always_inline __u64 bio_cgroup_id(const struct bio *bio)
{
	const struct bio___block *b = (const void *)bio;
	const struct cgroup *cgroup = NULL;
	if (b && bpf_core_field_exists(b->bi_blkg))
		cgroup = BPF_CORE_READ(b, bi_blkg, blkcg, css.cgroup);
	if (!cgroup || BPF_CORE_READ((const struct cgroup___root *)cgroup, root, hierarchy_id))
		return 0;
	return BPF_CORE_READ(cgroup, kn, id);
}
