/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/sample.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <perf/core.h>
#include <perf/cpumap.h>
#include <perf/event.h>
#include <perf/evlist.h>
#include <perf/evsel.h>
#include <perf/mmap.h>
#include <perf/threadmap.h>
#include <time.h>

#include "engine/base/text.h"

/* libperf copies a record that wraps round its buffer's end only up to sizeof(union perf_event), 4 KiB: so many frames
 * fit. */
#define STACK_FRAMES_MAX 127
#define RECORD_MAX	 sizeof(union perf_event)

/* Two lists, because the events of one share a buffer: an exec storm's mmap records must not push out samples. */
struct sampler {
	struct perf_evlist *samples, *maps;
};

static int print_nothing(enum libperf_print_level level _unused_, const char *fmt _unused_, va_list ap _unused_)
{
	return 0;
}

static struct perf_event_attr software_attr(uint64_t config, uint64_t sample_type)
{
	return (struct perf_event_attr){
		.type = PERF_TYPE_SOFTWARE,
		.config = config,
		.size = sizeof(struct perf_event_attr),
		.sample_type = sample_type,
		.sample_id_all = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
}

struct perf_event_attr sample_attr(unsigned hz)
{
	struct perf_event_attr attr = software_attr(PERF_COUNT_SW_CPU_CLOCK, SAMPLE_TYPE);
	attr.freq = 1;
	attr.sample_freq = hz;
	return attr;
}

void sample_attr_add_maps(struct perf_event_attr *attr)
{
	attr->mmap = attr->mmap2 = attr->comm = attr->comm_exec = attr->task = 1;
}

/* Nobody polls: the reader comes by its own schedule. */
static void start_later_and_wake_nobody(struct perf_event_attr *attr)
{
	attr->disabled = attr->watermark = 1;
	attr->wakeup_watermark = UINT32_MAX;
}

static struct perf_event_attr samples_attr(unsigned hz, unsigned max_frames)
{
	struct perf_event_attr attr = sample_attr(hz);
	attr.sample_max_stack = (uint16_t)max_frames;
	start_later_and_wake_nobody(&attr);
	return attr;
}

static struct perf_event_attr maps_attr(void)
{
	struct perf_event_attr attr = software_attr(PERF_COUNT_SW_DUMMY, PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU);
	sample_attr_add_maps(&attr);
	start_later_and_wake_nobody(&attr);
	return attr;
}

/* libperf opens without PERF_FLAG_FD_CLOEXEC and does not show its descriptors. */
static void perf_fds_cloexec(void)
{
	DIR *dir = opendir("/proc/self/fd");
	for (struct dirent *e; dir && (e = readdir(dir));) {
		char target[64];
		uint64_t fd;
		ssize_t n = readlinkat(dirfd(dir), e->d_name, target, sizeof(target) - 1);
		target[MAX(n, 0)] = '\0';
		if (streq(target, "anon_inode:[perf_event]") && text_u64(e->d_name, &fd))
			fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	}
	if (dir)
		closedir(dir);
}

static struct perf_evlist *evlist_delete(struct perf_evlist *list)
{
	if (list) {
		perf_evlist__munmap(list);
		perf_evlist__delete(list);
	}
	return NULL;
}

static struct perf_evlist *evlist_new(struct perf_event_attr *attr)
{
	struct perf_evlist *list = perf_evlist__new();
	struct perf_evsel *event = perf_evsel__new(attr);
	struct perf_cpu_map *cpus = perf_cpu_map__new(NULL); /* those online */
	struct perf_thread_map *threads = perf_thread_map__new_dummy();
	bool all = list && event && cpus && threads;
	if (all) {
		perf_thread_map__set_pid(threads, 0, -1);
		perf_evlist__add(list, event);
		perf_evlist__set_maps(list, cpus, threads);
	} else {
		perf_evsel__delete(event);
		list = evlist_delete(list);
	}
	perf_cpu_map__put(cpus);
	perf_thread_map__put(threads);
	return list;
}

static int evlist_open(struct perf_event_attr attr, unsigned pages, struct perf_evlist **ret)
{
	struct perf_evlist *list = evlist_new(&attr);
	if (!list)
		return -ENOMEM;
	int r = perf_evlist__open(list);
	if (r == 0) {
		perf_fds_cloexec();
		errno = 0;
		r = perf_evlist__mmap(list, (int)pages) == 0 ? 0 : errno ? -errno : -EINVAL;
	}
	if (r < 0) {
		evlist_delete(list);
		return r;
	}
	*ret = list;
	return 0;
}

/* A CPU that goes offline between the list and the open is ENODEV: look again. EOVERFLOW: the machine's limit
 * (kernel.perf_event_max_stack) is lower than ours, take that. */
static int samples_open(const struct sampler_options *o, struct perf_evlist **ret)
{
	unsigned max_frames = STACK_FRAMES_MAX;
	int r = -ENODEV;
	for (int tries = 0; tries < 3 && (r == -ENODEV || r == -EOVERFLOW); tries++) {
		if (r == -EOVERFLOW)
			max_frames = 0;
		r = evlist_open(samples_attr(o->hz, max_frames), o->pages, ret);
	}
	return r;
}

int sampler_open(const struct sampler_options *options, struct sampler **ret)
{
	libperf_init(print_nothing);
	struct sampler *s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	int r = samples_open(options, &s->samples);
	if (r == 0)
		r = evlist_open(maps_attr(), options->pages, &s->maps);
	if (r < 0) {
		sampler_close(s);
		return r == -ENOENT || r == -ENOSYS ? -EOPNOTSUPP : r;
	}
	perf_evlist__enable(s->maps);
	perf_evlist__enable(s->samples);
	*ret = s;
	return 0;
}

/* Not perf_mmap__read_done(): it is for overwriting buffers and here would drop what came since the last record read.
 */
static int map_read(struct perf_mmap *map, sample_fn fn, void *ctx, uint64_t *lost)
{
	int n = 0;
	if (perf_mmap__read_init(map) < 0)
		return 0;
	for (union perf_event *e; (e = perf_mmap__read_event(map)); n++) {
		if (e->header.type == PERF_RECORD_LOST)
			*lost += e->lost.lost;
		else if (e->header.size <= RECORD_MAX)
			fn(ctx, &e->header);
		else
			(*lost)++;
	}
	perf_mmap__consume(map);
	return n;
}

static int evlist_read(struct perf_evlist *list, sample_fn fn, void *ctx, uint64_t *lost)
{
	struct perf_mmap *map;
	int n = 0;
	perf_evlist__for_each_mmap(list, map, /* overwrite= */ false) n += map_read(map, fn, ctx, lost);
	return n;
}

int sampler_read(struct sampler *s, sample_fn fn, void *ctx, uint64_t *ret_lost)
{
	uint64_t lost = 0;
	int n = evlist_read(s->samples, fn, ctx, &lost) + evlist_read(s->maps, fn, ctx, &lost);
	*ret_lost = lost;
	return n;
}

static void append(void *ctx, const struct perf_event_header *record)
{
	if (ctx)
		ring_append(ctx, sample_time(record), record->type, record, record->size);
}

static int drain_into(struct perf_evlist *list, struct ring *ring)
{
	uint64_t lost = 0;
	int n = evlist_read(list, append, ring, &lost);
	if (ring && lost)
		ring_lost(ring, lost);
	return n;
}

int sampler_drain(struct sampler *s, struct ring *stacks, struct ring *maps)
{
	return drain_into(s->samples, stacks) + drain_into(s->maps, maps);
}

struct sampler *sampler_close(struct sampler *s)
{
	if (s) {
		evlist_delete(s->samples);
		evlist_delete(s->maps);
		free(s);
	}
	return NULL;
}

/* The kernel writes a sample's fields in this order for our sample type. */
struct sample_layout {
	struct perf_event_header header;
	uint64_t ip;
	uint32_t pid, tid;
	uint64_t t_ns;
	uint32_t cpu, reserved;
	uint64_t period, n_chain, chain[];
};

/* And ends every other record with this. */
struct sample_trailer {
	uint32_t pid, tid;
	uint64_t t_ns;
	uint32_t cpu, reserved;
};

uint64_t sample_time(const struct perf_event_header *record)
{
	struct sample_trailer trailer;
	struct sample sample;
	if (record->type == PERF_RECORD_SAMPLE)
		return sample_decode(record, &sample) ? sample.t_ns : 0;
	if (record->size < sizeof(*record) + sizeof(trailer))
		return 0;
	memcpy(&trailer, (const char *)record + record->size - sizeof(trailer), sizeof(trailer));
	return trailer.t_ns;
}

bool sample_decode(const struct perf_event_header *record, struct sample *ret)
{
	const struct sample_layout *s = (const struct sample_layout *)record;
	if ((uintptr_t)record % 8 || record->type != PERF_RECORD_SAMPLE || record->size < sizeof(*s) ||
	    s->n_chain > (record->size - sizeof(*s)) / sizeof(s->chain[0]))
		return false;
	*ret = (struct sample){
		.ip = s->ip,
		.t_ns = s->t_ns,
		.period = s->period,
		.pid = s->pid,
		.tid = s->tid,
		.cpu = s->cpu,
		.chain = s->chain,
		.n_chain = s->n_chain,
	};
	return true;
}
