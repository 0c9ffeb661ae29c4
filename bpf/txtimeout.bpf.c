/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transmit watchdog found a queue that was stopped for longer than its driver allows. Runs in a timer's softirq: the
 * current task is whoever was interrupted.
 */
#include "bpf/lib/emit.bpf.h"

struct device_driver {
	const char *name;
} CORE;

struct device {
	struct device *parent;
	struct device_driver *driver;
} CORE;

struct ns_common {
	unsigned int inum;
} CORE;

struct net {
	struct ns_common ns;
} CORE;

typedef struct {
	struct net *net;
} CORE possible_net_t;

struct netdev_queue {
	unsigned long trans_start; /* jiffies */
} CORE;

struct net_device {
	char name[16];
	int ifindex;
	struct netdev_queue *_tx;
	struct device dev;
	possible_net_t nd_net;
} CORE;

const volatile __u64 jiffy_ns = 0;

/* The same place as the kernel's netdev_drivername(); a device without a parent is made of software. */
static __always_inline void fill_driver(struct event_txtimeout *e, const struct net_device *dev)
{
	const char *name = BPF_CORE_READ(dev, dev.parent, driver, name);
	bpf_probe_read_kernel_str(e->driver, sizeof(e->driver), name);
}

/* The watchdog judges by the same two numbers. Only the kernel knows how long a netdev_queue is. */
static __always_inline __u64 stalled_ns(const struct net_device *dev, __u32 queue)
{
	const struct netdev_queue *tx = BPF_CORE_READ(dev, _tx);
	__u64 since, now = bpf_jiffies64();
	tx = (const void *)((const char *)tx + queue * bpf_core_type_size(struct netdev_queue));
	since = BPF_CORE_READ(tx, trans_start);
	return since && now > since ? (now - since) * jiffy_ns : 0;
}

SEC("tp_btf/net_dev_xmit_timeout")
int BPF_PROG(on_timeout, struct net_device *dev, int queue)
{
	__u64 now = bpf_ktime_get_ns();
	struct event_txtimeout *e;
	if (!armed_ns || !event_allowed(now))
		return 0;
	e = event_reserve(event_txtimeout, EVENT_TXTIMEOUT, now);
	if (!e)
		return 0;
	event_set_task(&e->h, current_task());
	BPF_CORE_READ_STR_INTO(&e->ifname, dev, name);
	fill_driver(e, dev);
	e->ifindex = BPF_CORE_READ(dev, ifindex);
	e->netns = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	e->queue = queue;
	e->stalled_ns = stalled_ns(dev, queue);
	return event_submit(e);
}

EVENT_SELF_TEST(event_txtimeout, EVENT_TXTIMEOUT)
