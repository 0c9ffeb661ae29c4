/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/ras.skel.h"
#include "engine/detect/ras_decode.h"

#include <ctype.h>

#define PAGE_TYPES 32

/* What this kernel calls the pages of a memory failure: the numbers differ from one to the next. */
struct ras {
	char page_types[PAGE_TYPES][32];
};

static void name_page_types(struct ras *own, const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "mf_action_page_type", BTF_KIND_ENUM);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);
	for (unsigned i = 0; t && i < btf_vlen(t); i++) {
		const struct btf_enum *value = &btf_enum(t)[i];
		const char *name = btf__name_by_offset(btf, value->name_off);
		if (value->val < 0 || value->val >= PAGE_TYPES || !starts_with(name, "MF_MSG_"))
			continue;
		char *to = own->page_types[value->val];
		snprintf(to, sizeof(own->page_types[0]), "%s", name + strlen("MF_MSG_"));
		for (; *to; to++)
			*to = *to == '_' ? ' ' : (char)tolower(*to);
	}
}

/* Loads what this kernel has a tracepoint for, and names those. */
static unsigned choose(struct detector *d, struct ras_bpf *bpf)
{
	const struct {
		const char *name;
		struct bpf_program *program;
	} hooks[] = {
		{"mce_record", bpf->progs.on_mce},
		{"mc_event", bpf->progs.on_edac},
		{"aer_event", bpf->progs.on_aer},
		{"memory_failure_event", bpf->progs.on_memory_failure},
		{"extlog_mem_event", bpf->progs.on_extlog},
		{"non_standard_event", bpf->progs.on_non_standard},
		{"arm_event", bpf->progs.on_arm},
	};
	unsigned n = 0;
	snprintf(d->hook, sizeof(d->hook), "tp_btf/");
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		bool there = detector_tracepoint_takes(d->world->btf, hooks[i].name, 0, "") >= 0;
		size_t len = strlen(d->hook);
		bpf_program__set_autoload(hooks[i].program, there);
		if (there)
			snprintf(d->hook + len, sizeof(d->hook) - len, "%s%s", n++ ? "," : "", hooks[i].name);
	}
	return n;
}

static int load(struct detector *d)
{
	struct ras *own = d->own = calloc(1, sizeof(*own));
	struct ras_bpf *bpf = own ? ras_bpf__open() : NULL;
	if (!bpf)
		return -ENOMEM;
	detector_open(d, bpf);
	if (!choose(d, bpf))
		return detector_refuse(d, -EOPNOTSUPP, "none of the tracepoints of drivers/ras in the kernel's BTF");
	bpf->rodata->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	bpf->rodata->arm_tells_severity = detector_tracepoint_takes(d->world->btf, "arm_event", 7, "u8") == 1;
	name_page_types(own, d->world->btf);
	return detector_load(d, bpf);
}

static void finish(struct detector *d, struct event *record, uint32_t *len _unused_, char *entity _unused_)
{
	const struct ras *own = d->own;
	struct event_ras *e = (struct event_ras *)record;
	const char *page_type = e->error_type < PAGE_TYPES ? own->page_types[e->error_type] : "";
	ras_decode(e, *page_type ? page_type : NULL);
}

static void unload(struct detector *d)
{
	free(d->own);
}

const struct detector_ops ras_ops = {.load = load, .finish = finish, .unload = unload};
