/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP segments that were sent again. What sent them is told by the socket: a loss probe by its timer that is still pending,
 * outside of any loss recovery, in which none is sent; the retransmission timer by the loss state that it puts the socket
 * into before; the rest by acknowledgements. The probe that sends new data instead retransmits nothing.
 *
 * It happens in softirq: who runs then has nothing to do with it, so the header names no task, and its cgroup is that in which
 * the socket was made.
 */
#include "bpf/lib/net.bpf.h"

#define PENDING_LOSS_PROBE 5 /* ICSK_TIME_LOSS_PROBE */
#define SYNACK_FIRST_MS	   1000 /* TCP_TIMEOUT_INIT, doubled each time */
#define SYNACK_MOST_MS	   120000 /* TCP_RTO_MAX */

enum ca_state { CA_OPEN, CA_DISORDER, CA_CWR, CA_RECOVERY, CA_LOSS }; /* TCP_CA_* */

struct inet_connection_sock {
	__u32 icsk_rto;
	__u8 icsk_ca_state : 5;
	__u8 icsk_retransmits, icsk_pending;
} CORE;

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 srtt_us;
} CORE;

struct tcp_skb_cb {
	__u32 seq;
} CORE;

struct request_sock {
	struct sock_common __req_common;
	__u8 num_retrans;
} CORE;

struct tcp_request_sock {
	__u32 snt_isn;
} CORE;

const volatile __u64 jiffy_ns = NS_PER_S / 250;

static __always_inline enum tcpretrans_type type_of(__u32 ca_state, __u32 pending)
{
	if (ca_state == CA_LOSS)
		return TCPRETRANS_RTO;
	if (pending == PENDING_LOSS_PROBE && (ca_state == CA_OPEN || ca_state == CA_CWR))
		return TCPRETRANS_PROBE;
	return TCPRETRANS_FAST;
}

/* Timeouts in a row before this one, which is counted before it sends (590d2026d625 in 5.0). */
static __always_inline __u32 timeouts_of(const struct tcp_sock *tcp, enum tcpretrans_type type)
{
	__u32 timeouts = tcp->inet_conn.icsk_retransmits;
	return type == TCPRETRANS_RTO && timeouts ? timeouts - 1 : timeouts;
}

static __always_inline struct event_tcpretrans *reserve(const struct sock *sk, const struct sock_common *ends)
{
	__u64 now = bpf_ktime_get_ns();
	struct event_tcpretrans *e = event_allowed(now) ? event_reserve(event_tcpretrans, EVENT_TCPRETRANS, now) : NULL;
	if (!e)
		return NULL;
	e->h.cgroup_id = sock_cgroup_id(sk);
	flow_of_sock(&e->flow, ends);
	return e;
}

static __always_inline int report(const struct sock *sk, const struct sk_buff *skb)
{
	const struct tcp_sock *tcp = bpf_skc_to_tcp_sock((void *)sk);
	struct event_tcpretrans *e = tcp ? reserve(sk, &sk->__sk_common) : NULL;
	if (!e)
		return 0;
	e->type = type_of(BPF_CORE_READ_BITFIELD(&tcp->inet_conn, icsk_ca_state), tcp->inet_conn.icsk_pending);
	e->retransmits = timeouts_of(tcp, e->type);
	e->rto_ms = tcp->inet_conn.icsk_rto * jiffy_ns / 1000000;
	e->srtt_us = tcp->srtt_us >> 3;
	e->seq = BPF_CORE_READ((const struct tcp_skb_cb *)skb->cb, seq);
	e->pkt_len = skb->len;
	return event_submit(e);
}

SEC("?tp_btf/tcp_retransmit_skb")
int BPF_PROG(on_segment, struct sock *sk, struct sk_buff *skb)
{
	return armed_ns ? report(sk, skb) : 0;
}

/* Also of those that could not be sent, since 6.18. */
SEC("?tp_btf/tcp_retransmit_skb")
int BPF_PROG(on_segment_tried, struct sock *sk, struct sk_buff *skb, int error)
{
	return armed_ns && !error ? report(sk, skb) : 0;
}

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(on_synack, struct sock *sk, struct request_sock *req)
{
	struct event_tcpretrans *e = armed_ns ? reserve(sk, &req->__req_common) : NULL;
	if (!e)
		return 0;
	e->type = TCPRETRANS_SYNACK;
	e->seq = BPF_CORE_READ((const struct tcp_request_sock *)req, snt_isn);
	e->retransmits = req->num_retrans;
	e->rto_ms = SYNACK_FIRST_MS << (e->retransmits & 7);
	if (e->rto_ms > SYNACK_MOST_MS)
		e->rto_ms = SYNACK_MOST_MS;
	return event_submit(e);
}

EVENT_SELF_TEST(event_tcpretrans, EVENT_TCPRETRANS)
