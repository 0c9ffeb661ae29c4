/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/offcpu.skel.h"

#include <bpf/bpf.h>

static int load(struct detector *d)
{
	return detector_load_plain(d, offcpu, "tp_btf/sched_switch");
}

/* Those that sleep already: what armed us may be one long stall. */
static int stamp_sleepers(struct offcpu_bpf *bpf)
{
	char nothing[64];
	struct bpf_link *link = bpf_program__attach(bpf->progs.stamp_sleepers);
	if (!link)
		return -errno;
	_cleanup_close_ int fd = bpf_iter_create(bpf_link__fd(link));
	while (fd >= 0 && read(fd, nothing, sizeof(nothing)) > 0)
		;
	bpf_link__destroy(link);
	return fd < 0 ? fd : 0;
}

static int attach(struct detector *d)
{
	int r = detector_attach_all(d);
	return r < 0 ? r : stamp_sleepers(d->bpf);
}

const struct detector_ops offcpu_ops = {.load = load, .attach = attach};
