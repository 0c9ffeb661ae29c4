/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/iotrace.skel.h"
#include "engine/detect/bpflog.h"
#include "engine/detect/file.h"

#include <bpf/bpf.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#define BATCH 512

/* Of the kernel side's map. */
struct row_key {
	uint64_t inode, dev, tgid;
};

struct iotrace {
	int rows; /* the map, owned by the object */
	struct buf mounts; /* while rows are taken */
	struct row_key keys[BATCH];
	struct event_iotrace batch[BATCH];
};

enum call_hook { CALL_HOOK_FEXIT, CALL_HOOK_KPROBE, CALL_HOOK_SYSCALL, CALL_HOOKS_ };

static const char *const call_hook_names[] = {"fexit/vfs_read, fexit/vfs_write", "kprobe/vfs_read, kprobe/vfs_write",
					      "tp_btf/sys_exit"};

static void mark_calls(struct iotrace_bpf *bpf)
{
	static const uint16_t reads[] = {SYS_read, SYS_pread64, SYS_readv, SYS_preadv, SYS_preadv2};
	static const uint16_t writes[] = {SYS_write, SYS_pwrite64, SYS_writev, SYS_pwritev, SYS_pwritev2};
	for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
		bpf->rodata->transfers[reads[i]] = 1; /* enum transfer of the kernel side */
		bpf->rodata->transfers[writes[i]] = 2;
	}
}

static int load_with(struct detector *d, enum call_hook hook)
{
	struct iotrace_bpf *bpf = iotrace_bpf__open();
	if (!bpf)
		return -errno;
	detector_open(d, bpf);
	mark_calls(bpf);
	bpf_program__set_autoload(bpf->progs.on_read_fexit, hook == CALL_HOOK_FEXIT);
	bpf_program__set_autoload(bpf->progs.on_write_fexit, hook == CALL_HOOK_FEXIT);
	bpf_program__set_autoload(bpf->progs.on_read_kprobe, hook == CALL_HOOK_KPROBE);
	bpf_program__set_autoload(bpf->progs.on_write_kprobe, hook == CALL_HOOK_KPROBE);
	bpf_program__set_autoload(bpf->progs.on_call, hook == CALL_HOOK_SYSCALL);
	snprintf(d->hook, sizeof(d->hook), "tp_btf/block_rq_complete, %s", call_hook_names[hook]);
	return detector_load(d, bpf);
}

static int own_new(struct detector *d)
{
	struct iotrace *own = calloc(1, sizeof(*own));
	if (!own)
		return -ENOMEM;
	d->own = own;
	own->rows = bpf_map__fd(((struct iotrace_bpf *)d->bpf)->maps.rows);
	d->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	return d->fd < 0 ? -errno : 0;
}

static int load(struct detector *d)
{
	int r = -ENOENT;
	for (enum call_hook hook = CALL_HOOK_FEXIT; hook < CALL_HOOKS_; hook++) {
		bpflog_begin();
		r = load_with(d, hook);
		if (r >= 0)
			r = detector_try_twice(d);
		if (r >= 0)
			return own_new(d);
		detector_unload(d);
	}
	return r;
}

static void set_timer(const struct detector *d, time_t period_s)
{
	struct itimerspec t = {.it_interval.tv_sec = period_s, .it_value.tv_sec = period_s};
	timerfd_settime(d->fd, 0, &t, NULL);
}

static int attach(struct detector *d)
{
	set_timer(d, 1);
	return detector_attach_all(d);
}

static bool is_over(const struct detector *d, const struct event_iotrace *e)
{
	uint64_t bytes = MAX(e->fs_read_bytes + e->fs_write_bytes, e->disk_read_bytes + e->disk_write_bytes);
	return bytes >= (uint64_t)d->settings.threshold;
}

static void emit(struct detector *d, struct event_iotrace *e, uint32_t *taken)
{
	if (!is_over(d, e))
		return;
	__atomic_fetch_add(d->counters.seen, 1, __ATOMIC_RELAXED);
	if ((*taken)++ >= d->settings.rate_per_s) {
		__atomic_fetch_add(d->counters.limited, 1, __ATOMIC_RELAXED);
		return;
	}
	e->h.kind = EVENT_IOTRACE;
	e->h.size = sizeof(*e);
	e->h.t_ns = clock_now(CLOCK_MONOTONIC);
	__atomic_fetch_add(d->counters.emitted, 1, __ATOMIC_RELAXED);
	detector_emit(d, &e->h);
}

/* Empties the map. */
static void take_rows(struct detector *d)
{
	struct iotrace *own = d->own;
	uint32_t taken = 0, position = 0;
	int r = 0;
	for (void *from = NULL; r == 0; from = &position) {
		uint32_t n = BATCH;
		r = bpf_map_lookup_and_delete_batch(own->rows, from, &position, own->keys, own->batch, &n, NULL);
		if (r < 0 && r != -ENOENT)
			return;
		for (uint32_t i = 0; i < n; i++)
			emit(d, &own->batch[i], &taken);
	}
}

/* After it was disarmed it is called once more, for what came since the last second. */
static void take(struct detector *d)
{
	struct iotrace *own = d->own;
	uint64_t periods;
	if (read(d->fd, &periods, sizeof(periods)) != sizeof(periods))
		return;
	if (d->state != DETECTOR_ATTACHED)
		set_timer(d, 0);
	file_read_mounts(d->world->proc_root, &own->mounts);
	take_rows(d);
	buf_done(&own->mounts);
}

static void finish(struct detector *d, struct event *record, uint32_t *len _unused_, char *entity _unused_)
{
	const struct iotrace *own = d->own;
	file_add_mount(buf_str(&own->mounts), &((struct event_iotrace *)record)->file);
}

static void unload(struct detector *d)
{
	if (d->fd >= 0)
		close(d->fd);
	free(d->own);
}

const struct detector_ops iotrace_ops = {
	.load = load, .attach = attach, .finish = finish, .take = take, .unload = unload};
