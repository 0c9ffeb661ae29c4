/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/txtimeout.skel.h"

static int load(struct detector *d)
{
	struct txtimeout_bpf *bpf = txtimeout_bpf__open();
	if (!bpf)
		return -errno;
	detector_open(d, bpf);
	bpf->rodata->jiffy_ns = detector_jiffy_ns();
	snprintf(d->hook, sizeof(d->hook), "tp_btf/net_dev_xmit_timeout");
	return detector_load(d, bpf);
}

static void finish(struct detector *d, struct event *record, uint32_t *len _unused_, char entity[ENTITY_NAME_MAX])
{
	const struct event_txtimeout *e = (const struct event_txtimeout *)record;
	detector_name_device(d, e->ifname, e->netns, entity);
}

const struct detector_ops txtimeout_ops = {.load = load, .finish = finish};
