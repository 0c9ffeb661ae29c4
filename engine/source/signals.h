/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The signals, one row each, sorted by name: the id that readings are made with, the name, the unit, the entities, the
 * tier, what it means. A new signal is a row here and the lines that read it.
 */
#pragma once

// clang-format off
#define SIGNALS(X) \
	X(BLOCK_D2C_MAX, "block.d2c_max", SECONDS, HOST, SECOND, "longest time from issue to completion of a request") \
	X(BLOCK_D2C_P50, "block.d2c_p50", SECONDS, HOST, SECOND, "half the requests took less from issue to completion") \
	X(BLOCK_D2C_P99, "block.d2c_p99", SECONDS, HOST, SECOND, "99 % of requests took less from issue to completion") \
	X(BLOCK_Q2C_MAX, "block.q2c_max", SECONDS, HOST, SECOND, "longest time from queueing to completion of a request") \
	X(BLOCK_Q2C_P50, "block.q2c_p50", SECONDS, HOST, SECOND, "half the requests took less from queueing to completion") \
	X(BLOCK_Q2C_P99, "block.q2c_p99", SECONDS, HOST, SECOND, "99 % of requests took less from queueing to completion") \
	X(BLOCK_REQUESTS, "block.requests", PER_SECOND, HOST, SECOND, "requests completed, as iolatency counts them") \
	X(CGROUP_ANON, "cgroup.anon", BYTES, CGROUP, SECOND, "anonymous memory") \
	X(CGROUP_CPU, "cgroup.cpu", MILLI, CGROUP, SECOND, "CPUs in use") \
	X(CGROUP_D, "cgroup.d", COUNT, CGROUP, SECOND, "tasks in uninterruptible sleep") \
	X(CGROUP_FILE, "cgroup.file", BYTES, CGROUP, SECOND, "page cache") \
	X(CGROUP_MEM, "cgroup.mem", BYTES, CGROUP, SECOND, "memory charged") \
	X(CGROUP_OOM_KILL, "cgroup.oom_kill", PER_SECOND, CGROUP, SECOND, "tasks killed for want of memory") \
	X(CGROUP_PIDS, "cgroup.pids", COUNT, CGROUP, SECOND, "tasks") \
	X(CGROUP_PSI_CPU, "cgroup.psi_cpu", PERCENT, CGROUP, SECOND, "time some task stalled on CPU") \
	X(CGROUP_PSI_IO, "cgroup.psi_io", PERCENT, CGROUP, SECOND, "time some task stalled on I/O") \
	X(CGROUP_PSI_MEM, "cgroup.psi_mem", PERCENT, CGROUP, SECOND, "time some task stalled on memory") \
	X(CGROUP_THROTTLED, "cgroup.throttled", PERCENT, CGROUP, SECOND, "enforcement periods in which it was throttled") \
	X(CPU_IDLE, "cpu.idle", PERCENT, HOST | CPU, TICK, "time with nothing to do") \
	X(CPU_IOWAIT, "cpu.iowait", PERCENT, HOST | CPU, TICK, "time idle while a task waits for block I/O") \
	X(CPU_IRQ, "cpu.irq", PERCENT, HOST | CPU, TICK, "time in hardware interrupts") \
	X(CPU_NICE, "cpu.nice", PERCENT, HOST | CPU, TICK, "time in user code of niced tasks") \
	X(CPU_SOFTIRQ, "cpu.softirq", PERCENT, HOST | CPU, TICK, "time in software interrupts") \
	X(CPU_STEAL, "cpu.steal", PERCENT, HOST | CPU, TICK, "time the hypervisor gave to others") \
	X(CPU_SYS, "cpu.sys", PERCENT, HOST | CPU, TICK, "time in the kernel on behalf of tasks") \
	X(CPU_USER, "cpu.user", PERCENT, HOST | CPU, TICK, "time in user code of tasks that are not niced") \
	X(DISK_AWAIT, "disk.await", SECONDS, DISK, SECOND, "mean time of a completed request; without any: 0 when idle, else the time since the last") \
	X(DISK_AWAIT_READ, "disk.await_read", SECONDS, DISK, SECOND, "mean time of a completed read; without any: 0 when idle, else the time since the last") \
	X(DISK_AWAIT_WRITE, "disk.await_write", SECONDS, DISK, SECOND, "mean time of a completed write; without any: 0 when idle, else the time since the last") \
	X(DISK_INFLIGHT, "disk.inflight", COUNT, DISK, SECOND, "requests in flight") \
	X(DISK_READ_BYTES, "disk.read_bytes", BYTES_PER_SECOND, DISK, SECOND, "read") \
	X(DISK_READS, "disk.reads", PER_SECOND, DISK, SECOND, "reads completed") \
	X(DISK_UTIL, "disk.util", PERCENT, DISK, SECOND, "time with a request in flight") \
	X(DISK_WRITE_BYTES, "disk.write_bytes", BYTES_PER_SECOND, DISK, SECOND, "written") \
	X(DISK_WRITES, "disk.writes", PER_SECOND, DISK, SECOND, "writes completed") \
	X(FD_USED, "fd.used", COUNT, HOST, SECOND, "open files of the whole machine") \
	X(IRQ_TOTAL, "irq.total", PER_SECOND, HOST, TICK, "hardware interrupts") \
	X(LOAD_1, "load.1", MILLI, HOST, SECOND, "load average over 1 min") \
	X(LOAD_15, "load.15", MILLI, HOST, SECOND, "load average over 15 min") \
	X(LOAD_5, "load.5", MILLI, HOST, SECOND, "load average over 5 min") \
	X(MEM_ANON, "mem.anon", BYTES, HOST, TICK, "anonymous memory of processes") \
	X(MEM_AVAILABLE, "mem.available", BYTES, HOST, SECOND, "memory to be had without swapping, as the kernel estimates") \
	X(MEM_COMMITTED, "mem.committed", BYTES, HOST, SECOND, "memory promised to processes") \
	X(MEM_COMPACT_MAX, "mem.compact_max", SECONDS, HOST, SECOND, "longest compaction of memory") \
	X(MEM_COMPACT_P50, "mem.compact_p50", SECONDS, HOST, SECOND, "half the compactions took less") \
	X(MEM_COMPACT_P99, "mem.compact_p99", SECONDS, HOST, SECOND, "99 % of compactions took less") \
	X(MEM_COMPACTS, "mem.compacts", PER_SECOND, HOST, SECOND, "compactions of memory") \
	X(MEM_DIRTY, "mem.dirty", BYTES, HOST, TICK, "page cache to be written") \
	X(MEM_FILE, "mem.file", BYTES, HOST, TICK, "page cache, shared memory left out") \
	X(MEM_FREE, "mem.free", BYTES, HOST, TICK, "unused memory") \
	X(MEM_KERNEL_STACK, "mem.kernel_stack", BYTES, HOST, TICK, "kernel stacks of tasks") \
	X(MEM_PAGETABLES, "mem.pagetables", BYTES, HOST, TICK, "page tables") \
	X(MEM_RECLAIM_MAX, "mem.reclaim_max", SECONDS, HOST, SECOND, "longest direct reclaim") \
	X(MEM_RECLAIM_P50, "mem.reclaim_p50", SECONDS, HOST, SECOND, "half the direct reclaims took less") \
	X(MEM_RECLAIM_P99, "mem.reclaim_p99", SECONDS, HOST, SECOND, "99 % of direct reclaims took less") \
	X(MEM_RECLAIMS, "mem.reclaims", PER_SECOND, HOST, SECOND, "direct reclaims by tasks") \
	X(MEM_SHMEM, "mem.shmem", BYTES, HOST, TICK, "shared memory and tmpfs") \
	X(MEM_SLAB, "mem.slab", BYTES, HOST, TICK, "kernel objects") \
	X(MEM_SLAB_UNRECLAIMABLE, "mem.slab_unreclaimable", BYTES, HOST, TICK, "kernel objects that cannot be reclaimed") \
	X(MEM_TOTAL, "mem.total", BYTES, HOST, SECOND, "memory the kernel manages") \
	X(MEM_USED, "mem.used", BYTES, HOST, SECOND, "total less available") \
	X(MEM_WRITEBACK, "mem.writeback", BYTES, HOST, TICK, "page cache being written") \
	X(MOUNT_INODES, "mount.inodes", PERCENT, MOUNT, SECOND, "inodes in use") \
	X(MOUNT_USED, "mount.used", PERCENT, MOUNT, SECOND, "space in use, of what users may have") \
	X(NETDEV_CARRIER, "netdev.carrier", COUNT, NETDEV, SECOND, "1 with a carrier, 0 without; unknown while the link is down by hand") \
	X(NETDEV_RX_BYTES, "netdev.rx_bytes", BYTES_PER_SECOND, NETDEV, SECOND, "bytes received") \
	X(NETDEV_RX_DROPS, "netdev.rx_drops", PER_SECOND, NETDEV, SECOND, "packets dropped that should have been received") \
	X(NETDEV_RX_ERRORS, "netdev.rx_errors", PER_SECOND, NETDEV, SECOND, "packets received with errors") \
	X(NETDEV_RX_PACKETS, "netdev.rx_packets", PER_SECOND, NETDEV, SECOND, "packets received") \
	X(NETDEV_TX_BYTES, "netdev.tx_bytes", BYTES_PER_SECOND, NETDEV, SECOND, "bytes sent") \
	X(NETDEV_TX_DROPS, "netdev.tx_drops", PER_SECOND, NETDEV, SECOND, "packets dropped that should have been sent") \
	X(NETDEV_TX_ERRORS, "netdev.tx_errors", PER_SECOND, NETDEV, SECOND, "packets sent with errors") \
	X(NETDEV_TX_PACKETS, "netdev.tx_packets", PER_SECOND, NETDEV, SECOND, "packets sent") \
	X(PSI_CPU_FULL, "psi.cpu.full", PERCENT, HOST, SECOND, "time every task stalled on CPU") \
	X(PSI_CPU_SOME, "psi.cpu.some", PERCENT, HOST, SECOND, "time some task stalled on CPU") \
	X(PSI_IO_FULL, "psi.io.full", PERCENT, HOST, SECOND, "time every task stalled on I/O") \
	X(PSI_IO_SOME, "psi.io.some", PERCENT, HOST, SECOND, "time some task stalled on I/O") \
	X(PSI_MEM_FULL, "psi.mem.full", PERCENT, HOST, SECOND, "time every task stalled on memory") \
	X(PSI_MEM_SOME, "psi.mem.some", PERCENT, HOST, SECOND, "time some task stalled on memory") \
	X(SCHED_BLOCKED, "sched.blocked", COUNT, HOST, TICK, "tasks waiting for block I/O") \
	X(SCHED_FORKS, "sched.forks", PER_SECOND, HOST, TICK, "tasks created") \
	X(SCHED_RUNNING, "sched.running", COUNT, HOST, TICK, "runnable tasks, those on a CPU included") \
	X(SCHED_RUNQ_MAX, "sched.runq_max", SECONDS, HOST, SECOND, "longest wait of a runnable task for a CPU") \
	X(SCHED_RUNQ_P50, "sched.runq_p50", SECONDS, HOST, SECOND, "half the waits for a CPU were shorter") \
	X(SCHED_RUNQ_P99, "sched.runq_p99", SECONDS, HOST, SECOND, "99 % of waits for a CPU were shorter") \
	X(SCHED_RUNQ_WAITS, "sched.runq_waits", PER_SECOND, HOST, SECOND, "waits for a CPU that ended") \
	X(SCHED_SWITCHES, "sched.switches", PER_SECOND, HOST, TICK, "context switches") \
	X(SELF_CPU, "self.cpu", PERCENT, HOST, SECOND, "CPU time of tracetrap and its helpers, of one CPU") \
	X(SELF_LOST, "self.lost", COUNT, HOST, SECOND, "ticks, entities and readings lost since the start") \
	X(SELF_RSS, "self.rss", BYTES, HOST, SECOND, "resident memory of tracetrap and its helpers") \
	X(SOFTIRQ_BLOCK, "softirq.block", PER_SECOND, HOST, TICK, "block completion softirqs") \
	X(SOFTIRQ_DELAY_MAX, "softirq.delay_max", SECONDS, HOST, SECOND, "longest time from raise to entry") \
	X(SOFTIRQ_DELAY_P50, "softirq.delay_p50", SECONDS, HOST, SECOND, "half the softirqs were entered sooner") \
	X(SOFTIRQ_DELAY_P99, "softirq.delay_p99", SECONDS, HOST, SECOND, "99 % of softirqs were entered sooner") \
	X(SOFTIRQ_DELAYS, "softirq.delays", PER_SECOND, HOST, SECOND, "softirqs entered") \
	X(SOFTIRQ_NET_RX, "softirq.net_rx", PER_SECOND, HOST, TICK, "network receive softirqs") \
	X(SOFTIRQ_NET_TX, "softirq.net_tx", PER_SECOND, HOST, TICK, "network transmit softirqs") \
	X(SOFTIRQ_RCU, "softirq.rcu", PER_SECOND, HOST, TICK, "RCU softirqs") \
	X(SOFTIRQ_SCHED, "softirq.sched", PER_SECOND, HOST, TICK, "scheduler balancing softirqs") \
	X(SOFTIRQ_TIMER, "softirq.timer", PER_SECOND, HOST, TICK, "timer softirqs") \
	X(SOFTNET_DROPPED, "softnet.dropped", PER_SECOND, HOST, SECOND, "packets dropped at a full backlog") \
	X(SOFTNET_SQUEEZED, "softnet.squeezed", PER_SECOND, HOST, SECOND, "receive rounds that ran out of budget") \
	X(SWAP_IN, "swap.in", BYTES_PER_SECOND, HOST, TICK, "read back from swap") \
	X(SWAP_OUT, "swap.out", BYTES_PER_SECOND, HOST, TICK, "written to swap") \
	X(SWAP_USED, "swap.used", BYTES, HOST, SECOND, "swap in use") \
	X(TASKS_D, "tasks.d", COUNT, HOST, TICK, "tasks in uninterruptible sleep") \
	X(TASKS_TOTAL, "tasks.total", COUNT, HOST, TICK, "tasks, threads counted") \
	X(TCP_ESTABLISHED, "tcp.established", COUNT, HOST, SECOND, "connections established") \
	X(TCP_IN_SEGS, "tcp.in_segs", PER_SECOND, HOST, SECOND, "segments received") \
	X(TCP_LISTEN_DROPS, "tcp.listen_drops", PER_SECOND, HOST, SECOND, "connections dropped in the listen state") \
	X(TCP_LISTEN_OVERFLOWS, "tcp.listen_overflows", PER_SECOND, HOST, SECOND, "connections refused by a full accept queue") \
	X(TCP_OUT_SEGS, "tcp.out_segs", PER_SECOND, HOST, SECOND, "segments sent") \
	X(TCP_RETRANS, "tcp.retrans", PER_SECOND, HOST, SECOND, "segments sent again") \
	X(TCP_TIMEOUTS, "tcp.timeouts", PER_SECOND, HOST, SECOND, "retransmission timeouts") \
	X(VM_ALLOCSTALL, "vm.allocstall", PER_SECOND, HOST, TICK, "allocations that had to reclaim first") \
	X(VM_COMPACT_STALL, "vm.compact_stall", PER_SECOND, HOST, TICK, "allocations that had to compact memory first") \
	X(VM_OOM_KILL, "vm.oom_kill", PER_SECOND, HOST, TICK, "tasks killed for want of memory") \
	X(VM_PGFAULT, "vm.pgfault", PER_SECOND, HOST, TICK, "page faults") \
	X(VM_PGMAJFAULT, "vm.pgmajfault", PER_SECOND, HOST, TICK, "page faults that waited for I/O") \
	X(VM_SCAN_DIRECT, "vm.scan_direct", PER_SECOND, HOST, TICK, "pages scanned by tasks short of memory") \
	X(VM_SCAN_KSWAPD, "vm.scan_kswapd", PER_SECOND, HOST, TICK, "pages scanned by kswapd") \
	X(VM_STEAL_DIRECT, "vm.steal_direct", PER_SECOND, HOST, TICK, "pages reclaimed by tasks short of memory")
// clang-format on

#define SIGNAL_ID(id, ...) SIGNAL_##id,
enum signal_id { SIGNALS(SIGNAL_ID) SIGNAL_MAX_ };
#undef SIGNAL_ID
