/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What hardware reports: one program per tracepoint, each loaded where the kernel has that tracepoint. They run once per
 * error and only copy; the words are found by user space (engine/detect/ras_decode.h).
 */
#include "bpf/lib/emit.bpf.h"

struct mce {
	__u64 status, misc, addr, synd;
	__u32 extcpu;
	__u8 bank, cpuvendor;
} CORE;

/* What the tracepoint gives since "x86/mce: Add wrapper for struct mce to export vendor specific info" in 6.13. */
struct mce_hw_err {
	struct mce m;
} CORE;

struct cper_sec_mem_err {
	__u64 validation_bits, physical_addr;
	__u8 error_type;
} CORE;

struct cper_sec_proc_arm {
	__u32 validation_bits;
	__u16 err_info_num;
	__u64 mpidr;
} CORE;

/* Of UEFI, byte for byte: the first follows the section. */
struct arm_error {
	__u8 version, length;
	__u16 validation_bits;
	__u8 type;
	__u16 multiple_error;
	__u8 flags;
	__u64 error_info, virt_fault_addr, physical_fault_addr;
} __attribute__((packed));

#define ARM_SECTION_BYTES     40
#define CPER_MEM_VALID_PA     0x2
#define ARM_VALID_MULTI_ERR   0x1
#define ARM_VALID_ERR_INFO    0x4
#define ARM_VALID_PHYS_ADDR   0x10

const volatile __u64 page_bytes = 4096;
/* By its 8th and 9th parameter, since "RAS: Report all ARM processor CPER information to userspace" in 6.18. */
const volatile bool arm_tells_severity = false;

static __always_inline struct event_ras *begin(enum ras_source source)
{
	__u64 now = bpf_ktime_get_ns();
	struct event_ras *e;
	if (!event_allowed_in(now, /* cgroup_id= */ 0))
		return NULL;
	e = event_reserve(event_ras, EVENT_RAS, now);
	if (!e)
		return NULL;
	event_set_task(&e->h, current_task());
	e->source = source;
	return e;
}

static __always_inline enum ras_severity severity_of_cper(__u8 severity)
{
	switch (severity) {
	case 0: return RAS_RECOVERABLE;
	case 1: return RAS_FATAL;
	case 2: return RAS_CORRECTED;
	default: return RAS_INFO;
	}
}

static __always_inline void fill_mce(struct event_ras *e, const struct mce *m)
{
	e->status = BPF_CORE_READ(m, status);
	e->misc = BPF_CORE_READ(m, misc);
	e->synd = BPF_CORE_READ(m, synd);
	e->address = BPF_CORE_READ(m, addr);
	e->bank = BPF_CORE_READ(m, bank);
	e->error_cpu = BPF_CORE_READ(m, extcpu);
	e->error_type = BPF_CORE_READ(m, cpuvendor);
}

SEC("?tp_btf/mce_record")
int BPF_PROG(on_mce, const void *record)
{
	const struct mce_hw_err *wrapped = record;
	struct event_ras *e = begin(RAS_MCE);
	if (!e)
		return 0;
	if (bpf_core_type_exists(struct mce_hw_err))
		fill_mce(e, &wrapped->m);
	else
		fill_mce(e, record);
	return event_submit(e);
}

SEC("?tp_btf/mc_event")
int BPF_PROG(on_edac, unsigned int type, const char *message, const char *label, int count, __u8 controller, __s8 top,
	     __s8 middle, __s8 low, unsigned long address, __u8 grain_bits, unsigned long syndrome)
{
	struct event_ras *e = begin(RAS_EDAC);
	if (!e)
		return 0;
	e->error_type = type;
	e->error_count = count;
	e->bank = controller;
	e->address = address;
	e->synd = syndrome;
	bpf_probe_read_kernel_str(e->message, sizeof(e->message), message);
	bpf_probe_read_kernel_str(e->device, sizeof(e->device), label);
	return event_submit(e);
}

SEC("?tp_btf/aer_event")
int BPF_PROG(on_aer, const char *device, __u32 status, __u8 severity)
{
	struct event_ras *e = begin(RAS_AER);
	if (!e)
		return 0;
	e->status = status;
	e->error_type = severity;
	e->error_count = 1;
	bpf_probe_read_kernel_str(e->device, sizeof(e->device), device);
	return event_submit(e);
}

SEC("?tp_btf/memory_failure_event")
int BPF_PROG(on_memory_failure, unsigned long pfn, int type, int result)
{
	struct event_ras *e = begin(RAS_MEMORY_FAILURE);
	if (!e)
		return 0;
	e->address = pfn * page_bytes;
	e->error_type = type;
	e->result = result + 1;
	e->error_count = 1;
	return event_submit(e);
}

SEC("?tp_btf/extlog_mem_event")
int BPF_PROG(on_extlog, const struct cper_sec_mem_err *mem, __u32 number, const void *fru_id, const char *fru_text,
	     __u8 severity)
{
	struct event_ras *e = begin(RAS_EXTLOG);
	if (!e)
		return 0;
	e->severity = severity_of_cper(severity);
	e->status = BPF_CORE_READ(mem, validation_bits);
	if (e->status & CPER_MEM_VALID_PA)
		e->address = BPF_CORE_READ(mem, physical_addr);
	e->error_type = BPF_CORE_READ(mem, error_type);
	e->error_count = 1;
	bpf_probe_read_kernel_str(e->device, sizeof(e->device), fru_text);
	return event_submit(e);
}

SEC("?tp_btf/non_standard_event")
int BPF_PROG(on_non_standard, const __u8 *type, const void *fru_id, const char *fru_text, __u8 severity)
{
	struct event_ras *e = begin(RAS_NON_STANDARD);
	if (!e)
		return 0;
	e->severity = severity_of_cper(severity);
	e->error_count = 1;
	bpf_probe_read_kernel(&e->status, sizeof(e->status), type);
	bpf_probe_read_kernel(&e->misc, sizeof(e->misc), type + sizeof(e->status));
	bpf_probe_read_kernel_str(e->device, sizeof(e->device), fru_text);
	return event_submit(e);
}

static __always_inline void fill_arm(struct event_ras *e, const struct arm_error *error)
{
	e->misc = error->validation_bits;
	e->error_type = error->type;
	e->error_count = error->validation_bits & ARM_VALID_MULTI_ERR ? error->multiple_error + 1 : 1;
	if (error->validation_bits & ARM_VALID_ERR_INFO)
		e->status = error->error_info;
	if (error->validation_bits & ARM_VALID_PHYS_ADDR)
		e->address = error->physical_fault_addr;
}

SEC("?tp_btf/arm_event")
int BPF_PROG(on_arm, const struct cper_sec_proc_arm *section)
{
	struct arm_error error = {};
	struct event_ras *e = begin(RAS_ARM);
	if (!e)
		return 0;
	if (arm_tells_severity) {
		e->severity = severity_of_cper(ctx[7]);
		e->error_cpu = ctx[8];
	}
	e->synd = BPF_CORE_READ(section, mpidr);
	if (BPF_CORE_READ(section, err_info_num)) {
		bpf_probe_read_kernel(&error, sizeof(error), (const char *)section + ARM_SECTION_BYTES);
		fill_arm(e, &error);
	}
	return event_submit(e);
}

EVENT_SELF_TEST(event_ras, EVENT_RAS)
