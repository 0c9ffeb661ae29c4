/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loses TCP packets to one port on their way into a device, exactly those that were asked for, and keeps what the headers
 * of the last one said: what the kernel's own drop should be told with.
 */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>

char LICENSE[] SEC("license") = "GPL";

/* What to lose: with data or, if not, the acknowledgements without of the connection that began last; of those every n-th. */
__u32 port = 0, with_data = 1, every = 1;
/* TC_ACT_SHOT, or TC_ACT_STOLEN: lost, but the kernel does not call it a drop. */
__u32 verdict = TC_ACT_SHOT;

/* Of IPv4 and of IPv6. */
struct {
	__u32 left, matched, lost; /* at most so many more; of so many; lost so far */
	__u32 sport, dport, seq, ack_seq, bytes, flags;
	__u32 begun; /* the port that last began a connection */
	__u64 t_ns;
	__u8 saddr[16], daddr[16];
} of[2] = {};

static __always_inline int wants(__typeof__(&of[0]) lost, const struct tcphdr *tcp, __u32 bytes, __u32 headers)
{
	if (!lost->left || bpf_ntohs(tcp->dest) != port)
		return 0;
	if (tcp->syn)
		lost->begun = bpf_ntohs(tcp->source);
	if (tcp->syn || tcp->fin || (bytes > headers) != with_data || (!with_data && lost->begun != bpf_ntohs(tcp->source)) ||
	    lost->matched++ % every)
		return 0;
	lost->left--;
	lost->sport = bpf_ntohs(tcp->source);
	lost->dport = bpf_ntohs(tcp->dest);
	lost->seq = bpf_ntohl(tcp->seq);
	lost->ack_seq = bpf_ntohl(tcp->ack_seq);
	lost->flags = ((const __u8 *)tcp)[13];
	lost->bytes = bytes;
	lost->t_ns = bpf_ktime_get_ns();
	return 1;
}

static __always_inline int lose_v4(struct __sk_buff *skb)
{
	struct iphdr ip;
	struct tcphdr tcp;
	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || ip.protocol != IPPROTO_TCP ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + ip.ihl * 4, &tcp, sizeof(tcp)) ||
	    !wants(&of[0], &tcp, bpf_ntohs(ip.tot_len), ip.ihl * 4 + tcp.doff * 4))
		return 0;
	of[0].saddr[10] = of[0].saddr[11] = of[0].daddr[10] = of[0].daddr[11] = 0xff;
	__builtin_memcpy(&of[0].saddr[12], &ip.saddr, sizeof(ip.saddr));
	__builtin_memcpy(&of[0].daddr[12], &ip.daddr, sizeof(ip.daddr));
	of[0].lost++;
	return 1;
}

static __always_inline int lose_v6(struct __sk_buff *skb)
{
	struct ipv6hdr ip;
	struct tcphdr tcp;
	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || ip.nexthdr != IPPROTO_TCP ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(ip), &tcp, sizeof(tcp)) ||
	    !wants(&of[1], &tcp, bpf_ntohs(ip.payload_len) + sizeof(ip), sizeof(ip) + tcp.doff * 4))
		return 0;
	__builtin_memcpy(of[1].saddr, &ip.saddr, sizeof(ip.saddr));
	__builtin_memcpy(of[1].daddr, &ip.daddr, sizeof(ip.daddr));
	of[1].lost++;
	return 1;
}

SEC("tc")
int lose(struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(ETH_P_IP) ? !lose_v4(skb) : skb->protocol == bpf_htons(ETH_P_IPV6) ? !lose_v6(skb) : 1)
		return TC_ACT_OK;
	return verdict;
}
