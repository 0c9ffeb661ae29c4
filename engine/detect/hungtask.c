/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/hungtask.skel.h"

#include <bpf/bpf.h>

static int load(struct detector *d)
{
	return detector_load_plain(d, hungtask, "tp_btf/sched_process_hang");
}

static int attach(struct detector *d)
{
	struct hungtask_bpf *bpf = d->bpf;
	bpf->links.count_d = bpf_program__attach(bpf->progs.count_d);
	return bpf->links.count_d ? detector_attach_all(d) : -errno;
}

static uint64_t count_d_tasks(struct hungtask_bpf *bpf)
{
	char nothing[64];
	_cleanup_close_ int fd = bpf_iter_create(bpf_link__fd(bpf->links.count_d));
	bpf->bss->d_tasks = 0;
	while (fd >= 0 && read(fd, nothing, sizeof(nothing)) > 0)
		;
	return bpf->bss->d_tasks;
}

static void finish(struct detector *d, struct event *record, uint32_t *len _unused_, char *entity _unused_)
{
	struct event_hungtask *e = (struct event_hungtask *)record;
	e->d_tasks = count_d_tasks(d->bpf);
}

const struct detector_ops hungtask_ops = {.load = load, .attach = attach, .finish = finish};
