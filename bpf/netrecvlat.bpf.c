/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A received packet on its way up, timed at three places against the stamp that it got when the driver gave it to the
 * stack. The stamp is there while some socket wants time stamps (user space holds one), and is wall time.
 *
 *     driver ── stamp ──▶ [RPS backlog] ──▶ netif_receive_skb ──▶ tcp_v4_rcv, tcp_v6_rcv ──▶ queue ──▶ copy to the reader
 *                                           TO_NETIF_RCV          TO_TCPV4_RCV                         TO_USER_COPY
 *                                           threshold             × 2                                  × 23
 *
 * A packet of a local TCP sender carries the time when it is to leave, of the monotonic clock: it is not looked at. Of
 * segments that the kernel merged, the newest one's stamp counts.
 */
#include "bpf/lib/net.bpf.h"

#define TCP_FACTOR  2 /* 5, 10 and 115 ms */
#define COPY_FACTOR 23

#define NETDEV_HASH 256	  /* NETDEV_HASHENTRIES */
#define NETDEV_CHAIN 16	  /* looked at, of one hash */

struct nsproxy {
	struct net *net_ns;
} CORE;

struct task_struct___ns {
	struct nsproxy *nsproxy;
} CORE;

/* a1ac9c8acec1 ("net: Add skb->mono_delivery_time …") in 5.18; 4d25ca2d6801 ("… tstamp_type") in 6.11 made it two bits. */
struct sk_buff___mono {
	__u8 mono_delivery_time : 1;
} CORE;

struct sk_buff___type {
	__u8 tstamp_type : 2;
} CORE;

__s64 wall_offset_ns = 0; /* CLOCK_REALTIME − CLOCK_MONOTONIC; 0: not known. Written by user space */

/* Ours to read without asking where the pointer came with its type, or by probe: by a probe it is only slower. */
#define skb_late_ns(skb, now, READ, READ_BITS)                                    \
	({                                                                        \
		const struct sk_buff___mono *mono_ = (const void *)(skb);         \
		const struct sk_buff___type *type_ = (const void *)(skb);         \
		__s64 stamp_ = READ(skb, tstamp), late_ = 0;                      \
		bool delivery_ = false;                                           \
		if (bpf_core_field_exists(mono_->mono_delivery_time))             \
			delivery_ = READ_BITS(mono_, mono_delivery_time);         \
		else if (bpf_core_field_exists(type_->tstamp_type))               \
			delivery_ = READ_BITS(type_, tstamp_type);                \
		if (stamp_ && !delivery_ && wall_offset_ns)                       \
			late_ = (__s64)(now) + wall_offset_ns - stamp_;           \
		late_ < 0 ? 0ULL : (__u64)late_;                                  \
	})
#define DIRECT(p, field)      ((p)->field)
#define DIRECT_BITS(p, field) BPF_CORE_READ_BITFIELD(p, field)
#define PROBE(p, field)	      BPF_CORE_READ(p, field)
#define PROBE_BITS(p, field)  BPF_CORE_READ_BITFIELD_PROBED(p, field)

struct ports {
	__be16 source, dest;
	__be32 seq, ack_seq; /* of TCP */
};

static __always_inline void fill_ports(struct event_netrecvlat *e, const unsigned char *transport)
{
	struct ports p = {};
	bpf_probe_read_kernel(&p, sizeof(p), transport);
	e->flow.sport = bpf_ntohs(p.source);
	e->flow.dport = bpf_ntohs(p.dest);
	if (e->flow.protocol != IPPROTO_TCP)
		return;
	e->seq = bpf_ntohl(p.seq);
	e->ack_seq = bpf_ntohl(p.ack_seq);
}

/* Before it went through IP, the network header is its data. */
static __always_inline void fill_flow(struct event_netrecvlat *e, const struct sk_buff *skb)
{
	const unsigned char *ip = BPF_CORE_READ(skb, data);
	__be16 protocol = BPF_CORE_READ(skb, protocol);
	struct ip_packet p = {};
	if (e->where != TO_NETIF_RCV)
		ip = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	if (protocol != bpf_htons(ETH_P_IP) && protocol != bpf_htons(ETH_P_IPV6))
		return;
	if (!ip_packet_read(&p, ip, protocol))
		return;
	flow_of_packet(&e->flow, &p);
	if (p.transport && (p.protocol == IPPROTO_TCP || p.protocol == IPPROTO_UDP))
		fill_ports(e, p.transport);
}

/* The device is forgotten when a packet is queued for its reader; its index stays, and its netns can name it. */
static __always_inline const struct net_device *find_device(const struct net *net, __u32 ifindex)
{
	const struct hlist_head *heads = BPF_CORE_READ(net, dev_index_head);
	const struct hlist_node *node = NULL;
	bpf_probe_read_kernel(&node, sizeof(node), (const void **)heads + (ifindex & (NETDEV_HASH - 1)));
	for (int i = 0; node && i < NETDEV_CHAIN; i++) {
		const struct net_device *dev = (const void *)node - bpf_core_field_offset(struct net_device, index_hlist);
		if ((__u32)BPF_CORE_READ(dev, ifindex) == ifindex)
			return dev;
		node = BPF_CORE_READ(node, next);
	}
	return NULL;
}

static __always_inline const struct net *net_of(const struct sock *sk)
{
	const struct task_struct___ns *task = (const void *)current_task();
	return sk ? BPF_CORE_READ(sk, __sk_common.skc_net.net) : BPF_CORE_READ(task, nsproxy, net_ns);
}

static __always_inline void fill_device(struct event_netrecvlat *e, const struct sk_buff *skb, const struct sock *sk)
{
	const struct net_device *dev = e->where == TO_USER_COPY ? find_device(net_of(sk), BPF_CORE_READ(skb, skb_iif)) : BPF_CORE_READ(skb, dev);
	device_of_packet(e, skb, dev);
}

static __always_inline int report(const struct sk_buff *skb, const struct sock *sk, __u64 now, __u32 where, __u64 late_ns,
				  __u64 stage_ns)
{
	struct event_netrecvlat *e;
	if (!event_allowed(now))
		return 0;
	e = event_reserve(event_netrecvlat, EVENT_NETRECVLAT, now);
	if (!e)
		return 0;
	event_set_task(&e->h, current_task());
	e->where = where;
	e->latency_ns = late_ns;
	e->threshold_ns = stage_ns;
	e->pkt_len = BPF_CORE_READ(skb, len);
	fill_flow(e, skb);
	fill_device(e, skb, sk);
	if (sk && e->flow.protocol == IPPROTO_TCP)
		e->flow.state = BPF_CORE_READ(sk, __sk_common.skc_state);
	return event_submit(e);
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(on_netif_rcv, struct sk_buff *skb)
{
	__u64 now, late_ns;
	if (!armed_ns)
		return 0;
	now = bpf_ktime_get_ns();
	late_ns = skb_late_ns(skb, now, DIRECT, DIRECT_BITS);
	return late_ns > threshold_ns ? report(skb, NULL, now, TO_NETIF_RCV, late_ns, threshold_ns) : 0;
}

static __always_inline int on_tcp_typed(const struct sk_buff *skb, const struct sock *sk)
{
	__u64 now, late_ns;
	if (!armed_ns)
		return 0;
	now = bpf_ktime_get_ns();
	late_ns = skb_late_ns(skb, now, DIRECT, DIRECT_BITS);
	if (late_ns <= threshold_ns * TCP_FACTOR)
		return 0;
	return report(skb, sk ?: BPF_CORE_READ(skb, sk), now, TO_TCPV4_RCV, late_ns, threshold_ns * TCP_FACTOR);
}

static __always_inline int on_tcp_probed(const struct sk_buff *skb)
{
	__u64 now, late_ns;
	if (!armed_ns)
		return 0;
	now = bpf_ktime_get_ns();
	late_ns = skb_late_ns(skb, now, PROBE, PROBE_BITS);
	if (late_ns <= threshold_ns * TCP_FACTOR)
		return 0;
	return report(skb, BPF_CORE_READ(skb, sk), now, TO_TCPV4_RCV, late_ns, threshold_ns * TCP_FACTOR);
}

SEC("?fentry/tcp_v4_rcv")
int BPF_PROG(on_tcp4_fentry, struct sk_buff *skb)
{
	return on_tcp_typed(skb, NULL);
}

SEC("?fentry/tcp_v6_rcv")
int BPF_PROG(on_tcp6_fentry, struct sk_buff *skb)
{
	return on_tcp_typed(skb, NULL);
}

SEC("?kprobe/tcp_v4_rcv")
int BPF_KPROBE(on_tcp4_kprobe, struct sk_buff *skb)
{
	return on_tcp_probed(skb);
}

SEC("?kprobe/tcp_v6_rcv")
int BPF_KPROBE(on_tcp6_kprobe, struct sk_buff *skb)
{
	return on_tcp_probed(skb);
}

/* Established connections only. */
SEC("?tp_btf/tcp_probe")
int BPF_PROG(on_tcp_probe, struct sock *sk, struct sk_buff *skb)
{
	return on_tcp_typed(skb, sk);
}

SEC("tp_btf/skb_copy_datagram_iovec")
int BPF_PROG(on_user_copy, const struct sk_buff *skb)
{
	__u64 now, late_ns;
	if (!armed_ns)
		return 0;
	now = bpf_ktime_get_ns();
	late_ns = skb_late_ns(skb, now, DIRECT, DIRECT_BITS);
	if (late_ns <= threshold_ns * COPY_FACTOR)
		return 0;
	return report(skb, BPF_CORE_READ(skb, sk), now, TO_USER_COPY, late_ns, threshold_ns * COPY_FACTOR);
}

EVENT_SELF_TEST(event_netrecvlat, EVENT_NETRECVLAT)
