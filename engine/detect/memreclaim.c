/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/memreclaim.skel.h"

static bool has_tracepoint(const struct detector *d, const char *name)
{
	return detector_tracepoint_takes(d->world->btf, name, 0, "") >= 0;
}

/* A kernel may have been built without memory cgroups and without compaction. */
static int load(struct detector *d)
{
	bool memcg = has_tracepoint(d, "mm_vmscan_memcg_reclaim_end"), compaction = has_tracepoint(d, "mm_compaction_end");
	struct memreclaim_bpf *bpf = memreclaim_bpf__open();
	if (!bpf)
		return -errno;
	detector_open(d, bpf);
	bpf_program__set_autoload(bpf->progs.on_memcg_begin, memcg);
	bpf_program__set_autoload(bpf->progs.on_memcg_end, memcg);
	bpf_program__set_autoload(bpf->progs.on_compaction_begin, compaction);
	bpf_program__set_autoload(bpf->progs.on_compaction_end, compaction);
	snprintf(d->hook, sizeof(d->hook), "tp_btf/mm_vmscan_direct_reclaim_end%s", memcg ? ", _memcg_reclaim_end" : "");
	return detector_load(d, bpf);
}

const struct detector_ops memreclaim_ops = {.load = load};
