/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds a CPU inside the kernel: copies memory until the time is over. Run by test_run it keeps a task from being
 * preempted; at a tracepoint it keeps whatever that tracepoint stands in (an interrupt, a softirq, the receive path).
 *
 * 5.10 has no bpf_loop() and takes no array value over 4 MiB; 3,000 rounds are what its verifier and its successors pass.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define ROOM_BYTES (4 << 20)
#define ROUNDS	   3000
#define COPIES	   8 /* a round; half a minute in all */

char LICENSE[] SEC("license") = "GPL";

const volatile __u64 hold_ns = 0;
const volatile __u32 hold_cpu = 0; /* ~0: any */
const volatile __u32 hold_vec = 0; /* of softirq_entry; ~0: any */
const volatile __u32 chunk_bytes = ROOM_BYTES;

__u32 times_left = 0, times_done = 0;
__u64 began_ns = 0, held_ns = 0; /* of the last one */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[ROOM_BYTES]);
} from SEC(".maps"), to SEC(".maps");

static __always_inline int hold(void)
{
	__u32 zero = 0, cpu = bpf_get_smp_processor_id();
	char *a = bpf_map_lookup_elem(&to, &zero), *b = bpf_map_lookup_elem(&from, &zero);
	__u64 start;
	if (!a || !b || !times_left || (hold_cpu != ~0U && hold_cpu != cpu))
		return 0;
	times_left--;
	start = bpf_ktime_get_ns();
	for (int i = 0; i < ROUNDS; i++) {
#pragma unroll
		for (int copy = 0; copy < COPIES; copy++)
			bpf_probe_read_kernel(a, chunk_bytes, b);
		if (bpf_ktime_get_ns() - start > hold_ns)
			break;
	}
	began_ns = start;
	held_ns = bpf_ktime_get_ns() - start;
	times_done++;
	return 0;
}

SEC("?raw_tp")
int test_run(void *ctx)
{
	return hold();
}

SEC("?raw_tp/local_timer_entry")
int local_timer_entry(void *ctx)
{
	return hold();
}

SEC("?raw_tp/softirq_entry")
int softirq_entry(struct bpf_raw_tracepoint_args *ctx)
{
	return hold_vec == ~0U || hold_vec == ctx->args[0] ? hold() : 0;
}

SEC("?raw_tp/netif_receive_skb")
int netif_receive_skb(void *ctx)
{
	return hold();
}
