/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/vocabulary.h"

#include "bpf/event.h"
#include "engine/base/util.h"

#define HOST ENTITY_BIT(ENTITY_KIND_HOST)
#define CPU ENTITY_BIT(ENTITY_KIND_CPU)
#define DISK ENTITY_BIT(ENTITY_KIND_DISK)
#define NETDEV ENTITY_BIT(ENTITY_KIND_NETDEV)
#define MOUNT ENTITY_BIT(ENTITY_KIND_MOUNT)
#define CGROUP ENTITY_BIT(ENTITY_KIND_CGROUP)

static const struct signal_def signals[] = {
	{"cgroup.anon", UNIT_BYTES, CGROUP, TIER_SECOND, "anonymous memory"},
	{"cgroup.cpu", UNIT_MILLI, CGROUP, TIER_SECOND, "CPUs in use"},
	{"cgroup.mem", UNIT_BYTES, CGROUP, TIER_SECOND, "memory charged"},
	{"cgroup.oom_kill", UNIT_PER_SECOND, CGROUP, TIER_SECOND, "OOM kills"},
	{"cgroup.pids", UNIT_COUNT, CGROUP, TIER_SECOND, "tasks"},
	{"cgroup.throttled", UNIT_PERCENT, CGROUP, TIER_SECOND, "share of time throttled"},
	{"cpu.idle", UNIT_PERCENT, HOST | CPU, TIER_TICK, "idle"},
	{"cpu.iowait", UNIT_PERCENT, HOST | CPU, TIER_TICK, "idle with I/O outstanding"},
	{"cpu.irq", UNIT_PERCENT, HOST | CPU, TIER_TICK, "hard interrupts"},
	{"cpu.nice", UNIT_PERCENT, HOST | CPU, TIER_TICK, "niced user code"},
	{"cpu.softirq", UNIT_PERCENT, HOST | CPU, TIER_TICK, "softirqs"},
	{"cpu.steal", UNIT_PERCENT, HOST | CPU, TIER_TICK, "taken by the hypervisor"},
	{"cpu.sys", UNIT_PERCENT, HOST | CPU, TIER_TICK, "kernel code"},
	{"cpu.user", UNIT_PERCENT, HOST | CPU, TIER_TICK, "user code"},
	{"disk.await", UNIT_SECONDS, DISK, TIER_SECOND, "mean time of a request"},
	{"disk.inflight", UNIT_COUNT, DISK, TIER_SECOND, "requests in flight"},
	{"disk.read_bytes", UNIT_BYTES_PER_SECOND, DISK, TIER_SECOND, "bytes read"},
	{"disk.util", UNIT_PERCENT, DISK, TIER_SECOND, "share of time busy"},
	{"disk.write_bytes", UNIT_BYTES_PER_SECOND, DISK, TIER_SECOND, "bytes written"},
	{"load.1", UNIT_MILLI, HOST, TIER_TICK, "load average of a minute"},
	{"mem.anon", UNIT_BYTES, HOST, TIER_SECOND, "anonymous pages"},
	{"mem.available", UNIT_BYTES, HOST, TIER_SECOND, "memory that could be had without swapping"},
	{"mem.total", UNIT_BYTES, HOST, TIER_SECOND, "memory there is"},
	{"mem.used", UNIT_BYTES, HOST, TIER_SECOND, "total − free − page cache"},
	{"mount.used", UNIT_PERCENT, MOUNT, TIER_SECOND, "space in use"},
	{"netdev.carrier", UNIT_COUNT, NETDEV, TIER_SECOND, "1 with a carrier"},
	{"netdev.rx_bytes", UNIT_BYTES_PER_SECOND, NETDEV, TIER_SECOND, "bytes received"},
	{"netdev.rx_drops", UNIT_PER_SECOND, NETDEV, TIER_SECOND, "packets dropped on receive"},
	{"psi.io.full", UNIT_PERCENT, HOST, TIER_SECOND, "all tasks stalled on I/O"},
	{"sched.blocked", UNIT_COUNT, HOST, TIER_TICK, "tasks that wait for I/O"},
	{"sched.running", UNIT_COUNT, HOST, TIER_TICK, "runnable tasks"},
	{"sched.switches", UNIT_PER_SECOND, HOST, TIER_TICK, "context switches"},
	{"tasks.d", UNIT_COUNT, HOST, TIER_TICK, "uninterruptible tasks"},
	{"tasks.total", UNIT_COUNT, HOST, TIER_TICK, "tasks"},
	{"vm.pgmajfault", UNIT_PER_SECOND, HOST, TIER_TICK, "major faults"},
};

#define FIELD(record, member, type, unit) \
	{#member, type, unit, offsetof(struct record, member), sizeof(((struct record *)NULL)->member), NULL}

static const struct event_field hungtask_fields[] = {
	FIELD(event_hungtask, blocked_ns, FIELD_U64, UNIT_SECONDS),
	FIELD(event_hungtask, d_tasks, FIELD_U64, UNIT_COUNT),
	FIELD(event_hungtask, stack, FIELD_STACK, UNIT_NUMBER),
	FIELD(event_hungtask, switches, FIELD_U64, UNIT_COUNT),
};

static const struct event_field iolatency_fields[] = {
	FIELD(event_iolatency, bytes, FIELD_U64, UNIT_BYTES),
	FIELD(event_iolatency, d2c_ns, FIELD_U64, UNIT_SECONDS),
	FIELD(event_iolatency, disk, FIELD_TEXT, UNIT_NUMBER),
	FIELD(event_iolatency, q2c_ns, FIELD_U64, UNIT_SECONDS),
	FIELD(event_iolatency, sector, FIELD_U64, UNIT_NUMBER),
};

static const struct event_field lacp_fields[] = {
	FIELD(event_lacp, bond, FIELD_TEXT, UNIT_NUMBER),
	FIELD(event_lacp, change, FIELD_U32, UNIT_NUMBER),
	FIELD(event_lacp, slave, FIELD_TEXT, UNIT_NUMBER),
	{"status", FIELD_TAIL, UNIT_NUMBER, sizeof(struct event_lacp), 0, NULL},
};

static const struct event_field oom_fields[] = {
	FIELD(event_oom, anon_bytes, FIELD_U64, UNIT_BYTES),
	FIELD(event_oom, limit_bytes, FIELD_U64, UNIT_BYTES),
	FIELD(event_oom, oom_score_adj, FIELD_S64, UNIT_NUMBER),
	FIELD(event_oom, usage_bytes, FIELD_U64, UNIT_BYTES),
	FIELD(event_oom, victim_comm, FIELD_TEXT, UNIT_NUMBER),
	FIELD(event_oom, victim_pid, FIELD_U32, UNIT_NUMBER),
};

static const struct event_field runqlat_fields[] = {
	FIELD(event_runqlat, prev_comm, FIELD_TEXT, UNIT_NUMBER),
	FIELD(event_runqlat, stack, FIELD_STACK, UNIT_NUMBER),
	FIELD(event_runqlat, wait_ns, FIELD_U64, UNIT_SECONDS),
};

static const struct event_field softirq_fields[] = {
	FIELD(event_softirq, offtime_ns, FIELD_U64, UNIT_SECONDS),
	FIELD(event_softirq, stack, FIELD_STACK, UNIT_NUMBER),
	FIELD(event_softirq, threshold_ns, FIELD_U64, UNIT_SECONDS),
	FIELD(event_softirq, vec, FIELD_U32, UNIT_NUMBER),
};

static const struct event_field common_fields[] = {
	FIELD(event, cgroup_id, FIELD_U64, UNIT_NUMBER), FIELD(event, comm, FIELD_TEXT, UNIT_NUMBER),
	FIELD(event, cpu, FIELD_U32, UNIT_NUMBER),	 FIELD(event, pid, FIELD_U32, UNIT_NUMBER),
	FIELD(event, tgid, FIELD_U32, UNIT_NUMBER),
};

#define FIELDS(name) name##_fields, ARRAY_SIZE(name##_fields)

static const struct detector_def detectors[] = {
	{"hungtask", EVENT_HUNGTASK, DETECTOR_ALWAYS, ENTITY_KIND_HOST, UNIT_NUMBER, 0, FIELDS(hungtask), "a hung task", NULL, 0},
	{"iolatency", EVENT_IOLATENCY, DETECTOR_ARMED, ENTITY_KIND_DISK, UNIT_SECONDS, 100000000, FIELDS(iolatency),
	 "a slow block request", NULL, 0},
	{"lacp", EVENT_LACP, DETECTOR_ALWAYS, ENTITY_KIND_BOND, UNIT_NUMBER, 0, FIELDS(lacp), "a bond's port changed", NULL, 0},
	{"oom", EVENT_OOM, DETECTOR_ALWAYS, ENTITY_KIND_CGROUP, UNIT_NUMBER, 0, FIELDS(oom), "a task was chosen to die", NULL, 0},
	{"runqlat", EVENT_RUNQLAT, DETECTOR_ARMED, ENTITY_KIND_CPU, UNIT_SECONDS, 10000000, FIELDS(runqlat),
	 "a task waited for a CPU", NULL, 0},
	{"softirq", EVENT_SOFTIRQ, DETECTOR_ARMED, ENTITY_KIND_CPU, UNIT_SECONDS, 10000000, FIELDS(softirq),
	 "softirqs ran late", NULL, 0},
};

static const struct collector_def collectors[] = {
	{"blk", "block layer"},	      {"bonding", "bonds"},	       {"cgroup", "cgroup files"},
	{"kmsg", "kernel log"},	      {"mem", "memory state"},	       {"net", "network state"},
	{"profile", "CPU profile"},   {"sched", "scheduler state"},    {"sysrq-l", "backtraces of CPUs"},
	{"sysrq-m", "memory by zone"}, {"sysrq-t", "all tasks"},       {"sysrq-w", "blocked tasks"},
	{"tasks", "tasks"},
};

const struct vocabulary *test_vocabulary(void)
{
	static const struct vocabulary v = {
		.signals = signals,
		.n_signals = ARRAY_SIZE(signals),
		.detectors = detectors,
		.n_detectors = ARRAY_SIZE(detectors),
		.common_fields = common_fields,
		.n_common_fields = ARRAY_SIZE(common_fields),
		.collectors = collectors,
		.n_collectors = ARRAY_SIZE(collectors),
	};
	return &v;
}
