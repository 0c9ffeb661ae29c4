/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/softirq.skel.h"

/* Without the tick's address late timers cannot be told from those that were started late; softirqs still can. */
static int load(struct detector *d)
{
	struct softirq_bpf *bpf = softirq_bpf__open();
	bool tick = d->world->tick_function;
	if (!bpf)
		return -errno;
	detector_open(d, bpf);
	bpf->rodata->tick_function = d->world->tick_function;
	bpf_program__set_autoload(bpf->progs.on_timer, tick);
	snprintf(d->hook, sizeof(d->hook), "%stp_btf/softirq_entry", tick ? "tp_btf/hrtimer_expire_entry, " : "");
	return detector_load(d, bpf);
}

const struct detector_ops softirq_ops = {.load = load};
