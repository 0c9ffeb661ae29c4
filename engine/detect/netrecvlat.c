/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/netrecvlat.skel.h"
#include "engine/detect/bpflog.h"

#include <sys/socket.h>
#include <sys/timerfd.h>

/*
 * The kernel stamps packets by wall time, and BPF reads the monotonic clock; before 6.1 it knows no other. Both run at one
 * pace, so their distance changes only when the clock is set, which a timer tells. It is right to a few microseconds; after
 * the clock was set, packets are off by the step until the engine has woken up for it.
 */
#define NEVER_S	     ((time_t)1 << 40)
#define OFFSET_TRIES 5

enum tcp_hook { TCP_HOOK_FENTRY, TCP_HOOK_KPROBE, TCP_HOOK_PROBE, TCP_HOOKS_ };

static const char *const tcp_hook_names[] = {"fentry/tcp_v4_rcv", "kprobe/tcp_v4_rcv", "tp_btf/tcp_probe"};

struct netrecvlat {
	int stamps; /* a socket that wants time stamps, while attached */
};

/* Of several readings the one that was interrupted least. */
static int64_t wall_offset_ns(void)
{
	uint64_t narrowest = UINT64_MAX;
	int64_t offset = 0;
	for (int i = 0; i < OFFSET_TRIES; i++) {
		uint64_t before = clock_now(CLOCK_MONOTONIC), wall = clock_now(CLOCK_REALTIME);
		uint64_t gap = clock_now(CLOCK_MONOTONIC) - before;
		if (gap >= narrowest)
			continue;
		narrowest = gap;
		offset = (int64_t)(wall - before - gap / 2);
	}
	return offset;
}

static void tell_offset(struct detector *d)
{
	struct netrecvlat_bpf *bpf = d->bpf;
	__atomic_store_n(&bpf->bss->wall_offset_ns, wall_offset_ns(), __ATOMIC_RELAXED);
}

/* Readable when the clock was set. */
static int watch_clock(void)
{
	struct itimerspec never = {.it_value.tv_sec = NEVER_S};
	_cleanup_close_ int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0 || timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0)
		return -errno;
	return take_fd(fd);
}

static int want_stamps(void)
{
	int on = 1;
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		return -errno;
	return take_fd(fd);
}

static bool has_function(const struct btf *btf, const char *name)
{
	return btf && btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) >= 0;
}

static int load_with(struct detector *d, enum tcp_hook hook)
{
	struct netrecvlat_bpf *bpf = netrecvlat_bpf__open();
	bool v6 = has_function(d->world->btf, "tcp_v6_rcv");
	if (!bpf)
		return -errno;
	detector_open(d, bpf);
	bpf_program__set_autoload(bpf->progs.on_tcp4_fentry, hook == TCP_HOOK_FENTRY);
	bpf_program__set_autoload(bpf->progs.on_tcp6_fentry, hook == TCP_HOOK_FENTRY && v6);
	bpf_program__set_autoload(bpf->progs.on_tcp4_kprobe, hook == TCP_HOOK_KPROBE);
	bpf_program__set_autoload(bpf->progs.on_tcp6_kprobe, hook == TCP_HOOK_KPROBE && v6);
	bpf_program__set_autoload(bpf->progs.on_tcp_probe, hook == TCP_HOOK_PROBE);
	snprintf(d->hook, sizeof(d->hook), "tp_btf/netif_receive_skb, %s", tcp_hook_names[hook]);
	return detector_load(d, bpf);
}

static int load_first(struct detector *d)
{
	int r = -ENOENT;
	for (enum tcp_hook hook = 0; hook < TCP_HOOKS_; hook++) {
		bpflog_begin();
		r = load_with(d, hook);
		if (r >= 0)
			r = detector_try_twice(d);
		if (r >= 0)
			return r;
		detector_unload(d);
	}
	return r;
}

static int load(struct detector *d)
{
	int r = load_first(d);
	if (r < 0)
		return r;
	struct netrecvlat *own = calloc(1, sizeof(*own));
	if (!own)
		return -ENOMEM;
	own->stamps = -1;
	d->own = own;
	d->fd = watch_clock();
	return d->fd < 0 ? detector_refuse(d, d->fd, "cannot watch the clock: %s", strerror(-d->fd)) : 0;
}

static int attach(struct detector *d)
{
	struct netrecvlat *own = d->own;
	tell_offset(d);
	own->stamps = want_stamps();
	return own->stamps < 0 ? own->stamps : detector_attach_all(d);
}

static void detach(struct detector *d)
{
	struct netrecvlat *own = d->own;
	close_fd(&own->stamps);
	own->stamps = -1;
}

static void take(struct detector *d)
{
	uint64_t expirations;
	if (read(d->fd, &expirations, sizeof(expirations)) < 0 && errno == ECANCELED)
		tell_offset(d);
}

static void finish(struct detector *d, struct event *record, uint32_t *len _unused_, char entity[ENTITY_NAME_MAX])
{
	const struct event_netrecvlat *e = (const struct event_netrecvlat *)record;
	detector_name_device(d, e->ifname, e->netns, entity);
}

static void unload(struct detector *d)
{
	if (d->own)
		detach(d);
	close_fd(&d->fd);
	free(d->own);
}

const struct detector_ops netrecvlat_ops = {
	.load = load, .attach = attach, .detach = detach, .finish = finish, .take = take, .unload = unload};
