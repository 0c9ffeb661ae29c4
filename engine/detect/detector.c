/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include <stdarg.h>
#include <sys/mman.h>

int detector_refuse(struct detector *d, int error, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(d->reason, sizeof(d->reason), fmt, args);
	va_end(args);
	return error;
}

int detector_attach_program(struct detector *d, struct bpf_program *program)
{
	if (d->n_links == ARRAY_SIZE(d->links))
		return -ENOSPC;
	struct bpf_link *link = bpf_program__attach(program);
	if (!link)
		return -errno;
	d->links[d->n_links++] = link;
	return 0;
}

static bool is_hook(const struct bpf_program *program)
{
	return bpf_program__fd(program) >= 0 && !streq(bpf_program__name(program), "self_test") &&
	       !starts_with(bpf_program__section_name(program), "iter/");
}

int detector_attach_all(struct detector *d)
{
	struct bpf_program *program;
	if (!d->skeleton)
		return 0;
	bpf_object__for_each_program(program, *d->skeleton->obj)
	{
		int r = is_hook(program) ? detector_attach_program(d, program) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

void detector_detach_all(struct detector *d)
{
	while (d->n_links)
		bpf_link__destroy(d->links[--d->n_links]);
}

int detector_try_twice(struct detector *d)
{
	int r = 0;
	for (int i = 0; i < 2 && r >= 0; i++) {
		r = detector_attach_all(d);
		detector_detach_all(d);
	}
	return r;
}

int detector_share_ring(struct detector *d)
{
	struct bpf_map *own = bpf_object__find_map_by_name(*d->skeleton->obj, "events");
	return own && d->world->ring_fd >= 0 ? bpf_map__reuse_fd(own, d->world->ring_fd) : -ENOENT;
}

static struct bpf_map *hists_of(const struct detector *d)
{
	return bpf_object__find_map_by_name(*d->skeleton->obj, "hists");
}

static size_t hists_bytes(const struct detector *d)
{
	return d->n_hists * d->n_cpus * sizeof(struct hist);
}

void detector_size_hists(struct detector *d)
{
	struct bpf_map *map = hists_of(d);
	int cpus = libbpf_num_possible_cpus();
	if (!map || cpus < 1)
		return;
	d->n_hists = bpf_map__max_entries(map);
	d->n_cpus = (unsigned)cpus;
	bpf_map__set_max_entries(map, d->n_hists * d->n_cpus);
}

int detector_map_hists(struct detector *d)
{
	if (!d->n_hists)
		return 0;
	void *at = mmap(NULL, hists_bytes(d), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(hists_of(d)), 0);
	if (at == MAP_FAILED)
		return -errno;
	d->hists = at;
	return 0;
}

static void unmap_hists(struct detector *d)
{
	if (d->hists)
		munmap(d->hists, hists_bytes(d));
	d->hists = NULL;
	d->n_hists = 0;
}

void detector_unload(struct detector *d)
{
	detector_detach_all(d);
	unmap_hists(d);
	if (d->ops->unload)
		d->ops->unload(d);
	if (d->skeleton)
		bpf_object__destroy_skeleton(d->skeleton);
	free(d->bpf);
	d->skeleton = NULL;
	d->bpf = d->own = NULL;
	d->fd = -1;
	d->counters = (struct detector_counters){0};
}

void detector_count_here(struct detector *d)
{
	d->tally = (struct detector_tally){0};
	d->counters = (struct detector_counters){
		.emitted = &d->tally.emitted, .lost = &d->tally.lost, .limited = &d->tally.limited};
}

bool detector_may_emit(struct detector *d, uint64_t now_ns)
{
	struct detector_tally *t = &d->tally;
	if (t->second != now_ns / NS_PER_S) {
		t->second = now_ns / NS_PER_S;
		t->taken = 0;
	}
	if (t->taken >= d->settings.rate_per_s) {
		t->limited++;
		return false;
	}
	t->taken++;
	return true;
}

void detector_name_device(const struct detector *d, const char ifname[EVENT_NAME_LEN], uint32_t netns,
			  char entity[ENTITY_NAME_MAX])
{
	if (!netns || !d->world->netns || netns == d->world->netns)
		snprintf(entity, ENTITY_NAME_MAX, "%.*s", EVENT_NAME_LEN, ifname);
}

uint64_t detector_jiffy_ns(void)
{
	struct timespec t = {0};
	clock_getres(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static const struct btf_type *without_modifiers(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	while (t && btf_is_mod(t))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* The prototype is that of btf_trace_NAME: a typedef of a pointer to a function whose first parameter is the kernel's. */
static const struct btf_type *prototype_of(const struct btf *btf, const char *tracepoint)
{
	char name[128];
	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	int id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) : -ENOENT;
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);
	for (int i = 0; t && i < 2; i++)
		t = without_modifiers(btf, t->type);
	return t && btf_is_func_proto(t) ? t : NULL;
}

int detector_tracepoint_takes(const struct btf *btf, const char *tracepoint, unsigned at, const char *type)
{
	const struct btf_type *proto = prototype_of(btf, tracepoint);
	if (!proto)
		return -1;
	if (at + 1 >= btf_vlen(proto))
		return 0;
	const struct btf_type *t = without_modifiers(btf, btf_params(proto)[at + 1].type);
	if (t && btf_is_ptr(t))
		t = without_modifiers(btf, t->type);
	return t && streq(btf__name_by_offset(btf, t->name_off), type);
}
