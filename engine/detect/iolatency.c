/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/block.h"

#include "bpf/iolatency.skel.h"

static int load(struct detector *d)
{
	struct iolatency_bpf *bpf = iolatency_bpf__open();
	if (!bpf)
		return -errno;
	detector_open(d, bpf);
	block_tell(d, bpf);
	snprintf(d->hook, sizeof(d->hook), "tp_btf/block_rq_complete");
	return detector_load(d, bpf);
}

static void finish(struct detector *d, struct event *record, uint32_t *len _unused_, char entity[ENTITY_NAME_MAX])
{
	struct event_iolatency *e = (struct event_iolatency *)record;
	block_finish(d, e->disk, &e->file, entity);
}

const struct detector_ops iolatency_ops = {.load = load, .finish = finish};
