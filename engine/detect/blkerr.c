/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/block.h"

#include "bpf/blkerr.skel.h"

#define OP(n) (1ULL << (n)) /* REQ_OP_* */
#define ANY_OP (~0ULL)

/* What ends in error with nothing being wrong. */
static const struct noise {
	uint64_t ops;
	uint32_t error; /* 0: any */
} noises[] = {
	/* SCSI_IN, SCSI_OUT (gone in 5.14), DRV_IN, DRV_OUT: passed through, so who sent it sees the answer (SMART). */
	{OP(32) | OP(33) | OP(34) | OP(35), 0},
	/* Whether a device can do it is found out by trying, */
	{ANY_OP, EOPNOTSUPP},
	/* which SCSI calls an illegal request: DISCARD, SECURE_ERASE, WRITE_SAME, WRITE_ZEROES. */
	{OP(3) | OP(5) | OP(7) | OP(9), EREMOTEIO},
	/* REQ_NOWAIT would have had to wait. */
	{ANY_OP, EAGAIN},
};

static void tell_noise(struct blkerr_bpf *bpf)
{
	_Static_assert(ARRAY_SIZE(noises) <= ARRAY_SIZE(bpf->rodata->noise_ops), "NOISE_MAX of the kernel's side");
	for (size_t i = 0; i < ARRAY_SIZE(noises); i++) {
		bpf->rodata->noise_ops[i] = noises[i].ops;
		bpf->rodata->noise_errors[i] = noises[i].error;
	}
}

static int load(struct detector *d)
{
	bool own_hook = detector_tracepoint_takes(d->world->btf, "block_rq_error", 0, "request") == 1;
	struct blkerr_bpf *bpf = blkerr_bpf__open();
	if (!bpf)
		return -errno;
	detector_open(d, bpf);
	block_tell(d, bpf);
	tell_noise(bpf);
	bpf_program__set_autoload(bpf->progs.on_error, own_hook);
	bpf_program__set_autoload(bpf->progs.on_complete, !own_hook);
	snprintf(d->hook, sizeof(d->hook), "tp_btf/block_rq_%s, tp_btf/block_bio_complete", own_hook ? "error" : "complete");
	return detector_load(d, bpf);
}

/* scsi_mod may be missing, and with it its tracepoint: then nothing of it can time out. */
static int attach(struct detector *d)
{
	struct blkerr_bpf *bpf = d->bpf;
	struct bpf_program *request = bpf_program__autoload(bpf->progs.on_error) ? bpf->progs.on_error : bpf->progs.on_complete;
	int r = detector_attach_program(d, request);
	if (r >= 0)
		r = detector_attach_program(d, bpf->progs.on_bio);
	if (r < 0)
		return r;
	if (detector_attach_program(d, bpf->progs.on_scsi_timeout) >= 0)
		snprintf(d->hook + strlen(d->hook), sizeof(d->hook) - strlen(d->hook), ", raw_tp/scsi_dispatch_cmd_timeout");
	return 0;
}

static void finish(struct detector *d, struct event *record, uint32_t *len _unused_, char entity[ENTITY_NAME_MAX])
{
	struct event_blkerr *e = (struct event_blkerr *)record;
	block_finish(d, e->disk, &e->file, entity);
}

const struct detector_ops blkerr_ops = {.load = load, .attach = attach, .finish = finish};
