/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/dropwatch.skel.h"
#include "engine/detect/bpflog.h"
#include "engine/detect/drop_reason.h"
#include "engine/detect/ksym.h"

/* What a function of the kernel is to us; each kernel has some of them. */
enum role {
	PURGE,	   /* empties the queues of a socket that closes */
	TAKER,	   /* frees acknowledgements and ends of connections that it took in, TIME_WAIT's among them */
	FREEING,   /* on the way from who drops to the tracepoint */
	HANDSHAKE, /* finds an accept queue full */
	SOFTIRQ,   /* on behalf of nobody who runs */
};

static const struct {
	enum role role;
	const char *name;
} functions[] = {
	{PURGE, "sk_stream_kill_queues"},
	{PURGE, "skb_rbtree_purge"},
	{PURGE, "skb_queue_purge"},
	{PURGE, "skb_queue_purge_reason"},
	{PURGE, "inet_sock_destruct"},
	{PURGE, "tcp_disconnect"},
	{TAKER, "tcp_v4_rcv"},
	{TAKER, "tcp_v6_rcv"},
	{TAKER, "tcp_v4_do_rcv"},
	{TAKER, "tcp_v6_do_rcv"},
	{TAKER, "tcp_rcv_state_process"},
	{TAKER, "tcp_rcv_established"},
	{TAKER, "tcp_data_queue"},
	{FREEING, "kfree_skb"},
	{FREEING, "kfree_skb_reason"}, /* since 5.17 (c504e5c2f964) */
	{FREEING, "kfree_skb_list"},
	{FREEING, "kfree_skb_list_reason"},
	{FREEING, "sk_skb_reason_drop"}, /* since 6.11 (ba8de796baf4) */
	{HANDSHAKE, "tcp_conn_request"},
	{HANDSHAKE, "tcp_v4_syn_recv_sock"},
	{HANDSHAKE, "tcp_v6_syn_recv_sock"},
	{SOFTIRQ, "net_rx_action"},
	{SOFTIRQ, "__do_softirq"},
	{SOFTIRQ, "handle_softirqs"}, /* since 6.10 (401034cb1c3c) */
};

struct dropwatch {
	struct drop_reasons reasons;
	struct ksym_range at[ARRAY_SIZE(functions)]; /* 0, 0: not in this kernel */
};

enum handshake_hook { HANDSHAKE_FENTRY, HANDSHAKE_KPROBE, HANDSHAKE_NONE };

static const char *const handshake_names[] = {", fentry/tcp_conn_request", ", kprobe/tcp_conn_request", ""};

static void tell_functions(const struct dropwatch *own, struct dropwatch_bpf *bpf)
{
	size_t n[HANDSHAKE + 1] = {0};
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		enum role role = functions[i].role;
		if (role > TAKER || !own->at[i].begin || n[role] == ARRAY_SIZE(bpf->rodata->purges))
			continue;
		__u64 *range = role == PURGE ? bpf->rodata->purges[n[role]] : bpf->rodata->takers[n[role]];
		range[0] = own->at[i].begin;
		range[1] = own->at[i].end;
		n[role]++;
	}
}

static void tell_reasons(const struct dropwatch *own, struct dropwatch_bpf *bpf)
{
	static const char *const none[] = {"CONSUMED", "NOT_DROPPED_YET", "QUEUE_PURGE", "TCP_RESET"};
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		int64_t value = drop_reasons_value(&own->reasons, none[i]);
		if (value >= 0)
			bpf->rodata->no_drops[bpf->rodata->n_no_drops++] = (uint32_t)value;
	}
	int64_t unspecified = drop_reasons_value(&own->reasons, "NOT_SPECIFIED");
	int64_t overflow = drop_reasons_value(&own->reasons, "TCP_LISTEN_OVERFLOW");
	bpf->rodata->unspecified = unspecified < 0 ? 0 : (uint32_t)unspecified;
	bpf->rodata->overflow = overflow < 0 ? ~0U : (uint32_t)overflow;
}

static void choose_hooks(struct detector *d, struct dropwatch_bpf *bpf, enum handshake_hook hook)
{
	bool has_reason = detector_tracepoint_takes(d->world->btf, "kfree_skb", 2, "skb_drop_reason") == 1;
	bool has_socket = detector_tracepoint_takes(d->world->btf, "kfree_skb", 3, "sock") == 1;
	bpf_program__set_autoload(bpf->progs.on_free_plain, !has_reason);
	bpf_program__set_autoload(bpf->progs.on_free_reason, has_reason && !has_socket);
	bpf_program__set_autoload(bpf->progs.on_free_socket, has_socket);
	bpf_program__set_autoload(bpf->progs.on_syn_fentry, hook == HANDSHAKE_FENTRY);
	bpf_program__set_autoload(bpf->progs.on_ack_fentry, hook == HANDSHAKE_FENTRY);
	bpf_program__set_autoload(bpf->progs.on_ack6_fentry, hook == HANDSHAKE_FENTRY);
	bpf_program__set_autoload(bpf->progs.on_syn_kprobe, hook == HANDSHAKE_KPROBE);
	bpf_program__set_autoload(bpf->progs.on_ack_kprobe, hook == HANDSHAKE_KPROBE);
	bpf_program__set_autoload(bpf->progs.on_ack6_kprobe, hook == HANDSHAKE_KPROBE);
	snprintf(d->hook, sizeof(d->hook), "tp_btf/kfree_skb%s", handshake_names[hook]);
}

static int load_with(struct detector *d, enum handshake_hook hook)
{
	struct dropwatch_bpf *bpf = dropwatch_bpf__open();
	if (!bpf)
		return -errno;
	detector_open(d, bpf);
	tell_functions(d->own, bpf);
	tell_reasons(d->own, bpf);
	choose_hooks(d, bpf, hook);
	int r = detector_load(d, bpf);
	return r < 0 ? r : detector_try_twice(d);
}

static int find_out(struct detector *d)
{
	struct dropwatch *own = calloc(1, sizeof(*own));
	if (!own)
		return -ENOMEM;
	d->own = own;
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		own->at[i].name = functions[i].name;
	ksym_find(d->world->proc_root, own->at, ARRAY_SIZE(own->at));
	return drop_reasons_read(d->world->btf, &own->reasons);
}

/* The accept queue's functions tell more but are not needed: the first way that attaches is taken, at the end none. */
static int load(struct detector *d)
{
	if (detector_tracepoint_takes(d->world->btf, "kfree_skb", 0, "sk_buff") != 1)
		return detector_refuse(d, -EOPNOTSUPP, "no tracepoint kfree_skb in the kernel's BTF");
	int r = find_out(d);
	for (enum handshake_hook hook = HANDSHAKE_FENTRY; r >= 0; hook++) {
		bpflog_begin();
		r = load_with(d, hook);
		if (r >= 0 || hook == HANDSHAKE_NONE)
			break;
		void *own = d->own;
		d->own = NULL;
		detector_unload(d);
		d->own = own;
		r = 0;
	}
	return r;
}

static bool is_within(const struct dropwatch *own, enum role role, uint64_t address)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (functions[i].role == role && address >= own->at[i].begin && address < own->at[i].end)
			return true;
	return false;
}

/* Who dropped comes first: the way from there to the tracepoint is cut off. */
static void trim_stack(const struct dropwatch *own, struct event_dropwatch *e)
{
	enum role on_top = e->location ? FREEING : HANDSHAKE;
	size_t n = ARRAY_SIZE(e->stack), from = 0;
	for (size_t i = 0; i < n && e->stack[i]; i++)
		if (is_within(own, on_top, e->stack[i]))
			from = on_top == FREEING ? i + 1 : i;
	memmove(e->stack, e->stack + from, (n - from) * sizeof(*e->stack));
	memset(e->stack + n - from, 0, from * sizeof(*e->stack));
}

static bool is_in_softirq(const struct dropwatch *own, const struct event_dropwatch *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(e->stack) && e->stack[i]; i++)
		if (is_within(own, SOFTIRQ, e->stack[i]))
			return true;
	return false;
}

static void forget_task(struct event_dropwatch *e)
{
	e->h.pid = e->h.tgid = 0;
	e->h.task_start_ns = 0;
	memset(e->h.comm, 0, sizeof(e->h.comm));
	if (!e->flow.state)
		e->h.cgroup_id = 0;
}

/* An accept queue that was found full: the kernel's later name for it (since 6.14) serves where it had none. */
static void finish_handshake(struct event_dropwatch *e)
{
	snprintf(e->reason_name, sizeof(e->reason_name), "TCP_LISTEN_OVERFLOW");
	e->location = e->stack[0];
}

static void finish(struct detector *d, struct event *record, uint32_t *len _unused_, char entity[ENTITY_NAME_MAX])
{
	const struct dropwatch *own = d->own;
	struct event_dropwatch *e = (struct event_dropwatch *)record;
	drop_reasons_name(&own->reasons, e->reason, e->reason_name);
	trim_stack(own, e);
	if (!e->location)
		finish_handshake(e);
	if (is_in_softirq(own, e))
		forget_task(e);
	detector_name_device(d, e->ifname, e->netns, entity);
}

static void unload(struct detector *d)
{
	struct dropwatch *own = d->own;
	if (own)
		drop_reasons_done(&own->reasons);
	free(own);
}

const struct detector_ops dropwatch_ops = {.load = load, .finish = finish, .unload = unload};
