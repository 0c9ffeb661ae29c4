/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/iolatency.skel.h"

struct iolatency {
	bool error_is_status; /* blk_status_t since 8a7d267b4a2d, an errno before */
};

static int load(struct detector *d)
{
	struct iolatency *own = calloc(1, sizeof(*own));
	if (!own)
		return -ENOMEM;
	d->own = own;
	own->error_is_status = detector_tracepoint_takes(d->world->btf, "block_rq_complete", 1, "blk_status_t") == 1;
	return detector_load_plain(d, iolatency, "tp_btf/block_rq_complete");
}

/* BLK_STS_* as the errno that the block layer makes of it. */
static uint32_t errno_of_status(uint8_t status)
{
	static const uint8_t errors[] = {0, EOPNOTSUPP, ETIMEDOUT, ENOSPC, ENOLINK, EREMOTEIO, EBADE, ENODATA, EILSEQ,
					 ENOMEM, EIO, EREMCHG, EAGAIN, EBUSY};
	return status < ARRAY_SIZE(errors) ? errors[status] : EIO;
}

static void finish(struct detector *d, struct event *record, uint32_t *len _unused_, char entity[ENTITY_NAME_MAX])
{
	const struct iolatency *own = d->own;
	struct event_iolatency *e = (struct event_iolatency *)record;
	e->error = own->error_is_status ? errno_of_status((uint8_t)e->error) : (uint32_t)abs((int32_t)e->error);
	snprintf(entity, ENTITY_NAME_MAX, "%.*s", (int)sizeof(e->disk), e->disk);
}

static void unload(struct detector *d)
{
	free(d->own);
}

const struct detector_ops iolatency_ops = {.load = load, .finish = finish, .unload = unload};
