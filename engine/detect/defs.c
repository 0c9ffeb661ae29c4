/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detect.h"

#define FIELD(record, member, name_, type_, unit_)                               \
	{                                                                        \
		.name = (name_), .type = (type_), .unit = (unit_),               \
		.offset = offsetof(struct record, member),                       \
		.size = sizeof(((struct record *)NULL)->member),                 \
	}
#define NUMBER32(record, member)       FIELD(record, member, #member, FIELD_U32, UNIT_NUMBER)
#define NUMBER64(record, member)       FIELD(record, member, #member, FIELD_U64, UNIT_NUMBER)
#define COUNT64(record, member)	       FIELD(record, member, #member, FIELD_U64, UNIT_COUNT)
#define BYTES64(record, member, name)  FIELD(record, member, name, FIELD_U64, UNIT_BYTES)
#define SPAN64(record, member, name)   FIELD(record, member, name, FIELD_U64, UNIT_SECONDS)
#define TEXT(record, member)	       FIELD(record, member, #member, FIELD_TEXT, UNIT_NUMBER)
#define STACK(record)		       FIELD(record, stack, "stack", FIELD_STACK, UNIT_NUMBER)
#define CONTEXT(which, name_)	       {.name = (name_), .type = FIELD_CONTEXT, .offset = CONTEXT_##which}
/* A number that stands for one of the words. */
#define WORD(record, member, ...)                                                \
	{                                                                        \
		.name = #member, .type = FIELD_WORD,                             \
		.offset = offsetof(struct record, member),                       \
		.size = sizeof(((struct record *)NULL)->member),                 \
		.words = (const char *const[]){__VA_ARGS__, NULL},               \
	}
/* Of a struct event_file called `file`. */
#define FILE32(record, member)	       FIELD(record, file.member, #member, FIELD_U32, UNIT_NUMBER)
#define INODE(record)		       FIELD(record, file.inode, "inode", FIELD_U64, UNIT_NUMBER)
#define PATH(record)		       FIELD(record, file.path, "path", FIELD_TEXT, UNIT_NUMBER)
/* The REQ_OP_* that transfer or give up data. */
#define OP(record) \
	WORD(record, op, "read", "write", "flush", "discard", "", "secure-erase", "", "write-same", "", "write-zeroes")
/* Of the packet or socket. */
#define FLOW(record, member, type_)    FIELD(record, flow.member, #member, type_, UNIT_NUMBER)
#define FLOW_STATE(record)                                                       \
	{                                                                        \
		.name = "state", .type = FIELD_WORD,                             \
		.offset = offsetof(struct record, flow.state),                   \
		.size = sizeof(__u32),                                           \
		.words = tcp_states,                                             \
	}
/* To the end of the record, so its size is the reader's to find. */
#define TAIL(record, name_) {.name = (name_), .type = FIELD_TAIL, .offset = sizeof(struct record)}

/* By the kernel's number, in the words of ss(8). */
static const char *const tcp_states[] = {"",	       "established", "syn-sent",   "syn-recv", "fin-wait-1", "fin-wait-2", "time-wait",
					 "closed",     "close-wait",  "last-ack",   "listen",	"closing",    "new-syn-recv", NULL};

const struct event_field event_common_fields[] = {
	CONTEXT(CGROUP, "cgroup"),
	NUMBER64(event, cgroup_id),
	TEXT(event, comm),
	CONTEXT(CONTAINER, "container"),
	NUMBER32(event, cpu),
	NUMBER32(event, flags),
	CONTEXT(NAMESPACE, "namespace"),
	NUMBER32(event, pid),
	CONTEXT(POD, "pod"),
	CONTEXT(POD_UID, "pod_uid"),
	CONTEXT(QOS, "qos"),
	CONTEXT(RUNTIME, "runtime"),
	FIELD(event, task_start_ns, "task_start", FIELD_U64, UNIT_SECONDS),
	NUMBER32(event, tgid),
};
const size_t event_common_fields_n = ARRAY_SIZE(event_common_fields);

static const struct event_field blkerr_fields[] = {
	BYTES64(event_blkerr, bytes, "bytes"),
	FILE32(event_blkerr, dev_major),
	FILE32(event_blkerr, dev_minor),
	TEXT(event_blkerr, disk),
	NUMBER32(event_blkerr, error),
	INODE(event_blkerr),
	OP(event_blkerr),
	PATH(event_blkerr),
	NUMBER32(event_blkerr, retries),
	NUMBER64(event_blkerr, sector),
	WORD(event_blkerr, type, "", "request", "bio", "timeout"),
};
static const struct event_blame blkerr_blames[] = {
	{"device", "disk", NULL, 1, "its {op} of {bytes} at sector {sector} ended in error {error} ({type})[ after {retries} retries]",
	 NULL},
	{"file", "path", NULL, 0.95, "the {op} that {disk} failed was for this file", NULL},
};

static const struct event_field dropwatch_fields[] = {
	NUMBER32(event_dropwatch, ack_backlog),
	NUMBER32(event_dropwatch, ack_seq),
	FLOW(event_dropwatch, daddr, FIELD_IP),
	FLOW(event_dropwatch, dport, FIELD_U32),
	NUMBER32(event_dropwatch, ifindex),
	TEXT(event_dropwatch, ifname),
	FIELD(event_dropwatch, location, "location", FIELD_STACK, UNIT_NUMBER),
	NUMBER32(event_dropwatch, max_ack_backlog),
	NUMBER32(event_dropwatch, netns),
	NUMBER32(event_dropwatch, pkt_len),
	FLOW(event_dropwatch, protocol, FIELD_U32),
	NUMBER32(event_dropwatch, queue_mapping),
	NUMBER32(event_dropwatch, reason),
	TEXT(event_dropwatch, reason_name),
	FLOW(event_dropwatch, saddr, FIELD_IP),
	NUMBER32(event_dropwatch, seq),
	FLOW(event_dropwatch, sport, FIELD_U32),
	STACK(event_dropwatch),
	FLOW_STATE(event_dropwatch),
	NUMBER32(event_dropwatch, tcp_flags),
	WORD(event_dropwatch, type, "", "common", "syn", "handshake"),
};
static const struct event_blame dropwatch_blames[] = {
	{"function", "function", NULL, 1,
	 "dropped a TCP packet[ ({reason_name})] from {saddr} port {sport} to {daddr} port {dport}[ on {ifname}][, {state}]", NULL},
	{"listener", "dport", NULL, 0.95, "port of {daddr}, dropped a connection with {ack_backlog} waiting of {max_ack_backlog}",
	 "max_ack_backlog"},
	{"device", "ifname", NULL, 0.9, "carried the packet that was dropped[ ({reason_name})]", NULL},
};

static const struct event_field exec_fields[] = {
	TAIL(event_exec, "args"),
	NUMBER32(event_exec, exit_code),
	NUMBER32(event_exec, exit_signal),
	SPAN64(event_exec, lifetime_ns, "lifetime"),
	TEXT(event_exec, parent_comm),
	NUMBER32(event_exec, ppid),
	NUMBER64(event_exec, uid),
	WORD(event_exec, what, "", "fork", "exec", "exit"),
};
static const struct event_blame exec_blames[] = {
	{"task", "parent_comm", "ppid", 1, "its processes come and go: {what} of {comm}[, {args}][, after {lifetime}]", NULL},
};

static const struct event_field hungtask_fields[] = {
	SPAN64(event_hungtask, blocked_ns, "blocked"),
	COUNT64(event_hungtask, d_tasks),
	STACK(event_hungtask),
	COUNT64(event_hungtask, switches),
};
static const struct event_blame hungtask_blames[] = {
	{"task", "comm", "pid", 1, "hangs in D state[ since {blocked}][, waiting in {wchan}][, one of {d_tasks} such tasks]", NULL},
	{"wait", "wchan", NULL, 0.9, "the hung task {comm} (pid {pid}) waits in it", NULL},
};

static const struct event_field iolatency_fields[] = {
	BYTES64(event_iolatency, bytes, "bytes"),
	SPAN64(event_iolatency, d2c_ns, "d2c"),
	FILE32(event_iolatency, dev_major),
	FILE32(event_iolatency, dev_minor),
	TEXT(event_iolatency, disk),
	NUMBER32(event_iolatency, error),
	INODE(event_iolatency),
	TEXT(event_iolatency, issuer_comm),
	NUMBER32(event_iolatency, issuer_pid),
	OP(event_iolatency),
	PATH(event_iolatency),
	SPAN64(event_iolatency, q2c_ns, "q2c"),
	NUMBER64(event_iolatency, sector),
	SPAN64(event_iolatency, threshold_ns, "threshold"),
};
static const struct event_blame iolatency_blames[] = {
	{"device", "disk", NULL, 1, "took {q2c} for one request", NULL},
	{"task", "issuer_comm", "issuer_pid", 0.9, "issued the request that took {q2c}", NULL},
	{"file", "path", NULL, 0.85, "the {op} that took {q2c} was for this file", NULL},
};

static const struct event_field iotrace_fields[] = {
	SPAN64(event_iotrace, d2c_ns, "d2c"),
	FIELD(event_iotrace, file.dev_major, "dev_major", FIELD_U32, UNIT_NUMBER),
	FIELD(event_iotrace, file.dev_minor, "dev_minor", FIELD_U32, UNIT_NUMBER),
	TEXT(event_iotrace, disk),
	BYTES64(event_iotrace, disk_read_bytes, "disk_read"),
	BYTES64(event_iotrace, disk_write_bytes, "disk_write"),
	BYTES64(event_iotrace, fs_read_bytes, "fs_read"),
	BYTES64(event_iotrace, fs_write_bytes, "fs_write"),
	FIELD(event_iotrace, file.inode, "inode", FIELD_U64, UNIT_NUMBER),
	FIELD(event_iotrace, file.path, "path", FIELD_TEXT, UNIT_NUMBER),
	SPAN64(event_iotrace, q2c_ns, "q2c"),
	COUNT64(event_iotrace, requests),
};
static const struct event_blame iotrace_blames[] = {
	{"task", "comm", "tgid", 1, "[read {fs_read}, ][wrote {fs_write}, ][disk read {disk_read}, ]"
	 "[disk write {disk_write}, ]in one second[, of {path}][, on {disk}]", NULL},
	{"file", "path", NULL, 0.95, "[{fs_read} read, ][{fs_write} written, ]in one second, by {comm} (pid {tgid})", NULL},
};

static const struct event_field klog_fields[] = {
	TEXT(event_klog, device),
	NUMBER32(event_klog, level),
	NUMBER32(event_klog, lines),
	TEXT(event_klog, message),
	TEXT(event_klog, name),
	NUMBER64(event_klog, sequence),
	TEXT(event_klog, subsystem),
	TAIL(event_klog, "text"),
};
static const struct event_blame klog_blames[] = {
	{"device", "device", NULL, 1, "the kernel's log has it as {name} of {subsystem}: {message}", NULL},
	{"task", "comm", "pid", 0.95, "ran when the kernel's log told of {name}: {message}", NULL},
	{"log", "name", NULL, 0.9, "of {subsystem}, {lines} lines of the kernel's log: {message}", NULL},
};

static const struct event_field lacp_fields[] = {
	TEXT(event_lacp, bond),
	WORD(event_lacp, change, "", "disabled", "enabled", "slave-active", "slave-backup", "slave-link"),
	NUMBER32(event_lacp, ifindex),
	TEXT(event_lacp, slave),
	TAIL(event_lacp, "status"),
};
static const struct event_blame lacp_blames[] = {
	{"device", "slave", NULL, 1, "port of {bond}: {change}", NULL},
	{"bond", "bond", NULL, 0.95, "its port {slave}: {change}; see net/bonding/{bond}.txt", NULL},
};

static const struct event_field memreclaim_fields[] = {
	SPAN64(event_memreclaim, memcg_reclaim_ns, "memcg_reclaim"),
	SPAN64(event_memreclaim, reclaim_ns, "reclaim"),
	COUNT64(event_memreclaim, reclaimed_pages),
	STACK(event_memreclaim),
	SPAN64(event_memreclaim, threshold_ns, "threshold"),
	SPAN64(event_memreclaim, window_ns, "window"),
};
static const struct event_blame memreclaim_blames[] = {
	{"task", "comm", "pid", 1, "spent {reclaim} of {window} reclaiming memory[, {memcg_reclaim} of it for its cgroup's limit]", NULL},
};

static const struct event_field netdev_fields[] = {
	WORD(event_netdev, change, "", "carrier-up", "carrier-down", "admin-up", "admin-down", "mtu", "address", "new", "gone"),
	TEXT(event_netdev, driver),
	FIELD(event_netdev, flags, "if_flags", FIELD_U32, UNIT_NUMBER),
	NUMBER32(event_netdev, ifindex),
	TEXT(event_netdev, ifname),
	TEXT(event_netdev, linkstatus),
	TEXT(event_netdev, mac),
	TEXT(event_netdev, mac_before),
	NUMBER32(event_netdev, master),
	NUMBER32(event_netdev, mtu),
	NUMBER32(event_netdev, mtu_before),
};
static const struct event_blame netdev_blames[] = {
	{"device", "ifname", NULL, 1, "network interface: {change}[, driver {driver}][, MTU {mtu}][, address {mac}]", NULL},
};

static const struct event_field netrecvlat_fields[] = {
	NUMBER32(event_netrecvlat, ack_seq),
	FLOW(event_netrecvlat, daddr, FIELD_IP),
	FLOW(event_netrecvlat, dport, FIELD_U32),
	NUMBER32(event_netrecvlat, ifindex),
	TEXT(event_netrecvlat, ifname),
	SPAN64(event_netrecvlat, latency_ns, "latency"),
	NUMBER32(event_netrecvlat, netns),
	NUMBER32(event_netrecvlat, pkt_len),
	FLOW(event_netrecvlat, protocol, FIELD_U32),
	FLOW(event_netrecvlat, saddr, FIELD_IP),
	NUMBER32(event_netrecvlat, seq),
	FLOW(event_netrecvlat, sport, FIELD_U32),
	FLOW_STATE(event_netrecvlat),
	SPAN64(event_netrecvlat, threshold_ns, "threshold"),
	WORD(event_netrecvlat, where, "", "TO_NETIF_RCV", "TO_TCPV4_RCV", "TO_USER_COPY"),
};
static const struct event_blame netrecvlat_blames[] = {
	{"device", "ifname", NULL, 1, "a packet from {saddr}[ port {sport}] to {daddr}[ port {dport}] came {latency} late ({where}, CPU {cpu})", NULL},
	{"task", "comm", "pid", 0.9, "ran on CPU {cpu} when the packet came {latency} late ({where})", NULL},
};

static const struct event_field offcpu_fields[] = {
	SPAN64(event_offcpu, blocked_ns, "blocked"),
	STACK(event_offcpu),
	NUMBER32(event_offcpu, state),
	SPAN64(event_offcpu, threshold_ns, "threshold"),
	TEXT(event_offcpu, waker_comm),
	NUMBER32(event_offcpu, waker_pid),
};
static const struct event_blame offcpu_blames[] = {
	{"task", "comm", "pid", 1, "slept uninterruptibly for {blocked}[, waiting in {wchan}][, until {waker_comm} woke it]", NULL},
	{"wait", "wchan", NULL, 0.9, "{comm} (pid {pid}) waited {blocked} in it", NULL},
};

static const struct event_field oom_fields[] = {
	BYTES64(event_oom, anon_bytes, "anon"),
	BYTES64(event_oom, file_bytes, "file"),
	BYTES64(event_oom, limit_bytes, "limit"),
	NUMBER64(event_oom, memcg_id),
	FIELD(event_oom, oom_score_adj, "oom_score_adj", FIELD_S64, UNIT_NUMBER),
	BYTES64(event_oom, pgtable_bytes, "pgtable"),
	BYTES64(event_oom, shmem_bytes, "shmem"),
	BYTES64(event_oom, swap_bytes, "swap"),
	BYTES64(event_oom, usage_bytes, "usage"),
	NUMBER64(event_oom, victim_cgroup_id),
	TEXT(event_oom, victim_comm),
	NUMBER32(event_oom, victim_pid),
	NUMBER32(event_oom, victim_uid),
};
static const struct event_blame oom_blames[] = {
	{"task", "victim_comm", "victim_pid", 1, "killed by the OOM killer with {anon} of anonymous memory", NULL},
	{"cgroup", "entity", NULL, 0.95, "ran out of memory with {usage} used of {limit}", "memcg_id"},
	{"task", "comm", "tgid", 0.9, "its allocation triggered the OOM kill of {victim_comm}", NULL},
};

static const struct event_field ras_fields[] = {
	NUMBER64(event_ras, address),
	NUMBER32(event_ras, bank),
	TEXT(event_ras, device),
	NUMBER32(event_ras, error_count),
	NUMBER32(event_ras, error_cpu),
	NUMBER32(event_ras, error_type),
	TEXT(event_ras, message),
	NUMBER64(event_ras, misc),
	WORD(event_ras, result, "", "ignored", "failed", "delayed", "recovered"),
	WORD(event_ras, severity, "unknown", "corrected", "recoverable", "fatal", "info"),
	WORD(event_ras, source, "", "mce", "edac", "aer", "memory-failure", "extlog", "non-standard", "arm"),
	NUMBER64(event_ras, status),
	NUMBER64(event_ras, synd),
};
static const struct event_blame ras_blames[] = {
	{"device", "device", NULL, 1, "{severity} error, by {source}: {message}", NULL},
};

static const struct event_field runqlat_fields[] = {
	TEXT(event_runqlat, prev_comm),
	NUMBER32(event_runqlat, prev_pid),
	NUMBER32(event_runqlat, prio),
	STACK(event_runqlat),
	SPAN64(event_runqlat, threshold_ns, "threshold"),
	SPAN64(event_runqlat, wait_ns, "wait"),
};
static const struct event_blame runqlat_blames[] = {
	{"task", "prev_comm", "prev_pid", 1, "held the CPU that {comm} waited {wait} for", NULL},
};

#define SOFTIRQ_WORDS "hi", "timer", "net_tx", "net_rx", "block", "irq_poll", "tasklet", "sched", "hrtimer", "rcu"
static const struct event_field softirq_fields[] = {
	SPAN64(event_softirq, offtime_ns, "offtime"),
	WORD(event_softirq, ran, "", SOFTIRQ_WORDS),
	SPAN64(event_softirq, ran_ns, "ran_for"),
	STACK(event_softirq),
	SPAN64(event_softirq, threshold_ns, "threshold"),
	WORD(event_softirq, vec, SOFTIRQ_WORDS, "tick"),
};
static const struct event_blame softirq_blames[] = {
	{"softirq", "ran", NULL, 1, "ran for {ran_for} on CPU {cpu}, {vec} waited {offtime}", NULL},
	{"function", "function", NULL, 0.95, "was on CPU {cpu} when {vec} came {offtime} late", NULL},
	{"task", "comm", "pid", 0.9, "was on CPU {cpu} when {vec} came {offtime} late", NULL},
};

static const struct event_field softlockup_fields[] = {
	STACK(event_softlockup),
	SPAN64(event_softlockup, stuck_ns, "stuck"),
};
static const struct event_blame softlockup_blames[] = {
	{"task", "comm", "pid", 1, "kept CPU {cpu} from scheduling[ for {stuck}]", NULL},
	{"function", "function", NULL, 0.95, "where {comm} (pid {pid}) kept CPU {cpu}", NULL},
};

#define ARGUMENT(i) FIELD(event_syscall, args[i], "arg" #i, FIELD_U64, UNIT_NUMBER)
static const struct event_field syscall_fields[] = {
	ARGUMENT(0), ARGUMENT(1), ARGUMENT(2), ARGUMENT(3), ARGUMENT(4), ARGUMENT(5),
	NUMBER32(event_syscall, compat),
	SPAN64(event_syscall, duration_ns, "duration"),
	TEXT(event_syscall, name),
	NUMBER32(event_syscall, nr),
	FIELD(event_syscall, ret, "ret", FIELD_S64, UNIT_NUMBER),
	STACK(event_syscall),
	SPAN64(event_syscall, threshold_ns, "threshold"),
};
static const struct event_blame syscall_blames[] = {
	{"task", "comm", "pid", 1, "was {duration} in {name}(), which returned {ret}", NULL},
};

static const struct event_field tcpretrans_fields[] = {
	FLOW(event_tcpretrans, daddr, FIELD_IP),
	FLOW(event_tcpretrans, dport, FIELD_U32),
	NUMBER32(event_tcpretrans, pkt_len),
	FLOW(event_tcpretrans, protocol, FIELD_U32),
	NUMBER32(event_tcpretrans, retransmits),
	NUMBER32(event_tcpretrans, rto_ms),
	FLOW(event_tcpretrans, saddr, FIELD_IP),
	NUMBER32(event_tcpretrans, seq),
	FLOW(event_tcpretrans, sport, FIELD_U32),
	NUMBER32(event_tcpretrans, srtt_us),
	FLOW_STATE(event_tcpretrans),
	WORD(event_tcpretrans, type, "", "rto", "fast", "synack", "probe"),
};
static const struct event_blame tcpretrans_blames[] = {
	{"peer", "daddr", NULL, 1, "its port {dport} did not acknowledge what {saddr} port {sport} sent ({type}, {state})", NULL},
	{"container", "container", NULL, 0.95, "its socket to {daddr} port {dport} had to send again", NULL},
};

static const struct event_field txtimeout_fields[] = {
	TEXT(event_txtimeout, driver),
	NUMBER32(event_txtimeout, ifindex),
	TEXT(event_txtimeout, ifname),
	NUMBER32(event_txtimeout, netns),
	NUMBER32(event_txtimeout, queue),
	SPAN64(event_txtimeout, stalled_ns, "stalled"),
};
static const struct event_blame txtimeout_blames[] = {
	{"device", "ifname", NULL, 1, "transmit queue {queue}[ of driver {driver}] moved nothing[ for {stalled}]", NULL},
};

#define DETECTOR_ROW(name_, kind_, class_, entity_, unit_, threshold_, summary_) \
	{                                                                        \
		.name = #name_,                                                  \
		.kind = (kind_),                                                 \
		.class = (class_),                                               \
		.entity = (entity_),                                             \
		.threshold_unit = (unit_),                                       \
		.threshold = (threshold_),                                       \
		.fields = name_##_fields,                                        \
		.n_fields = ARRAY_SIZE(name_##_fields),                          \
		.blames = name_##_blames,                                        \
		.n_blames = ARRAY_SIZE(name_##_blames),                          \
		.summary = (summary_),                                           \
	},
const struct detector_def detector_defs[] = {
#include "engine/detect/rows.h"
};
const size_t detector_defs_n = ARRAY_SIZE(detector_defs);
