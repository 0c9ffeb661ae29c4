/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of detectors, sorted by name, the one place where a new one is entered: the reader defines DETECTOR_ROW() and
 * includes this. defs.c makes names, classes and fields of it (no BPF), table.c the operations of NAME.c.
 *
 *     DETECTOR_ROW(name, kind, class, entity kind, unit of the threshold, its default in quanta, summary)
 *
 * NAME_fields and NAME_blames stand in defs.c, NAME_ops in NAME.c. Defaults, by reason: 10 ms with interrupts off is what a
 * network card's ring survives at 10 Gbit/s no longer; a task that waits 20 ms for a CPU missed a frame and more than five
 * ticks at HZ 250; 100 ms is an order of magnitude above a disk's seek, so a request that took longer was queued or retried;
 * 300 ms in one call is what somebody at a screen waits for and a disk at its work does not explain; a process below 1 MiB/s
 * leaves any disk to the others; 5 ms is 25 times what a packet needs from a busy card to the stack, and fills 212 KiB of
 * socket buffer at 340 Mbit/s; a task that reclaims for 900 ms of a second does hardly anything else; the kernel itself
 * makes writers wait for up to 200 ms at a time (MAX_PAUSE of balance_dirty_pages), so uninterruptible sleep means something
 * from 300 ms on.
 */
DETECTOR_ROW(blkerr, EVENT_BLKERR, DETECTOR_ALWAYS, ENTITY_KIND_DISK, UNIT_NUMBER, 0,
	     "a block request ended in error or timed out")
DETECTOR_ROW(dropwatch, EVENT_DROPWATCH, DETECTOR_ARMED, ENTITY_KIND_NETDEV, UNIT_NUMBER, 0,
	     "a TCP packet was dropped in the network stack")
DETECTOR_ROW(exec, EVENT_EXEC, DETECTOR_ARMED, ENTITY_KIND_HOST, UNIT_NUMBER, 0,
	     "a process began, became another program, or ended")
DETECTOR_ROW(hungtask, EVENT_HUNGTASK, DETECTOR_ALWAYS, ENTITY_KIND_HOST, UNIT_NUMBER, 0,
	     "the kernel's hung-task check reported a task")
DETECTOR_ROW(iolatency, EVENT_IOLATENCY, DETECTOR_ARMED, ENTITY_KIND_DISK, UNIT_SECONDS, 100000000,
	     "a block request was slow, from queue or from issue to its completion")
DETECTOR_ROW(iotrace, EVENT_IOTRACE, DETECTOR_ARMED, ENTITY_KIND_HOST, UNIT_BYTES_PER_SECOND, 1048576,
	     "a process read or wrote much of a file, summed over a second")
DETECTOR_ROW(klog, EVENT_KLOG, DETECTOR_ALWAYS, ENTITY_KIND_HOST, UNIT_NUMBER, 0,
	     "the kernel's log says that something is wrong")
DETECTOR_ROW(lacp, EVENT_LACP, DETECTOR_ALWAYS, ENTITY_KIND_BOND, UNIT_NUMBER, 0,
	     "a bond's port stopped or started to carry traffic")
DETECTOR_ROW(memreclaim, EVENT_MEMRECLAIM, DETECTOR_ARMED, ENTITY_KIND_HOST, UNIT_SECONDS, 900000000,
	     "a task spent most of a second in direct reclaim")
DETECTOR_ROW(netdev, EVENT_NETDEV, DETECTOR_ALWAYS, ENTITY_KIND_NETDEV, UNIT_NUMBER, 0,
	     "a network interface came, went, or changed its link, MTU or address")
DETECTOR_ROW(netrecvlat, EVENT_NETRECVLAT, DETECTOR_ARMED, ENTITY_KIND_NETDEV, UNIT_SECONDS, 5000000,
	     "a received packet was late: to the stack (threshold), to TCP (twice that) or to its reader (23 times that)")
DETECTOR_ROW(offcpu, EVENT_OFFCPU, DETECTOR_ARMED, ENTITY_KIND_HOST, UNIT_SECONDS, 300000000,
	     "a task slept uninterruptibly")
DETECTOR_ROW(oom, EVENT_OOM, DETECTOR_ALWAYS, ENTITY_KIND_CGROUP, UNIT_NUMBER, 0,
	     "a task was chosen to die for want of memory")
DETECTOR_ROW(ras, EVENT_RAS, DETECTOR_ALWAYS, ENTITY_KIND_HOST, UNIT_NUMBER, 0,
	     "hardware reported an error: memory, processor, PCIe or a vendor's own")
DETECTOR_ROW(runqlat, EVENT_RUNQLAT, DETECTOR_ARMED, ENTITY_KIND_HOST, UNIT_SECONDS, 20000000,
	     "a runnable task waited for a CPU")
DETECTOR_ROW(softirq, EVENT_SOFTIRQ, DETECTOR_ARMED, ENTITY_KIND_HOST, UNIT_SECONDS, 10000000,
	     "interrupts or softirqs were off, or served late")
DETECTOR_ROW(softlockup, EVENT_SOFTLOCKUP, DETECTOR_ALWAYS, ENTITY_KIND_HOST, UNIT_NUMBER, 0,
	     "the kernel's watchdog found a CPU that schedules no more")
DETECTOR_ROW(syscall, EVENT_SYSCALL, DETECTOR_ARMED, ENTITY_KIND_HOST, UNIT_SECONDS, 300000000,
	     "a system call that is not there to wait took long")
DETECTOR_ROW(tcpretrans, EVENT_TCPRETRANS, DETECTOR_ARMED, ENTITY_KIND_CGROUP, UNIT_NUMBER, 0,
	     "a TCP segment, SYN-ACK or loss probe was sent again")
DETECTOR_ROW(txtimeout, EVENT_TXTIMEOUT, DETECTOR_ALWAYS, ENTITY_KIND_NETDEV, UNIT_NUMBER, 0,
	     "a network device's transmit queue moved nothing for longer than its driver allows")
