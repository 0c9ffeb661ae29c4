/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of a second a task spends reclaiming memory for itself, for the machine's sake or for its memcg's limit, instead of
 * doing its work. Spans are summed per task over windows of a second; each window is reported once, as it crosses the
 * threshold. A window begins with a span:
 *
 *      ┌── window ───────────────┐┌── the next ─ …       a span that reaches over the end is split
 *      ▐██▌  ▐████▌ ▐███▌  ▐█████▌██▌
 *                ┌── window ─────────────────┐           one that alone crosses the threshold is a window of its own,
 *      ▐██▌      ▐███████████████████████████▌           as long as it takes
 *
 * The sums lie in a plain array at the pid's low bits; a task that takes over another's slot costs that one's window.
 */
#define HISTS 2
#include "bpf/lib/emit.bpf.h"
#include "bpf/lib/hist.bpf.h"

#define SLOTS	  1024
#define WINDOW_NS NS_PER_S
#define PF_KTHREAD 0x200000

enum { HIST_RECLAIM, HIST_COMPACT };

struct reclaim {
	__u64 armed_ns; /* of which arming the rest is */
	__u32 pid;
	__u16 depth; /* of spans within spans; only the outermost counts */
	bool for_memcg, reported;
	__u64 span_ns;	 /* when the open one began; none is open: when the last one ended */
	__u64 window_ns; /* when it began */
	__u64 sum_ns, memcg_ns, pages;
	__u64 compact_ns; /* when a compaction began; 0: none is going on */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct reclaim);
} reclaims SEC(".maps");

static __always_inline struct reclaim *slot_of(__u32 pid)
{
	__u32 slot = pid & (SLOTS - 1);
	return bpf_map_lookup_elem(&reclaims, &slot);
}

static __always_inline void begin_window(struct reclaim *r, __u64 t_ns)
{
	r->window_ns = t_ns;
	r->sum_ns = r->memcg_ns = r->pages = 0;
	r->reported = false;
}

static __always_inline void take_slot(struct reclaim *r, __u32 pid, bool for_memcg, __u64 span_ns)
{
	r->armed_ns = armed_ns;
	r->pid = pid;
	r->depth = 0;
	r->for_memcg = for_memcg;
	r->span_ns = span_ns;
	r->compact_ns = 0;
	begin_window(r, span_ns);
}

static __always_inline void add_span(struct reclaim *r, __u64 ns)
{
	r->sum_ns += ns;
	if (r->for_memcg)
		r->memcg_ns += ns;
}

static __always_inline int report(void *ctx, const struct reclaim *r, __u64 now, __u64 until_ns)
{
	struct event_memreclaim *e;
	if (!event_allowed(now))
		return 0;
	e = event_reserve(event_memreclaim, EVENT_MEMRECLAIM, now);
	if (!e)
		return 0;
	event_set_task(&e->h, current_task());
	e->reclaim_ns = r->sum_ns;
	e->window_ns = until_ns - r->window_ns;
	e->threshold_ns = threshold_ns;
	e->reclaimed_pages = r->pages;
	e->memcg_reclaim_ns = r->memcg_ns;
	bpf_get_stack(ctx, e->stack, sizeof(e->stack), 0);
	return event_submit(e);
}

static __always_inline int count_span(void *ctx, struct reclaim *r, __u64 now, __u64 pages)
{
	__u64 span_ns = now - r->span_ns, end_ns, until_ns;
	hist_add(HIST_RECLAIM, span_ns);
	if (span_ns > threshold_ns || r->span_ns >= r->window_ns + WINDOW_NS)
		begin_window(r, r->span_ns);
	end_ns = r->window_ns + WINDOW_NS;
	until_ns = span_ns > threshold_ns || now < end_ns ? now : end_ns;
	add_span(r, until_ns - r->span_ns);
	r->pages += pages;
	if (r->sum_ns > threshold_ns && !r->reported) {
		r->reported = true;
		report(ctx, r, now, until_ns);
	}
	if (until_ns < now) {
		begin_window(r, end_ns);
		add_span(r, now - end_ns);
	}
	r->span_ns = now;
	return 0;
}

static __always_inline int begin_span(bool for_memcg)
{
	__u32 pid = bpf_get_current_pid_tgid();
	struct reclaim *r = armed_ns ? slot_of(pid) : NULL;
	__u64 now;
	if (!r)
		return 0;
	now = bpf_ktime_get_ns();
	if (r->pid != pid || r->armed_ns != armed_ns)
		take_slot(r, pid, for_memcg, now);
	if (r->depth++ == 0) {
		r->span_ns = now;
		r->for_memcg = for_memcg;
	}
	return 0;
}

/* One that had begun before we were armed counts from then on; of one whose slot was taken over nothing is known. */
static __always_inline int end_span(void *ctx, bool for_memcg, __u64 pages)
{
	__u32 pid = bpf_get_current_pid_tgid();
	struct reclaim *r = armed_ns ? slot_of(pid) : NULL;
	if (!r)
		return 0;
	if (r->armed_ns != armed_ns)
		take_slot(r, pid, for_memcg, armed_ns);
	if (r->pid != pid || (r->depth && --r->depth))
		return 0;
	return count_span(ctx, r, bpf_ktime_get_ns(), pages);
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int BPF_PROG(on_direct_begin)
{
	return begin_span(/* for_memcg= */ false);
}

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int BPF_PROG(on_direct_end, unsigned long pages)
{
	return end_span(ctx, /* for_memcg= */ false, pages);
}

SEC("?tp_btf/mm_vmscan_memcg_reclaim_begin")
int BPF_PROG(on_memcg_begin)
{
	return begin_span(/* for_memcg= */ true);
}

SEC("?tp_btf/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(on_memcg_end, unsigned long pages)
{
	return end_span(ctx, /* for_memcg= */ true, pages);
}

/* Of one zone, for a task's own allocation: kcompactd, a kernel thread, works ahead of those. */
static __always_inline struct reclaim *compacting(void)
{
	__u32 pid = bpf_get_current_pid_tgid();
	struct reclaim *r = armed_ns ? slot_of(pid) : NULL;
	if (!r || BPF_CORE_READ(current_task(), flags) & PF_KTHREAD)
		return NULL;
	if (r->pid != pid || r->armed_ns != armed_ns)
		take_slot(r, pid, /* for_memcg= */ false, bpf_ktime_get_ns());
	return r;
}

SEC("?tp_btf/mm_compaction_begin")
int BPF_PROG(on_compaction_begin)
{
	struct reclaim *r = compacting();
	if (r)
		r->compact_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("?tp_btf/mm_compaction_end")
int BPF_PROG(on_compaction_end)
{
	struct reclaim *r = compacting();
	if (r && r->compact_ns)
		hist_add(HIST_COMPACT, bpf_ktime_get_ns() - r->compact_ns);
	if (r)
		r->compact_ns = 0;
	return 0;
}

EVENT_SELF_TEST(event_memreclaim, EVENT_MEMRECLAIM)
