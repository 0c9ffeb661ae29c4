/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/runqlat.skel.h"

static int load(struct detector *d)
{
	return detector_load_plain(d, runqlat, "tp_btf/sched_switch");
}

const struct detector_ops runqlat_ops = {.load = load};
