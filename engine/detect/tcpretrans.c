/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/tcpretrans.skel.h"

static int load(struct detector *d)
{
	int takes_socket = detector_tracepoint_takes(d->world->btf, "tcp_retransmit_skb", 0, "sock");
	bool takes_error = detector_tracepoint_takes(d->world->btf, "tcp_retransmit_skb", 2, "int") == 1;
	if (takes_socket != 1)
		return detector_refuse(d, -EOPNOTSUPP, "no tracepoint tcp_retransmit_skb in the kernel's BTF");
	struct tcpretrans_bpf *bpf = tcpretrans_bpf__open();
	if (!bpf)
		return -errno;
	detector_open(d, bpf);
	bpf->rodata->jiffy_ns = detector_jiffy_ns();
	bpf_program__set_autoload(bpf->progs.on_segment, !takes_error);
	bpf_program__set_autoload(bpf->progs.on_segment_tried, takes_error);
	snprintf(d->hook, sizeof(d->hook), "tp_btf/tcp_retransmit_skb, tp_btf/tcp_retransmit_synack");
	return detector_load(d, bpf);
}

static void finish(struct detector *d, struct event *record, uint32_t *len _unused_, char entity[ENTITY_NAME_MAX])
{
	cgroups_path(d->world->cgroups, CGROUP_UNIFIED, record->cgroup_id, entity);
}

const struct detector_ops tcpretrans_ops = {.load = load, .finish = finish};
