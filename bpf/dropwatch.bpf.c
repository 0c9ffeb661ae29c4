/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP packets that the network stack freed as dropped, with the kernel's reason where it gives one (c504e5c2f964 in 5.17).
 * A connection that is closed frees packets the same way; user space tells which reasons and which functions those are:
 *
 *     no_drops    reasons that are none: consumed, obeyed (a reset), purged with its queue
 *     purges      functions that empty a queue; without a reason nothing was dropped there
 *     takers      functions that free what they took in; without a reason, data or SYN nothing was lost there
 *
 * A full accept queue drops the first packet of a handshake without telling kfree_skb (up to 6.12), and the third without a
 * reason, so the functions that find it full are asked where they can be. Who owns the socket: its cgroup is the header's.
 */
#include "bpf/lib/net.bpf.h"

#define NO_DROPS_MAX 8
#define RANGES_MAX   8
#define TCP_SYN	     0x02
#define TCP_RST	     0x04

const volatile __u32 no_drops[NO_DROPS_MAX] = {};
const volatile __u32 n_no_drops = 0;
const volatile __u32 unspecified = 0; /* the reason that says nothing */
const volatile __u32 overflow = ~0;   /* the reason that says that an accept queue was full, since 6.14 */
/* Begin and end of each in the kernel's text. */
const volatile __u64 purges[RANGES_MAX][2] = {}, takers[RANGES_MAX][2] = {};

static __always_inline bool is_no_drop(__u32 reason)
{
	for (__u32 i = 0; i < NO_DROPS_MAX && i < n_no_drops; i++)
		if (no_drops[i] == reason)
			return true;
	return false;
}

static __always_inline bool is_within(const volatile __u64 (*ranges)[2], __u64 location)
{
	for (int i = 0; i < RANGES_MAX; i++)
		if (location >= ranges[i][0] && location < ranges[i][1])
			return true;
	return false;
}

static __always_inline bool is_loss(const struct tcp_packet *p)
{
	__u32 flags = tcp_packet_flags(p);
	return !(flags & TCP_RST) && ((flags & TCP_SYN) || tcp_packet_len(p) > tcp_packet_headers(p));
}

static __always_inline void fill_socket(struct event_dropwatch *e, const struct sock *sk)
{
	if (!sk)
		return;
	e->flow.state = BPF_CORE_READ(sk, __sk_common.skc_state);
	/* Those that are no full socket yet or any more have none. */
	if (e->flow.state == TCP_STATE_NEW_SYN_RECV || e->flow.state == TCP_STATE_TIME_WAIT)
		return;
	e->h.cgroup_id = sock_cgroup_id(sk);
	if (e->flow.state != TCP_STATE_LISTEN)
		return;
	e->ack_backlog = BPF_CORE_READ(sk, sk_ack_backlog);
	e->max_ack_backlog = BPF_CORE_READ(sk, sk_max_ack_backlog);
}

static __always_inline enum drop_type type_of(const struct event_dropwatch *e)
{
	if (e->flow.state != TCP_STATE_LISTEN)
		return DROP_COMMON;
	if (e->tcp_flags & TCP_SYN)
		return DROP_SYN;
	return e->reason == overflow || !e->location ? DROP_HANDSHAKE : DROP_COMMON;
}

static __always_inline int report(void *ctx, const struct sk_buff *skb, const struct tcp_packet *p, const struct sock *sk,
				  __u32 reason, __u64 location)
{
	__u64 now = bpf_ktime_get_ns();
	struct event_dropwatch *e;
	if (!event_allowed(now))
		return 0;
	e = event_reserve(event_dropwatch, EVENT_DROPWATCH, now);
	if (!e)
		return 0;
	event_set_task(&e->h, current_task());
	flow_of_tcp(&e->flow, p);
	e->reason = reason;
	e->location = location;
	e->seq = bpf_ntohl(p->tcp.seq);
	e->ack_seq = bpf_ntohl(p->tcp.ack_seq);
	e->tcp_flags = tcp_packet_flags(p);
	e->pkt_len = tcp_packet_len(p);
	e->queue_mapping = BPF_CORE_READ(skb, queue_mapping);
	device_of_packet(e, skb, BPF_CORE_READ(skb, dev));
	fill_socket(e, sk);
	e->type = type_of(e);
	bpf_get_stack(ctx, e->stack, sizeof(e->stack), 0);
	return event_submit(e);
}

static __always_inline bool packet_of(const struct sk_buff *skb, struct tcp_packet *p)
{
	return tcp_packet_read(p, BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header), BPF_CORE_READ(skb, protocol));
}

static __always_inline int on_free(void *ctx, const struct sk_buff *skb, __u64 location, __u32 reason, const struct sock *sk)
{
	struct tcp_packet p = {};
	__be16 protocol = skb->protocol;
	if (protocol != bpf_htons(ETH_P_IP) && protocol != bpf_htons(ETH_P_IPV6))
		return 0;
	if (is_no_drop(reason) || (reason == unspecified && is_within(purges, location)))
		return 0;
	if (!tcp_packet_read(&p, skb->head + skb->network_header, protocol))
		return 0;
	if (reason == unspecified && is_within(takers, location) && !is_loss(&p))
		return 0;
	return report(ctx, skb, &p, sk ?: skb->sk, reason, location);
}

SEC("?tp_btf/kfree_skb")
int BPF_PROG(on_free_plain, struct sk_buff *skb, void *location)
{
	return armed_ns ? on_free(ctx, skb, (__u64)location, 0, NULL) : 0;
}

SEC("?tp_btf/kfree_skb")
int BPF_PROG(on_free_reason, struct sk_buff *skb, void *location, __u32 reason)
{
	return armed_ns ? on_free(ctx, skb, (__u64)location, reason, NULL) : 0;
}

/* With the receiving socket: c53795d48ee8 ("net: add rx_sk to trace_kfree_skb") in 6.11. */
SEC("?tp_btf/kfree_skb")
int BPF_PROG(on_free_socket, struct sk_buff *skb, void *location, __u32 reason, struct sock *rx_sk)
{
	return armed_ns ? on_free(ctx, skb, (__u64)location, reason, rx_sk) : 0;
}

static __always_inline int on_handshake(void *ctx, const struct sock *sk, const struct sk_buff *skb)
{
	struct tcp_packet p = {};
	/* As sk_acceptq_is_full(). */
	if (!armed_ns || BPF_CORE_READ(sk, sk_ack_backlog) <= BPF_CORE_READ(sk, sk_max_ack_backlog))
		return 0;
	return packet_of(skb, &p) ? report(ctx, skb, &p, sk, unspecified, 0) : 0;
}

SEC("?fentry/tcp_conn_request")
int BPF_PROG(on_syn_fentry, void *ops, void *af_ops, struct sock *sk, struct sk_buff *skb)
{
	return on_handshake(ctx, sk, skb);
}

SEC("?kprobe/tcp_conn_request")
int BPF_KPROBE(on_syn_kprobe, void *ops, void *af_ops, struct sock *sk, struct sk_buff *skb)
{
	return on_handshake(ctx, sk, skb);
}

SEC("?fentry/tcp_v4_syn_recv_sock")
int BPF_PROG(on_ack_fentry, struct sock *sk, struct sk_buff *skb)
{
	return on_handshake(ctx, sk, skb);
}

SEC("?kprobe/tcp_v4_syn_recv_sock")
int BPF_KPROBE(on_ack_kprobe, struct sock *sk, struct sk_buff *skb)
{
	return on_handshake(ctx, sk, skb);
}

/* Of an IPv4 packet it calls the other. */
SEC("?fentry/tcp_v6_syn_recv_sock")
int BPF_PROG(on_ack6_fentry, struct sock *sk, struct sk_buff *skb)
{
	return BPF_CORE_READ(skb, protocol) == bpf_htons(ETH_P_IPV6) ? on_handshake(ctx, sk, skb) : 0;
}

SEC("?kprobe/tcp_v6_syn_recv_sock")
int BPF_KPROBE(on_ack6_kprobe, struct sock *sk, struct sk_buff *skb)
{
	return BPF_CORE_READ(skb, protocol) == bpf_htons(ETH_P_IPV6) ? on_handshake(ctx, sk, skb) : 0;
}

EVENT_SELF_TEST(event_dropwatch, EVENT_DROPWATCH)
