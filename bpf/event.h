/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The records that cross from the kernel side to the user side; the only header both include. It is also the format of
 * events inside a bundle, so it is append-only: a field keeps its offset for ever, a record only grows at its end, and a
 * reader takes a shorter record's missing fields as zero.
 *
 * All integers are little-endian in host order (we run on little-endian machines), padding is explicit and zero, times
 * are CLOCK_MONOTONIC ns (bpf_ktime_get_ns), comm is as the kernel has it: 16 bytes, not necessarily printable.
 */
#pragma once

#ifndef __bpf__
#include <linux/types.h>
#endif

#define EVENT_COMM_LEN 16
#define EVENT_STACK_DEPTH 32
#define EVENT_RING_BYTES (256 * 1024) /* of all detectors together: some hundred records */
#define EVENT_NAME_LEN 32 /* of a disk or network device; IFNAMSIZ is 16, DISK_NAME_LEN 32 */

/* Values are written into bundles: append, never renumber. */
enum event_kind {
	EVENT_SOFTIRQ = 1,
	EVENT_HUNGTASK = 2,
	EVENT_OOM = 3,
	EVENT_LACP = 4,
	EVENT_RUNQLAT = 5,
	EVENT_IOLATENCY = 6,
	EVENT_SOFTLOCKUP = 7,
	EVENT_MEMRECLAIM = 8,
	EVENT_RAS = 9,
	EVENT_DROPWATCH = 10,
	EVENT_TCPRETRANS = 11,
	EVENT_NETRECVLAT = 12,
	EVENT_NETDEV = 13,
	EVENT_TXTIMEOUT = 14,
	EVENT_IOTRACE = 15,
	EVENT_OFFCPU = 16,
	EVENT_SYSCALL = 17,
	EVENT_EXEC = 18,
	EVENT_KLOG = 19,
	EVENT_BLKERR = 20,
};

enum event_flag {
	EVENT_FLAG_TEST = 1, /* made by a self test: nothing happened */
};

/* What every record begins with. 72 bytes. */
struct event {
	__u32 kind;
	__u32 size; /* of the whole record, trailing text included */
	__u64 t_ns;
	__u32 cpu;
	__u32 pid;  /* the thread */
	__u32 tgid; /* the process */
	__u32 flags; /* enum event_flag */
	__u64 cgroup_id; /* inode of the cgroup v2 directory; 0 unknown */
	char comm[EVENT_COMM_LEN];
	__u64 task_start_ns; /* start_boottime of the task, tells apart a reused pid; 0 unknown */
	/* Where, from the record's begin, its context lies, and how long it is: user space puts it behind all else. 0: none. */
	__u32 context_at, context_len;
};

/* Strings, each ended by its NUL, in this order; what does not apply is empty, later ones may be missing. */
enum event_context {
	CONTEXT_CGROUP,	   /* path below the hierarchy's root */
	CONTEXT_CONTAINER, /* id, as the runtime gave it */
	CONTEXT_RUNTIME,   /* "containerd" */
	CONTEXT_POD_UID,
	CONTEXT_QOS, /* "guaranteed", "burstable", "besteffort" */
	CONTEXT_POD,
	CONTEXT_NAMESPACE, /* of the pod */
	EVENT_CONTEXTS_,
};

/* A timer or softirq ran late: interrupts or softirqs were off on this CPU. The stack is that of what was interrupted, as
 * near as the hook can tell. */
struct event_softirq {
	struct event h;
	__u64 offtime_ns;
	__u64 threshold_ns;
	__u32 vec; /* of the kernel's softirqs, or SOFTIRQ_TICK */
	__u32 ran; /* vec + 1 of the softirq that ran meanwhile for longer than the threshold; 0: none did */
	__u64 stack[EVENT_STACK_DEPTH];
	__u64 ran_ns;
};

#define SOFTIRQ_TICK 10 /* NR_SOFTIRQS: the CPU's tick itself was late, interrupts were off */

/* The kernel's hung-task check reported a task; the header's pid, tgid and comm are that task's. */
struct event_hungtask {
	struct event h;
	__u64 switches;	   /* nvcsw + nivcsw when it was seen: unchanged since it hung */
	__u64 blocked_ns;  /* since it last ran, 0 unknown */
	__u64 d_tasks;	   /* tasks in D state at that moment, filled by user space */
	__u64 stack[EVENT_STACK_DEPTH];
};

/* A task was chosen to die. The header is the task whose allocation triggered it. */
struct event_oom {
	struct event h;
	__u32 victim_pid;
	__u32 victim_uid;
	char victim_comm[EVENT_COMM_LEN];
	__u64 anon_bytes, file_bytes, shmem_bytes, swap_bytes, pgtable_bytes; /* of the victim */
	__u64 memcg_id;	     /* inode of the memory cgroup that hit its limit; 0: the whole machine was short */
	__u64 usage_bytes, limit_bytes; /* of that memcg, or of the machine */
	__u64 oom_score_adj; /* as a signed number */
	__u64 victim_cgroup_id; /* inode of the victim's cgroup v2 directory */
};

/* A bond's port stopped or started to carry traffic. The bond's full status text is the record's tail. */
struct event_lacp {
	struct event h;
	char bond[EVENT_NAME_LEN];
	char slave[EVENT_NAME_LEN];
	__u32 change; /* enum lacp_change */
	__u32 ifindex; /* of the slave */
};

enum lacp_change {
	LACP_DISABLED = 1, /* collecting/distributing off */
	LACP_ENABLED = 2,
	LACP_SLAVE_ACTIVE = 3, /* other bond modes: the slave's role changed */
	LACP_SLAVE_BACKUP = 4,
	LACP_SLAVE_LINK = 5,
};

/* A runnable task waited for a CPU. The header is the task that waited. */
struct event_runqlat {
	struct event h;
	__u64 wait_ns;
	__u64 threshold_ns;
	__u32 prev_pid; /* what held the CPU until then */
	__u32 prio;	/* of the one that waited, as the kernel has it: below 100 real time, 120 nice 0, 139 nice 19; 0 unknown */
	char prev_comm[EVENT_COMM_LEN];
	__u64 stack[EVENT_STACK_DEPTH];
};

/* The file whose pages a request or a call was about, as near as the kernel can tell; all 0 and empty when it cannot. */
struct event_file {
	__u64 inode;
	__u32 dev_major, dev_minor;
	char path[128]; /* its end, from as many directories as fit */
};

/* A block request was slow from queue to complete, or from issue to complete. The header is whoever issued it, if that was
 * seen, else nobody; its cgroup is the one that the request was for. */
struct event_iolatency {
	struct event h;
	char disk[EVENT_NAME_LEN];
	__u64 sector;
	__u64 bytes;
	__u64 q2c_ns, d2c_ns;
	__u64 threshold_ns;
	__u32 op;    /* REQ_OP_*: 0 read, 1 write, 2 flush, 3 discard */
	__u32 error; /* errno, positive, 0 ok */
	__u32 issuer_pid;
	__u32 pad;
	char issuer_comm[EVENT_COMM_LEN];
	struct event_file file;
};

/* The kernel's watchdog found a CPU that schedules no more. The header is the task that holds it. */
struct event_softlockup {
	struct event h;
	__u64 stuck_ns; /* since that task was switched in */
	__u64 stack[EVENT_STACK_DEPTH];
};

/* A task spent more than the threshold of a window in direct reclaim, its own memcg's or the machine's. */
struct event_memreclaim {
	struct event h;
	__u64 reclaim_ns; /* within window_ns, which ends at t_ns or just before */
	__u64 window_ns;  /* up to a second; a single span that takes longer is a window of its own */
	__u64 threshold_ns;
	__u64 reclaimed_pages; /* by the spans that ended in it */
	__u64 memcg_reclaim_ns; /* the part of reclaim_ns that was for a memcg's limit */
	__u64 stack[EVENT_STACK_DEPTH];
};

/* Hardware said so. What a record does not have is 0 or empty. */
struct event_ras {
	struct event h;
	__u32 source;	/* enum ras_source */
	__u32 severity; /* enum ras_severity */
	__u64 address;	/* physical; of AER: 0 */
	__u64 status;	/* MCi_STATUS, AER status bits, ARM's error information, validation bits of EXTLOG */
	__u64 misc;	/* MCi_MISC, ARM's validation bits; with status the 16 bytes of a vendor's section type */
	__u64 synd;	/* of MCE and EDAC the syndrome, of ARM the MPIDR */
	__u32 bank;	/* MCE: the bank; EDAC: the memory controller */
	__u32 error_count;
	__u32 error_cpu;  /* MCE, ARM: whose error it is; the header's is where it was read */
	__u32 error_type; /* as the kernel has it: MCE: its X86_VENDOR_*; AER: the severity; the others: the type */
	__u32 result;	  /* enum ras_result, of a memory failure */
	__u32 pad;
	char device[EVENT_NAME_LEN * 2]; /* DIMM label, PCI device; filled by user space where the kernel names none */
	char message[EVENT_NAME_LEN * 2]; /* EDAC's; of the others filled by user space */
};

enum ras_source {
	RAS_MCE = 1,
	RAS_EDAC = 2, /* mc_event */
	RAS_AER = 3,
	RAS_MEMORY_FAILURE = 4,
	RAS_EXTLOG = 5,
	RAS_NON_STANDARD = 6, /* a vendor's own section */
	RAS_ARM = 7,
};

enum ras_severity {
	RAS_CORRECTED = 1,
	RAS_RECOVERABLE = 2, /* uncorrected, but the machine goes on */
	RAS_FATAL = 3,
	RAS_INFO = 4,
};

/* What became of a page that failed: the kernel's enum mf_result + 1. */
enum ras_result {
	RAS_PAGE_IGNORED = 1,
	RAS_PAGE_FAILED = 2,
	RAS_PAGE_DELAYED = 3,
	RAS_PAGE_RECOVERED = 4,
};

/* Both ends of a packet or socket, in host order but for the addresses. */
struct event_flow {
	__u8 saddr[16], daddr[16]; /* network order; IPv4 as ::ffff:a.b.c.d */
	__u32 sport, dport;
	__u32 protocol; /* IPPROTO_*, 0 unknown */
	__u32 state;	/* TCP_ESTABLISHED (1) …, 0 unknown */
};

/* The network stack freed a TCP packet as dropped. The header's task is who sent it, none where that was in softirq; its cgroup
 * is that in which the socket was made, where a socket is known. */
struct event_dropwatch {
	struct event h;
	struct event_flow flow;
	__u32 type;   /* enum drop_type */
	__u32 reason; /* enum skb_drop_reason of that kernel; 0 where it has none */
	char reason_name[EVENT_NAME_LEN]; /* "NETFILTER_DROP"; filled by user space out of the kernel's BTF */
	__u64 location; /* kernel address that dropped it */
	__u32 seq, ack_seq;
	__u32 queue_mapping;
	__u32 pkt_len; /* from the IP header on */
	__u32 max_ack_backlog, ack_backlog; /* of a listening socket */
	__u32 ifindex;
	__u32 tcp_flags;
	char ifname[EVENT_NAME_LEN];
	__u64 stack[EVENT_STACK_DEPTH];
	__u32 netns, pad; /* the device's network namespace, inode; 0 unknown */
};

enum drop_type {
	DROP_COMMON = 1,
	DROP_SYN = 2,	    /* at the listener, the first packet of a handshake */
	DROP_HANDSHAKE = 3, /* at the listener, the third: its accept queue is full */
};

/* A TCP segment was sent again. The header's cgroup is that in which the socket was made; it names no task. */
struct event_tcpretrans {
	struct event h;
	struct event_flow flow;
	__u32 type; /* enum tcpretrans_type */
	__u32 seq, pkt_len;	/* of its data, headers not counted */
	__u32 retransmits;	/* timeouts in a row before; of a SYN-ACK: how often it was sent again before */
	__u32 rto_ms, srtt_us;
};

enum tcpretrans_type {
	TCPRETRANS_RTO = 1,  /* its timer ran out */
	TCPRETRANS_FAST = 2, /* acknowledgements told of the loss */
	TCPRETRANS_SYNACK = 3,
	TCPRETRANS_PROBE = 4, /* tail loss probe */
};

/* A received packet was late on its way up. The header is whoever ran at that moment: of TO_USER_COPY, the reader. */
struct event_netrecvlat {
	struct event h;
	struct event_flow flow;
	__u32 where; /* enum netrecvlat_where */
	__u32 pkt_len;
	__u64 latency_ns; /* since the driver gave it to the stack */
	__u64 threshold_ns;
	__u32 seq, ack_seq;
	__u32 ifindex;
	__u32 netns; /* the device's network namespace, inode; 0 unknown */
	char ifname[EVENT_NAME_LEN];
};

enum netrecvlat_where {
	TO_NETIF_RCV = 1,
	TO_TCPV4_RCV = 2, /* IPv6 too */
	TO_USER_COPY = 3,
};

/* A network interface changed. */
struct event_netdev {
	struct event h;
	char ifname[EVENT_NAME_LEN];
	char driver[EVENT_NAME_LEN];
	__u32 ifindex;
	__u32 change; /* enum netdev_change */
	__u32 flags;  /* IFF_* after the change */
	__u32 mtu, mtu_before;
	__u32 master; /* ifindex of its bond or bridge, 0 none */
	char mac[EVENT_NAME_LEN * 2], mac_before[EVENT_NAME_LEN * 2]; /* "52:54:00:12:34:56" */
	char linkstatus[EVENT_NAME_LEN]; /* "linkstatus_carrierdown" …: the change in words */
};

enum netdev_change {
	NETDEV_CARRIER_UP = 1,
	NETDEV_CARRIER_DOWN = 2,
	NETDEV_ADMIN_UP = 3,
	NETDEV_ADMIN_DOWN = 4,
	NETDEV_MTU = 5,
	NETDEV_MAC = 6,
	NETDEV_NEW = 7,
	NETDEV_GONE = 8,
};

/* A transmit queue moved nothing for longer than its driver allows. */
struct event_txtimeout {
	struct event h;
	char ifname[EVENT_NAME_LEN];
	char driver[EVENT_NAME_LEN];
	__u32 ifindex;
	__u32 queue;
	__u64 stalled_ns; /* since it last transmitted; 0 unknown */
	__u32 netns, pad; /* the device's network namespace, inode; 0 unknown */
};

/* What a process did with a file since it was told of last: sums, emitted once a second. */
struct event_iotrace {
	struct event h;
	__u64 fs_read_bytes, fs_write_bytes; /* asked of the file system */
	__u64 disk_read_bytes, disk_write_bytes;
	__u64 q2c_ns, d2c_ns; /* of its requests, summed */
	__u64 requests;
	char disk[EVENT_NAME_LEN];
	struct event_file file;
};

/* A task slept uninterruptibly for longer than the threshold. The header is that task. The waker is
 * whoever ran when the sleep ended: if an interrupt ended it, the task that it interrupted, with pid 0 the idle one. */
struct event_offcpu {
	struct event h;
	__u64 blocked_ns; /* until it was woken; from the arming on, if it slept already then */
	__u64 threshold_ns;
	__u32 state; /* TASK_* as it left the CPU */
	__u32 waker_pid;
	char waker_comm[EVENT_COMM_LEN];
	__u64 stack[EVENT_STACK_DEPTH]; /* where it blocked */
};

/* A system call took longer than the threshold. */
struct event_syscall {
	struct event h;
	__u32 nr;
	__u32 compat; /* 1: a 32 bit call on a 64 bit kernel, with numbers of its own */
	__u64 duration_ns;
	__u64 threshold_ns;
	__u64 args[6];
	__u64 ret; /* as a signed number */
	char name[EVENT_NAME_LEN]; /* filled by user space */
	__u64 stack[EVENT_STACK_DEPTH]; /* of user space, by frame pointer */
};

/* A process began or ended. What it was started with is the tail of an exec's record: its
 * arguments with a blank between them, the first 255 bytes. The header of a fork is the child. */
struct event_exec {
	struct event h;
	__u32 what; /* enum exec_what */
	__u32 ppid; /* the process that made it, or took it over */
	char parent_comm[EVENT_COMM_LEN];
	__u32 exit_code, exit_signal;
	__u64 lifetime_ns; /* of one that ended */
	__u64 uid;
};

enum exec_what {
	EXEC_FORK = 1,
	EXEC_EXEC = 2,
	EXEC_EXIT = 3,
};

/* The kernel's log said so. The lines are the record's tail. */
struct event_klog {
	struct event h; /* time as it was read; the lines have the log's own; cpu, pid and comm where they tell */
	char name[EVENT_NAME_LEN]; /* of the pattern: "rcu-stall" */
	char subsystem[EVENT_NAME_LEN];
	char device[EVENT_NAME_LEN];
	char message[EVENT_NAME_LEN * 6]; /* the first line, cut */
	__u32 level; /* 0 emergency … 7 debug */
	__u32 lines;
	__u64 sequence; /* of the first line */
};

/* A block request ended in error or timed out. The header has the cgroup that it was for, and no task: none is known. */
struct event_blkerr {
	struct event h;
	char disk[EVENT_NAME_LEN];
	__u64 sector;
	__u64 bytes;
	__u32 op;    /* REQ_OP_* */
	__u32 error; /* errno, positive */
	__u32 type;  /* enum blkerr_type */
	__u32 retries; /* of a SCSI disk, where the kernel's types tell */
	struct event_file file;
};

enum blkerr_type {
	BLKERR_REQUEST = 1,
	BLKERR_BIO = 2, /* a bio-based device (dm): it never became a request */
	BLKERR_TIMEOUT = 3,
};

/*
 * One task as the iterator sees it: the row of a census. Bytes and times are totals since the task's start. The BPF
 * iterators write these back to back through bpf_seq_write().
 */
struct task_row {
	__u32 pid, tgid, ppid;
	__u32 state; /* TASK_* bits of the kernel: 0 running, 1 S, 2 D, 4 T, … ; TASK_ROW_* below */
	__u64 start_ns; /* start_boottime */
	__u64 cpu_user_ns, cpu_sys_ns;
	__u64 rss_bytes, anon_bytes, swap_bytes;
	__u64 read_bytes, write_bytes; /* storage I/O (task_io_accounting), 0 where not accounted */
	__u64 cgroup_id;
	__u64 switches; /* voluntary + involuntary */
	__u32 flags;	/* PF_* of the kernel; PF_KTHREAD 0x200000 */
	__u32 cpu;
	char comm[EVENT_COMM_LEN];
};

#define TASK_STATE_RUNNING 0x0
#define TASK_STATE_INTERRUPTIBLE 0x1
#define TASK_STATE_UNINTERRUPTIBLE 0x2
#define TASK_STATE_NOLOAD 0x400 /* with UNINTERRUPTIBLE: idle kernel thread, shown as I, not D */

/* A task with its kernel stack: the row of tasks/d.txt and of the sysrq-w substitute. */
struct task_stack {
	struct task_row task;
	__u32 n_frames;
	__u32 pad;
	__u64 stack[EVENT_STACK_DEPTH * 2];
};

_Static_assert(sizeof(struct event) == 72, "the record header is part of the bundle's format");
_Static_assert(sizeof(struct event_softirq) == 72 + 24 + 8 * EVENT_STACK_DEPTH + 8, "no hidden padding");
_Static_assert(sizeof(struct event_oom) == 72 + 24 + 10 * 8, "no hidden padding");
_Static_assert(sizeof(struct event_lacp) == 72 + 72, "no hidden padding");
_Static_assert(sizeof(struct event_file) == 144, "no hidden padding");
_Static_assert(sizeof(struct event_flow) == 48, "no hidden padding");
_Static_assert(sizeof(struct event_iolatency) == 72 + 32 + 40 + 16 + 16 + 144, "no hidden padding");
_Static_assert(sizeof(struct event_memreclaim) == 72 + 40 + 8 * EVENT_STACK_DEPTH, "no hidden padding");
_Static_assert(sizeof(struct event_ras) == 72 + 8 + 32 + 24 + 128, "no hidden padding");
_Static_assert(sizeof(struct event_dropwatch) == 72 + 48 + 8 + 32 + 8 + 32 + 32 + 8 * EVENT_STACK_DEPTH + 8, "no hidden padding");
_Static_assert(sizeof(struct event_tcpretrans) == 72 + 48 + 24, "no hidden padding");
_Static_assert(sizeof(struct event_netrecvlat) == 72 + 48 + 8 + 16 + 16 + 32, "no hidden padding");
_Static_assert(sizeof(struct event_netdev) == 72 + 64 + 24 + 128 + 32, "no hidden padding");
_Static_assert(sizeof(struct event_txtimeout) == 72 + 64 + 16 + 8, "no hidden padding");
_Static_assert(sizeof(struct event_iotrace) == 72 + 56 + 32 + 144, "no hidden padding");
_Static_assert(sizeof(struct event_offcpu) == 72 + 40 + 8 * EVENT_STACK_DEPTH, "no hidden padding");
_Static_assert(sizeof(struct event_syscall) == 72 + 24 + 48 + 8 + 32 + 8 * EVENT_STACK_DEPTH, "no hidden padding");
_Static_assert(sizeof(struct event_exec) == 72 + 8 + 16 + 8 + 16, "no hidden padding");
_Static_assert(sizeof(struct event_klog) == 72 + 96 + 192 + 16, "no hidden padding");
_Static_assert(sizeof(struct event_blkerr) == 72 + 32 + 16 + 16 + 144, "no hidden padding");
_Static_assert(sizeof(struct task_row) == 16 + 8 * 10 + 8 + 16, "no hidden padding");
