/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detect.h"

#include "engine/base/log.h"
#include "engine/detect/bpflog.h"
#include "engine/detect/context.h"
#include "engine/detect/detector.h"

#include "engine/detect/klog_patterns.h"
#include "engine/detect/ksym.h"

#include <bpf/bpf.h>
#include <limits.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#define TAKE_MOST	 512 /* events at once: some milliseconds */
#define POD_NAME_WAIT_NS (5 * NS_PER_MS)

struct detect {
	struct detector_world world;
	char proc_root[256], sys_root[256], klog_path[256];
	int poll_fd;		  /* over the ring's and the detectors' own */
	struct ring_buffer *ring; /* of all BPF objects; NULL: it could not be made, and none will load */
	struct detector *detectors;
	event_fn fn; /* while detect_take() runs */
	void *ctx;
	int taken;
	union {
		struct event record;
		char room[DETECTOR_RECORD_MAX];
	} scratch;
};

static void init_detector(struct detect *d, size_t i, const struct detector_settings *given)
{
	struct detector *one = &d->detectors[i];
	one->def = &detector_defs[i];
	one->ops = detector_ops_table[i];
	one->world = &d->world;
	one->set = d;
	one->fd = -1;
	one->settings.threshold = given && given[i].threshold ? given[i].threshold : one->def->threshold;
	one->settings.rate_per_s = given && given[i].rate_per_s ? given[i].rate_per_s : DETECTOR_RATE;
	one->settings.cgroup_rate_per_s = given && given[i].cgroup_rate_per_s ? given[i].cgroup_rate_per_s :
										MAX(one->settings.rate_per_s / 4, 1U);
	detector_refuse(one, 0, "not started");
}

int detect_new(const struct detect_options *options, struct detect **ret)
{
	struct detect *d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	snprintf(d->proc_root, sizeof(d->proc_root), "%s", options->proc_root ?: "/proc");
	snprintf(d->sys_root, sizeof(d->sys_root), "%s", options->sys_root ?: "/sys");
	snprintf(d->klog_path, sizeof(d->klog_path), "%s", options->klog_path ?: "/etc/tracetrap/klog");
	d->world = (struct detector_world){
		.proc_root = d->proc_root, .sys_root = d->sys_root, .klog_path = d->klog_path, .ring_fd = -1};
	d->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	d->detectors = calloc(detector_defs_n, sizeof(*d->detectors));
	d->world.cgroups = cgroups_new(d->sys_root);
	d->world.contexts = contexts_new(options->host_root ?: "/", d->proc_root, POD_NAME_WAIT_NS);
	if (d->poll_fd < 0 || !d->detectors || !d->world.cgroups || !d->world.contexts) {
		detect_free(d);
		return -ENOMEM;
	}
	d->world.has_v1 = cgroups_has_v1(d->world.cgroups);
	for (size_t i = 0; i < detector_defs_n; i++)
		init_detector(d, i, options->settings);
	*ret = d;
	return 0;
}

static int poll_also(struct detect *d, int fd)
{
	struct epoll_event wanted = {.events = EPOLLIN, .data.fd = fd};
	return epoll_ctl(d->poll_fd, EPOLL_CTL_ADD, fd, &wanted) < 0 ? -errno : 0;
}

/* The cgroup that the context is about: the event's own entity, where it is one, else that of the header's task. */
static bool find_cgroup(const struct detector *one, const struct event *record, const char *entity,
			char ret_path[ENTITY_NAME_MAX])
{
	const struct detector_world *w = one->world;
	if (one->def->entity == ENTITY_KIND_CGROUP && *entity) {
		strcpy(ret_path, entity);
		return true;
	}
	if (w->has_v1 && record->tgid && contexts_v1_path(w->contexts, record->tgid, ret_path, ENTITY_NAME_MAX))
		return true;
	return cgroups_path(w->cgroups, CGROUP_UNIFIED, record->cgroup_id, ret_path);
}

static void add_context(const struct detector *one, struct event *record, uint32_t *len, const char *entity)
{
	char path[ENTITY_NAME_MAX];
	if (!find_cgroup(one, record, entity, path))
		return;
	record->context_len = contexts_of_path(one->world->contexts, path, (char *)record + *len, DETECTOR_RECORD_MAX - *len);
	record->context_at = record->context_len ? *len : 0;
	*len += record->context_len;
}

/* From the ring or from detector_emit(): completed by its detector and handed on. */
static void take_record(struct detector *one, const void *data, size_t len)
{
	struct detect *d = one->set;
	char entity[ENTITY_NAME_MAX];
	strcpy(entity, one->def->entity == ENTITY_KIND_HOST ? entity_kind_name(ENTITY_KIND_HOST) : "");
	uint32_t n = (uint32_t)MIN(len, sizeof(d->scratch));
	memcpy(d->scratch.room, data, n);
	if (one->ops->finish)
		one->ops->finish(one, &d->scratch.record, &n, entity);
	add_context(one, &d->scratch.record, &n, entity);
	d->scratch.record.size = n;
	d->taken++;
	d->fn(d->ctx, (uint16_t)(one - d->detectors), &d->scratch.record, n, entity);
}

void detector_emit(struct detector *d, const struct event *record)
{
	if (!d->set->fn) {
		d->tally.lost++;
		return;
	}
	d->tally.emitted++;
	take_record(d, record, record->size);
}

/* Negative ends it for now: events may come as fast as they are taken. What is left keeps the descriptor readable. */
static int take_from_ring(void *ctx, void *data, size_t len)
{
	struct detect *d = ctx;
	const struct event *record = data;
	for (size_t i = 0; len >= sizeof(*record) && i < detector_defs_n; i++)
		if (detector_defs[i].kind == record->kind)
			take_record(&d->detectors[i], data, len);
	return d->taken < TAKE_MOST ? 0 : -EAGAIN;
}

/* One ring for all keeps their events in order, and costs a twentieth of the memory. */
static void open_ring(struct detect *d)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "events", 0, 0, EVENT_RING_BYTES, NULL);
	d->world.ring_fd = fd < 0 ? -1 : fd;
	d->ring = fd < 0 ? NULL : ring_buffer__new(fd, take_from_ring, d, NULL);
	if (d->ring)
		poll_also(d, ring_buffer__epoll_fd(d->ring));
}

static void let_go(struct detector *one)
{
	detector_detach_all(one);
	if (one->ops->detach)
		one->ops->detach(one);
}

static int attach(struct detector *one)
{
	int r = one->ops->attach ? one->ops->attach(one) : detector_attach_all(one);
	if (r < 0) {
		let_go(one);
		return r;
	}
	if (one->counters.armed_ns)
		__atomic_store_n(one->counters.armed_ns, clock_now(CLOCK_MONOTONIC), __ATOMIC_RELEASE);
	one->state = DETECTOR_ATTACHED;
	return 0;
}

static void detach(struct detector *one)
{
	if (one->counters.armed_ns)
		__atomic_store_n(one->counters.armed_ns, 0, __ATOMIC_RELEASE);
	let_go(one);
	one->state = DETECTOR_OFF;
}

/* Loads it, and attaches it once even if it is not to stay so: what cannot be armed should be known before it is needed. */
static int probe(struct detector *one)
{
	one->reason[0] = '\0';
	bpflog_begin();
	int r = one->ops->load(one);
	if (r >= 0)
		r = detector_map_hists(one);
	if (r >= 0 && one->fd >= 0)
		r = poll_also(one->set, one->fd);
	if (r >= 0)
		r = attach(one);
	if (r >= 0 && one->def->class == DETECTOR_ARMED)
		detach(one);
	return r;
}

static void start_detector(struct detector *one)
{
	char said[300];
	int r = probe(one);
	if (r >= 0)
		return;
	if (!one->reason[0])
		detector_refuse(one, r, "%s", bpflog_reason(r, said, sizeof(said)));
	one->state = DETECTOR_UNSUPPORTED;
	log_debug("detector '%s' is not supported here: %s", one->def->name, one->reason);
}

static void find_symbols(struct detector_world *w)
{
	/* The tick's own timer: tick_sched_timer() became tick_nohz_handler() in 6.9, a name that another function had before. */
	struct ksym_range found[] = {
		{.name = "mem_cgroup_out_of_memory"},
		{.name = "tick_sched_timer"},
		{.name = "tick_nohz_handler"},
		{.name = "asm_sysvec_apic_timer_interrupt"},
	};
	ksym_find(w->proc_root, found, ARRAY_SIZE(found));
	w->memcg_oom_begin = found[0].begin;
	w->memcg_oom_end = found[0].end;
	w->tick_function = found[1].begin ?: found[2].begin;
	w->timer_entry_begin = found[3].begin;
	w->timer_entry_end = found[3].end;
}

/* That of the devices in its net/dev. */
static uint32_t own_netns(const char *proc_root)
{
	char path[PATH_MAX];
	struct stat st;
	snprintf(path, sizeof(path), "%s/self/ns/net", proc_root);
	return stat(path, &st) < 0 ? 0 : (uint32_t)st.st_ino;
}

int detect_start(struct detect *d)
{
	bpflog_begin();
	open_ring(d);
	struct btf *btf = btf__load_vmlinux_btf();
	d->world.btf = btf;
	d->world.netns = own_netns(d->proc_root);
	find_symbols(&d->world);
	for (size_t i = 0; i < detector_defs_n; i++)
		start_detector(&d->detectors[i]);
	btf__free(btf);
	d->world.btf = NULL;
	/* libbpf parsed the kernel's types for each object; that memory should not count as ours all day. */
	malloc_trim(0);
	return 0;
}

int detect_arm(struct detect *d, uint16_t detector)
{
	struct detector *one = &d->detectors[detector];
	if (one->state == DETECTOR_UNSUPPORTED)
		return -EOPNOTSUPP;
	return one->state == DETECTOR_ATTACHED ? 0 : attach(one);
}

int detect_disarm(struct detect *d, uint16_t detector)
{
	struct detector *one = &d->detectors[detector];
	if (one->state == DETECTOR_UNSUPPORTED)
		return -EOPNOTSUPP;
	if (one->state == DETECTOR_ATTACHED && one->def->class == DETECTOR_ARMED)
		detach(one);
	return 0;
}

int detect_fd(const struct detect *d)
{
	return d->poll_fd;
}

static int take(struct detect *d, event_fn fn, void *ctx, bool ring_alone)
{
	d->fn = fn;
	d->ctx = ctx;
	d->taken = 0;
	int r = d->ring ? ring_buffer__consume(d->ring) : 0;
	for (size_t i = 0; !ring_alone && i < detector_defs_n; i++)
		if (d->detectors[i].ops->take && d->detectors[i].state != DETECTOR_UNSUPPORTED)
			d->detectors[i].ops->take(&d->detectors[i]);
	d->fn = NULL;
	return r < 0 && r != -EAGAIN ? r : d->taken;
}

int detect_take(struct detect *d, event_fn fn, void *ctx)
{
	return take(d, fn, ctx, /* ring_alone= */ false);
}

int detect_sweep(struct detect *d, event_fn fn, void *ctx)
{
	return take(d, fn, ctx, /* ring_alone= */ true);
}

static void add_run_time(const struct detector *one, struct detector_status *ret)
{
	struct bpf_program *program;
	bpf_object__for_each_program(program, *one->skeleton->obj)
	{
		struct bpf_prog_info info = {0};
		uint32_t len = sizeof(info);
		int fd = bpf_program__fd(program);
		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
			continue;
		ret->run_ns += info.run_time_ns;
		ret->run_count += info.run_cnt;
	}
}

static uint64_t counted(const __u64 *counter)
{
	return counter ? __atomic_load_n(counter, __ATOMIC_RELAXED) : 0;
}

void detect_status(const struct detect *d, uint16_t detector, struct detector_status *ret)
{
	const struct detector *one = &d->detectors[detector];
	bool supported = one->state != DETECTOR_UNSUPPORTED;
	*ret = (struct detector_status){
		.state = one->state,
		.hook = supported ? one->hook : NULL,
		.reason = supported ? NULL : one->reason,
		.events = counted(one->counters.emitted),
		.lost = counted(one->counters.lost),
		.limited = counted(one->counters.limited),
		.settings = one->settings,
	};
	ret->seen = one->counters.seen ? counted(one->counters.seen) : ret->events + ret->lost + ret->limited;
	if (supported && one->skeleton)
		add_run_time(one, ret);
}

static const struct detector *keeper_of(const struct detect *d, enum histogram_id id)
{
	for (size_t i = 0; i < detector_defs_n; i++)
		if (streq(d->detectors[i].def->name, histogram_detector(id)))
			return &d->detectors[i];
	return NULL;
}

bool detect_histogram(struct detect *d, enum histogram_id id, struct histogram *ret)
{
	const struct detector *one = keeper_of(d, id);
	unsigned which = histogram_index(id);
	*ret = (struct histogram){0};
	if (!one || !one->hists || which >= one->n_hists)
		return false;
	for (unsigned cpu = 0; cpu < one->n_cpus; cpu++) {
		struct hist *h = &one->hists[cpu * one->n_hists + which];
		histogram_add(ret, h);
		ret->max_ns = MAX(ret->max_ns, (uint64_t)__atomic_exchange_n(&h->max_ns, 0, __ATOMIC_RELAXED));
	}
	return one->state == DETECTOR_ATTACHED;
}

static int run_self_test(struct detector *one)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	struct bpf_program *program =
		one->skeleton ? bpf_object__find_program_by_name(*one->skeleton->obj, "self_test") : NULL;
	if (!program)
		return -EOPNOTSUPP;
	return bpf_prog_test_run_opts(bpf_program__fd(program), &options);
}

void detect_set_klog(struct detect *d, struct klog_patterns *patterns)
{
	for (size_t i = 0; i < detector_defs_n; i++)
		if (d->detectors[i].ops->set_patterns && d->detectors[i].state != DETECTOR_UNSUPPORTED)
			patterns = d->detectors[i].ops->set_patterns(&d->detectors[i], patterns);
	klog_patterns_free(patterns);
}

int detect_self_test(struct detect *d, uint16_t detector)
{
	struct detector *one = &d->detectors[detector];
	if (one->state == DETECTOR_UNSUPPORTED)
		return -EOPNOTSUPP;
	return one->ops->self_test ? one->ops->self_test(one) : run_self_test(one);
}

struct detect *detect_free(struct detect *d)
{
	if (!d)
		return NULL;
	ring_buffer__free(d->ring);
	close_fd(&d->world.ring_fd);
	for (size_t i = 0; d->detectors && i < detector_defs_n; i++)
		detector_unload(&d->detectors[i]);
	cgroups_free(d->world.cgroups);
	contexts_free(d->world.contexts);
	close_fd(&d->poll_fd);
	free(d->detectors);
	free(d);
	return NULL;
}
