/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What we read of sockets and packets, as flavours of the kernel's structs (see task.bpf.h), and the headers that every
 * packet has alike. Ports and sequence numbers come out in host order, addresses as 16 bytes of network order.
 */
#pragma once

#include "bpf/lib/emit.bpf.h"
#include "bpf/lib/list.bpf.h"

#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#define AF_INET6 10

enum tcp_state { TCP_STATE_TIME_WAIT = 6, TCP_STATE_LISTEN = 10, TCP_STATE_NEW_SYN_RECV = 12 };

struct ns_common {
	unsigned int inum;
} CORE;

struct net {
	struct ns_common ns;
	struct hlist_head *dev_index_head;
} CORE;

typedef struct {
	struct net *net;
} CORE possible_net_t;

struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	unsigned char skc_state;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
	possible_net_t skc_net;
} CORE;

struct sock_cgroup_data {
	struct cgroup *cgroup;
} CORE;

/* Until 8520e224f547 ("bpf, cgroups: Fix cgroup v2 fallback on v1/v2 mixed mode") in 5.15: with bit 0 set no pointer. */
struct sock_cgroup_data___val {
	__u64 val;
} CORE;

struct sock {
	struct sock_common __sk_common;
	__u32 sk_ack_backlog, sk_max_ack_backlog;
	struct sock_cgroup_data sk_cgrp_data;
} CORE;

struct net_device {
	char name[16];
	int ifindex;
	struct hlist_node index_hlist;
	possible_net_t nd_net;
} CORE;

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	__s64 tstamp; /* CLOCK_REALTIME */
	char cb[48];
	unsigned int len;
	__be16 protocol;
	__u16 queue_mapping;
	__u16 network_header;
	int skb_iif;
	unsigned char *head, *data;
} CORE;

static __always_inline void flow_set_v4(__u8 *address, __be32 v4)
{
	address[10] = address[11] = 0xff;
	__builtin_memcpy(address + 12, &v4, sizeof(v4));
}

/* The local end is the source. */
static __always_inline void flow_of_sock(struct event_flow *flow, const struct sock_common *sk)
{
	if (sk->skc_family == AF_INET6) {
		bpf_core_read(flow->saddr, sizeof(flow->saddr), &sk->skc_v6_rcv_saddr);
		bpf_core_read(flow->daddr, sizeof(flow->daddr), &sk->skc_v6_daddr);
	} else {
		flow_set_v4(flow->saddr, sk->skc_rcv_saddr);
		flow_set_v4(flow->daddr, sk->skc_daddr);
	}
	flow->sport = sk->skc_num;
	flow->dport = bpf_ntohs(sk->skc_dport);
	flow->protocol = IPPROTO_TCP;
	flow->state = sk->skc_state;
}

/* Inode of the cgroup v2 directory that the socket was made in; 0 where it has none. */
static __always_inline __u64 sock_cgroup_id(const struct sock *sk)
{
	const struct sock_cgroup_data___val *old = (const void *)&sk->sk_cgrp_data;
	const struct cgroup *cgroup;
	__u64 val;
	if (!bpf_core_field_exists(old->val))
		return BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);
	val = BPF_CORE_READ(old, val);
	cgroup = val & 1 ? NULL : (const void *)(val & ~3ULL);
	return BPF_CORE_READ(cgroup, kn, id);
}

/* An IP packet's header, and where the next one lies: nowhere in a later fragment. IPv6 without extension headers only. */
struct ip_packet {
	bool is_v6;
	__u8 protocol;
	union {
		struct {
			struct iphdr v4;
			struct tcphdr behind_v4; /* what lies there, without options a TCP header */
		};
		struct ipv6hdr v6;
	};
	const unsigned char *transport;
};

static __always_inline bool ip_packet_read(struct ip_packet *p, const unsigned char *ip, __be16 protocol)
{
	/* As long as v4 and what is behind it. */
	if (bpf_probe_read_kernel(&p->v6, sizeof(p->v6), ip))
		return false;
	p->is_v6 = protocol == bpf_htons(ETH_P_IPV6);
	if (p->is_v6) {
		if (p->v6.version != 6)
			return false;
		p->protocol = p->v6.nexthdr;
		p->transport = ip + sizeof(p->v6);
	} else {
		if (p->v4.version != 4)
			return false;
		p->protocol = p->v4.protocol;
		p->transport = p->v4.frag_off & bpf_htons(0x1fff) ? NULL : ip + p->v4.ihl * 4;
	}
	return true;
}

_Static_assert(sizeof(struct iphdr) + sizeof(struct tcphdr) == sizeof(struct ipv6hdr), "one read for either");

struct tcp_packet {
	struct ip_packet ip;
	struct tcphdr tcp;
};

/* `ip` is where the network header lies. False: it is no TCP packet, or a later fragment of one. */
static __always_inline bool tcp_packet_read(struct tcp_packet *p, const unsigned char *ip, __be16 protocol)
{
	if (!ip_packet_read(&p->ip, ip, protocol) || p->ip.protocol != IPPROTO_TCP || !p->ip.transport)
		return false;
	if (p->ip.is_v6 || p->ip.v4.ihl != sizeof(p->ip.v4) / 4)
		return bpf_probe_read_kernel(&p->tcp, sizeof(p->tcp), p->ip.transport) == 0;
	p->tcp = p->ip.behind_v4;
	return true;
}

/* Headers included. */
static __always_inline __u32 tcp_packet_len(const struct tcp_packet *p)
{
	return p->ip.is_v6 ? sizeof(p->ip.v6) + bpf_ntohs(p->ip.v6.payload_len) : bpf_ntohs(p->ip.v4.tot_len);
}

static __always_inline __u32 tcp_packet_headers(const struct tcp_packet *p)
{
	return (p->ip.is_v6 ? sizeof(p->ip.v6) : p->ip.v4.ihl * 4) + p->tcp.doff * 4;
}

static __always_inline __u32 tcp_packet_flags(const struct tcp_packet *p)
{
	return ((const __u8 *)&p->tcp)[13];
}

static __always_inline void flow_of_packet(struct event_flow *flow, const struct ip_packet *p)
{
	if (p->is_v6) {
		__builtin_memcpy(flow->saddr, &p->v6.saddr, sizeof(flow->saddr));
		__builtin_memcpy(flow->daddr, &p->v6.daddr, sizeof(flow->daddr));
	} else {
		flow_set_v4(flow->saddr, p->v4.saddr);
		flow_set_v4(flow->daddr, p->v4.daddr);
	}
	flow->protocol = p->protocol;
}

static __always_inline void flow_of_tcp(struct event_flow *flow, const struct tcp_packet *p)
{
	flow_of_packet(flow, &p->ip);
	flow->sport = bpf_ntohs(p->tcp.source);
	flow->dport = bpf_ntohs(p->tcp.dest);
}

/* The device's name and namespace, where it is known; else the index under which the packet came in stays. */
#define device_of_packet(e, skb, dev)                                             \
	({                                                                        \
		const struct net_device *dev_ = (dev);                            \
		(e)->ifindex = BPF_CORE_READ(skb, skb_iif);                       \
		if (dev_) {                                                       \
			(e)->ifindex = BPF_CORE_READ(dev_, ifindex);              \
			(e)->netns = BPF_CORE_READ(dev_, nd_net.net, ns.inum);    \
			bpf_core_read_str((e)->ifname, 16, &dev_->name);          \
		}                                                                 \
	})
